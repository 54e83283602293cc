/**
 * Everything about calls that are on: what telephony reports becomes what renderers show, what the journal keeps, what
 * sounds and what the rep is told. Nothing here waits before an incoming call is recorded and shown.
 */
import type { LiveCall, MediaState, Outcome, Tone, Trouble } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Host } from '../hosts/host'
import type { CallEnd, MediaGateway, SipAccount, SipCall } from '../telephony/port'
import { TroubleError, troubleOf } from '../trouble'
import { incomingNotice, incomingTag, missedNotice } from './call-notices'
import { asksForLog, endTrouble, leavesAtOnce, likelyOutcome, resultOf } from './call-result'
import { Callers, type CallersNeeds } from './callers'
import { dialTarget } from './dial-target'
import type { CallJournal } from './journal'
import type { CallLogs, Emit } from './logs'
import { Tones, tonesFor } from './tones'
import { TrackedCall } from './tracked-call'

/** An account as calls need it. */
export interface CallAccount {
  id: string
  label: string
  status: 'connecting' | 'registered' | 'offline' | 'refused'
  trouble: Trouble | null
  sip: SipAccount
}

export interface CallAccounts {
  get(id: string): CallAccount | null
  default(): CallAccount | null
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
}

/** Incoming calls that may ring at once; the next caller hears that the line is busy. */
export const mostRinging = 6
/** How often the durations of calls that are on are kept, in ms. */
export const beatMs = 200
/** How long a call that failed stays on the screen unless it is dismissed, in ms. */
export const failedStaysMs = 10_000
/** How long busy and error tones sound, in ms. */
export const endToneMs = 4_000
/** A hang-up that telephony has not confirmed by then ends the call here, in ms. */
const hangUpLimitMs = 3_000

export class CallManager {
  readonly #calls = new Map<string, TrackedCall>()
  readonly #timers = new Map<string, Set<NodeJS.Timeout>>()
  readonly #tones: Tones
  readonly #callers: Callers
  #beat: NodeJS.Timeout | null = null
  #popShown = false

  constructor(private readonly needs: CallManagerNeeds) {
    this.#tones = new Tones(needs.media, needs.log)
    this.#callers = new Callers(needs)
  }

