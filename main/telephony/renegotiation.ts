/**
 * Re-INVITEs of one session, one at a time (RFC 3261 §14.1): what is wanted meanwhile waits and is merged, glare is retried
 * after a random pause, and an answer that means «no such call» is told apart from one that means «not now».
 */
import { Core, type Session, SessionState, TransportState } from 'sip.js'
import type { Log } from '../log'
import { forLog } from './message'
import type { DescriptionOptions } from './session-description-handler'
import type { WireTransport } from './transport'

export interface RenegotiationParts {
  session: Session
  transport: WireTransport
  log: Log
  random: () => number
  /** The far end's own exchange is under way. */
  theirTurn: () => boolean
  /** What goes out next is still part of an exchange that began before. */
  unfinished: () => boolean
  /** An offer that never went out is to be taken back. */
  unsent: () => Promise<void>
  /** 422 (RFC 4028 §6), with its Min-SE: whether it is worth another try. */
  tooShort: (least: string | undefined) => boolean
  /** The far end does not know this call any more (481), or did not answer on a connection that stands. */
  onGone: () => void
  /** The far end has the new description. */
  onDone: () => void
  /** Tried often enough in vain; the call goes on as it was. */
  onGivenUp: () => void
}

/** The far end did not take what was offered; `status` null when it could not be asked. */
export class Refused extends Error {
  constructor(readonly status: number | null) {
    super(`refused with ${status}`)
  }
}

interface Waiter {
  resolve(): void
  reject(reason: Refused): void
}
interface Wanted {
  iceRestart: boolean
  /** Somebody needs this re-INVITE whatever happens; else only those who wait for its answer do. */
  needed: boolean
  waiters: Waiter[]
}

const maxRetries = 4

