/**
 * Re-INVITEs of one session, one at a time (RFC 3261 §14.1): what is wanted meanwhile waits and is merged, glare is retried
 * after a random pause, and an answer that means «no such call» is told apart from one that means «not now».
 */
import { type Core, type Session, SessionState } from 'sip.js'
import type { Log } from '../log'
import { forLog } from './message'
import type { DescriptionOptions } from './session-description-handler'
import type { WireTransport } from './transport'

export interface RenegotiationParts {
  session: Session
  transport: WireTransport
  log: Log
  random: () => number
  /** The far end does not know this call any more (481), or did not answer on a connection that stands. */
  onGone: () => void
  /** The far end has the new description. */
  onDone: () => void
  /** Tried often enough in vain; the call goes on as it was. */
  onGivenUp: () => void
}

const maxRetries = 4

export class Renegotiation {
  readonly #parts: RenegotiationParts
  #wanted: { iceRestart: boolean } | null = null
  #busy = false
  #retries = 0
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(parts: RenegotiationParts) {
    this.#parts = parts
  }

  /** Sends a re-INVITE as soon as none is under way. Without a connection it waits for the next `request`. */
  request(options: { iceRestart: boolean }): void {
    if (this.#closed) return
    this.#wanted = { iceRestart: options.iceRestart || (this.#wanted?.iceRestart ?? false) }
    this.#retries = 0
    this.#next()
  }

  close(): void {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  #next(): void {
    const { session, transport } = this.#parts
    if (this.#closed || this.#busy || this.#timer || !this.#wanted) return
    if (session.state !== SessionState.Established || !transport.isConnected()) return
    const wanted = this.#wanted
    const generation = transport.generation
    this.#wanted = null
    this.#busy = true
    const description: DescriptionOptions = { iceRestart: wanted.iceRestart }
    session
      .invite({
        sessionDescriptionHandlerOptions: description,
        requestDelegate: {
          onAccept: () => {
            this.#busy = false
            if (session.state === SessionState.Established) this.#parts.onDone()
            this.#next()
          },
          onReject: ({ message }) => this.#rejected(message, wanted, generation),
        },
      })
      // Before anything was sent: a media page that is away, or an exchange that the far end has begun.
      .catch((error: unknown) => this.#again(wanted, forLog(String(error))))
  }

  #rejected(message: Core.IncomingResponseMessage, wanted: { iceRestart: boolean }, generation: number): void {
    const { transport, onGone } = this.#parts
    const status = message.statusCode ?? 0
    const sameWire = transport.isConnected() && transport.generation === generation
    if (status === 481 || (status === 408 && sameWire)) {
      this.#busy = false
      onGone()
      return
    }
    this.#again(wanted, `refused with ${status}`)
  }

  #again(wanted: { iceRestart: boolean }, why: string): void {
    this.#busy = false
    if (this.#closed || this.#parts.session.state !== SessionState.Established) return
    this.#wanted = { iceRestart: wanted.iceRestart || (this.#wanted?.iceRestart ?? false) }
    this.#retries += 1
    if (this.#retries > maxRetries) {
      this.#parts.log.warn({ why }, 'a re-INVITE was given up')
      this.#wanted = null
      this.#parts.onGivenUp()
      return
    }
    // RFC 3261 §14.1 wants 2.1–4 s of the side that owns the Call-ID and 0–2 s of the other, so that they do not meet again.
    const ours = 'cancel' in this.#parts.session
    const wait = ours ? 2100 + this.#parts.random() * 1900 : this.#parts.random() * 2000
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#next()
    }, wait)
  }
}
