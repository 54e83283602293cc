/** What the dialling guard and the incoming policy promise to those who place and take calls. Both answer at once and never wait. */
import type { Trouble } from '../../preload/contract'
import type { RemoteParty } from '../telephony/port'

/**
 * Who wants a number called. `typed`, `click`, `clipboard`, `redial`: as the command says. `transfer`: a blind transfer that the rep
 * asked for, `consult`: his call before one. `referral`: the far end named the number (REFER). `forward`: an incoming call is sent
 * there (302). A code out of the account's own settings (voicemail, pickup) is as good as typed.
 */
export type DialOrigin = 'typed' | 'click' | 'clipboard' | 'redial' | 'transfer' | 'consult' | 'referral' | 'forward'

export interface DialRequest {
  /** What is going to be dialled: digits, `user` or `user@host`. */
  number: string
  /** As the caller ID found it; null for what is no public number. The guard reads `number` by itself as well. */
  e164: string | null
  /** The account's id. */
  account: string
  origin: DialOrigin
  /** The rep has said yes to what the guard asked. */
  confirmed: boolean
}

export interface DialGuard {
  /**
   * Lets a call be placed, and counts it, or throws TroubleError: `guard.refused…` for good, `guard.ask…` for what passes once
   * `confirmed`. To be asked right before dialling, once for each attempt. Emergency numbers always pass.
   */
  check(request: DialRequest): { emergency: boolean }
}

export interface IncomingRequest {
  /** The call's id, for a flood that is counted in one record. */
  id: string
  remote: RemoteParty
  e164: string | null
  /** The account's id. */
  account: string
  /** Incoming calls that ring, without this one. */
  ringing: number
  /** Calls that are on, ringing and held ones too, without this one. */
  live: number
  /** `SipCall.asksAutoAnswer`: the header asks and the account allows it. */
  asksAutoAnswer: boolean
}

export type IncomingDecision =
  | HereDecision
  /** The guard would let it pass, and has yet to be asked (origin `forward`, `confirmed`), so that it is counted. `otherwise`: when it cannot be sent. */
  | { action: 'forward'; target: string; otherwise: HereDecision }
/** Without sending it elsewhere. */
export type HereDecision =
  | { action: 'ring' }
  | { action: 'autoAnswer' }
  | {
      action: 'refuse'
      status: 480 | 486 | 603
      why: Trouble
      /** How it stands in History: `missed` for whom the rep would have liked to hear; there is no notification either way. */
      result: 'missed' | 'declined'
      /** False: part of a flood that is counted in the record of an earlier call; this one gets no record of its own. */
      recorded: boolean
    }

export interface IncomingPolicy {
  /** What becomes of an incoming call. Never throws. */
  incoming(request: IncomingRequest): IncomingDecision
  /** Where a call that nobody answers goes, and after how many ms; null: nowhere. The guard has yet to be asked, as for `forward`. */
  unanswered(): { afterMs: number; target: string } | null
}
