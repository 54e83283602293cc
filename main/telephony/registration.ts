/**
 * Keeps one account connected and registered: its own reconnect loop, its own refresh, its own reading of what a registrar
 * says. The library's Registerer is not used, because a 200 without Contact or a connection lost at the wrong moment leaves
 * it waiting for ever, and a 423 or `Expires` from a hostile server makes it spin; its requests are.
 */
import { type Core, type URI, type UserAgent, UserAgentState } from 'sip.js'
import type { Trouble } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Log } from '../log'
import { TroubleError, troubleOf } from '../trouble'
import type { TelephonyLimits } from './limits'
import type { SipAccountState, SipServer } from './port'
import { PreferredServer } from './preferred-server'
import { ServerRound } from './servers'
import type { WireTransport } from './transport'

export interface RegistrationParts {
  agent: UserAgent
  transport: WireTransport
  aor: URI
  registrar: URI
  /** In order of preference, at least one. */
  servers: readonly SipServer[]
  clock: Clock
  log: Log
  limits: TelephonyLimits
  random: () => number
  onState: (state: SipAccountState) => void
  /** Registered on a connection that is new since the last time. */
  onArrived: () => void
  /** Registered again on the same connection: it lives. */
  onAlive: () => void
  /** A call is on: the server is not changed without need. */
  busy: () => boolean
}

type Outcome =
  | { kind: 'accepted'; expiresSeconds: number }
  /** It will not help to try again with the same account. */
  | { kind: 'refused'; trouble: Trouble }
  | { kind: 'failed'; trouble: Trouble; retryAfterMs: number | null }
  | { kind: 'tooBrief'; minSeconds: number }
  | { kind: 'silent' }

const minExpires = 10
const maxExpires = 86_400
const maxRetryAfterMs = 3_600_000

export class Registration {
  state: SipAccountState = { status: 'offline', trouble: null, retryAt: null }
  readonly #parts: RegistrationParts
  /** Grows whenever what is under way is no longer wanted. */
  #turn = 0
  #attempts = 0
  #timer: NodeJS.Timeout | null = null
  #expiry: NodeJS.Timeout | null = null
  #registeredAt: number | null = null
  #connectedGeneration = -1
  readonly #round: ServerRound
  readonly #preferred: PreferredServer
  #triedAt = Number.NEGATIVE_INFINITY
  #expiresSeconds: number
  #callId = ''
  #cseq = 0
  #running = false
  /** Ends the wait for an answer that can no longer come. */
  #giveUp: (() => void) | null = null

