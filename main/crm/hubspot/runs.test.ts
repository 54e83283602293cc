/** Runs over everything against a fake HubSpot, over real HTTP: nothing is missed, whatever changes meanwhile and however late the index is. */
import { afterEach, describe, expect, it } from 'vitest'
import type { SyncObject } from '../../../preload/contract'
import { MapCache, run, sender, sorted } from '../../../test/fixtures/crm/asking'
import { create, type FakeHubspot, type FakeHubspotOptions } from '../../../test/fixtures/crm/hubspot'
import { type CrmConfig, type CrmSend, CrmTrouble } from '../crm'
import { hubspot } from './hubspot'

/** Machines under load must not fail a test. */
const patient = { timeout: 180_000 }

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function connected(options: FakeHubspotOptions): Promise<{ fake: FakeHubspot; send: CrmSend; config: CrmConfig }> {
  const fake = await create(options).start()
  const { send, close } = sender(hubspot, fake)
  closing.push(() => fake.stop(), close)
  const { config } = await hubspot.connect(send, '')
  return { fake, send, config }
}

const runs: readonly SyncObject[] = ['organizations', 'contacts', 'deals', 'leads']
const searches = (fake: FakeHubspot) => fake.log.filter(({ search }) => search)

describe('a full run', () => {
  it.each([
    { account: 'all', missing: [] as string[] },
    { account: 'not all', missing: ['associatedcompanyid', 'hs_country_region_code', 'hs_additional_emails', 'hs_lead_status'] },
  ])('gives every record as it must be in the cache, where the account has $account properties', async ({ missing }) => {
    const { fake, send, config } = await connected({ people: 1300, organizations: 300, deals: 600, leads: 120, missing })
    const cache = new MapCache()
    for (const object of hubspot.objects) {
      await run(hubspot, send, cache, object, { mode: 'full', config })
      const expected = sorted(fake.expected(object)).map((record) =>
        record.object === 'contacts' && missing.length > 0 && Number(record.id) % 2 === 0 ? { ...record, country: null } : record,
      )
      expect(cache.of(object)).toEqual(expected)
    }
    expect(cache.of('contacts')).toHaveLength(1300)
  })

  it('brings what was changed last first, and then everything past the 10,000 that a search shows', patient, async () => {
    const { fake, send, config } = await connected({ people: 30_000, organizations: 500, deals: 0, leads: 0 })
    const late = fake.data.change('people', 700, { name: 'Changed last' })
    const cache = new MapCache()
    const { ids, pages } = await run(hubspot, send, cache, 'contacts', { mode: 'full', config })
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
    expect(ids[0]).toBe(String(late.id))
    const newest = ids.slice(0, 10_000).map((id) => fake.data.get('people', Number(id))?.updatedAt ?? 0)
    expect(newest).toEqual(newest.toSorted((a, b) => b - a))
    // The newest by search in pages of 200, all of them by the list in pages of 100.
    expect(searches(fake).length).toBeGreaterThan(45)
    expect(pages).toBeLessThan(300 + 60)
    expect(searches(fake).some(({ body }) => (body as { after?: string }).after !== undefined)).toBe(false)
  })

  it('says how many there are, and when it began', async () => {
    const { fake, send, config } = await connected({ people: 900, organizations: 0, deals: 0, leads: 0 })
    const late = fake.data.change('people', 3, { name: 'Changed' })
    const cursor = hubspot.begin('contacts', { mode: 'full', watermark: null, now: 0 }, config) ?? ''
    const first = hubspot.readPage('contacts', await hubspot.fetchPage(send, 'contacts', cursor, config), cursor, config)
    expect(first.total).toBe(1800)
    expect(first.watermark).toBe(new Date(late.updatedAt).toISOString())
    // What changes while it runs is later than what it calls known.
    const { watermark } = await run(hubspot, send, new MapCache(), 'contacts', {
      mode: 'full',
      config,
      between: () => fake.data.change('people', 5, { name: 'Changed meanwhile' }),
    })
    expect(watermark).toBe(first.watermark)
  })

  it('comes past a moment in which more was changed than a page holds', async () => {
    // 1,200 of them have one time.
    const { fake, send, config } = await connected({ people: 5000, organizations: 0, deals: 0, leads: 0 })
    const cache = new MapCache()
    const { ids } = await run(hubspot, send, cache, 'contacts', { mode: 'full', config })
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
    // Each once by search and once by the list.
    expect(ids).toHaveLength(10_000)
    expect(new Set(ids.slice(0, 5000)).size).toBe(5000)
  })

  it('costs what it says beforehand', async () => {
    const { fake, send, config } = await connected({ people: 1300, organizations: 20, deals: 20, leads: 20 })
    for (const object of hubspot.objects) {
      const cursor = hubspot.begin(object, { mode: 'full', watermark: null, now: 0 }, config) ?? ''
      const before = fake.spent
      await hubspot.fetchPage(send, object, cursor, config)
      expect(fake.spent - before, object).toBe(hubspot.pageCost(object, cursor))
    }
  })

  it('leaves out what the token may not read', async () => {
    const { fake, send, config } = await connected({ people: 300, deals: 40, forbidden: ['/deals', '/leads', '/companies'] })
    const begun = hubspot.objects.filter((object) => hubspot.begin(object, { mode: 'full', watermark: null, now: 0 }, config) !== null)
    expect(begun).toEqual(['users', 'contacts'])
    const cache = new MapCache()
    await run(hubspot, send, cache, 'contacts', { mode: 'full', config })
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
  })
})

