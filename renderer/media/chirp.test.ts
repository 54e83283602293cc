import { describe, expect, it } from 'vitest'
import { findChirp, makeChirp } from './chirp'

const rate = 48_000
/** Reproducible noise between -1 and 1. */
function noise(length: number, loudness: number): Float32Array {
  let seed = 7
  return Float32Array.from({ length }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return (seed / 1_073_741_824 - 1) * loudness
  })
}

describe('the chirp', () => {
  it('is found where it is, quiet, upside down and under noise', () => {
    for (const [at, gain, loudness] of [
      [14_400, 1, 0.001],
      [100_000, 0.02, 0.0005],
      [700, -0.5, 0.1],
    ] as const) {
      const heard = noise(rate * 3, loudness)
      makeChirp(rate).forEach((sample, index) => {
        heard[at + index] = (heard[at + index] ?? 0) + sample * gain
      })
      const found = findChirp(heard, makeChirp(rate), rate)
      expect(Math.abs((found ?? Number.NaN) - at)).toBeLessThan(rate / 4000)
    }
  })

  it('is not found where it is not', () => {
    expect(findChirp(new Float32Array(rate * 3), makeChirp(rate), rate)).toBeNull()
    expect(findChirp(noise(rate * 3, 0.5), makeChirp(rate), rate)).toBeNull()
    expect(
      findChirp(
        Float32Array.from({ length: rate * 3 }, (_, at) => Math.sin(at / 7)),
        makeChirp(rate),
        rate,
      ),
    ).toBeNull()
    expect(findChirp(new Float32Array(3), makeChirp(rate), rate)).toBeNull()
  })
})
