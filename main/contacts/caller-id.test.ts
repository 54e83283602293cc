/** Who is this number: every way in which networks write numbers, against contacts as people keep them. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { CallerIdLookup } from './caller-id'
import { ContactWriter, cleanContact, type NewContact } from './contact-writer'

let folder: string
let store: Store
let callerId: CallerIdLookup
let now = 1_000
const ids: Record<string, number> = {}

function add(name: string, numbers: string[], more: Partial<NewContact> = {}): void {
  const contact: NewContact = {
    name,
    organization: '',
    jobTitle: '',
    emails: [],
    note: '',
    labels: [],
    country: null,
    externalId: null,
    phones: numbers.map((raw) => ({ raw, type: 'work' })),
    ...more,
  }
  store.write(() => {
    ids[name] = new ContactWriter(store.db, 'import', () => now++).insert(cleanContact(contact, 'SE'))
  })
}
function addCall(
  id: string,
  contact: string | null,
  e164: string,
  startedAt: number,
  answered: boolean,
  log?: { state: string; outcome?: string; notes?: string },
) {
  store.write(() => {
    store.db
      .prepare(`INSERT INTO calls (id, account_id, account_label, direction, number, e164, contact_id, started_at, utc_offset, answered_at, talk_ms, result)
        VALUES (?, 'a', 'A', 'incoming', ?, ?, ?, ?, 60, ?, ?, ?)`)
      .run(
        id,
        e164,
        e164,
        contact ? ids[contact] : null,
        startedAt,
        answered ? startedAt + 5 : null,
        answered ? 60_000 : 0,
        answered ? 'answered' : 'missed',
      )
    if (log) {
      store.db
        .prepare('INSERT INTO call_logs (call_id, state, outcome, notes, updated_at) VALUES (?, ?, ?, ?, ?)')
        .run(id, log.state, log.outcome ?? null, log.notes ?? '', startedAt)
    }
  })
}
const names = (number: string, country = 'SE', home = country) =>
  callerId.lookup(number, { country, home }).contacts.map((contact) => contact.name)
const match = (number: string, country = 'SE') => callerId.lookup(number, { country }).match

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-caller-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  add('Anna Björk', ['08-465 004 01', '+46 70 174 06 01'], {
    organization: 'Nordwind',
    deals: [{ title: 'Fleet', amount: 48_000, currency: 'EUR', stage: 'Offer sent' }],
  })
  add('Reception', ['+46 8 465 004 50'])
  add('Erik', ['+46 8 465 004 50'])
  add('Sara', ['+46 8 465 004 50'], { deals: [{ title: 'Small', amount: 1, currency: 'SEK', stage: null }] })
  add('Desk', ['4012'])
  add('London', ['+44 20 7946 0123'])
  add('New York', ['+1 212 555 0123'])
  add('Buenos Aires', ['+54 9 11 2345 6789'])
  add('Local only', ['465 09 99'])
  callerId = new CallerIdLookup(store.db)
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the same number, however it is written', () => {
  test.each([
    '+46846500401',
    '+46 8 465 004 01',
    '0046846500401',
    '01146846500401',
    '46846500401',
    '0846500401',
    '08-465 004 01',
    '+460846500401',
    '+46 (0)8-465 004 01',
    'sip:+46846500401@pbx.example;user=phone',
    'tel:+46-8-465-004-01',
    '<sip:0846500401@10.0.0.1>',
    '＋４６８４６５００４０１',
    '+٤٦٨٤٦٥٠٠٤٠١',
    '+46846500401;ext=12',
    '\u202a+46 8 465 004 01\u202c',
  ])('%s', (number) => {
    expect(callerId.lookup(number, { country: 'SE' })).toMatchObject({
      match: 'exact',
      e164: '+46846500401',
      country: 'SE',
      withheld: false,
    })
    expect(names(number)).toEqual(['Anna Björk'])
  })

  test("a national number is read with the account's country first, then the rep's", () => {
    expect(names('020 7946 0123', 'GB')).toEqual(['London'])
    expect(names('0846500401', 'GB', 'SE')).toEqual(['Anna Björk'])
    expect(names('2125550123', 'US')).toEqual(['New York'])
    expect(names('442079460123', 'SE')).toEqual(['London'])
    expect(names('00442079460123', 'US')).toEqual(['London'])
  })
  test("the reading form is the rep's", () => {
    expect(callerId.lookup('+46846500401', { country: 'SE' }).display).toBe('08-465 004 01')
    expect(callerId.lookup('+46846500401', { country: 'GB' }).display).toBe('+46 8 465 004 01')
  })
})

test('an internal number is found as it stands, and only whole', () => {
  expect(names('4012')).toEqual(['Desk'])
  expect(match('4012')).toBe('exact')
  expect(match('012')).toBe('none')
  expect(names('sip:4012@pbx.example')).toEqual(['Desk'])
})

describe('a possible match', () => {
  test('seven digits without an area code', () => {
    expect(callerId.lookup('650 04 01', { country: 'SE' })).toMatchObject({ match: 'possible' })
    expect(names('6500401')).toEqual(['Anna Björk'])
  })
  test('an outside-line prefix before the number', () => expect(callerId.lookup('9 2125550123', { country: 'US' }).match).toBe('possible'))
  test('a mobile digit that only some networks send', () => expect(names('+541123456789')).toEqual(['Buenos Aires']))
  test('a contact kept without its area code', () => {
    expect(names('+46 8 465 09 99')).toEqual(['Local only'])
    expect(match('+46 8 465 09 99')).toBe('possible')
  })
  test('two complete numbers that merely end alike are two lines', () => expect(match('+1 415 555 0123')).toBe('none'))
  test('six digits are too few', () => expect(match('500401')).toBe('none'))
})

test('people who share a number are ranked: open deal, last spoken to, last changed', () => {
  expect(names('+46846500450')).toEqual(['Sara', 'Erik', 'Reception'])
  addCall('shared-1', 'Reception', '+46846500450', 5_000, true)
  expect(names('+46846500450')).toEqual(['Sara', 'Reception', 'Erik'])
})

test('the answer holds the organization and the open deals', () => {
  expect(callerId.lookup('+46846500401', { country: 'SE' }).contacts[0]).toMatchObject({
    organization: 'Nordwind',
    deals: [{ title: 'Fleet', amount: 48_000, currency: 'EUR', stage: 'Offer sent', status: 'open' }],
  })
})

test('the last call is the last that was answered or logged', () => {
  const last = () => callerId.lookup('+46846500401', { country: 'SE' }).lastCalls[0] ?? null
  expect(last()).toBeNull()
  addCall('a1', 'Anna Björk', '+46846500401', 10_000, true, { state: 'saved', outcome: 'connected', notes: 'call back' })
  addCall('a2', 'Anna Björk', '+46846500401', 20_000, false)
  expect(last()).toMatchObject({ callId: 'a1', outcome: 'connected', notes: 'call back', talkMs: 60_000 })
  addCall('a3', 'Anna Björk', '+46846500401', 30_000, false, { state: 'saved', outcome: 'no-answer' })
  expect(last()?.callId).toBe('a3')
  addCall('u1', null, '+46846500477', 10_000, true)
  expect(callerId.lookup('+46846500477', { country: 'SE' })).toMatchObject({ match: 'none', lastCalls: [{ callId: 'u1' }] })
})

test.each(['', 'anonymous', 'Anonymous', 'sip:anonymous@anonymous.invalid', 'Restricted', 'unavailable', '+266696687'])(
  '«%s» is withheld',
  (number) => {
    expect(callerId.lookup(number, { country: 'SE' })).toMatchObject({ withheld: true, raw: '', match: 'none', contacts: [] })
  },
)

test.each([
  'anna',
  'anna2',
  'x'.repeat(100_000),
  '+'.repeat(300),
  '0'.repeat(5_000),
  '"; DROP TABLE contacts; --',
  '\u0000',
  '😀5',
  '*21#',
  'sip:',
])('bad input %# finds nobody and throws nothing', (number) => {
  const answer = callerId.lookup(number, { country: 'SE', networkName: `\u202e<b>${'é'.repeat(10_000)}` })
  expect(answer.contacts).toEqual([])
  expect(answer.raw.length).toBeLessThanOrEqual(120)
  expect(answer.networkName?.length).toBeLessThanOrEqual(120)
  expect(answer.networkName).toMatch(/^<b>é/)
})
