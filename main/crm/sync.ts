/**
 * Brings a connection's cache up to date: everything once, then what has changed, and once a day a look at what is still there.
 * Each page is fetched here, read and written by the store's writer thread (`crm.page`), and the next one fetched meanwhile. The
 * place where it stands is written with the rows themselves, so that a kill at any moment loses no more than a page's work.
 */
import { randomUUID } from 'node:crypto'
import type { SyncObject, SyncProgress } from '../../preload/contract'
import type { Store } from '../store/store'
import { dayMs, pause, type Time } from '../time'
import type { DailyBudget } from './budget'
import { type Crm, type CrmConfig, type CrmHttp, type CrmRun, type CrmSend, CrmTrouble } from './crm'
import type { FinishInput, PageDone, PageInput, PageRead } from './jobs'
import { type SyncRow, SyncRows } from './sync-rows'

export interface SyncNeeds {
  store: Store
  time: Time
  connectionId: string
  crm: Crm
  http: CrmHttp
  budget: DailyBudget
  /** As kept with the connection; `keep` when the CRM has changed it. */
  config: { get(): CrmConfig; keep(config: CrmConfig): void }
  /** The country of numbers without a prefix. */
  region: () => string
  onProgress: (progress: SyncProgress) => void
  /** A look for deletions makes way: the next changes are due. */
  makeWay?: () => boolean
  /** A call is being set up, here or there: nothing is written meanwhile. */
  callBegins?: () => boolean
  sweepEveryMs?: number
}

/** How often what seldom changes (custom fields, users, stages) is asked for, in ms. */
const prepareEveryMs = 3_600_000
/** The part of a day's allowance that looking for deletions leaves to changes. */
const keptFromSweeps = 0.5
/** More pages than any CRM has. */
const mostPages = 1_000_000
const mostEmptyPages = 1_000
/** How often it is looked whether a call is up, and how long one is waited for, in ms. */
const callLookMs = 100
const longestWaitForCallMs = 60_000
/** A total may be a little behind: so many more are believed. */
const beyondTotal = (total: number) => total * 1.2 + 10_000
/** What a CRM says to a cursor that it no longer knows. */
const staleCursor = new Set([400, 404, 410, 422])
/** What a pass removes from when it has not met it. */
const removable: ReadonlySet<SyncObject> = new Set(['organizations', 'contacts', 'deals', 'leads'])

interface Run {
  object: SyncObject
  mode: CrmRun['mode']
  config: CrmConfig
  pass: number
  send: CrmSend
  signal: AbortSignal
}

export class Sync {
  readonly #rows: SyncRows
  #preparedAt: number | null = null
  /** Of pages that are read ahead. */
  readonly #tickets = new WeakMap<Uint8Array[], string>()

  constructor(private readonly needs: SyncNeeds) {
    this.#rows = new SyncRows(needs.store, needs.connectionId)
  }

  /** Everything has been fetched once. */
  get complete(): boolean {
    return this.needs.crm.objects.every((object) => {
      const row = this.#rows.get(object)
      return row !== null && (row.mode !== 'full' || row.finished === 1)
    })
  }

  /** One sync. Never two at once. Rejects with a TroubleError (`crm.*`, `network.*`, `store.*`) or the signal's reason. */
  async run(cancel: AbortSignal): Promise<void> {
    // What was fetched ahead ends with the run, however that ends.
    const over = new AbortController()
    try {
      await this.#run(AbortSignal.any([cancel, over.signal]))
    } finally {
      over.abort()
    }
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { crm, http, time } = this.needs
    const send: CrmSend = (request) => http.send(request, { purpose: 'sync', signal })
    const preparing = this.#preparedAt === null || time.monotonic() - this.#preparedAt >= prepareEveryMs
    let config = this.needs.config.get()
    if (preparing) {
      const before = JSON.stringify(config)
      config = await crm.prepare(send, config)
      if (JSON.stringify(config) !== before) this.needs.config.keep(config)
      this.#preparedAt = time.monotonic()
    }
    const about = { config, send, signal }
    for (const object of crm.objects) await this.#upToDate(object, about, preparing)
    await this.#sweep(about)
  }

