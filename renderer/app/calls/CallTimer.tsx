/** A running time: counts on from what main measured, on the page's own monotonic clock. */
import { useEffect, useState } from 'react'
import { formatDuration } from '../format'
import type { ShownCall } from '../state'

/** ms since the answer, or since the start while nobody has answered; frozen once the call has ended. */
export function runningMs(call: ShownCall, now: number): number {
  const measured = call.answeredAt === null ? call.elapsedMs : call.talkMs
  return call.phase === 'ended' ? measured : measured + Math.max(0, now - call.receivedAt)
}

export function CallTimer({ call, className }: { call: ShownCall; className?: string | undefined }) {
  const [now, setNow] = useState(() => performance.now())
  const ended = call.phase === 'ended'
  const { receivedAt, answeredAt, elapsedMs, talkMs } = call
  useEffect(() => {
    if (ended) return
    const base = answeredAt === null ? elapsedMs : talkMs
    let timer: ReturnType<typeof setTimeout>
    // Ticks where the shown second changes, so that it neither skips nor stutters.
    const tick = () => {
      const at = performance.now()
      setNow(at)
      timer = setTimeout(tick, 1000 - ((base + at - receivedAt) % 1000) + 4)
    }
    tick()
    return () => clearTimeout(timer)
  }, [ended, receivedAt, answeredAt, elapsedMs, talkMs])
  return <span className={`rb-figures ${className ?? ''}`}>{formatDuration(runningMs(call, Math.max(now, receivedAt)))}</span>
}
