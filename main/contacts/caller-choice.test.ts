/** Who is meant by a number that several have: the ranking, the rep's choice, organizations' own numbers, and the switches. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { callerId as callerIdSchema } from '../../preload/contract'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { CallerIdLookup, type LookupOptions } from './caller-id'
import { Contacts } from './contacts'
import { parseNumber } from './numbers'

const shared = '+46846500450'
const crm = 'pipedrive-1'
let folder: string
let store: Store
let lookup: CallerIdLookup

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-choice-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  run(`INSERT INTO connections (id, kind, label, user_id, user_name, position) VALUES ('${crm}', 'pipedrive', 'Pipedrive', '7', 'Me', 0),
    ('hubspot-1', 'hubspot', 'HubSpot', NULL, NULL, 1)`)
  lookup = new CallerIdLookup(store.db)
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const run = (sql: string, ...values: unknown[]) => Number(store.db.prepare(sql).run(...values).lastInsertRowid)
const one = (sql: string) => store.db.prepare(sql).pluck().get()
function addPhone(owner: 'contact_id' | 'organization_id', id: number, raw: string): void {
  const { e164, digits, suffix } = parseNumber(raw, 'SE')
  run(`INSERT INTO phones (${owner}, e164, digits, suffix, raw, type) VALUES (?, ?, ?, ?, ?, 'work')`, id, e164, digits, suffix, raw)
}
function person(
  name: string,
  {
    number = shared,
    source = crm,
    owner = null,
    updatedAt = 1,
    organization = null,
  }: Partial<Record<'number' | 'source', string>> & {
    owner?: string | null
    updatedAt?: number
    organization?: number | null
  } = {},
): number {
  const id = run(
    'INSERT INTO contacts (name, organization_id, sort_name, search, source, updated_at, owner_id) VALUES (?, ?, ?, ?, ?, ?, ?)',
    name,
    organization,
    name.toLowerCase(),
    name.toLowerCase(),
    source,
    updatedAt,
    owner,
  )
  if (number) addPhone('contact_id', id, number)
  return id
}
function company(name: string, number: string | null, source = crm): number {
  const id = run('INSERT INTO organizations (name, source, updated_at) VALUES (?, ?, 1)', name, source)
  if (number) addPhone('organization_id', id, number)
  return id
}
function deal(contact: number | null, organization: number | null = null, status = 'open'): number {
  return run(
    "INSERT INTO deals (title, amount, currency, status, contact_id, organization_id, source, updated_at) VALUES ('Fleet', 48000, 'EUR', ?, ?, ?, ?, 1)",
    status,
    contact,
    organization,
    crm,
  )
}
let calls = 0
function spoken(contact: number, at: number, answered = true): void {
  run(
    `INSERT INTO calls (id, account_id, account_label, direction, number, e164, contact_id, started_at, utc_offset, answered_at, result)
     VALUES (?, 'a', 'A', 'incoming', ?, ?, ?, ?, 0, ?, ?)`,
    `call-${calls++}`,
    shared,
    shared,
    contact,
    at,
    answered ? at : null,
    answered ? 'answered' : 'missed',
  )
}
/** The answer, checked against what pages are promised. */
const ask = (number = shared, more: Partial<LookupOptions> = {}) =>
  callerIdSchema.parse(lookup.lookup(number, { country: 'SE', home: 'SE', ...more }))
const everybody = (number = shared) => {
  const { contacts, people } = ask(number)
  return [...contacts, ...people].map(({ name }) => name)
}
function choose(id: number, number = shared): void {
  const key = lookup.choiceKey(number, { country: 'SE' })
  expect(key).not.toBeNull()
  expect(lookup.choose(key ?? '', id, 1)).toBe(true)
}

