/** Everything that leads to an outgoing call: what the rep typed, whether it may be dialled, over which account, and the call itself. */
import type { Trouble } from '../../preload/contract'
import type { SipCall } from '../telephony/port'
import { TroubleError } from '../trouble'
import type { Callers } from './callers'
import { dialTarget } from './dial-target'
import type { Lines } from './lines'
import type { LiveCalls } from './live-calls'
import type { CallAccount, CallManagerNeeds, DialOrigin } from './needs'
import { TrackedCall } from './tracked-call'

export interface DialWish {
  number: string
  accountId?: string | undefined
  contactId?: number | undefined
  /** The deal or lead that the call is about. */
  dealId?: number | undefined
  origin?: DialOrigin
  /** The rep has answered the guard's question. */
  confirmed?: boolean
  /** The call that this one asks about. */
  consultsFor?: TrackedCall
}

export class Dialling {
  constructor(
    private readonly needs: CallManagerNeeds,
    private readonly live: LiveCalls,
    private readonly lines: Lines,
    private readonly callers: Callers,
  ) {}

  /**
   * Places a call; every other one is put on hold. Throws TroubleError before anything is dialled: `call.badNumber`,
   * `guard.…`, `call.limitReached`, `call.noAccount` …, `media.absent`, `media.microphoneDenied` … when the rep could not be heard.
   */
  dial(wish: DialWish): TrackedCall {
    const target = dialTarget(wish.number)
    const { accounts } = this.needs
    const chosen = wish.accountId ?? accounts.list().find(({ isDefault }) => isDefault)?.id ?? ''
    const { emergency } = this.allow(target, chosen, wish.origin ?? 'click', wish.confirmed ?? false)
    // Asked for only now: one that could not be started throws, and must not stand in an emergency's way.
    const account = emergency
      ? this.#emergencyAccount(chosen)
      : this.#registered(wish.accountId === undefined ? accounts.default() : accounts.get(wish.accountId))
    this.checkAudio(emergency)
    const { contactId, dealId, consultsFor } = wish
    return this.placed(account.sip.dial(target), { account, target, contactId, dealId, consultsFor, emergency })
  }

  /** Reads and looks up what `dial` would, for nobody. */
  rehearse(): void {
    this.callers.dialled(dialTarget('+1 (202) 555-0123'), undefined, null)
  }

  /** What `dialTarget` has made, past the guard and the limit. Throws TroubleError `guard.…` or `call.limitReached`. */
  allow(target: string, account: string, origin: DialOrigin, confirmed: boolean): { emergency: boolean } {
    const verdict = this.guard(target, account, origin, confirmed)
    const places = origin === 'transfer' || origin === 'forward' ? 0 : 1
    const limit = this.needs.callLimit()
    if (!verdict.emergency && this.live.on().length + places > limit) throw new TroubleError('call.limitReached', { count: limit })
    return verdict
  }

  /** Throws TroubleError `guard.refused…` or `guard.ask…`. */
  guard(target: string, account: string, origin: DialOrigin, confirmed: boolean): { emergency: boolean } {
    const { e164 } = this.callers.dialled(target, undefined, account)
    return this.needs.guard.check({ number: target, e164, account, origin, confirmed })
  }

  /** Throws TroubleError `media.…` when the rep could not be heard; in an emergency only when nothing could be heard at all. */
  checkAudio(emergency = false): void {
    const { media, host, mediaState } = this.needs
    if (!media.present) {
      host.ensureMedia()
      throw new TroubleError('media.absent')
    }
    const { microphone } = mediaState()
    if (emergency || microphone === 'granted') return
    if (microphone === 'unknown') throw new TroubleError('media.microphoneUnasked')
    if (microphone === 'denied') throw new TroubleError('media.microphoneDenied')
    throw new TroubleError('media.microphoneMissing')
  }

  /** A call that telephony has begun becomes the one that the rep is turned to. */
  placed(
    sip: SipCall,
    more: {
      account: { label: string }
      target: string
      contactId?: number | undefined
      dealId?: number | undefined
      consultsFor?: TrackedCall | undefined
      emergency: boolean
    },
  ): TrackedCall {
    const { consultsFor, contactId } = more
    const caller = this.callers.dialled(more.target, contactId, sip.accountId)
    const call = new TrackedCall(sip, more.account.label, caller, this.needs.clock, consultsFor !== undefined)
    call.chosenContact = contactId
    call.dealId = more.dealId ?? null
    call.emergency = more.emergency
    call.consultsFor = consultsFor?.id ?? null
    this.live.begin(call)
    this.lines.turnTo([call])
    return call
  }

  #registered(account: CallAccount | null): CallAccount {
    if (!account) throw new TroubleError('call.noAccount')
    if (account.status === 'connecting') throw new TroubleError('call.accountConnecting', { account: account.label })
    if (account.status !== 'registered') {
      throw new TroubleError('call.accountOffline', { account: account.label }, why(account.trouble))
    }
    return account
  }

  /** The chosen account, else any that is connected. The practice line reaches nobody: to let it try would cost time. */
  #emergencyAccount(chosen: string): CallAccount {
    const usable = this.needs.accounts.list().filter(({ kind, status }) => kind === 'sip' && status === 'registered')
    const id = usable.find((account) => account.id === chosen)?.id ?? usable[0]?.id
    const account = id === undefined ? null : this.needs.accounts.get(id)
    if (!account) throw new TroubleError('call.emergencyNoLine')
    return account
  }
}

function why(trouble: Trouble | null): string | undefined {
  return trouble?.detail ?? trouble?.code
}
