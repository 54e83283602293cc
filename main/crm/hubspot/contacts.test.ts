/** A token tried out, and single contacts: found by number, read afresh, made and changed, over real HTTP against a fake HubSpot. */
import { afterEach, describe, expect, it } from 'vitest'
import { sender } from '../../../test/fixtures/crm/asking'
import { create, type FakeHubspot, type FakeHubspotOptions } from '../../../test/fixtures/crm/hubspot'
import type { CrmConfig, CrmContactInput, CrmRecord, CrmSend } from '../crm'
import { hubspot } from './hubspot'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function started(options: FakeHubspotOptions): Promise<{ fake: FakeHubspot; send: CrmSend }> {
  const fake = await create(options).start()
  const { send, close } = sender(hubspot, fake)
  closing.push(() => fake.stop(), close)
  return { fake, send }
}

async function connected(options: FakeHubspotOptions): Promise<{ fake: FakeHubspot; send: CrmSend; config: CrmConfig }> {
  const { fake, send } = await started(options)
  const { config } = await hubspot.connect(send, '')
  return { fake, send, config: JSON.parse(JSON.stringify(config)) as CrmConfig }
}

const expectedOf = (fake: FakeHubspot, object: 'contacts' | 'organizations' | 'deals', id: number) =>
  fake.expected(object).find((record) => record.id === String(id))
const codeOf = async (work: Promise<unknown>) =>
  await work.then(
    () => null,
    (error: { trouble?: { code: string } }) => error.trouble?.code ?? error,
  )
const input = (contact: Partial<CrmContactInput>): CrmContactInput => ({
  ...{ name: 'Mari Maasikas', organizationId: null, jobTitle: '', phones: [], emails: [], note: '', ownerId: null },
  ...contact,
})
const changes = (fake: FakeHubspot, since = 0) =>
  fake.log.slice(since).filter(({ method, search, path }) => method !== 'GET' && !search && !path.endsWith('/batch/read'))

describe('a token', () => {
  it('shows whose account it opens, who the rep may be, and what it may', async () => {
    const { fake, send } = await started({ people: 20 })
    const { identity, config } = await hubspot.connect(send, '')
    expect(identity).toMatchObject({ account: '4242', user: null, warnings: [] })
    const people = fake.data.users.filter(({ active }) => active).map(({ id, name, email }) => ({ id: String(id), name, email }))
    expect(identity.users).toEqual(people)
    expect(identity.scopes).toEqual([
      { name: 'crm.objects.contacts.read', state: 'granted' },
      { name: 'crm.objects.companies.read', state: 'granted' },
      { name: 'crm.objects.deals.read', state: 'granted' },
      { name: 'crm.objects.owners.read', state: 'granted' },
      { name: 'crm.objects.leads.read', state: 'granted' },
      { name: 'crm.objects.contacts.write', state: 'unknown' },
    ])
    expect(config).toMatchObject({
      portal: '4242',
      webHost: 'app-eu1.hubspot.com',
      currency: 'EUR',
      timeZone: 'America/New_York',
      leads: true,
    })
    expect(JSON.stringify(config)).not.toContain(fake.token)
    // As docs/crm.md says.
    expect(fake.log).toHaveLength(18)
    expect(await hubspot.prepare(send, config)).toEqual(config)
    expect(fake.log).toHaveLength(18 + 8)
  })

  it('lets everybody be chosen, whatever number of pages they fill', async () => {
    const { send } = await started({ users: 250 })
    const { identity } = await hubspot.connect(send, '')
    expect(identity.users).toHaveLength(249)
  })

  it('that may less than is needed, or more, is told of', async () => {
    const { send } = await started({ people: 5, forbidden: ['/deals', '/owners', '/leads'], mayReadMore: true })
    const { identity } = await hubspot.connect(send, '')
    expect(identity.users).toEqual([])
    expect(identity.warnings).toEqual([
      { code: 'hubspot.missingScopes', params: { scopes: 'crm.objects.deals.read, crm.objects.owners.read' } },
      {
        code: 'hubspot.excessScopes',
        params: { scopes: 'tickets, e-commerce, crm.objects.line_items.read, crm.objects.quotes.read' },
      },
    ])
    expect(identity.scopes.find(({ name }) => name === 'crm.objects.leads.read')?.state).toBe('unknown')
  })

  it('that opens nothing is refused', async () => {
    const { fake } = await started({})
    const { send, close } = sender(hubspot, { origin: fake.origin, token: 'another-token-000000' })
    closing.push(close)
    expect(await codeOf(hubspot.connect(send, ''))).toBe('crm.refused')
    const { send: other } = await started({ forbidden: ['/contacts'] })
    expect(await codeOf(hubspot.connect(other, ''))).toBe('crm.notAllowed')
  })

  it('keeps working where only the lists may be read', async () => {
    const { config } = await connected({ people: 5, forbidden: ['/properties/', '/pipelines/', '/account-info/'] })
    expect(config).toMatchObject({ portal: null, companies: true, deals: true, leads: false, contactPhones: [] })
    expect(hubspot.page('contact', '5', config)).toBeNull()
  })
})