describe('several on one number', () => {
  test('open deal, then mine, then spoken to last, then changed last', () => {
    person('Changed first', { updatedAt: 1 })
    person('Changed last', { updatedAt: 9 })
    spoken(person('Spoken to long ago'), 100)
    const lately = person('Spoken to lately')
    spoken(lately, 200)
    // Not answered: no conversation.
    spoken(person('Only tried', { updatedAt: 0 }), 900, false)
    person('Mine', { owner: '7' })
    person("A colleague's", { owner: '8', updatedAt: 0 })
    deal(person('With a lost deal', { updatedAt: 8 }), null, 'lost')
    deal(person('With an open deal'))
    expect(everybody()).toEqual([
      'With an open deal',
      'Mine',
      'Spoken to lately',
      'Spoken to long ago',
      'Changed last',
      'With a lost deal',
      'Changed first',
      'Only tried',
      "A colleague's",
    ])
    expect(ask()).toMatchObject({ match: 'exact', sharedBy: 9 })
  })

  test('the rep is only who he said he is on that connection', () => {
    person('Seven of another company', { owner: '7', source: 'hubspot-1', updatedAt: 1 })
    person('Nobody’s', { updatedAt: 2 })
    expect(everybody()).toEqual(['Nobody’s', 'Seven of another company'])
  })

  test('thirty of them: the first with all that is known, the next by name, all counted', () => {
    for (let each = 0; each < 30; each++) person(`Person ${each}`, { updatedAt: 100 - each })
    const answer = ask()
    expect(answer.sharedBy).toBe(30)
    expect(answer.contacts.map(({ name }) => name)).toEqual(['Person 0', 'Person 1', 'Person 2', 'Person 3'])
    expect(everybody()).toHaveLength(20)
    expect(new Set(everybody()).size).toBe(20)
    expect(answer.people[0]?.phones[0]?.e164).toBe(shared)
  })
})

describe('the choice', () => {
  test('goes before everything, for every way in which the number comes, and can be changed', () => {
    deal(person('With a deal'))
    const chosen = person('Chosen')
    const other = person('Other')
    choose(chosen, '08-465 004 50')
    for (const number of [shared, '0846500450', '0046846500450', `sip:${shared}@pbx`]) expect(everybody(number)[0]).toBe('Chosen')
    choose(other)
    expect(everybody()[0]).toBe('Other')
    expect(one('SELECT count(*) FROM number_choices')).toBe(1)
  })

  test('makes a possible match certain, and is kept for that number alone', () => {
    const id = person('Only local', { number: '465 09 99' })
    expect(ask('+46 8 465 09 99').match).toBe('possible')
    choose(id, '+46 8 465 09 99')
    expect(ask('+46 8 465 09 99')).toMatchObject({ match: 'exact', contacts: [{ name: 'Only local' }] })
    expect(ask('+46 31 465 09 99').match).toBe('possible')
  })

  test('an internal number is chosen by its digits', () => {
    person('First', { number: '4012', updatedAt: 5 })
    choose(person('Second', { number: '4012' }), 'sip:4012@pbx')
    expect(everybody('4012')).toEqual(['Second', 'First'])
  })

  test('goes with the contact', () => {
    const gone = person('Gone')
    person('Stays')
    choose(gone)
    run('DELETE FROM contacts WHERE id = ?', gone)
    expect(everybody()).toEqual(['Stays'])
  })

  test('cannot be made for nobody, nor for what is no number', async () => {
    expect(lookup.choose(shared, 4711, 1)).toBe(false)
    expect(lookup.choiceKey('anonymous', { country: 'SE' })).toBeNull()
    const contacts = new Contacts({ store, clock: systemClock, country: () => 'SE' })
    expect(() => contacts.choose(shared, 4711)).toThrow('contacts.gone')
    expect(() => contacts.choose('anonymous', person('Anna'))).toThrow('contacts.noNumber')
  })

  test('whom the rep clicked goes before whom he chose earlier', () => {
    const clicked = person('Clicked')
    choose(person('Chosen'))
    expect(ask(shared, { contactId: clicked }).contacts[0]?.name).toBe('Clicked')
  })
})

