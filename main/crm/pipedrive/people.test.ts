/** Connecting, and single persons, against a fake Pipedrive over real HTTP. */
import { afterEach, describe, expect, it } from 'vitest'
import { sender } from '../../../test/fixtures/crm/asking'
import { create, type FakePipedrive, type FakePipedriveOptions } from '../../../test/fixtures/crm/pipedrive'
import type { CrmConfig, CrmContactInput, CrmSend } from '../crm'
import { pipedrive } from './pipedrive'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function started(options: FakePipedriveOptions = {}): Promise<{ fake: FakePipedrive; send: CrmSend }> {
  const fake = await create({ people: 60, organizations: 12, deals: 30, leads: 5, ...options }).start()
  const { send, close } = sender(pipedrive, fake)
  closing.push(() => fake.stop(), close)
  return { fake, send }
}

async function connected(options: FakePipedriveOptions = {}): Promise<{ fake: FakePipedrive; send: CrmSend; config: CrmConfig }> {
  const { fake, send } = await started(options)
  const { config } = await pipedrive.connect(send, '')
  const prepared = await pipedrive.prepare(send, config)
  fake.log.length = 0
  return { fake, send, config: prepared }
}

describe('connecting', () => {
  it('tells whose account and token it is, whom the rep may be, and where records are looked at', async () => {
    const { send } = await started()
    const { identity, config } = await pipedrive.connect(send, '')
    expect(identity.account).toBe('Fake & Sons')
    expect(identity.user).toEqual({ id: '1001', name: 'Anna Tamm', email: 'user1@company.example' })
    expect(identity.users.map(({ id }) => id)).toEqual(['1001', '1002', '1003', '1005'])
    expect(identity.scopes.filter(({ state }) => state === 'missing')).toEqual([])
    expect(identity.warnings.map(({ code }) => code)).toEqual(['pipedrive.tokenOfPerson'])
    expect(config).toMatchObject({ company: 'fakeandsons', country: 'EE' })
    expect(pipedrive.page('contact', '7', config)).toBe('https://fakeandsons.pipedrive.com/person/7')
    expect(pipedrive.page('organization', '7', config)).toBe('https://fakeandsons.pipedrive.com/organization/7')
    expect(pipedrive.page('deal', '7', config)).toBe('https://fakeandsons.pipedrive.com/deal/7')
    expect(pipedrive.page('lead', 'a/b', config)).toBe('https://fakeandsons.pipedrive.com/leads/inbox/a%2Fb')
    expect(pipedrive.page('contact', '7', {})).toBeNull()
  })

  it('points out a token that may administer the account', async () => {
    const { send } = await started({ admin: true })
    const { identity } = await pipedrive.connect(send, '')
    expect(identity.scopes).toContainEqual({ name: 'admin', state: 'excess' })
    expect(identity.warnings.map(({ code }) => code)).toEqual(['pipedrive.tokenOfAdmin'])
  })

  it('says what the token may not read', async () => {
    const { send } = await started({ forbidden: ['/v1/users/me'] })
    await expect(pipedrive.connect(send, '')).rejects.toMatchObject({ trouble: { code: 'crm.notAllowed' } })
    const other = await started({ forbidden: ['/api/v2/deals', '/v1/leads'] })
    const { identity } = await pipedrive.connect(other.send, '')
    expect(identity.scopes.filter(({ state }) => state === 'missing').map(({ name }) => name)).toEqual(['deals:read', 'leads:read'])
    expect(identity.warnings[0]).toEqual({ code: 'pipedrive.missing', params: { scopes: 'deals:read, leads:read' } })
  })

  it('refuses a wrong token', async () => {
    const { fake } = await started()
    const { send, close } = sender(pipedrive, { origin: fake.origin, token: 'wrong' })
    closing.push(close)
    await expect(pipedrive.connect(send, '')).rejects.toMatchObject({ trouble: { code: 'crm.refused' }, status: 401 })
  })

  it('learns custom phone fields, labels, and whether there are job titles', async () => {
    const { config } = await connected()
    expect(config).toMatchObject({ contactSync: true, labels: { person: { '1': 'Customer' }, deal: { '2': 'Hot lead' } } })
    expect((config as { personPhones: { name: string }[] }).personPhones.map(({ name }) => name)).toEqual(['Assistant', 'Night line'])
    expect((await connected({ contactSync: false })).config).toMatchObject({ contactSync: false })
  })
})

