/** Connecting, and single contacts, against a fake Freshdesk over real HTTP. */
import { afterEach, describe, expect, it } from 'vitest'
import { sender } from '../../../test/fixtures/crm/asking'
import { create, type FakeFreshdesk, type FakeFreshdeskOptions } from '../../../test/fixtures/crm/freshdesk'
import type { CrmConfig, CrmContactInput, CrmSend } from '../crm'
import { freshdesk } from './freshdesk'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function started(options: FakeFreshdeskOptions = {}): Promise<{ fake: FakeFreshdesk; send: CrmSend }> {
  const fake = await create({ people: 60, organizations: 12, deals: 0, leads: 0, ...options }).start()
  const { send, close } = sender(freshdesk, fake)
  closing.push(() => fake.stop(), close)
  return { fake, send }
}

async function connected(options: FakeFreshdeskOptions = {}): Promise<{ fake: FakeFreshdesk; send: CrmSend; config: CrmConfig }> {
  const { fake, send } = await started(options)
  const { config } = await freshdesk.connect(send, 'fakeandsons')
  const prepared = await freshdesk.prepare(send, config)
  fake.log.length = 0
  return { fake, send, config: prepared }
}

const ofFake = (fake: FakeFreshdesk, id: number) => fake.expected('contacts').find((contact) => contact.id === String(id))

describe('the address of a company', () => {
  it.each([
    'acme',
    ' ACME ',
    'acme.freshdesk.com',
    'https://acme.freshdesk.com',
    'https://acme.freshdesk.com/a/contacts/7?tab=1#x',
    'acme.freshdesk.com/support',
  ])('is found in %s', (entered) => {
    expect(freshdesk.origin(entered)).toBe('https://acme.freshdesk.com')
  })

  it.each([
    ...[
      '',
      '-acme',
      'a.b',
      'acme.example.com',
      'https://support.acme.com',
      'acme@evil.example',
      'https://acme.freshdesk.com@evil.example/',
    ],
    ...['evil.example/acme.freshdesk.com', 'evil.example#.freshdesk.com', 'freshdesk.com', 'a b', 'x.acme.freshdesk.com', 'ácme'],
  ])('is not %s', (entered) => {
    expect(() => freshdesk.origin(entered)).toThrowError(
      expect.objectContaining({ trouble: { code: 'crm.badDomain', params: { domain: entered } } }),
    )
  })
})

describe('connecting', () => {
  it('tells whose account and key it is, whom the rep may be, and where records are looked at', async () => {
    const { fake, send } = await started()
    const { identity, config } = await freshdesk.connect(send, 'https://fakeandsons.freshdesk.com/a/dashboard')
    expect(identity).toMatchObject({ account: 'Fake & Sons', user: { id: '1001', name: 'Anna Tamm', email: 'user1@company.example' } })
    expect(identity.users.map(({ id }) => id)).toEqual(['1001', '1002', '1003', '1005'])
    expect(identity.scopes.filter(({ state }) => state === 'missing')).toEqual([])
    expect(identity.warnings).toEqual([{ code: 'freshdesk.keyOfAdmin', params: { person: 'Anna Tamm' } }])
    expect(config).toMatchObject({ domain: 'fakeandsons', country: 'EE' })
    expect(freshdesk.page('contact', '7', config)).toBe('https://fakeandsons.freshdesk.com/a/contacts/7')
    expect(freshdesk.page('organization', '7', config)).toBe('https://fakeandsons.freshdesk.com/a/companies/7')
    expect(freshdesk.page('deal', '7', config)).toBeNull()
    expect(freshdesk.page('contact', '7', {})).toBeNull()
    expect(fake.asked().length).toBeLessThan(8)
    expect(JSON.stringify(config)).not.toContain(fake.token)
  })

  it('does with the key of an agent who administers nothing', async () => {
    const { send } = await started({ admin: false })
    const { identity, config } = await freshdesk.connect(send, 'fakeandsons')
    expect(identity.users.map(({ id }) => id)).toEqual(['1001'])
    expect(identity.warnings.map(({ code }) => code)).toEqual(['freshdesk.keyOfAgent'])
    expect(await freshdesk.prepare(send, config)).toMatchObject({ contactPhones: null, companyPhones: null })
  })

  it('says what the key may not read', async () => {
    const { send } = await started({ forbidden: ['/api/v2/companies', '/api/v2/account'] })
    const { identity } = await freshdesk.connect(send, 'fakeandsons')
    expect(identity.account).toBe('fakeandsons.freshdesk.com')
    expect(identity.warnings[0]).toEqual({ code: 'freshdesk.missing', params: { scopes: 'companies' } })
  })

  it('refuses a wrong key', async () => {
    const { fake } = await started()
    const { send, close } = sender(freshdesk, { origin: fake.origin, token: 'wrong' })
    closing.push(close)
    await expect(freshdesk.connect(send, 'fakeandsons')).rejects.toMatchObject({ trouble: { code: 'crm.refused' }, status: 401 })
  })

  it('learns custom phone fields and how to ask for changes', async () => {
    const { config } = await connected({ companiesSince: null })
    expect(config).toMatchObject({
      contactPhones: [
        { name: 'assistant', label: 'Assistant' },
        { name: 'night_line', label: 'Night line' },
      ],
      companyPhones: [{ name: 'switchboard', label: 'Switchboard' }],
      contactsSince: 'updated_since',
      companiesSince: null,
    })
  })
})

