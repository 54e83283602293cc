import { describe, expect, it } from 'vitest'
import { formatDuration, formatMoney, formatWhen, initials, readerLocale } from './format'

describe('what the reader sees of times, money and names', () => {
  it('writes durations as 4:12 and never negative', () => {
    expect(formatDuration(252_900)).toBe('4:12')
    expect(formatDuration(0)).toBe('0:00')
    expect(formatDuration(3_852_000)).toBe('1:04:12')
    expect(formatDuration(-5)).toBe('0:00')
  })
  it('says today, then the weekday, then the date, also over midnight', () => {
    const now = new Date(2026, 10, 20, 0, 5).getTime()
    const at = (day: number, hour = 14, minute = 3) => formatWhen(new Date(2026, 10, day, hour, minute).getTime(), now, 'en-SE')
    expect(at(20, 0, 1)).toBe('today 00:01')
    expect(at(19, 23, 59)).toBe('yesterday 23:59')
    expect(at(17)).toBe('Tuesday 14:03')
    expect(at(6)).toMatch(/^Fri,? 6 Nov 14:03$/)
  })
  it('keeps the words in the app’s language and the conventions in the reader’s region', () => {
    expect(readerLocale('en', 'sv-SE')).toBe('en-SE')
    expect(readerLocale('en', 'en-GB')).toBe('en-GB')
    expect(readerLocale('en', 'ar')).toBe('en-EG')
    expect(readerLocale('en', '!!')).toBe('en')
  })
  it('writes money with its currency, and survives a currency that is none', () => {
    expect(formatMoney(48_000, 'EUR', 'en-IE')).toBe('€48,000')
    expect(formatMoney(9.5, 'EUR', 'en-IE')).toBe('€9.50')
    expect(formatMoney(1, 'points', 'en-IE')).toBe('points 1')
    expect(formatMoney(null, 'EUR')).toBeNull()
  })
  it('finds initials in any script, and none in a number', () => {
    expect(initials('Anna Björk')).toBe('AB')
    expect(initials('김서연')).toBe('김')
    expect(initials('+46 8 123')).toBe('')
    expect(initials('anna von der Björk')).toBe('AB')
  })
})
