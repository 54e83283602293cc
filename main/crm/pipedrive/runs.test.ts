/** Runs over everything against a fake Pipedrive, over real HTTP: nothing is missed, whatever changes meanwhile. */
import { afterEach, describe, expect, it } from 'vitest'
import type { SyncObject } from '../../../preload/contract'
import { MapCache, run, sender, sorted } from '../../../test/fixtures/crm/asking'
import { startFakeProcess } from '../../../test/fixtures/crm/fake-process'
import { create, type FakePipedrive, type FakePipedriveOptions } from '../../../test/fixtures/crm/pipedrive'
import type { CrmConfig, CrmSend } from '../crm'
import { pipedrive } from './pipedrive'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function connected(options: FakePipedriveOptions): Promise<{ fake: FakePipedrive; send: CrmSend; config: CrmConfig }> {
  const fake = await create(options).start()
  const { send, close } = sender(pipedrive, fake)
  closing.push(() => fake.stop(), close)
  const { config } = await pipedrive.connect(send, '')
  return { fake, send, config: await pipedrive.prepare(send, config) }
}

const runs: readonly SyncObject[] = ['organizations', 'contacts', 'deals', 'leads']

describe('a full run', () => {
  it.each([true, false])('gives every record as it must be in the cache (contact sync: %s)', async (contactSync) => {
    const { fake, send, config } = await connected({ people: 1300, organizations: 300, deals: 600, leads: 120, contactSync })
    const cache = new MapCache()
    for (const object of pipedrive.objects) {
      await run(pipedrive, send, cache, object, { mode: 'full', config })
      expect(cache.of(object)).toEqual(sorted(fake.expected(object)))
    }
    expect(cache.of('contacts')).toHaveLength(1300)
  })

  it('brings what was changed last first', async () => {
    const { fake, send, config } = await connected({ people: 1200 })
    const late = fake.data.change('people', 700, { name: 'Changed last' })
    const { ids } = await run(pipedrive, send, new MapCache(), 'contacts', { mode: 'full', config })
    expect(ids[0]).toBe(String(late.id))
    const times = ids.map((id) => fake.data.get('people', Number(id))?.updatedAt ?? 0)
    expect(times).toEqual(times.toSorted((a, b) => b - a))
  })

  it('comes past a second in which more was changed than fits on a page', async () => {
    // 1,200 of them have one time.
    const { fake, send, config } = await connected({ people: 5000, organizations: 0, deals: 0, leads: 0 })
    const cache = new MapCache()
    const { pages } = await run(pipedrive, send, cache, 'contacts', { mode: 'full', config })
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
    expect(pages).toBeLessThan(14)
    expect(fake.log.filter(({ query }) => query.cursor !== undefined).length).toBeGreaterThan(0)
  })

  it('does without leads, labels and the names of owners where the token may not see them', async () => {
    const forbidden = ['/v1/users', '/v1/leads', '/v1/leads/archived', '/v1/leadLabels', '/api/v2/dealFields']
    const { fake, send, config } = await connected({ people: 20, forbidden })
    const cache = new MapCache()
    for (const object of pipedrive.objects) await run(pipedrive, send, cache, object, { mode: 'full', config })
    expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))
    expect(cache.of('deals')).toHaveLength(fake.expected('deals').length)
    expect([...cache.of('leads'), ...cache.of('users')]).toEqual([])
  })

  it('costs what it says beforehand', async () => {
    const { fake, send, config } = await connected({ people: 1300, organizations: 20, deals: 20, leads: 20 })
    for (const object of pipedrive.objects) {
      const cursor = pipedrive.begin(object, { mode: 'full', watermark: null, now: 0 }, config) ?? ''
      const before = fake.spent
      await pipedrive.fetchPage(send, object, cursor, config)
      expect(fake.spent - before, object).toBe(pipedrive.pageCost(object, cursor))
    }
  })
})

