/** One live call as the manager follows it: what telephony said, made into what renderers see. It decides nothing. */
import type { CallerId, CallPhase, CallResult, ContactDetail, HoldState, LiveCall, Tone, Trouble } from '../../preload/contract'
import type { Clock } from '../clock'
import type { SipCall } from '../telephony/port'
import { partyName } from './call-notices'
import type { CallCourse } from './call-result'
import type { StartedCall } from './journal'
import type { Sounding } from './tones'

/** A start more than this before now (ms) is a clock that telephony does not share, not a slow machine. */
const believableDelay = 60_000

export class TrackedCall implements Sounding {
  phase: CallPhase
  caller: CallerId
  /** Whom the rep chose to call, where several share the number. */
  chosenContact: number | undefined
  /** The deal or lead that it was started from. */
  dealId: number | null = null
  muted = false
  media: LiveCall['media']
  trouble: Trouble | null = null
  result: CallResult | null = null
  declined = false
  hungUp = false
  answering = false
  /** The rep is turned elsewhere: this party hears nothing of him, and is on hold as soon as it can be. */
  aside = false
  /** It was put aside by the rep's own word, not because another call came first. */
  asideByRep = false
  /** Whether its microphone is closed, as telephony was last told. */
  gateClosed = false
  /** What is wanted of hold, and what the far end has last accepted; a request is under way while `settling`. */
  wishHeld = false
  confirmedHeld = false
  settling = false
  /** Why the last wish failed. */
  holdFailure: unknown = null
  heldByRemote = false
  inConference = false
  partyMuted = false
  consultsFor: string | null = null
  transfer: LiveCall['transfer'] = null
  referral: LiveCall['referral'] = null
  recording: LiveCall['recording'] = 'off'
  autoAnswered = false
  emergency = false
  /** What is wrong with hold, transfer or conference; what is wrong with its sound goes first. */
  lineTrouble: Trouble | null = null
  /** The call that has taken its place (RFC 3891). */
  replacedBy: string | null = null
  /** The call whose place this one is about to take; until then that one stands for both. */
  takesPlace: TrackedCall | null = null
  /** What was tied to it is tied to that one. */
  succeeded = false
  /** A tone of its own while it is on, for a bounded time. */
  signal: Tone | null = null
  endTone: Tone | null = null
  /** Resolves at its end. */
  readonly over: Promise<void>
  readonly #resolveOver: () => void
  readonly startedAt: number
  readonly #startedMonotonic: number
  #answeredMonotonic: number | null = null
  #endedMonotonic: number | null = null

  constructor(
    readonly sip: SipCall,
    readonly accountLabel: string,
    caller: CallerId,
    private readonly clock: Clock,
    /** It asks somebody about another call: it has a record of its own, and no form. */
    readonly isConsultation = false,
  ) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.#resolveOver = resolve
    this.caller = caller
    this.phase = sip.direction === 'incoming' ? 'ringing' : 'calling'
    this.media = sip.direction === 'incoming' ? 'none' : 'connecting'
    const late = clock.monotonic() - sip.startedMonotonic
    const delay = late >= 0 && late < believableDelay ? late : 0
    this.startedAt = Math.round(clock.wall() - delay)
    this.#startedMonotonic = clock.monotonic() - delay
  }

  get id(): string {
    return this.sip.id
  }

  get direction() {
    return this.sip.direction
  }

  get ended(): boolean {
    return this.phase === 'ended'
  }

  get answered(): boolean {
    return this.#answeredMonotonic !== null
  }

  /** The start's wall time plus the monotonic time since, so that a clock set in between cannot put it before the start. */
  get answeredAt(): number | null {
    return this.#answeredMonotonic === null ? null : this.startedAt + Math.round(this.#answeredMonotonic - this.#startedMonotonic)
  }

  /** Whose call it is, where that is certain: what is possible is only shown. */
  get contact(): ContactDetail | undefined {
    return this.caller.match === 'exact' ? this.caller.contacts[0] : undefined
  }

  get isRingingIn(): boolean {
    return this.direction === 'incoming' && this.phase === 'ringing'
  }

  /** Past ringing, and not over. */
  get isUp(): boolean {
    return !this.ended && !this.isRingingIn
  }

  get course(): CallCourse {
    const { direction, answered, declined, hungUp, answering } = this
    return { direction, answered, declined, hungUp, answering }
  }

  /** Monotonic ms, as measured now or at the end. */
  get durations(): { ringMs: number; talkMs: number } {
    const now = this.#endedMonotonic ?? this.clock.monotonic()
    const answered = this.#answeredMonotonic
    return { ringMs: (answered ?? now) - this.#startedMonotonic, talkMs: answered === null ? 0 : now - answered }
  }

  markConnected(): void {
    this.#answeredMonotonic ??= this.clock.monotonic()
    this.phase = 'connected'
  }

  markEnded(result: CallResult, trouble: Trouble | null): void {
    this.#endedMonotonic = this.clock.monotonic()
    this.phase = 'ended'
    this.result = result
    this.trouble = trouble
    this.media = 'none'
    this.#resolveOver()
  }

  get hold(): HoldState {
    if (this.ended) return 'none'
    if (!this.settling) return this.confirmedHeld ? 'held' : 'none'
    return this.wishHeld ? 'holding' : 'resuming'
  }

  /** Aside, and yet not on hold: the far end has refused. It stays muted until the rep turns to it. */
  get isKeptMuted(): boolean {
    return this.phase === 'connected' && this.aside && this.hold === 'none'
  }

  /** The words that sentences about this call are filled with. */
  get words(): { party: string; number: string; account: string } {
    return { party: partyName(this.caller), number: this.caller.display || this.caller.raw, account: this.accountLabel }
  }

  view(): LiveCall {
    const { ringMs, talkMs } = this.durations
    return {
      id: this.id,
      accountId: this.sip.accountId,
      accountLabel: this.accountLabel,
      direction: this.direction,
      phase: this.phase,
      caller: this.caller,
      calledLine: this.sip.calledLine,
      muted: this.muted || this.isKeptMuted,
      startedAt: this.startedAt,
      answeredAt: this.answeredAt,
      elapsedMs: ringMs + talkMs,
      talkMs,
      media: this.media,
      hold: this.hold,
      heldByRemote: this.heldByRemote,
      inConference: this.inConference,
      partyMuted: this.partyMuted,
      consultsFor: this.consultsFor,
      transfer: this.transfer,
      referral: this.referral,
      recording: this.recording,
      autoAnswered: this.autoAnswered,
      emergency: this.emergency,
      result: this.result,
      trouble: this.trouble ?? (this.ended ? null : this.lineTrouble),
    }
  }

  /** Its first record. Only a certain match is kept as the call's contact. */
  started(): StartedCall {
    const { caller, contact } = this
    return {
      id: this.id,
      accountId: this.sip.accountId,
      accountLabel: this.accountLabel,
      direction: this.direction,
      number: caller.raw,
      e164: caller.e164,
      networkName: caller.networkName,
      calledLine: this.sip.calledLine,
      contactId: contact?.id ?? null,
      dealId: this.dealId,
      contactName: contact?.name ?? null,
      organization: contact?.organization ?? (caller.match === 'exact' && !contact ? (caller.organization?.name ?? null) : null),
      startedAt: this.startedAt,
      utcOffset: this.clock.utcOffset(this.startedAt),
      consultation: this.isConsultation,
    }
  }
}
