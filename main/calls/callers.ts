/** Who is on the other side of a call, as the cache knows it now. */
import type { CallerId } from '../../preload/contract'
import type { Log } from '../log'
import type { RemoteParty } from '../telephony/port'
import { cleanLine } from '../text'
import { partyName } from './call-notices'
import type { TrackedCall } from './tracked-call'

export interface CallersNeeds {
  log: Log
  /**
   * Who a number is; synchronous, from the cache. `country` is for numbers without an international prefix, `networkName` what the network
   * sent, `contactId` whom the rep means.
   */
  lookup(number: string, options: { country: string; networkName: string | null; contactId: number | undefined }): CallerId
  /** The country of an account's numbers without a prefix; `null`: no account in particular. */
  country(accountId: string | null): string
}

export class Callers {
  constructor(private readonly needs: CallersNeeds) {}

  /** Who is calling on this account. */
  of({ number, displayName, withheld }: RemoteParty, accountId: string): CallerId {
    const caller = this.#lookup(withheld ? '' : number, displayName, undefined, accountId)
    return { ...caller, networkName: caller.networkName ?? displayName, withheld: withheld || caller.withheld }
  }

  /** Who is called; never withheld, though the target be called «private». `contactId`: whom the rep chose of several. */
  dialled(target: string, contactId: number | undefined, accountId: string | null): CallerId {
    const caller = this.#lookup(target, null, contactId, accountId)
    return caller.withheld ? { ...caller, withheld: false, raw: target, display: target } : caller
  }

  /** A number's owner, or the number, in one short text for reading; what came over the network is cleaned first. */
  nameOf(target: string, accountId: string): string {
    return partyName(this.dialled(cleanLine(target, 120), undefined, accountId))
  }

  /** The same party once contacts have changed. */
  again({
    caller,
    direction,
    chosenContact,
    sip: { accountId },
  }: Pick<TrackedCall, 'caller' | 'direction' | 'chosenContact' | 'sip'>): CallerId {
    const { networkName, withheld, raw, asking } = caller
    const found =
      direction === 'outgoing' ? this.dialled(raw, chosenContact, accountId) : this.#lookup(raw, networkName, chosenContact, accountId)
    return { ...found, networkName, withheld, asking }
  }

  /** A store that cannot be read must not keep a call from ringing. */
  #lookup(number: string, networkName: string | null, contactId: number | undefined, accountId: string | null): CallerId {
    try {
      return this.needs.lookup(number, { country: this.needs.country(accountId), networkName, contactId })
    } catch (err) {
      this.needs.log.error({ err }, 'a caller could not be looked up')
      const unknown = { e164: null, country: null, withheld: false, networkName, match: 'none' as const, contacts: [], lastCalls: [] }
      return { ...unknown, raw: number, display: number, organization: null, people: [], sharedBy: 0, asking: false }
    }
  }
}
