/** What sync spends of a company's day, on a clock that the test holds. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ControlledTime } from '../../test/fixtures/crm/controlled-time'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { dayMs, pause, utcDay } from '../time'
import { DailyBudget, SearchClaims, sparing } from './budget'
import { type CrmPace, CrmTrouble } from './crm'
import { PacedHttp, type SendHttp } from './http'

let folder: string
let store: Store
const open = () => openStore({ file: join(folder, 'ringbook.sqlite'), log: silentLog(), clock: systemClock })
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-budget-'))
  store = await open()
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function connect(id: string): void {
  store.db.prepare("INSERT OR IGNORE INTO connections (id, kind, label, position) VALUES (?, 'any', 'Any', 0)").run(id)
}

function budgetOf(time: ControlledTime, id = 'one', daily: number | null = 30_000): DailyBudget {
  connect(id)
  return new DailyBudget({ store, time, connectionId: id, daily })
}

/** Spends as much as it may, in steps; answers with how much that was. */
function spendAll(budget: DailyBudget, step = 10): number {
  let spent = 0
  while (budget.affords(step)) {
    budget.spend(step)
    spent += step
  }
  return spent
}

describe('a day’s allowance', () => {
  it('is a fifth of the smallest plan where the CRM says nothing, less what calls and the rep have spent', () => {
    const time = new ControlledTime()
    expect(spendAll(budgetOf(time))).toBe(6_000)
    const other = budgetOf(time, 'two')
    other.spendOther(10_000)
    expect(spendAll(other)).toBe(4_000)
  })

  it('is a fifth of what is left where the CRM says it, never more because others spend less', () => {
    const time = new ControlledTime()
    const budget = budgetOf(time)
    budget.heard({ dailyRemaining: 20_000 })
    budget.spend(1_000)
    budget.heard({ dailyRemaining: 9_000 })
    // A fifth of the 10,000 that there would be without us.
    expect(budget.left).toBe(1_000)
    budget.heard({ dailyRemaining: 9_050 })
    expect(budget.left).toBe(1_000)
    budget.heard({ dailyRemaining: 5_000 })
    // Below the last fifth.
    expect(budget.left).toBe(0)
  })

  it('is not given again when the clock is put right around midnight, but is after a clock that was far ahead', async () => {
    const time = new ControlledTime(Date.UTC(2026, 10, 20, 23, 59))
    const budget = budgetOf(time)
    expect(spendAll(budget)).toBe(6_000)
    await time.pass(2 * 60_000)
    expect(spendAll(budget)).toBe(6_000)
    const wall = time.wall.bind(time)
    time.wall = () => wall() - 5 * 60_000
    expect(spendAll(budget)).toBe(0)
    time.wall = wall
    expect(spendAll(budget)).toBe(0)
    time.wall = () => wall() - 365 * dayMs
    expect(spendAll(budget)).toBe(6_000)
  })

  it('grows with a greater plan than the smallest', () => {
    const time = new ControlledTime()
    const budget = budgetOf(time)
    budget.spend(10)
    budget.heard({ dailyRemaining: 500_000 })
    expect(spendAll(budget)).toBe(99_990)
  })

  it('is kept over a restart and a kill, and begins anew with the day', async () => {
    const time = new ControlledTime()
    expect(spendAll(budgetOf(time), 100)).toBe(6_000)
    await store.close()
    store = await open()
    const again = budgetOf(time)
    expect(again.left).toBe(0)
    expect(again.resumesAt).toBe(Date.UTC(2026, 10, 21))
    await time.pass(dayMs)
    expect(again.left).toBe(6_000)
    expect(budgetOf(time).left).toBe(6_000)
  })

  it('begins anew when more is left than before: the CRM’s day began', () => {
    const time = new ControlledTime()
    const budget = budgetOf(time)
    budget.heard({ dailyRemaining: 10_000 })
    expect(spendAll(budget)).toBe(2_000)
    budget.heard({ dailyRemaining: 30_000 })
    expect(spendAll(budget)).toBe(6_000)
  })

  it('does not take yesterday’s word for today’s when the CRM has stopped saying it', async () => {
    const time = new ControlledTime()
    const budget = budgetOf(time)
    budget.heard({ dailyRemaining: 10_000 })
    expect(budget.left).toBe(2_000)
    await time.pass(dayMs)
    // The first day after is told by what was left; the second one by the plan.
    expect(budget.left).toBe(2_000)
    await time.pass(dayMs)
    expect(budget.left).toBe(6_000)
  })

  it('ends where the last part of the company’s day begins, which is for calls and the reps’ own work', () => {
    const time = new ControlledTime()
    const budget = budgetOf(time)
    budget.heard({ dailyRemaining: 21_000, dailyLimit: 100_000 })
    expect(budget.left).toBe(1_000)
    budget.heard({ dailyRemaining: 19_999 })
    expect(budget.left).toBe(0)
    expect(budget.affords(1)).toBe(false)
  })

  it('is without end where the CRM counts no days', () => {
    const budget = budgetOf(new ControlledTime(), 'one', null)
    budget.spend(1_000_000)
    expect(budget.affords(1_000_000)).toBe(true)
    budget.heard({ dailyRemaining: 500 })
    expect(budget.left).toBe(100)
  })
})