describe('the page of a record', () => {
  it('is on the site of the account', async () => {
    const { config } = await connected({})
    expect(hubspot.page('contact', '12', config)).toBe('https://app-eu1.hubspot.com/contacts/4242/record/0-1/12')
    expect(hubspot.page('organization', '12', config)).toContain('/record/0-2/12')
    expect(hubspot.page('deal', '12', config)).toContain('/record/0-3/12')
    expect(hubspot.page('lead', 'lead-12', config)).toMatch(/\/record\/0-136\/12$/)
    expect(hubspot.page('contact', 'javascript:alert(1)', config)).toBeNull()
    expect(hubspot.page('contact', '12', { ...config, webHost: 'evil.example' })).toMatch(/^https:\/\/app\.hubspot\.com\//)
  })
})

describe('a search by number', () => {
  const found = async (options: FakeHubspotOptions, value: string, number = '+37255501234') => {
    const { fake, send, config } = await connected({ people: 30, organizations: 5, deals: 20, ...options })
    const person = fake.data.change('people', 9, { phones: [{ value, type: 'mobile', field: null }], country: 'EE', organizationId: 2 })
    fake.data.change('deals', 7, { personId: 9, organizationId: 2, status: 'open' })
    fake.data.change('deals', 8, { personId: 9, organizationId: 2, status: 'lost' })
    const before = fake.log.length
    const digits = number.slice(1)
    const records = await hubspot.search(send, { e164: number, national: digits.slice(3), digits }, config)
    return { fake, records, person, requests: fake.log.length - before }
  }
  const ids = (records: readonly CrmRecord[]) => records.map(({ object, id }) => `${object} ${id}`)

  it.each(['+372 5550 1234', '55 50 12 34', '00372-5550-1234', '+372.5550.1234'])('finds %s, with the open deal', async (value) => {
    const { fake, records, requests } = await found({}, value)
    expect(ids(records)).toEqual(['contacts 9', 'deals 7'])
    const organization = fake.data.get('organizations', 2)?.name
    expect(records[0]).toEqual({ ...expectedOf(fake, 'contacts', 9), organization })
    expect(records[1]).toEqual(expectedOf(fake, 'deals', 7))
    expect(requests).toBe(2)
  })

  it('finds what is written in one word where there are no properties for it', async () => {
    const { records, requests } = await found({ missing: ['hs_searchable_calculated_phone_number'] }, '+37255501234')
    expect(ids(records)).toEqual(['contacts 9', 'deals 7'])
    expect(requests).toBe(2)
  })

  it('asks once more when it is told that there are none, and then for nothing else', async () => {
    const { fake, send, config } = await connected({ people: 30, missing: ['hs_searchable_calculated_mobile_number'] })
    fake.data.change('people', 9, { phones: [{ value: '+37255501234', type: 'mobile', field: null }] })
    const before = fake.log.length
    const number = { e164: '+37255501234', national: '55501234', digits: '37255501234' }
    expect(ids(await hubspot.search(send, number, config))).toEqual(['contacts 9'])
    expect(fake.log.slice(before).map(({ status }) => status)).toEqual([400, 200])
  })

  it('asks for properties that the account does not list when nothing else finds the number', async () => {
    const { fake, send, config } = await connected({ people: 30 })
    fake.data.change('people', 9, { phones: [{ value: '+372 5550 1234', type: 'mobile', field: null }] })
    const number = { e164: '+37255501234', national: '55501234', digits: '37255501234' }
    const unlisted = { ...config, searchableNumbers: false }
    const before = fake.log.length
    expect(ids(await hubspot.search(send, number, unlisted))).toEqual(['contacts 9'])
    expect(fake.log.length - before).toBe(2)
    const { fake: other, send: ask, config: kept } = await connected({ people: 30, missing: ['hs_searchable_calculated_phone_number'] })
    expect(await hubspot.search(ask, number, kept)).toEqual([])
    expect(other.log.slice(-2).map(({ status }) => status)).toEqual([200, 400])
  })

  it('finds custom fields, and nobody for another number', async () => {
    const { fake, send, config } = await connected({ people: 30 })
    fake.data.change('people', 9, { phones: [{ value: '+37255501234', type: 'other', field: 1 }] })
    const number = { e164: '+37255501234', national: '55501234', digits: '37255501234' }
    expect(ids(await hubspot.search(send, number, config))[0]).toBe('contacts 9')
    expect(await hubspot.search(send, { e164: '+37255509999', national: '55509999', digits: '37255509999' }, config)).toEqual([])
    expect(await hubspot.search(send, { e164: null, national: '12', digits: '12' }, config)).toEqual([])
  })
})

describe('a contact read afresh', () => {
  it('comes with its company and deals', async () => {
    const { fake, send, config } = await connected({ people: 30, organizations: 6, deals: 40 })
    fake.data.change('people', 4, { name: 'Read Afresh', organizationId: 3 })
    fake.data.change('deals', 7, { personId: 4, organizationId: 5 })
    const records = await hubspot.refresh(send, '4', config)
    const deals = fake.expected('deals').filter((deal) => deal.object === 'deals' && deal.contactId === '4')
    expect(records).toEqual([expectedOf(fake, 'organizations', 3), expectedOf(fake, 'contacts', 4), ...deals])
    expect(deals.length).toBeGreaterThan(0)
  })

  it('that is archived is gone, and one that was merged is its winner', async () => {
    const { fake, send, config } = await connected({ people: 30, organizations: 0, deals: 0 })
    fake.data.remove('people', 4)
    expect(await hubspot.refresh(send, '4', config)).toEqual([{ object: 'contacts', gone: true, id: '4', mergedInto: null }])
    fake.data.merge('people', 5, 6)
    const merged = { object: 'contacts', gone: true, id: '6', mergedInto: '5' }
    expect(await hubspot.refresh(send, '6', config)).toEqual([expectedOf(fake, 'contacts', 5), merged])
    // Where the winner does not name it, that another id was answered says it.
    const {
      fake: other,
      send: ask,
      config: kept,
    } = await connected({ people: 30, organizations: 0, missing: ['hs_merged_object_ids'], forbidden: ['/deals', '/leads', '/companies'] })
    other.data.merge('people', 5, 6)
    expect((await hubspot.refresh(ask, '6', kept)).at(-1)).toEqual(merged)
  })
})

describe('a contact that is made', () => {
  const whole = input({
    name: 'Mari Anna Maasikas',
    organizationId: '2',
    jobTitle: 'Buyer',
    phones: [
      { raw: '+372 555 01234', type: 'mobile' },
      { raw: '+372 600 1234', type: 'work' },
      { raw: '+372 600 9999', type: 'other', label: 'Night line' },
    ],
    emails: ['mari@maasikas.example', 'mari@home.example'],
    note: 'Calls on Mondays.',
    ownerId: '1002',
  })

  it('is there with all that the rep wrote', async () => {
    const { fake, send, config } = await connected({ people: 30, organizations: 4 })
    const [contact] = await hubspot.createContact(send, whole, config)
    expect(contact).toEqual(expectedOf(fake, 'contacts', 31))
    expect(contact).toMatchObject({
      ...{ name: 'Mari Anna Maasikas', organizationId: '2', jobTitle: 'Buyer', note: 'Calls on Mondays.', ownerId: '1002' },
      emails: ['mari@maasikas.example', 'mari@home.example'],
      phones: [
        { raw: '+372 600 1234', type: 'work', label: null },
        { raw: '+372 555 01234', type: 'mobile', label: null },
        { raw: '+372 600 9999', type: 'other', label: 'Night line' },
      ],
    })
  })

  it.each([
    ['with an e-mail address', whole],
    ['with a number alone', input({ phones: [{ raw: '+372 555 01234', type: 'mobile' }] })],
  ])('is made once, though the answer was lost and the index shows nothing yet (%s)', async (_how, contact) => {
    const { fake, send, config } = await connected({ people: 130, organizations: 4, searchLagMs: 3_600_000 })
    fake.inject({ kind: 'cut', after: true }, { path: '/objects/contacts', skip: 2 })
    expect(await codeOf(hubspot.createContact(send, contact, config))).toMatch(/^network\./)
    expect(fake.data.people.size).toBe(131)
    const [again] = await hubspot.createContact(send, contact, config)
    expect(again).toEqual(expectedOf(fake, 'contacts', 131))
    expect(fake.data.people.size).toBe(131)
    expect(changes(fake).filter(({ method }) => method === 'POST')).toHaveLength(1)
  })

  it('gives the one that has its e-mail address what that one lacks, and takes nothing from it', async () => {
    const { fake, send, config } = await connected({ people: 30, organizations: 4 })
    fake.data.change('people', 8, {
      ...{ name: 'Mari Tamm', emails: ['mari@maasikas.example'], jobTitle: '', note: 'An old friend.', organizationId: 1 },
      phones: [{ value: '+372 600 1234', type: 'work', field: null }],
    })
    const [contact] = await hubspot.createContact(send, whole, config)
    expect(contact).toMatchObject({ id: '8', name: 'Mari Tamm', jobTitle: 'Buyer', note: 'An old friend.', organizationId: '1' })
    expect(contact).toMatchObject({ phones: [{ raw: '+372 600 1234' }, { raw: '+372 555 01234' }, { raw: '+372 600 9999' }] })
    expect(fake.data.people.size).toBe(30)
  })

  it('is found by the refusal when it came to be between looking and making', async () => {
    const { fake, send, config } = await connected({ people: 30, organizations: 4 })
    fake.data.change('people', 8, { emails: ['mari@maasikas.example'], phones: [] })
    fake.inject({ kind: 'error', status: 404 }, { path: '@', times: 2 })
    const [contact] = await hubspot.createContact(send, whole, config)
    expect(contact).toMatchObject({ id: '8' })
    expect(fake.data.people.size).toBe(30)
  })

  it('is another one when only the number or only the name is the same', async () => {
    const { fake, send, config } = await connected({ people: 30 })
    fake.data.change('people', 8, { name: 'Somebody Else', phones: [{ value: '+37255501234', type: 'mobile', field: null }] })
    fake.data.change('people', 9, { name: 'Mari Maasikas', phones: [] })
    const [contact] = await hubspot.createContact(send, input({ phones: [{ raw: '+372 555 01234', type: 'mobile' }] }), config)
    expect(contact).toMatchObject({ id: '31' })
  })

  it('needs no further addresses where those may not be written', async () => {
    const { send, config } = await connected({ people: 3, organizations: 4, emailsWritable: false })
    const [contact] = await hubspot.createContact(send, whole, config)
    expect(contact).toMatchObject({ id: '4', emails: ['mari@maasikas.example'] })
  })

  it('loses no number without a word', async () => {
    const { fake, send, config } = await connected({ people: 3 })
    const phones = [1, 2, 3, 4, 5].map((last) => ({ raw: `+372 555 0123${last}`, type: 'mobile' as const }))
    const four = await hubspot.createContact(send, input({ phones: phones.slice(0, 4) }), config)
    expect(four[0]).toMatchObject({ phones: [{}, {}, {}, {}] })
    expect(await codeOf(hubspot.createContact(send, input({ name: 'Five Numbers', phones }), config))).toBe('hubspot.noPlaceForNumber')
    expect(fake.data.people.size).toBe(4)
  })
})

describe('a contact that is changed', () => {
  it('gets what differs, and keeps the rest', async () => {
    const { fake, send, config } = await connected({ people: 30, organizations: 6 })
    fake.data.change('people', 4, {
      ...{ name: 'Anna Maria Tamm', organizationId: 1, emails: ['anna@tamm.example', 'tamm@home.example'], note: 'Old note', labels: [0] },
      phones: [
        { value: '+372 600 1234', type: 'work', field: null },
        { value: '+372 555 01234', type: 'mobile', field: null },
        { value: '+372 600 7777', type: 'other', field: 0 },
      ],
    })
    const before = fake.log.length
    const [contact] = await hubspot.updateContact(
      send,
      '4',
      input({
        ...{ name: 'Anna Maria Tamm', organizationId: '3', jobTitle: 'Head', note: '', ownerId: '1003' },
        emails: ['anna@tamm.example'],
        phones: [
          { raw: '+372 555 01234', type: 'mobile' },
          { raw: '+372 600 8888', type: 'work' },
        ],
      }),
      config,
    )
    const [patch, link] = changes(fake, before)
    expect(patch?.body).toEqual({
      properties: {
        ...{ jobtitle: 'Head', message: '', hubspot_owner_id: '1003', phone: '+372 600 8888', assistant: '', hs_additional_emails: '' },
      },
    })
    expect(link?.path).toBe('/crm/v4/objects/contacts/4/associations/companies/3')
    expect(contact).toEqual(expectedOf(fake, 'contacts', 4))
    expect(contact).toMatchObject({ organizationId: '3', labels: ['Customer'], emails: ['anna@tamm.example'] })
  })

  it('is not written when it is as it must be, and is gone when it is gone', async () => {
    const { fake, send, config } = await connected({ people: 30, organizations: 6 })
    const person = fake.data.change('people', 4, { name: 'Anna Tamm', organizationId: 1, emails: [], note: '', jobTitle: '', phones: [] })
    const before = fake.log.length
    const same = input({ name: person.name, organizationId: '1', ownerId: String(person.ownerId) })
    expect(await hubspot.updateContact(send, '4', same, config)).toEqual([expectedOf(fake, 'contacts', 4)])
    expect(changes(fake, before)).toEqual([])
    fake.data.remove('people', 4)
    expect(await hubspot.updateContact(send, '4', same, config)).toEqual([{ object: 'contacts', gone: true, id: '4', mergedInto: null }])
  })

  it('that was merged away is changed in its winner', async () => {
    const { fake, send, config } = await connected({ people: 30, organizations: 6 })
    fake.data.merge('people', 5, 6)
    const records = await hubspot.updateContact(send, '6', input({ name: 'The Winner' }), config)
    expect(records).toEqual([expectedOf(fake, 'contacts', 5), { object: 'contacts', gone: true, id: '6', mergedInto: '5' }])
    expect(fake.data.get('people', 5)?.name).toBe('The Winner')
  })
})