  /** Fetches what is missing of one kind of record, and removes what a finished pass has not met. */
  async #upToDate(object: SyncObject, about: Pick<Run, 'config' | 'send' | 'signal'>, preparing: boolean): Promise<void> {
    const { crm, time } = this.needs
    let row = this.#rows.get(object)
    // Killed in the middle of a sweep: it goes on after the changes.
    if (row?.mode === 'sweep') this.#rows.park(object, row.finished ? '' : (row.cursor ?? row.sweep ?? ''))
    if (!row || (row.mode === 'full' && row.finished === 0)) {
      const first = row?.cursor ?? crm.begin(object, { mode: 'full', watermark: null, now: time.wall() }, about.config)
      if (first === null) return this.#rows.skip(object, time.wall())
      await this.#pages({ ...about, object, mode: 'full', pass: this.#rows.pass() }, first, row?.cursor != null)
      this.#rows.park(object, '')
    } else if (row.mode === 'full') {
      // Killed after its last page.
      if (row.swept_at === null) this.#rows.park(object, '')
    } else if (row.mode === 'changes' && row.finished === 0 && row.cursor !== null) {
      await this.#pages({ ...about, object, mode: 'changes', pass: this.#rows.pass() }, row.cursor, true)
    }
    row = this.#rows.get(object)
    await this.#changes(object, about, row, preparing)
    await this.#removeUnmet(object, about.signal)
  }

  /** From the watermark on. What has no watermark is small, or empty, and is fetched anew now and then. */
  async #changes(object: SyncObject, about: Pick<Run, 'config' | 'send' | 'signal'>, row: SyncRow | null, anew: boolean): Promise<void> {
    const { crm, time } = this.needs
    const watermark = row?.watermark ?? null
    const at = { ...about, object, pass: this.#rows.pass() }
    const changes = crm.begin(object, { mode: 'changes', watermark, now: time.wall() }, about.config)
    if (changes !== null) {
      await this.#pages({ ...at, mode: 'changes' }, changes, false)
      return
    }
    // It has just been fetched.
    if (watermark !== null || !anew || row?.sweep === '') return
    const all = crm.begin(object, { mode: 'full', watermark: null, now: time.wall() }, about.config)
    if (all === null) return
    await this.#pages({ ...at, mode: 'full' }, all, false)
    this.#rows.park(object, row?.sweep ?? '')
  }

  async #removeUnmet(object: SyncObject, signal: AbortSignal): Promise<void> {
    if (this.#rows.get(object)?.sweep !== '') return
    const { store, connectionId, time } = this.needs
    if (removable.has(object)) {
      const input: FinishInput = { connectionId, object, pass: this.#rows.pass() }
      await store.jobs.run('write', 'crm.finish', input, { signal })
    }
    this.#rows.swept(object, time.wall())
  }

  /** Looks which records are still there, where that is due and today's allowance has room for it. */
  async #sweep(about: Pick<Run, 'config' | 'send' | 'signal'>): Promise<void> {
    const { crm, time, budget, makeWay, sweepEveryMs = dayMs } = this.needs
    const now = time.wall()
    const rows = new Map(crm.objects.map((object) => [object, this.#rows.get(object)] as const))
    if (![...rows.values()].some((row) => row?.sweep != null)) {
      // A clock that was set back leaves times in the future.
      const due = [...rows.values()].some((row) => row?.swept_at == null || row.swept_at > now || now - row.swept_at >= sweepEveryMs)
      if (!due) return
      const first = crm.objects.map((object) => [object, crm.begin(object, { mode: 'sweep', watermark: null, now }, about.config)] as const)
      const sweeps = new Map(first.flatMap(([object, cursor]) => (cursor === null ? [] : [[object, cursor] as const])))
      const rest = crm.objects.filter((object) => !sweeps.has(object))
      this.#rows.beginSweep(sweeps, rest, now)
    }
    for (const object of crm.objects) {
      const first = this.#rows.get(object)?.sweep
      if (!first) continue
      const through = await this.#pages({ ...about, object, mode: 'sweep', pass: this.#rows.pass() }, first, true, (cursor) => {
        return !makeWay?.() && budget.affords(crm.pageCost(object, cursor), keptFromSweeps)
      })
      if (!through) return
      this.#rows.park(object, '')
      // What moved behind the sweep while it went on was changed, and is met here.
      await this.#changes(object, about, this.#rows.get(object), false)
      await this.#removeUnmet(object, about.signal)
    }
  }

  /**
   * All pages from `first` on. `resumed`: the cursor is an old one, which the CRM may not know any more. `goOn`: asked before each
   * page; when it says no the place is kept. Answers whether the last page was reached.
   */
  async #pages(run: Run, first: string, resumed: boolean, goOn: (cursor: string) => boolean = () => true): Promise<boolean> {
    const { crm, time } = this.needs
    const { object, mode, config, signal } = run
    const kept = this.#rows.get(object)
    const inPlace = resumed && kept?.mode === mode && kept.cursor === first
    if (mode === 'sweep' && !goOn(first)) return false
    if (!inPlace) this.#rows.begin(object, mode, first, time.wall())
    const course = new Course(this.needs, run, first, inPlace ? kept : null)
    let cursor = first
    let page = this.#fetch(run, cursor)
    for (;;) {
      const parts = await page.catch((error: unknown) => {
        if (resumed && cursor === first && error instanceof CrmTrouble && staleCursor.has(error.status ?? 0)) return null
        throw error
      })
      if (parts === null) {
        const anew = crm.begin(object, { mode, watermark: kept?.watermark ?? null, now: time.wall() }, config)
        this.#rows.restart(object)
        return anew === null || this.#pages(run, anew, false, goOn)
      }
      let next: Promise<Uint8Array[]> | null = null
      const ahead = (read: PageRead): void => {
        if (read.next === null || !goOn(read.next)) return
        course.check(read.next)
        const then = read.next
        next = this.#fetch(run, then).then((parts) => {
          this.#readAhead(run, then, parts)
          return parts
        })
        // Whether it came is asked when the page before it is written.
        next.catch(() => undefined)
      }
      await this.#afterCalls(signal)
      const done = await this.#write(run, cursor, parts, ahead)
      course.wrote(done)
      if (done.next === null) return true
      signal.throwIfAborted()
      if (!next && !goOn(done.next)) {
        this.#rows.park(object, done.next)
        return false
      }
      cursor = done.next
      page = next ?? this.#fetch(run, cursor)
    }
  }

  /** The disk and the processor are the call's until it is up, for a minute at most. */
  async #afterCalls(signal: AbortSignal): Promise<void> {
    const { time, callBegins } = this.needs
    const until = time.monotonic() + longestWaitForCallMs
    while (callBegins?.() && time.monotonic() < until) await pause(time, callLookMs, signal)
  }

  async #fetch({ object, config, send }: Run, cursor: string): Promise<Uint8Array[]> {
    const { crm, budget } = this.needs
    // All of a page or nothing: half of one would be paid for twice.
    if (!budget.affords(crm.pageCost(object, cursor)))
      throw new CrmTrouble('crm.dailyShare', { crm: crm.name }, undefined, { resumesAt: budget.resumesAt })
    return await crm.fetchPage(send, object, cursor, config)
  }

  /** While the page before it is being written. */
  #readAhead(run: Run, cursor: string, parts: Uint8Array[]): void {
    const ticket = randomUUID()
    this.#tickets.set(parts, ticket)
    const input = { ...this.#input(run, cursor, parts), ticket }
    this.needs.store.jobs.run('write', 'crm.prepare', input, { signal: run.signal }).catch(() => undefined)
  }

  #input({ object, mode, pass, config }: Run, cursor: string, parts: Uint8Array[]): PageInput {
    const { connectionId, crm, region, time } = this.needs
    return {
      connectionId,
      kind: crm.kind,
      object,
      mode,
      pass,
      cursor,
      parts,
      config,
      region: countryIn(config) ?? region(),
      now: time.wall(),
    }
  }

  /** `ahead` is told what the page says as soon as it is read; what it throws counts after the page is written. */
  async #write(run: Run, cursor: string, parts: Uint8Array[], ahead: (read: PageRead) => void): Promise<PageDone> {
    const { store } = this.needs
    const { signal } = run
    let thrown: unknown = null
    const ticket = this.#tickets.get(parts)
    const input = { ...this.#input(run, cursor, parts), ...(ticket ? { ticket } : {}) }
    const done = await store.jobs.run<PageDone>('write', 'crm.page', input, {
      signal,
      onProgress: (read) => {
        try {
          ahead(read as PageRead)
        } catch (error) {
          thrown = error
        }
      },
    })
    if (thrown) {
      this.#rows.restart(run.object)
      throw thrown
    }
    return done
  }
}

