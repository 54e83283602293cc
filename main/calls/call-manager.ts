/** What the rep does with calls, and the subjects that carry it out; here they are made and told of each other, nothing else. */
import type { LiveCall, Trouble } from '../../preload/contract'
import type { SipCall } from '../telephony/port'
import { Callers } from './callers'
import { Conference } from './conference'
import { Dialling, type DialWish } from './dialling'
import { IncomingCalls } from './incoming-calls'
import { Keypad } from './keypad'
import { Lines } from './lines'
import { LiveCalls, openDeal } from './live-calls'
import type { CallManagerNeeds } from './needs'
import type { TrackedCall } from './tracked-call'
import { Transfers } from './transfers'

export class CallManager {
  readonly #live: LiveCalls
  readonly #callers: Callers
  readonly #lines: Lines
  readonly #conference: Conference
  readonly #dialling: Dialling
  readonly #transfers: Transfers
  readonly #incoming: IncomingCalls
  readonly #keypad: Keypad

  constructor(private readonly needs: CallManagerNeeds) {
    const { media, log } = needs
    this.#callers = new Callers(needs)
    this.#live = new LiveCalls(needs, {
      connected: (call) => {
        this.#incoming.connected(call)
        this.#lines.connected(call)
      },
      ended: (call) => this.#ended(call),
      mediaChanged: (call) => this.#conference.mediaChanged(call),
      referred: (call, referral) => this.#transfers.referred(call, referral),
    })
    this.#conference = new Conference(media, log, this.#live, () => this.#lines)
    this.#lines = new Lines(this.#live, log, (call) => this.#conference.group(call))
    this.#dialling = new Dialling(needs, this.#live, this.#lines, this.#callers)
    this.#transfers = new Transfers(needs, this.#live, this.#lines, this.#callers, this.#dialling)
    this.#incoming = new IncomingCalls(needs, this.#live, this.#lines, this.#callers, this.#dialling, (old, call) =>
      this.#replaced(old, call),
    )
    this.#keypad = new Keypad(this.#live)
  }

  /** For the snapshot, oldest first. */
  live(): LiveCall[] {
    return this.#live.all().map((call) => call.view())
  }

  /** True while a call is on (closing the last window asks first). */
  get busy(): boolean {
    return this.#live.all().some((call) => call.isUp)
  }

  /** Hears every change of every call, its end too (`phase`). Must not throw. Returns the function that stops it. */
  onChange(listener: (call: LiveCall) => void): () => void {
    return this.#live.onChange(listener)
  }

  /** A call has come in over an account: refused, sent elsewhere, or recorded and shown in this very tick. */
  incoming(sip: SipCall, account: { label: string }): void {
    this.#incoming.arrive(sip, account)
  }

  /** Places a call; the others are put on hold. Throws TroubleError before anything is dialled: see `Dialling.dial`. */
  dial(wish: Omit<DialWish, 'consultsFor'>): { callId: string } {
    return { callId: this.#dialling.dial(wish).id }
  }

  /** Reads and looks up what a call would, for nobody: the first one need not. */
  rehearse(): void {
    this.#dialling.rehearse()
  }

  /** The number dialled last; null: none has been. */
  last(): { number: string; accountId: string; contactId: number | null } | null {
    return this.needs.journal.lastDialled()
  }

  /** The others are put on hold. Throws TroubleError `call.gone`, `call.notRinging`, or what kept audio from starting; the call then rings on. */
  async answer(callId: string): Promise<void> {
    await this.#incoming.answer(this.#live.need(callId))
  }

  /** Throws TroubleError `call.gone` or `call.notRinging`. */
  decline(callId: string): void {
    this.#incoming.decline(this.#live.need(callId))
  }

  /** Sends a ringing call elsewhere. Throws TroubleError `call.gone`, `call.notRinging`, `call.badNumber` or `guard.…`. */
  forward(callId: string, target: string, confirmed = false): void {
    this.#incoming.forward(this.#live.need(callId), target, confirmed)
  }

  hangUp(callId: string): void {
    const call = this.#live.need(callId)
    if (call.isRingingIn) this.#incoming.decline(call)
    else this.#live.hangUp(call)
  }

  /** Throws TroubleError `call.gone`, or why the microphone could not be switched. */
  async mute(callId: string, muted: boolean): Promise<void> {
    await this.#lines.mute(this.#live.need(callId), muted)
  }

  /** Resolves when the far end has accepted; resuming puts the others on hold. Throws TroubleError: see `Lines.hold`. */
  async hold(callId: string, held: boolean): Promise<void> {
    await this.#lines.hold(this.#live.needConnected(callId), held)
  }

  /** Resolves when all of it has been sent. Throws TroubleError: see `Keypad.send`. */
  async dtmf(callId: string, tones: string): Promise<void> {
    await this.#keypad.send(this.#live.need(callId), tones)
  }

  /** Blind; resolves when the far end has taken it over. Throws TroubleError when the call is kept: see `Transfers.blind`. */
  async transfer(callId: string, target: string, confirmed = false): Promise<void> {
    await this.#transfers.blind(this.#live.needConnected(callId), target, confirmed)
  }

  /** Throws TroubleError as `dial` does. */
  consult(callId: string, target: string, confirmed = false): { callId: string } {
    return { callId: this.#transfers.consult(this.#live.needConnected(callId), target, confirmed).id }
  }

  /** Attended; of a conference, the rep's leaving it. Throws TroubleError when the calls are kept: see `Transfers.connect`. */
  async connect(callId: string, withCallId: string): Promise<void> {
    const [one, other] = [this.#live.need(callId), this.#live.need(withCallId)]
    if (one.inConference && other.inConference && one !== other) return this.leaveConference()
    await this.#transfers.connect(one, other)
  }

  /** Throws TroubleError: see `Transfers.referral`. */
  referral(callId: string, accept: boolean, confirmed = false): void {
    this.#transfers.referral(this.#live.need(callId), accept, confirmed)
  }

  /** Throws TroubleError: see `Conference.start`. */
  async startConference(one: string, other: string): Promise<void> {
    await this.#conference.start(this.#live.needConnected(one), this.#live.needConnected(other))
  }

  /** Throws TroubleError `conference.none`, or why the page could not. */
  async muteParty(callId: string, muted: boolean): Promise<void> {
    await this.#conference.mute(this.#live.needConnected(callId), muted)
  }

  /** Throws TroubleError `conference.none`. */
  splitConference(callId: string): void {
    this.#conference.split(this.#live.needConnected(callId))
  }

  /** The two others stay connected. Throws TroubleError `conference.none`, `transfer.…`: the conference goes on. */
  async leaveConference(): Promise<void> {
    await this.#transfers.attended(...this.#conference.needMembers())
  }

  /** Takes an ended call off the screen. */
  dismiss(callId: string): void {
    const call = this.#live.find(callId)
    if (call?.ended) this.#live.remove(call)
  }

  /** For whoever records calls. */
  setRecording(callId: string, recording: LiveCall['recording']): void {
    const call = this.#live.find(callId)
    if (!call || call.ended) return
    call.recording = recording
    this.#live.changed(call)
  }

  /** The media page has something to say about one call's audio; null: mended. */
  mediaTrouble(callId: string, trouble: Trouble | null): void {
    this.#live.mediaTrouble(callId, trouble)
  }

  /** Contacts have changed: who is calling is looked up again. */
  refreshCallers(): void {
    for (const call of this.#live.all()) this.#lookAgain(call, false)
  }

  /** The rep has said who a number is: its calls, their records and their forms follow at once. */
  chosen(number: string, contactId: number): void {
    const { e164, raw } = this.#callers.dialled(number, undefined, null)
    for (const call of this.#live.all()) {
      const { caller } = call
      if (caller.withheld || (e164 === null ? caller.raw !== raw : caller.e164 !== e164)) continue
      call.chosenContact = contactId
      this.#lookAgain(call, true)
    }
  }

  /** Whether CRMs are being asked who is calling. */
  setAsking(callId: string, asking: boolean): void {
    const call = this.#live.find(callId)
    if (!call || call.caller.asking === asking) return
    call.caller = { ...call.caller, asking }
    this.#live.changed(call)
  }

  /** Hangs up everything and writes it down: main is about to end. */
  close(): void {
    this.#live.close()
    this.#conference.close()
  }

  /** `chosen`: by the rep, which goes before what was known; else only a call that was nobody's becomes somebody's. */
  #lookAgain(call: TrackedCall, chosen: boolean): void {
    const before = call.contact
    const caller = this.#callers.again(call)
    // A sync tells of changes every second: most are not this caller's.
    if (JSON.stringify(caller) === JSON.stringify(call.caller)) return
    call.caller = caller
    this.#live.changed(call)
    const contact = call.contact
    if (!contact || contact.id === before?.id || (before && !chosen)) return
    const { journal, logs } = this.needs
    journal.assign(call.id, contact.id)
    logs.follow(call.id, { contactId: contact.id, dealId: call.dealId ?? openDeal(contact) }, chosen)
    this.#live.recorded(call)
  }

  #ended(call: TrackedCall): void {
    const successor = call.replacedBy === null ? null : this.#live.find(call.replacedBy)
    if (successor && !successor.ended) this.#replaced(call, successor)
    this.#incoming.ended(call)
    this.#lines.ended(call)
    this.#conference.ended(call)
    this.#transfers.ended(call)
  }

  #replaced(old: TrackedCall, call: TrackedCall): void {
    if (old.succeeded) return
    old.succeeded = true
    this.#conference.replaced(old, call)
    this.#transfers.replaced(old, call)
  }
}
