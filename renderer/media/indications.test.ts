/** The notation of tones: what each of its signs means, and that every tone shipped can be read. */
import { describe, expect, it } from 'vitest'
import table from '../../resources/tones/indications.json'
import { parseTones, renderTones } from './indications'

describe('the notation', () => {
  it('reads one frequency, two at once, a modulated one, silence and notes', () => {
    expect(parseTones('425/1000, 0/4000')).toEqual([
      { pitch: { sum: [425] }, ms: 1000, once: false },
      { pitch: { sum: [] }, ms: 4000, once: false },
    ])
    expect(parseTones('440+480/2000|400*25/400')).toEqual([
      { pitch: { sum: [440, 480] }, ms: 2000, once: false },
      { pitch: { carrier: 400, by: 25 }, ms: 400, once: false },
    ])
    expect(parseTones('!M69+M81/100')).toEqual([{ pitch: { sum: [440, 880] }, ms: 100, once: true }])
    expect(parseTones('350+440')).toEqual([{ pitch: { sum: [350, 440] }, ms: null, once: false }])
  })

  it('refuses what it does not know', () => {
    for (const wrong of ['425//1', 'x', '425-5/100', '1+2+3/4', '/100']) expect(() => parseTones(wrong)).toThrow(RangeError)
  })
})

describe('rendering', () => {
  it('hears `!` once and repeats the rest', () => {
    const { samples, loopFrom } = renderTones(parseTones('!425/200,!0/100,425/500,0/500'), 8000)
    expect(samples.length).toBe(8000 * 1.3)
    expect(loopFrom).toBeCloseTo(0.3)
  })

  it('ends when everything is heard once, and goes on where an element has no end', () => {
    expect(renderTones(parseTones('!950/330,!1400/330,!1800/330'), 8000).loopFrom).toBeNull()
    const endless = renderTones(parseTones('!425/200,425,0/500'), 8000)
    expect(endless.loopFrom).toBeCloseTo(0.2)
    expect(endless.samples.length).toBe(8000 * 1.2)
  })

  it('is never louder than full scale, modulated or not', () => {
    for (const text of ['440+480/500', '400*25/500', '425/500']) {
      const loudest = renderTones(parseTones(text), 16_000).samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      expect(loudest).toBeGreaterThan(0.9)
      expect(loudest).toBeLessThanOrEqual(1)
    }
  })
})

it('every tone of every country can be read and played', () => {
  expect(Object.keys(table.countries).length).toBeGreaterThan(35)
  for (const tones of [table.default, ...Object.values(table.countries)]) {
    for (const text of Object.values(tones)) expect(renderTones(parseTones(text), 8000).samples.length).toBeGreaterThan(0)
  }
  for (const country of Object.values(table.same)) expect(table.countries).toHaveProperty(country)
})
