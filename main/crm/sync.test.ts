/** The sync engine with a small CRM of the test's own: its course over pages, days and kills, written by the real jobs. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SyncObject, SyncProgress } from '../../preload/contract'
import { ControlledTime } from '../../test/fixtures/crm/controlled-time'
import { connect } from '../store/connection'
import { migrate } from '../store/migrate'
import { migrations } from '../store/migrations/index'
import type { Store } from '../store/store'
import { inlineJobs } from '../store/threads'
import { dayMs } from '../time'
import { DailyBudget } from './budget'
import { type Crm, type CrmContact, type CrmHttp, type CrmPage, type CrmRequest, CrmTrouble } from './crm'
import { crms } from './kinds'
import { Sync, type SyncNeeds } from './sync'

const id = 'anycrm-00000000'
const perPage = 10

interface Person {
  id: number
  name: string
  updatedAt: number
}

/** Contacts alone. A cursor is `mode:position` or, for changes, `changes:since:position`. */
class AnyCrm {
  people = new Map<number, Person>()
  /** Pages that were asked for. */
  asked: string[] = []
  prepared = 0
  /** What the CRM says instead. */
  twist: ((page: CrmPage, cursor: string) => CrmPage) | null = null
  refuses: ((cursor: string) => CrmTrouble | null) | null = null
  totals = true
  #clock = 1_000

  change(person: number, name: string): void {
    this.people.set(person, { id: person, name, updatedAt: ++this.#clock })
  }

  page(cursor: string): CrmPage {
    const [mode = '', ...rest] = cursor.split(':')
    const position = Number(rest.at(-1))
    const since = mode === 'changes' ? Number(rest[0]) : 0
    const rows = [...this.people.values()].filter(({ updatedAt }) => updatedAt >= since)
    rows.sort((a, b) => (mode === 'full' ? b.updatedAt - a.updatedAt : a.id - b.id))
    const here = rows.slice(position, position + perPage)
    const next = position + perPage < rows.length ? [mode, ...rest.slice(0, -1), position + perPage].join(':') : null
    const latest = Math.max(0, ...here.map(({ updatedAt }) => updatedAt))
    const page: CrmPage = {
      records: here.map((person) => (mode === 'sweep' ? { object: 'contacts', seen: true, id: String(person.id) } : contactOf(person))),
      next,
      watermark: latest > 0 && mode !== 'sweep' ? String(latest).padStart(12, '0') : null,
      total: this.totals ? rows.length : null,
    }
    return this.twist?.(page, cursor) ?? page
  }
}

function contactOf({ id, name, updatedAt }: Person): CrmContact {
  return {
    object: 'contacts',
    id: String(id),
    ownerId: null,
    labels: [],
    updatedAt,
    name,
    organizationId: null,
    organization: null,
    jobTitle: null,
    phones: [{ raw: `+46 8 ${String(1_000_000 + id)}`, type: 'work' }],
    emails: [],
    note: '',
    country: null,
  }
}

const never = async (): Promise<never> => {
  throw new Error('not asked for here')
}

function kindOf(any: AnyCrm): Crm {
  return {
    kind: 'anycrm',
    name: 'Anycrm',
    domain: null,
    leads: false,
    sites: [],
    objects: ['contacts'],
    pace: { burst: 100, windowMs: 1000, daily: 1_000, parallel: 2 },
    origin: () => 'http://127.0.0.1:9',
    authorization: () => ({}),
    limits: () => ({}),
    connect: never,
    prepare: async (_send, config) => {
      any.prepared += 1
      return { ...config, fields: ['a'] }
    },
    begin: (_object, { mode, watermark }) => (mode === 'changes' ? `changes:${Number(watermark ?? 0)}:0` : `${mode}:0`),
    fetchPage: async (send, _object, cursor) => [(await send({ path: `/${cursor}`, cost: 10 })).body],
    pageCost: () => 10,
    readPage: (_object, parts) => JSON.parse(Buffer.from(parts[0] ?? []).toString()) as CrmPage,
    search: never,
    refresh: never,
    page: () => null,
    createContact: never,
    updateContact: never,
  }
}

let store: Store
let any: AnyCrm
let crm: Crm
let time: ControlledTime
let budget: DailyBudget
beforeEach(() => {
  const db = connect(':memory:', 'main')
  migrate(db, migrations, '')
  const write: Store['write'] = (change) => {
    db.transaction(change).immediate()
    return true
  }
  store = {
    db,
    file: ':memory:',
    inMemory: true,
    jobs: inlineJobs(db),
    write,
    troubles: [],
    onTroubles: () => () => {},
    onForeignChange: () => () => {},
    close: async () => {},
  }
  db.prepare("INSERT INTO connections (id, kind, label, position) VALUES (?, 'anycrm', 'Any', 0)").run(id)
  any = new AnyCrm()
  crm = kindOf(any)
  ;(crms as Crm[]).push(crm)
  time = new ControlledTime()
  budget = new DailyBudget({ store, time, connectionId: id, daily: 100_000 })
})
afterEach(() => {
  ;(crms as Crm[]).splice(crms.indexOf(crm), 1)
  store.db.close()
})

let progress: SyncProgress[]
function syncWith(more: Partial<SyncNeeds> = {}): Sync {
  progress = []
  const http: CrmHttp = {
    async send({ path, cost }: CrmRequest, { signal }) {
      signal?.throwIfAborted()
      const cursor = path.slice(1)
      any.asked.push(cursor)
      const refusal = any.refuses?.(cursor)
      if (refusal) throw refusal
      if (!budget.affords(cost ?? 1)) throw new Error('more than the allowance was asked for')
      budget.spend(cost ?? 1)
      return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(any.page(cursor))) }
    },
  }
  let config = {}
  return new Sync({
    store,
    time,
    connectionId: id,
    crm,
    http,
    budget,
    config: {
      get: () => config,
      keep: (now) => {
        config = now
      },
    },
    region: () => 'SE',
    onProgress: (now) => progress.push(now),
    ...more,
  })
}

