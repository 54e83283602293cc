/** Icons and words for how a call went; colour never stands alone. */
import { IconPhoneIncoming, IconPhoneOutgoing, type TablerIcon } from '@tabler/icons-react'
import type { CallRecord, CallResult } from '../../../preload/contract'

export const results = [
  'answered',
  'missed',
  'declined',
  'answered-elsewhere',
  'no-answer',
  'busy',
  'cancelled',
  'failed',
  'dropped',
  'interrupted',
] as const satisfies readonly CallResult[]
export const outcomes = ['connected', 'left-message', 'voicemail', 'no-answer', 'busy', 'wrong-number'] as const

export function directionIcon(call: Pick<CallRecord, 'direction'>): TablerIcon {
  return call.direction === 'incoming' ? IconPhoneIncoming : IconPhoneOutgoing
}

/** How loudly a result is shown: `bad` in red, `quiet` dimmed. */
export function weightOf(result: CallResult | null): 'bad' | 'warning' | 'quiet' {
  if (result === 'missed' || result === 'failed') return 'bad'
  if (result === 'dropped' || result === 'interrupted') return 'warning'
  return 'quiet'
}

/** The call still waits for its log. */
export function waitsForLog(call: CallRecord): boolean {
  return call.result !== null && call.log?.state === 'draft'
}

/** The catalogue key of the word beside the icon: a call that was answered is named for its direction. */
export function resultKey(call: Pick<CallRecord, 'result' | 'direction'>): string {
  if (call.result === null) return 'call:result.live'
  return call.result === 'answered' ? `call:direction.${call.direction}` : `call:result.${call.result}`
}