describe('a search by number', () => {
  const person = { name: 'Rung Right Now', phones: [{ value: '(06) 12-34-56-78', type: 'mobile' as const, field: null }] }
  const number = { e164: '+33612345678', national: '612345678', digits: '33612345678' }

  it('finds a person however the number is written, with organization and deals, in one search', async () => {
    const { fake, send, config } = await connected()
    const { id } = fake.data.add('people', { ...person, organizationId: 3 })
    const deal = fake.data.add('deals', { personId: id, title: 'Theirs' })
    const records = await pipedrive.search(send, number, config)
    expect(records.map((record) => `${record.object} ${record.id}`)).toEqual([`contacts ${id}`, 'organizations 3', `deals ${deal.id}`])
    expect(records[0]).toEqual(fake.expected('contacts').find((contact) => contact.id === String(id)))
    expect(fake.asked('/search')).toHaveLength(1)
    expect(fake.asked()).toHaveLength(4)
    expect(fake.log.reduce((sum, { cost }) => sum + cost, 0)).toBe(41)
  })

  it('asks a second time in the form that people write, and no third time', async () => {
    const { fake, send, config } = await connected({ searchIndex: 'text' })
    const { id } = fake.data.add('people', { ...person, phones: [{ value: '+33 6 12 34 56 78', type: 'work', field: null }] })
    expect((await pipedrive.search(send, number, config)).map((record) => record.id)).toEqual([String(id)])
    expect(fake.asked('/search')).toHaveLength(2)
    expect(await pipedrive.search(send, { e164: '+33699999999', national: '699999999', digits: '33699999999' }, config)).toEqual([])
    expect(fake.asked('/search')).toHaveLength(4)
  })

  it('finds a number in a custom field', async () => {
    const { fake, send, config } = await connected()
    const { id } = fake.data.add('people', { name: 'Custom', phones: [{ value: '0033 612 345 678', type: 'other', field: 1 }] })
    const [found] = await pipedrive.search(send, number, config)
    expect(found).toMatchObject({ id: String(id), phones: [{ raw: '0033 612 345 678', label: 'Night line' }] })
  })

  it('takes nobody whose number only contains the digits', async () => {
    const { fake, send, config } = await connected()
    fake.data.add('people', { name: 'Longer', phones: [{ value: '+33 612345678 99', type: 'work', field: null }] })
    expect(await pipedrive.search(send, number, config)).toEqual([])
  })
})

describe('a look at one contact', () => {
  it('brings it with its organization and deals', async () => {
    const { fake, send, config } = await connected()
    const { id } = fake.data.add('people', { name: 'Fresh', organizationId: 2 })
    fake.data.add('deals', { personId: id })
    fake.data.add('deals', { personId: id, archived: true })
    const records = await pipedrive.refresh(send, String(id), config)
    expect(records.map(({ object }) => object)).toEqual(['contacts', 'organizations', 'deals'])
    expect(records[0]).toEqual(fake.expected('contacts').find((contact) => contact.id === String(id)))
    expect(records[1]).toEqual(fake.expected('organizations').find((organization) => organization.id === '2'))
  })

  it.each([true, false])('says that it is gone (still shown: %s)', async (showsDeleted) => {
    const { fake, send, config } = await connected({ showsDeleted })
    fake.data.remove('people', 5)
    expect(await pipedrive.refresh(send, '5', config)).toEqual([{ object: 'contacts', gone: true, id: '5', mergedInto: null }])
  })

  it('does not take a failure for that', async () => {
    const { fake, send, config } = await connected()
    fake.inject({ kind: 'error', status: 500 }, { times: 10, path: '/persons/5' })
    await expect(pipedrive.refresh(send, '5', config)).rejects.toMatchObject({ trouble: { code: 'crm.serverError' } })
  })

  it('never lets an id lead to another path', async () => {
    const { fake, send, config } = await connected()
    expect(await pipedrive.refresh(send, '../users', config)).toEqual([
      { object: 'contacts', gone: true, id: '../users', mergedInto: null },
    ])
    expect(fake.asked()).toEqual([])
  })
})

const input: CrmContactInput = {
  name: 'Maria Nueva',
  organizationId: '4',
  jobTitle: 'Buyer',
  phones: [
    { raw: '+34 612 345 678', type: 'mobile' },
    { raw: '+34 912 345 678', type: 'main' },
  ],
  emails: ['maria@customer.example', 'm.nueva@customer.example'],
  note: 'Met at the fair.',
  ownerId: '1002',
}

