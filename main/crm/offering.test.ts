/** Offering a contact to a CRM that says what the test lets it say, and where records may be looked at. */
import Database from 'better-sqlite3'
import { beforeEach, expect, test } from 'vitest'
import type { Trouble } from '../../preload/contract'
import { TroubleError } from '../trouble'
import type { Crm, CrmConnection, CrmContactInput, CrmRecord, CrmRequest } from './crm'
import type { RecordsInput } from './jobs'
import { type OfferedContacts, type OfferedForm, Offering } from './offering'
import { RecordPages } from './record-pages'

const form = (more: Partial<OfferedForm> = {}): OfferedForm => ({
  name: 'Erik Ek',
  organization: null,
  jobTitle: 'Owner',
  phones: [{ raw: '+46701740605', type: 'mobile' }],
  emails: [],
  note: '',
  ...more,
})
const answered: CrmRecord = {
  object: 'contacts',
  id: 'c9',
  ownerId: 'u1',
  labels: [],
  updatedAt: 1,
  name: 'Erik Ek',
  organizationId: null,
  organization: null,
  jobTitle: 'Owner',
  phones: [],
  emails: [],
  note: '',
  country: null,
}

let told: { what: string; id?: string; input: CrmContactInput }[]
let sent: CrmRequest[]
let kept: Pick<RecordsInput, 'records' | 'taken'>[]
let refusals: (Trouble | null)[]
let answer: () => Promise<CrmRecord[]>
let contact: ReturnType<OfferedContacts['toOffer']>
let open: CrmConnection[]
let since: [OfferedForm, OfferedForm][]
let offering: Offering

function connection(id: string): CrmConnection {
  const crm = {
    kind: 'test',
    name: 'Test CRM',
    createContact: async (send, input) => {
      told.push({ what: 'create', input })
      await send({ path: '/contacts', method: 'POST' })
      return answer()
    },
    updateContact: async (send, contactId, input) => {
      told.push({ what: 'update', id: contactId, input })
      await send({ path: '/contacts', method: 'PATCH' })
      return answer()
    },
  } as Partial<Crm> as Crm
  const http: CrmConnection['http'] = {
    send: async (request, options) => {
      expect(options).toEqual({ purpose: 'rep' })
      sent.push(request)
      return { status: 200, headers: {}, body: new Uint8Array() }
    },
  }
  return { id, crm, config: {}, callerId: true, userId: 'u1', http } as CrmConnection
}

beforeEach(() => {
  told = []
  sent = []
  kept = []
  refusals = []
  since = []
  answer = async () => [answered]
  contact = { source: 'local', externalId: null, ownerId: null, edited: null, form: form(), organizationChanged: true }
  open = [connection('crm-1')]
  offering = new Offering({
    access: { open: () => open },
    contacts: {
      toOffer: () => contact,
      refused: (_, trouble) => void refusals.push(trouble),
      since: (_, before, after) => void since.push([before, after]),
    },
    keep: async (_, input) => void kept.push(input),
  })
})

test('a new contact is made in the CRM as the rep’s own, and becomes the CRM’s', async () => {
  await offering.offer(7)
  expect(told).toEqual([
    {
      what: 'create',
      input: {
        name: 'Erik Ek',
        organizationId: null,
        jobTitle: 'Owner',
        phones: [{ raw: '+46701740605', type: 'mobile', label: null }],
        emails: [],
        note: '',
        ownerId: 'u1',
      },
    },
  ])
  expect(sent).toHaveLength(1)
  expect(kept).toEqual([{ records: [answered], taken: { contactId: 7, externalId: 'c9', edited: null } }])
  expect(refusals).toEqual([null])
})

test('a changed one is changed there and keeps its owner; one that is not changed is left alone', async () => {
  contact = { ...contact, source: 'crm-1', externalId: 'c3', ownerId: 'u2', edited: '{}', organizationChanged: false }
  await offering.offer(7)
  expect(told[0]).toMatchObject({ what: 'update', id: 'c3', input: { ownerId: 'u2' } })
  contact = { ...contact, edited: null }
  await offering.offer(7)
  expect(told).toHaveLength(1)
})

