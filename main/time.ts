/** The clock, and timers that go by it, so that a test can let a day pass in a moment. */
import type { Clock } from './clock'

export interface Time extends Clock {
  /** Calls back once, `ms` from now; returns the function that takes it back. Keeps no program alive. */
  after(ms: number, run: () => void): () => void
}

/** setTimeout's own limit, in ms. */
const longest = 2 ** 31 - 1

export function systemTime(clock: Clock): Time {
  return {
    wall: () => clock.wall(),
    monotonic: () => clock.monotonic(),
    utcOffset: (wall) => clock.utcOffset(wall),
    after(ms, run) {
      const timer = setTimeout(run, Math.min(Math.max(0, ms), longest)).unref()
      return () => clearTimeout(timer)
    },
  }
}

/** Resolves `ms` from now, or rejects with the signal's reason. */
export function pause(time: Time, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, failed) => {
    if (signal?.aborted) return failed(signal.reason)
    const abort = () => {
      stop()
      failed(signal?.reason)
    }
    const stop = time.after(ms, () => {
      signal?.removeEventListener('abort', abort)
      done()
    })
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/** What the promise says, or the signal's reason, whichever comes first. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, failed) => {
    if (signal.aborted) return failed(signal.reason)
    const abort = () => failed(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(done, failed).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** A deadline on this clock, as a signal; `clear` when it is no longer needed. */
export function deadline(time: Time, ms: number, reason: () => Error): { signal: AbortSignal; clear: () => void } {
  const abort = new AbortController()
  return { signal: abort.signal, clear: time.after(ms, () => abort.abort(reason())) }
}

export const dayMs = 24 * 3_600_000

/** The UTC day of a wall time, `YYYY-MM-DD`. */
export function utcDay(wall: number): string {
  return new Date(wall).toISOString().slice(0, 10)
}

/** Wall ms of the next UTC midnight. */
export function nextUtcMidnight(wall: number): number {
  return (Math.floor(wall / dayMs) + 1) * dayMs
}
