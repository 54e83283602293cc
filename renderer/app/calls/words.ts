/** How a call is named and what state it is in, in words. */
import type { TFunction } from 'i18next'
import type { CallerId, CallRecord, LiveCall } from '../../../preload/contract'

/** Who a call is with: the name of the person or organization, else what the network calls them, else the number, else «Withheld number». */
export function partyName(caller: CallerId, t: TFunction): string {
  const known = caller.contacts[0] ?? caller.organization
  if (known && caller.match !== 'none') return known.name
  if (caller.withheld) return t('pop:withheld')
  return caller.networkName || caller.display || caller.raw || t('pop:unknown')
}

/** The name is a guess: the number only ends alike. */
export function isGuess({ match, contacts, organization }: CallerId): boolean {
  return match === 'possible' && (contacts.length > 0 || organization !== null)
}

/** True when the call can still be answered by the rep. */
export function isIncomingRinging(call: LiveCall): boolean {
  return call.direction === 'incoming' && (call.phase === 'ringing' || call.phase === 'calling' || call.phase === 'early')
}

/** A call that the rep speaks on, or has on hold: somebody has answered. */
export function isUp(call: LiveCall): boolean {
  return call.phase === 'connected'
}

/** On hold, or not yet back from it: the rep does not hear it. */
export function isAside(call: LiveCall): boolean {
  return call.phase === 'connected' && (call.hold === 'held' || call.hold === 'resuming')
}

/** The state of a call in words: «Calling…», «Connected», «On hold», «Ended · Busy». */
export function stateWords(call: LiveCall, t: TFunction): string {
  if (call.phase === 'ended') {
    const result = call.result ? t(`call:result.${call.result}`) : ''
    return call.result === 'answered' || !result ? t('phone:state.ended') : t('phone:state.endedWith', { result })
  }
  if (call.phase === 'connected') {
    if (call.media === 'lost') return t('phone:state.mediaLost')
    if (call.hold !== 'none') return t(`calls:hold.${call.hold}`)
    if (call.heldByRemote) return t('calls:hold.byRemote')
    if (call.media === 'connecting') return t('phone:state.mediaConnecting')
  }
  return t(`phone:state.${call.phase}`)
}

/** Whom a record is with, in words. */
export function recordName(record: CallRecord, withheld: string): string {
  return record.contactName ?? record.organization ?? record.networkName ?? (record.display || record.number || withheld)
}

/** The call that the rep is speaking on or making; null: every call is ringing, on hold or over. */
export function callInHand<C extends LiveCall>(calls: readonly C[]): C | null {
  return calls.find((call) => call.phase !== 'ended' && !isIncomingRinging(call) && !isAside(call)) ?? null
}

/** The contact of the call that is on, if any: whom the rep is talking to or calling. */
export function contactInCall(calls: readonly LiveCall[]): number | null {
  const on = calls.filter((call) => call.phase !== 'ended' && !isIncomingRinging(call))
  const call = [callInHand(on), ...on].find((each) => each && each.caller.match !== 'none')
  return call?.caller.contacts[0]?.id ?? null
}
