/**
 * What main's subjects see of the store. Main's own connection does point look-ups and small writes; bulk work and long
 * reads run in worker threads with connections of their own (design: SQLite in WAL).
 */
import type { Database } from 'better-sqlite3'
import type { Trouble } from '../../preload/contract'

/** Named jobs that run in a worker thread, each in its subject's `*.jobs.ts`; input and output must be cloneable. */
export interface Jobs {
  /**
   * `read`: on the read-only worker (searches, lists, exports). `write`: on the one bulk writer, in short batches.
   * Rejects with a TroubleError. `onProgress` gets what the job reports; `signal` cancels between batches.
   */
  run<O>(
    on: 'read' | 'write',
    job: string,
    input: unknown,
    options?: { signal?: AbortSignal; onProgress?: (progress: unknown) => void },
  ): Promise<O>
}

export interface WriteOptions {
  /** fsync before returning (`synchronous=FULL`): what a rep typed. */
  durable?: boolean
  /** While it waits for the disk, a later change with the same key takes its place (drafts: `draft:CALL`). */
  key?: string
}

export interface Store {
  /** Main's connection: prepared point reads and small writes only, each well under 10 ms. */
  readonly db: Database
  readonly file: string
  /** True when the profile cannot be written: everything works from memory and is gone at exit. */
  readonly inMemory: boolean
  readonly jobs: Jobs
  /**
   * Runs a write as one transaction. Returns false (and raises `troubles`) when the disk is full, read-only or the file
   * damaged: the change is then kept and tried again in order, before each later write and every few seconds, so the
   * caller never repeats it and need only keep what is on screen. `change` may therefore run more than once: it must
   * carry its values, not look them up in places that move on. What it throws itself (a constraint) is thrown on.
   */
  write(change: () => void, options?: WriteOptions): boolean
  /** What is wrong with the store now; empty when all is well. A write that succeeds again clears it. */
  readonly troubles: readonly Trouble[]
  onTroubles(listener: (troubles: readonly Trouble[]) => void): () => void
  /** Another process (the CLI) or a worker changed the data: `PRAGMA data_version` moved. */
  onForeignChange(listener: () => void): () => void
  close(): Promise<void>
}
