/** The sample contacts: what they hold, and that they come only when wanted. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import samples from '../../resources/samples/contacts.json'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { Contacts } from './contacts'

let folder: string
let store: Store
let contacts: Contacts
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-samples-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  contacts = new Contacts({ store, clock: systemClock, country: () => 'SE' })
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

test('they are offered, and declined for good', () => {
  expect(contacts.samples()).toBe('offered')
  contacts.declineSamples()
  expect(contacts.samples()).toBe('declined')
  expect(contacts.count()).toBe(0)
})

test('loaded once, every one of them, and each of their numbers is found', async () => {
  const changed = vi.fn()
  contacts.onChange(changed)
  expect(await contacts.loadSamples()).toEqual({ added: samples.length })
  expect(changed).toHaveBeenCalled()
  expect(contacts.samples()).toBe('loaded')
  expect(await contacts.loadSamples()).toEqual({ added: 0 })
  for (const sample of samples) {
    for (const { raw } of sample.phones) {
      const answer = contacts.lookup(raw, { country: sample.country })
      expect(answer.match, raw).toBe('exact')
      expect(answer.contacts.map((contact) => contact.name)).toContain(sample.name)
    }
  }
  const anna = contacts.lookup('+46846500421')
  expect(anna.contacts.map((contact) => contact.name)).toEqual(['Anna Björk', 'Erik Björk', 'Maja Lindqvist'])
  expect(anna.contacts[0]?.deals[0]).toMatchObject({ title: 'Fleet renewal', amount: 48_000, currency: 'EUR', status: 'open' })
})

test('they show what lists must bear', () => {
  expect(samples.length).toBeGreaterThanOrEqual(40)
  expect(new Set(samples.map((sample) => sample.country)).size).toBeGreaterThanOrEqual(12)
  expect(samples.some((sample) => sample.name.length === 120)).toBe(true)
  expect(samples.some((sample) => sample.phones.length === 40)).toBe(true)
  for (const script of [/\p{Script=Hangul}/u, /\p{Script=Arabic}/u, /\p{Script=Han}/u, /Ł/u])
    expect(samples.some((sample) => script.test(sample.name))).toBe(true)
})