describe('a search by number', () => {
  const number = { e164: '+33612345678', national: '612345678', digits: '33612345678' }
  const phone = (value: string, field: number | null = null) => ({ value, type: 'mobile' as const, field })

  it.each(['(06) 12-34-56-78', '+33 6 12 34 56 78', '0033 612 345 678'])(
    'names who was made a moment ago, before the index knows: %s',
    async (value) => {
      const { fake, send, config } = await connected({ searchLagMs: 600_000 })
      const { id } = fake.data.add('people', { name: 'Rung Right Now', organizationId: 3, phones: [phone(value)] })
      expect(await freshdesk.search(send, number, config)).toEqual([ofFake(fake, id)])
      expect(fake.asked()).toHaveLength(2)
    },
  )

  it.each(['+33612345678', '+33 6 12 34 56 78', '06 12 34 56 78', '0612345678', '0033612345678', '33612345678'])(
    'finds who was changed long ago, as people write it: %s',
    async (value) => {
      const { fake, send, config } = await connected({ now: () => Date.UTC(2026, 9, 2) })
      const { id } = fake.data.add('people', { name: 'Known', phones: [phone(value), { ...phone('+33 1'), type: 'work' }] })
      expect(await freshdesk.search(send, number, config)).toEqual([ofFake(fake, id)])
      expect(fake.asked()).toHaveLength(2)
    },
  )

  it('finds a number in a custom field', async () => {
    const { fake, send, config } = await connected()
    const { id } = fake.data.add('people', { name: 'Custom', phones: [phone('0033 612 345 678', 1)] })
    expect(await freshdesk.search(send, number, config)).toMatchObject([{ id: String(id), phones: [{ label: 'Night line' }] }])
  })

  it('asks by the number itself where lists know no changes', async () => {
    const { fake, send, config } = await connected({ contactsSince: null, searchLagMs: 600_000 })
    const { id } = fake.data.add('people', { name: 'Mobile', phones: [phone('+33612345678')] })
    expect(await freshdesk.search(send, number, config)).toMatchObject([{ id: String(id) }])
    expect(fake.asked()).toHaveLength(2)
  })

  it('takes nobody whose number only contains the digits, and asks nothing for a few of them', async () => {
    const { fake, send, config } = await connected()
    fake.data.add('people', { name: 'Longer', phones: [phone('+33 612345678 99')] })
    expect(await freshdesk.search(send, number, config)).toEqual([])
    fake.log.length = 0
    expect(await freshdesk.search(send, { e164: null, national: '12', digits: '12' }, config)).toEqual([])
    expect(fake.log).toEqual([])
  })
})