describe('making a contact', () => {
  it('writes all that the CRM has a place for', async () => {
    const { fake, send, config } = await connected()
    const [made] = await pipedrive.createContact(send, input, config)
    expect(made).toMatchObject({
      object: 'contacts',
      name: 'Maria Nueva',
      organizationId: '4',
      jobTitle: 'Buyer',
      note: 'Met at the fair.',
      ownerId: '1002',
    })
    expect(made).toMatchObject({
      emails: input.emails,
      phones: [
        { raw: '+34 612 345 678', type: 'mobile' },
        { raw: '+34 912 345 678', type: 'work' },
      ],
    })
    expect(made).toEqual(fake.expected('contacts').find(({ id }) => id === made?.id))
  })

  it('leaves out what the company has no fields for', async () => {
    const { send, config } = await connected({ contactSync: false })
    const [made] = await pipedrive.createContact(send, input, config)
    expect(made).toMatchObject({ name: 'Maria Nueva', jobTitle: null, note: '' })
  })

  it('finds what an earlier try made whose answer was lost, though search does not know it yet', async () => {
    const { fake, send, config } = await connected({ searchLagMs: 60_000 })
    fake.inject({ kind: 'cut', after: true }, { path: '/persons', skip: 2 })
    await expect(pipedrive.createContact(send, input, config)).rejects.toMatchObject({ trouble: { code: 'network.cut' } })
    expect(fake.data.people.size).toBe(61)
    const [found] = await pipedrive.createContact(send, input, config)
    expect(found).toMatchObject({ object: 'contacts', id: '61', name: 'Maria Nueva' })
    expect(fake.data.people.size).toBe(61)
  })

  it('finds it among older ones too, and takes no namesake for it', async () => {
    const { fake, send, config } = await connected()
    fake.data.add('people', { name: 'Maria Nueva', phones: [{ value: '+34 600 000 000', type: 'work', field: null }] })
    const [made] = await pipedrive.createContact(send, input, config)
    expect(made).toMatchObject({ id: '62' })
    for (let index = 0; index < 150; index++) fake.data.add('people', { name: `Later ${index}` })
    const [found] = await pipedrive.createContact(send, input, config)
    expect(found).toMatchObject({ id: '62' })
    expect(fake.data.people.size).toBe(212)
  })
})

describe('changing a contact', () => {
  const before = {
    name: 'Maria Vieja',
    organizationId: 5,
    jobTitle: 'Clerk',
    note: 'Old.',
    emails: ['maria@customer.example'],
    phones: [
      { value: '+34 612 345 678', type: 'mobile' as const, field: null },
      { value: '+34 600 111 222', type: 'other' as const, field: 0 },
      { value: '+34 600 333 444', type: 'other' as const, field: 1 },
    ],
  }

  it('keeps numbers in their custom fields, and empties the field of one that was removed', async () => {
    const { fake, send, config } = await connected()
    const { id } = fake.data.add('people', before)
    const phones = [{ raw: '+34600111222', type: 'other' as const }, ...input.phones]
    const [changed] = await pipedrive.updateContact(send, String(id), { ...input, phones }, config)
    expect(changed).toMatchObject({
      name: 'Maria Nueva',
      phones: [
        { raw: '+34 612 345 678', type: 'mobile', label: null },
        { raw: '+34 912 345 678', type: 'work', label: null },
        { raw: '+34600111222', type: 'other', label: 'Assistant' },
      ],
    })
    expect(changed).toEqual(fake.expected('contacts').find((contact) => contact.id === String(id)))
  })

  it('removes what is left empty, but no organization that is not known here', async () => {
    const { fake, send, config } = await connected()
    const { id } = fake.data.add('people', before)
    const empty = { ...input, organizationId: null, jobTitle: '', note: '', phones: [], emails: [], ownerId: null }
    const [changed] = await pipedrive.updateContact(send, String(id), empty, config)
    expect(changed).toMatchObject({ jobTitle: null, note: '', phones: [], emails: [], organizationId: '5', ownerId: '1001' })
  })

  it('says that it is gone', async () => {
    const { fake, send, config } = await connected()
    fake.data.remove('people', 5)
    expect(await pipedrive.updateContact(send, '5', input, config)).toMatchObject([{ gone: true, id: '5' }])
  })
})
