/**
 * The SIP library's transport on one of our wires. The library's own is not used: an exception while it reads a packet ends
 * the process, its failures have no reasons, and it never notices a dead link.
 */
import { randomBytes } from 'node:crypto'
import { EmitterImpl, type Transport, TransportState } from 'sip.js'
import type { Trouble } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Log } from '../log'
import { TroubleError } from '../trouble'
import { createGuard, kindOf } from './guard'
import { forLog, type Head, headerOf, readHead, respond } from './message'
import type { SipServer, Wire } from './port'

export interface TransportOptions {
  /** The first one; `use` changes it. */
  server: Pick<SipServer, 'connector' | 'protocol'>
  clock: Clock
  log: Log
  /** Before a request reaches the library. */
  beforeRequest?: (requestUri: string) => void
}

/** Sees the messages of one dialog on their way, for what the library knows nothing of; several may share a Call-ID. */
export interface DialogWatch {
  readonly callId: string
  /** What the library gets of a message instead (`pass`), or what is sent back in its place (`answer`); null: not ours. */
  received(head: Head, text: string): { pass: string } | { answer: string } | null
  /** What is sent of a message; empty: nothing. Null: not ours. */
  sent(head: Head, text: string): string | null
}

export class WireTransport implements Transport {
  /** Via transport (RFC 7118 §5): WS or WSS. */
  protocol: string
  readonly stateChange = new EmitterImpl<TransportState>()
  onConnect: (() => void) | undefined
  onDisconnect: ((error?: Error) => void) | undefined
  onMessage: ((message: string) => void) | undefined
  /** The wire closed, with the reason in the reader's words; null when we closed it. */
  onLost: ((trouble: Trouble | null) => void) | null = null
  /** Monotonic ms when the message now being read arrived. */
  receivedAt = 0
  /** The headers of the message now being read, as they came. */
  reading: Head | null = null
  /** Set by the library's log while it reads: it could not parse the message. */
  unreadable = false
  /** Grows with each connection. */
  generation = 0
  #state = TransportState.Disconnected
  #wire: Wire | null = null
  #attempt: AbortController | null = null
  #answered = false
  #connector: SipServer['connector']
  readonly #guard = createGuard(() => randomBytes(6).toString('hex'))
  readonly #options: TransportOptions
  readonly #watches = new Set<DialogWatch>()

  constructor(_logger: unknown, options: TransportOptions) {
    this.#options = options
    this.protocol = options.server.protocol
    this.#connector = options.server.connector
  }

  /** The next `connect` goes there. */
  use(server: Pick<SipServer, 'connector' | 'protocol'>): void {
    this.protocol = server.protocol
    this.#connector = server.connector
  }

  get state(): TransportState {
    return this.#state
  }

  isConnected(): boolean {
    return this.#state === TransportState.Connected
  }

