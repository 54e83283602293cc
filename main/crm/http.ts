/**
 * The one way from a connection to its CRM. The token goes to the connection's own host and nowhere else; here alone it is
 * decided what is sent again, how long a limit is waited for, and that a redirect is an error. Connectors send what they need
 * and read what comes back; they never wait or repeat by themselves.
 */

import { dayMs, deadline, nextUtcMidnight, orAborted, pause, type Time } from '../time'
import { troubleOf } from '../trouble'
import type { DailyBudget } from './budget'
import { type Crm, type CrmHttp, type CrmLimits, type CrmPurpose, type CrmReply, type CrmRequest, CrmTrouble } from './crm'
import { Pacer } from './pacer'

/** `Outgoing.request` (main/network): any status is an answer, redirects are not followed. */
export type SendHttp = (
  url: string,
  options: {
    method: string
    headers: Record<string, string>
    body?: string
    signal: AbortSignal
    timeoutMs: number
    largestBody: number
  },
) => Promise<CrmReply>

export interface CrmHttpNeeds {
  crm: Pick<Crm, 'name' | 'pace' | 'authorization' | 'limits'>
  /** `Crm.origin`, or a fake's on this machine. */
  origin: string
  /** Asked once; rejects with a TroubleError where there is none. */
  token: () => Promise<string>
  send: SendHttp
  /** Null while a token is only being checked. */
  budget: DailyBudget | null
  time: Time
  /** 0 to 1, for waits that many reps must not end at once. */
  random?: () => number
}

/** Attempts of what may be sent again. */
const attempts: Record<CrmPurpose, number> = { call: 2, rep: 3, sync: 5 }
/** How often a limit is waited for. */
const patience: Record<CrmPurpose, number> = { call: 1, rep: 2, sync: 5 }
/** For one answer until its last byte, in ms. */
const answerMs: Record<CrmPurpose, number> = { call: 10_000, rep: 20_000, sync: 60_000 }
/** A limit that takes longer is not waited for inside a request, in ms. */
const longestHold = 30_000
/** After a 429 that says nothing of time, in ms. */
const shortestHold = 2_000
const backOffMs = 500
const longestBackOff = 20_000
/** How long a CRM that has blocked this machine is left alone, in ms. */
const blockedMs = 15 * 60_000
/** In bytes. What is asked while it rings is read on main’s thread; a sync’s pages are read beside it. */
const largestBody: Record<CrmPurpose, number> = { call: 4_000_000, rep: 20_000_000, sync: 20_000_000 }
/** Reps whose day begins at once do not all come in the same second, in ms. */
const dayJitterMs = 5 * 60_000

const again: ReadonlySet<string> = new Set(['network.timeout', 'network.cut', 'network.failed', 'network.unreachable', 'network.refused'])

export class PacedHttp implements CrmHttp {
  readonly #pacer: Pacer
  readonly #closing = new AbortController()
  #token: Promise<string> | null = null
  /** Nothing is sent before then. */
  #stop: { code: 'crm.dailyLimit' | 'crm.blocked' | 'crm.tooFast'; since: number; until: number } | null = null

  constructor(private readonly needs: CrmHttpNeeds) {
    this.#pacer = new Pacer(needs.crm.pace, needs.time)
  }

  /** Ends everything that is on its way; nothing is sent any more. */
  close(): void {
    this.#closing.abort(new CrmTrouble('crm.closed', { crm: this.needs.crm.name }))
  }

  async send(request: CrmRequest, options: { purpose: CrmPurpose; signal?: AbortSignal; timeoutMs?: number }): Promise<CrmReply> {
    const { time, crm } = this.needs
    const limit = deadline(time, options.timeoutMs ?? dayMs, () => new CrmTrouble('crm.slow', { crm: crm.name }))
    const signal = AbortSignal.any([this.#closing.signal, limit.signal, ...(options.signal ? [options.signal] : [])])
    try {
      return await this.#insist(request, options.purpose, signal)
    } finally {
      limit.clear()
    }
  }

  /** Sends it, and again where that is safe and may help. */
  async #insist(request: CrmRequest, purpose: CrmPurpose, signal: AbortSignal): Promise<CrmReply> {
    const { time, random = Math.random } = this.needs
    const safe = (request.method ?? 'GET') === 'GET' || request.safe === true || request.search === true
    let failed = 0
    let limited = 0
    for (;;) {
      try {
        return await this.#once(request, purpose, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (error instanceof TooFast) {
          // It was not carried out, so that even a change may be sent again.
          if (++limited > patience[purpose] || error.waitMs > longestHold) throw this.#tooFast(error)
          continue
        }
        if (!safe || !mayHelp(error) || ++failed >= attempts[purpose]) throw error
        const most = Math.min(longestBackOff, backOffMs * 2 ** failed)
        await pause(time, most / 2 + (random() * most) / 2, signal)
      }
    }
  }

