/** What a call's final SIP status means for the rep: the sentence that is shown, or none where the result says it all. */
import type { Trouble } from '../../preload/contract'
import { type Head, headersOf } from './message'

/** `status`: 300–699. Busy, declined, unanswered and cancelled calls have results of their own and need no sentence. */
export function troubleOfStatus(status: number): Trouble | null {
  if ([408, 480, 486, 487, 600, 603].includes(status)) return null
  const params = { status }
  if (status < 400) return { code: 'sip.redirected', params }
  if (status === 401 || status === 407) return { code: 'sip.callUnauthorized', params }
  if (status === 403) return { code: 'sip.callForbidden', params }
  if (status === 404 || status === 410 || status === 604) return { code: 'sip.numberUnknown', params }
  if (status === 484) return { code: 'sip.numberIncomplete', params }
  if (status === 415 || status === 488 || status === 606) return { code: 'sip.noCommonAudio', params }
  return { code: 'sip.callFailed', params }
}

/** RFC 3326: the call was cancelled because someone else took it. Q.850 cause 26 is said by switches that know no SIP cause. */
export function takenElsewhere(reasons: readonly string[]): boolean {
  return reasons.some(
    (reason) => /\bSIP\s*;[^,]*\bcause\s*=\s*"?200\b/i.test(reason) || /\bQ\.850\s*;[^,]*\bcause\s*=\s*"?26\b/i.test(reason),
  )
}

/** The Reason values of a message that is still at hand as text. */
export function reasonsOf(head: Head | null): string[] {
  return head ? headersOf(head, 'reason') : []
}
