/** Hold and resume of one call: sound is gated before anything is sent, and «held» is only what the far end has accepted. */
import { TroubleError } from '../trouble'
import { Refused, type Renegotiation } from './renegotiation'

export interface HoldParts {
  /** Gates sound, or lets it through, and has the next description say so. */
  gate: (held: boolean) => Promise<void>
  /** Takes an offer back whose answer nobody awaits any more. */
  abandon: () => Promise<void>
  renegotiation: () => Renegotiation
  connected: () => boolean
  timeoutMs: number
}

export class Hold {
  readonly #parts: HoldParts
  #accepted = false
  #wish = false
  #running: Promise<void> | null = null

  constructor(parts: HoldParts) {
    this.#parts = parts
  }

  /** The far end knows that it is held, or is about to. */
  get held(): boolean {
    return this.#accepted || this.#wish
  }

  /** Of several wishes the last counts, and all who wished hear what became of that one. */
  async set(held: boolean): Promise<void> {
    this.#wish = held
    if (held && this.#running) await this.#parts.gate(true).catch(() => undefined)
    this.#running ??= this.#settle().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #settle(): Promise<void> {
    while (this.#wish !== this.#accepted) {
      const wish = this.#wish
      try {
        await this.#parts.gate(wish)
        await this.#agreed()
        this.#accepted = wish
      } catch (error) {
        // Meanwhile the rep has wished it back: then all is as he wants it, but for the gate.
        const meant = this.#wish === wish
        if (meant) this.#wish = this.#accepted
        await this.#parts.gate(this.#wish).catch(() => undefined)
        if (meant) throw troubleOfRefusal(error, this.#parts.connected())
      }
    }
  }

  async #agreed(): Promise<void> {
    const renegotiation = this.#parts.renegotiation()
    let late = false
    const timer = setTimeout(() => {
      late = true
      if (renegotiation.giveUpWaiting()) this.#parts.abandon().catch(() => undefined)
    }, this.#parts.timeoutMs)
    try {
      await renegotiation.agreed()
    } catch (error) {
      throw late ? new TroubleError('sip.holdTimeout') : error
    } finally {
      clearTimeout(timer)
    }
  }
}

function troubleOfRefusal(error: unknown, connected: boolean): unknown {
  if (!(error instanceof Refused)) return error
  if (!connected) return new TroubleError('sip.holdOffline')
  if (error.status === 408 || error.status === 481) return new TroubleError('sip.holdTimeout')
  if (error.status === 491) return new TroubleError('sip.holdCrossed')
  if (error.status === null) return new TroubleError('sip.holdOffline')
  return new TroubleError('sip.holdRefused', { status: error.status })
}