const run = (sync: Sync) => sync.run(new AbortController().signal)
const fill = (count: number) => {
  for (let person = 1; person <= count; person++) any.change(person, `Person ${person}`)
}
const cachedNames = () => store.db.prepare<[], string>('SELECT name FROM contacts ORDER BY CAST(external_id AS INTEGER)').pluck().all()
const namesThere = () => [...any.people.values()].toSorted((a, b) => a.id - b.id).map(({ name }) => name)
const row = (object: SyncObject = 'contacts') =>
  store.db.prepare('SELECT mode, cursor, finished, sweep FROM sync_cursors WHERE object = ?').get(object)
async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  return error instanceof CrmTrouble ? error.trouble.code : String(error)
}

describe('a sync', () => {
  it('fetches everything newest first, then only what has changed', async () => {
    fill(57)
    const sync = syncWith()
    expect(sync.complete).toBe(false)
    await run(sync)
    expect(any.asked.slice(0, 6)).toEqual(['full:0', 'full:10', 'full:20', 'full:30', 'full:40', 'full:50'])
    expect(cachedNames()).toEqual(namesThere())
    expect(sync.complete).toBe(true)
    any.asked = []
    any.change(3, 'Changed')
    any.change(99, 'New')
    await run(sync)
    expect(any.asked.length).toBe(1)
    expect(any.asked[0]).toMatch(/^changes:/)
    expect(cachedNames()).toEqual(namesThere())
  })

  it('tells how far it is, and how long still', async () => {
    fill(57)
    await run(syncWith())
    const full = progress.filter(({ mode }) => mode === 'full')
    expect(full.map(({ done }) => done)).toEqual([0, 10, 20, 30, 40, 50, 57])
    expect(full.at(-1)).toMatchObject({ object: 'contacts', total: 57 })
  })

  it('counts in days what the allowance makes of it', async () => {
    budget = new DailyBudget({ store, time, connectionId: id, daily: 250 })
    fill(170)
    expect(await codeOf(run(syncWith()))).toBe('crm.dailyShare')
    // Five pages a day, twelve to go: today’s are spent, and of the days after it two are not enough.
    const left = progress.at(-1)?.leftMs ?? 0
    expect(left).toBeGreaterThan(2 * dayMs)
    expect(left).toBeLessThan(4 * dayMs)
  })

  it('fetches the next page while one is being written, and no further', async () => {
    fill(40)
    const order: string[] = []
    const { jobs } = store
    const watched: Store = {
      ...store,
      jobs: {
        async run<O>(on: 'read' | 'write', job: string, input: unknown, options?: Parameters<typeof jobs.run>[3]) {
          const { cursor } = input as { cursor: string }
          const done = await jobs.run<O>(on, job, input, options)
          if (job === 'crm.page') order.push(`written ${cursor}`)
          return done
        },
      },
    }
    const sync = syncWith({ store: watched, onProgress: () => {} })
    const page = any.page.bind(any)
    any.page = (cursor) => {
      order.push(`asked ${cursor}`)
      return page(cursor)
    }
    await run(sync)
    for (const [cursor, next] of [
      ['full:0', 'full:10'],
      ['full:10', 'full:20'],
      ['full:20', 'full:30'],
    ]) {
      expect(order.indexOf(`asked ${next}`)).toBeLessThan(order.indexOf(`written ${cursor}`))
      expect(order.indexOf(`asked ${next}`)).toBeGreaterThan(order.indexOf(`asked ${cursor}`))
    }
    expect(order.indexOf('asked full:20')).toBeGreaterThan(order.indexOf('written full:0'))
  })

  it('asks once an hour for what seldom changes', async () => {
    fill(3)
    const sync = syncWith()
    await run(sync)
    await run(sync)
    expect(any.prepared).toBe(1)
    await time.pass(3_600_000)
    await run(sync)
    expect(any.prepared).toBe(2)
  })

  it('goes on over days within its allowance, and fetches no page twice', async () => {
    budget = new DailyBudget({ store, time, connectionId: id, daily: 1_000 })
    fill(1_000)
    const full = () => any.asked.filter((cursor) => cursor.startsWith('full'))
    let days = 0
    for (; days < 20; days++) {
      const before = full().length
      const error: unknown = await run(syncWith()).then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(full().length - before).toBeLessThanOrEqual(20)
      if (error === null) break
      expect(error).toMatchObject({ trouble: { code: 'crm.dailyShare' }, resumesAt: Math.ceil(time.wall() / dayMs) * dayMs })
      await time.pass(dayMs)
    }
    expect(days).toBe(5)
    expect(full().length).toBe(100)
    expect(new Set(full()).size).toBe(100)
    expect(cachedNames()).toEqual(namesThere())
  })
})

