/**
 * The session timer of one dialog (RFC 4028), which the library does not know: how long the session lasts without a refresh,
 * which side refreshes, and what stands of it in our messages. We never ask for one by ourselves; whoever wants one gets it.
 */
import { type Head, headerOf, headersOf } from './message'

/** RFC 4028 §4: no interval is shorter, in seconds. */
const leastInterval = 90
/** 422s in a row that are answered by another try. */
const mostRefusals = 3
/** A day; what is longer is no timer. */
const longestInterval = 86_400

export interface SessionTimerParts {
  /** What a second lasts, in ms. */
  secondMs: number
  /** Half of the time is over, and the refresh is ours. */
  onRefresh: () => void
  /** Nobody has refreshed in time (§10). */
  onExpired: () => void
}

export class SessionTimer {
  readonly #parts: SessionTimerParts
  #interval: number | null = null
  #least = leastInterval
  #weRefresh = false
  #refusals = 0
  #timers: NodeJS.Timeout[] = []

  constructor(parts: SessionTimerParts) {
    this.#parts = parts
  }

  /** We accept a request of the far end: the lines of our 2xx about the timer, which begins anew (§9). */
  accepting(request: Head): string[] {
    const asked = expiresOf(request)
    if (!asked) {
      // A far end that leaves the refresh to us may say nothing of it in between; one that refreshes takes the timer back.
      if (this.#interval !== null && this.#weRefresh && supports(request)) return this.#begun(this.#interval, true, 'uas')
      this.#interval = null
      this.stop()
      return []
    }
    const refresher = asked.refresher ?? (supports(request) ? 'uac' : 'uas')
    return this.#begun(asked.seconds, refresher === 'uas', refresher)
  }

  /** The far end has accepted a request of ours (§7.2). */
  accepted(response: Head): void {
    const given = expiresOf(response)
    this.#refusals = 0
    if (given) this.#begin(given.seconds, given.refresher !== 'uas')
    else if (this.#interval !== null && this.#weRefresh) this.#begin(this.#interval, true)
    else this.stop()
  }

  /** A 422 (§6): true when a longer interval is worth another request. */
  refused(least: string | undefined): boolean {
    const seconds = Number(/^\s*(\d{1,6})/.exec(least ?? '')?.[1] ?? Number.NaN)
    if (!(seconds > this.#least) || seconds > longestInterval || this.#refusals >= mostRefusals) return false
    this.#refusals += 1
    this.#least = seconds
    const running = this.#interval
    this.#interval = Math.max(running ?? 0, seconds)
    if (running === null) this.#weRefresh = true
    return true
  }

  /** The lines of our own INVITE about the timer; none where there is none. */
  asking(): string[] {
    if (this.#interval === null) return []
    const lines = [`Session-Expires: ${this.#interval};refresher=${this.#weRefresh ? 'uac' : 'uas'}`]
    if (this.#least > leastInterval) lines.push(`Min-SE: ${this.#least}`)
    return lines
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer)
  }

  #begun(seconds: number, weRefresh: boolean, refresher: 'uac' | 'uas'): string[] {
    this.#begin(seconds, weRefresh)
    const line = `Session-Expires: ${this.#interval};refresher=${refresher}`
    return refresher === 'uac' ? [line, 'Require: timer'] : [line]
  }

  #begin(seconds: number, weRefresh: boolean): void {
    this.stop()
    const interval = Math.min(Math.max(seconds, leastInterval), longestInterval)
    this.#interval = interval
    this.#weRefresh = weRefresh
    const { secondMs, onRefresh, onExpired } = this.#parts
    if (weRefresh) this.#timers.push(setTimeout(onRefresh, (interval / 2) * secondMs))
    this.#timers.push(setTimeout(onExpired, (interval - Math.min(32, interval / 3)) * secondMs))
  }
}

/** A request of the far end that wants a refresh more often than anybody may (§5): the lines of the 422 that it gets, else null. */
export function tooShortFor(request: Head): string[] | null {
  const asked = expiresOf(request)
  return asked !== null && asked.seconds < leastInterval && supports(request) ? [`Min-SE: ${leastInterval}`] : null
}

function expiresOf(head: Head): { seconds: number; refresher: 'uac' | 'uas' | null } | null {
  const found = /^\s*(\d{1,9})\s*(?:;(.*))?$/.exec(headerOf(head, 'session-expires') ?? '')
  if (!found) return null
  const refresher = /(?:^|;)\s*refresher\s*=\s*(uac|uas)\b/i.exec(found[2] ?? '')?.[1]?.toLowerCase()
  return { seconds: Number(found[1]), refresher: refresher === 'uac' || refresher === 'uas' ? refresher : null }
}

function supports(head: Head): boolean {
  return [...headersOf(head, 'supported'), ...headersOf(head, 'require')].some((value) => /(?:^|,)\s*timer\s*(?:,|$)/i.test(value))
}
