/** Calls that come in: what the policy says of each before it rings, and then the rep's word: answer, decline, send elsewhere. */
import type { Trouble } from '../../preload/contract'
import type { SipCall } from '../telephony/port'
import { TroubleError, troubleOf } from '../trouble'
import { incomingNotice, incomingTag } from './call-notices'
import type { Callers } from './callers'
import { dialTarget } from './dial-target'
import type { Dialling } from './dialling'
import type { Lines } from './lines'
import type { LiveCalls } from './live-calls'
import type { Arrival, ArrivalVerdict, CallManagerNeeds } from './needs'
import { TrackedCall } from './tracked-call'

/** How long the tone sounds that tells the rep of a call that was answered for him, in ms. */
export const autoAnswerToneMs = 1_000

export class IncomingCalls {
  constructor(
    private readonly needs: CallManagerNeeds,
    private readonly live: LiveCalls,
    private readonly lines: Lines,
    private readonly callers: Callers,
    private readonly dialling: Dialling,
    /** The call whose place an arriving one takes is over, or about to be: whatever was tied to it is tied to the other. */
    private readonly onReplaced: (old: TrackedCall, call: TrackedCall) => void,
  ) {}

  /** Nothing here waits before the call is recorded and shown. */
  arrive(sip: SipCall, account: { label: string }): void {
    const call = new TrackedCall(sip, account.label, this.callers.of(sip.remote, sip.accountId), this.needs.clock)
    const old = sip.replaces === null ? null : this.live.find(sip.replaces)
    if (old?.isUp) return this.#takePlace(old, call)
    const arrival = this.#arrival(call)
    const said = this.#verdict(arrival)
    if (said.action === 'forward' && this.#redirected(call, said.target)) return this.#neverShown(call, said.target)
    const verdict = said.action === 'forward' ? said.otherwise : said
    if (verdict.action === 'refuse' && verdict.recorded === false) return sip.decline(verdict.status)
    if (verdict.action === 'refuse') return this.#refuse(call, verdict.status, verdict.why, verdict.result ?? 'missed')
    if (verdict.action === 'autoAnswer' && this.#mayAnswerByItself()) {
      call.autoAnswered = true
      call.phase = 'connecting'
      this.live.begin(call)
      return this.#answerByItself(call)
    }
    this.#ring(call)
  }

  /** Throws TroubleError `call.notRinging`, or what kept audio from starting; the call then rings on. */
  async answer(call: TrackedCall): Promise<void> {
    if (call.direction !== 'incoming' || call.ended) throw new TroubleError('call.notRinging')
    if (call.answering || call.answered) return
    // Without a page the answer could only fail, and the caller would be gone.
    if (!this.needs.media.present) {
      this.needs.host.ensureMedia()
      throw new TroubleError('media.absent')
    }
    call.answering = true
    call.phase = 'connecting'
    call.trouble = null
    this.lines.turnTo([call])
    this.live.changed(call)
    this.live.sound()
    this.needs.host.closeNotification(incomingTag(call.id))
    try {
      await call.sip.answer()
    } catch (error) {
      this.needs.log.warn({ err: error, callId: call.id }, 'a call could not be answered')
      if (!call.ended && !call.answered) {
        call.answering = false
        call.autoAnswered = false
        call.signal = null
        call.phase = 'ringing'
        call.trouble = troubleOf(error)
        this.live.changed(call)
        this.live.sound()
      }
      throw error
    }
  }

  /** Throws TroubleError `call.notRinging`. */
  decline(call: TrackedCall): void {
    if (!call.isRingingIn) throw new TroubleError('call.notRinging')
    call.declined = true
    call.sip.decline()
    this.live.endSurely(call)
  }

  /** Throws TroubleError `call.notRinging`, `call.badNumber` or `guard.…`. */
  forward(call: TrackedCall, to: string, confirmed: boolean): void {
    if (!call.isRingingIn) throw new TroubleError('call.notRinging')
    const target = dialTarget(to)
    this.dialling.guard(target, call.sip.accountId, 'forward', confirmed)
    this.#redirect(call, target)
    this.live.endSurely(call)
    this.needs.journal.transferred(call.id, this.#name(target, call))
    this.live.recorded(call)
  }

  #ring(call: TrackedCall): void {
    this.live.begin(call)
    this.needs.host.notify(incomingNotice(call.id, call.caller))
    const plan = this.#unanswered(call)
    if (plan) this.live.later(call, plan.afterMs, () => this.#forwardUnanswered(call))
  }

  /** Asked again: the rep may have changed his mind while it rang. */
  #forwardUnanswered(call: TrackedCall): void {
    const plan = call.isRingingIn ? this.#unanswered(call) : null
    if (!plan || !this.#redirected(call, plan.target)) return
    this.live.endSurely(call)
    this.needs.journal.transferred(call.id, this.#name(plan.target, call))
    this.live.recorded(call)
  }

  /** False when it may not, or cannot, be sent there. */
  #redirected(call: TrackedCall, to: string): boolean {
    try {
      const target = dialTarget(to)
      // The rep has agreed by putting it into Settings; what is never allowed stays so.
      this.dialling.guard(target, call.sip.accountId, 'forward', true)
      this.#redirect(call, target)
      return true
    } catch (err) {
      this.needs.log.warn({ err, callId: call.id }, 'a call could not be forwarded')
      return false
    }
  }

  #redirect(call: TrackedCall, target: string): void {
    const { declined } = call
    call.declined = true
    try {
      call.sip.redirect(target)
    } catch (error) {
      call.declined = declined
      throw error
    }
  }

  #mayAnswerByItself(): boolean {
    const { media, mediaState } = this.needs
    return media.present && mediaState().microphone === 'granted' && !this.live.all().some((call) => call.isUp)
  }