  async connect(): Promise<void> {
    if (this.isConnected()) return
    this.#attempt?.abort()
    const attempt = new AbortController()
    this.#attempt = attempt
    this.#enter(TransportState.Connecting)
    try {
      const wire = await this.#opened(attempt.signal)
      // The signal is for the attempt alone: aborted later it would tear a socket that stands.
      if (this.#attempt === attempt) this.#attempt = null
      this.#wire = wire
      this.generation += 1
      wire.onMessage = (text) => this.#receive(text)
      wire.onClose = (trouble) => this.#closed(wire, trouble)
    } catch (error) {
      if (this.#attempt === attempt) this.#enter(TransportState.Disconnected)
      throw error
    }
    this.#enter(TransportState.Connected)
    this.onConnect?.()
  }

  /** Ends with the signal even where the connector does not (a proxy script or a certificate store that takes its time). */
  async #opened(signal: AbortSignal): Promise<Wire> {
    const opening = this.#connector(signal)
    // What opens too late is wanted by nobody.
    opening.then((wire) => signal.aborted && wire.close()).catch(() => undefined)
    return await new Promise<Wire>((resolve, reject) => {
      const cancelled = () => reject(new TroubleError('sip.cancelled'))
      signal.addEventListener('abort', cancelled, { once: true })
      opening.then((wire) => (signal.aborted ? cancelled() : resolve(wire)), reject)
    })
  }

  async disconnect(): Promise<void> {
    this.#attempt?.abort()
    this.#attempt = null
    const wire = this.#wire
    if (wire) this.#closed(wire, null)
    else this.#enter(TransportState.Disconnected)
    wire?.close()
  }

  async dispose(): Promise<void> {
    await this.disconnect()
  }

  async send(message: string): Promise<void> {
    if (!this.#wire || !this.isConnected()) throw new Error('not connected')
    const status = /^SIP\/2\.0 ([2-6]\d\d)/.exec(message)
    if (status) this.#answered = true
    const text = this.#watchedOut(message)
    if (text !== '') this.#wire.send(this.#guard.restore(text))
  }

  /** Until the returned function is called. */
  watch(dialog: DialogWatch): () => void {
    this.#watches.add(dialog)
    return () => this.#watches.delete(dialog)
  }

  /** Gives the library a message that never was on the wire. */
  feed(text: string): void {
    const head = readHead(text)
    if (head && this.isConnected()) this.#deliver(head, text)
  }

  #closed(wire: Wire, trouble: Trouble | null): void {
    if (this.#wire !== wire) return
    this.#wire = null
    wire.onMessage = null
    wire.onClose = null
    this.#enter(TransportState.Disconnected)
    this.#contained('the end of the connection', () => this.onDisconnect?.(trouble ? new Error(trouble.code) : undefined))
    this.onLost?.(trouble)
  }

  #enter(state: TransportState): void {
    if (this.#state === state) return
    this.#state = state
    this.#contained('a change of the connection', () => this.stateChange.emit(state))
  }

  #receive(text: string): void {
    this.receivedAt = this.#options.clock.monotonic()
    const verdict = this.#guard.inspect(text)
    if (verdict.do === 'ignore') return
    if (verdict.do === 'drop') {
      this.#options.log.warn({ sip: kindOf(verdict.head), why: verdict.why }, 'a SIP message was dropped')
      return
    }
    if (verdict.do === 'answer') {
      this.#options.log.warn({ sip: kindOf(verdict.head), why: verdict.why }, 'a SIP request was refused')
      this.#reply(verdict.response)
      return
    }
    const { head } = verdict
    const watched = this.#watchedIn(head, verdict.text)
    if ('answer' in watched) this.#reply(watched.answer)
    else this.#deliver(head, watched.pass)
  }

  #watchedIn(head: Head, text: string): { pass: string } | { answer: string } {
    let watched: { pass: string } | { answer: string } = { pass: text }
    if (this.#watches.size === 0) return watched
    const callId = headerOf(head, 'call-id')
    for (const watch of this.#watches) {
      if (watch.callId !== callId) continue
      this.#contained('a message', () => {
        watched = watch.received(head, text) ?? watched
      })
    }
    return watched
  }

  #watchedOut(text: string): string {
    const head = this.#watches.size > 0 ? readHead(text) : null
    if (!head) return text
    const callId = headerOf(head, 'call-id')
    let watched = text
    for (const watch of this.#watches) {
      if (watch.callId !== callId) continue
      this.#contained('a message', () => {
        watched = watch.sent(head, text) ?? watched
      })
    }
    return watched
  }

  #deliver(head: Head, text: string): void {
    this.#answered = false
    this.unreadable = false
    this.reading = head
    let failure: unknown = null
    try {
      if (head.requestUri) this.#options.beforeRequest?.(head.requestUri)
      this.onMessage?.(text)
    } catch (error) {
      failure = error
    }
    this.reading = null
    if (!failure && !this.unreadable) return
    const why = failure ? forLog(failure instanceof Error ? failure.message : String(failure)) : 'the library cannot read it'
    this.#options.log.warn({ sip: kindOf(head), why }, 'a SIP message was dropped')
    if (head.method && head.method !== 'ACK' && !this.#answered) {
      this.#reply(respond(head, failure ? 500 : 400, randomBytes(6).toString('hex')))
    }
  }

  #reply(response: string): void {
    this.#contained('a refusal', () => this.#wire?.send(response))
  }

  #contained(what: string, action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#options.log.warn({ why: forLog(String(error)) }, `${what} was not taken well`)
    }
  }
}
