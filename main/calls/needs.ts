/** What calls need of the other subjects, as `app.ts` hands it over; calls import none of them. */
import type { MediaState, Trouble } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Host } from '../hosts/host'
import type { MediaGateway, RemoteParty, SipAccount } from '../telephony/port'
import type { CallersNeeds } from './callers'
import type { CallJournal } from './journal'
import type { CallLogs, Emit } from './logs'

/** An account as calls need it. */
export interface CallAccount {
  id: string
  label: string
  status: 'connecting' | 'registered' | 'offline' | 'refused'
  trouble: Trouble | null
  sip: SipAccount
}

export interface CallAccounts {
  /** Throws TroubleError why one that there is could not be started; so does `default`. */
  get(id: string): CallAccount | null
  default(): CallAccount | null
  /** All of them, for an emergency: the one that was chosen may be offline. */
  list(): readonly { id: string; kind: 'practice' | 'sip'; status: CallAccount['status']; isDefault: boolean }[]
}

/** Where a number comes from that is about to be called. */
export type DialOrigin = 'typed' | 'click' | 'clipboard' | 'redial' | 'transfer' | 'consult' | 'referral' | 'forward'

/** Says what may be dialled. */
export interface DialGuard {
  /**
   * Called before anything is dialled or handed over. Throws TroubleError `guard.refused…` (never), or `guard.ask…` (not
   * before the rep has agreed: `confirmed`). `emergency`: it is called whatever else is true.
   * `number`: digits, `user` or `user@host`; `account`: its id.
   */
  check(wish: { number: string; e164: string | null; account: string; origin: DialOrigin; confirmed: boolean }): { emergency: boolean }
}

/** An incoming call as the policy judges it, before it rings. */
export interface Arrival {
  /** The call's id. */
  id: string
  remote: RemoteParty
  /** As delivered; empty when withheld. */
  number: string
  e164: string | null
  /** The account's id. */
  account: string
  /** Other calls that ring, and all other calls. */
  ringing: number
  live: number
  /** Its header asks for it, and the account allows it. */
  asksAutoAnswer: boolean
}

export type ArrivalVerdict =
  | HereVerdict
  /** `otherwise`: when it cannot be sent there. */
  | { action: 'forward'; target: string; otherwise: HereVerdict }
/** Without sending it elsewhere. */
export type HereVerdict =
  | { action: 'ring' }
  /** `result`: how History calls it; `missed` when absent. `recorded` false: a flood's earlier record counts it. */
  | { action: 'refuse'; status: 480 | 486 | 603; why: Trouble; result?: 'missed' | 'declined'; recorded?: boolean }
  | { action: 'autoAnswer' }

/** Says what becomes of incoming calls. */
export interface IncomingPolicy {
  incoming(arrival: Arrival): ArrivalVerdict
  /** Where a call goes that nobody has answered after that many ms; null: it rings on. Asked when it begins to ring, and again then. */
  unanswered(arrival: Arrival): { afterMs: number; target: string } | null
}

export interface CallManagerNeeds extends CallersNeeds {
  clock: Clock
  emit: Emit
  journal: CallJournal
  logs: CallLogs
  media: MediaGateway
  mediaState(): MediaState
  host: Pick<Host, 'showPop' | 'notify' | 'closeNotification' | 'ensureMedia'>
  accounts: CallAccounts
  guard: DialGuard
  policy: IncomingPolicy
  /** Calls at once, held and ringing ones too. */
  callLimit(): number
}
