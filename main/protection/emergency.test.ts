/** Emergency numbers in every country, and the ordinary numbers that only look like them. */
import { getCountries } from 'libphonenumber-js/max'
import { expect, test } from 'vitest'
import { isEmergency } from './emergency'

const countries = getCountries()

test('112 and 911 are emergency numbers in each of the 245 countries, whatever the source says of them', () => {
  expect(countries.length).toBeGreaterThan(240)
  for (const number of ['112', '911']) expect([number, countries.filter((country) => !isEmergency(number, country))]).toEqual([number, []])
})

test.each([
  ['SE', ['112']],
  ['GB', ['112', '999']],
  ['DE', ['110', '112']],
  ['FR', ['15', '17', '18', '112']],
  ['US', ['911', '112']],
  ['JP', ['110', '119']],
  ['CN', ['110', '119', '120']],
  ['AU', ['000', '106', '112']],
  ['BR', ['190', '192', '193']],
  ['IN', ['100', '101', '108', '112']],
  ['NZ', ['111']],
  ['ZA', ['112', '10111', '10177']],
] as const)('%s: %j', (country, numbers) => {
  expect(numbers.filter((number) => !isEmergency(number, country))).toEqual([])
})

test.each([
  '1 1 2',
  '1-1-2',
  ' 112',
  '(112)',
  '1.1.2',
  'tel:112',
  'sip:112@pbx.example.com',
  '112;phone-context=+46',
  '١١٢',
  '１１２',
  '1\u200b12',
  '1\u00a012',
])('however it is written: %s', (number) => {
  expect(isEmergency(number, 'SE')).toBe(true)
})

test.each([
  ['9112', 'US'],
  ['91123', 'US'],
  ['9112345', 'US'],
  ['+911234567890', 'IN'],
  ['1123456', 'SE'],
  ['1122', 'SE'],
  ['0112', 'SE'],
  ['+112', 'SE'],
  ['*112', 'SE'],
  ['112#', 'SE'],
  ['999', 'SE'],
  ['11', 'SE'],
  ['anna', 'SE'],
  ['', 'SE'],
  ['112', 'SE '.repeat(200)],
])('%s in %s is none, or is only by being the same everywhere', (number, country) => {
  expect(isEmergency(number, country)).toBe(number === '112')
})
