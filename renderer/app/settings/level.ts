/** How loud samples are, for the level meter. */

/** What the meter shows as silence; dB below full scale. */
export const floor = -60

/** The root mean square of samples (−1…1) as 0…1 between the floor and full scale. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0
  for (let at = 0; at < samples.length; at++) sum += (samples[at] ?? 0) ** 2
  const rms = Math.sqrt(sum / Math.max(1, samples.length))
  if (rms === 0) return 0
  return Math.min(1, Math.max(0, 1 - (20 * Math.log10(rms)) / floor))
}