describe('pages that never end', () => {
  it('are noticed by a cursor that comes again, and begun anew when the CRM is well', async () => {
    fill(57)
    any.twist = (page, cursor) => (cursor === 'full:50' ? { ...page, next: 'full:20' } : page)
    const sync = syncWith()
    expect(await codeOf(run(sync))).toBe('crm.endlessPages')
    expect(any.asked.length).toBe(6)
    expect(row()).toMatchObject({ mode: 'full', cursor: null, finished: 0 })
    any.twist = null
    await run(sync)
    expect(cachedNames()).toEqual(namesThere())
  })

  it('are noticed by the same cursor again at once', async () => {
    fill(5)
    any.twist = (page, cursor) => ({ ...page, next: cursor })
    expect(await codeOf(run(syncWith()))).toBe('crm.endlessPages')
    expect(any.asked.length).toBe(1)
  })

  it('are noticed by more rows than there can be, whatever the cursors say', async () => {
    fill(100)
    let number = 0
    any.twist = (page) => ({ ...page, next: `full:${++number % 90}:${number}:0`, total: 100 })
    expect(await codeOf(run(syncWith()))).toBe('crm.endlessPages')
    expect(any.asked.length).toBeLessThan(1_200)
  })
})

describe('what was deleted without a word', () => {
  it('is found once a day', async () => {
    fill(45)
    const sync = syncWith()
    await run(sync)
    any.people.delete(7)
    any.people.delete(31)
    await run(sync)
    expect(cachedNames().length).toBe(45)
    await time.pass(dayMs)
    await run(sync)
    expect(cachedNames()).toEqual(namesThere())
    any.asked = []
    await run(sync)
    expect(any.asked.some((cursor) => cursor.startsWith('sweep'))).toBe(false)
  })

  it('is not what moves or comes while it is looked for', async () => {
    fill(45)
    const sync = syncWith({ sweepEveryMs: 0 })
    await run(sync)
    // Rows that are listed by their id: those before 11 are behind the sweep when they change or come.
    any.twist = (page, cursor) => {
      if (cursor === 'sweep:10') {
        any.change(4, 'Changed meanwhile')
        any.change(-1, 'Came meanwhile')
      }
      return page
    }
    await run(sync)
    any.twist = null
    expect(cachedNames()).toEqual(namesThere())
  })

  it('is looked for with half of a day’s allowance at most, and over days', async () => {
    fill(300)
    const first = syncWith()
    await run(first)
    budget = new DailyBudget({ store, time, connectionId: id, daily: 1_000 })
    await time.pass(dayMs)
    for (const person of [1, 150, 300]) any.people.delete(person)
    const sweeps = () => any.asked.filter((cursor) => cursor.startsWith('sweep')).length
    any.asked = []
    await run(syncWith())
    expect(sweeps()).toBeLessThanOrEqual(10)
    expect(row()).toMatchObject({ mode: 'changes', finished: 1, sweep: expect.stringMatching(/^sweep:/) })
    // Changes come through meanwhile.
    any.change(5, 'Changed between')
    await run(syncWith())
    expect(cachedNames()).toContain('Changed between')
    for (let day = 0; day < 6; day++) {
      await time.pass(dayMs)
      await run(syncWith({ sweepEveryMs: 100 * dayMs }))
    }
    expect(cachedNames()).toEqual(namesThere())
    expect(new Set(any.asked.filter((cursor) => cursor.startsWith('sweep'))).size).toBe(sweeps())
  })

  it('waits when changes are due, and goes on behind them', async () => {
    fill(100)
    await run(syncWith())
    await time.pass(dayMs)
    any.people.delete(95)
    let due = false
    any.twist = (page, cursor) => {
      if (cursor === 'sweep:30') due = true
      return page
    }
    const sync = syncWith({ makeWay: () => due })
    await run(sync)
    expect(row()).toMatchObject({ mode: 'changes', sweep: expect.stringMatching(/^sweep:[34]0$/) })
    expect(cachedNames().length).toBe(100)
    any.twist = null
    due = false
    any.asked = []
    await run(sync)
    expect(any.asked).not.toContain('sweep:0')
    expect(cachedNames()).toEqual(namesThere())
  })
})

