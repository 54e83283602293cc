/**
 * The rep's CRM connections: added with a token that the secret store keeps, synced by the clock and by hand, shown with how they
 * are, and forgotten without a trace. What is wrong with one is a sentence on it, never an error of the program.
 */
import { randomBytes } from 'node:crypto'
import type { CommandParsed, Connection, ConnectionInput, CrmIdentity, CrmUser } from '../../preload/contract'
import { most } from '../contacts/port'
import { cleanLine } from '../text'
import { dayMs } from '../time'
import { TroubleError, troubleOf } from '../trouble'
import { SearchClaims, sparing } from './budget'
import { type ConnectionRow, ConnectionRows } from './connection-rows'
import type { Counts } from './connections.jobs'
import { type CrmAccess, type CrmConnection, type CrmSend, CrmTrouble } from './crm'
import { PacedHttp } from './http'
import type { ForgetInput } from './jobs'
import { type ConnectionsNeeds, type Live, makeLive, nothingCached, originOf, tokenName } from './live-connection'

/** Until the first sync after the start: the first call goes before it. */
const startAfterMs = 10_000
const countAfterMs = 2_000
/** How soon it is tried again while a call is on, and for how long it is put off, in ms. */
const callPauseMs = 10_000
const longestPutOff = 10 * 60_000
/** Timers look at the wall clock so often: a machine that slept has not let them run. */
const lookMs = 30_000
const dayJitterMs = 5 * 60_000
const eventsMs = 500
const countsMs = 5_000

