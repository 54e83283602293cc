/**
 * A call that nobody has answered yet, and whose connection broke. Over WebSocket a response comes back on the connection of
 * its request or not at all (RFC 7118 §5), and so does a CANCEL of the far end's: without this it would ring for ever.
 */
import { type Invitation, Inviter, NameAddrHeader } from 'sip.js'
import type { TelephonyLimits } from './limits'

export interface UnansweredParts {
  /** It is still neither answered nor over. */
  waiting: () => boolean
  limits: TelephonyLimits
  /** It rings here, and the far end knows nothing of it any more. */
  onGone: () => void
  /** Its answer cannot reach us, or no connection has come back. */
  onLost: () => void
}

export class Unanswered {
  readonly #parts: UnansweredParts
  #heard = false
  #timer: NodeJS.Timeout | null = null

  constructor(parts: UnansweredParts) {
    this.#parts = parts
  }

  /** Outgoing: the far end has the INVITE. One that it has not is sent again, and given up, by the library. */
  heard(): void {
    this.#heard = true
  }

  lost(): void {
    if (this.#timer || !this.#parts.waiting()) return
    this.#timer = setTimeout(() => this.#parts.waiting() && this.#parts.onLost(), this.#parts.limits.farewellMs)
  }

  /** Another connection is there. */
  arrived(session: Inviter | Invitation): void {
    this.close()
    if (!this.#parts.waiting()) return
    if (!(session instanceof Inviter)) return this.#ask(session)
    if (this.#heard) this.#parts.onLost()
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  /**
   * OPTIONS within the early dialog: 481 where that is unknown (RFC 3261 §12.2.2). Its CSeq is below any that the dialog will
   * use, so that whatever else is answered changes nothing in it.
   */
  #ask(invitation: Invitation): void {
    const { request } = invitation
    const contact: unknown = request.parseHeader('contact')
    const core = invitation.userAgent.userAgentCore
    const target = contact instanceof NameAddrHeader ? contact.uri : request.from.uri
    const { callId, toTag = '', fromTag } = request
    const dialog = { callId, cseq: 0, fromTag: toTag, toTag: fromTag, routeSet: request.getHeaders('record-route') }
    const options = core.makeOutgoingRequestMessage('OPTIONS', target, request.to.uri, request.from.uri, dialog)
    core.request(options, {
      onReject: ({ message }) => {
        if (message.statusCode === 481 && this.#parts.waiting()) this.#parts.onGone()
      },
    })
    this.#timer = setTimeout(() => this.#parts.waiting() && this.#ask(invitation), this.#parts.limits.stillCallsMs)
  }
}
