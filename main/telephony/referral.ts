/**
 * A far end that asks us, within its call, to call somebody else (REFER, RFC 3515 §2.4). It is taken note of and reported on;
 * nothing is dialled before the rep says so.
 */
import { type Referral, type Session, SessionState } from 'sip.js'
import type { Log } from '../log'
import { TroubleError } from '../trouble'
import type { TelephonyLimits } from './limits'
import { type Head, headersOf } from './message'
import type { IncomingReferral, SipCall } from './port'
import { type ReferTarget, readReferredBy, readReferTo } from './refer-to'

/** A call whose course is reported elsewhere. */
export interface ReportedCall extends SipCall {
  /** A SIP status: 180 when it rings, 200 when it is answered, the final one when it fails. */
  onCourse: ((status: number) => void) | null
}

export interface ReferralParts {
  session: Session
  log: Log
  limits: TelephonyLimits
  domain: string
  /** The message that is being read. */
  reading: () => Head | null
  dial: (target: ReferTarget, extraHeaders: string[]) => ReportedCall
  /** Null when nobody is there to ask. */
  onReferral: () => ((referral: IncomingReferral) => void) | null
}

const phrases: Readonly<Record<number, string>> = { 100: 'Trying', 180: 'Ringing', 200: 'OK', 408: 'Request Timeout', 603: 'Decline' }

export class Referrals {
  readonly #parts: ReferralParts
  #current: Asked | null = null

  constructor(parts: ReferralParts) {
    this.#parts = parts
  }

  received(referral: Referral): void {
    const { domain, log } = this.#parts
    const refuse = (statusCode: number, why: string) => {
      log.warn({ why, status: statusCode }, 'a REFER was refused')
      referral.reject({ statusCode }).catch(() => undefined)
    }
    // As it came: of several the library keeps the last.
    const head = this.#parts.reading()
    const values = head ? headersOf(head, 'refer-to') : referral.request.getHeaders('refer-to')
    if (values.length !== 1) return refuse(400, 'it names no one target')
    const target = readReferTo(values[0] ?? '', domain)
    if (!target) return refuse(400, 'its target cannot be called')
    if (this.#current) return refuse(486, 'another one is still open')
    const ask = this.#parts.onReferral()
    if (!ask) return refuse(603, 'nobody is there to ask')
    const asked = new Asked(this.#parts, referral, target, () => {
      if (this.#current === asked) this.#current = null
    })
    this.#current = asked
    asked.take()
    ask(asked)
  }

  callEnded(): void {
    this.#current?.gone()
  }
}

class Asked implements IncomingReferral {
  readonly target: string
  onGone: (() => void) | null = null
  readonly #parts: ReferralParts
  readonly #referral: Referral
  readonly #to: ReferTarget
  readonly #onOver: () => void
  readonly #silent: boolean
  #state: 'open' | 'taken' | 'over' = 'open'
  #timer: NodeJS.Timeout | null = null

  constructor(parts: ReferralParts, referral: Referral, to: ReferTarget, onOver: () => void) {
    this.#parts = parts
    this.#referral = referral
    this.#to = to
    this.#onOver = onOver
    this.target = to.shown
    // RFC 4488: who sent it wants no reports.
    this.#silent = /^\s*false\b/i.test(referral.request.getHeader('refer-sub') ?? '')
  }

  /** RFC 3515 §2.4.2: 202 now, for the rep takes longer than the transaction lasts; §2.4.4: and a first report at once. */
  take(): void {
    this.#referral.accept({ statusCode: 202, ...(this.#silent ? { extraHeaders: ['Refer-Sub: false'] } : {}) }).catch(() => undefined)
    this.#report(100)
    this.#timer = setTimeout(() => {
      this.#report(408)
      this.gone()
    }, this.#parts.limits.referralMs)
  }

  accept(): SipCall {
    if (this.#state !== 'open') throw new TroubleError('transfer.referralGone')
    const referredBy = readReferredBy(this.#referral.request.getHeader('referred-by'))
    const headers = [
      ...(this.#to.replaces ? [`Replaces: ${this.#to.replaces}`] : []),
      ...(referredBy ? [`Referred-By: ${referredBy}`] : []),
    ]
    const call = this.#parts.dial(this.#to, headers)
    this.#leave('taken')
    call.onCourse = (status) => {
      this.#report(status)
      if (status >= 200) this.#leave('over')
    }
    return call
  }

  refuse(): void {
    if (this.#state !== 'open') return
    this.#report(603)
    this.#leave('over')
  }

  /** Taken back: the call is over, or the time. */
  gone(): void {
    const open = this.#state === 'open'
    this.#leave('over')
    if (open) this.onGone?.()
  }

  #leave(state: 'taken' | 'over'): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#state = state
    if (state === 'over') this.#onOver()
  }

  #report(status: number): void {
    const { session, log } = this.#parts
    const { dialog } = session
    if (this.#silent || this.#state === 'over' || !dialog || session.state !== SessionState.Established) return
    const final = status >= 200
    try {
      dialog.notify(undefined, {
        extraHeaders: [
          `Event: refer;id=${this.#referral.request.cseq}`,
          `Subscription-State: ${final ? 'terminated;reason=noresource' : `active;expires=${Math.ceil(this.#parts.limits.referralMs / 1000) + 180}`}`,
          `Contact: ${session.userAgent.contact}`,
        ],
        body: {
          contentDisposition: 'render',
          contentType: 'message/sipfrag;version=2.0',
          content: `SIP/2.0 ${status} ${phrases[status] ?? 'Status'}\r\n`,
        },
      })
    } catch (error) {
      log.warn({ why: String(error).slice(0, 120) }, 'a report on a REFER was not sent')
    }
  }
}
