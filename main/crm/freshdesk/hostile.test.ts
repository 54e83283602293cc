/** What Freshdesk, or whoever answers in its place, may send: odd rows, no rows, no JSON, no end; and its limits. */
import { afterEach, describe, expect, it } from 'vitest'
import type { SyncObject } from '../../../preload/contract'
import { MapCache, run, sender } from '../../../test/fixtures/crm/asking'
import type { FakeFault } from '../../../test/fixtures/crm/fake-crm'
import { startBystander } from '../../../test/fixtures/crm/fake-crm'
import { create, type FakeFreshdesk, type FakeFreshdeskOptions } from '../../../test/fixtures/crm/freshdesk'
import type { CrmReply, CrmSend } from '../crm'
import { freshdesk } from './freshdesk'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const objects = ['contacts', 'organizations', 'users'] as const
const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

function read(object: SyncObject, rows: unknown, config = {}, about: unknown = { more: false }) {
  const cursor = freshdesk.begin(object, { mode: 'full', watermark: null, now: 1e12 }, config) ?? ''
  return freshdesk.readPage(object, [bytes(rows), bytes(about)], cursor, config)
}

/** Everything that JSON can put where something else was expected. */
const odd: unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, '', ' ', 'text', '9'.repeat(400), [], [null], [[[]]], {}, { id: 1 }, '__proto__'],
]

describe('odd rows', () => {
  const fields = [
    ...['id', 'name', 'email', 'phone', 'mobile', 'company_id', 'other_emails', 'tags', 'job_title', 'description', 'note'],
    ...['custom_fields', 'updated_at', 'deleted', 'contact', 'deactivated'],
  ]
  const good = { id: 7, name: 'Good', updated_at: '2026-01-01T00:00:00Z', contact: { name: 'Good' } }

  it.each(objects)('harm no other row: %s', (object) => {
    for (const config of [{}, { contactPhones: [{ name: '__proto__', label: 'x' }], companyPhones: [{ name: 'id', label: 'y' }] }]) {
      const rows = [...odd, ...fields.flatMap((field) => odd.map((value) => ({ ...good, [field]: value }))), good]
      const page = read(object, rows, config)
      expect(page.records.length).toBeGreaterThan(rows.length / 2)
      expect(page.records.at(-1)).toMatchObject({ id: '7', name: 'Good' })
      for (const record of page.records) {
        expect(record.id).toMatch(/^[1-9]\d{0,19}$/)
        for (const value of Object.values(record)) if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true)
        if ('phones' in record)
          for (const phone of record.phones)
            expect(Object.values(phone).every((value) => value === null || typeof value === 'string')).toBe(true)
      }
    }
  })

  it('are read as far as they make sense, and custom numbers by their names where fields are not known', () => {
    const row = {
      ...{
        id: 43_000_123_456,
        name: 'Parts',
        phone: 3_725_000_001,
        mobile: ' ',
        tags: ['VIP', 7, null],
        other_emails: ['b@x.example', {}],
      },
      custom_fields: {
        direct_phone: '+372 5000 002',
        phone_contract: 'gold',
        telephone_minutes: 12,
        cf_mobile_2: '5000 0003',
        size: '500000',
      },
    }
    expect(read('contacts', [row]).records).toMatchObject([
      {
        ...{ id: '43000123456', labels: ['VIP', '7'], emails: ['b@x.example'], updatedAt: 0 },
        phones: [
          { raw: '3725000001', type: 'work', label: null },
          { raw: '+372 5000 002', type: 'work', label: 'direct phone' },
          { raw: '5000 0003', type: 'mobile', label: 'mobile 2' },
        ],
      },
    ])
  })

  it('end nobody who is not in the bin, whatever the list of the bin shows', () => {
    const cursor = JSON.parse(
      freshdesk.begin('contacts', { mode: 'changes', watermark: '2026-01-01T00:00:00Z', now: 1 }, { contactsSince: 'updated_since' }) ?? '',
    )
    const text = JSON.stringify({ ...cursor, phase: 'deleted' })
    const rows = [
      { id: 1, name: 'There' },
      { id: 2, name: 'Odd', deleted: 'true' },
      { id: 3, deleted: true },
    ]
    const page = freshdesk.readPage('contacts', [bytes(rows), bytes({ more: false })], text, {})
    expect(page.records).toEqual([{ object: 'contacts', gone: true, id: '3', mergedInto: null }])
  })
})

