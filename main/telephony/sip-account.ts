/** One SIP account: a user agent of the library on our transport, its registration, and its calls. */
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { type Invitation, Inviter, type Session, type URI, UserAgent } from 'sip.js'
import type { Clock } from '../clock'
import type { Log } from '../log'
import { TroubleError } from '../trouble'
import { type Agent, createAgent } from './agent'
import { asksAutoAnswer } from './auto-answer'
import { calledLine, remoteParty } from './identity'
import type { TelephonyLimits } from './limits'
import { forLog, type Head, headersOf } from './message'
import type { LineState, MediaGateway, SipAccount, SipAccountConfig, SipAccountState, SipCall, SipServer } from './port'
import { assertRegistered, Registration } from './registration'
import { offerProblem } from './sdp'
import type { BridgeSdh } from './session-description-handler'
import { tooShortFor } from './session-timer'
import { silentMedia } from './silent-media'
import { Call } from './sip-call'
import { Subscriptions } from './subscriptions'
import { targetUri } from './target'

export interface SipAccountOptions {
  config: SipAccountConfig
  /** In order of preference, at least one. */
  servers: readonly SipServer[]
  media: MediaGateway
  log: Log
  clock: Clock
  limits: TelephonyLimits
  random: () => number
}

export class Account implements SipAccount {
  readonly id: string
  onState: ((state: SipAccountState) => void) | null = null
  onIncoming: ((call: SipCall) => void) | null = null
  readonly #options: SipAccountOptions
  readonly #agent: Agent
  readonly #registration: Registration
  readonly #descriptions = new WeakMap<Session, BridgeSdh>()
  readonly #calls = new Set<Call>()
  readonly #ringing = new Set<Call>()
  #farewells: (() => void)[] = []
  readonly #subscriptions: Subscriptions
  /** The machine's addresses may be others now: calls look for a new path once the server is heard again. */
  #pathChanged = false

