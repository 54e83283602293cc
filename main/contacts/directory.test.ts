/** Lists of organizations, deals and people, on a real database with its read worker. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { indexText, sortName } from '../text'
import type { DealsInput } from './deals'
import { Directory } from './directory'
import { parseNumber } from './numbers'
import { mostPeopleCounted } from './organization-rows'

let folder: string
let store: Store
let directory: Directory

const many = 6_000
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-directory-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  const { db } = store
  store.write(() => {
    db.exec(`
      INSERT INTO connections (id, kind, label, user_id, position) VALUES ('crm', 'test', 'Test', 'u1', 0);
      INSERT INTO crm_users (connection_id, external_id, name) VALUES ('crm', 'u1', 'Me Myself'), ('crm', 'u2', 'Erik Ek');
    `)
    const organization = db.prepare(
      "INSERT INTO organizations (id, name, sort_name, search, source, external_id, owner_id, updated_at) VALUES (?, ?, ?, ?, 'crm', ?, 'u1', 1)",
    )
    const contact = db.prepare(
      "INSERT INTO contacts (id, name, sort_name, search, organization_id, source, external_id, updated_at) VALUES (?, ?, ?, ?, ?, 'crm', ?, 1)",
    )
    const phone = db.prepare(
      'INSERT INTO phones (contact_id, organization_id, e164, digits, suffix, raw, type) VALUES (?, ?, ?, ?, ?, ?, ?)',
    )
    const deal = db.prepare(
      `INSERT INTO deals (id, title, kind, status, amount, currency, stage, sort_name, search, contact_id, organization_id, source, external_id, owner_id, close_on, updated_at)
       VALUES (?, ?, ?, ?, 100, 'EUR', 'Offer', ?, ?, ?, ?, 'crm', ?, ?, '2026-12-01', 1)`,
    )
    const addPhone = (contactId: number | null, organizationId: number | null, raw: string) => {
      const { e164, digits, suffix } = parseNumber(raw, 'SE')
      phone.run(contactId, organizationId, e164, digits, suffix, raw, 'main')
    }
    const addOrganization = (id: number, name: string) => organization.run(id, name, sortName(name), indexText(name), `o${id}`)
    addOrganization(1, 'Nordwind Logistics')
    addOrganization(2, 'Zażółć sp. z o.o.')
    addOrganization(3, '한빛전자')
    addPhone(null, 1, '08-465 004 00')
    for (let id = 10; id < 10 + many; id++) addOrganization(id, `Bakery ${String(id).padStart(5, '0')}`)
    const addContact = (id: number, name: string, organizationId: number | null, company: string) =>
      contact.run(id, name, sortName(name), indexText(`${name} ${company}`), organizationId, `c${id}`)
    addContact(1, 'Anna Björk', 1, 'Nordwind Logistics')
    addPhone(1, null, '+46 70 174 06 05')
    for (let id = 100; id < 100 + many; id++) addContact(id, `Person ${String(id).padStart(5, '0')}`, 2, 'Zażółć')
    type Status = 'open' | 'won' | 'lost'
    const addDeal = (
      id: number,
      title: string,
      more: { kind?: string; status?: Status; contact?: number; organization?: number; owner?: string },
    ) =>
      deal.run(
        id,
        title,
        more.kind ?? 'deal',
        more.status ?? 'open',
        sortName(title),
        indexText(title),
        more.contact ?? null,
        more.organization ?? null,
        `d${id}`,
        more.owner ?? 'u2',
      )
    addDeal(1, 'Fleet renewal', { contact: 1, organization: 1, owner: 'u1' })
    addDeal(2, 'Trailer lease', { organization: 1, status: 'won', owner: 'u1' })
    addDeal(3, 'Enquiry', { kind: 'lead', organization: 2 })
    addDeal(4, 'Axle repair', { status: 'lost' })
    const states: Status[] = ['open', 'won', 'lost']
    for (let id = 10; id < 10 + many; id++) {
      addDeal(id, `Order ${String(id).padStart(5, '0')}`, { status: states[id % 3] ?? 'open', owner: id % 50 === 0 ? 'u1' : 'u2' })
    }
  })
  directory = new Directory({ store, country: () => 'SE', canOpen: (type) => type === 'deal' })
}, 120_000)
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const organizations = async (query: string) =>
  (await directory.organizations({ query, cursor: null, limit: 5 })).rows.map(({ name }) => name)
const deals = async (query: string, more: Partial<DealsInput> = {}) =>
  (await directory.deals({ kind: 'deal', query, status: null, mine: false, cursor: null, limit: 5, ...more })).rows.map(
    ({ title }) => title,
  )

test.each([
  ['logistics nord', ['Nordwind Logistics']],
  ['zazolc', ['Zażółć sp. z o.o.']],
  ['빛전', ['한빛전자']],
  ['465 004', ['Nordwind Logistics']],
  ['08-465', ['Nordwind Logistics']],
  ['bak 00012', ['Bakery 00012']],
  ['bakery', ['Bakery 00010', 'Bakery 00011', 'Bakery 00012', 'Bakery 00013', 'Bakery 00014']],
  ['zzz', []],
  ['((', []],
])('organizations: «%s»', async (query, names) => {
  expect(await organizations(query)).toEqual(names)
})

test.each([
  ['renewal fleet', ['Fleet renewal']],
  ['nordwind', ['Fleet renewal', 'Trailer lease']],
  ['björk fleet', ['Fleet renewal']],
  ['order 00013', ['Order 00013']],
  ['order', ['Order 00010', 'Order 00011', 'Order 00012', 'Order 00013', 'Order 00014']],
])('deals, whatever became of them: «%s»', async (query, titles) => {
  expect(await deals(query)).toEqual(titles)
})

test('deals are narrowed by what became of them, by whose they are, and leads stand apart', async () => {
  expect(await deals('', { status: 'won' })).toEqual(['Order 00010', 'Order 00013', 'Order 00016', 'Order 00019', 'Order 00022'])
  expect(await deals('', { status: 'open', mine: true })).toEqual([
    'Fleet renewal',
    'Order 00150',
    'Order 00300',
    'Order 00450',
    'Order 00600',
  ])
  expect(await deals('nordwind', { mine: true, status: 'won' })).toEqual(['Trailer lease'])
  expect(await deals('', { kind: 'lead' })).toEqual(['Enquiry'])
  expect(await deals('')).toEqual(['Axle repair', 'Fleet renewal', 'Order 00010', 'Order 00011', 'Order 00012'])
})

test('people are counted as far as anybody waits for', async () => {
  const people = async (query: string) =>
    (await directory.organizations({ query, cursor: null, limit: 2 })).rows.map((row) => [row.people, row.morePeople])
  expect(await people('nordwind')).toEqual([[1, false]])
  expect(await people('Zażółć')).toEqual([[mostPeopleCounted, true]])
  expect(await people('한빛전자')).toEqual([[0, false]])
})

test.each([
  ['all organizations', (cursor: string | null) => directory.organizations({ query: '', cursor, limit: 200 }), many + 3],
  ['a word that most hold', (cursor: string | null) => directory.organizations({ query: 'bak', cursor, limit: 200 }), many],
  [
    'deals of every state',
    (cursor: string | null) => directory.deals({ kind: 'deal', query: 'order', status: null, mine: false, cursor, limit: 200 }),
    many,
  ],
  [
    'the people of one organization',
    (cursor: string | null) => directory.people({ organizationId: 2, query: '', cursor, limit: 200 }),
    many,
  ],
  ['some of its people', (cursor: string | null) => directory.people({ organizationId: 2, query: 'person', cursor, limit: 200 }), many],
])('page by page, each once and in order: %s', async (_, list, count) => {
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: { rows: { id: number; name?: string; title?: string }[]; next: string | null } = await list(cursor)
    seen.push(...page.rows.map((row) => `${sortName(row.name ?? row.title ?? '')}/${row.id}`))
    cursor = page.next
  } while (cursor !== null)
  expect(seen).toHaveLength(count)
  expect(new Set(seen).size).toBe(count)
  expect(seen).toEqual(seen.toSorted((a, b) => (a < b ? -1 : 1)))
})

test('one of each, whole', () => {
  expect(directory.organization(1)).toMatchObject({
    name: 'Nordwind Logistics',
    people: 1,
    owner: 'Me Myself',
    ownerIsMe: true,
    canOpen: false,
    phones: [{ e164: '+46846500400' }],
    deals: [{ title: 'Fleet renewal' }, { title: 'Trailer lease' }],
  })
  expect(directory.deal(1)).toMatchObject({
    contact: { id: 1, name: 'Anna Björk' },
    organization: { id: 1, name: 'Nordwind Logistics' },
    phones: [{ e164: '+46701740605' }],
    ownerIsMe: true,
    canOpen: true,
    closeOn: '2026-12-01',
  })
  // No person: the organization's own number.
  expect(directory.deal(2)).toMatchObject({ contact: null, phones: [{ e164: '+46846500400' }], owner: 'Me Myself' })
  expect(() => directory.deal(99_999)).toThrow('contacts.dealGone')
  expect(() => directory.organization(99_999)).toThrow('contacts.organizationGone')
})
