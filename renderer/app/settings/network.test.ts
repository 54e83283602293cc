/** The proxy field and the list of countries. */
import { expect, it } from 'vitest'
import { country } from '../../../preload/contract'
import { countryOptions } from './countries'
import { proxyFault } from './proxy'

it.each(['', ' ', 'http://proxy.example:3128', 'https://10.0.0.1:8080/'])('%j is a proxy', (text) => {
  expect(proxyFault(text)).toBeNull()
})

it.each([
  ['proxy.example', 'proxyUnreadable'],
  ['proxy.example:3128', 'proxyNotHttp'],
  ['socks5://proxy.example', 'proxyNotHttp'],
  ['http://me:secret@proxy.example:3128', 'proxyHasPassword'],
  ['http://proxy.example/proxy.pac', 'proxyUnreadable'],
])('%j is refused as %s', (text, fault) => {
  expect(proxyFault(text)).toBe(fault)
})

it('names countries in the reader’s language and order', () => {
  const english = countryOptions('en')
  expect(english.find((option) => option.value === 'SE')?.label).toBe('Sweden (+46)')
  expect(countryOptions('de').find((option) => option.value === 'SE')?.label).toBe('Schweden (+46)')
  expect(english.length).toBeGreaterThan(200)
  expect(english.every((option) => country.safeParse(option.value).success)).toBe(true)
  expect(english.map((option) => option.label)).toEqual([...english.map((option) => option.label)].sort((a, b) => a.localeCompare(b, 'en')))
})
