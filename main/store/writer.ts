/**
 * Main's writes: each one transaction, and when the disk refuses it, kept and tried again in order until it is written.
 */
import type { Database } from 'better-sqlite3'
import type { Trouble } from '../../preload/contract'
import type { Log } from '../log'
import { isBusy, storeFault } from './faults'
import type { WriteOptions } from './store'
import type { Turn } from './turn'

interface Kept {
  change: () => void
  durable: boolean
  key: string | undefined
}

/** How often what waits is tried again, in ms. */
const retryMs = 3_000
/** How long another process's lock is waited for when it is first met, in ms; while changes wait already, nobody waits for it again. */
const firstWaitMs = 250
/**
 * How long SQLite itself polls for a lock before it asks again from the start, in ms: its pauses grow to a tenth of a
 * second, which would miss the gaps that a bulk writer leaves.
 */
const pollMs = 3
/** More than a rep can make in a day; beyond it the disk is not coming back. */
const mostKept = 20_000

export class Writer {
  #kept: Kept[] = []
  #timer: NodeJS.Timeout | null = null
  #durable = false

  constructor(
    readonly db: Database,
    readonly turn: Turn,
    readonly file: string,
    readonly log: Log,
    /** What is wrong with writing now, or null when a write has succeeded. */
    readonly onFault: (fault: Trouble | null) => void,
  ) {
    db.pragma(`busy_timeout = ${pollMs}`)
  }

  /** The number of changes that wait for the disk. */
  get waiting(): number {
    return this.#kept.length
  }

  write(change: () => void, options: WriteOptions = {}): boolean {
    if (this.db.inTransaction) {
      change()
      return true
    }
    const durable = options.durable ?? false
    if (this.#kept.length > 0 && !this.flush()) {
      this.#keep({ change, durable, key: options.key })
      return false
    }
    const fault = this.#attempt(change, durable, firstWaitMs)
    this.onFault(fault)
    if (!fault) return true
    // What meets damaged pages will never be written; holding the rest back for it would lose that too.
    if (fault.code === 'store.damagedNow') return false
    this.#keep({ change, durable, key: options.key })
    return false
  }

  /** Tries everything that waits, in order; true when nothing waits any more. `waitMs`: for another process's lock, each. */
  flush(waitMs = 0): boolean {
    while (this.#kept.length > 0) {
      const first = this.#kept[0]
      if (!first) break
      let fault: Trouble | null = null
      try {
        fault = this.#attempt(first.change, first.durable, waitMs)
      } catch (error) {
        this.log.error({ err: error }, 'a change that had waited for the disk was refused and is given up')
      }
      if (fault) {
        this.onFault(fault)
        if (fault.code !== 'store.damagedNow') {
          this.#schedule()
          return false
        }
      }
      this.#kept.shift()
    }
    this.onFault(null)
    return true
  }

  stop(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #keep(kept: Kept): void {
    if (kept.key !== undefined) this.#kept = this.#kept.filter((other) => other.key !== kept.key)
    if (this.#kept.length >= mostKept) {
      this.log.error('too many changes wait for the disk; the oldest is given up')
      this.#kept.shift()
    }
    this.#kept.push(kept)
    this.#schedule()
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.flush()
    }, retryMs).unref()
  }

  /** The fault that kept it from being written, or null; what `change` itself throws is thrown on. */
  #attempt(change: () => void, durable: boolean, waitMs: number): Trouble | null {
    this.turn.mainBegins()
    try {
      if (durable !== this.#durable) {
        this.db.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`)
        this.#durable = durable
      }
      this.#transact(change, waitMs)
      return null
    } catch (error) {
      const fault = storeFault(error, this.file)
      if (!fault) throw error
      this.log.error({ err: error }, 'a change could not be written')
      return fault
    } finally {
      this.turn.mainEnds()
    }
  }

  /** One transaction; another process's batches are waited out in small steps. */
  #transact(change: () => void, waitMs: number): void {
    let begun = false
    const transaction = this.db.transaction(() => {
      begun = true
      change()
    })
    const deadline = performance.now() + waitMs
    for (;;) {
      try {
        return transaction.immediate()
      } catch (error) {
        if (begun || !isBusy(error) || performance.now() > deadline) throw error
      }
    }
  }
}
