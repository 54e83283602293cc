/**
 * The calls there are: what telephony reports of each becomes what renderers show, what the journal keeps and what sounds.
 * It knows nothing of hold, transfers or conferences; who does is told of every connection and every end.
 */
import type { CallResult, ContactDetail, LiveCall, Outcome, Tone, Trouble } from '../../preload/contract'
import type { CallEnd, IncomingReferral } from '../telephony/port'
import { TroubleError } from '../trouble'
import { incomingTag, missedNotice } from './call-notices'
import { asksForLog, endTrouble, leavesAtOnce, likelyOutcome, resultOf } from './call-result'
import type { CallManagerNeeds } from './needs'
import { Tones, tonesFor } from './tones'
import type { TrackedCall } from './tracked-call'

/** How often the durations of calls that are on are kept, in ms. */
export const beatMs = 200
/** How long a call that failed stays on the screen unless it is dismissed, in ms. */
export const failedStaysMs = 10_000
/** How long busy and error tones sound, in ms. */
export const endToneMs = 4_000
/** A hang-up that telephony has not confirmed by then ends the call here, in ms. */
const hangUpLimitMs = 3_000

/** Who acts on what becomes of a call. */
export interface CallFollower {
  connected(call: TrackedCall): void
  /** Its record has its end. */
  ended(call: TrackedCall): void
  mediaChanged(call: TrackedCall): void
  referred(call: TrackedCall, referral: IncomingReferral): void
}

const endedHere: CallEnd = { by: 'local', status: null, answeredElsewhere: false, trouble: null }

export class LiveCalls {
  readonly #calls = new Map<string, TrackedCall>()
  readonly #timers = new Map<string, Set<NodeJS.Timeout>>()
  readonly #listeners = new Set<(call: LiveCall) => void>()
  readonly #tones: Tones
  #beat: NodeJS.Timeout | null = null
  #popShown = false
  /** Main is about to end: nothing begins any more. */
  closing = false

  constructor(
    private readonly needs: CallManagerNeeds,
    private readonly follower: CallFollower,
  ) {
    this.#tones = new Tones(needs.media, needs.log)
  }

