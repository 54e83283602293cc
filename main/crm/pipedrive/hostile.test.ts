/** What Pipedrive, or whoever answers in its place, may send: odd rows, no rows, no JSON, no end. */
import { afterEach, describe, expect, it } from 'vitest'
import type { SyncObject } from '../../../preload/contract'
import { MapCache, run, sender } from '../../../test/fixtures/crm/asking'
import type { FakeFault } from '../../../test/fixtures/crm/fake-crm'
import { startBystander } from '../../../test/fixtures/crm/fake-crm'
import { create, type FakePipedrive } from '../../../test/fixtures/crm/pipedrive'
import type { CrmReply, CrmSend } from '../crm'
import { pipedrive } from './pipedrive'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const config = {
  personPhones: [{ key: 'a'.repeat(40), name: 'Night line' }],
  organizationPhones: [{ key: 'b'.repeat(40), name: 'Switchboard' }],
  labels: { person: { '1': 'Customer' }, organization: {}, deal: {}, lead: {} },
}

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
}

function read(object: SyncObject, rows: unknown, more: object = { next_cursor: null }) {
  const cursor = pipedrive.begin(object, { mode: 'full', watermark: null, now: 0 }, config) ?? ''
  return pipedrive.readPage(object, [bytes({ success: true, data: rows, additional_data: more })], cursor, config)
}

/** Everything that JSON can put where something else was expected. */
const odd: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e300,
  '',
  ' ',
  'text',
  '9'.repeat(400),
  [],
  [null],
  [[[]]],
  {},
  { id: 1 },
  { value: {} },
  '__proto__',
]

describe('odd rows', () => {
  const good = {
    contacts: { id: 7, name: 'Good', update_time: '2026-01-01T00:00:00Z' },
    organizations: { id: 7, name: 'Good', update_time: '2026-01-01T00:00:00Z' },
    deals: { id: 7, title: 'Good', status: 'open', update_time: '2026-01-01T00:00:00Z' },
    leads: { id: 'aaaaaaaa-0000-4000-8000-000000000007', title: 'Good', update_time: '2026-01-01T00:00:00Z' },
    users: { id: 7, name: 'Good' },
  }
  const fields = [
    'id',
    'name',
    'first_name',
    'title',
    'owner_id',
    'org_id',
    'person_id',
    'organization_id',
    'update_time',
    'emails',
    'phones',
    'label_ids',
    'custom_fields',
    'postal_address',
    'address',
    'value',
    'currency',
    'status',
    'stage_id',
    'won_time',
    'expected_close_date',
    'job_title',
    'notes',
    'is_deleted',
    'is_archived',
  ]

  it.each(Object.keys(good) as (keyof typeof good)[])('harm no other row: %s', (object) => {
    const rows = [...odd, ...fields.flatMap((field) => odd.map((value) => ({ ...good[object], [field]: value }))), good[object]]
    const page = read(object, rows)
    expect(page.records.length).toBeGreaterThan(rows.length / 2)
    expect(page.records.at(-1)).toMatchObject({ id: String(good[object].id) })
    for (const record of page.records) {
      expect(record.id).toMatch(/^[\w-]{1,64}$/)
      for (const value of Object.values(record)) if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true)
      if ('phones' in record)
        for (const phone of record.phones)
          expect(Object.values(phone).every((value) => value === null || typeof value === 'string')).toBe(true)
      if ('name' in record) expect(typeof record.name).toBe('string')
    }
    expect(page.watermark === null || /^\d{4}-\d\d-\d\dT/.test(page.watermark)).toBe(true)
  })

  it('are read as far as they make sense', () => {
    const [contact] = read('contacts', [
      {
        id: 3,
        first_name: 'Only',
        last_name: 'Parts',
        update_time: '2026-01-02 03:04:05',
        phones: [
          { value: '+372 5000 0001', label: 'work', primary: false },
          { value: '', label: 'home' },
          { value: '+372 5000 0002', label: 'Handy', primary: true },
          'none',
        ],
        custom_fields: { ['a'.repeat(40)]: { value: '+372 5000 0003' }, other: 'x' },
        label_ids: [1, 99],
        postal_address: { country: 'united kingdom' },
      },
    ]).records
    expect(contact).toMatchObject({
      name: 'Only Parts',
      updatedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
      labels: ['Customer'],
      country: 'GB',
      phones: [
        { raw: '+372 5000 0002', type: 'mobile', label: 'Handy' },
        { raw: '+372 5000 0001', type: 'work', label: null },
        { raw: '+372 5000 0003', type: 'other', label: 'Night line' },
      ],
    })
  })

  it('bring at most a hundred numbers', () => {
    const phones = Array.from({ length: 5_000 }, (_, index) => ({ value: `+3725${1_000_000 + index}`, label: 'work', primary: true }))
    const [contact] = read('contacts', [{ id: 1, phones }]).records
    expect(contact && 'phones' in contact && contact.phones.length).toBe(100)
  })
})

