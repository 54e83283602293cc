/**
 * A full sync from a fake Pipedrive in a process of its own, over HTTP on loopback, by the built program, with the pacing off: how
 * many contacts a second, main's longest stall while a practice call rings and is answered in the middle, and the memory over idle.
 * Words: how many contacts, one or more sizes (100000 and 1000000 when absent). Beside it, the time that each vendor's own limits
 * would take for as many.
 */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { Crm } from '../../main/crm/crm'
import { crms } from '../../main/crm/kinds'
import { freshLink, openChromium, startMain, temporaryProfile } from '../fixtures/app'
import { progress, quantile, result } from '../fixtures/bench'
import { startFakeProcess } from '../fixtures/crm/fake-process'
import { inspectable, MainInspector } from '../fixtures/inspector'
import { connectPage } from '../fixtures/page-client'

const given = process.argv
  .slice(2)
  .filter((word) => /^\d+$/.test(word))
  .map(Number)
const sizes = given.length > 0 ? given : [100_000, 1_000_000]
/** Contacts in a page, as each vendor's lists have at most. */
const pageSizes: Readonly<Record<string, number>> = { pipedrive: 500, hubspot: 100, freshdesk: 100 }
/** What sync may spend of a day's budget. */
const share = 0.2

/** Hours that the vendor's own limits make of a full sync of contacts alone. */
function hoursAt(crm: Crm, contacts: number): number {
  const pages = contacts / (pageSizes[crm.kind] ?? 100)
  const { burst, windowMs, daily } = crm.pace
  const paced = (pages * windowMs) / burst / 3_600_000
  const cursor = crm.begin('contacts', { mode: 'full', watermark: null, now: Date.now() }, {})
  const days = daily === null || cursor === null ? 0 : (pages * crm.pageCost('contacts', cursor)) / (daily * share)
  // A day's share is spent at once when the day begins.
  return days > 1 ? Math.ceil(days - 1) * 24 + paced / days : paced
}

/** Runs in main: the longest time between two looks of a timer, and how many were too long. */
const probe = `(() => {
  const probe = { longest: 0, over10: 0, over30: 0, looks: 0 }
  let last = performance.now()
  setInterval(() => {
    const now = performance.now()
    const late = now - last - 4
    last = now
    probe.looks++
    if (late > probe.longest) probe.longest = late
    if (late > 10) probe.over10++
    if (late > 30) probe.over30++
  }, 4).unref()
  globalThis.stallProbe = probe
})()`
interface Stalls {
  longest: number
  over10: number
  over30: number
  looks: number
}

/** Processor time of each of main's threads so far, in µs, by name; says more than the clock where others use the machine too. */
function threadTimes(pid: number): Map<string, number> {
  const times = new Map<string, number>()
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')
    const name = /\((.*)\)/.exec(stat)?.[1] ?? ''
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // In hundredths of a second, user and system.
    times.set(name, (times.get(name) ?? 0) + (Number(fields[11]) + Number(fields[12])) * 10_000)
  }
  return times
}

interface Measured {
  contacts: number
  perS: number
  totalS: number
  stalls: Stalls
  stallsInCall: Stalls
  answerMs: number
  /** Processor time a contact, in µs, of the whole sync, by thread. */
  cpu: { main: number; writer: number; aside: number }
  idle: number
  peak: number
  /** MB. */
  wal: number
  file: number
}

