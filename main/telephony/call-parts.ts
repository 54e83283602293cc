/** What a call is made of: what all calls of its account share, and what is known of this one from the start. */
import type { Inviter, URI } from 'sip.js'
import type { LegParts } from './leg'
import type { Head } from './message'
import type { RemoteParty, SipCall } from './port'

export interface CallParts extends LegParts {
  accountId: string
  declineCode: number
  /** Runs once a connection is there again, unless that takes longer than `farewellMs`. */
  whenArrived: (action: () => void) => void
  /** The rep has answered: it rings no more. */
  onAnswering: () => void
  onOver: () => void
  /** The SIP URI of what the rep typed; throws TroubleError `call.badNumber`. */
  address: (target: string) => URI
}

export interface CallFacts {
  remote: RemoteParty
  calledLine: string | null
  startedMonotonic: number
  /** Outgoing: another INVITE to the same target, when the first was not refused for good. */
  again?: () => Inviter
  /** Incoming: the INVITE as it came. */
  invite?: Head | null
  replaces?: Pick<SipCall, 'id' | 'hangUp'> | null
  asksAutoAnswer?: boolean
}
