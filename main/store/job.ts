/**
 * Named jobs: bulk work and long reads, written once and run either in a worker thread or, where there is no file to
 * share, on the spot. A job never learns which.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { TroubleError } from '../trouble'
import type { Turn } from './turn'

export interface JobContext {
  /** The runner's own connection; read-only on the read worker. */
  readonly db: Database
  /** As the caller gave it, cloned: the job says what it expects. */
  readonly input: unknown
  readonly signal: AbortSignal
  progress(value: unknown): void
  /** One short write transaction. */
  batch<T>(change: () => T): Promise<T>
  /**
   * Applies `change` to every item in transactions of at most a few milliseconds, with a pause after each in which main
   * may write. Stops between two when cancelled (what is committed stays). Answers with the number of items. An item whose
   * `change` answers «again» is given to it once more, perhaps in the next transaction. `around`: what stands first and last
   * in each transaction.
   */
  each<T>(items: Iterable<T> | AsyncIterable<T>, change: (item: T) => unknown, around?: Around): Promise<number>
}

export interface Around {
  begin(): void
  end(): void
}

export type Job = (context: JobContext) => unknown
/** What a subject's `*.jobs.ts` exports; a job's full name is `SUBJECT.KEY`. */
export type JobFile = { readonly jobs: Readonly<Record<string, Job>> }

/** How long one write batch may hold the lock, in ms. */
const batchMs = 3
const batchesPerCheckpoint = 300

export async function runJob(
  job: Job,
  options: { db: Database; input: unknown; signal: AbortSignal; progress: (value: unknown) => void; turn: Turn | null; pauseMs: number },
): Promise<unknown> {
  const { db, signal, turn } = options
  const checkCancelled = () => {
    if (signal.aborted) throw new TroubleError('store.jobCancelled')
  }
  const locked = <T>(change: () => T): T => {
    turn?.workerBegins()
    try {
      return db.transaction(change).immediate()
    } finally {
      turn?.workerEnds()
    }
  }
  let batches = 0
  const pause = async () => {
    // Outside the turn: a passive checkpoint makes nobody wait, and keeps the WAL of a long import short.
    if (++batches % batchesPerCheckpoint === 0) db.pragma('wal_checkpoint(PASSIVE)')
    if (options.pauseMs === 0) await nextTurn()
    else await sleep(options.pauseMs)
  }
  const context: JobContext = {
    db,
    input: options.input,
    signal,
    progress: options.progress,
    async batch(change) {
      checkCancelled()
      const result = locked(change)
      await pause()
      return result
    },
    async each(items, change, around) {
      let count = 0
      const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
      let waiting: unknown[] = []
      const flush = async () => {
        while (waiting.length > 0) {
          checkCancelled()
          const done = locked(() => {
            const end = performance.now() + batchMs
            let index = 0
            around?.begin()
            do if (change(waiting[index] as never) !== 'again') index++
            while (index < waiting.length && performance.now() < end)
            around?.end()
            return index
          })
          count += done
          waiting = waiting.slice(done)
          await pause()
        }
      }
      // Items are gathered outside the transaction: parsing a file must not hold the lock.
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        waiting.push(next.value)
        if (waiting.length >= 64) await flush()
      }
      await flush()
      return count
    },
  }
  checkCancelled()
  return await job(context)
}
