/** The quick way and the library give one answer, whatever number of whatever region it is. */
import { getCountries, getCountryCallingCode, Metadata } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { expect, test } from 'vitest'
import { parseNumber, parseNumbers, parseSlowly } from './numbers'
import { quickNumber } from './quick-numbers'

/** The same numbers in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function spaced(digits: string, random: () => number): string {
  const marks = [' ', '-', '.', '', '', ' (', ') ']
  return [...digits].map((digit, at) => (at > 0 && random() < 0.3 ? marks[Math.floor(random() * marks.length)] : '') + digit).join('')
}

function lengthsOf(country: string): number[] {
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country as never)
  return metadata.numberingPlan?.possibleLengths() ?? [9]
}

const regions = getCountries()
/** How many numbers of each region. */
const each = 40

test.each(regions)('%s', (region) => {
  const random = randomFrom([...region].reduce((sum, letter) => sum * 31 + (letter.codePointAt(0) ?? 0), 7))
  const digits = (count: number) => Array.from({ length: count }, () => Math.floor(random() * 10)).join('')
  const code = getCountryCallingCode(region)
  const lengths = lengthsOf(region)
  const example = String((examples as Record<string, string>)[region] ?? '')
  const faults: string[] = []
  let quick = 0
  for (let at = 0; at < each; at++) {
    const length = (lengths[at % lengths.length] ?? 9) + (at % 17 === 0 ? Math.floor(random() * 3) - 1 : 0)
    // Numbers like real ones, and any.
    const kept = Math.floor(random() * 7)
    const national = at % 3 === 0 ? digits(length) : example.slice(0, kept) + digits(Math.max(0, example.length - kept))
    const other = regions[Math.floor(random() * regions.length)] ?? 'SE'
    for (const text of [
      `+${code}${national}`,
      `+${spaced(code + national, random)}`,
      `+${code} (0)${national}`,
      `+${code}0${national}`,
      national,
      spaced(`0${national}`, random),
      `8${national}`,
      `1${national}`,
      `00${code}${national}`,
      `${code}${national}`,
      `(${national.slice(0, 3)}) ${national.slice(3)}`,
      `+${code} ${national} ext. ${at}`,
      ` 0${national} x${at}`,
      `0011${code}${national}`,
      `011 ${code} 0${national}`,
    ]) {
      for (const country of [region, other]) {
        if (quickNumber(text, country)) quick++
        const [one, two] = [parseNumber(text, country), parseSlowly(text, country)]
        if (JSON.stringify(one) !== JSON.stringify(two))
          faults.push(`${text} in ${country}: ${JSON.stringify(one)}, by the library ${JSON.stringify(two)}`)
      }
    }
  }
  expect(faults).toEqual([])
  // Where nothing took the quick way nothing was compared.
  expect(quick).toBeGreaterThan(0)
})

test('a text that separates or says more than a number is never read the quick way', () => {
  for (const text of [
    '+46701740605 / +46701740606',
    '+46701740605;ext=3',
    '070-174 06 05 x3',
    'tel:+46701740605',
    '＋46701740605',
    '+46  701740605',
  ])
    expect(quickNumber(text, 'SE')).toBeNull()
  expect(parseNumbers('070-174 06 05', null, 'SE')).toEqual([
    { e164: '+46701740605', digits: '0701740605', suffix: '1740605', extension: null, country: 'SE', raw: '070-174 06 05' },
  ])
})
