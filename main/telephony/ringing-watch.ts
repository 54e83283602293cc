/**
 * A call that rings here and came over a connection that is gone since: its CANCEL may have gone there too, and then it would ring for
 * nobody. The far end is asked now and again whether it knows the call still (OPTIONS within the early dialog, RFC 3261 §12.2.1, §11).
 */
import { Core, type Session, SessionState } from 'sip.js'
import type { WireTransport } from './transport'

export interface RingingWatchParts {
  session: Session
  transport: WireTransport
  everyMs: number
  /** It does not: 481 (§12.2.2). */
  onGone: () => void
}

export class RingingWatch {
  readonly #parts: RingingWatchParts
  #timer: NodeJS.Timeout | null = null
  #over = false

  constructor(parts: RingingWatchParts) {
    this.#parts = parts
    this.#ask()
  }

  close(): void {
    this.#over = true
    if (this.#timer) clearTimeout(this.#timer)
  }

  #ask(): void {
    const { session, transport, everyMs, onGone } = this.#parts
    this.#timer = setTimeout(() => this.#ask(), everyMs)
    const { dialog, state } = session
    if (!(dialog instanceof Core.SessionDialog) || state !== SessionState.Initial || !transport.isConnected()) return
    const message = dialog.createOutgoingRequestMessage('OPTIONS')
    session.userAgent.userAgentCore.request(message, {
      onReject: ({ message: response }) => response.statusCode === 481 && !this.#over && onGone(),
    })
  }
}