describe('a look at one contact', () => {
  it('brings it with its company, in two requests', async () => {
    const { fake, send, config } = await connected({ shortLists: true })
    const { id } = fake.data.add('people', { name: 'Fresh', organizationId: 2, labels: [1], emails: ['a@x.example', 'b@x.example'] })
    const records = await freshdesk.refresh(send, String(id), config)
    expect(records.map(({ object }) => object)).toEqual(['organizations', 'contacts'])
    expect(records[0]).toEqual(fake.expected('organizations').find((organization) => organization.id === '2'))
    expect(records[1]).toMatchObject({ labels: ['Hot lead'], emails: ['a@x.example', 'b@x.example'], ownerId: null })
    expect(fake.asked()).toHaveLength(2)
  })

  it('says that it is in the bin, or gone altogether, and asks nothing for what is no id', async () => {
    const { fake, send, config } = await connected()
    fake.data.remove('people', 5)
    for (const id of ['5', '9999'])
      expect(await freshdesk.refresh(send, id, config)).toEqual([{ object: 'contacts', gone: true, id, mergedInto: null }])
    fake.log.length = 0
    expect(await freshdesk.refresh(send, '../agents', config)).toMatchObject([{ gone: true }])
    expect(fake.asked()).toEqual([])
  })

  it('does not take a failure for that', async () => {
    const { fake, send, config } = await connected()
    fake.inject({ kind: 'error', status: 500 }, { times: 10, path: '/contacts/5' })
    await expect(freshdesk.refresh(send, '5', config)).rejects.toMatchObject({ trouble: { code: 'crm.serverError' } })
  })
})

const input: CrmContactInput = {
  name: 'Maria Nueva',
  organizationId: '4',
  jobTitle: 'Buyer',
  phones: [
    { raw: '+34 612 345 678', type: 'mobile' },
    { raw: '+34 912 345 678', type: 'main' },
    { raw: '+34 912 000 000', type: 'other', label: 'Night line' },
  ],
  emails: ['maria@customer.example', 'm.nueva@customer.example'],
  note: 'Met at the fair.',
  ownerId: '1002',
}

describe('making a contact', () => {
  it('writes all that the CRM has a place for', async () => {
    const { fake, send, config } = await connected()
    const [made] = await freshdesk.createContact(send, input, config)
    expect(made).toMatchObject({
      object: 'contacts',
      name: 'Maria Nueva',
      organizationId: '4',
      jobTitle: 'Buyer',
      note: 'Met at the fair.',
    })
    expect(made).toMatchObject({
      emails: input.emails,
      phones: [
        { raw: '+34 912 345 678', type: 'work' },
        { raw: '+34 612 345 678', type: 'mobile' },
        { raw: '+34 912 000 000', label: 'Night line' },
      ],
    })
    expect(made).toEqual(ofFake(fake, Number(made?.id)))
    expect(fake.asked()).toHaveLength(2)
  })

  it.each([
    ['an address', input],
    ['a mobile number', { ...input, emails: [] }],
    ['a work number', { ...input, emails: [], phones: input.phones.slice(1, 2) }],
  ])('finds what an earlier try made whose answer was lost, by %s, though search does not know it yet', async (_, contact) => {
    const { fake, send, config } = await connected({ searchLagMs: 600_000 })
    fake.inject({ kind: 'cut', after: true }, { path: '/contacts', skip: 1 })
    await expect(freshdesk.createContact(send, contact, config)).rejects.toMatchObject({ trouble: { code: 'network.cut' } })
    expect(fake.data.people.size).toBe(61)
    expect(await freshdesk.createContact(send, contact, config)).toEqual([ofFake(fake, 61)])
    expect(fake.data.people.size).toBe(61)
    expect(fake.log.filter(({ method }) => method !== 'GET')).toHaveLength(1)
  })

  it('takes no namesake for it, nor another one with the number', async () => {
    const { fake, send, config } = await connected()
    fake.data.add('people', { name: 'Maria Nueva', phones: [{ value: '+34 600 000 000', type: 'mobile', field: null }] })
    fake.data.add('people', { name: 'Somebody', phones: [{ value: '+34 612 345 678', type: 'mobile', field: null }] })
    expect(await freshdesk.createContact(send, { ...input, emails: [] }, config)).toMatchObject([{ id: '63' }])
  })

  it('gives who has the address what they lack, and takes nothing from them', async () => {
    const { fake, send, config } = await connected()
    const phones = [{ value: '+34 600 000 000', type: 'mobile' as const, field: null }]
    const { id } = fake.data.add('people', { name: 'M. Nueva', phones, emails: ['maria@customer.example'], note: 'Old.' })
    const contact = { ...input, phones: input.phones.slice(0, 1) }
    expect(await freshdesk.createContact(send, contact, config)).toEqual([ofFake(fake, id)])
    expect(ofFake(fake, id)).toMatchObject({
      ...{ name: 'M. Nueva', note: 'Old.', jobTitle: 'Buyer', organizationId: '4', emails: input.emails },
      phones: [
        { raw: '+34 612 345 678', type: 'work' },
        { raw: '+34 600 000 000', type: 'mobile' },
      ],
    })
  })

  it('says whose address or number it cannot have', async () => {
    const { fake, send, config } = await connected({ uniqueMobile: true })
    const { id } = fake.data.add('people', { name: 'Binned', emails: ['maria@customer.example'] })
    fake.data.remove('people', id)
    await expect(freshdesk.createContact(send, input, config)).rejects.toMatchObject({
      trouble: { code: 'freshdesk.taken', params: { value: 'maria@customer.example' } },
    })
    fake.data.add('people', { name: 'Other', phones: [{ value: '+34 612 345 678', type: 'mobile', field: null }] })
    await expect(freshdesk.createContact(send, { ...input, emails: [] }, config)).rejects.toMatchObject({
      trouble: { code: 'freshdesk.taken', params: { value: '+34 612 345 678' } },
    })
  })

  it('refuses what the CRM cannot keep, before it is asked', async () => {
    const { fake, send, config } = await connected()
    const empty = { ...input, phones: [], emails: [] }
    await expect(freshdesk.createContact(send, empty, config)).rejects.toMatchObject({ trouble: { code: 'freshdesk.needsNumber' } })
    const phones = Array.from({ length: 5 }, (_, index) => ({ raw: `+34 600 000 00${index}`, type: 'work' as const }))
    await expect(freshdesk.createContact(send, { ...input, phones }, config)).rejects.toMatchObject({
      trouble: { code: 'freshdesk.noPlaceForNumber', params: { number: '+34 600 000 004' } },
    })
    expect(fake.log).toEqual([])
  })
})