describe.each([false, true])('changes while it goes on (deleted persons are listed: %s)', (showsDeleted) => {
  it('are all in the cache after the changes and the sweep that follow', async () => {
    const { fake, send, config } = await connected({ people: 2600, organizations: 700, deals: 1300, leads: 1100, showsDeleted })
    const { data } = fake
    const cache = new MapCache()
    let step = 0
    /** Something of each kind, at each page, among what has been read and what has not. */
    const disturb = () => {
      step++
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
        if (first && data.get(object, first)) data.remove(object, first)
        if (second && data.get(object, second)) data.change(object, second, { ownerId: 1002 })
        if (object !== 'organizations' && third && data.get(object, third)) data.archive(object, third)
        data.add(object)
      }
    }
    const watermarks = new Map<SyncObject, string | null>()
    for (const object of runs) {
      const { watermark } = await run(pipedrive, send, cache, object, { mode: 'full', config, between: disturb })
      cache.finish(object)
      watermarks.set(object, watermark)
    }
    for (let round = 0; round < 2; round++) {
      for (const object of runs) {
        // The first round is disturbed too.
        const between = round === 0 ? { between: disturb } : {}
        const { watermark } = await run(pipedrive, send, cache, object, {
          mode: 'changes',
          watermark: watermarks.get(object) ?? null,
          config,
          ...between,
        })
        watermarks.set(object, watermark)
      }
    }
    // All but what was deleted without a word is as it must be.
    const missed = runs.flatMap((object) => {
      const had = new Map(cache.of(object).map((record) => [record.id, record]))
      return fake.expected(object).filter((record) => JSON.stringify(had.get(record.id)) !== JSON.stringify(record))
    })
    expect(missed).toEqual([])
    expect(cache.of('deals')).toEqual(sorted(fake.expected('deals')))
    if (showsDeleted) expect(cache.of('contacts')).toEqual(sorted(fake.expected('contacts')))

    for (const object of runs) {
      cache.forgetMet()
      const { watermark } = await run(pipedrive, send, cache, object, { mode: 'sweep', config, between: disturb })
      await run(pipedrive, send, cache, object, { mode: 'changes', watermark, config })
      cache.finish(object)
    }
    for (const object of runs)
      await run(pipedrive, send, cache, object, { mode: 'changes', watermark: watermarks.get(object) ?? null, config })
    // What was deleted behind the sweep is found by the next one.
    for (const object of runs) {
      cache.forgetMet()
      await run(pipedrive, send, cache, object, { mode: 'sweep', config })
      cache.finish(object)
      expect(cache.of(object), object).toEqual(sorted(fake.expected(object)))
    }
  })
})

describe('changes', () => {
  it('take one page each, and go back over the last five minutes', async () => {
    const { fake, send, config } = await connected({ people: 1500 })
    const cache = new MapCache()
    const { watermark } = await run(pipedrive, send, cache, 'contacts', { mode: 'full', config })
    const { pages, ids } = await run(pipedrive, send, cache, 'contacts', { mode: 'changes', watermark, config })
    expect(pages).toBe(1)
    expect(ids.length).toBeLessThan(10)
    expect(Date.parse(fake.log.at(-1)?.query.updated_since ?? '')).toBe(Date.parse(watermark ?? '') - 300_000)
  })

  it('end a deal that was deleted, archived, or won', async () => {
    const { fake, send, config } = await connected({ people: 10, deals: 20 })
    const cache = new MapCache()
    const { watermark } = await run(pipedrive, send, cache, 'deals', { mode: 'full', config })
    fake.data.remove('deals', 3)
    fake.data.archive('deals', 4)
    fake.data.change('deals', 5, { status: 'won' })
    await run(pipedrive, send, cache, 'deals', { mode: 'changes', watermark, config })
    expect(cache.rows.has('deals 3')).toBe(false)
    expect(cache.rows.has('deals 4')).toBe(false)
    expect(cache.rows.get('deals 5')).toMatchObject({ status: 'won' })
    expect(cache.of('deals')).toEqual(sorted(fake.expected('deals')))
  })

  it('ask nothing for users and stages', () => {
    for (const object of ['users', 'stages'] as const) {
      expect(pipedrive.begin(object, { mode: 'changes', watermark: null, now: 0 }, {})).toBeNull()
      expect(pipedrive.begin(object, { mode: 'full', watermark: null, now: 0 }, {})).not.toBeNull()
    }
  })
})

describe('leads', () => {
  it('are all read though more of them than overlap are archived between two pages', async () => {
    const { fake, send, config } = await connected({ people: 10, organizations: 10, deals: 0, leads: 2400 })
    const cache = new MapCache()
    await run(pipedrive, send, cache, 'leads', {
      mode: 'full',
      config,
      between: (page) => {
        if (page > 3) return
        const first = cache.of('leads').slice(0, page * 40)
        for (const lead of first) {
          const id = Number.parseInt(lead.id.slice(-12), 16)
          if (fake.data.get('leads', id)?.archived === false) fake.data.archive('leads', id)
        }
      },
    })
    const had = new Set(cache.of('leads').map(({ id }) => id))
    expect(fake.expected('leads').filter(({ id }) => !had.has(id))).toEqual([])
  })
})

describe('the fake as a process of its own', () => {
  it('is asked and changed like the one in the test', async () => {
    const fake = await startFakeProcess('pipedrive', { people: 700, organizations: 20, deals: 0, leads: 0 })
    const { send, close } = sender(pipedrive, fake)
    closing.push(() => fake.stop(), close)
    const { config } = await pipedrive.connect(send, '')
    await fake.change('change', 'people', 9, { name: 'Changed from afar' })
    const cache = new MapCache()
    const prepared = await pipedrive.prepare(send, config)
    await run(pipedrive, send, cache, 'contacts', { mode: 'full', config: prepared })
    expect(cache.rows.get('contacts 9')).toMatchObject({ name: 'Changed from afar' })
    expect(cache.of('contacts')).toEqual(sorted(await fake.call('expected', 'contacts')))
    expect(await fake.read('violations')).toEqual([])
  })
})
