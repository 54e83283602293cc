/**
 * Whom the rep is turned to, and who waits: at most one call, or the conference, hears him. Whoever he turns away from is cut
 * off from his microphone at once and then put on hold; what the screen says of hold is what the far end has accepted.
 */
import type { Log } from '../log'
import { TroubleError, troubleOf } from '../trouble'
import type { LiveCalls } from './live-calls'
import type { TrackedCall } from './tracked-call'

export class Lines {
  constructor(
    private readonly live: LiveCalls,
    private readonly log: Log,
    /** The calls that are held and resumed together with this one, itself among them: the conference, or it alone. */
    private readonly group: (call: TrackedCall) => readonly TrackedCall[],
  ) {}

  /** True when the rep is turned to some call other than these. */
  busyElsewhere(calls: readonly TrackedCall[]): boolean {
    return this.#upBeside(calls).some((other) => !other.aside)
  }

  /** Turns the rep to these calls in this very tick: everyone else is cut off first; what the network says of it comes later. */
  turnTo(calls: readonly TrackedCall[]): void {
    for (const other of this.#upBeside(calls)) this.#putAside(other, false)
    for (const call of calls) this.#bringBack(call)
    this.live.sound()
  }

  /**
   * The rep's word; of a conference, for all of it. Resolves when the far end has accepted, or when a later wish has
   * overtaken this one. Throws TroubleError `call.gone`, `call.notConnected`, `transfer.underWay`, or why it was refused.
   */
  async hold(call: TrackedCall, held: boolean): Promise<void> {
    if (call.transfer) throw new TroubleError('transfer.underWay')
    const group = this.group(call)
    if (!held) this.turnTo(group)
    else for (const one of group) this.#putAside(one, true)
    await Promise.all(group.map((one) => this.settled(one)))
    for (const one of group) if (one.holdFailure !== null && one.confirmedHeld !== held) throw one.holdFailure
    if (call.ended) throw new TroubleError('call.gone')
  }

  /** Before a call is handed over: cut off at once, and on hold within that many ms if the far end accepts. */
  async setAside(call: TrackedCall, ms: number): Promise<void> {
    this.#putAside(call, false)
    await Promise.race([this.settled(call), new Promise<void>((resolve) => this.live.later(call, ms, resolve))])
  }

  /** Resolves when nothing is asked of the far end any more, or the call has ended. */
  async settled(call: TrackedCall): Promise<void> {
    while (call.settling && !call.ended) await new Promise<void>((resolve) => this.#waiting(call).push(resolve))
  }

  /**
   * Throws TroubleError `call.gone`, or why the microphone could not be switched. A party that hears nothing because it
   * refused to be held is turned to by being unmuted.
   */
  async mute(call: TrackedCall, muted: boolean): Promise<void> {
    if (call.ended) throw new TroubleError('call.gone')
    if (!muted && call.isKeptMuted) this.turnTo(this.group(call))
    const closed = muted || call.aside
    if (closed !== call.gateClosed) {
      call.gateClosed = closed
      try {
        await call.sip.mute(closed)
      } catch (error) {
        call.gateClosed = !closed
        this.gate(call)
        throw error
      }
    }
    if (call.ended) return
    call.muted = muted
    this.gate(call)
    this.live.changed(call)
  }

  /** Opens or closes a call's microphone as its state asks. */
  gate(call: TrackedCall): void {
    const closed = call.muted || call.aside
    if (closed === call.gateClosed || call.ended) return
    call.gateClosed = closed
    call.sip.mute(closed).catch((err: unknown) => this.log.warn({ err, callId: call.id }, 'a microphone could not be switched'))
  }

  /** One call goes on in the place of another, as that one was; the old party hears nothing more. */
  takeOver(old: TrackedCall, call: TrackedCall): void {
    call.muted ||= old.muted
    call.aside = old.aside
    call.asideByRep = old.asideByRep
    old.aside = true
    this.gate(old)
    this.gate(call)
  }

  /** A call is up now: one that was put aside while it rang is put on hold. */
  connected(call: TrackedCall): void {
    if (call.aside) this.#wish(call, true)
  }

  ended(call: TrackedCall): void {
    this.#release(call)
  }

  readonly #waiters = new WeakMap<TrackedCall, (() => void)[]>()

  #waiting(call: TrackedCall): (() => void)[] {
    const waiting = this.#waiters.get(call) ?? []
    this.#waiters.set(call, waiting)
    return waiting
  }

  #release(call: TrackedCall): void {
    const waiting = this.#waiters.get(call) ?? []
    this.#waiters.delete(call)
    for (const resolve of waiting) resolve()
  }

  #upBeside(calls: readonly TrackedCall[]): TrackedCall[] {
    const up = this.live.all().filter((call) => call.isUp)
    return [...new Set(up.map((call) => call.takesPlace ?? call))].filter((call) => !calls.includes(call))
  }

  #putAside(call: TrackedCall, byRep: boolean): void {
    const already = call.aside
    call.aside = true
    call.asideByRep = byRep
    if (call.ended) return
    this.gate(call)
    // One that has refused is asked again only when the rep says so.
    if (call.phase === 'connected' && (!already || byRep)) this.#wish(call, true)
    if (!already) this.live.changed(call)
  }

  #bringBack(call: TrackedCall): void {
    if (call.ended || !call.aside) return
    call.aside = false
    call.asideByRep = false
    call.lineTrouble = null
    this.gate(call)
    if (call.phase === 'connected') this.#wish(call, false)
    this.live.changed(call)
  }

  #wish(call: TrackedCall, held: boolean): void {
    if (call.wishHeld !== held) call.holdFailure = null
    call.wishHeld = held
    if (call.settling || call.confirmedHeld === held) return
    call.holdFailure = null
    call.settling = true
    void this.#settle(call)
  }

  /** One request at a time; the wish that counts is the one there is when the answer comes. */
  async #settle(call: TrackedCall): Promise<void> {
    while (!call.ended && call.wishHeld !== call.confirmedHeld) {
      const held = call.wishHeld
      try {
        await Promise.race([call.sip.hold(held), call.over])
        if (call.ended) break
        call.confirmedHeld = held
        if (call.wishHeld === held) call.lineTrouble = null
      } catch (error) {
        if (call.ended) break
        this.log.warn({ err: error, callId: call.id, held }, 'hold was refused')
        if (call.wishHeld === held) this.#refused(call, held, error)
      }
    }
    call.settling = false
    if (!call.ended) this.live.changed(call)
    this.#release(call)
  }

  #refused(call: TrackedCall, held: boolean, error: unknown): void {
    call.holdFailure = error
    call.wishHeld = !held
    const { party } = call.words
    const trouble = troubleOf(error)
    const detail = trouble.detail ?? trouble.code
    if (!held) {
      call.aside = true
      call.lineTrouble = { code: 'hold.resumeRefused', params: { party }, detail }
    } else if (!call.asideByRep || this.busyElsewhere(this.group(call))) {
      call.lineTrouble = { code: 'hold.refusedMuted', params: { party }, detail }
    } else {
      call.aside = false
      call.asideByRep = false
      call.lineTrouble = trouble
    }
    this.gate(call)
  }
}
