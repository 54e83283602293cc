/** One live call as the manager follows it: what telephony said, made into what renderers see. It decides nothing. */
import type { CallerId, CallPhase, CallResult, LiveCall, Tone, Trouble } from '../../preload/contract'
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
  muted = false
  media: LiveCall['media'] = 'none'
  trouble: Trouble | null = null
  result: CallResult | null = null
  declined = false
  hungUp = false
  answering = false
  endTone: Tone | null = null
  readonly startedAt: number
  readonly #startedMonotonic: number
  #answeredMonotonic: number | null = null
  #endedMonotonic: number | null = null

  constructor(
    readonly sip: SipCall,
    readonly accountLabel: string,
    caller: CallerId,
    private readonly clock: Clock,
  ) {
    this.caller = caller
    this.phase = sip.direction === 'incoming' ? 'ringing' : 'calling'
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
      muted: this.muted,
      startedAt: this.startedAt,
      answeredAt: this.answeredAt,
      elapsedMs: ringMs + talkMs,
      talkMs,
      media: this.media,
      hold: 'none',
      heldByRemote: false,
      inConference: false,
      partyMuted: false,
      consultsFor: null,
      transfer: null,
      referral: null,
      recording: 'off',
      autoAnswered: false,
      emergency: false,
      result: this.result,
      trouble: this.trouble,
    }
  }

  /** Its first record. Only a certain match is kept as the call's contact. */
  started(): StartedCall {
    const { caller } = this
    const contact = caller.match === 'exact' ? caller.contacts[0] : undefined
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
      contactName: contact?.name ?? null,
      organization: contact?.organization ?? null,
      startedAt: this.startedAt,
      utcOffset: this.clock.utcOffset(this.startedAt),
    }
  }
}
