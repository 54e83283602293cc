/** The desktop notifications of calls, in words. */
import type { CallerId } from '../../preload/contract'
import type { HostNotification } from '../hosts/host'
import { words } from '../words'

/** Who is on the other side, in one short text. */
export function partyName(caller: CallerId): string {
  const known = caller.contacts[0]?.name ?? caller.organization?.name
  if (known && caller.match === 'possible') return words('call-notices', 'possibly', { party: known })
  return known || caller.networkName || caller.display || caller.raw || words('call-notices', 'withheld')
}

export const incomingTag = (callId: string) => `call:${callId}`

export function incomingNotice(callId: string, caller: CallerId): HostNotification {
  return { tag: incomingTag(callId), title: words('call-notices', 'incoming', { party: partyName(caller) }), body: about(caller), callId }
}

export function missedNotice(callId: string, caller: CallerId): HostNotification {
  return { tag: `missed:${callId}`, title: words('call-notices', 'missed', { party: partyName(caller) }), body: about(caller), callId }
}

function about(caller: CallerId): string {
  // An unknown number is the title already.
  return [caller.contacts[0]?.organization, caller.display].filter((part) => part && part !== partyName(caller)).join(' · ')
}