  constructor(parts: RegistrationParts) {
    this.#parts = parts
    this.#expiresSeconds = parts.limits.expiresSeconds
    this.#round = new ServerRound(parts.servers, parts.clock)
    this.#preferred = new PreferredServer({
      round: this.#round,
      aor: { user: parts.aor.user ?? '', host: parts.aor.host },
      limits: parts.limits,
      random: parts.random,
      clock: parts.clock,
      mayGo: () => this.#running && this.state.status === 'registered' && !parts.busy(),
      go: (index) => void this.#goTo(index),
    })
    parts.transport.onLost = (trouble) => this.#lost(trouble)
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    void this.#connect()
  }

  /** Tries at once; on a connection that looks alive it asks the server whether it is. */
  reconnect(): void {
    if (!this.#running) return
    const { clock, transport, limits } = this.#parts
    if (transport.isConnected()) {
      void this.#register(limits.probeMs)
      return
    }
    // Networks that flap ask several times a second.
    if (this.state.status === 'connecting' && clock.monotonic() - this.#triedAt < 1000) return
    this.#attempts = 0
    this.#round.restart()
    void this.#connect()
  }

  /** Takes the registration back, for at most `stopMs`, and closes the connection. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.#running = false
    this.#preferred.stop()
    this.#nextTurn()
    if (this.#parts.transport.isConnected() && this.#registeredAt !== null) await this.#send(0, this.#parts.limits.stopMs)
    this.#registeredAt = null
    await this.#parts.transport.disconnect()
    this.#enter({ status: 'offline', trouble: null, retryAt: null })
  }

  async #connect(): Promise<void> {
    const turn = this.#nextTurn()
    const { agent, transport, limits, clock } = this.#parts
    this.#triedAt = clock.monotonic()
    this.#enter({ status: 'connecting', trouble: this.state.trouble, retryAt: null })
    transport.use(this.#round.server)
    agent.contact.uri.setParam('transport', this.#round.server.protocol.toLowerCase())
    let late = false
    const deadline = setTimeout(() => {
      late = true
      void transport.disconnect()
    }, this.#patience(limits.connectMs))
    try {
      await (agent.state === UserAgentState.Started ? transport.connect() : agent.start())
    } catch (error) {
      if (turn !== this.#turn) return
      this.#retry(late ? { code: 'sip.unreachable', params: { server: this.#server } } : troubleOf(error), null)
      return
    } finally {
      clearTimeout(deadline)
    }
    // A server that is just starting takes the connection and loses the REGISTER: the first one is not waited for long.
    const patience = Math.min(limits.answerMs, limits.probeMs * 2 ** Math.min(this.#attempts, 8))
    if (turn === this.#turn) await this.#register(this.#patience(patience))
  }

  async #register(answerMs: number): Promise<void> {
    const turn = this.#nextTurn()
    const { transport } = this.#parts
    let outcome = await this.#send(this.#expiresSeconds, answerMs)
    if (outcome.kind === 'tooBrief' && turn === this.#turn) {
      this.#expiresSeconds = Math.min(Math.max(outcome.minSeconds, minExpires), maxExpires)
      outcome = await this.#send(this.#expiresSeconds, answerMs)
    }
    if (turn !== this.#turn) return
    if (outcome.kind === 'accepted') return this.#accepted(outcome.expiresSeconds)
    if (outcome.kind === 'refused') return this.#refused(outcome.trouble)
    if (outcome.kind === 'failed') {
      if (outcome.retryAfterMs !== null) this.#round.bar(outcome.retryAfterMs)
      return this.#retry(outcome.trouble, outcome.retryAfterMs)
    }
    if (outcome.kind === 'tooBrief')
      return this.#retry({ code: 'sip.registrationFailed', params: { server: this.#server, status: 423 } }, null)
    // No answer at all: the connection is as good as dead, whatever it says of itself.
    this.#registeredAt = null
    await transport.disconnect()
    if (turn === this.#turn) this.#retry({ code: 'sip.noAnswer', params: { server: this.#server } }, null)
  }

  #accepted(expiresSeconds: number): void {
    const { clock, transport, log } = this.#parts
    this.#registeredAt ??= clock.monotonic()
    this.#timer = setTimeout(() => void this.#register(this.#parts.limits.answerMs), expiresSeconds * 800)
    if (this.#expiry) clearTimeout(this.#expiry)
    this.#expiry = setTimeout(() => this.#expired(), expiresSeconds * 1000)
    this.#round.settled()
    this.#preferred.watch()
    this.#enter({ status: 'registered', trouble: null, retryAt: null, server: this.#server })
    if (transport.generation === this.#connectedGeneration) return this.#parts.onAlive()
    this.#connectedGeneration = transport.generation
    log.info({ expires: expiresSeconds, server: this.#server }, 'registered')
    this.#parts.onArrived()
  }

  #refused(trouble: Trouble): void {
    this.#registeredAt = null
    // The server that was left for this one had taken the same account.
    if (this.#preferred.failed() && this.#failOver(trouble)) return
    this.#parts.log.warn({ trouble: trouble.code }, 'the server refuses this account')
    // The connection stays for the calls that are on; nothing more is asked of the server until the rep does.
    this.#enter({ status: 'refused', trouble, retryAt: null, server: this.#server })
  }

  get #server(): string {
    return this.#round.server.name
  }

  /** A first round is quick; when all have failed, the servers or the network may just be slow. */
  #patience(ms: number): number {
    return this.#attempts === 0 && this.#round.hasMore ? Math.min(ms, this.#parts.limits.failOverMs) : ms
  }

  /** Leaves a server that failed for the next one at once. False when none is left in this round. */
  #failOver(trouble: Trouble): boolean {
    const left = this.#server
    if (!this.#round.next()) {
      this.#round.restart()
      // The next round begins elsewhere.
      if (this.#server !== left) {
        this.#registeredAt = null
        void this.#parts.transport.disconnect()
      }
      return false
    }
    this.#parts.log.warn({ trouble: trouble.code, detail: trouble.detail, left, next: this.#server }, 'a server was left for the next')
    this.#registeredAt = null
    void this.#parts.transport.disconnect()
    this.#enter({ status: 'connecting', trouble, retryAt: null })
    void this.#connect()
    return true
  }

  /** Takes the registration back first: calls must not go to where we no longer are. */
  async #goTo(index: number): Promise<void> {
    const { transport, limits, busy, log } = this.#parts
    this.#nextTurn()
    await this.#send(0, limits.stopMs)
    if (!this.#running || !transport.isConnected()) return
    if (busy()) return void this.#register(limits.answerMs)
    const left = this.#server
    this.#round.choose(index)
    log.info({ left, next: this.#server }, 'the preferred server is well again')
    this.#registeredAt = null
    this.#attempts = 0
    await transport.disconnect()
    void this.#connect()
  }

  #retry(trouble: Trouble, retryAfterMs: number | null): void {
    if (!this.#running) return
    const { limits, random, clock, transport, log } = this.#parts
    const bound = this.#registeredAt !== null && transport.isConnected()
    // A refresh that failed leaves the binding in place until it runs out; a server that says it is unwell is left all the same.
    if (!bound || trouble.params.status === 503) {
      this.#preferred.failed()
      if (this.#failOver(trouble)) return
    }
    const ceiling = Math.min(limits.backoffFirstMs * 2 ** Math.min(this.#attempts, 20), limits.backoffMaxMs)
    this.#attempts += 1
    const pause = Math.round(ceiling / 2 + (random() * ceiling) / 2)
    // With several servers the one that wants to be left alone is passed over, and only all together are waited for.
    const wait = this.#parts.servers.length > 1 ? Math.max(pause, this.#round.barredMs) : (retryAfterMs ?? pause)
    log.warn({ trouble: trouble.code, detail: trouble.detail, retryMs: wait }, 'not registered')
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      void (transport.isConnected() ? this.#register(limits.answerMs) : this.#connect())
    }, wait)
    if (this.#registeredAt !== null && transport.isConnected()) return
    this.#enter({ status: 'offline', trouble, retryAt: clock.wall() + wait })
  }

  #expired(): void {
    this.#registeredAt = null
    if (this.state.status === 'registered') {
      this.#enter({ status: 'offline', trouble: { code: 'sip.noAnswer', params: { server: this.#server } }, retryAt: null })
    }
  }

  #lost(trouble: Trouble | null): void {
    this.#giveUp?.()
    if (!this.#running || trouble === null) return
    const { clock, limits } = this.#parts
    if (this.#registeredAt !== null && clock.monotonic() - this.#registeredAt >= limits.settledMs) this.#attempts = 0
    const refused = this.state.status === 'refused'
    this.#registeredAt = null
    this.#nextTurn()
    if (!refused) this.#retry(trouble, null)
  }

  #nextTurn(): number {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    if (!this.#running || !this.#parts.transport.isConnected()) {
      if (this.#expiry) clearTimeout(this.#expiry)
      this.#expiry = null
    }
    this.#turn += 1
    return this.#turn
  }

  #enter(state: SipAccountState): void {
    const before = this.state
    this.state = state
    if (before.status === state.status && before.trouble === state.trouble && before.retryAt === state.retryAt) return
    this.#parts.onState(state)
  }

  /** One REGISTER (with its answer to a challenge), and what came of it. */
  #send(expires: number, answerMs: number): Promise<Outcome> {
    const { agent, aor, registrar, transport } = this.#parts
    const core = agent.userAgentCore
    if (transport.generation !== this.#connectedGeneration || this.#callId === '') this.#callId = ''
    const options: Core.OutgoingRequestMessageOptions = { cseq: this.#cseq + 1, ...(this.#callId ? { callId: this.#callId } : {}) }
    const contact = `Contact: ${agent.contact.toString({ register: true })};expires=${expires}`
    const message = core.makeOutgoingRequestMessage('REGISTER', registrar, aor, aor, options, [
      contact,
      'Allow: ACK, BYE, CANCEL, INFO, INVITE, MESSAGE, NOTIFY, OPTIONS, REFER',
    ])
    this.#callId = message.callId
    return new Promise((resolve) => {
      const late = setTimeout(() => settle({ kind: 'silent' }), answerMs)
      const settle = (outcome: Outcome) => {
        clearTimeout(late)
        this.#giveUp = null
        this.#cseq = Math.max(this.#cseq, message.cseq)
        resolve(outcome)
      }
      this.#giveUp = () => settle({ kind: 'silent' })
      const rejected = ({ message: response }: Core.IncomingResponse) => settle(this.#rejection(response))
      try {
        core.register(message, {
          onAccept: ({ message: response }) => settle(expires === 0 ? { kind: 'accepted', expiresSeconds: 0 } : this.#acceptance(response)),
          onReject: rejected,
          onRedirect: rejected,
        })
      } catch (error) {
        settle({ kind: 'failed', trouble: troubleOf(error), retryAfterMs: null })
      }
    })
  }

  #acceptance(response: Core.IncomingResponseMessage): Outcome {
    const contacts = response.getHeaders('contact')
    // RFC 3261 §10.3: a 200 lists every binding. None listed is none made.
    if (contacts.length === 0) return { kind: 'failed', trouble: { code: 'sip.registrationEmpty', params: {} }, retryAfterMs: null }
    const { uri } = this.#parts.agent.contact
    const ours = contacts.find((contact) => contact.includes(`${uri.user}@${uri.host}`))
    const expiriesOf = (texts: string[]) => texts.map((text) => Number(/;\s*expires\s*=\s*"?(\d{1,10})/i.exec(text)?.[1] ?? Number.NaN))
    // Session border controllers rewrite Contacts: then the shortest of what is listed is the safe one.
    const listed = expiriesOf(ours ? [ours] : contacts).filter((seconds) => !Number.isNaN(seconds))
    const header = Number(/^\d{1,10}$/.exec(response.getHeader('expires') ?? '')?.[0] ?? Number.NaN)
    const granted = listed.length > 0 ? Math.min(...listed) : Number.isNaN(header) ? this.#expiresSeconds : header
    return { kind: 'accepted', expiresSeconds: Math.min(Math.max(granted, minExpires), maxExpires) }
  }

  #rejection(response: Core.IncomingResponseMessage): Outcome {
    const status = response.statusCode ?? 0
    const { transport } = this.#parts
    const server = this.#server
    const params = { server, status }
    // Made by the library itself when it could not send or heard nothing.
    const own = (response as { data?: string }).data === undefined
    if (own)
      return transport.isConnected()
        ? { kind: 'silent' }
        : { kind: 'failed', trouble: { code: 'sip.linkLost', params }, retryAfterMs: null }
    const after = /^\s*(\d{1,9})/.exec(response.getHeader('retry-after') ?? '')?.[1]
    const retryAfterMs = after === undefined ? null : Math.min(Math.max(Number(after) * 1000, 1000), maxRetryAfterMs)
    if (status === 401 || status === 407) {
      const challenge = response.getHeader(status === 401 ? 'www-authenticate' : 'proxy-authenticate') ?? ''
      const algorithm = /algorithm\s*=\s*"?([\w-]+)/i.exec(challenge)?.[1] ?? 'MD5'
      if (!/^md5$/i.test(algorithm)) return { kind: 'refused', trouble: { code: 'sip.digestUnknown', params: { server, algorithm } } }
      return { kind: 'refused', trouble: { code: 'sip.passwordRefused', params } }
    }
    if (status === 403) return { kind: 'refused', trouble: { code: 'sip.forbidden', params } }
    if (status === 404) return { kind: 'refused', trouble: { code: 'sip.userUnknown', params } }
    if (status === 423)
      return { kind: 'tooBrief', minSeconds: Number(/^\d{1,6}/.exec(response.getHeader('min-expires') ?? '')?.[0] ?? 3600) }
    return { kind: 'failed', trouble: { code: 'sip.registrationFailed', params }, retryAfterMs }
  }
}

/** For callers that must not go on without it. */
export function assertRegistered(state: SipAccountState): void {
  if (state.status !== 'registered') throw new TroubleError('sip.notRegistered')
}
