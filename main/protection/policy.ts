/** What becomes of an incoming call before it rings: refused, sent elsewhere, answered by itself, or shown to the rep. */
import type { Settings, Trouble } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Log } from '../log'
import type { RemoteParty } from '../telephony/port'
import { Blocklist } from './blocklist'
import { isEmergency } from './emergency'
import { FloodGate } from './flood'
import type { HereDecision, IncomingDecision, IncomingPolicy, IncomingRequest } from './port'

export interface PolicyNeeds {
  clock: Clock
  log: Log
  settings(): Settings
  /** Whether the guard would let a call be sent there over that account. */
  mayForward(target: string, accountId: string): boolean
  /** Reads a number as people write it; null for what is no public number. */
  e164(number: string, country: string): string | null
  /** The record of a flood counts on. */
  flooded(callId: string, why: Trouble): void
}

/** Incoming calls that may ring at once; the next caller hears that the line is busy. */
export const mostRinging = 6

export class CallPolicy implements IncomingPolicy {
  readonly #flood: FloodGate
  #blocked: Blocklist | null = null

  constructor(private readonly needs: PolicyNeeds) {
    this.#flood = new FloodGate(needs.clock, (callId, why) => needs.flooded(callId, why))
  }

  incoming(request: IncomingRequest): IncomingDecision {
    const { remote, e164, account } = request
    const flood = this.#flood.over(request.id, remote.withheld ? null : e164 || remote.number || null)
    if (flood) return { ...refusal(486, flood.why, 'missed'), recorded: flood.first }
    const settings = this.needs.settings()
    if (remote.withheld && settings.anonymousCalls === 'decline') return refusal(486, { code: 'guard.anonymous', params: {} }, 'declined')
    if (this.#isBlocked(remote, e164, settings)) return refusal(486, { code: 'guard.blocked', params: {} }, 'declined')

    const { doNotDisturb, forwarding, callLimit } = settings
    const busy = this.#busy(request, callLimit, doNotDisturb)
    // Whoever hides does not listen in unasked.
    const byItself = request.asksAutoAnswer && !remote.withheld && request.live === request.ringing
    const otherwise: HereDecision = busy ?? { action: byItself ? 'autoAnswer' : 'ring' }
    const sendsOn = forwarding.when === 'always' || (forwarding.when === 'busy' && busy?.status === 486)
    const elsewhere = sendsOn ? this.#elsewhere(request) : null
    if (elsewhere !== null) return { action: 'forward', target: elsewhere, otherwise }
    if (busy) this.needs.log.info({ code: busy.why.code, accountId: account }, 'an incoming call was refused')
    return otherwise
  }

  unanswered(): { afterMs: number; target: string } | null {
    const { forwarding, country } = this.needs.settings()
    if (forwarding.when !== 'noAnswer' || forwarding.to === '' || isEmergency(forwarding.to, country)) return null
    return { afterMs: forwarding.afterSeconds * 1_000, target: forwarding.to }
  }

  /** Writes down how far a flood has come. */
  close(): void {
    this.#flood.close()
  }

  #busy({ ringing, live }: IncomingRequest, callLimit: number, doNotDisturb: Settings['doNotDisturb']) {
    if (doNotDisturb !== 'off') return refusal(doNotDisturb === 'busy' ? 486 : 480, { code: 'guard.doNotDisturb', params: {} }, 'missed')
    if (ringing >= mostRinging) return refusal(486, { code: 'call.tooMany', params: {} }, 'missed')
    return live >= callLimit ? refusal(486, { code: 'call.limit', params: { count: callLimit } }, 'missed') : null
  }

  #isBlocked(remote: RemoteParty, e164: string | null, { blocked, country }: Settings): boolean {
    if (remote.withheld || blocked.length === 0) return false
    if (this.#blocked?.source !== blocked || this.#blocked.country !== country) {
      this.#blocked = new Blocklist(blocked, country, this.needs.e164)
    }
    return this.#blocked.has(remote.number, e164)
  }

  /** Where calls are sent, unless that is where this one comes from, or nowhere a call may go by itself. */
  #elsewhere({ remote, e164, account }: IncomingRequest): string | null {
    const { forwarding, country } = this.needs.settings()
    const { to } = forwarding
    if (to === '' || to === remote.number || isEmergency(to, country)) return null
    if (e164 !== null && e164 === this.needs.e164(to, country)) return null
    return this.needs.mayForward(to, account) ? to : null
  }
}

function refusal(status: 480 | 486 | 603, why: Trouble, result: 'missed' | 'declined') {
  return { action: 'refuse', status, why, result, recorded: true } as const
}
