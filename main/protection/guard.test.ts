/** The dialling guard on a real database: what passes, what is asked and what is refused, however the number is written. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defaultSettings, type Settings } from '../../preload/contract'
import { TurnedClock } from '../../test/fixtures/call-rig'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { TroubleError } from '../trouble'
import { DiallingGuard } from './guard'
import type { DialOrigin } from './port'

let folder: string
let store: Store
let settings: Settings
let guard: DiallingGuard
const clock = new TurnedClock()

const open = async () => {
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock })
  guard = new DiallingGuard({ store, clock, log: silentLog(), settings: () => settings, isPractice: (id) => id === 'practice' })
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-guard-'))
  settings = { ...defaultSettings, country: 'SE' }
  await open()
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Wish {
  origin?: DialOrigin
  confirmed?: boolean
  account?: string
  e164?: string | null
}
/** `passes`, `emergency`, or the code of what it throws. */
function check(number: string, { origin = 'typed', confirmed = false, account = 'line', e164 = null }: Wish = {}): string {
  try {
    return guard.check({ number, e164, account, origin, confirmed }).emergency ? 'emergency' : 'passes'
  } catch (error) {
    if (error instanceof TroubleError) return error.trouble.code
    throw error
  }
}
const allow = (change: Partial<Settings['guard']>) => {
  settings = { ...settings, guard: { ...settings.guard, ...change } }
}
let calls = 0
function called(number: string, at = clock.wall(), account = 'line'): void {
  store.write(() =>
    store.db
      .prepare(
        `INSERT INTO calls (id, account_id, account_label, direction, number, e164, started_at, utc_offset) VALUES (?, ?, '', 'outgoing', ?, ?, ?, 0)`,
      )
      .run(`call-${calls++}`, account, number, number.startsWith('+') ? number : null, at),
  )
}

test.each([
  '600',
  '12',
  '99999',
  'anna',
  'anna@pbx.example.com',
  '08-123 456 78',
  '+46812345678',
  '0046812345678',
  '020-123456',
  '+80012345678',
])('extensions, names, the own country and international freephone are free: %s', (number) => {
  expect(check(number, { origin: 'click' })).toBe('passes')
})

test('the first call to a country is asked for, once for good', async () => {
  expect(check('+37120000000')).toBe('guard.askCountry')
  expect(check('+37120000000')).toBe('guard.askCountry')
  expect(check('+37120000000', { confirmed: true })).toBe('passes')
  expect(check('+371 67 000 000')).toBe('passes')
  expect(check('+37060000000')).toBe('guard.askCountry')
  await store.close()
  await open()
  expect(check('+37120000000')).toBe('passes')
  expect(store.db.prepare('SELECT country FROM called_countries').pluck().all()).toEqual(['LV'])
  allow({ askNewCountry: false })
  expect(check('+37060000000')).toBe('passes')
  allow({ askNewCountry: true })
  expect(check('+37060000001')).toBe('passes')
})

test('the question names the country', () => {
  expect(() => guard.check({ number: '+37120000000', e164: null, account: 'line', origin: 'click', confirmed: false })).toThrow(
    expect.objectContaining({ trouble: { code: 'guard.askCountry', params: { country: 'Latvia', code: '371' } } }),
  )
})

test('countries off the list are refused, also when confirmed; the own country always passes', () => {
  allow({ countries: ['NO'], askNewCountry: false })
  expect(check('+37120000000', { confirmed: true })).toBe('guard.refusedCountry')
  expect(check('+4721234567')).toBe('passes')
  expect(check('+46812345678')).toBe('passes')
  expect(check('+80012345678')).toBe('passes')
})

test.each([
  '+37120000000',
  '0037120000000',
  '00 371 2000 0000',
  '01137120000000',
  '37120000000',
  '0-00-371-20000000',
  '9 011 371 20000000',
  '+371 2000 0000 99',
  '00+37120000000',
  '＋３７１２０００００００',
  '➕37120000000',
  '+٣٧١٢٠٠٠٠٠٠٠',
  'tel:+371-2000-0000',
  'tel:+37120000000;ext=12',
  'sip:+37120000000@pbx.example.com;user=phone',
  '0037120000000@pbx',
  '%2B37120000000',
  '%252B37120000000',
  '%30037120000000@pbx',
  '+371%3b20000000@pbx',
  '+371%4020000000',
  '00371%2c20000000',
  '+3712000.0000a',
  '+371 2000 0000,,123#',
  '+371 20 ABACAB',
  '+\u200e371\u00a020000000',
  '*67+37120000000',
  '*6737120000000',
  '*6700371 20000000',
  '#31#0037120000000',
  '*21*+37120000000#',
])('a number abroad does not slip past, written as %s', (number) => {
  allow({ countries: ['NO'] })
  expect(check(number)).toBe('guard.refusedCountry')
})

test('the caller ID may know better than the text', () => {
  allow({ countries: ['NO'] })
  expect(check('latvia-office@pbx', { e164: '+37120000000' })).toBe('guard.refusedCountry')
})