describe('the time until the next sync', () => {
  const everyMs = 15 * 60_000
  it('is as the rep wants it while the allowance lasts, and longer when it would not', () => {
    expect(sparing({ everyMs, cost: 80, left: Number.POSITIVE_INFINITY, untilMs: dayMs })).toBe(everyMs)
    expect(sparing({ everyMs, cost: 0, left: 10, untilMs: dayMs })).toBe(everyMs)
    expect(sparing({ everyMs, cost: 50, left: 6_000, untilMs: dayMs })).toBe(everyMs)
    // 96 of them do not fit into the day: 60 do.
    expect(sparing({ everyMs, cost: 100, left: 6_000, untilMs: dayMs })).toBe(24 * 60_000)
    expect(sparing({ everyMs, cost: 100, left: 99, untilMs: 3_600_000 })).toBe(3_600_000)
  })

  it('lets what is left last through the whole day', () => {
    let left = 6_000
    let syncs = 0
    for (let now = 0; now < dayMs; ) {
      expect(left).toBeGreaterThanOrEqual(80)
      left -= 80
      syncs += 1
      now += sparing({ everyMs, cost: 80, left, untilMs: dayMs - now })
    }
    expect(syncs).toBeGreaterThan(70)
  })
})

describe('twenty reps on one company budget', () => {
  const reps = 20
  const pace: CrmPace = { burst: 20, windowMs: 2_000, daily: 30_000, parallel: 2 }

  interface Company {
    send: SendHttp
    /** By the CRM's day. */
    spent: Map<string, { sync: number; all: number }>
    refused: () => number
  }

  /** One CRM for all: its day begins at its own midnight, and it refuses what goes beyond. */
  function company(time: ControlledTime, options: { budget: number; says: boolean; midnight: number }): Company {
    const spent = new Map<string, { sync: number; all: number }>()
    let refused = 0
    const send: SendHttp = async (url, { signal }) => {
      const { pathname, searchParams } = new URL(url)
      const cost = Number(searchParams.get('cost'))
      await pause(time, 120, signal)
      const day = utcDay(time.wall() - options.midnight)
      const today = spent.get(day) ?? { sync: 0, all: 0 }
      spent.set(day, today)
      const over = today.all + cost > options.budget
      if (over) refused += 1
      else {
        today.all += cost
        if (pathname === '/sync') today.sync += cost
      }
      const headers: Record<string, string> = { 'content-type': 'application/json' }
      if (options.says) headers['x-left'] = String(options.budget - today.all)
      if (options.says) headers['x-whole'] = String(options.budget)
      return { status: over ? 429 : 200, headers, body: Buffer.from('{}') }
    }
    return { send, spent, refused: () => refused }
  }

  function repOf(time: ControlledTime, { send }: Company, index: number) {
    const id = `rep-${index}`
    connect(id)
    const budget = new DailyBudget({ store, time, connectionId: id, daily: pace.daily })
    const crm = {
      name: 'Anycrm',
      pace,
      authorization: () => ({}),
      limits: ({ headers }: { headers: Readonly<Record<string, unknown>> }) =>
        headers['x-left'] === undefined ? {} : { dailyRemaining: Number(headers['x-left']), dailyLimit: Number(headers['x-whole']) },
    }
    const http = new PacedHttp({
      crm,
      origin: 'http://127.0.0.1:9',
      token: async () => 't',
      send,
      budget,
      time,
      random: () => index / reps,
    })
    return { id, http, budget }
  }

  /** A full sync that never ends: page after page, over days. */
  async function sync(time: ControlledTime, http: PacedHttp, cost: number): Promise<void> {
    for (;;) {
      try {
        await http.send({ path: '/sync', query: { cost }, cost }, { purpose: 'sync' })
      } catch (error) {
        if (!(error instanceof CrmTrouble) || error.trouble.code === 'crm.closed') return
        await pause(time, Math.max(60_000, (error.resumesAt ?? 0) - time.wall()))
      }
    }
  }

  /** Through the working day: a call from an unknown number every half hour, and a little of the rep's own work. */
  async function work(time: ControlledTime, { id, http }: { id: string; http: PacedHttp }, claims: SearchClaims): Promise<void> {
    for (let call = 0; ; call++) {
      const hour = new Date(time.wall()).getUTCHours()
      try {
        if (hour < 8 || hour >= 17) continue
        // Every number rings twice within the hour.
        if (claims.claim(time.wall(), id, `+49301234${Math.floor(call / 2)}`))
          await http.send({ path: '/call', query: { cost: 20 }, cost: 20 }, { purpose: 'call' })
        await http.send({ path: '/rep', query: { cost: 1 }, cost: 1 }, { purpose: 'rep' })
      } catch (error) {
        if (error instanceof CrmTrouble && error.trouble.code === 'crm.closed') return
      } finally {
        await pause(time, 30 * 60_000)
      }
    }
  }

  it.each([
    { told: 'that the CRM tells of', says: true, budget: 30_000, midnight: 0 },
    { told: 'that the CRM tells of, whose day begins in the middle of ours', says: true, budget: 30_000, midnight: 5 * 3_600_000 },
    { told: 'that the CRM tells of, of a large company', says: true, budget: 30_000 * 7 * reps, midnight: -8 * 3_600_000 },
    { told: 'of one seat for each, of which the CRM says nothing', says: false, budget: 30_000 * reps, midnight: 0 },
  ])(
    'replayed on a controlled clock: never over it ($told)',
    async ({ says, budget, midnight }) => {
      const time = new ControlledTime(Date.UTC(2026, 10, 20, 7, 55))
      const crm = company(time, { budget, says, midnight })
      const claims = new SearchClaims(store)
      const all = Array.from({ length: reps }, (_, index) => repOf(time, crm, index))
      // They come to work within ten minutes; one page costs what a list costs.
      for (const [index, { http }] of all.entries())
        time.after(index * 30_000, () => void sync(time, http, budget > 1_000_000 ? 1_000 : 50))
      for (const [index, rep] of all.entries()) time.after(index * 45_000, () => void work(time, rep, claims))
      await time.pass(3 * dayMs)
      for (const { http } of all) http.close()
      await time.pass(1)

      const days = [...crm.spent.values()].filter(({ sync }) => sync > 0)
      console.info(`company budget ${budget}: by day ${days.map(({ sync, all }) => `${sync} by sync, ${all} in all`).join('; ')}`)
      expect(days.length).toBeGreaterThanOrEqual(3)
      expect(crm.refused()).toBe(0)
      for (const { sync, all } of days) {
        expect(all).toBeLessThan(budget)
        expect(sync).toBeLessThanOrEqual(budget * 0.86)
      }
      // Nor so careful that nothing gets done.
      expect(days[1]?.sync).toBeGreaterThan(budget * 0.15)
    },
    120_000,
  )

  it('an unknown caller who rings all of them costs one search for each phone and hour', async () => {
    const time = new ControlledTime()
    const phones = Array.from({ length: reps }, (_, index) => {
      connect(`rep-${index}`)
      return { id: `rep-${index}`, claims: new SearchClaims(store) }
    })
    let searches = 0
    for (let minute = 0; minute < 180; minute += 5) {
      for (const { id, claims } of phones) if (claims.claim(time.wall(), id, '+4930123456')) searches += 1
      await time.pass(5 * 60_000)
    }
    expect(searches).toBe(reps * 3)
    // Over a restart too; another number, and another connection, are another matter.
    const restarted = new SearchClaims(store)
    expect(restarted.claim(time.wall() - 60_000, 'rep-0', '+4930123456')).toBe(false)
    expect(restarted.claim(time.wall() - 60_000, 'rep-0', '+4930123457')).toBe(true)
    // What is older than an hour is not kept.
    await time.pass(2 * 3_600_000)
    expect(restarted.claim(time.wall(), 'rep-0', '+4930123456')).toBe(true)
    expect(store.db.prepare('SELECT count(*) FROM number_searches').pluck().get()).toBe(1)
  })
})
