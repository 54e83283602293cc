/**
 * The messages of one call as they pass between wire and library, for what the library does not do: session timers (RFC 4028),
 * UPDATE (RFC 3311), and a clear 491 where both sides would change the session at once (RFC 3261 §14.2).
 */
import { type Session, SessionState, UserAgent } from 'sip.js'
import { type Head, headerOf, headersOf, respond, tagOf } from './message'
import { type SessionTimer, tooShortFor } from './session-timer'
import type { DialogWatch, WireTransport } from './transport'

/** What we can be asked for within a call; the library's own lists name what it refuses and leave out UPDATE. */
const allow = 'Allow: ACK, BYE, CANCEL, INFO, INVITE, NOTIFY, OPTIONS, REFER, UPDATE'
/** An INVITE of theirs that nobody acknowledges keeps us from our own no longer than this (64 × T1, RFC 3261 §13.3.1.4), in ms. */
const acknowledgedMs = 32_000

export interface DialogMessagesParts {
  session: Session
  transport: WireTransport
  timer: SessionTimer
  callId: string
  /** The tag that is known from the start: ours of a call that we make, the far end's of one that comes in. */
  tag: { local: string } | { remote: string }
  /** The INVITE of a call that comes in. */
  invite: Head | null
  /** Our own offer is being made or is out. */
  negotiating: () => boolean
  /** The far end's exchange is over. */
  onFree: () => void
}

interface Exchange {
  cseq: string
  request: Head
  /** It came as an UPDATE, and its answer goes out as one. */
  update: boolean
  answered: boolean
}

export class DialogMessages implements DialogWatch {
  readonly callId: string
  readonly #parts: DialogMessagesParts
  readonly #stop: () => void
  /** The far end's last INVITE or offering UPDATE. */
  #theirs: Exchange | null = null
  #open = false
  #timer: NodeJS.Timeout | null = null

  constructor(parts: DialogMessagesParts) {
    this.#parts = parts
    this.callId = parts.callId
    if (parts.invite) this.#theirs = { cseq: cseqOf(parts.invite).number, request: parts.invite, update: false, answered: false }
    this.#stop = parts.transport.watch(this)
  }

  /** An offer of the far end is being answered, or its INVITE is not acknowledged yet. */
  get theirTurn(): boolean {
    return this.#open
  }