  async #once(request: CrmRequest, purpose: CrmPurpose, signal: AbortSignal): Promise<CrmReply> {
    const { time, budget } = this.needs
    // A locked keyring may take its time, and longer than whoever asks.
    const token = await orAborted(this.#kept(), signal)
    this.#mayAsk()
    const search = request.search === true
    const over = await this.#pacer.enter(purpose, search, signal)
    try {
      // What came back meanwhile may have stopped everything.
      this.#mayAsk()
      this.#pay(request.cost ?? 1, purpose)
      const reply = await this.#exchange(request, token, purpose, signal)
      const limits = this.#limitsOf(reply)
      budget?.heard(limits)
      // Longer than anybody waits: whoever asks meanwhile is told so at once.
      const { waitMs: told = 0 } = limits
      this.#pacer.heard({ ...limits, waitMs: Math.min(told, longestHold) }, search)
      if (told > longestHold && reply.status >= 400) this.#halt('crm.tooFast', time.wall() + told)
      if (limits.dailyResetMs !== undefined || limits.dailyRemaining === 0) this.#dayIsOver(limits.dailyResetMs)
      if (reply.status >= 200 && reply.status < 300) return this.#checked(reply)
      if (reply.status === 429) {
        if (this.#stop?.code === 'crm.dailyLimit') this.#mayAsk()
        const waitMs = Math.max(told, limits.burstRemaining === 0 ? (limits.burstResetMs ?? 0) : 0, shortestHold)
        this.#pacer.hold(Math.min(waitMs, longestHold))
        throw new TooFast(waitMs, time.wall() + waitMs)
      }
      throw this.#refusal(reply, token)
    } finally {
      over()
    }
  }

  async #kept(): Promise<string> {
    this.#token ??= this.needs.token()
    try {
      return await this.#token
    } catch (error) {
      this.#token = null
      throw error
    }
  }

