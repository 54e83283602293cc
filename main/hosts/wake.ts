/** Notices, in plain Node, that the machine slept or that its network changed. */
import { networkInterfaces } from 'node:os'
import type { Clock } from '../clock'

const every = 3_000
/** The wall clock ran this much further than the monotonic one, in ms: asleep meanwhile (or the clock was set; no harm). */
const slept = 8_000
/** A timer that comes this late, in ms, was not run meanwhile: asleep, where the monotonic clock goes on. */
const tooLate = 10_000

/** Calls `listener` until the returned function is called. */
export function watchWake(
  clock: Clock,
  listener: (why: 'network' | 'resume') => void,
  addresses: () => string = localAddresses,
  interval = every,
): () => void {
  let wall = clock.wall()
  let monotonic = clock.monotonic()
  let known = addresses()
  const timer = setInterval(() => {
    const wallNow = clock.wall()
    const monotonicNow = clock.monotonic()
    const now = addresses()
    // On Linux and macOS the monotonic clock stands still in sleep; on Windows it does not, but the timer was late.
    const gap = wallNow - wall - (monotonicNow - monotonic)
    const late = monotonicNow - monotonic - interval
    if (gap > slept || late > tooLate) listener('resume')
    else if (now !== known && now !== '') listener('network')
    wall = wallNow
    monotonic = monotonicNow
    known = now
  }, interval)
  timer.unref()
  return () => clearInterval(timer)
}

function localAddresses(): string {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal }) => !internal)
    .map(({ cidr, address }) => cidr ?? address)
    .sort()
    .join(' ')
}