test('two clicks are one contact', async () => {
  const { promise, resolve } = Promise.withResolvers<CrmRecord[]>()
  answer = () => promise
  const both = [offering.offer(7), offering.offer(7)]
  resolve([answered])
  await Promise.all(both)
  expect(told).toHaveLength(1)
  await offering.offer(7)
  expect(told).toHaveLength(2)
})

test('a refusal is kept with its reason, and may be tried again', async () => {
  const trouble = new TroubleError('crm.forbidden', { crm: 'Test CRM' })
  answer = () => Promise.reject(trouble)
  await expect(offering.offer(7)).rejects.toBe(trouble)
  expect(refusals).toEqual([trouble.trouble])
  expect(kept).toEqual([])
  answer = async () => [answered]
  await offering.offer(7)
  expect(refusals.at(-1)).toBeNull()
})

test('an answer without the contact is no success', async () => {
  answer = async () => [{ object: 'contacts', gone: true, id: 'c9', mergedInto: null }]
  await expect(offering.offer(7)).rejects.toMatchObject({ trouble: { code: 'contacts.goneInCrm' } })
  expect(kept).toEqual([])
})

test('an organization that the CRM does not know is said before anything is sent', async () => {
  contact = { ...contact, form: form({ organization: { name: 'Ek & Son', id: null } }) }
  await expect(offering.offer(7)).rejects.toMatchObject({
    trouble: { code: 'contacts.organizationUnknown', params: { crm: 'Test CRM', organization: 'Ek & Son' } },
  })
  expect(sent).toEqual([])
  // What the CRM itself keeps as a bare name is no reason.
  contact = { ...contact, source: 'crm-1', externalId: 'c3', edited: '{}', organizationChanged: false }
  await offering.offer(7)
  expect(told).toHaveLength(1)
})

test('with several CRMs it goes where the rep says, with none the rep is told', async () => {
  open = [connection('crm-1'), connection('crm-2')]
  await expect(offering.offer(7)).rejects.toMatchObject({ trouble: { code: 'contacts.noConnection' } })
  await offering.offer(7, 'crm-2')
  expect(told).toHaveLength(1)
  open = []
  await expect(offering.offer(7)).rejects.toMatchObject({ trouble: { code: 'contacts.noConnection' } })
})

test('what the rep writes meanwhile is not lost', async () => {
  answer = async () => {
    contact = { ...contact, form: form({ note: 'written meanwhile' }) }
    return [answered]
  }
  await offering.offer(7)
  expect(since).toEqual([[form(), form({ note: 'written meanwhile' })]])
})

test.each([
  ['https://acme.example-crm.com/person/3', true],
  ['https://example-crm.com/person/3', true],
  ['https://example-crm.com.evil.example/person/3', false],
  ['https://evilexample-crm.com/person/3', false],
  ['http://acme.example-crm.com/person/3', false],
  ['https://acme.example-crm.com@evil.example/', false],
  ['https://acme.example-crm.com:8443/', false],
  ['javascript:alert(1)//example-crm.com', false],
  ['not a url', false],
])('a record is looked at on the CRM’s own site alone: %s', (url, opens) => {
  const db = new Database(':memory:')
  db.exec(
    "CREATE TABLE connections (id TEXT, kind TEXT, config TEXT); INSERT INTO connections VALUES ('crm-1', 'test', '{}'), ('crm-2', 'test', '{')",
  )
  const crm = { sites: ['example-crm.com'], page: () => url } as Partial<Crm> as Crm
  const pages = new RecordPages(db, (kind) => (kind === 'test' ? crm : null))
  expect(pages.of('contact', 'crm-1', '3')).toBe(opens ? url : null)
  expect(pages.of('contact', 'crm-2', '3')).toBe(opens ? url : null)
  expect(pages.of('contact', 'local', '3')).toBeNull()
  expect(pages.of('contact', 'crm-1', null)).toBeNull()
})
