/** A bound on how fast incoming calls are taken on: from one caller, and in all. What is over it is told in one record, not in thousands. */
import type { Trouble } from '../../preload/contract'
import type { Clock } from '../clock'

/** Calls of one caller within a minute. A queue that tries again every five seconds makes twelve. */
export const mostOfOneCaller = 20
const callerWindowMs = 60_000
/** Calls of all callers within ten seconds. */
export const mostInAll = 30
const allWindowMs = 10_000
/** A flood is over when nothing was refused for it in this time, in ms; the next one has a record of its own. */
export const floodEndsMs = 60_000
/** How often the record of a flood is brought up to date, in ms. */
export const tellEveryMs = 1_000
/** Callers that are remembered at once: spoofed numbers cost no memory. */
const mostCallers = 1_000

interface Flood {
  callId: string
  count: number
  lastAt: number
}

export class FloodGate {
  readonly #callers = new Map<string, number[]>()
  readonly #all: number[] = []
  #flood: Flood | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(
    private readonly clock: Clock,
    /** The newest count for the record of that call, at most once a second. */
    private readonly tell: (callId: string, why: Trouble) => void,
  ) {}

  /** Null: let it come. Else it is to be refused; `first`: in a record of its own, which from then on counts the others. */
  over(callId: string, caller: string | null): { first: boolean; why: Trouble } | null {
    const now = this.clock.monotonic()
    if (this.#fits(now, caller)) return null
    if (this.#flood && now - this.#flood.lastAt <= floodEndsMs) {
      this.#flood.count++
      this.#flood.lastAt = now
      this.#timer ??= setTimeout(() => this.#report(), tellEveryMs)
      return { first: false, why: whyOf(this.#flood.count) }
    }
    this.#report()
    this.#flood = { callId, count: 1, lastAt: now }
    return { first: true, why: whyOf(1) }
  }

  close(): void {
    this.#report()
  }

  /** Refused calls count as well, so that a flood stays one until it stops; but one caller's do not keep the others out. */
  #fits(now: number, caller: string | null): boolean {
    if (caller !== null) {
      const times = this.#callers.get(caller) ?? []
      this.#callers.delete(caller)
      this.#callers.set(caller, times)
      const oldest = this.#callers.size > mostCallers ? this.#callers.keys().next().value : undefined
      if (oldest !== undefined) this.#callers.delete(oldest)
      if (!take(times, now, callerWindowMs, mostOfOneCaller)) return false
    }
    return take(this.#all, now, allWindowMs, mostInAll)
  }

  #report(): void {
    if (!this.#timer) return
    clearTimeout(this.#timer)
    this.#timer = null
    if (this.#flood) this.tell(this.#flood.callId, whyOf(this.#flood.count))
  }
}

function whyOf(count: number): Trouble {
  return { code: 'guard.flood', params: { count } }
}

/** Notes a call; false when that many within the window stood there already. Keeps at most as many times as are needed to tell. */
function take(times: number[], now: number, windowMs: number, most: number): boolean {
  while (times[0] !== undefined && times[0] <= now - windowMs) times.shift()
  const fits = times.length < most
  times.push(now)
  if (times.length > most) times.shift()
  return fits
}
