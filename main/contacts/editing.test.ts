/** What the rep makes and changes of contacts, on a real database. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ContactFields } from '../../preload/contract'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { Contacts } from './contacts'
import { ContactEditing } from './editing'

let folder: string
let store: Store
let contacts: Contacts
let editing: ContactEditing
let changes: number

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-editing-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  contacts = new Contacts({ store, clock: systemClock, country: () => 'SE' })
  changes = 0
  editing = new ContactEditing({ store, clock: systemClock, country: () => 'SE', changed: () => void changes++ })
  store.db.exec(`
    INSERT INTO connections (id, kind, label, position) VALUES ('crm-1', 'test', 'Test', 0);
    INSERT INTO organizations (id, name, sort_name, search, source, external_id, updated_at)
      VALUES (1, 'Nordwind Logistics', 'nordwind logistics', 'nordwind logistics', 'crm-1', 'o7', 1);
    INSERT INTO contacts (id, name, sort_name, search, organization_id, organization_external_id, job_title, country, note, labels, emails, source, external_id, owner_id, updated_at)
      VALUES (10, 'Anna Björk', 'anna bjork', 'anna bjork nordwind logistics', 1, 'o7', 'Buyer', NULL, 'old', '["vip"]', '["anna@nordwind.example"]', 'crm-1', 'c3', 'u1', 5);
    INSERT INTO phones (contact_id, e164, digits, suffix, raw, type, label, is_primary) VALUES (10, '+46846500401', '0846500401', '6500401', '08-465 004 01', 'work', 'Desk', 1);
  `)
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const fields = (more: Partial<ContactFields>): ContactFields => ({
  name: 'Erik Ek',
  organization: '',
  jobTitle: '',
  phones: [],
  emails: [],
  note: '',
  country: null,
  ...more,
})
const anna = (more: Partial<ContactFields> = {}): ContactFields =>
  fields({
    name: 'Anna Björk',
    organization: 'Nordwind Logistics',
    jobTitle: 'Buyer',
    phones: [{ raw: '08-465 004 01', type: 'work' }],
    emails: ['anna@nordwind.example'],
    note: 'old',
    country: 'SE',
    ...more,
  })
const row = (id: number) => store.db.prepare<[number], Record<string, unknown>>('SELECT * FROM contacts WHERE id = ?').get(id)

test('a contact made here names its caller at once, and is found by name, company and digits', async () => {
  const { contactId } = editing.save(undefined, fields({ organization: 'Ek & Son', phones: [{ raw: '070-174 06 05', type: 'mobile' }] }))
  expect(contacts.lookup('+46701740605')).toMatchObject({
    match: 'exact',
    contacts: [{ id: contactId, name: 'Erik Ek', organization: 'Ek & Son' }],
  })
  for (const query of ['erik', 'son ek', '1740605']) {
    expect((await contacts.list({ query, cursor: null, limit: 9 })).rows.map(({ id }) => id)).toEqual([contactId])
  }
  expect(contacts.need(contactId)).toMatchObject({ source: 'local', country: 'SE', offer: { state: 'new', trouble: null } })
  expect(changes).toBe(1)
})

test('changed in place: what is left empty goes, and an organization that was made with it goes with its last contact', () => {
  const { contactId } = editing.save(undefined, fields({ organization: 'Ek & Son', jobTitle: 'Owner', note: 'x' }))
  editing.save(contactId, fields({ name: 'Erik Eek' }))
  expect(contacts.need(contactId)).toMatchObject({ name: 'Erik Eek', organization: null, jobTitle: null, note: '' })
  expect(store.db.prepare("SELECT count(*) FROM organizations WHERE source = 'local'").pluck().get()).toBe(0)
  editing.save(contactId, fields({ organization: 'Nordwind Logistics' }))
  expect(contacts.need(contactId).organizationId).toBe(1)
  editing.remove(contactId)
  expect(contacts.get(contactId)).toBeNull()
  expect(store.db.prepare('SELECT count(*) FROM organizations').pluck().get()).toBe(1)
})

test('a CRM’s contact shows and is found by what the rep wrote; the CRM’s form is kept and can be had back', () => {
  editing.save(
    10,
    anna({
      jobTitle: 'Head of buying',
      phones: [
        { raw: '08-465 004 01', type: 'work' },
        { raw: '070-174 06 05', type: 'mobile' },
      ],
    }),
  )
  expect(contacts.lookup('+46701740605')).toMatchObject({ match: 'exact', contacts: [{ id: 10 }] })
  expect(contacts.need(10)).toMatchObject({ jobTitle: 'Head of buying', offer: { state: 'changed', trouble: null }, labels: ['vip'] })
  expect(contacts.need(10).phones[0]).toMatchObject({ label: 'Desk' })
  expect(JSON.parse(String(row(10)?.edited))).toMatchObject({
    crm: { jobTitle: 'Buyer', organization: { id: 'o7' } },
    rep: { jobTitle: 'Head of buying', phones: [{}, {}] },
  })
  expect(Object.keys(JSON.parse(String(row(10)?.edited)).rep)).toEqual(['jobTitle', 'phones'])
  expect(row(10)).toMatchObject({ updated_at: 5, organization_external_id: 'o7', external_id: 'c3' })
  editing.revert(10)
  expect(contacts.need(10)).toMatchObject({ jobTitle: 'Buyer', offer: { state: 'none' } })
  expect(contacts.lookup('+46701740605').match).toBe('none')
})

test('saving a CRM’s contact as it is changes nothing, and writing back what it was settles the change', () => {
  editing.save(10, anna())
  expect(row(10)?.edited).toBeNull()
  editing.save(10, anna({ note: 'new' }))
  expect(row(10)?.edited).not.toBeNull()
  editing.save(10, anna())
  expect(row(10)?.edited).toBeNull()
})

test('only what no CRM holds can be removed', () => {
  expect(() => editing.remove(10)).toThrow('contacts.heldByCrm')
  expect(() => editing.remove(11)).toThrow('contacts.gone')
  expect(() => editing.save(undefined, fields({ name: '\u200b' }))).toThrow('contacts.nothingWritten')
})

test('hostile text is cleaned and cut like everything that comes from outside', () => {
  const { contactId } = editing.save(
    undefined,
    fields({ name: 'Eve\u202e<b>\u0000', phones: [{ raw: '+46701740605\u202e', type: 'work' }], note: 'a\u0000b' }),
  )
  expect(contacts.need(contactId)).toMatchObject({ name: 'Eve <b>', note: 'a b' })
})

test('what a CRM is offered: the organization as that CRM calls it, and whether the rep chose it', () => {
  const { contactId } = editing.save(undefined, fields({ organization: 'Nordwind Logistics' }))
  expect(editing.toOffer(contactId, 'crm-1')).toMatchObject({
    source: 'local',
    externalId: null,
    organizationChanged: true,
    form: { organization: { name: 'Nordwind Logistics', id: 'o7' } },
  })
  expect(editing.toOffer(contactId, 'crm-2').form.organization).toEqual({ name: 'Nordwind Logistics', id: null })
  editing.save(10, anna({ note: 'new' }))
  expect(editing.toOffer(10, 'crm-1')).toMatchObject({ externalId: 'c3', ownerId: 'u1', organizationChanged: false, form: { note: 'new' } })
})

test('a refusal is kept with the contact until it is changed or taken back', () => {
  editing.save(10, anna({ note: 'new' }))
  editing.refused(10, { code: 'crm.forbidden', params: { crm: 'Test' } })
  expect(contacts.need(10).offer).toEqual({ state: 'changed', trouble: { code: 'crm.forbidden', params: { crm: 'Test' } } })
  editing.save(10, anna({ note: 'newer' }))
  expect(contacts.need(10).offer).toEqual({ state: 'changed', trouble: null })
})

test('what is written while the CRM is told of an older form stays a change', () => {
  editing.save(10, anna({ note: 'new' }))
  const offered = editing.toOffer(10, 'crm-1').form
  editing.save(10, anna({ note: 'new', jobTitle: 'Head of buying' }))
  const written = editing.toOffer(10, 'crm-1').form
  // The CRM has taken the note.
  store.db.prepare("UPDATE contacts SET note = 'new', job_title = 'Buyer', edited = NULL WHERE id = 10").run()
  editing.since(10, offered, written)
  expect(contacts.need(10)).toMatchObject({ note: 'new', jobTitle: 'Head of buying', offer: { state: 'changed' } })
  expect(JSON.parse(String(row(10)?.edited)).rep).toEqual({ jobTitle: 'Head of buying' })
})

test('while the disk refuses, the rep is told, and a second Save does not make a second contact', async () => {
  store.db.pragma('query_only = ON')
  const wanted = fields({ phones: [{ raw: '070-174 06 05', type: 'mobile' }] })
  expect(() => editing.save(undefined, wanted)).toThrow('contacts.notKept')
  expect(() => editing.save(undefined, { ...wanted, note: 'second' })).toThrow('contacts.notKept')
  store.db.pragma('query_only = OFF')
  expect(store.write(() => undefined)).toBe(true)
  expect(store.db.prepare("SELECT name, note FROM contacts WHERE source = 'local'").all()).toEqual([{ name: 'Erik Ek', note: 'second' }])
})