  #exchange(request: CrmRequest, token: string, purpose: CrmPurpose, signal: AbortSignal): Promise<CrmReply> {
    const { crm, origin } = this.needs
    const url = new URL(request.path, origin)
    // A path is our connectors' word, but ids in it are not: none of them may lead elsewhere.
    if (url.origin !== new URL(origin).origin) throw new CrmTrouble('crm.badRequest', { crm: crm.name })
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value))
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    return this.needs.send(url.href, {
      method: request.method ?? 'GET',
      headers: {
        accept: 'application/json',
        'user-agent': 'Ringbook',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...crm.authorization(token),
      },
      ...(body === undefined ? {} : { body }),
      signal,
      timeoutMs: answerMs[purpose],
      largestBody: largestBody[purpose],
    })
  }

  #pay(cost: number, purpose: CrmPurpose): void {
    const { budget, crm } = this.needs
    if (!budget) return
    if (purpose !== 'sync') return budget.spendOther(cost)
    if (!budget.affords(cost))
      throw new CrmTrouble('crm.dailyShare', { crm: crm.name }, undefined, { resumesAt: budget.resumesAt + this.#dayJitter() })
    budget.spend(cost)
  }

  /** Throws while the CRM has said that nothing more is wanted. */
  #mayAsk(): void {
    const { time, crm } = this.needs
    if (!this.#stop) return
    const { code, since, until } = this.#stop
    const now = time.wall()
    // Before it began: the clock was set back, and nobody knows when it ends.
    if (now >= until || now < since) this.#stop = null
    else throw new CrmTrouble(code, { crm: crm.name }, undefined, { resumesAt: until })
  }

  #dayIsOver(resetMs: number | undefined): void {
    const now = this.needs.time.wall()
    this.#halt('crm.dailyLimit', (resetMs === undefined ? nextUtcMidnight(now) : now + resetMs) + this.#dayJitter())
  }

  #halt(code: 'crm.dailyLimit' | 'crm.blocked' | 'crm.tooFast', until: number): void {
    this.#stop = { code, since: this.needs.time.wall(), until }
  }

  #dayJitter(): number {
    return Math.round((this.needs.random ?? Math.random)() * dayJitterMs)
  }

  /** What the connector reads in a reply, and `Retry-After` (RFC 9110 §10.2.3), within reason. */
  #limitsOf(reply: CrmReply): CrmLimits {
    const now = this.needs.time.wall()
    const limits: CrmLimits = {}
    for (const [key, value] of Object.entries(this.needs.crm.limits(reply, now)) as [keyof CrmLimits, number | undefined][])
      if (value !== undefined && Number.isFinite(value)) limits[key] = Math.max(0, key.endsWith('Ms') ? Math.min(value, dayMs) : value)
    const retryAfter = reply.headers['retry-after']
    if (typeof retryAfter === 'string' && reply.status >= 400) {
      const ms = /^\d{1,7}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now
      if (ms > 0) limits.waitMs = Math.max(limits.waitMs ?? 0, Math.min(ms, dayMs))
    }
    return limits
  }

  #checked(reply: CrmReply): CrmReply {
    if (reply.body.byteLength === 0 || isJson(reply)) return reply
    const { crm, origin } = this.needs
    throw new CrmTrouble('crm.badReply', { crm: crm.name, host: new URL(origin).host }, contentType(reply), { status: reply.status })
  }

  #refusal(reply: CrmReply, token: string): CrmTrouble {
    const { time } = this.needs
    const crm = this.needs.crm.name
    const { status, body } = reply
    const detail = `HTTP ${status}${isJson(reply) ? `: ${this.#excerpt(body, token)}` : ''}`
    if (status >= 300 && status < 400) {
      const location = String(reply.headers.location ?? '')
      return new CrmTrouble('crm.redirected', { crm, host: URL.parse(location, this.needs.origin)?.host ?? '' }, `HTTP ${status}`, {
        status,
      })
    }
    if (status === 401) return new CrmTrouble('crm.refused', { crm }, detail, { status, body })
    if (status === 403 && !isJson(reply)) {
      const until = time.wall() + blockedMs
      this.#halt('crm.blocked', until)
      return new CrmTrouble('crm.blocked', { crm }, detail, { status, resumesAt: until })
    }
    if (status === 403) return new CrmTrouble('crm.notAllowed', { crm }, detail, { status, body })
    if (status >= 500) return new CrmTrouble('crm.serverError', { crm, status }, detail, { status, body })
    return new CrmTrouble('crm.rejected', { crm, status }, detail, { status, body })
  }

  /** The beginning of what a CRM said, for «Details»: it is kept and shown, and some repeat what they were sent. */
  #excerpt(body: Uint8Array, token: string): string {
    const secrets = [token, ...Object.values(this.needs.crm.authorization(token)).flatMap((value) => [value, ...value.split(' ').slice(1)])]
    const said = new TextDecoder().decode(body.subarray(0, 4_000))
    // Longest first: what is left of a longer one would still tell most of it.
    const told = secrets.toSorted((a, b) => b.length - a.length).reduce((text, secret) => text.replaceAll(secret, '…'), said)
    return told.slice(0, 400).replace(/\p{C}/gu, ' ')
  }

  #tooFast({ until }: TooFast): CrmTrouble {
    return new CrmTrouble('crm.tooFast', { crm: this.needs.crm.name }, undefined, { status: 429, resumesAt: until })
  }
}

/** A 429 of the short window: not an answer yet. */
class TooFast extends Error {
  constructor(
    readonly waitMs: number,
    /** Wall ms. */
    readonly until: number,
  ) {
    super('429')
  }
}

/** The same request may fare better a moment later. */
function mayHelp(error: unknown): boolean {
  if (error instanceof CrmTrouble) return error.status !== null && (error.status >= 500 || error.status === 408)
  return again.has(troubleOf(error).code)
}

function contentType(reply: CrmReply): string {
  return String(reply.headers['content-type'] ?? '').slice(0, 100)
}

function isJson(reply: CrmReply): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(contentType(reply))
}