describe("an organization's own number", () => {
  test('of whom nobody keeps it: the organization is the headline, its people are there to choose', () => {
    const id = company('Nordwind', shared)
    const caller = person('Has called from here', { number: '', organization: id, updatedAt: 1 })
    spoken(caller, 50)
    person('Changed last', { number: '+46701740601', organization: id, updatedAt: 9 })
    deal(null, id)
    expect(ask()).toMatchObject({
      match: 'exact',
      contacts: [],
      organization: { name: 'Nordwind', people: 2, deals: [{ title: 'Fleet' }] },
      people: [{ name: 'Has called from here' }, { name: 'Changed last', phones: [{ e164: '+46701740601' }] }],
      sharedBy: 0,
    })
    expect(ask().lastCalls).toHaveLength(1)
  })

  test('that several keep: nobody in particular, they come first', () => {
    const id = company('Nordwind', shared)
    person('Anna', { organization: id, updatedAt: 1 })
    person('Erik', { organization: id, updatedAt: 2 })
    person('Elsewhere in the house', { number: '', organization: id, updatedAt: 9 })
    const answer = ask()
    expect(answer).toMatchObject({ contacts: [], organization: { name: 'Nordwind' }, sharedBy: 2 })
    expect(answer.people.map(({ name }) => name)).toEqual(['Erik', 'Anna', 'Elsewhere in the house'])
  })

  test('that one person keeps is that person’s', () => {
    const id = company('Nordwind', shared)
    person('Anna', { organization: id })
    person('Erik', { number: '', organization: id })
    const answer = ask()
    expect(answer.contacts.map(({ name }) => name)).toEqual(['Anna'])
    expect(answer).toMatchObject({ organization: { name: 'Nordwind' }, people: [{ name: 'Erik' }] })
  })

  test('once the rep has said who calls from there, though that contact has no number', () => {
    const id = company('Nordwind', shared)
    person('Anna', { number: '', organization: id })
    choose(person('Erik', { number: '', organization: id }))
    expect(everybody()).toEqual(['Erik', 'Anna'])
    expect(ask().contacts[0]?.name).toBe('Erik')
  })
})

describe('switches', () => {
  test('a connection whose contacts name nobody: its people and organizations are left out, its choices too', () => {
    const hidden = person('Hidden', { updatedAt: 9 })
    person('Shown', { source: 'hubspot-1' })
    company('Hidden company', '+46846500460')
    choose(hidden)
    expect(everybody()).toEqual(['Hidden', 'Shown'])
    run('UPDATE connections SET caller_id = 0 WHERE id = ?', crm)
    expect(everybody()).toEqual(['Shown'])
    expect(ask('+46846500460')).toMatchObject({ match: 'none', organization: null, e164: '+46846500460' })
    run('UPDATE connections SET caller_id = 1 WHERE id = ?', crm)
    expect(everybody()).toEqual(['Hidden', 'Shown'])
  })

  test('caller ID off: the number alone, but whom the rep clicked is named', () => {
    const anna = person('Anna')
    spoken(anna, 5)
    expect(ask(shared, { named: false })).toMatchObject({
      match: 'none',
      contacts: [],
      people: [],
      lastCalls: [],
      e164: shared,
      display: '08-465 004 50',
      country: 'SE',
    })
    expect(ask(shared, { named: false, contactId: anna })).toMatchObject({ match: 'exact', contacts: [{ name: 'Anna' }] })
  })
})

test('a person with ten thousand calls that nobody answered takes no longer than one with few', () => {
  const busy = person('Busy')
  store.write(() => {
    for (let each = 0; each < 10_000; each++) spoken(busy, each, each === 0)
  })
  expect(ask().lastCalls).toEqual([])
  const began = performance.now()
  for (let each = 0; each < 20; each++) ask()
  // Printed, not judged: the machine may be busy.
  console.log(`${((performance.now() - began) / 20).toFixed(2)} ms each`)
})
