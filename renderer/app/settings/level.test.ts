/** Loudness in decibels. */
import { expect, it } from 'vitest'
import { levelOf } from './level'

it('shows silence as nothing and full scale as everything', () => {
  expect(levelOf(new Float32Array(256))).toBe(0)
  expect(levelOf([])).toBe(0)
  expect(levelOf([1, -1, 1, -1])).toBe(1)
})

it('rises evenly with decibels', () => {
  const at = (amplitude: number) => levelOf([amplitude, -amplitude])
  expect(at(10 ** (-30 / 20))).toBeCloseTo(0.5, 5)
  expect(at(10 ** (-15 / 20))).toBeCloseTo(0.75, 5)
  expect(at(10 ** (-90 / 20))).toBe(0)
})
