/**
 * What belongs to one INVITE of a call, and is made anew with another: the library's session with its media, the
 * re-negotiation, the messages that pass, and what the far end may ask for within it.
 */
import { type Invitation, Inviter, type Notification, type Session, type SessionState } from 'sip.js'
import type { IceConfig } from '../../preload/contract'
import type { Log } from '../log'
import { DialogMessages } from './dialog-messages'
import type { TelephonyLimits } from './limits'
import type { Head } from './message'
import type { CallEnd, IncomingReferral, MediaGateway } from './port'
import { takenElsewhere } from './reasons'
import type { ReferTarget } from './refer-to'
import { Referrals, type ReportedCall } from './referral'
import { Renegotiation } from './renegotiation'
import { BridgeSdh } from './session-description-handler'
import type { SessionTimer } from './session-timer'
import type { WireTransport } from './transport'

/** What every call of an account shares. */
export interface LegParts {
  media: MediaGateway
  transport: WireTransport
  ice: IceConfig
  /** The account's, where a target without one belongs. */
  domain: string
  log: Log
  limits: TelephonyLimits
  random: () => number
  /** Gives the library the media of this session. */
  describe: (session: Session, handler: BridgeSdh) => void
  /** Calls whom the far end of another call names. */
  dialReferred: (target: ReferTarget, extraHeaders: string[]) => ReportedCall
}

export interface LegEvents {
  /** The call's id. */
  peer: string
  /** The INVITE of a call that comes in. */
  invite: Head | null
  timer: SessionTimer
  onState: (state: SessionState) => void
  onAck: () => void
  /** The far end ends it, for this reason. */
  onEnding: (end: CallEnd) => void
  onNotify: (notification: Notification) => void
  /** Null when nobody is there to ask. */
  onReferral: () => ((referral: IncomingReferral) => void) | null
  onRemoteHold: (held: boolean) => void
  /** The far end knows nothing of it any more. */
  onGone: () => void
  /** The far end has taken what was offered last. */
  onAgreed: () => void
  /** A new media page could not be brought into the call. */
  onMoveFailed: () => void
}

export interface Leg {
  session: Inviter | Invitation
  media: BridgeSdh
  renegotiation: Renegotiation
  timer: SessionTimer
  messages: DialogMessages
  referrals: Referrals
}

export function createLeg(parts: LegParts, session: Inviter | Invitation, events: LegEvents): Leg {
  const { limits, log, transport } = parts
  const { timer } = events
  const media = new BridgeSdh({
    media: parts.media,
    peer: events.peer,
    role: { kind: 'phone' },
    ice: parts.ice,
    log,
    timeoutMs: limits.describeMs,
    presenceMs: limits.presenceMs,
    onRemoteHold: events.onRemoteHold,
  })
  parts.describe(session, media)
  const renegotiation: Renegotiation = new Renegotiation({
    session,
    transport,
    log,
    random: parts.random,
    theirTurn: () => messages.theirTurn,
    unfinished: () => media.unfinished,
    unsent: () => media.takeBack(),
    tooShort: (least) => timer.refused(least),
    onGone: events.onGone,
    onDone: () => {
      events.onAgreed()
      if (media.unfinished || media.astray) renegotiation.request({ iceRestart: false })
    },
    onGivenUp: () => media.unfinished && events.onMoveFailed(),
  })
  const { callId, fromTag } = session.request
  const messages: DialogMessages = new DialogMessages({
    session,
    transport,
    timer,
    callId,
    tag: session instanceof Inviter ? { local: fromTag } : { remote: fromTag },
    invite: events.invite,
    negotiating: () => renegotiation.busy,
    onFree: () => renegotiation.next(),
  })
  const referrals = new Referrals({
    session,
    log,
    limits,
    domain: parts.domain,
    reading: () => transport.reading,
    dial: parts.dialReferred,
    onReferral: events.onReferral,
  })
  session.stateChange.addListener(events.onState)
  session.delegate = {
    onAck: events.onAck,
    onBye: (bye) => {
      events.onEnding({ by: 'remote', status: null, answeredElsewhere: false, trouble: null })
      bye.accept().catch(() => undefined)
    },
    onCancel: ({ request }) => {
      const answeredElsewhere = takenElsewhere(request.getHeaders('reason'))
      events.onEnding({ by: 'remote', status: 487, answeredElsewhere, trouble: null })
    },
    // Without this the library would obey: a REFER makes it dial whatever it is told.
    onRefer: (referral) => referrals.received(referral),
    onNotify: events.onNotify,
    onMessage: (message) => void message.reject({ statusCode: 405 }).catch(() => undefined),
  }
  return { session, media, renegotiation, timer, messages, referrals }
}
