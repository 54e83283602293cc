/**
 * The practice line's far end: a small SIP registrar and user agent server on any wire. It speaks real SIP (digest REGISTER,
 * INVITE, re-INVITE, BYE, INFO, MESSAGE) and leaves to its owner who answers, and how; the robots' audio is made in the
 * media page. Who an extension is and what it says is decided in `practice/`, not here.
 */
import { randomUUID } from 'node:crypto'
import { type Core, type Invitation, Inviter, type Session, SessionState, UserAgent } from 'sip.js'
import type { RobotProgram } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Log } from '../log'
import { type Agent, createAgent } from './agent'
import { type Credentials, DigestGate } from './digest'
import { forLog } from './message'
import type { MediaGateway, PracticeCallee, Wire } from './port'
import { takeTransfer } from './practice-transfer'
import { BridgeSdh } from './session-description-handler'

export interface PracticeServerOptions {
  /** The domain of every address here; the registrar's name and the digest realm. */
  domain: string
  /** The one subscriber. */
  credentials: Credentials
  media: MediaGateway
  clock: Clock
  log: Log
  /** Someone dialled; ring, reject or answer. Unless one of these happens within 60 s the call is rejected with 480. */
  onCall: (callee: PracticeCallee) => void
  /** What a call that is handed to an extension comes to: how long it rings (ms), and the final status. */
  onTransfer: (extension: string) => { ringsMs: number; status: number }
  /** A subscriber came or went: `call()` works while there is one. */
  onRegistered?: (registered: boolean) => void
}

/** A call that a robot makes. */
export interface PracticeCaller {
  readonly state: 'ringing' | 'answered' | 'ended'
  onAnswered: (() => void) | null
  /** `status`: the final response of a call that was not answered (486 declined, 487 cancelled …), else null. */
  onEnd: ((status: number | null) => void) | null
  hangUp(): void
}

export interface PracticeServer {
  /** Serves one client on this wire until it closes. */
  accept(wire: Wire): void
  readonly registered: boolean
  /** Rings the client that registered last; null when there is none. `number` is what the phone shows: digits, `+`, or a user part. */
  call(from: { displayName: string | null; number: string }, program: RobotProgram): PracticeCaller | null
  /** Ends every call and closes every wire. */
  close(): void
}

const decisionMs = 60_000
const describeMs = 10_000
const presenceMs = 5_000
const registrationSeconds = 600
/** Robots at once; beyond it callers hear busy. */
const maxRobots = 20

export function createPracticeServer(options: PracticeServerOptions): PracticeServer {
  const clients = new Set<Client>()
  let subscriber: Client | null = null
  const line: Line = {
    options,
    subscribe(client) {
      const changed = (client === null) !== (subscriber === null)
      subscriber = client
      if (changed) options.onRegistered?.(client !== null)
    },
    left(client) {
      clients.delete(client)
      if (subscriber === client) line.subscribe(null)
    },
    unsubscribe(client) {
      if (subscriber === client) line.subscribe(null)
    },
  }
  return {
    accept(wire) {
      clients.add(new Client(line, wire))
    },
    get registered() {
      return subscriber !== null
    },
    call: (from, program) => subscriber?.call(from, program) ?? null,
    close() {
      for (const client of [...clients]) client.close()
    },
  }
}

/** What the connections of one server share. */
interface Line {
  readonly options: PracticeServerOptions
  subscribe(client: Client | null): void
  unsubscribe(client: Client): void
  left(client: Client): void
}

/** One client's connection with a user agent of its own, which answers to whatever name is dialled. */
class Client {
  readonly #line: Line
  readonly #gate: DigestGate
  readonly #descriptions = new WeakMap<Session, BridgeSdh>()
  readonly #sessions = new Set<Session>()
  readonly #agent: Agent
  #binding: string | null = null
  #closed = false