describe('what is no page', () => {
  const bad: [string, unknown][] = [
    ...([
      ['HTML', '<!DOCTYPE html>'],
      ['nothing', ''],
      ['half a page', '[{"id":1'],
      ['null', 'null'],
      ['an object', {}],
    ] as [string, unknown][]),
    ['an error', { code: 'invalid_credentials', message: 'no' }],
  ]
  it.each(bad)('is refused: %s', (_, body) => {
    for (const object of objects)
      expect(() => read(object, body)).toThrowError(expect.objectContaining({ trouble: expect.objectContaining({ code: 'crm.badReply' }) }))
  })
})

async function asked(options: FakeFreshdeskOptions = {}): Promise<{ fake: FakeFreshdesk; send: CrmSend }> {
  const fake = await create({ people: 260, organizations: 3, deals: 0, leads: 0, ...options }).start()
  const { send, close } = sender(freshdesk, fake)
  closing.push(() => fake.stop(), close)
  return { fake, send }
}

describe('a server that misbehaves', () => {
  const faults: [string, FakeFault, string][] = [
    ['HTML with 200', { kind: 'html', status: 200 }, 'crm.badReply'],
    ['HTML with 403', { kind: 'html', status: 403 }, 'crm.blocked'],
    ['errors of its own', { kind: 'error', status: 500 }, 'crm.serverError'],
    ['half a body as if it were all', { kind: 'half', quiet: true }, 'crm.badReply'],
    ['nothing', { kind: 'cut' }, 'network.cut'],
  ]
  it.each(faults)('is told from one that works: %s', async (_, fault, code) => {
    const { fake, send } = await asked()
    fake.inject(fault, { times: Number.POSITIVE_INFINITY, path: '/contacts' })
    const reading = run(freshdesk, send, new MapCache(), 'contacts', { mode: 'full', config: {} })
    await expect(reading).rejects.toMatchObject({ trouble: { code } })
  })

  it('is left when it sends elsewhere, and the key does not go there', async () => {
    const { fake, send } = await asked()
    const bystander = await startBystander()
    closing.push(bystander.stop)
    fake.inject({ kind: 'redirect', to: `${bystander.origin}/api/v2/agents/me` }, { times: 5 })
    await expect(freshdesk.connect(send, 'fakeandsons')).rejects.toMatchObject({ trouble: { code: 'crm.redirected' } })
    expect(bystander.got).toEqual([])
  })

  it('is left when its pages do not end', async () => {
    const { fake, send } = await asked()
    fake.inject({ kind: 'endless' }, { times: Number.POSITIVE_INFINITY })
    const reading = run(freshdesk, send, new MapCache(), 'contacts', { mode: 'full', config: {} })
    await expect(reading).rejects.toMatchObject({ trouble: { code: 'crm.badReply' } })
    expect(fake.log.length).toBeLessThan(20)
  })

  it('is believed no empty bin where it cannot be asked for one', async () => {
    const { fake, send } = await asked()
    fake.inject({ kind: 'error', status: 400 }, { skip: 1 })
    const config = { contactsSince: 'updated_since' }
    const { ids } = await run(freshdesk, send, new MapCache(), 'contacts', { mode: 'changes', watermark: '2026-11-01T00:00:00Z', config })
    expect(ids).toEqual([])
    expect(fake.log.map(({ status }) => status)).toEqual([200, 400])
  })
})

describe('limits', () => {
  const reply = (status: number, headers: Record<string, string>): CrmReply => ({ status, headers, body: new Uint8Array() })

  it('are read from the headers, and nothing from none', () => {
    expect(freshdesk.limits(reply(200, { 'x-ratelimit-total': '200', 'x-ratelimit-remaining': '17' }), 0)).toEqual({ burstRemaining: 17 })
    expect(freshdesk.limits(reply(429, { 'retry-after': '38' }), 0)).toEqual({ waitMs: 38_000 })
    expect(freshdesk.limits(reply(200, { 'x-ratelimit-remaining': 'soon', 'retry-after': '3' }), 0)).toEqual({})
    expect(freshdesk.limits(reply(429, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }), 0)).toEqual({})
    expect(freshdesk.pace.daily).toBeNull()
  })

  it('of lists are waited for, and then it goes on', async () => {
    const { fake, send } = await asked({ limits: { searchBurst: 1, searchWindowMs: 900 } })
    const ask = () => send({ path: '/api/v2/contacts', query: { page: 1, per_page: 1 } })
    const replies = await Promise.all([ask(), ask()])
    expect(replies.map(({ status }) => status)).toEqual([200, 200])
    expect(fake.refused).toBeGreaterThan(0)
    expect(replies[0]?.headers['x-ratelimit-total']).toBe('200')
  })
})