export class Renegotiation {
  readonly #parts: RenegotiationParts
  #wanted: Wanted | null = null
  #current: Wanted | null = null
  /** The offer that is out, as the library has it. */
  #sent: Core.OutgoingInviteRequest | null = null
  #retries = 0
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(parts: RenegotiationParts) {
    this.#parts = parts
    parts.transport.stateChange.addListener(this.#onTransport)
  }

  /** An offer of ours is being made, or is out. */
  get busy(): boolean {
    return this.#current !== null
  }

  /** Sends a re-INVITE as soon as none is under way. Without a connection it waits for the next `request`. */
  request(options: { iceRestart: boolean }): void {
    if (this.#closed) return
    this.#want({ iceRestart: options.iceRestart, needed: true, waiters: [] })
    this.#retries = 0
    this.next()
  }

  /** The same for somebody who has to know: resolves when an offer made from now on is accepted, rejects with Refused. */
  agreed(): Promise<void> {
    const { session, transport } = this.#parts
    if (this.#closed || session.state !== SessionState.Established || !transport.isConnected()) return Promise.reject(new Refused(null))
    return new Promise((resolve, reject) => {
      this.#want({ iceRestart: false, needed: false, waiters: [{ resolve, reject }] })
      this.#retries = 0
      this.next()
    })
  }

  /** Nobody waits any longer. True when their offer is out: its answer may still come. */
  giveUpWaiting(): boolean {
    for (const waiter of this.#wanted?.waiters.splice(0) ?? []) waiter.reject(new Refused(408))
    if (this.#wanted && !this.#wanted.needed) this.#wanted = null
    const waiting = this.#current?.waiters.splice(0) ?? []
    for (const waiter of waiting) waiter.reject(new Refused(408))
    return waiting.length > 0
  }

  close(): void {
    this.#closed = true
    this.#parts.transport.stateChange.removeListener(this.#onTransport)
    if (this.#timer) clearTimeout(this.#timer)
    for (const waiter of [...(this.#wanted?.waiters ?? []), ...(this.#current?.waiters ?? [])]) waiter.reject(new Refused(null))
  }

  /** Something that stood in the way may be gone. */
  next(): void {
    const { session, transport } = this.#parts
    if (this.#closed || this.#current || this.#timer || !this.#wanted) return
    if (session.state !== SessionState.Established || !transport.isConnected() || this.#parts.theirTurn()) return
    const all = this.#wanted
    const current = { ...all }
    this.#wanted = null
    // The second half of a move carries an offer made before anyone began to wait.
    if (this.#parts.unfinished() && all.waiters.length > 0) {
      current.waiters = []
      this.#wanted = { iceRestart: false, needed: false, waiters: all.waiters }
    }
    const generation = transport.generation
    this.#current = current
    const description: DescriptionOptions = { iceRestart: current.iceRestart }
    session
      .invite({
        sessionDescriptionHandlerOptions: description,
        requestDelegate: {
          onAccept: () => {
            this.#sent = null
            this.#current = null
            for (const waiter of current.waiters) waiter.resolve()
            if (session.state === SessionState.Established) this.#parts.onDone()
            this.next()
          },
          onReject: ({ message }) => this.#rejected(message, current, generation),
          onRedirect: ({ message }) => this.#rejected(message, current, generation),
        },
      })
      .then((sent) => {
        if (this.#current !== current) return
        this.#sent = sent
        if (!transport.isConnected() || transport.generation !== generation) this.#unanswerable()
      })
      // Before anything was sent: a media page that is away, or an exchange that the far end has begun.
      .catch(async (error: unknown) => {
        await this.#parts.unsent().catch(() => undefined)
        this.#again(current, forLog(String(error)))
      })
  }

  readonly #onTransport = (state: TransportState) => {
    if (state === TransportState.Disconnected) this.#unanswerable()
  }

  /** Its answer would have come over the connection that is gone. The library would wait for it, and keep all others waiting, for 64 × T1. */
  #unanswerable(): void {
    const sent = this.#sent
    this.#sent = null
    if (!(sent instanceof Core.UserAgentClient)) return
    const { transaction } = sent
    const fail: unknown = Reflect.get(transaction, 'onTransportError')
    if (typeof fail === 'function') Reflect.apply(fail, transaction, [new Error('the connection was lost')])
  }

  #want(more: Wanted): void {
    const wanted = this.#wanted
    this.#wanted = {
      iceRestart: more.iceRestart || (wanted?.iceRestart ?? false),
      needed: more.needed || (wanted?.needed ?? false),
      waiters: [...(wanted?.waiters ?? []), ...more.waiters],
    }
  }

  #rejected(message: Core.IncomingResponseMessage, refused: Wanted, generation: number): void {
    const { transport, onGone, tooShort } = this.#parts
    this.#sent = null
    const status = message.statusCode ?? 0
    const sameWire = transport.isConnected() && transport.generation === generation
    const reject = (why: number | null) => {
      for (const waiter of refused.waiters.splice(0)) waiter.reject(new Refused(why))
    }
    if (status === 481 || (status === 408 && sameWire)) {
      this.#current = null
      reject(status)
      onGone()
      return
    }
    if (status === 422 && tooShort(message.getHeader('min-se'))) {
      this.#current = null
      this.#want(refused)
      this.next()
      return
    }
    // 491: both sides began at once. Everything else is a word that those who wait have to hear.
    if (status !== 491) reject(sameWire ? status : null)
    this.#again(refused, `refused with ${status}`)
  }

  #again(wanted: Wanted, why: string): void {
    this.#current = null
    if (this.#closed || this.#parts.session.state !== SessionState.Established) {
      for (const waiter of wanted.waiters) waiter.reject(new Refused(null))
      return
    }
    if (!wanted.needed && wanted.waiters.length === 0) {
      this.next()
      return
    }
    this.#want(wanted)
    // Once there is a connection again it is asked for anew.
    if (!this.#parts.transport.isConnected()) return
    this.#retries += 1
    if (this.#retries > maxRetries) {
      this.#parts.log.warn({ why }, 'a re-INVITE was given up')
      for (const waiter of this.#wanted?.waiters ?? []) waiter.reject(new Refused(491))
      this.#wanted = null
      this.#parts.onGivenUp()
      return
    }
    // RFC 3261 §14.1 wants 2.1–4 s of the side that owns the Call-ID and 0–2 s of the other, so that they do not meet again.
    const ours = 'cancel' in this.#parts.session
    const wait = ours ? 2100 + this.#parts.random() * 1900 : this.#parts.random() * 2000
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.next()
    }, wait)
  }
}
