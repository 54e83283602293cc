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
  /** Where a work may be done meanwhile; null: there is no such place, and the job does it itself. */
  readonly aside: Elsewhere | null
  /** One short write transaction. */
  batch<T>(change: () => T): Promise<T>
  /**
   * Applies `change` to every item in transactions of a few milliseconds, which end at once when main wants to write.
   * Stops between two when cancelled (what is committed stays). Answers with the number of items. An item whose
   * `change` answers «again» is given to it once more, perhaps in the next transaction. `around`: what stands first and last
   * in each transaction.
   */
  each<T>(items: Iterable<T> | AsyncIterable<T>, change: (item: T) => unknown, around?: Around): Promise<number>
}

/** Where works are done: a thread of its own. */
export interface Elsewhere {
  run(work: string, input: unknown, transfer?: readonly ArrayBuffer[]): Promise<unknown>
}
export interface Around {
  begin(): void
  end(): void
}

export type Job = (context: JobContext) => unknown
/** What a subject's `*.jobs.ts` exports; a job's full name is `SUBJECT.KEY`. */
export type JobFile = { readonly jobs: Readonly<Record<string, Job>>; readonly works?: Readonly<Record<string, Work>> }
/** Pure work that needs no database; input and output must be cloneable. */
export type Work = (input: unknown) => unknown

/** How long one write batch may hold the lock, in ms: where nobody can say that main waits, and where the turn does. */
const blindMs = 3
const batchMs = 25
/**
 * What ends a batch once main waits (the search tables, the commit) may take this long, in ms. It grows with the batch: what
 * it took lately says how many items a batch may have.
 */
const tailMs = 6
const firstItems = 64
const fewestItems = 16
/** Items made ready before a transaction is begun for them. */
const gathered = 1_024
/** While writing goes on, what is in the WAL moves into the database this often, in ms. */
const checkpointMs = 300
/** From this length on the write-ahead log is begun anew, in pages of 4 kB. */
const longLogPages = 4_000
/** How long its readers are waited for then, while main cannot write, in ms. */
const restartMs = 4

/** After so long without one a pause is made between two batches, for other processes, in ms. */
const pauseEveryMs = 15

/** How writing goes on each connection to the database; times on the monotonic clock. */
interface Course {
  checkpointed: number
  paused: number
  /** In a batch. */
  mostItems: number
}
const courses = new WeakMap<Database, Course>()

function courseOf(db: Database): Course {
  const known = courses.get(db)
  if (known) return known
  const now = performance.now()
  const course = { checkpointed: now, paused: now, mostItems: firstItems }
  courses.set(db, course)
  return course
}

/**
 * Moves the log into the database, making nobody wait. What has been moved is only written over when a write begins while nobody reads
 * the log: with main reading all the time that seldom happens by itself, and the log grows to several times the database. So a
 * long one that has just been moved whole is begun anew, for which readers are waited for a moment and no longer.
 */
function checkpoint(db: Database): void {
  const [done] = db.pragma('wal_checkpoint(PASSIVE)') as { busy: number; log: number; checkpointed: number }[]
  if (!done || done.log < longLogPages || done.checkpointed < done.log) return
  const patience = db.pragma('busy_timeout', { simple: true })
  db.pragma(`busy_timeout = ${restartMs}`)
  try {
    db.pragma('wal_checkpoint(RESTART)')
  } finally {
    db.pragma(`busy_timeout = ${patience}`)
  }
}

export async function runJob(
  job: Job,
  options: {
    db: Database
    input: unknown
    signal: AbortSignal
    progress: (value: unknown) => void
    turn: Turn | null
    pauseMs: number
    aside?: Elsewhere | null
  },
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
  const course = courseOf(db)
  const pause = async () => {
    const now = performance.now()
    // Outside the turn: a passive checkpoint makes nobody wait, and keeps the WAL of a long import short.
    if (now - course.checkpointed > checkpointMs) {
      checkpoint(db)
      course.checkpointed = performance.now()
    }
    if (options.pauseMs === 0 || (turn && now - course.paused < pauseEveryMs)) return await nextTurn()
    await sleep(options.pauseMs)
    course.paused = performance.now()
  }
  const context: JobContext = {
    db,
    input: options.input,
    signal,
    progress: options.progress,
    aside: options.aside ?? null,
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
          const most = turn ? course.mostItems : Number.POSITIVE_INFINITY
          let changed = 0
          let steps = 0
          const done = locked(() => {
            const end = performance.now() + (turn ? batchMs : blindMs)
            let index = 0
            around?.begin()
            do {
              if (change(waiting[index] as never) !== 'again') index++
              steps++
            } while (index < waiting.length && steps < most && !turn?.isWanted && performance.now() < end)
            changed = performance.now()
            around?.end()
            return index
          })
          const tail = performance.now() - changed
          // By half or double at most: one slow write to the disk says little, and so does a batch that was cut short.
          const fitting = Math.max(course.mostItems / 2, Math.min(course.mostItems * 2, (steps * tailMs) / tail))
          if (turn && (steps * 2 > most || fitting < most)) course.mostItems = Math.max(fewestItems, fitting)
          count += done
          waiting = waiting.slice(done)
          await pause()
        }
      }
      // Items are gathered outside the transaction: parsing a file must not hold the lock.
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        waiting.push(next.value)
        if (waiting.length >= gathered) await flush()
      }
      await flush()
      return count
    },
  }
  checkCancelled()
  return await job(context)
}
