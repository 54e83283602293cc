/**
 * Time as main uses it: `wall` for what a reader sees, `monotonic` for every duration, so that a changed clock, daylight
 * saving or sleep never makes a wrong or negative one.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z. */
  wall(): number
  /** Milliseconds on a clock that only goes forward; its zero means nothing. */
  monotonic(): number
  /** Minutes east of UTC at that wall time. */
  utcOffset(wall: number): number
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  utcOffset: (wall) => -new Date(wall).getTimezoneOffset(),
}