/** The company's own country, where the connector has found it out. */
function countryIn({ country }: CrmConfig): string | null {
  return typeof country === 'string' && /^[A-Z]{2}$/.test(country) ? country : null
}

/** How a run over pages comes on: how many, how long still, and whether it comes on at all. */
class Course {
  readonly #asked = new Set<string>()
  readonly #since: number
  readonly #before: number
  #done: number
  #total: number | null
  #pages = 0
  #empty = 0

  constructor(
    private readonly needs: Pick<SyncNeeds, 'time' | 'crm' | 'budget' | 'onProgress'>,
    private readonly run: Run,
    first: string,
    kept: SyncRow | null,
  ) {
    this.#asked.add(first)
    this.#since = needs.time.monotonic()
    this.#before = kept?.done ?? 0
    this.#done = this.#before
    this.#total = kept?.total ?? null
    this.#tell('')
  }

  /** Throws `crm.endlessPages` for a page that was asked for before, and for more of them than there can be. */
  check(next: string): void {
    const tooMany = this.#total !== null && this.#done > beyondTotal(this.#total)
    if (this.#asked.has(next) || tooMany || this.#pages > mostPages || this.#empty > mostEmptyPages)
      throw new CrmTrouble('crm.endlessPages', { crm: this.needs.crm.name })
    this.#asked.add(next)
  }

  wrote({ count, total, next }: PageDone): void {
    this.#pages += 1
    this.#empty = count === 0 ? this.#empty + 1 : 0
    this.#done += count
    this.#total = total ?? this.#total
    this.#tell(next)
  }

  #tell(next: string | null): void {
    const { object, mode } = this.run
    const total = this.#total === null ? null : Math.max(this.#total, this.#done)
    this.needs.onProgress({ object, mode, done: this.#done, total, leftMs: next ? this.#leftMs(next, total) : null })
  }

  /** By how it went so far, and the days that the allowance makes of it. */
  #leftMs(next: string, total: number | null): number | null {
    const { time, crm, budget } = this.needs
    const done = this.#done - this.#before
    if (total === null || done === 0) return null
    const rest = total - this.#done
    const working = ((time.monotonic() - this.#since) / done) * rest
    const cost = (rest / done) * this.#pages * crm.pageCost(this.run.object, next)
    if (cost <= budget.left || budget.allowance <= 0) return working
    const moreDays = Math.ceil((cost - budget.left) / budget.allowance)
    return budget.resumesAt - time.wall() + (moreDays - 1) * dayMs
  }
}
