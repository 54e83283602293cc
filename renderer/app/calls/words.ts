/** How a call is named and what state it is in, in words. */
import type { TFunction } from 'i18next'
import type { CallerId, CallRecord, LiveCall } from '../../../preload/contract'

/** Who a call is with: the name, else what the network calls them, else the number, else «Withheld number». */
export function partyName(caller: CallerId, t: TFunction): string {
  const contact = caller.contacts[0]
  if (contact && caller.match !== 'none') return contact.name
  if (caller.withheld) return t('pop:withheld')
  return caller.networkName || caller.display || caller.raw || t('pop:unknown')
}

/** True when the call can still be answered by the rep. */
export function isIncomingRinging(call: LiveCall): boolean {
  return call.direction === 'incoming' && (call.phase === 'ringing' || call.phase === 'calling' || call.phase === 'early')
}

/** The state of a call in words: «Calling…», «Connected», «Ended · Busy». */
export function stateWords(call: LiveCall, t: TFunction): string {
  if (call.phase === 'ended') {
    const result = call.result ? t(`call:result.${call.result}`) : ''
    return call.result === 'answered' || !result ? t('phone:state.ended') : t('phone:state.endedWith', { result })
  }
  if (call.phase === 'connected' && call.media === 'lost') return t('phone:state.mediaLost')
  if (call.phase === 'connected' && call.media === 'connecting') return t('phone:state.mediaConnecting')
  return t(`phone:state.${call.phase}`)
}

/** Whom a record is with, in words. */
export function recordName(record: CallRecord, withheld: string): string {
  return record.contactName ?? record.networkName ?? (record.display || record.number || withheld)
}

/** The contact of the call that is on, if any: whom the rep is talking to or calling. */
export function contactInCall(calls: readonly LiveCall[]): number | null {
  const call = calls.find((each) => each.phase !== 'ended' && !isIncomingRinging(each) && each.caller.match !== 'none')
  return call?.caller.contacts[0]?.id ?? null
}
