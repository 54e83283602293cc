/**
 * Handing a call over by REFER (RFC 3515, RFC 5589). It counts as done when the far end reports so, or hangs up after it has
 * taken the REFER, as many switches do; in every other case the call is kept as it was, and the rep hears why.
 */
import { type Notification, type Session, SessionState, type URI } from 'sip.js'
import type { Trouble } from '../../preload/contract'
import type { Log } from '../log'
import { TroubleError } from '../trouble'
import type { TelephonyLimits } from './limits'
import type { WireTransport } from './transport'

export interface TransferParts {
  session: () => Session
  transport: WireTransport
  log: Log
  limits: TelephonyLimits
  /** It is done: the call is to be ended by us. */
  onDone: () => void
}

/** What a REFER leads to: an address, or the far end of another call. */
export type ReferTo = { uri: URI } | { session: Session }

interface Running {
  /** To an address; what a call with somebody on it answers is no word of his. */
  blind: boolean
  onProgress: (status: number) => void
  /** The far end has taken the REFER. */
  accepted: boolean
  /** The REFER's CSeq; a challenge only adds to it. */
  cseq: number
  timer: NodeJS.Timeout | null
  settle: (trouble: Trouble | null) => void
}

export class Transfer {
  readonly #parts: TransferParts
  #running: Running | null = null

  constructor(parts: TransferParts) {
    this.#parts = parts
  }

  /** Resolves when the call has been taken over; rejects with TroubleError `transfer.*` when it is kept. */
  start(to: ReferTo, onProgress: (status: number) => void): Promise<void> {
    const { transport, limits } = this.#parts
    const session = this.#parts.session()
    const { dialog } = session
    if (this.#running) return Promise.reject(new TroubleError('transfer.underWay'))
    if (session.state !== SessionState.Established || !dialog) return Promise.reject(new TroubleError('call.notConnected'))
    if (!transport.isConnected()) return Promise.reject(new TroubleError('transfer.offline'))
    const referTo = 'uri' in to ? `<${to.uri}>` : replacing(to.session)
    if (!referTo) return Promise.reject(new TroubleError('transfer.otherNotConnected'))
    return new Promise((resolve, reject) => {
      const whole = setTimeout(() => this.#settle({ code: 'transfer.timeout', params: {} }), limits.transferMs)
      const running: Running = {
        blind: 'uri' in to,
        onProgress,
        accepted: false,
        cseq: 0,
        timer: null,
        settle: (trouble) => {
          clearTimeout(whole)
          if (trouble) return reject(new TroubleError(trouble.code, trouble.params))
          this.#parts.onDone()
          resolve()
        },
      }
      this.#running = running
      const { message } = dialog.refer(
        {
          onAccept: () => {
            if (this.#running !== running) return
            running.accepted = true
            // RFC 4488: with `Refer-Sub: false` nothing will be reported, and only its hanging up says that it worked.
            this.#expect(running)
          },
          onReject: ({ message }) => {
            if (this.#running === running) this.#settle(refusal(message.statusCode ?? 0, (message as { data?: string }).data === undefined))
          },
          onRedirect: ({ message }) => this.#running === running && this.#settle(refusal(message.statusCode ?? 0, false)),
        },
        {
          extraHeaders: [
            `Refer-To: ${referTo}`,
            `Referred-By: <${session.userAgent.configuration.uri}>`,
            `Contact: ${session.userAgent.contact}`,
          ],
        },
      )
      running.cseq = message.cseq
    })
  }

  /** Any NOTIFY within the call. */
  notified(notification: Notification): void {
    const { request } = notification
    if (!/^\s*refer\b/i.test(request.getHeader('event') ?? '')) {
      notification.reject({ statusCode: 489 }).catch(() => undefined)
      return
    }
    notification.accept().catch(() => undefined)
    const running = this.#running
    // RFC 3515 §2.4.6: late news of an earlier REFER.
    const id = /;\s*id\s*=\s*"?(\d{1,10})/i.exec(request.getHeader('event') ?? '')?.[1]
    if (!running || (id !== undefined && Number(id) < running.cseq)) return
    // It may come before the answer to the REFER, and says the same.
    running.accepted = true
    const status = Number(/^SIP\/2\.0 ([1-6]\d\d)/i.exec(request.body ?? '')?.[1] ?? 0)
    const over = /^\s*terminated\b/i.test(request.getHeader('subscription-state') ?? '')
    if (status > 0) running.onProgress(status)
    if (status >= 300) this.#settle(running.blind ? outcome(status) : { code: 'transfer.failed', params: { status } })
    else if (status >= 200) this.#settle(null)
    // Nothing more will be said: then its hanging up is all that can still tell.
    else if (over) this.#expect(running)
    else if (running.timer) {
      clearTimeout(running.timer)
      running.timer = null
    }
  }

  /** The call is over. */
  ended(byFarEnd: boolean): void {
    const running = this.#running
    if (running) this.#settle(byFarEnd && running.accepted ? null : { code: 'sip.callOver', params: {} })
  }

  #expect(running: Running): void {
    if (running.timer) clearTimeout(running.timer)
    running.timer = setTimeout(() => this.#settle({ code: 'transfer.timeout', params: {} }), this.#parts.limits.transferQuietMs)
  }

  #settle(trouble: Trouble | null): void {
    const running = this.#running
    if (!running) return
    this.#running = null
    if (running.timer) clearTimeout(running.timer)
    if (trouble) this.#parts.log.info({ trouble: trouble.code, params: trouble.params }, 'a transfer did not come about')
    running.settle(trouble)
  }
}

/** RFC 5589 §7.3: the address of that dialog's far end, and the dialog that the new call takes the place of (RFC 3891). */
function replacing(other: Session): string | null {
  const { dialog } = other
  if (other.state !== SessionState.Established || !dialog) return null
  const target = dialog.remoteTarget.clone()
  target.clearHeaders()
  const replaces = `${dialog.callId};to-tag=${dialog.remoteTag};from-tag=${dialog.localTag}`
  return `<${target}?Replaces=${encodeURIComponent(replaces)}>`
}

function refusal(status: number, byLibrary: boolean): Trouble {
  if (byLibrary && status === 503) return { code: 'transfer.offline', params: {} }
  if (status === 408) return { code: 'transfer.timeout', params: {} }
  if (status === 481) return { code: 'sip.callOver', params: {} }
  if ([403, 405, 420, 501, 603].includes(status)) return { code: 'transfer.notAllowed', params: { status } }
  return { code: 'transfer.refused', params: { status } }
}

function outcome(status: number): Trouble {
  if (status === 486 || status === 600) return { code: 'transfer.busy', params: {} }
  if ([404, 410, 484, 604].includes(status)) return { code: 'transfer.unknownNumber', params: {} }
  if ([408, 480, 487].includes(status)) return { code: 'transfer.noAnswer', params: {} }
  if (status === 403 || status === 603) return { code: 'transfer.declined', params: {} }
  return { code: 'transfer.failed', params: { status } }
}