describe.each([0, 90_000])('changes while it goes on (the index is %i ms late)', (searchLagMs) => {
  it('are all in the cache after the changes and the sweep that follow', patient, async () => {
    let now = Date.UTC(2026, 10, 20, 9)
    const { fake, send, config } = await connected({
      ...{ people: 2600, organizations: 700, deals: 1300, leads: 1100 },
      searchLagMs,
      now: () => now,
    })
    const { data } = fake
    const cache = new MapCache()
    let step = 0
    /** Something of each kind, at each page, among what has been read and what has not. */
    const disturb = () => {
      step++
      now += 2000
      for (let index = 0; index < 15; index++) {
        const id = ((step * 131 + index * 89) % 2500) + 1
        if (data.get('people', id) === null) continue
        if (index % 5 === 0) data.remove('people', id)
        else if (index % 5 === 1 && data.get('people', id + 1)) data.merge('people', id, id + 1)
        else
          data.change('people', id, {
            name: `Changed ${step}.${index}`,
            phones: [{ value: `+3725${step}${index}00000`, type: 'mobile', field: null }],
          })
      }
      data.add('people', { name: `New ${step}`, organizationId: 1 })
      for (const object of ['organizations', 'deals', 'leads'] as const) {
        const [first, second, third] = [1, 2, 3].map((salt) => ((step * 37 + salt * 101) % 600) + 1)
        if (first && first !== 1 && data.get(object, first)) data.remove(object, first)
        if (second && data.get(object, second)) data.change(object, second, { ownerId: 1002 })
        if (object !== 'organizations' && third && data.get(object, third)) data.archive(object, third)
        data.add(object, { ownerId: 1001 })
      }
    }
    const watermarks = new Map<SyncObject, string | null>()
    for (const object of runs) {
      const { watermark } = await run(hubspot, send, cache, object, { mode: 'full', config, between: disturb })
      cache.finish(object)
      watermarks.set(object, watermark)
    }
    for (let round = 0; round < 3; round++) {
      now += 600_000
      for (const object of runs) {
        // The first round is disturbed too.
        const between = round === 0 ? { between: disturb } : {}
        const about = { mode: 'changes' as const, watermark: watermarks.get(object) ?? null, config, ...between }
        const { watermark } = await run(hubspot, send, cache, object, about)
        watermarks.set(object, watermark)
      }
    }
    // All but what was deleted, or lost what it belonged to, without a word is as it must be.
    const unlinked = (record: object) => JSON.stringify({ ...record, organizationId: null, contactId: null })
    const missed = runs.flatMap((object) => {
      const had = new Map(cache.of(object).map((record) => [record.id, record]))
      return fake.expected(object).filter((record) => unlinked(had.get(record.id) ?? {}) !== unlinked(record))
    })
    expect(missed).toEqual([])

    for (const object of runs) {
      cache.forgetMet()
      await run(hubspot, send, cache, object, { mode: 'sweep', config, between: disturb })
      await run(hubspot, send, cache, object, { mode: 'changes', watermark: watermarks.get(object) ?? null, config })
      cache.finish(object)
    }
    now += 600_000
    for (const object of runs) {
      const about = { mode: 'changes' as const, watermark: watermarks.get(object) ?? null, config }
      await run(hubspot, send, cache, object, about)
      // What was deleted behind the sweep is found by the next one.
      cache.forgetMet()
      await run(hubspot, send, cache, object, { mode: 'sweep', config })
      cache.finish(object)
    }
    for (const object of runs) expect(cache.of(object), object).toEqual(sorted(fake.expected(object)))
  })
})

