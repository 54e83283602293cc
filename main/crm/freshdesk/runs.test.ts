/** Runs over everything against a fake Freshdesk, over real HTTP: nothing is missed, whatever changes meanwhile. */
import { afterEach, describe, expect, it } from 'vitest'
import type { SyncObject } from '../../../preload/contract'
import { MapCache, run, sender, sorted } from '../../../test/fixtures/crm/asking'
import { startFakeProcess } from '../../../test/fixtures/crm/fake-process'
import { create, type FakeFreshdesk, type FakeFreshdeskOptions } from '../../../test/fixtures/crm/freshdesk'
import type { CrmConfig, CrmSend } from '../crm'
import { afterPlace, firstOf, pageAt } from './cursor'
import { freshdesk } from './freshdesk'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function connected(options: FakeFreshdeskOptions): Promise<{ fake: FakeFreshdesk; send: CrmSend; config: CrmConfig }> {
  const fake = await create({ deals: 0, leads: 0, ...options }).start()
  const { send, close } = sender(freshdesk, fake)
  closing.push(() => fake.stop(), close)
  const { config } = await freshdesk.connect(send, 'fakeandsons')
  return { fake, send, config: await freshdesk.prepare(send, config) }
}

const runs: readonly SyncObject[] = ['organizations', 'contacts']

describe('a full run', () => {
  const kinds: FakeFreshdeskOptions[] = [{}, { shortLists: true }, { admin: false }, { contactsSince: null, companiesSince: null }]
  it.each(kinds)('gives every record as it must be in the cache: %j', async (options) => {
    const { fake, send, config } = await connected({ people: 430, organizations: 130, ...options })
    const cache = new MapCache()
    for (const object of freshdesk.objects) {
      await run(freshdesk, send, cache, object, { mode: 'full', config })
      if (object !== 'users' || options.admin !== false) expect(cache.of(object)).toEqual(sorted(fake.expected(object)))
    }
    expect(cache.of('contacts')).toHaveLength(430)
    expect(fake.expected('contacts').some((contact) => 'phones' in contact && contact.phones.length > 2)).toBe(options.admin !== false)
  })

  it('brings what was changed in the last thirty days before the rest, as lists know no other order than names', async () => {
    const { fake, send, config } = await connected({ people: 300 })
    const late = [250, 17].map((id) => fake.data.change('people', id, { name: `Zuletzt ${id}` }).id)
    const { ids } = await run(freshdesk, send, new MapCache(), 'contacts', { mode: 'full', config })
    expect(ids.slice(0, 2).toSorted()).toEqual(late.map(String).toSorted())
    expect(new Set(ids).size).toBe(300)
  })

  it('costs a request for each page, which overlap by a few rows', async () => {
    const { fake, send, config } = await connected({ people: 1000, organizations: 0 })
    fake.log.length = 0
    const { pages, ids } = await run(freshdesk, send, new MapCache(), 'contacts', { mode: 'full', config })
    expect(fake.log).toHaveLength(pages)
    expect(pages).toBeLessThanOrEqual(13)
    expect(ids.length).toBeLessThan(1120)
    expect(freshdesk.pageCost('contacts', '')).toBe(1)
  })
})

