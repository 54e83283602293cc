/** Filters and days: what the rep chose is what main is asked. */
import { describe, expect, it } from 'vitest'
import { historyFilter } from '../../../preload/contract'
import { dayOf, dayOfCall, daysOf, noonOf } from './days'
import { countFilters, everything, filterOf } from './filters'

const now = new Date(2026, 2, 1, 0, 30)

describe('filterOf', () => {
  it('asks for everything when nothing is chosen', () => {
    expect(filterOf(everything, now)).toEqual({ text: '' })
    expect(countFilters(everything)).toBe(0)
  })

  it('carries each choice in the contract’s own form', () => {
    const filter = filterOf(
      { ...everything, text: '  björk ', direction: 'incoming', result: 'missed', outcome: 'busy', range: 'today', notLogged: true },
      now,
    )
    expect(historyFilter.parse(filter)).toEqual({
      text: 'björk',
      direction: 'incoming',
      result: 'missed',
      outcome: 'busy',
      from: '2026-03-01',
      to: '2026-03-01',
      notLogged: true,
    })
  })

  it('takes own days open on either side and in either order', () => {
    expect(filterOf({ ...everything, range: 'custom', from: '2026-02-03' }, now)).toEqual({ text: '', from: '2026-02-03' })
    expect(filterOf({ ...everything, range: 'custom', from: '2026-02-03', to: '2026-01-01' }, now)).toEqual({
      text: '',
      from: '2026-01-01',
      to: '2026-02-03',
    })
    expect(countFilters({ ...everything, range: 'custom' })).toBe(0)
    expect(countFilters({ ...everything, range: 'custom', to: '2026-01-01', notLogged: true })).toBe(2)
  })

  it('never sends more text than main takes', () => {
    expect(historyFilter.safeParse(filterOf({ ...everything, text: 'x'.repeat(500) }, now)).success).toBe(true)
  })
})

describe('days', () => {
  it('counts back over month ends', () => {
    expect(daysOf('yesterday', now)).toEqual({ from: '2026-02-28', to: '2026-02-28' })
    expect(daysOf('week', now)).toEqual({ from: '2026-02-23', to: '2026-03-01' })
    expect(daysOf('month', now)).toEqual({ from: '2026-01-31', to: '2026-03-01' })
  })

  it('puts a call on the day where the rep was, whatever this machine’s zone', () => {
    const startedAt = Date.UTC(2026, 4, 10, 22, 30)
    expect(dayOfCall({ startedAt, utcOffset: 120 })).toBe('2026-05-11')
    expect(dayOfCall({ startedAt, utcOffset: -420 })).toBe('2026-05-10')
  })

  it('names a day by an instant inside it', () => {
    for (const day of ['2026-03-29', '2026-10-25', '2024-02-29']) expect(dayOf(new Date(noonOf(day)))).toBe(day)
  })
})