describe('changes', () => {
  it('take one page, and go back over the last quarter of an hour', async () => {
    const { fake, send, config } = await connected({ people: 1500 })
    const cache = new MapCache()
    const { watermark } = await run(hubspot, send, cache, 'contacts', { mode: 'full', config })
    const { pages, ids } = await run(hubspot, send, cache, 'contacts', { mode: 'changes', watermark, config })
    expect(pages).toBe(1)
    expect(ids.length).toBeLessThan(10)
    const filter = { propertyName: 'lastmodifieddate', operator: 'GTE', value: String(Date.parse(watermark ?? '') - 900_000) }
    expect(searches(fake).at(-1)?.body).toMatchObject({ filterGroups: [{ filters: [filter] }] })
  })

  it('come past the 10,000 that a search shows, though all of them were changed in one second', patient, async () => {
    const now = Date.UTC(2026, 10, 20, 9)
    const { fake, send, config } = await connected({ people: 13_000, organizations: 10, deals: 0, leads: 0, now: () => now })
    const cache = new MapCache()
    const { watermark } = await run(hubspot, send, cache, 'contacts', { mode: 'full', config })
    for (let id = 1; id <= 10_600; id++) fake.data.change('people', id, { jobTitle: 'Imported' })
    const { ids } = await run(hubspot, send, cache, 'contacts', { mode: 'changes', watermark, config })
    expect(new Set(ids).size).toBeGreaterThanOrEqual(10_600)
    // None is read twice.
    expect(ids).toHaveLength(new Set(ids).size)
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
  })

  it('bring what the index showed late', async () => {
    let now = Date.UTC(2026, 10, 20, 9)
    const { fake, send, config } = await connected({ people: 50, deals: 0, leads: 0, searchLagMs: 30_000, now: () => now })
    const cache = new MapCache()
    let { watermark } = await run(hubspot, send, cache, 'contacts', { mode: 'full', config })
    fake.data.change('people', 7, { name: 'Shown late' })
    now += 29_000
    fake.data.change('people', 8, { name: 'Shown later' })
    watermark = (await run(hubspot, send, cache, 'contacts', { mode: 'changes', watermark, config })).watermark
    expect(cache.rows.get('contacts 7')).not.toMatchObject({ name: 'Shown late' })
    now += 31_000
    await run(hubspot, send, cache, 'contacts', { mode: 'changes', watermark, config })
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
  })

  it('honour a merge: what the loser was is the winner', async () => {
    const { fake, send, config } = await connected({ people: 60, organizations: 20, deals: 80 })
    const cache = new MapCache()
    const watermarks = new Map<SyncObject, string | null>()
    for (const object of runs) watermarks.set(object, (await run(hubspot, send, cache, object, { mode: 'full', config })).watermark)
    fake.data.merge('people', 10, 11)
    fake.data.merge('organizations', 2, 3)
    const cursor = hubspot.begin('contacts', { mode: 'changes', watermark: watermarks.get('contacts') ?? null, now: 0 }, config) ?? ''
    const { records } = hubspot.readPage('contacts', await hubspot.fetchPage(send, 'contacts', cursor, config), cursor, config)
    const winner = records.findIndex(({ id }) => id === '10')
    expect(records[winner + 1]).toEqual({ object: 'contacts', gone: true, id: '11', mergedInto: '10' })
    for (const object of runs) {
      await run(hubspot, send, cache, object, { mode: 'changes', watermark: watermarks.get(object) ?? null, config })
      expect(cache.of(object), object).toEqual(sorted(fake.expected(object)))
    }
  })

  it('end a deal that was won, and give the deals of a page their contacts and companies in two more requests', async () => {
    const { fake, send, config } = await connected({ people: 10, deals: 20 })
    const cache = new MapCache()
    const { watermark } = await run(hubspot, send, cache, 'deals', { mode: 'full', config })
    fake.data.change('deals', 5, { status: 'won', personId: 4, organizationId: null })
    const before = fake.log.length
    await run(hubspot, send, cache, 'deals', { mode: 'changes', watermark, config })
    expect(
      fake.log
        .slice(before)
        .map(({ method, path, status }) => `${method} ${path} ${status}`)
        .toSorted(),
    ).toEqual([
      'POST /crm/v3/objects/deals/search 200',
      'POST /crm/v4/associations/deals/companies/batch/read 207',
      'POST /crm/v4/associations/deals/contacts/batch/read 200',
    ])
    expect(cache.rows.get('deals 5')).toMatchObject({ status: 'won', contactId: '4', organizationId: null })
    expect(cache.of('deals')).toEqual(sorted(fake.expected('deals')))
  })

  it('ask nothing where nothing is known yet, nor for users and stages', () => {
    for (const object of hubspot.objects) expect(hubspot.begin(object, { mode: 'changes', watermark: null, now: 0 }, {})).toBeNull()
    for (const object of ['users', 'stages'] as const)
      expect(hubspot.begin(object, { mode: 'sweep', watermark: null, now: 0 }, {})).toBeNull()
  })
})