describe('changing a contact', () => {
  const before = {
    ...{ name: 'Maria Vieja', organizationId: 5, jobTitle: 'Clerk', note: 'Old.', emails: ['maria@customer.example'] },
    phones: [
      { value: '+34 612 345 678', type: 'mobile' as const, field: null },
      { value: '+34 600 111 222', type: 'other' as const, field: 0 },
      { value: '+34 600 333 444', type: 'other' as const, field: 1 },
    ],
  }

  it('keeps numbers in their fields, and empties the field of one that was removed', async () => {
    const { fake, send, config } = await connected()
    const { id } = fake.data.add('people', before)
    const phones = [{ raw: '+34600111222', type: 'other' as const }, ...input.phones.slice(0, 2)]
    const [changed] = await freshdesk.updateContact(send, String(id), { ...input, phones }, config)
    expect(changed).toMatchObject({
      name: 'Maria Nueva',
      emails: input.emails,
      phones: [
        { raw: '+34 912 345 678', type: 'work' },
        { raw: '+34 612 345 678', type: 'mobile' },
        { raw: '+34600111222', label: 'Assistant' },
      ],
    })
    expect(changed).toEqual(ofFake(fake, id))
  })

  it('removes what is left empty, but no organization that is not known here, and sends nothing when nothing differs', async () => {
    const { fake, send, config } = await connected()
    const { id } = fake.data.add('people', before)
    const bare = { ...input, organizationId: null, jobTitle: '', note: '', phones: [], emails: ['maria@customer.example'] }
    const [changed] = await freshdesk.updateContact(send, String(id), bare, config)
    expect(changed).toMatchObject({ jobTitle: null, note: '', phones: [], organizationId: '5', emails: bare.emails })
    fake.log.length = 0
    expect(await freshdesk.updateContact(send, String(id), bare, config)).toEqual([changed])
    expect(fake.log.map(({ method }) => method)).toEqual(['GET'])
    await expect(freshdesk.updateContact(send, String(id), { ...bare, emails: [] }, config)).rejects.toMatchObject({
      trouble: { code: 'freshdesk.needsNumber' },
    })
  })

  it('says that it is gone, and whose address it cannot have', async () => {
    const { fake, send, config } = await connected()
    fake.data.remove('people', 5)
    expect(await freshdesk.updateContact(send, '5', input, config)).toMatchObject([{ gone: true, id: '5' }])
    const { id } = fake.data.add('people', before)
    await expect(
      freshdesk.updateContact(send, String(id), { ...input, emails: ['p2@customer.example'], phones: [] }, config),
    ).rejects.toMatchObject({ trouble: { code: 'freshdesk.taken', params: { value: 'p2@customer.example' } } })
  })
})