  #answerByItself(call: TrackedCall): void {
    call.signal = 'waiting'
    this.live.later(call, autoAnswerToneMs, () => {
      call.signal = null
      this.live.sound()
    })
    // Then it rings, and the rep is told as of any other.
    this.answer(call).catch(() => call.isRingingIn && this.needs.host.notify(incomingNotice(call.id, call.caller)))
  }

  /** INVITE with Replaces (RFC 3891): the call goes on with somebody else, unasked, in the state in which it was. */
  #takePlace(old: TrackedCall, call: TrackedCall): void {
    old.replacedBy = call.id
    call.takesPlace = old
    // Until it is known who of the two hears the rep.
    call.aside = true
    call.phase = 'connecting'
    call.answering = true
    this.live.begin(call)
    this.lines.gate(call)
    call.sip.answer().catch((error: unknown) => {
      this.needs.log.warn({ err: error, callId: call.id }, 'a call could not take the place of another')
      this.ended(call)
      if (call.ended) return
      // Nobody has missed it: the rep goes on with the old one.
      call.declined = true
      call.sip.decline(480)
      this.live.endSurely(call)
    })
  }

  /** One that takes another's place is up: the old one hears nothing more, and goes, whether or not its far end says so. */
  connected(call: TrackedCall): void {
    const old = call.takesPlace
    if (!old) return
    call.takesPlace = null
    this.lines.takeOver(old, call)
    this.onReplaced(old, call)
    if (!old.ended) this.live.hangUp(old)
  }

  /** It has ended before it could take the place. */
  ended(call: TrackedCall): void {
    const old = call.takesPlace
    call.takesPlace = null
    if (old && !old.ended) old.replacedBy = null
  }

  #arrival(call: TrackedCall): Arrival {
    const others = this.live.on().filter((other) => other !== call)
    const { remote, accountId, asksAutoAnswer } = call.sip
    const ringing = others.filter((other) => other.isRingingIn).length
    const { e164 } = call.caller
    return { id: call.id, remote, number: remote.number, e164, account: accountId, ringing, live: others.length, asksAutoAnswer }
  }

  /** A policy that fails must not keep a call from ringing. */
  #verdict(arrival: Arrival): ArrivalVerdict {
    try {
      return this.needs.policy.incoming(arrival)
    } catch (err) {
      this.needs.log.error({ err }, 'an incoming call could not be judged')
      return { action: 'ring' }
    }
  }

  #unanswered(call: TrackedCall): { afterMs: number; target: string } | null {
    try {
      return this.needs.policy.unanswered(this.#arrival(call))
    } catch (err) {
      this.needs.log.error({ err }, 'whether a call is forwarded could not be said')
      return null
    }
  }

  #name(target: string, { sip }: TrackedCall): string {
    return this.callers.nameOf(target, sip.accountId)
  }

  /** It is in History, but takes no place on the screen. */
  #refuse(call: TrackedCall, status: 480 | 486 | 603, why: Trouble, result: 'missed' | 'declined'): void {
    const { journal, emit, log } = this.needs
    log.info({ callId: call.id, status, why: why.code }, 'an incoming call was refused')
    call.sip.decline(status)
    journal.begin(call.started())
    journal.end(call.id, { result, trouble: why, ...call.durations })
    emit('history.changed', { callId: call.id })
  }

  #neverShown(call: TrackedCall, target: string): void {
    const { journal, emit } = this.needs
    journal.begin(call.started())
    journal.end(call.id, { result: 'declined', trouble: null, ...call.durations })
    journal.transferred(call.id, this.#name(target, call))
    emit('history.changed', { callId: call.id })
  }
}
