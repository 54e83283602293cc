/** A running time: counts on from what main measured, on the page's own monotonic clock. */
import { useEffect, useState } from 'react'
import { formatDuration } from '../format'
import type { ShownCall } from '../state'

/** A time that was `base` ms at `since` (`performance.now()`), counting on, or standing when `stopped`. */
export function Counting({
  base,
  since,
  stopped,
  className,
}: {
  base: number
  since: number
  stopped?: boolean
  className?: string | undefined
}) {
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    if (stopped) return
    let timer: ReturnType<typeof setTimeout>
    // Ticks where the shown second changes, so that it neither skips nor stutters.
    const tick = () => {
      const at = performance.now()
      setNow(at)
      timer = setTimeout(tick, 1000 - ((base + at - since) % 1000) + 4)
    }
    tick()
    return () => clearTimeout(timer)
  }, [stopped, since, base])
  return <span className={`rb-figures ${className ?? ''}`}>{formatDuration(stopped ? base : base + Math.max(0, now - since))}</span>
}

export function CallTimer({ call, className }: { call: ShownCall; className?: string | undefined }) {
  return (
    <Counting
      base={call.answeredAt === null ? call.elapsedMs : call.talkMs}
      since={call.receivedAt}
      stopped={call.phase === 'ended'}
      className={className}
    />
  )
}
