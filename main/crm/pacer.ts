/**
 * When a connection's next request may leave. Calls go before what the rep waits for, and that before sync, which also leaves a
 * part of every window free, so that a call that rings never waits for it. Searches have windows of their own where the CRM
 * counts them apart. What replies say of the window goes before what is documented.
 */

import type { Time } from '../time'
import type { CrmLimits, CrmPace, CrmPurpose } from './crm'

/** The part of a window that sync leaves to others. */
const reservePart = 0.2
const purposes = ['call', 'rep', 'sync'] as const

interface Waiting {
  lane: Lane
  start: () => void
}

/** One kind of window: everything, or searches. */
class Lane {
  /** When requests left, monotonic ms, within the window. */
  #left: number[] = []
  /** As a reply said: this many more before then. */
  #said: { left: number; until: number } | null = null
  constructor(
    readonly burst: number,
    readonly windowMs: number,
  ) {}

  /** Ms until one more may leave for this purpose; 0: now. */
  waitMs(purpose: CrmPurpose, now: number): number {
    const reserve = purpose === 'sync' ? reserveOf(this.burst) : 0
    this.#left = this.#left.filter((at) => now - at < this.windowMs)
    const most = Math.max(1, this.burst - reserve)
    const oldest = this.#left.at(-most)
    const own = oldest === undefined ? 0 : oldest + this.windowMs - now
    if (this.#said && now >= this.#said.until) this.#said = null
    // A window that says more than is documented belongs to a greater plan; one that says less is shared.
    const said = this.#said && this.#said.left <= reserve ? this.#said.until - now : 0
    return Math.max(own, said)
  }

  leaves(now: number): void {
    this.#left.push(now)
    if (this.#said) this.#said.left -= 1
  }

  /** `others`: requests on their way that the reply may not have counted. */
  heard({ burstRemaining, burstResetMs }: CrmLimits, others: number, now: number): void {
    if (burstRemaining === undefined) return
    this.#said = { left: burstRemaining - others, until: now + (burstResetMs ?? this.windowMs) }
  }
}

function reserveOf(burst: number): number {
  return burst < 2 ? 0 : Math.max(1, Math.floor(burst * reservePart))
}

export class Pacer {
  readonly #lanes: { all: Lane; search: Lane }
  readonly #waiting: Record<CrmPurpose, Waiting[]> = { call: [], rep: [], sync: [] }
  /** On their way. */
  #sent = 0
  /** Nothing leaves before then, monotonic ms. */
  #heldUntil = 0
  #stopTimer: (() => void) | null = null

  constructor(
    private readonly pace: CrmPace,
    private readonly time: Time,
  ) {
    const all = new Lane(pace.burst, pace.windowMs)
    this.#lanes = { all, search: pace.searchBurst === undefined ? all : new Lane(pace.searchBurst, pace.searchWindowMs ?? pace.windowMs) }
  }

  /** Resolves when the request may leave, to the function that says that it is over; rejects with the signal's reason. */
  enter(purpose: CrmPurpose, search: boolean, signal: AbortSignal): Promise<() => void> {
    return new Promise((done, failed) => {
      if (signal.aborted) return failed(signal.reason)
      const queue = this.#waiting[purpose]
      const abort = () => {
        queue.splice(queue.indexOf(waiting), 1)
        failed(signal.reason)
        this.#pump()
      }
      let over = false
      const waiting: Waiting = {
        lane: search ? this.#lanes.search : this.#lanes.all,
        start: () => {
          signal.removeEventListener('abort', abort)
          this.#sent += 1
          done(() => {
            if (over) return
            over = true
            this.#sent -= 1
            this.#pump()
          })
        },
      }
      signal.addEventListener('abort', abort, { once: true })
      queue.push(waiting)
      this.#pump()
    })
  }

  /** What a reply said of the window that its request was counted in; told before that one is over. */
  heard(limits: CrmLimits, search: boolean): void {
    const now = this.time.monotonic()
    ;(search ? this.#lanes.search : this.#lanes.all).heard(limits, Math.max(0, this.#sent - 1), now)
    if (limits.waitMs !== undefined) this.hold(limits.waitMs)
    this.#pump()
  }

  /** Nothing leaves for so long, whoever asks. */
  hold(ms: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.time.monotonic() + ms)
    this.#pump()
  }

  #pump(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
    const now = this.time.monotonic()
    if (now < this.#heldUntil) return this.#later(this.#heldUntil - now)
    let soonest = Number.POSITIVE_INFINITY
    const blocked = new Set<Lane>()
    for (const purpose of purposes) {
      const queue = this.#waiting[purpose]
      for (let index = 0; index < queue.length; ) {
        const waiting = queue[index]
        if (!waiting || this.#sent >= this.#places(purpose)) break
        const wait = blocked.has(waiting.lane) ? 0 : waiting.lane.waitMs(purpose, now)
        if (blocked.has(waiting.lane) || wait > 0) {
          // Nothing of less weight takes the place that this one waits for.
          blocked.add(waiting.lane)
          if (wait > 0) soonest = Math.min(soonest, wait)
          index += 1
          continue
        }
        queue.splice(index, 1)
        waiting.lane.leaves(now)
        waiting.start()
      }
    }
    if (soonest !== Number.POSITIVE_INFINITY) this.#later(soonest)
  }

  /** Requests at once: a call has one place more than all others together, sync one less. */
  #places(purpose: CrmPurpose): number {
    const { parallel } = this.pace
    if (purpose === 'call') return parallel + 1
    return purpose === 'rep' ? parallel : Math.max(1, parallel - 1)
  }

  #later(ms: number): void {
    // A timer may be a little early by the clock that windows are measured on.
    this.#stopTimer = this.time.after(Math.ceil(ms) + 1, () => this.#pump())
  }
}