  /** For the snapshot, oldest first. */
  live(): LiveCall[] {
    return [...this.#calls.values()].map((call) => call.view())
  }

  /** True while a call is on (closing the last window asks first). */
  get busy(): boolean {
    return [...this.#calls.values()].some((call) => call.isUp)
  }

  /**
   * A call has come in over an account. It is recorded and shown in this very tick, in that order: a fraction of a millisecond
   * later on the screen, and nothing that was ever on it is without a record. Everything else comes after.
   */
  incoming(sip: SipCall, account: { label: string }): void {
    const { host, journal } = this.needs
    const call = new TrackedCall(sip, account.label, this.#callers.of(sip.remote), this.needs.clock)
    if ([...this.#calls.values()].filter((other) => other.isRingingIn).length >= mostRinging) return this.#refuse(call)
    journal.begin(call.started())
    this.#follow(call)
    this.#changed(call)
    this.#recorded(call)
    this.#sound()
    host.notify(incomingNotice(call.id, call.caller))
  }

  /**
   * Places a call. Throws TroubleError before anything is dialled: `call.badNumber`, `call.noAccount`, `call.gone` …, and
   * `media.absent`, `media.microphoneUnasked`, `media.microphoneDenied`, `media.microphoneMissing` when the rep could not be heard.
   */
  dial(input: { number: string; accountId?: string | undefined; contactId?: number | undefined }): { callId: string } {
    const target = dialTarget(input.number)
    const account = this.#accountFor(input.accountId)
    this.#checkAudio()
    const sip = account.sip.dial(target)
    const call = new TrackedCall(sip, account.label, this.#callers.dialled(target, input.contactId), this.needs.clock)
    call.chosenContact = input.contactId
    this.#muteOthers(call)
    this.needs.journal.begin(call.started())
    this.#follow(call)
    this.#changed(call)
    this.#recorded(call)
    this.#sound()
    return { callId: call.id }
  }

  /** Throws TroubleError `call.gone`, `call.notRinging`, or what kept audio from starting; the call then rings on. */
  async answer(callId: string): Promise<void> {
    const call = this.#need(callId)
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
    this.#muteOthers(call)
    this.#changed(call)
    this.#sound()
    this.needs.host.closeNotification(incomingTag(call.id))
    try {
      await call.sip.answer()
    } catch (error) {
      this.needs.log.warn({ err: error, callId }, 'a call could not be answered')
      if (!call.ended && !call.answered) {
        call.answering = false
        call.phase = 'ringing'
        call.trouble = troubleOf(error)
        this.#changed(call)
        this.#sound()
      }
      throw error
    }
  }

  decline(callId: string): void {
    const call = this.#need(callId)
    if (!call.isRingingIn) throw new TroubleError('call.notRinging')
    this.#refuseByRep(call)
  }

  hangUp(callId: string): void {
    const call = this.#need(callId)
    if (call.ended) return this.#remove(call)
    if (call.isRingingIn) return this.#refuseByRep(call)
    call.hungUp = true
    call.sip.hangUp()
    this.#endSurely(call)
  }

  /** Throws TroubleError `call.gone`, or why the microphone could not be switched. */
  async mute(callId: string, muted: boolean): Promise<void> {
    const call = this.#need(callId)
    if (call.ended) throw new TroubleError('call.gone')
    await call.sip.mute(muted)
    if (call.ended) return
    call.muted = muted
    this.#changed(call)
  }

  async dtmf(callId: string, tones: string): Promise<void> {
    const call = this.#need(callId)
    if (call.phase !== 'connected' && call.phase !== 'early') throw new TroubleError('call.notConnected')
    await call.sip.dtmf(tones)
  }

  /** Takes an ended call off the screen. */
  dismiss(callId: string): void {
    const call = this.#calls.get(callId)
    if (call?.ended) this.#remove(call)
  }

  /** The media page has something to say about one call's audio; null: mended. */
  mediaTrouble(callId: string, trouble: Trouble | null): void {
    const call = this.#calls.get(callId)
    if (!call || call.ended) return
    call.trouble = trouble
    this.#changed(call)
  }

  /** Contacts have changed: who is calling is looked up again. */
  refreshCallers(): void {
    for (const call of this.#calls.values()) {
      call.caller = this.#callers.again(call)
      this.#changed(call)
    }
  }

  /** Hangs up everything and writes it down: main is about to end. */
  close(): void {
    for (const call of [...this.#calls.values()]) {
      if (!call.ended) {
        call.hungUp = call.isUp
        if (call.isUp) call.sip.hangUp()
        else call.sip.decline(480)
        this.#onEnd(call, { by: 'local', status: null, answeredElsewhere: false, trouble: null })
      }
      this.#remove(call)
    }
    this.#tones.close()
  }

  #accountFor(id: string | undefined): CallAccount {
    const account = id === undefined ? this.needs.accounts.default() : this.needs.accounts.get(id)
    if (!account) throw new TroubleError('call.noAccount')
    if (account.status === 'connecting') throw new TroubleError('call.accountConnecting', { account: account.label })
    if (account.status !== 'registered') {
      throw new TroubleError('call.accountOffline', { account: account.label }, account.trouble?.detail ?? account.trouble?.code)
    }
    return account
  }

  #checkAudio(): void {
    const { media, host, mediaState } = this.needs
    if (!media.present) {
      host.ensureMedia()
      throw new TroubleError('media.absent')
    }
    const { microphone } = mediaState()
    if (microphone === 'unknown') throw new TroubleError('media.microphoneUnasked')
    if (microphone === 'denied') throw new TroubleError('media.microphoneDenied')
    if (microphone === 'missing') throw new TroubleError('media.microphoneMissing')
  }

  #follow(call: TrackedCall): void {
    const { sip } = call
    sip.onRinging = (early) => {
      if (call.ended || call.answered || call.direction === 'incoming') return
      call.phase = early ? 'early' : 'ringing'
      this.#changed(call)
      this.#sound()
    }
    sip.onConnected = () => this.#onConnected(call)
    sip.onEnd = (end) => this.#onEnd(call, end)
    sip.onMedia = (media) => {
      if (call.ended || call.media === media) return
      call.media = media
      this.#changed(call)
    }
    sip.onTrouble = (trouble) => this.mediaTrouble(call.id, trouble)
    this.#calls.set(call.id, call)
    this.#beat ??= setInterval(() => this.#keepDurations(), beatMs)
  }

  #onConnected(call: TrackedCall): void {
    if (call.ended || call.answered) return
    call.markConnected()
    this.#changed(call)
    this.needs.journal.answered(call.id, call.answeredAt ?? call.startedAt, call.durations.ringMs)
    this.#openDraft(call, 'connected')
    this.#recorded(call)
    this.#sound()
  }

  #onEnd(call: TrackedCall, end: CallEnd): void {
    if (call.ended) return
    const { journal, logs, host, emit } = this.needs
    const result = resultOf(call.course, end)
    call.markEnded(result, endTrouble(result, end, call.course, call.words))
    call.endTone = toneOf(call)
    emit('call.changed', call.view())
    const outcome = likelyOutcome(result, call.answered, call.trouble)
    const asks = asksForLog(call.direction, call.answered)
    // Before the end: a call that has one is not looked at again at the next start, and would be left without its form.
    if (asks) this.#openDraft(call, outcome)
    journal.end(call.id, { result, trouble: call.trouble, ...call.durations })
    if (asks) logs.settle(call.id, outcome)
    this.#recorded(call)
    host.closeNotification(incomingTag(call.id))
    if (result === 'missed') host.notify(missedNotice(call.id, call.caller))
    if (leavesAtOnce(call.direction, result)) this.#remove(call)
    else {
      this.#later(call, failedStaysMs, () => this.#remove(call))
      this.#later(call, endToneMs, () => {
        call.endTone = null
        this.#sound()
      })
    }
    this.#sound()
    this.#pop()
    this.#stopIdleBeat()
  }