export class Connections implements CrmAccess {
  readonly #rows: ConnectionRows
  readonly #claims: SearchClaims
  readonly #live = new Map<string, Live>()
  #stopTimer: (() => void) | null = null
  #stopEvent: (() => void) | null = null
  #saidAt = Number.NEGATIVE_INFINITY
  #countAt = Number.NEGATIVE_INFINITY
  #closed = false
  #minutes: number
  /** Edits run one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(private readonly needs: ConnectionsNeeds) {
    this.#rows = new ConnectionRows(needs.store)
    this.#claims = new SearchClaims(needs.store)
    this.#minutes = needs.syncMinutes()
    for (const row of this.#rows.all()) this.#live.set(row.id, this.#made(row))
  }

  /** The first sync is not long after, and what an earlier run did not finish forgetting is forgotten. */
  start(): void {
    const { time, store, log } = this.needs
    const after = this.needs.startAfterMs ?? startAfterMs
    const at = time.wall() + after
    for (const live of this.#live.values()) if (live.sync) live.due = at
    this.#look()
    time.after(Math.min(after, countAfterMs), () => void this.#count())
    time.after(after, () => {
      if (this.#closed) return
      const input: ForgetInput = { connectionId: null }
      store.jobs.run('write', 'crm.forget', input).catch((error: unknown) => {
        if (!this.#closed) log.warn({ code: troubleOf(error).code }, 'what was to be forgotten is still there')
      })
    })
  }

  /** Ends every sync; what is written stays, and the next start goes on from there. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopTimer?.()
    this.#stopEvent?.()
    const running = [...this.#live.values()].map((live) => {
      live.running?.cancel.abort(new CrmTrouble('crm.closed', { crm: live.row.label }))
      live.http?.close()
      return live.running?.over
    })
    await Promise.all(running)
  }

  list(): Connection[] {
    return [...this.#live.values()].map(({ row, status, progress, resumesAt, counts }) => ({
      id: row.id,
      kind: row.kind,
      label: row.label,
      domain: row.domain,
      account: row.account,
      user: row.user,
      callerId: row.callerId,
      status,
      progress,
      resumesAt,
      syncedAt: row.syncedAt,
      complete: row.complete,
      counts,
      trouble: row.trouble,
    }))
  }

  open(): readonly CrmConnection[] {
    return [...this.#live.values()].flatMap(({ row, crm, http, status }) =>
      crm && http && status !== 'refused'
        ? [{ id: row.id, crm, config: row.config, callerId: row.callerId, userId: row.user?.id ?? null, http }]
        : [],
    )
  }

  claimSearch(connectionId: string, number: string): boolean {
    return this.#claims.claim(this.needs.time.wall(), connectionId, number)
  }

  /** Asks the CRM what a token opens. Rejects with a TroubleError `crm.*`, `network.*`. */
  async check(input: ConnectionInput): Promise<CrmIdentity> {
    return (await this.#connect(input)).identity
  }

  /** Asks the CRM whether a connection's kept token is accepted. Rejects with what `check` says, or the signal's reason. */
  async prove(connectionId: string, signal: AbortSignal): Promise<CrmIdentity> {
    const { row } = this.#need(connectionId)
    const { id, kind, domain, label } = row
    return (await this.#connect({ id, kind, domain, label, keepToken: 'keyring' }, signal)).identity
  }

  /** Adds a connection, or changes one, and syncs it. Rejects with what `check` says, `crm.otherAccount`, `crm.already`, `host.*`. */
  save(input: CommandParsed<'connections.save'>): Promise<{ connectionId: string }> {
    return this.#inTurn(async () => {
      const { identity, config, token, existing, crm } = await this.#connect(input)
      const { account } = identity
      if (existing && existing.row.account !== account) throw new TroubleError('crm.otherAccount', { account })
      const same = [...this.#live.values()].find(({ row }) => row !== existing?.row && row.kind === input.kind && row.account === account)
      if (same) throw new TroubleError('crm.already', { account, label: same.row.label })
      const id = existing?.row.id ?? `${input.kind}-${randomBytes(4).toString('hex')}`
      await this.needs.secrets.set(tokenName(id), token, input.keepToken)
      const before = existing?.row
      const row: ConnectionRow = {
        id,
        kind: input.kind,
        label: input.label || before?.label || `${crm.name} ${account}`.trim().slice(0, 60),
        domain: input.domain,
        account,
        config,
        user: input.user !== undefined ? input.user : before ? before.user : identity.user,
        callerId: before?.callerId ?? true,
        complete: before?.complete ?? false,
        syncedAt: before?.syncedAt ?? null,
        trouble: null,
      }
      if (existing) await this.#stop(existing)
      this.#rows.keep(row)
      this.#rows.synced(id, row)
      const live = this.#made(row)
      live.counts = existing?.counts ?? nothingCached
      this.#live.set(id, live)
      this.#begin(live)
      return { connectionId: id }
    })
  }

  /** What needs no token. Throws TroubleError `crm.gone`. */
  change({ connectionId, user, callerId, label }: CommandParsed<'connections.change'>): void {
    const live = this.#need(connectionId)
    const { row } = live
    const changed: { user: CrmUser | null; callerId: boolean; label: string } = {
      user: user === undefined ? row.user : user,
      callerId: callerId ?? row.callerId,
      label: label ?? row.label,
    }
    live.row = { ...row, ...changed }
    this.#rows.keep(live.row)
    this.#say()
    // Whose deals and contacts come first depends on it.
    this.needs.changed()
  }

  /** Now, all of them or one; one that runs already goes on. Throws TroubleError `crm.gone`. */
  sync(connectionId?: string): void {
    const which = connectionId === undefined ? [...this.#live.values()] : [this.#need(connectionId)]
    for (const live of which) this.#begin(live)
  }

  /** Stops the sync that runs, until the next one is due. Throws TroubleError `crm.gone`. */
  async cancel(connectionId: string): Promise<void> {
    const live = this.#need(connectionId)
    if (live.status === 'waiting' && !live.running) {
      Object.assign(live, { status: 'idle', resumesAt: null })
      live.due = this.needs.time.wall() + this.#every()
      this.#say()
      return
    }
    live.running?.cancel.abort(new Cancelled())
    await live.running?.over
  }

  /** Removes the connection, its token and all that was cached of it. Rejects with TroubleError `crm.gone`, `host.*`, `store.*`. */
  forget(connectionId: string): Promise<void> {
    return this.#inTurn(async () => {
      const live = this.#need(connectionId)
      const { secrets, store } = this.needs
      await this.#stop(live)
      try {
        await secrets.delete(tokenName(connectionId))
      } catch (error) {
        // Not without its token: that would stay where nobody looks for it.
        this.#live.set(connectionId, this.#made(live.row))
        throw error
      }
      this.#live.delete(connectionId)
      this.#say()
      const input: ForgetInput = { connectionId }
      await store.jobs.run('write', 'crm.forget', input)
      this.needs.changed()
    })
  }

  /** Perhaps how often. */
  settingsChanged(): void {
    const now = this.needs.time.wall()
    const minutes = this.needs.syncMinutes()
    if (minutes === this.#minutes) return
    this.#minutes = minutes
    for (const live of this.#live.values()) {
      if (live.due === null || live.status === 'waiting' || live.running) continue
      const since = live.row.syncedAt !== null && live.row.syncedAt <= now ? live.row.syncedAt : now
      live.due = Math.max(now, since + this.#every())
    }
    this.#look()
  }

  /** The network is back or the machine woke up: what failed for want of it is tried again. */
  networkChanged(): void {
    const now = this.needs.time.wall()
    for (const live of this.#live.values()) if (live.row.trouble?.code.startsWith('network.') && live.due !== null) live.due = now
    this.#look()
  }

  #made(row: ConnectionRow): Live {
    return makeLive(row, this.needs, {
      keep: (kept) => this.#rows.keep(kept),
      progressed: () => {
        this.#say()
        if (this.needs.time.monotonic() >= this.#countAt) void this.#count()
      },
    })
  }

  async #connect(input: ConnectionInput, signal?: AbortSignal) {
    const crm = this.needs.crmOf(input.kind)
    if (!crm) throw new TroubleError('crm.unknownKind')
    const existing = input.id === undefined ? null : this.#need(input.id)
    // A kept token goes where it went before, and nowhere else.
    if (existing && existing.row.kind !== input.kind) throw new TroubleError('crm.gone')
    const mayUseKept = existing?.row.domain === input.domain
    const token = input.token ?? (existing && mayUseKept && (await this.needs.secrets.get(tokenName(existing.row.id))))
    if (!token) throw existing && mayUseKept ? new TroubleError('crm.noToken', { crm: crm.name }) : new TroubleError('crm.tokenNeeded')
    // It goes into a header.
    if (!/^[\x21-\x7e]+$/.test(token)) throw new TroubleError('crm.badToken')
    const { send, time } = this.needs
    const http = new PacedHttp({ crm, origin: originOf(crm, input.domain, this.needs), token: async () => token, send, budget: null, time })
    const ask: CrmSend = (request) => http.send(request, { purpose: 'rep', timeoutMs: 60_000, ...(signal ? { signal } : {}) })
    const { identity, config } = await crm.connect(ask, input.domain)
    return { crm, existing, token, identity: cleanIdentity(identity), config }
  }

  #begin(live: Live): void {
    const { sync } = live
    if (live.running || this.#closed || !sync) return
    const cancel = new AbortController()
    const began = this.needs.time.wall()
    const spent = live.row.complete ? (live.budget?.spent ?? 0) : Number.POSITIVE_INFINITY
    Object.assign(live, { status: 'syncing', progress: null, resumesAt: null, putOffSince: null, due: began + this.#every() })
    const over = sync
      .run(cancel.signal)
      .then(() => {
        // The first fetch of everything says nothing of what changes cost, nor does a day that has begun meanwhile.
        const cost = (live.budget?.spent ?? 0) - spent
        if (cost > 0) live.usualCost = live.usualCost > 0 ? Math.min(live.usualCost, cost) : cost
        return this.#went(live, null)
      })
      .catch((error: unknown) => this.#went(live, cancel.signal.aborted ? cancel.signal.reason : error))
      .catch((error: unknown) => this.needs.log.error({ err: error }, 'a sync ended badly'))
    live.running = { cancel, over }
    this.#say()
  }

  /** A sync is over: how it went, and when the next one is due. */
  async #went(live: Live, error: unknown): Promise<void> {
    const { time, log } = this.needs
    const now = time.wall()
    const cancelled = error instanceof Cancelled || this.#live.get(live.row.id) !== live || this.#closed
    const trouble = error === null || cancelled ? null : troubleOf(error)
    const resumesAt = error instanceof CrmTrouble && error.resumesAt !== null && error.resumesAt > now ? error.resumesAt : null
    if (trouble) log.warn({ connection: live.row.id, code: trouble.code }, 'a sync did not go through')
    const complete = live.row.complete || live.sync?.complete === true
    live.row = { ...live.row, complete, ...(error === null ? { syncedAt: now } : {}), trouble }
    live.running = null
    live.progress = null
    live.resumesAt = resumesAt
    live.status = !trouble ? 'idle' : resumesAt !== null ? 'waiting' : trouble.code === 'crm.refused' ? 'refused' : 'failed'
    if (this.#live.get(live.row.id) === live) {
      this.#rows.synced(live.row.id, live.row)
      live.due = this.#nextDue(live, trouble?.code ?? null, now)
      this.needs.changed()
      await this.#count()
      this.#say()
      this.#look()
    }
  }

  #nextDue(live: Live, code: string | null, now: number): number | null {
    // All reps' days begin at once; their syncs need not.
    if (code === 'crm.dailyShare') return (live.resumesAt ?? now) + Math.random() * dayJitterMs
    if (live.resumesAt !== null) return live.resumesAt
    // Trying a refused token again and again may lock it out; pages without end would be fetched without end.
    if (code === 'crm.refused' || code === 'crm.noToken') return null
    if (code === 'crm.endlessPages') return now + dayMs
    const { budget, usualCost } = live
    if (code !== null || !budget) return now + this.#every()
    const soon = sparing({ everyMs: this.#every(), cost: usualCost, left: budget.left, untilMs: budget.resumesAt - now })
    return soon > this.#every() ? now + soon : Math.max(now, live.due ?? now + soon)
  }

  #every(): number {
    return this.#minutes * 60_000
  }

  /** Begins what is due, and looks again when the next one is. */
  #look(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
    if (this.#closed) return
    const { time, inCall } = this.needs
    const now = time.wall()
    let next = Number.POSITIVE_INFINITY
    for (const live of this.#live.values()) {
      if (live.due === null || live.running) continue
      // The clock was set back: nothing is waited for longer than that.
      if (live.due > now + this.#every() + dayMs + 3 * dayJitterMs) live.due = now + this.#every()
      if (live.due <= now) {
        live.putOffSince ??= now
        if (inCall() && now - live.putOffSince < longestPutOff) live.due = now + callPauseMs
        else this.#begin(live)
      }
      if (!live.running && live.due !== null) next = Math.min(next, live.due)
    }
    if (next !== Number.POSITIVE_INFINITY) this.#stopTimer = time.after(Math.min(lookMs, Math.max(0, next - now)), () => this.#look())
  }

  /** Tells the pages, twice a second at most. */
  #say(): void {
    const { time, emit } = this.needs
    if (this.#stopEvent || this.#closed) return
    const say = () => {
      this.#stopEvent = null
      this.#saidAt = time.monotonic()
      emit('connections.changed', this.list())
    }
    const wait = this.#saidAt + eventsMs - time.monotonic()
    if (wait <= 0) say()
    else this.#stopEvent = time.after(wait, say)
  }

  async #count(): Promise<void> {
    const { store, time, log } = this.needs
    this.#countAt = Number.POSITIVE_INFINITY
    const began = time.monotonic()
    try {
      const counts = await store.jobs.run<Record<string, Counts>>('read', 'connections.counts', [...this.#live.keys()])
      for (const live of this.#live.values()) live.counts = counts[live.row.id] ?? live.counts
      this.#say()
    } catch (error) {
      if (!this.#closed) log.warn({ code: troubleOf(error).code }, 'what is cached could not be counted')
    } finally {
      // A long look keeps the writer's log from being emptied: the longer it takes, the less often.
      const now = time.monotonic()
      this.#countAt = now + Math.max(countsMs, (now - began) * 30)
    }
  }

  /** Ends what the connection does. */
  async #stop(live: Live): Promise<void> {
    live.due = null
    live.running?.cancel.abort(new Cancelled())
    live.http?.close()
    await live.running?.over
    live.due = null
  }

  #need(id: string): Live {
    const live = this.#live.get(id)
    if (!live) throw new TroubleError('crm.gone')
    return live
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }
}

/** What a CRM says of its account and users is shown, and kept: it is text that a stranger chose. */
function cleanIdentity(identity: CrmIdentity): CrmIdentity {
  const clean = (user: CrmUser): CrmUser => {
    const email = user.email === null ? '' : cleanLine(user.email, most.email)
    return { id: user.id, name: cleanLine(user.name, most.name) || email || user.id, email: email || null }
  }
  const users = identity.users.filter(({ id }) => /^[\x21-\x7e]{1,100}$/.test(id)).slice(0, mostUsers)
  return {
    ...identity,
    account: cleanLine(identity.account, most.line),
    user: identity.user && clean(identity.user),
    users: users.map(clean),
    warnings: identity.warnings.map((warning) => ({
      ...warning,
      params: Object.fromEntries(
        Object.entries(warning.params).map(([key, value]) => [key, typeof value === 'string' ? cleanLine(value, most.note) : value]),
      ),
    })),
  }
}
const mostUsers = 5_000

/** The rep, or an end of the connection, has stopped a sync: no trouble. */
class Cancelled extends Error {}