async function measure(contacts: number): Promise<Measured> {
  progress(`making a Pipedrive of ${contacts} contacts`)
  const fake = await startFakeProcess('pipedrive', { people: contacts, limits: false })
  const profile = temporaryProfile()
  const main = await startMain(profile, {
    env: { ...inspectable, RINGBOOK_CRM_ORIGINS: JSON.stringify({ pipedrive: fake.origin }), RINGBOOK_CRM_UNPACED: '1' },
  })
  const client = await connectPage(main.link)
  const context = await openChromium()
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto(freshLink(profile))
  await page.getByRole('combobox', { name: 'Number or name' }).waitFor()
  const inspector = await MainInspector.open(main)
  try {
    await inspector.evaluate(probe)
    const take = async () => {
      const stalls = JSON.parse(await inspector.evaluate('JSON.stringify(stallProbe)')) as Stalls
      await inspector.evaluate('Object.assign(stallProbe, { longest: 0, over10: 0, over30: 0, looks: 0 })')
      return stalls
    }
    await page.waitForTimeout(3_000)
    const idle = inspector.rss()
    let peak = 0
    let wal = 0
    const file = join(profile, 'ringbook.sqlite')
    const sampling = setInterval(() => {
      peak = Math.max(peak, inspector.rss())
      wal = Math.max(wal, statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0)
    }, 50)
    let answered: Promise<{ ms: number; stalls: Stalls }> | null = null
    let calmer: Stalls | null = null
    const answerOne = async () => {
      calmer = await take()
      const began = performance.now()
      const connected = new Promise<number>((done) =>
        client.on('call.changed', ({ id, phase }) => {
          if (phase === 'ringing') void page.waitForTimeout(1_000).then(() => client.send('call.answer', { callId: id }))
          if (phase === 'connected') done(performance.now() - began - 1_000)
        }),
      )
      await client.send('practice.incoming', {})
      const ms = await connected
      await page.waitForTimeout(500)
      return { ms, stalls: await take() }
    }
    let saidAt = 0
    const over = new Promise<void>((done, failed) =>
      client.on('connections.changed', ([connection]) => {
        if (!connection) return
        const { status, progress: now, trouble } = connection
        if (status === 'failed' || status === 'refused') failed(new Error(JSON.stringify(trouble)))
        if (status === 'idle' && connection.complete) done()
        if (now && performance.now() - saidAt > 2_000) {
          saidAt = performance.now()
          progress(`${now.mode} ${now.object}: ${now.done} of ${now.total ?? '?'}`)
        }
        if (now?.object === 'contacts' && now.done > contacts * 0.3) answered ??= answerOne()
      }),
    )
    await take()
    const before = threadTimes(inspector.pid)
    const began = performance.now()
    await client.send('connections.save', { kind: 'pipedrive', domain: '', token: fake.token, keepToken: 'session' })
    await over
    const totalS = (performance.now() - began) / 1_000
    const times = threadTimes(inspector.pid)
    const cpuOf = (name: string) => Math.round(((times.get(name) ?? 0) - (before.get(name) ?? 0)) / contacts)
    const call = await (answered as Promise<{ ms: number; stalls: Stalls }> | null)
    const after = await take()
    clearInterval(sampling)
    const db = new Database(file, { readonly: true })
    const count = db.prepare<[], number>('SELECT count(*) FROM contacts').pluck().get() ?? 0
    if (count !== contacts) throw new Error(`${count} contacts are in the cache, not ${contacts}`)
    const at = (object: string) =>
      db.prepare<[string], number>('SELECT updated_at FROM sync_cursors WHERE object = ?').pluck().get(object) ?? Number.NaN
    const seconds = (at('contacts') - at('organizations')) / 1_000
    db.close()
    const calm = calmer as Stalls | null
    return {
      contacts,
      perS: Math.round(contacts / seconds),
      totalS: Math.round(totalS * 10) / 10,
      stalls: {
        longest: Math.max(calm?.longest ?? 0, after.longest, call?.stalls.longest ?? 0),
        over10: (calm?.over10 ?? 0) + after.over10,
        over30: (calm?.over30 ?? 0) + after.over30,
        looks: (calm?.looks ?? 0) + after.looks,
      },
      stallsInCall: call?.stalls ?? { longest: Number.NaN, over10: 0, over30: 0, looks: 0 },
      answerMs: call?.ms ?? Number.NaN,
      cpu: { main: cpuOf('MainThread'), writer: cpuOf('store writer'), aside: cpuOf('store aside') },
      idle: Math.round(idle),
      peak: Math.round(peak),
      wal: Math.round(wal / 1e6),
      file: Math.round(statSync(file).size / 1e6),
    }
  } finally {
    inspector.close()
    client.close()
    await context.close()
    await main.stop()
    rmSync(profile, { recursive: true, force: true })
    await fake.stop()
  }
}

const cpu = readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length ?? 0
const figures: Record<string, number | string | null> = {}
const rounded = (value: number) =>
  quantile(
    [value].filter((one) => !Number.isNaN(one)),
    1,
  )
let worst = 0
let most = 0
let last: Measured | null = null
for (const size of sizes) {
  const one = await measure(size)
  last = one
  worst = Math.max(worst, one.stallsInCall.longest, one.stalls.longest)
  most = Math.max(most, one.peak - one.idle)
  progress(
    `${size}: ${one.perS} contacts/s, all in ${one.totalS} s; stalls ${JSON.stringify(one.stalls)}, with the call ${JSON.stringify(one.stallsInCall)}; ` +
      `ring and answer ${one.answerMs.toFixed(0)} ms; processor µs a contact ${JSON.stringify(one.cpu)}; memory ${one.idle} → ${one.peak} MB; WAL at most ${one.wal} MB, file ${one.file} MB`,
  )
  const of = size >= 1_000_000 ? `${size / 1_000_000}m` : `${Math.round(size / 1_000)}k`
  figures[`per_s_${of}`] = one.perS
  figures[`seconds_${of}`] = one.totalS
  figures[`stall_${of}`] = rounded(one.stalls.longest)
  figures[`stall_call_${of}`] = rounded(one.stallsInCall.longest)
  figures[`stalls_over_30_${of}`] = one.stalls.over30
  figures[`answer_${of}`] = rounded(one.answerMs)
  figures[`cpu_main_${of}`] = one.cpu.main
  figures[`cpu_writer_${of}`] = one.cpu.writer
  figures[`cpu_aside_${of}`] = one.cpu.aside
  figures[`rss_idle_${of}`] = one.idle
  figures[`rss_peak_${of}`] = one.peak
  figures[`wal_${of}`] = one.wal
  figures[`file_${of}`] = one.file
  for (const crm of crms) {
    const hours = hoursAt(crm, size)
    progress(`${size} contacts within the limits of ${crm.name}: ${hours < 1 ? `${(hours * 60).toFixed(1)} min` : `${hours.toFixed(1)} h`}`)
    figures[`${crm.kind}_hours_${of}`] = rounded(hours)
  }
}
result('sync', sizes.length, {
  contacts: last?.contacts ?? null,
  per_s: last?.perS ?? null,
  longest_stall: rounded(worst),
  peak_rss: most,
  cpus: cpu,
  ...figures,
})
