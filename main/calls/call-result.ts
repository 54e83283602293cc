/** What the end of a call means for a rep: its result for good, why it failed in words, and the outcome that is most likely. */
import type { CallResult, Direction, Outcome, Trouble } from '../../preload/contract'
import type { CallEnd } from '../telephony/port'

export interface CallCourse {
  direction: Direction
  answered: boolean
  /** The rep declined it (incoming). */
  declined: boolean
  /** The rep hung up or cancelled. */
  hungUp: boolean
  /** The rep had pressed Answer (incoming). */
  answering: boolean
}

const busy = [486, 600]
/** Declined by the called party (RFC 3261 §21.6.2), unwanted (RFC 8197), rejected on their behalf (RFC 8688). */
const declined = [603, 607, 608]
const noAnswer = [408, 480, 487]

/** The result for good of a call that went like this and ended so. */
export function resultOf(course: CallCourse, end: CallEnd): CallResult {
  if (course.answered) {
    if (end.by === 'network') return 'dropped'
    return end.trouble && !course.hungUp ? 'dropped' : 'answered'
  }
  if (course.direction === 'incoming') return incomingResult(course, end)
  if (course.hungUp || (end.by === 'local' && !end.trouble)) return 'cancelled'
  if (end.by === 'remote' && end.status !== null) {
    if (busy.includes(end.status)) return 'busy'
    if (declined.includes(end.status)) return 'declined'
    if (noAnswer.includes(end.status)) return 'no-answer'
  }
  return 'failed'
}

function incomingResult(course: CallCourse, end: CallEnd): CallResult {
  if (end.answeredElsewhere) return 'answered-elsewhere'
  // Also when the rep answered and thought better of it before the call was up.
  if (course.declined || course.hungUp) return 'declined'
  return course.answering && (end.trouble || end.by === 'network') ? 'failed' : 'missed'
}

/** Why the call failed, or null when there is nothing to explain. `params`: who was called and with which account. */
export function endTrouble(
  result: CallResult,
  end: CallEnd,
  course: CallCourse,
  params: { party: string; number: string; account: string },
): Trouble | null {
  if (end.trouble) return result === 'declined' && course.direction === 'incoming' ? null : end.trouble
  if (result === 'dropped') return { code: 'call.dropped', params: {} }
  if (course.direction === 'incoming') return result === 'failed' ? { code: 'call.failedUnknown', params: {} } : null
  switch (result) {
    case 'busy':
      return { code: 'call.busy', params: { party: params.party } }
    case 'declined':
      return { code: 'call.declined', params: { party: params.party } }
    case 'no-answer':
      return { code: end.status === 480 ? 'call.notAvailable' : 'call.noAnswer', params: { party: params.party } }
    case 'failed':
      return failure(end.status, params)
    default:
      return null
  }
}

function failure(status: number | null, params: { number: string; account: string }): Trouble {
  if (status === null) return { code: 'call.noReply', params: {} }
  const detail = `SIP ${status}`
  if ([404, 410, 484, 485, 604].includes(status)) return { code: 'call.unknownNumber', params: { number: params.number }, detail }
  if (status === 403) return { code: 'call.forbidden', params: { number: params.number, account: params.account }, detail }
  if (status === 401 || status === 407) return { code: 'call.refusedPassword', params: {}, detail }
  if ([415, 488, 606].includes(status)) return { code: 'call.codec', params: {}, detail }
  if (status === 503) return { code: 'call.overloaded', params: {}, detail }
  if (status === 408) return { code: 'call.noReply', params: {}, detail }
  if (status >= 500 && status < 600) return { code: 'call.serverTrouble', params: { status }, detail }
  return { code: 'call.failed', params: { status }, detail }
}

/** True when the rep is asked to log a call that ended so without having been answered. */
export function asksForLog(direction: Direction, answered: boolean): boolean {
  return answered || direction === 'outgoing'
}

/** The outcome that a form opens with, until the rep says otherwise. */
export function likelyOutcome(result: CallResult | null, answered: boolean, trouble: Trouble | null): Outcome | null {
  if (answered) return 'connected'
  if (result === 'busy') return 'busy'
  if (result === 'no-answer' || result === 'cancelled' || result === 'declined') return 'no-answer'
  return trouble?.code === 'call.unknownNumber' ? 'wrong-number' : null
}

/** True for results that leave the screen at once: the form or History has taken over. */
export function leavesAtOnce(direction: Direction, result: CallResult): boolean {
  if (result === 'failed' || result === 'dropped') return false
  return direction === 'incoming' || result === 'answered' || result === 'cancelled'
}