  /** Oldest first, also those that have ended and are still on the screen. */
  all(): TrackedCall[] {
    return [...this.#calls.values()]
  }

  /** Those that have not ended. */
  on(): TrackedCall[] {
    return this.all().filter((call) => !call.ended)
  }

  find(callId: string): TrackedCall | null {
    return this.#calls.get(callId) ?? null
  }

  /** Throws TroubleError `call.gone`. */
  need(callId: string): TrackedCall {
    const call = this.#calls.get(callId)
    if (!call) throw new TroubleError('call.gone')
    return call
  }

  /** Throws TroubleError `call.gone` or `call.notConnected`. */
  needConnected(callId: string): TrackedCall {
    const call = this.need(callId)
    if (call.ended) throw new TroubleError('call.gone')
    if (call.phase !== 'connected') throw new TroubleError('call.notConnected')
    return call
  }

  /** Hears every change of every call, its end too. Must not throw. Returns the function that stops it. */
  onChange(listener: (call: LiveCall) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A call begins: it is recorded and shown in this very tick, in that order, so that nothing is on the screen without a record. */
  begin(call: TrackedCall): void {
    this.needs.journal.begin(call.started())
    this.#follow(call)
    this.changed(call)
    this.recorded(call)
    this.sound()
  }

  changed(call: TrackedCall): void {
    const view = call.view()
    this.needs.emit('call.changed', view)
    for (const listener of this.#listeners) listener(view)
    this.#pop()
  }

  recorded(call: TrackedCall): void {
    this.needs.emit('history.changed', { callId: call.id })
  }

  sound(): void {
    this.#tones.update(tonesFor(this.all()))
  }

  /** The media page has something to say about one call's audio; null: mended. */
  mediaTrouble(callId: string, trouble: Trouble | null): void {
    const call = this.find(callId)
    if (!call || call.ended) return
    call.trouble = trouble
    this.changed(call)
  }

  /** A timer that ends with the call's time on the screen, ms. */
  later(call: TrackedCall, ms: number, then: () => void): void {
    const timers = this.#timers.get(call.id) ?? new Set()
    this.#timers.set(call.id, timers)
    const timer = setTimeout(() => {
      timers.delete(timer)
      then()
    }, ms)
    timers.add(timer)
  }

  /** Hangs up for the rep, or takes an ended call off the screen: his word ends the call, whatever the network says. */
  hangUp(call: TrackedCall): void {
    if (call.ended) return this.remove(call)
    call.hungUp = true
    call.sip.hangUp()
    this.endSurely(call)
  }

  endSurely(call: TrackedCall): void {
    if (!call.ended) this.later(call, hangUpLimitMs, () => this.#onEnd(call, endedHere))
  }

  remove(call: TrackedCall): void {
    if (!this.#calls.delete(call.id)) return
    for (const timer of this.#timers.get(call.id) ?? []) clearTimeout(timer)
    this.#timers.delete(call.id)
    this.needs.emit('call.removed', { callId: call.id })
    this.sound()
    this.#pop()
    this.#stopIdleBeat()
  }

  /** Ends everything and writes it down. */
  close(): void {
    this.closing = true
    for (const call of this.all()) {
      if (!call.ended) {
        call.hungUp = call.isUp
        if (call.isUp) call.sip.hangUp()
        else call.sip.decline(480)
        this.#onEnd(call, endedHere)
      }
      this.remove(call)
    }
    this.#tones.close()
    this.#listeners.clear()
  }

  #follow(call: TrackedCall): void {
    const { sip } = call
    sip.onRinging = (early) => {
      if (call.ended || call.answered || call.direction === 'incoming') return
      call.phase = early ? 'early' : 'ringing'
      this.changed(call)
      this.sound()
    }
    sip.onConnected = () => this.#onConnected(call)
    sip.onEnd = (end) => this.#onEnd(call, end)
    sip.onMedia = (media) => {
      if (call.ended || call.media === media) return
      call.media = media
      this.changed(call)
      this.follower.mediaChanged(call)
    }
    sip.onTrouble = (trouble) => this.mediaTrouble(call.id, trouble)
    sip.onRemoteHold = (held) => {
      if (call.ended || call.heldByRemote === held) return
      call.heldByRemote = held
      this.changed(call)
    }
    sip.onReferral = (referral) => this.follower.referred(call, referral)
    this.#calls.set(call.id, call)
    this.#beat ??= setInterval(() => this.#keepDurations(), beatMs)
  }

  #onConnected(call: TrackedCall): void {
    if (call.ended || call.answered) return
    call.markConnected()
    this.follower.connected(call)
    this.changed(call)
    this.needs.journal.answered(call.id, call.answeredAt ?? call.startedAt, call.durations.ringMs)
    if (!call.isConsultation) this.#openDraft(call, 'connected')
    this.recorded(call)
    this.sound()
  }

  #onEnd(call: TrackedCall, said: CallEnd): void {
    if (call.ended) return
    const { journal, logs, host } = this.needs
    // Another call has taken its place: that is no loss, whatever became of the old dialog.
    const end = call.replacedBy ? endedHere : said
    const result = resultOf(call.course, end)
    call.markEnded(result, endTrouble(result, end, call.course, call.words))
    call.endTone = call.isConsultation ? null : toneOf(result)
    this.changed(call)
    const outcome = likelyOutcome(result, call.answered, call.trouble)
    const asks = asksForLog(call.direction, call.answered) && !call.isConsultation
    // Before the end: a call that has one is not looked at again at the next start, and would be left without its form.
    if (asks) this.#openDraft(call, outcome)
    journal.end(call.id, { result, trouble: call.trouble, ...call.durations })
    if (asks) logs.settle(call.id, outcome)
    this.recorded(call)
    host.closeNotification(incomingTag(call.id))
    if (result === 'missed') host.notify(missedNotice(call.id, call.caller))
    if (leavesAtOnce(call.direction, result)) this.remove(call)
    else {
      this.later(call, failedStaysMs, () => this.remove(call))
      this.later(call, endToneMs, () => {
        call.endTone = null
        this.sound()
      })
    }
    this.follower.ended(call)
    this.sound()
    this.#pop()
    this.#stopIdleBeat()
  }

  #openDraft(call: TrackedCall, outcome: Outcome | null): void {
    const { contact } = call
    const dealId = call.dealId ?? openDeal(contact)
    try {
      this.needs.logs.openDraft(call.id, { outcome, contactId: contact?.id ?? null, dealId })
    } catch (err) {
      this.needs.log.error({ err, callId: call.id }, 'the form of a call could not be opened')
    }
  }

  #keepDurations(): void {
    const on = this.on()
    if (on.length > 0) this.needs.journal.beat(on.map((call) => ({ id: call.id, ...call.durations })))
  }

  #stopIdleBeat(): void {
    if (!this.#beat || this.on().length > 0) return
    clearInterval(this.#beat)
    this.#beat = null
  }

  #pop(): void {
    const wanted = this.all().some((call) => call.isRingingIn)
    if (wanted === this.#popShown) return
    this.#popShown = wanted
    this.needs.host.showPop(wanted)
  }
}

/** The deal that a log begins with. */
export function openDeal(contact: ContactDetail | undefined): number | null {
  return contact?.deals.find((deal) => deal.status === 'open')?.id ?? null
}

function toneOf(result: CallResult): Tone | null {
  if (result === 'busy') return 'busy'
  return result === 'failed' || result === 'dropped' || result === 'declined' || result === 'no-answer' ? 'error' : null
}