describe('what is no page', () => {
  const bad: [string, unknown][] = [
    ['HTML', '<!DOCTYPE html><title>Sign in</title>'],
    ['nothing', ''],
    ['half a page', JSON.stringify({ success: true, data: [{ id: 1 }] }).slice(0, 25)],
    ['a list', []],
    ['null', null],
    ['an error', { success: false, error: 'no', data: null }],
    ['no data', { success: true }],
    ['data that is no list', { success: true, data: { id: 1 } }],
    ['a cursor without end', { success: true, data: [], additional_data: { next_cursor: 'x'.repeat(5_000) } }],
  ]
  it.each(bad)('is refused: %s', (_, body) => {
    for (const object of ['contacts', 'organizations', 'deals', 'leads', 'users'] as const) {
      const cursor = pipedrive.begin(object, { mode: 'full', watermark: null, now: 0 }, config) ?? ''
      const reading = () => pipedrive.readPage(object, [bytes(body)], cursor, config)
      expect(reading).toThrowError(expect.objectContaining({ trouble: expect.objectContaining({ code: 'crm.badReply' }) }))
    }
  })

  it('is refused where it names itself as the next one', () => {
    const cursor = JSON.stringify({ by: 'time', phase: 'live', mode: 'full', after: 'same', pages: 1, stuck: 1 })
    const body = bytes({ success: true, data: [], additional_data: { next_cursor: 'same' } })
    expect(() => pipedrive.readPage('contacts', [body], cursor, config)).toThrowError(/crm.badReply/)
  })

  it('is refused where the stages are missing', () => {
    const one = [bytes({ success: true, data: [] })]
    expect(() => pipedrive.readPage('stages', one, '{"by":"once"}', config)).toThrowError(/crm.badReply/)
  })
})

describe('a server that misbehaves', () => {
  async function asked(): Promise<{ fake: FakePipedrive; send: CrmSend }> {
    const fake = await create({ people: 1200, organizations: 3, deals: 3, leads: 3 }).start()
    const { send, close } = sender(pipedrive, fake)
    closing.push(() => fake.stop(), close)
    return { fake, send }
  }
  const faults: [string, FakeFault, string][] = [
    ['HTML with 200', { kind: 'html', status: 200 }, 'crm.badReply'],
    ['HTML with 403', { kind: 'html', status: 403 }, 'crm.blocked'],
    ['errors of its own', { kind: 'error', status: 500 }, 'crm.serverError'],
    ['HTML with 502', { kind: 'html', status: 502 }, 'crm.serverError'],
    ['half a body and no more', { kind: 'half' }, 'network.cut'],
    ['half a body as if it were all', { kind: 'half', quiet: true }, 'crm.badReply'],
    ['nothing', { kind: 'cut' }, 'network.cut'],
  ]
  it.each(faults)('is told from one that works: %s', async (_, fault, code) => {
    const { fake, send } = await asked()
    fake.inject(fault, { times: Number.POSITIVE_INFINITY, path: '/persons' })
    const reading = run(pipedrive, send, new MapCache(), 'contacts', { mode: 'full', config: {} })
    await expect(reading).rejects.toMatchObject({ trouble: { code } })
  })

  it('is left when it sends elsewhere, and the token does not go there', async () => {
    const { fake, send } = await asked()
    const bystander = await startBystander()
    closing.push(bystander.stop)
    fake.inject({ kind: 'redirect', to: `${bystander.origin}/api/v2/persons` }, { times: 5 })
    await expect(pipedrive.connect(send, '')).rejects.toMatchObject({ trouble: { code: 'crm.redirected' } })
    expect(bystander.got).toEqual([])
  })

  it.each(['contacts', 'leads'] as const)('is left when its pages do not end: %s', async (object) => {
    const { fake, send } = await asked()
    fake.inject({ kind: 'endless' }, { times: Number.POSITIVE_INFINITY })
    const reading = run(pipedrive, send, new MapCache(), object, { mode: 'full', config: {} })
    await expect(reading).rejects.toMatchObject({ trouble: { code: 'crm.badReply' } })
    expect(fake.log.length).toBeLessThan(20)
  })
})

describe('limits', () => {
  const reply = (status: number, headers: Record<string, string>): CrmReply => ({ status, headers, body: new Uint8Array() })

  it('are read from the headers, and nothing from none', () => {
    const headers = {
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset': '2',
      'x-daily-ratelimit-token-limit': '30000',
      'x-daily-ratelimit-token-remaining': '12345',
    }
    expect(pipedrive.limits(reply(200, headers), 0)).toEqual({
      burstRemaining: 3,
      burstResetMs: 2000,
      dailyLimit: 30_000,
      dailyRemaining: 12_345,
    })
    expect(pipedrive.limits(reply(200, {}), 0)).toEqual({})
    expect(pipedrive.limits(reply(200, { 'x-ratelimit-remaining': 'soon', 'x-ratelimit-reset': '-1' }), 0)).toEqual({})
  })

  it('make a 429 wait two seconds at least, and not at all when the day is over', () => {
    expect(pipedrive.limits(reply(429, {}), 0)).toEqual({ waitMs: 2000 })
    expect(pipedrive.limits(reply(429, { 'retry-after': '7', 'x-ratelimit-reset': '2' }), 0)).toEqual({ waitMs: 7000, burstResetMs: 2000 })
    // A reset in ms, or one that nobody can mean.
    expect(pipedrive.limits(reply(429, { 'x-ratelimit-reset': '2500' }), 0)).toMatchObject({ waitMs: 2500 })
    expect(pipedrive.limits(reply(429, { 'x-ratelimit-reset': '1790000000' }), 0)).toMatchObject({ waitMs: 60_000 })
    expect(pipedrive.limits(reply(429, { 'x-daily-ratelimit-token-remaining': '0' }), 0)).toEqual({ dailyRemaining: 0 })
  })

  it('of the fake are kept by the program on its own pace', async () => {
    const fake = await create({ people: 4, limits: true }).start()
    const { send, close } = sender(pipedrive, fake)
    closing.push(() => fake.stop(), close)
    // More at once than the service lets through in two seconds.
    await Promise.all(Array.from({ length: 26 }, () => send({ path: '/v1/users/me', cost: 2 })))
    expect(fake.log.filter(({ status }) => status === 200)).toHaveLength(26)
    expect(fake.log.filter(({ status }) => status === 403)).toEqual([])
    expect(fake.spent).toBe(52)
  })
})