describe.each(['name', 'id', 'updated'] as const)('changes while it goes on (lists in the order of %s)', (order) => {
  it('are all in the cache after the changes and the sweep that follow', async () => {
    const { fake, send, config } = await connected({ people: 700, organizations: 260, order })
    const { data } = fake
    const cache = new MapCache()
    let step = 0
    const disturb = () => {
      step++
      for (let index = 0; index < 12; index++) {
        const id = ((step * 131 + index * 89) % 690) + 1
        if (data.get('people', id) === null) continue
        if (index % 4 === 0) data.remove('people', id)
        else if (index % 4 === 1 && data.get('people', id + 1)) data.merge('people', id, id + 1)
        else data.change('people', id, { name: `${index % 2 ? 'Aa' : 'Zz'} ${step}.${index}` })
      }
      data.add('people', { name: `New ${step}`, organizationId: 1 })
      const company = ((step * 37) % 250) + 2
      if (data.get('organizations', company)) data.remove('organizations', company)
      data.add('organizations', { name: `Co ${step}` })
    }
    const watermarks = new Map<SyncObject, string | null>()
    for (const object of runs) {
      const { watermark } = await run(freshdesk, send, cache, object, { mode: 'full', config, between: disturb })
      watermarks.set(object, watermark)
    }
    // The first round is disturbed too.
    for (const between of [{ between: disturb }, {}]) {
      for (const object of runs) {
        const { watermark } = await run(freshdesk, send, cache, object, {
          mode: 'changes',
          watermark: watermarks.get(object) ?? null,
          config,
          ...between,
        })
        watermarks.set(object, watermark)
      }
    }
    const missed = runs.flatMap((object) => {
      const had = new Map(cache.of(object).map((record) => [record.id, record]))
      return fake.expected(object).filter((record) => JSON.stringify(had.get(record.id)) !== JSON.stringify(record))
    })
    expect(missed).toEqual([])
    // Deleted and merged contacts are in the bin; companies have none.
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))

    for (const object of runs) {
      cache.forgetMet()
      const { watermark } = await run(freshdesk, send, cache, object, { mode: 'sweep', config, between: disturb })
      await run(freshdesk, send, cache, object, { mode: 'changes', watermark, config })
      cache.finish(object)
      const had = new Set(cache.of(object).map(({ id }) => id))
      expect(fake.expected(object).filter(({ id }) => !had.has(id))).toEqual([])
    }
    for (const object of runs) {
      cache.forgetMet()
      await run(freshdesk, send, cache, object, { mode: 'sweep', config })
      cache.finish(object)
      expect(cache.of(object), object).toEqual(sorted(fake.expected(object)))
    }
  })
})

describe('many rows that go between two pages', () => {
  it.each([60, 250])('make it go back, so that none that is there is missed: %i', async (many) => {
    const { fake, send, config } = await connected({ people: 900, organizations: 0, order: 'id' })
    const cache = new MapCache()
    await run(freshdesk, send, cache, 'contacts', {
      mode: 'sweep',
      config,
      between: (page) => {
        if (page === 4) for (let id = 1; id <= many; id++) fake.data.remove('people', id)
      },
    })
    const had = new Set(cache.of('contacts').map(({ id }) => id))
    expect(fake.expected('contacts').filter(({ id }) => !had.has(id))).toEqual([])
  })

  it('are too many when it never comes to an end', () => {
    const never = () => {
      let cursor = firstOf({ mode: 'sweep', phase: 'all', began: 0 })
      for (let page = 0; page < 1000; page++) {
        const ids = Array.from({ length: cursor.size }, (_, index) => `${page}${index}`)
        cursor = afterPlace(cursor, { ids, more: true }) ?? cursor
      }
    }
    expect(never).toThrowError(expect.objectContaining({ trouble: expect.objectContaining({ code: 'crm.badReply' }) }))
  })

  it('never leave a gap between two pages', () => {
    for (let position = 0; position < 30_000; position += 7) {
      const { page, size } = pageAt(position)
      expect((page - 1) * size).toBeLessThanOrEqual(position)
      expect(page * size).toBeGreaterThan(position + 20)
      expect(size).toBeLessThanOrEqual(100)
    }
  })
})

