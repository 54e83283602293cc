import { describe, expect, it } from 'vitest'
import { choiceFor, dayAfter, dueOn } from './follow-up'

describe('follow-up days', () => {
  const today = new Date(2026, 10, 28, 23, 59)
  it('counts calendar days over the end of a month and of daylight saving', () => {
    expect(dayAfter(today, 1)).toBe('2026-11-29')
    expect(dayAfter(today, 3)).toBe('2026-12-01')
    expect(dayAfter(new Date(2026, 9, 24, 0, 1), 1)).toBe('2026-10-25')
    expect(dayAfter(new Date(2026, 9, 25, 0, 1), 1)).toBe('2026-10-26')
  })
  it('finds the choice that stands for a day again', () => {
    for (const choice of ['tomorrow', 'in3days', 'nextWeek'] as const) expect(choiceFor(dueOn(choice, today), today)).toBe(choice)
    expect(choiceFor('2027-01-15', today)).toBe('pick')
    expect(choiceFor(null, today)).toBe('none')
  })
})