  constructor(options: SipAccountOptions) {
    const { config, log } = options
    const [first] = options.servers
    if (!first) throw new Error('an account without a server')
    this.#options = options
    this.id = config.id
    const aor = uriOf(`sip:${encodeURIComponent(config.user)}@${config.domain}`)
    const registrar = uriOf(`sip:${config.domain}`)
    // The same Contact in every run on this machine, so that the server replaces our binding instead of collecting them.
    const token = createHash('sha256').update(`${hostname()} ${config.id} ${config.user}@${config.domain}`).digest('hex')
    this.#agent = createAgent({
      uri: aor,
      displayName: config.displayName,
      authUser: config.authUser || config.user,
      password: config.password,
      contact: { name: token.slice(0, 12), host: `${token.slice(12, 24)}.invalid` },
      instanceId: `${token.slice(24, 32)}-${token.slice(32, 36)}-4${token.slice(37, 40)}-8${token.slice(41, 44)}-${token.slice(44, 56)}`,
      ...(config.outboundProxy ? { route: routeOf(config.outboundProxy) } : {}),
      transport: { server: first, clock: options.clock },
      log,
      describe: (session) => {
        const handler = this.#descriptions.get(session)
        if (!handler) throw new Error('a session that belongs to no call')
        return handler
      },
      delegate: {
        onInvite: (invitation) => this.#invited(invitation),
        // Text messages are not part of this product yet: to accept one would be to lose it.
        onMessage: (message) => void message.reject({ statusCode: 405 }).catch(() => undefined),
        onNotify: (notification) => this.#subscriptions.unsolicited(notification),
      },
    })
    this.#subscriptions = new Subscriptions({
      agent: this.#agent.agent,
      transport: this.#agent.transport,
      log,
      limits: options.limits,
      random: options.random,
      aor,
      domain: config.domain,
      messageWaiting: config.messageWaiting ?? false,
      onMessageWaiting: (summary) => this.onMessageWaiting?.(summary),
    })
    this.#registration = new Registration({
      agent: this.#agent.agent,
      transport: this.#agent.transport,
      aor,
      registrar,
      servers: options.servers,
      clock: options.clock,
      log,
      limits: options.limits,
      random: options.random,
      onState: (state) => {
        if (!this.#agent.transport.isConnected()) this.#subscriptions.lost()
        this.onState?.(state)
      },
      onArrived: () => this.#arrived(),
      onAlive: () => this.#alive(),
      busy: () => this.#calls.size > 0,
    })
  }

  get state(): SipAccountState {
    return this.#registration.state
  }

  start(): void {
    this.#registration.start()
  }

  async stop(): Promise<void> {
    for (const call of [...this.#calls]) call.hangUp()
    await this.#subscriptions.stop()
    await this.#registration.stop()
    this.#farewells = []
    await this.#agent.agent.stop().catch(() => undefined)
  }

  reconnect(): void {
    this.#registration.reconnect()
  }

  onMessageWaiting: SipAccount['onMessageWaiting'] = null

  networkChanged(): void {
    this.#pathChanged = this.#calls.size > 0
    this.#registration.reconnect()
  }

  watch(target: string, listener: (line: LineState) => void): () => void {
    return this.#subscriptions.watch(target, listener)
  }

  dial(target: string, options: { silent?: boolean } = {}): SipCall {
    const uri = this.#address(target)
    const number = unescaped(uri.user ?? '') ?? ''
    return this.#call(uri, uri.host === this.#options.config.domain ? number : `${number}@${uri.host}`, [], options.silent)
  }

  #address(target: string): URI {
    const uri = UserAgent.makeURI(targetUri(target, this.#options.config.domain))
    if (!uri || unescaped(uri.user ?? '') === null) throw new TroubleError('call.badNumber', { number: target.slice(0, 60) })
    return uri
  }

  #call(uri: URI, number: string, extraHeaders: string[], silent = false): Call {
    assertRegistered(this.state)
    const startedMonotonic = this.#options.clock.monotonic()
    const invite = () => new Inviter(this.#agent.agent, uri, { extraHeaders: [...extraHeaders] })
    const call = this.#take(
      invite(),
      { remote: { number, displayName: null, withheld: false }, calledLine: null, startedMonotonic, again: invite },
      silent ? silentMedia : this.#options.media,
    )
    call.askOffer()
    // After the caller has put its listeners on.
    queueMicrotask(() => call.begin())
    return call
  }

  #invited(invitation: Invitation): void {
    const { config, limits, log, clock } = this.#options
    const { transport } = this.#agent
    const head = transport.reading
    const refuse = (statusCode: number, why: string, extraHeaders: string[] = []) => {
      log.warn({ why: forLog(why), status: statusCode }, 'an incoming call was refused')
      invitation.reject({ statusCode, extraHeaders }).catch(() => undefined)
    }
    if (!head || !this.onIncoming) return refuse(480, 'nobody is there to take it')
    if (this.#ringing.size >= limits.maxRinging) return refuse(486, 'too many calls ring at once')
    const type = invitation.request.getHeader('content-type')
    if (invitation.body) {
      if (type?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/sdp') return refuse(415, 'its body is no session description')
      const problem = offerProblem(invitation.body)
      if (problem) return refuse(488, problem)
    }
    const replaced = this.#replaced(invitation, head)
    if (typeof replaced === 'number') return refuse(replaced, 'it takes the place of no call that it may')
    const tooShort = tooShortFor(head)
    if (tooShort) return refuse(422, 'it wants refreshes too often', tooShort)
    const call = this.#take(invitation, {
      invite: head,
      replaces: replaced,
      asksAutoAnswer: config.autoAnswer === true && asksAutoAnswer(head),
      remote: remoteParty(head, config.callerHeaders),
      calledLine: calledLine(
        head,
        [
          config.user,
          config.authUser,
          invitation.localIdentity.uri.user === config.user ? config.user : '',
          this.#agent.agent.contact.uri.user ?? '',
        ],
        config.calledLineHeaders,
      ),
      startedMonotonic: transport.receivedAt || clock.monotonic(),
    })
    this.#ringing.add(call)
    this.onIncoming(call)
    call.ring(this.#ringing.size <= limits.maxPrepared)
  }

  /** The call that an INVITE with Replaces means (RFC 3891 §3), none, or the status to refuse it with. */
  #replaced(invitation: Invitation, head: Head): Call | null | number {
    // As it came: one that it cannot read the library takes away.
    const asked = headersOf(head, 'replaces').length
    const { replacee } = invitation
    if (asked === 0) return null
    if (asked > 1 || !replacee) return 400
    // The library would send its BYE whatever state that call is in by then, and nobody would hear that it could not.
    Reflect.set(invitation, '_replacee', undefined)
    const call = [...this.#calls].find((candidate) => candidate.carriedBy(replacee))
    return call?.replaceable ? call : 481
  }

  #take(session: Inviter | Invitation, facts: ConstructorParameters<typeof Call>[2], media = this.#options.media): Call {
    const { config, log, limits, random } = this.#options
    const call: Call = new Call(
      {
        accountId: this.id,
        media,
        transport: this.#agent.transport,
        ice: config.ice,
        domain: config.domain,
        declineCode: config.declineCode,
        log,
        limits,
        random,
        describe: (described, handler) => void this.#descriptions.set(described, handler),
        address: (target) => this.#address(target),
        dialReferred: ({ uri, shown }, extraHeaders) => {
          const address = UserAgent.makeURI(uri)
          if (!address) throw new TroubleError('call.badNumber', { number: shown.slice(0, 60) })
          return this.#call(address, shown, extraHeaders)
        },
        whenArrived: (action) => this.#farewell(action),
        onAnswering: () => void this.#ringing.delete(call),
        onOver: () => {
          this.#calls.delete(call)
          this.#ringing.delete(call)
        },
      },
      session,
      facts,
    )
    this.#calls.add(call)
    return call
  }

  #arrived(): void {
    for (const farewell of this.#farewells.splice(0)) farewell()
    const restart = this.#pathChanged
    this.#pathChanged = false
    for (const call of [...this.#calls]) call.arrived(restart)
    this.#subscriptions.arrived()
  }

  #alive(): void {
    if (!this.#pathChanged) return
    this.#pathChanged = false
    for (const call of [...this.#calls]) call.arrived(true)
  }

  #farewell(action: () => void): void {
    this.#farewells.push(action)
    setTimeout(() => {
      this.#farewells = this.#farewells.filter((waiting) => waiting !== action)
    }, this.#options.limits.farewellMs).unref()
  }
}

/** Null where the escapes are no UTF-8. */
function unescaped(user: string): string | null {
  try {
    return decodeURIComponent(user)
  } catch {
    return null
  }
}

function uriOf(text: string) {
  const uri = UserAgent.makeURI(text)
  if (!uri) throw new TroubleError('sip.badAddress', { address: text.replace(/^sip:/, '').slice(0, 200) })
  return uri
}

/** `host`, `sip:host:port` or `<sip:host;lr>` as one loose route (RFC 3261 §16.12). */
function routeOf(proxy: string): string {
  const bare = proxy.trim().replace(/^<|>$/g, '')
  const uri = uriOf(/^sips?:/i.test(bare) ? bare : `sip:${bare}`)
  return `<${uri.toString()}${uri.hasParam('lr') ? '' : ';lr'}>`
}
