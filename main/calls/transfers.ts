/**
 * Calls that are handed over: blind and attended transfers, consultations, and the far end's own wish that a call go
 * elsewhere. A transfer that fails leaves the call with the rep, on hold.
 */
import type { IncomingReferral } from '../telephony/port'
import { cleanLine } from '../text'
import { TroubleError, troubleOf } from '../trouble'
import { partyName } from './call-notices'
import type { Callers } from './callers'
import { dialTarget } from './dial-target'
import type { Dialling } from './dialling'
import type { Lines } from './lines'
import type { LiveCalls } from './live-calls'
import type { CallManagerNeeds } from './needs'
import type { TrackedCall } from './tracked-call'

/** What a far end may take to accept hold before it is asked to go elsewhere, in ms. */
const holdFirstMs = 4_000
/** How long the other call of an attended transfer may outlive it, in ms: its far end hangs up by itself (RFC 5589 §7). */
const partingMs = 3_000
/** Refusals after which the other party may be asked in its place; after a time-out nobody knows what has happened. */
const worthTurning = ['transfer.refused', 'transfer.notAllowed', 'transfer.failed']

type Kind = 'blind' | 'attended'

export class Transfers {
  readonly #referrals = new Map<TrackedCall, IncomingReferral>()

  constructor(
    private readonly needs: Pick<CallManagerNeeds, 'journal' | 'log'>,
    private readonly live: LiveCalls,
    private readonly lines: Lines,
    private readonly callers: Callers,
    private readonly dialling: Dialling,
  ) {}