test.each([
  ['SE', '0900 123 45'],
  ['SE', '+46 939 123456'],
  ['SE', '0046 900 12345'],
  ['SE', '0 0900 123 45'],
  ['SE', '0900 123 45 678'],
  ['SE', '+979123456789'],
  ['SE', '+1 900 555 1234'],
  ['SE', '+1 900 555 1234 99'],
  ['US', '900-555-1234'],
  ['US', '1 900 555 1234'],
  ['US', '9 1 900 555 1234'],
  ['US', '1-900-555-1234@pbx'],
  ['GB', '09098 790000'],
  ['GB', '0871 234 5678'],
  ['DE', '0180 5123456'],
  ['FR', '0899 12 34 56'],
])('premium-rate and shared-cost numbers are refused unless allowed: in %s %s', (country, number) => {
  settings = { ...settings, country }
  expect(check(number, { confirmed: true })).toBe('guard.refusedPremium')
  allow({ premium: true, askNewCountry: false })
  expect(check(number)).toBe('passes')
})

test('a premium number that is allowed is asked for when somebody else would be connected to it', () => {
  allow({ premium: true })
  for (const origin of ['transfer', 'referral', 'forward'] as const) {
    expect([origin, check('0900 123 45', { origin })]).toEqual([origin, 'guard.askPremium'])
    expect([origin, check('0900 123 45', { origin, confirmed: true })]).toEqual([origin, 'passes'])
  }
  expect(check('0900 123 45', { origin: 'consult' })).toBe('passes')
})

test.each([
  '+870773111632',
  '00870773111632',
  '+881612345678',
  '+882161234567',
  '+8835100000000',
  '+888123456789',
  '+87812345678901',
  '00 881 612345678',
])('satellites and networks of no country are refused unless allowed, and then asked for: %s', (number) => {
  expect(check(number, { confirmed: true })).toBe('guard.refusedSatellite')
  allow({ satellite: true })
  expect(check(number)).toBe('guard.askSatellite')
  expect(check(number, { confirmed: true })).toBe('passes')
  expect(check(number)).toBe('passes')
})

test('what looks international and is no number is asked for each time', () => {
  for (const number of ['+999123456', '00210123456', '+210123456789']) {
    expect([number, check(number)]).toEqual([number, 'guard.askUnknown'])
    expect([number, check(number, { confirmed: true })]).toEqual([number, 'passes'])
    expect([number, check(number)]).toEqual([number, 'guard.askUnknown'])
  }
})

test('star codes are dialled by hand alone', () => {
  const code = '*21*0812345678#'
  for (const origin of ['click', 'clipboard', 'referral', 'redial'] as const) {
    expect([origin, check(code, { origin, confirmed: true })]).toEqual([origin, 'guard.refusedStar'])
  }
  for (const origin of ['transfer', 'consult', 'forward'] as const) {
    expect([origin, check(code, { origin })]).toEqual([origin, 'guard.askStar'])
    expect([origin, check(code, { origin, confirmed: true })]).toEqual([origin, 'passes'])
  }
  expect(check(code)).toBe('passes')
  expect(check('112#', { origin: 'click' })).toBe('guard.refusedStar')
  called(code)
  expect(check(code, { origin: 'redial' })).toBe('passes')
  expect(check('*22', { origin: 'redial' })).toBe('guard.refusedStar')
})

test('caps count calls into the public network, of the last hour and day, and transfers', () => {
  allow({ perHour: 2, perDay: 4 })
  const now = clock.wall()
  called('600')
  called('112')
  called('+46812345678', now, 'practice')
  called('+46812345678', now - 3_600_001)
  called('+46812345678', now - 86_400_001)
  called('+46812345678', now - 60_000)
  expect(check('0812345678')).toBe('passes')
  called('12345678')
  expect(check('0812345678', { confirmed: true })).toBe('guard.refusedPerHour')
  expect(check('600')).toBe('passes')
  allow({ perHour: 0 })
  expect(check('0812345678', { origin: 'transfer' })).toBe('passes')
  expect(check('0812345678', { confirmed: true })).toBe('guard.refusedPerDay')
  clock.pass(86_400_000)
  expect(check('0812345678')).toBe('passes')
})

test('asking whether a call would pass counts nothing', () => {
  allow({ perDay: 1, askNewCountry: false })
  const wish = { number: '+37120000000', e164: null, account: 'line', origin: 'forward', confirmed: true } as const
  for (let n = 0; n < 3; n++) expect(guard.allows(wish)).toBe(true)
  expect(store.db.prepare('SELECT count(*) FROM called_countries').pluck().get()).toBe(0)
  expect(check(wish.number, wish)).toBe('passes')
  expect(guard.allows(wish)).toBe(false)
})

test('an emergency call passes whatever stands in the way', () => {
  allow({ countries: [], perHour: 1, perDay: 1 })
  called('0812345678')
  expect(check('0812345678')).toBe('guard.refusedPerHour')
  for (const origin of ['typed', 'click', 'clipboard', 'redial', 'transfer', 'referral'] as const) {
    expect([origin, check('1 1 2', { origin })]).toEqual([origin, 'emergency'])
  }
  expect(check('112@pbx.example.com')).toBe('emergency')
  settings = { ...settings, country: 'GB' }
  expect(check('999', { origin: 'click' })).toBe('emergency')
})

test('the practice line reaches nobody: nothing is asked or kept', () => {
  allow({ countries: ['NO'] })
  expect(check('+37120000000', { account: 'practice' })).toBe('passes')
  expect(check('0900 123 45', { account: 'practice' })).toBe('passes')
  expect(store.db.prepare('SELECT count(*) FROM called_countries').pluck().get()).toBe(0)
})
