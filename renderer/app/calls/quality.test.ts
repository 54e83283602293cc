import { describe, expect, it } from 'vitest'
import { graphLines, qualityWord } from './quality'

const sample = (atMs: number, mos: number | null) => ({ atMs, mos, roundTrip: null, jitter: null, loss: null })

describe('quality', () => {
  it('is good, fair or poor where G.107 says that users are satisfied, some are not, many are not', () => {
    expect([4.5, 4.03, 4.02, 3.6, 3.59, 1, null].map(qualityWord)).toEqual(['good', 'good', 'fair', 'fair', 'poor', 'poor', null])
  })
  it('is drawn over time, from the worst at the foot to the best at the top, with gaps where nothing was measured', () => {
    expect(graphLines([sample(1000, 4.5), sample(3000, 2), sample(5000, 1)], 100, 20)).toEqual(['0.0,0.0 50.0,20.0 100.0,20.0'])
    expect(graphLines([sample(0, 4.5), sample(2000, null), sample(4000, 4.5)], 100, 20)).toEqual(['0.0,0.0 1.0,0.0', '100.0,0.0 101.0,0.0'])
    expect(graphLines([], 100, 20)).toEqual([])
    expect(graphLines([sample(0, null)], 100, 20)).toEqual([])
  })
})
