/** The E-model against its published values, and against what must hold of any such model. */
import { expect, test } from 'vitest'
import { bestR, delayImpairment, type Heard, lossImpairment, mosOf, oneWayDelay, rating } from './e-model'

const good: Heard = { codec: 'PCMU', loss: 0, roundTrip: 20, buffered: 20 }
const mos = (change: Partial<Heard>) => mosOf(rating({ ...good, ...change }))

test.each([
  // ITU-T G.107: R at the default values, and its MOS.
  [93.2, 4.41],
  // ITU-T G.107 Annex B, Table B.1, and ITU-T G.109: the limits of its categories of quality.
  [90, 4.34],
  [80, 4.03],
  [70, 3.6],
  [60, 3.1],
  [50, 2.58],
  [0, 1],
  [-20, 1],
  [100, 4.5],
  [130, 4.5],
])('R %d is MOS %d', (r, expected) => {
  // The tables round as they like: B.1 has 4.03 for 4.024.
  expect(Math.abs(mosOf(r) - expected)).toBeLessThan(0.01)
})

test('a good connection has the best rating there is', () => {
  expect(rating(good)).toBe(bestR)
  expect(mos({})).toBeCloseTo(4.41, 2)
})

test.each([
  // Worked by hand from G.107's equations: X = 1 and X = 2.
  [0, 0],
  [100, 0],
  [200, 3.04],
  [400, 24.07],
])('%d ms one way cost %d', (delay, impairment) => {
  expect(delayImpairment(delay)).toBeCloseTo(impairment, 2)
})

test.each([
  // 95 · p / (p + 25.1)
  [0, 0],
  [0.01, 3.64],
  [0.03, 10.14],
  [0.1, 27.07],
  [1, 75.94],
])('a loss of %d costs %d with G.711 and concealment', (loss, impairment) => {
  expect(lossImpairment('PCMA', loss)).toBeCloseTo(impairment, 2)
})

test('the delay is half the way there and back, the buffer, a packet and the codec', () => {
  expect(oneWayDelay({ codec: 'PCMU', roundTrip: 100, buffered: 40 })).toBe(110)
  expect(oneWayDelay({ codec: 'opus', roundTrip: 100, buffered: 40 })).toBe(116.5)
})

test('worse is never better, and the score stays between 1 and 4.5', () => {
  for (const codec of ['PCMU', 'PCMA', 'G722', 'opus', 'unheard-of', null]) {
    for (const cause of ['loss', 'roundTrip', 'buffered'] as const) {
      let last = Number.POSITIVE_INFINITY
      for (let step = 0; step <= 400; step++) {
        const now = mos({ codec, [cause]: cause === 'loss' ? step / 400 : step * 10 })
        expect(now).toBeLessThanOrEqual(last)
        expect(now).toBeGreaterThanOrEqual(1)
        expect(now).toBeLessThanOrEqual(4.5)
        last = now
      }
    }
  }
  expect(mos({ loss: -1 })).toBe(mos({ loss: 0 }))
  expect(mos({ loss: 7 })).toBe(mos({ loss: 1 }))
})