  /**
   * Hands a call to a number, unasked; resolves when it has been taken over. Throws TroubleError before anything is sent
   * (`call.badNumber`, `guard.…`, `transfer.underWay`, `transfer.inConference`), and `transfer.refused`, `transfer.failed` … when the call is kept.
   */
  async blind(call: TrackedCall, to: string, confirmed: boolean): Promise<void> {
    this.#checkFree(call)
    const target = dialTarget(to)
    this.dialling.allow(target, call.sip.accountId, 'transfer', confirmed)
    const name = this.callers.nameOf(target, call.sip.accountId)
    const done = await this.#underWay(call, 'blind', name, async () => {
      await this.lines.setAside(call, holdFirstMs)
      await this.#refer(call, call, { target })
    })
    if (done) this.#handedOver(call, name)
  }

  /** Calls a number first, with this call on hold; answers with the consultation's call. Throws TroubleError as `dial` does. */
  consult(call: TrackedCall, to: string, confirmed: boolean): TrackedCall {
    this.#checkFree(call)
    return this.dialling.dial({ number: to, accountId: call.sip.accountId, origin: 'consult', confirmed, consultsFor: call })
  }

  /**
   * Connects the parties of two calls. One that still rings is cancelled, and the other is handed to its number unasked: a
   * call that nobody has answered cannot be taken over (RFC 3891 §3). Throws TroubleError `transfer.…`: both calls are kept.
   */
  async connect(one: TrackedCall, other: TrackedCall): Promise<void> {
    if (one === other) throw new TroubleError('transfer.sameCall')
    const [customer, second] = one.consultsFor === other.id || one.phase !== 'connected' ? [other, one] : [one, other]
    this.#checkFree(customer)
    this.#checkFree(second)
    if (customer.phase !== 'connected' || second.ended) throw new TroubleError('transfer.notAnswered', second.words)
    if (second.phase === 'connected') return this.attended(customer, second)
    if (second.direction !== 'outgoing') throw new TroubleError('transfer.notAnswered', second.words)
    const name = partyName(second.caller)
    const target = second.caller.raw
    const done = await this.#underWay(customer, 'blind', name, async () => {
      await this.lines.setAside(customer, holdFirstMs)
      // Answered meanwhile: then it is taken over after all.
      if (second.answered && !second.ended) return this.#eitherWay(customer, second)
      this.live.hangUp(second)
      await second.over
      await this.#refer(customer, customer, { target })
    })
    if (!done) return
    this.#handedOver(customer, name)
    this.#part(second)
  }

  /** Both are up: REFER with Replaces to the one, or where that is refused to the other (RFC 5589 §7). */
  async attended(customer: TrackedCall, second: TrackedCall): Promise<void> {
    if (customer.transfer || second.transfer) throw new TroubleError('transfer.underWay')
    const names = [partyName(second.caller), partyName(customer.caller)] as const
    if (!(await this.#underWay(customer, 'attended', names[0], () => this.#eitherWay(customer, second)))) return
    this.#handedOver(customer, names[0])
    if (!second.isConsultation) this.#handedOver(second, names[1])
    this.#part(customer)
    this.#part(second)
  }

  /** The far end asks that the call go elsewhere: shown, and nothing else. */
  referred(call: TrackedCall, referral: IncomingReferral): void {
    if (call.ended || this.#referrals.has(call)) return referral.refuse()
    this.#referrals.set(call, referral)
    referral.onGone = () => this.#forget(call, referral)
    const shown = {
      target: cleanLine(referral.target, 200),
      display: this.callers.nameOf(referral.target, call.sip.accountId),
      warning: null,
      mayAccept: true,
    }
    call.referral = shown
    try {
      this.dialling.guard(dialTarget(referral.target), call.sip.accountId, 'referral', false)
    } catch (error) {
      const warning = troubleOf(error)
      call.referral = { ...shown, warning, mayAccept: warning.code.startsWith('guard.ask') }
    }
    this.live.changed(call)
  }

  /** The rep's word on it. Throws TroubleError `transfer.referralGone`, `guard.…`, or as `dial` does; it can then still be answered. */
  referral(call: TrackedCall, accept: boolean, confirmed: boolean): void {
    const referral = this.#referrals.get(call)
    if (!referral || call.ended) throw new TroubleError('transfer.referralGone')
    if (!accept) {
      this.#forget(call, referral)
      return referral.refuse()
    }
    const target = dialTarget(referral.target)
    const { emergency } = this.dialling.allow(target, call.sip.accountId, 'referral', confirmed)
    this.dialling.checkAudio(emergency)
    const sip = referral.accept()
    this.#forget(call, referral)
    this.dialling.placed(sip, { account: { label: call.accountLabel }, target, emergency })
  }

  /** A consultation that ends without a transfer drops back to its customer. */
  ended(call: TrackedCall): void {
    const referral = this.#referrals.get(call)
    if (referral) this.#forget(call, referral)
    if (call.replacedBy) return
    for (const other of this.live.on()) {
      if (other.consultsFor !== call.id) continue
      other.consultsFor = null
      this.live.changed(other)
    }
    const customer = call.consultsFor === null ? null : this.live.find(call.consultsFor)
    if (!customer || customer.ended || customer.transfer || !customer.aside || customer.inConference || this.live.closing) return
    if (!this.lines.busyElsewhere([call, customer])) this.lines.turnTo([customer])
  }

  /** Another call goes on in the place of one. */
  replaced(old: TrackedCall, call: TrackedCall): void {
    call.consultsFor = old.consultsFor
    for (const other of this.live.on()) if (other.consultsFor === old.id) other.consultsFor = call.id
  }

  #checkFree(call: TrackedCall): void {
    if (call.ended) throw new TroubleError('call.gone')
    if (call.transfer) throw new TroubleError('transfer.underWay')
    if (call.inConference) throw new TroubleError('transfer.inConference')
  }

  async #eitherWay(customer: TrackedCall, second: TrackedCall): Promise<void> {
    try {
      await this.#refer(customer, customer, { call: second.sip })
    } catch (error) {
      if (customer.ended || second.ended || !worthTurning.includes(troubleOf(error).code)) throw error
      this.needs.log.info({ err: error, callId: customer.id }, 'a transfer was refused, the other party is asked')
      await this.#refer(second, customer, { call: customer.sip })
    }
  }

  /** `shown`: the call on which the rep follows it. */
  async #refer(call: TrackedCall, shown: TrackedCall, to: Parameters<TrackedCall['sip']['transfer']>[0]): Promise<void> {
    if (call.ended) throw new TroubleError('call.gone')
    await call.sip.transfer(to, (status) => {
      const state = status >= 180 ? 'ringing' : 'trying'
      if (shown.ended || !shown.transfer || status >= 200 || shown.transfer.state === state) return
      shown.transfer = { ...shown.transfer, state }
      this.live.changed(shown)
    })
  }

  /** False when the rep has hung up meanwhile: then there is nothing to tell him. */
  async #underWay(call: TrackedCall, kind: Kind, target: string, work: () => Promise<void>): Promise<boolean> {
    call.transfer = { kind, target, state: 'asking' }
    call.lineTrouble = null
    this.live.changed(call)
    try {
      await work()
      return true
    } catch (error) {
      this.needs.log.warn({ err: error, callId: call.id, kind }, 'a call could not be handed over')
      call.transfer = null
      if (call.ended && call.hungUp) return false
      if (!call.ended) {
        call.lineTrouble = troubleOf(error)
        this.live.changed(call)
      }
      throw error
    }
  }

  #handedOver(call: TrackedCall, to: string): void {
    this.needs.journal.transferred(call.id, to)
    this.live.recorded(call)
    if (!call.ended) this.#part(call)
  }

  #part(call: TrackedCall): void {
    if (!call.ended) this.live.later(call, partingMs, () => call.ended || this.live.hangUp(call))
  }

  #forget(call: TrackedCall, referral: IncomingReferral): void {
    if (this.#referrals.get(call) !== referral) return
    this.#referrals.delete(call)
    referral.onGone = null
    call.referral = null
    if (!call.ended) this.live.changed(call)
  }
}
