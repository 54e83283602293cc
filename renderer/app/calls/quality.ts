/** A call's sound in words, and the points of its graph. */
import type { QualitySample } from '../../../preload/contract'

/**
 * ITU-T G.107 Annex B, table B.1: from MOS 4.03 on users are satisfied, from 3.60 on some are not, below that many are not.
 */
export function qualityWord(mos: number | null): 'good' | 'fair' | 'poor' | null {
  if (mos === null) return null
  return mos >= 4.03 ? 'good' : mos >= 3.6 ? 'fair' : 'poor'
}

/** The graph's scale: what is below 2 cannot be understood, and nothing is above 4.5. */
const lowest = 2
const highest = 4.5

/**
 * The lines of a graph of MOS over time in a box of `width` × `height`: one for each run of samples without a gap. A single
 * sample is a line of one point's width. Samples keep their place in time.
 */
export function graphLines(samples: readonly QualitySample[], width: number, height: number): string[] {
  const first = samples[0]?.atMs ?? 0
  const span = Math.max(1, (samples.at(-1)?.atMs ?? 0) - first)
  const lines: string[] = []
  let run: string[] = []
  const close = () => {
    const only = run[0]
    if (run.length === 1 && only) run.push(`${(Number.parseFloat(only) + 1).toFixed(1)},${only.split(',')[1]}`)
    if (run.length > 0) lines.push(run.join(' '))
    run = []
  }
  for (const { atMs, mos } of samples) {
    if (mos === null) {
      close()
      continue
    }
    const share = (Math.min(highest, Math.max(lowest, mos)) - lowest) / (highest - lowest)
    run.push(`${(((atMs - first) / span) * width).toFixed(1)},${((1 - share) * height).toFixed(1)}`)
  }
  close()
  return lines
}