  close(): void {
    this.#stop()
    if (this.#timer) clearTimeout(this.#timer)
  }

  received(head: Head, text: string): { pass: string } | { answer: string } | null {
    if (!this.#isOurs(head, false)) return null
    const { method, number } = cseqOf(head)
    if (head.status !== null) {
      if (method !== 'INVITE' || head.status < 200) return { pass: text }
      if (head.status < 300) this.#parts.timer.accepted(head)
      // The library tells nobody of a redirected re-INVITE, and takes it for under way for ever. To us it is a refusal.
      const redirected = head.status < 400 && this.#parts.session.state === SessionState.Established
      return { pass: redirected ? text.replace(/^SIP\/2\.0 3\d\d/, 'SIP/2.0 488') : text }
    }
    const inDialog = tagOf(headerOf(head, 'to')) !== null
    if (method === 'ACK') {
      if (number === this.#theirs?.cseq) this.#free()
      return { pass: text }
    }
    if (!inDialog || (method !== 'INVITE' && method !== 'UPDATE')) return { pass: text }
    const tooShort = tooShortFor(head)
    if (tooShort) return { answer: respond(head, 422, '', tooShort) }
    const offers = text.length > head.bodyAt
    if (method === 'UPDATE' && !offers) return { answer: this.#refreshed(head) }
    if (this.#parts.negotiating()) return { answer: respond(head, 491, '') }
    // The library answers a second one with 500; it knows nothing of UPDATE, which RFC 3311 §5.2 treats alike.
    if (method === 'UPDATE' && (this.#open || this.#parts.session.state !== SessionState.Established))
      return { answer: respond(head, 491, '') }
    if (!this.#open) this.#begin({ cseq: number, request: head, update: method === 'UPDATE', answered: false })
    return { pass: method === 'UPDATE' ? asInvite(text, head) : text }
  }

  sent(head: Head, text: string): string | null {
    if (!this.#isOurs(head, true)) return null
    const { method, number } = cseqOf(head)
    const plain = text.replace(/^Allow:[^\r\n]*/m, allow)
    if (head.status === null) return method === 'INVITE' ? withLines(plain, this.#parts.timer.asking()) : plain
    const exchange = this.#theirs
    if (method !== 'INVITE' || exchange?.cseq !== number) return plain
    const final = head.status >= 200
    if (exchange.update && !final) return ''
    let out = exchange.update ? plain.replace(/^(CSeq:\s*\d+\s+)INVITE/im, '$1UPDATE') : plain
    if (head.status < 300 && final) out = withLines(out, this.#parts.timer.accepting(exchange.request))
    if (final && !exchange.answered) {
      exchange.answered = true
      if (exchange.update) setImmediate(() => this.#parts.transport.feed(acknowledgement(exchange.request, head)))
      // Refused: its ACK is between the transactions.
      if (exchange.update || head.status >= 300) setImmediate(() => this.#free())
    }
    return out
  }

  #begin(exchange: Exchange): void {
    this.#theirs = exchange
    this.#open = true
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#free(), acknowledgedMs)
  }

  #free(): void {
    if (!this.#open) return
    this.#open = false
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#parts.onFree()
  }

  /** An UPDATE without an offer: a refresh of the session and of the way to the far end. */
  #refreshed(head: Head): string {
    const { session, timer } = this.#parts
    retarget(session, headerOf(head, 'contact'))
    return respond(head, 200, '', [`Contact: ${session.userAgent.contact}`, allow, 'Supported: timer', ...timer.accepting(head)])
  }

  /** Requests that we send and responses to what they send carry their tag in To, the others in From. */
  #isOurs(head: Head, sent: boolean): boolean {
    const { tag } = this.#parts
    const ourRequest = sent === (head.status === null)
    const [ours, theirs] = ourRequest ? (['from', 'to'] as const) : (['to', 'from'] as const)
    return 'local' in tag ? tagOf(headerOf(head, ours)) === tag.local : tagOf(headerOf(head, theirs)) === tag.remote
  }
}

function cseqOf(head: Head): { number: string; method: string } {
  const [number = '', method = ''] = (headerOf(head, 'cseq') ?? '').trim().split(/\s+/)
  return { number, method: method.toUpperCase() }
}

function withLines(text: string, lines: readonly string[]): string {
  if (lines.length === 0) return text
  const end = text.indexOf('\r\n\r\n')
  return `${text.slice(0, end)}\r\n${lines.join('\r\n')}${text.slice(end)}`
}

/** An UPDATE with an offer is to the library what an INVITE within the dialog is: it answers that. */
function asInvite(text: string, head: Head): string {
  const top = text
    .slice(0, head.bodyAt)
    .replace(/^UPDATE /, 'INVITE ')
    .replace(/^(CSeq\s*:\s*\d+\s+)UPDATE/im, '$1INVITE')
  return top + text.slice(head.bodyAt)
}

/** The ACK that an INVITE would have got: for a 2xx a request of its own, for a refusal part of the transaction (RFC 3261 §17.1.1.3). */
function acknowledgement(request: Head, response: Head): string {
  const via = headersOf(request, 'via').map((value) => `Via: ${value}`)
  if ((response.status ?? 0) < 300 && via[0]) via[0] = via[0].replace(/branch=([^;,\s]+)/i, 'branch=$1ack')
  const lines = [
    `ACK ${request.requestUri} SIP/2.0`,
    ...via,
    `From: ${headerOf(request, 'from')}`,
    `To: ${headerOf(request, 'to')}`,
    `Call-ID: ${headerOf(request, 'call-id')}`,
    `CSeq: ${cseqOf(request).number} ACK`,
    'Max-Forwards: 70',
    'Content-Length: 0',
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** RFC 3311 §5.2: an UPDATE may say where the far end is now. The library keeps that to itself. */
function retarget(session: Session, contact: string | undefined): void {
  const address = /<(sips?:[^<>\s]{1,500})>/i.exec(contact ?? '')?.[1]
  const uri = address ? UserAgent.makeURI(address) : undefined
  const state: unknown = session.dialog ? Reflect.get(session.dialog, 'dialogState') : null
  if (uri && typeof state === 'object' && state !== null && 'remoteTarget' in state) state.remoteTarget = uri
}
