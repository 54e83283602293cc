/**
 * The practice line asked to take a call elsewhere (REFER, RFC 3515): it reports how that would go, as a phone system does,
 * and hangs up when it has gone well. Nobody is called in truth: the rep is no party to it any more.
 */
import { type Referral, type Session, SessionState } from 'sip.js'
import type { Log } from '../log'
import { forLog } from './message'
import { readReferTo } from './refer-to'

export interface PracticeTransferParts {
  session: Session
  domain: string
  log: Log
  /** What calling that extension comes to: whether it rings first, for how long (ms), and the final status. */
  course: (extension: string) => { ringsMs: number; status: number }
  /** The other calls of the same subscriber. */
  others: () => Iterable<Session>
  end: (session: Session) => void
}

/** Takes the REFER, reports by NOTIFY (RFC 3515 §2.4.5), and ends the call that another took the place of (RFC 5589 §7.3). */
export function takeTransfer(referral: Referral, parts: PracticeTransferParts): void {
  const { session, domain, log } = parts
  const target = readReferTo(referral.request.getHeader('refer-to') ?? '', domain)
  if (!target) {
    referral.reject({ statusCode: 400 }).catch(() => undefined)
    return
  }
  const notify = (status: number) => {
    const { dialog } = session
    if (!dialog || session.state !== SessionState.Established) return
    try {
      dialog.notify(undefined, {
        extraHeaders: [
          `Event: refer;id=${referral.request.cseq}`,
          `Subscription-State: ${status >= 200 ? 'terminated;reason=noresource' : 'active;expires=60'}`,
        ],
        body: { contentDisposition: 'render', contentType: 'message/sipfrag;version=2.0', content: `SIP/2.0 ${status} Practice\r\n` },
      })
    } catch (error) {
      log.warn({ why: forLog(String(error)) }, 'a practice transfer could not be reported')
    }
  }
  referral.accept({ statusCode: 202 }).catch(() => undefined)
  notify(100)
  if (target.replaces !== null) {
    const callId = target.replaces.split(';', 1)[0]
    const replaced = [...parts.others()].find((other) => other !== session && other.dialog?.callId === callId)
    notify(replaced ? 200 : 481)
    if (replaced) parts.end(replaced)
    return
  }
  const { ringsMs, status } = parts.course(target.shown)
  if (ringsMs > 0) notify(180)
  const timer = setTimeout(() => notify(status), ringsMs)
  session.stateChange.addListener((state) => {
    if (state === SessionState.Terminated) clearTimeout(timer)
  })
}