describe('changes', () => {
  it.each(['updated_since', '_updated_since'] as const)('are asked for by the filter that takes effect: %s', async (contactsSince) => {
    const { fake, send, config } = await connected({ people: 250, contactsSince, companiesSince: contactsSince })
    const cache = new MapCache()
    const { watermark } = await run(freshdesk, send, cache, 'contacts', { mode: 'full', config })
    fake.data.change('people', 9, { name: 'Changed' })
    fake.data.remove('people', 10)
    fake.log.length = 0
    const { ids } = await run(freshdesk, send, cache, 'contacts', { mode: 'changes', watermark, config })
    expect(ids).toEqual(expect.arrayContaining(['9', '10']))
    expect(ids.length).toBeLessThan(5)
    expect(fake.log).toHaveLength(2)
    expect(Date.parse(fake.log[0]?.query[contactsSince] ?? '')).toBe(Date.parse(watermark ?? '') - 300_000)
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
  })

  it.each([null, 'ignored'] as const)('are left to the daily sweep where no filter does: %s', async (since) => {
    const { config } = await connected({ people: 60, contactsSince: since, companiesSince: since })
    expect(config).toMatchObject({ contactsSince: null, companiesSince: null })
    const changes = { mode: 'changes', watermark: '2026-11-01T00:00:00.000Z', now: Date.now() } as const
    expect(freshdesk.begin('contacts', changes, config)).toBeNull()
    expect(freshdesk.begin('contacts', { ...changes, mode: 'sweep' }, config)).not.toBeNull()
  })

  it('are known no further than to when the run began', async () => {
    const { fake, send, config } = await connected({ people: 250 })
    const cursor = freshdesk.begin('contacts', { mode: 'sweep', watermark: null, now: Date.now() }, config) ?? ''
    const parts = await freshdesk.fetchPage(send, 'contacts', cursor, config)
    const page = freshdesk.readPage('contacts', parts, cursor, config)
    const began = (JSON.parse(page.next ?? '{}') as { began: number }).began
    expect(Math.abs(Date.now() - began)).toBeLessThan(60_000)
    const later = { id: 1, updated_at: new Date(began + 3_600_000).toISOString() }
    const read = freshdesk.readPage('contacts', [new TextEncoder().encode(JSON.stringify([later])), parts[1] as Uint8Array], cursor, config)
    expect(Date.parse(read.watermark ?? '')).toBe(began)
    expect(fake.violations).toEqual([])
  })

  it('ask nothing for users, and there are no stages, deals and leads', () => {
    const about = { watermark: null, now: 0 }
    expect(freshdesk.begin('users', { ...about, mode: 'changes' }, {})).toBeNull()
    expect(freshdesk.begin('users', { ...about, mode: 'full' }, {})).not.toBeNull()
    for (const object of ['stages', 'deals', 'leads'] as const) expect(freshdesk.begin(object, { ...about, mode: 'full' }, {})).toBeNull()
  })
})

it('reads more agents than fit on a page, also for the rep to choose from', async () => {
  const { fake, send, config } = await connected({ people: 1, users: 230 })
  const cache = new MapCache()
  const { pages } = await run(freshdesk, send, cache, 'users', { mode: 'full', config })
  expect(pages).toBe(3)
  expect(cache.of('users')).toEqual(sorted(fake.expected('users')))
  const { identity } = await freshdesk.connect(send, 'fakeandsons')
  expect(identity.users).toHaveLength(229)
})

it('does without agents and companies where the key may not see them', async () => {
  const forbidden = ['/api/v2/companies', '/api/v2/agents']
  const { fake, send, config } = await connected({ people: 30, forbidden })
  const cache = new MapCache()
  for (const object of freshdesk.objects) await run(freshdesk, send, cache, object, { mode: 'full', config })
  expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
  expect([...cache.of('organizations'), ...cache.of('users')]).toEqual([])
})

it('is asked and changed as a process of its own like the fake in the test', async () => {
  const fake = await startFakeProcess('freshdesk', { people: 120, organizations: 5, deals: 0, leads: 0 })
  const { send, close } = sender(freshdesk, fake)
  closing.push(() => fake.stop(), close)
  const { config } = await freshdesk.connect(send, 'fakeandsons')
  await fake.change('change', 'people', 9, { name: 'Changed from afar' })
  const cache = new MapCache()
  await run(freshdesk, send, cache, 'contacts', { mode: 'full', config: await freshdesk.prepare(send, config) })
  expect(cache.rows.get('contacts 9')).toMatchObject({ name: 'Changed from afar' })
  expect(cache.of('contacts')).toEqual(sorted(await fake.call('expected', 'contacts')))
})