  #openDraft(call: TrackedCall, outcome: Outcome | null): void {
    const contact = call.caller.match === 'exact' ? call.caller.contacts[0] : undefined
    const dealId = contact?.deals.find((deal) => deal.status === 'open')?.id ?? null
    try {
      this.needs.logs.openDraft(call.id, { outcome, contactId: contact?.id ?? null, dealId })
    } catch (err) {
      this.needs.log.error({ err, callId: call.id }, 'the form of a call could not be opened')
    }
  }

  #refuseByRep(call: TrackedCall): void {
    call.declined = true
    call.sip.decline()
    this.#endSurely(call)
  }

  /** One too many: it is in History, but takes no place on the screen. */
  #refuse(call: TrackedCall): void {
    const { journal, emit, log } = this.needs
    log.warn({ ringing: mostRinging }, 'a further incoming call was refused as busy')
    call.sip.decline(486)
    journal.begin(call.started())
    journal.end(call.id, { result: 'missed', trouble: { code: 'call.tooMany', params: {} }, ...call.durations })
    emit('history.changed', { callId: call.id })
  }

  /** The rep's word ends the call, whatever the network says. */
  #endSurely(call: TrackedCall): void {
    if (call.ended) return
    this.#later(call, hangUpLimitMs, () => this.#onEnd(call, { by: 'local', status: null, answeredElsewhere: false, trouble: null }))
  }

  /** There is no hold yet: whoever the rep is not turning to must not hear the new conversation. */
  #muteOthers(call: TrackedCall): void {
    for (const other of this.#calls.values()) {
      if (other === call || other.phase !== 'connected' || other.muted) continue
      this.mute(other.id, true).catch((err: unknown) => this.needs.log.warn({ err, callId: other.id }, 'a call could not be muted'))
    }
  }

  #keepDurations(): void {
    const on = [...this.#calls.values()].filter((call) => !call.ended)
    if (on.length > 0) this.needs.journal.beat(on.map((call) => ({ id: call.id, ...call.durations })))
  }

  #stopIdleBeat(): void {
    if (!this.#beat || [...this.#calls.values()].some((call) => !call.ended)) return
    clearInterval(this.#beat)
    this.#beat = null
  }

  #remove(call: TrackedCall): void {
    if (!this.#calls.delete(call.id)) return
    for (const timer of this.#timers.get(call.id) ?? []) clearTimeout(timer)
    this.#timers.delete(call.id)
    this.needs.emit('call.removed', { callId: call.id })
    this.#sound()
    this.#pop()
    this.#stopIdleBeat()
  }

  #changed(call: TrackedCall): void {
    this.needs.emit('call.changed', call.view())
    this.#pop()
  }

  #recorded(call: TrackedCall): void {
    this.needs.emit('history.changed', { callId: call.id })
  }

  #sound(): void {
    this.#tones.update(tonesFor([...this.#calls.values()]))
  }

  #pop(): void {
    const wanted = [...this.#calls.values()].some((call) => call.isRingingIn)
    if (wanted === this.#popShown) return
    this.#popShown = wanted
    this.needs.host.showPop(wanted)
  }

  #later(call: TrackedCall, ms: number, then: () => void): void {
    const timers = this.#timers.get(call.id) ?? new Set()
    this.#timers.set(call.id, timers)
    timers.add(setTimeout(then, ms))
  }

  #need(callId: string): TrackedCall {
    const call = this.#calls.get(callId)
    if (!call) throw new TroubleError('call.gone')
    return call
  }
}

function toneOf(call: TrackedCall): Tone | null {
  if (call.result === 'busy') return 'busy'
  return call.result === 'failed' || call.result === 'dropped' || call.result === 'declined' || call.result === 'no-answer' ? 'error' : null
}