describe('a sweep', () => {
  it('finds what is archived by its list, and what is in no list any more by its absence', async () => {
    const { fake, send, config } = await connected({ people: 400, deals: 120 })
    const cache = new MapCache()
    for (const object of runs) await run(hubspot, send, cache, object, { mode: 'full', config })
    for (let id = 1; id <= 150; id++) fake.data.remove('people', id)
    fake.data.archive('deals', 9)
    fake.data.remove('deals', 10)
    await run(hubspot, send, cache, 'contacts', { mode: 'sweep', config })
    await run(hubspot, send, cache, 'deals', { mode: 'sweep', config })
    // Nothing was finished: the archived ones alone are gone so far.
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
    expect(cache.of('deals').map(({ id }) => id)).toEqual(sorted(fake.expected('deals')).map(({ id }) => id))

    fake.data.remove('people', 300)
    fake.purge()
    cache.forgetMet()
    await run(hubspot, send, cache, 'contacts', { mode: 'sweep', config })
    expect(cache.rows.has('contacts 300')).toBe(true)
    cache.finish('contacts')
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
  })
})

describe('what is no list', () => {
  const trouble = async (fault: Parameters<FakeHubspot['inject']>[0], mode: 'full' | 'sweep' = 'full') => {
    const { fake, send, config } = await connected({ people: 700, deals: 0, leads: 0 })
    fake.inject(fault, { times: Number.POSITIVE_INFINITY, path: 'contacts' })
    const error = await run(hubspot, send, new MapCache(), 'contacts', { mode, config }).then(
      () => null,
      (thrown: unknown) => thrown,
    )
    fake.heal()
    return error instanceof CrmTrouble ? error.trouble.code : error
  }

  it('is said to be none', async () => {
    expect(await trouble({ kind: 'body', body: { status: 'error', message: 'so it is' } })).toBe('crm.badReply')
    expect(await trouble({ kind: 'body', body: [1, 2, 3] })).toBe('crm.badReply')
    expect(await trouble({ kind: 'body', body: 'not { json' })).toBe('crm.badReply')
    expect(await trouble({ kind: 'half', quiet: true })).toBe('crm.badReply')
    expect(await trouble({ kind: 'html', status: 200 })).toBe('crm.badReply')
  })

  it('is said to be none when a search gives the same page without end', async () => {
    expect(await trouble({ kind: 'endless' })).toBe('crm.badReply')
  })

  it('goes no further than its own host', async () => {
    expect(await trouble({ kind: 'redirect', to: 'https://elsewhere.example/' })).toBe('crm.redirected')
  })

  it('has records left out that make no sense, and nothing thrown', () => {
    const config: CrmConfig = {}
    const cursor = hubspot.begin('contacts', { mode: 'sweep', watermark: null, now: 0 }, config) ?? ''
    const odd = [
      ...[null, 7, 'text', [], {}, { id: null }, { id: {} }, { id: '../../x' }, { id: -1 }, { id: 1.5 }, { id: '1'.repeat(300) }],
      { id: '5', properties: null },
      {
        id: '6',
        properties: { firstname: 7, lastname: ['x'], phone: { a: 1 }, mobilephone: null, lastmodifieddate: 'never', email: false },
      },
      {
        id: '7',
        properties: { hs_merged_object_ids: '7;;x;8', country: 'Narnia', hubspot_owner_id: '__proto__', associatedcompanyid: 'none' },
      },
      {
        id: 9,
        updatedAt: '2026-01-02T03:04:05.006Z',
        associations: { companies: { results: 'none' }, deals: 3 },
        properties: { firstname: '\u0000\u202e<b>' },
      },
      { id: '10', archived: true },
    ]
    const bytes = new TextEncoder().encode(JSON.stringify({ results: odd, paging: { next: null } }))
    const { records, next } = hubspot.readPage('contacts', [bytes], cursor, config)
    expect(records.map((record) => ['gone' in record, record.id])).toEqual([
      [false, '5'],
      [false, '6'],
      [false, '7'],
      [true, '8'],
      [false, '9'],
      [true, '10'],
    ])
    expect(records[4]).toMatchObject({ updatedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6), phones: [], organizationId: null })
    expect(JSON.parse(next ?? '')).toEqual({ by: 'archived' })
    for (const object of ['deals', 'leads', 'organizations'] as const) {
      const other = hubspot.begin(object, { mode: 'sweep', watermark: null, now: 0 }, { leads: true }) ?? ''
      expect(hubspot.readPage(object, [bytes], other, config).records.length).toBeGreaterThan(3)
    }
  })

  it('is no search whose rows have no time', () => {
    const cursor = hubspot.begin('contacts', { mode: 'full', watermark: null, now: 0 }, {}) ?? ''
    const results = [
      { id: '1', properties: {} },
      { id: '2', updatedAt: 'never' },
    ]
    const bytes = new TextEncoder().encode(JSON.stringify({ results, paging: { next: { after: '200' } } }))
    expect(() => hubspot.readPage('contacts', [bytes], cursor, {})).toThrow('crm.badReply')
    expect(() => hubspot.readPage('contacts', [bytes], 'no cursor', {})).toThrow('crm.badRequest')
  })
})