  constructor(line: Line, wire: Wire) {
    const { domain, clock, log } = line.options
    this.#line = line
    this.#gate = new DigestGate(domain)
    const uri = UserAgent.makeURI(`sip:practice@${domain}`)
    if (!uri) throw new Error(`sip:practice@${domain} is no SIP URI`)
    this.#agent = createAgent({
      uri,
      displayName: '',
      contact: { name: 'practice', host: `${randomUUID().slice(0, 8)}.invalid` },
      transport: {
        server: {
          connector: async () => wire,
          protocol: 'WS',
        },
        clock,
        // The library answers 404 to every name but its own.
        beforeRequest: (requestUri) => {
          const user = /^sip:([^@;]+)@/i.exec(requestUri)?.[1]
          const { aor } = this.#agent.agent.userAgentCore.configuration
          aor.user = user ?? aor.user
          if (!user) aor.user = undefined
        },
      },
      log,
      describe: (session) => this.#describe(session),
      delegate: {
        onInvite: (invitation) => this.#invited(invitation),
        onRegisterRequest: (request) => this.#register(request),
        onSubscribeRequest: (request) => void request.reject({ statusCode: 489 }),
        onReferRequest: (request) => void request.reject({ statusCode: 405 }),
        onMessage: (message) => void message.accept().catch(() => undefined),
      },
    })
    this.#agent.transport.onLost = () => this.close()
    this.#agent.agent.start().catch((error: unknown) => log.warn({ err: error }, 'a practice connection did not start'))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#line.left(this)
    for (const session of this.#sessions) this.#end(session)
    this.#agent.agent.stop().catch(() => undefined)
  }

  call(from: { displayName: string | null; number: string }, program: RobotProgram): PracticeCaller | null {
    const { domain, log } = this.#line.options
    const target = this.#binding ? UserAgent.makeURI(this.#binding) : undefined
    const user = from.number.replace(/[^\w+*#.-]/g, '') || 'anonymous'
    const fromUri = UserAgent.makeURI(`sip:${user.replaceAll('#', '%23')}@${user === 'anonymous' ? 'anonymous.invalid' : domain}`)
    if (!target || !fromUri) return null
    const inviter = new Inviter(this.#agent.agent, target, {
      params: { fromUri, fromDisplayName: forLog(from.displayName ?? '', 200).replace(/["\\]/g, '') },
    })
    this.#adopt(inviter, program, () => undefined)
    const caller: PracticeCaller & { state: PracticeCaller['state'] } = {
      state: 'ringing',
      onAnswered: null,
      onEnd: null,
      hangUp: () => this.#end(inviter),
    }
    let status: number | null = null
    inviter.stateChange.addListener((state) => {
      if (state === SessionState.Established) {
        caller.state = 'answered'
        caller.onAnswered?.()
      }
      // The final status is told to the request's delegate after the state has changed.
      if (state === SessionState.Terminated) {
        queueMicrotask(() => {
          caller.state = 'ended'
          caller.onEnd?.(status)
        })
      }
    })
    inviter
      .invite({
        requestDelegate: {
          onReject: ({ message }) => {
            status = message.statusCode ?? null
          },
        },
      })
      .catch((error: unknown) => log.warn({ why: forLog(String(error)) }, 'a practice call could not be made'))
    return caller
  }

  #describe(session: Session): BridgeSdh {
    const known = this.#descriptions.get(session)
    if (!known) throw new Error('a practice session without a robot')
    return known
  }

  #adopt(session: Session, program: RobotProgram, onPromptEnded: () => void): void {
    const { media, log } = this.#line.options
    const peer = randomUUID()
    const stopListening = media.onReport((report) => {
      if (report.peer === peer && report.promptEnded) onPromptEnded()
    })
    this.#descriptions.set(
      session,
      new BridgeSdh({
        media,
        peer,
        role: { kind: 'robot', program },
        ice: { servers: [], loopback: true },
        log,
        timeoutMs: describeMs,
        presenceMs,
      }),
    )
    this.#sessions.add(session)
    session.delegate = {
      onRefer: (referral) => {
        const { domain, log, onTransfer: course } = this.#line.options
        takeTransfer(referral, { session, domain, log, course, others: () => this.#sessions, end: (other) => this.#end(other) })
      },
    }
    session.stateChange.addListener((state) => {
      if (state !== SessionState.Terminated) return
      stopListening()
      this.#sessions.delete(session)
    })
  }

  #end(session: Session): void {
    const done =
      session.state === SessionState.Established
        ? session.bye()
        : session instanceof Inviter
          ? session.cancel()
          : Promise.resolve(session.dispose())
    done.catch(() => undefined)
  }

  #register(request: Core.IncomingRegisterRequest): void {
    const { credentials } = this.#line.options
    const { message } = request
    if (!this.#gate.accepts('REGISTER', message.getHeader('authorization'), credentials)) {
      request.reject({ statusCode: 401, extraHeaders: [`WWW-Authenticate: ${this.#gate.challenge()}`] })
      return
    }
    const contact = message.getHeader('contact') ?? ''
    const uri = /<(sip:[^>]+)>/i.exec(contact)?.[1] ?? null
    const asked = /;\s*expires=(\d{1,9})/i.exec(contact)?.[1] ?? message.getHeader('expires') ?? String(registrationSeconds)
    const expires = Math.min(Number(asked) || 0, registrationSeconds)
    if (contact === '*' || expires === 0 || !uri) {
      this.#binding = null
      request.accept({ statusCode: 200 })
      this.#line.unsubscribe(this)
      return
    }
    this.#binding = uri
    request.accept({ statusCode: 200, extraHeaders: [`Contact: <${uri}>;expires=${expires}`] })
    this.#line.subscribe(this)
  }

  #invited(invitation: Invitation): void {
    if (!this.#binding) return this.#reject(invitation, 403)
    if (this.#sessions.size >= maxRobots) return this.#reject(invitation, 486)
    this.#sessions.add(invitation)
    let ended = false
    const undecided = setTimeout(() => this.#reject(invitation, 480), decisionMs)
    const callee: PracticeCallee = {
      extension: unescaped(invitation.request.ruri?.user ?? ''),
      onPromptEnded: null,
      onEnd: null,
      ring: () => {
        // It may now ring for as long as the caller likes.
        clearTimeout(undecided)
        void invitation.progress().catch(() => undefined)
      },
      reject: (status) => this.#reject(invitation, status),
      answer: async (program) => {
        clearTimeout(undecided)
        this.#adopt(invitation, program, () => callee.onPromptEnded?.())
        await invitation.accept()
      },
      hangUp: () => this.#end(invitation),
    }
    invitation.stateChange.addListener((state) => {
      if (state !== SessionState.Terminated || ended) return
      ended = true
      clearTimeout(undecided)
      this.#sessions.delete(invitation)
      callee.onEnd?.()
    })
    this.#line.options.onCall(callee)
  }

  #reject(invitation: Invitation, status: number): void {
    if (invitation.state === SessionState.Initial) invitation.reject({ statusCode: status }).catch(() => undefined)
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