describe('a sync that goes on where another ended', () => {
  it('begins anew when the CRM no longer knows the place', async () => {
    fill(57)
    any.refuses = (cursor) =>
      cursor === 'full:30' ? new CrmTrouble('crm.serverError', { crm: 'Anycrm', status: 500 }, '', { status: 500 }) : null
    expect(await codeOf(run(syncWith()))).toBe('crm.serverError')
    expect(row()).toMatchObject({ mode: 'full', cursor: 'full:30', finished: 0 })
    any.refuses = (cursor) =>
      cursor === 'full:30' ? new CrmTrouble('crm.rejected', { crm: 'Anycrm', status: 400 }, '', { status: 400 }) : null
    any.asked = []
    // Refused as the first page of a resumed run, it begins anew; refused in the middle, it is an error.
    expect(await codeOf(run(syncWith()))).toBe('crm.rejected')
    expect(any.asked).toEqual(['full:30', 'full:0', 'full:10', 'full:20', 'full:30'])
    any.refuses = null
    await run(syncWith())
    expect(cachedNames()).toEqual(namesThere())
  })

  it('looks for changes too when it was the changes that were cut off', async () => {
    fill(30)
    await run(syncWith())
    for (let person = 1; person <= 25; person++) any.change(person, `Changed ${person}`)
    let failed = false
    any.refuses = (cursor) => {
      if (failed || !/^changes:\d+:10$/.test(cursor)) return null
      failed = true
      return new CrmTrouble('crm.serverError', { crm: 'Anycrm', status: 500 }, '', { status: 500 })
    }
    expect(await codeOf(run(syncWith()))).toBe('crm.serverError')
    any.change(2, 'Changed again')
    await run(syncWith())
    expect(cachedNames()).toEqual(namesThere())
  })
})

it('while a call is being set up nothing is written; then it goes on to the end', async () => {
  fill(40)
  let ringing = true
  const through = run(syncWith({ callBegins: () => ringing }))
  for (let step = 0; step < 20; step++) await time.pass(100)
  expect(cachedNames()).toEqual([])
  ringing = false
  for (let step = 0; step < 20; step++) await time.pass(100)
  await through
  expect(cachedNames()).toHaveLength(40)
})
