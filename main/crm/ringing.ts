/**
 * While a call rings its CRMs are asked: for the contact afresh, or, where the cache knows nobody, by the CRM's own search. What
 * they answer goes through the cache and from there into the live call. It happens beside the ring, never before it, for a
 * limited time; a CRM that is away or refuses only leaves the caller as the cache has him.
 */
import { setImmediate } from 'node:timers/promises'
import type { CallerId, LiveCall } from '../../preload/contract'
import type { Clock } from '../clock'
import { partsOf } from '../contacts/port'
import type { Log } from '../log'
import { troubleOf } from '../trouble'
import type { CrmAccess, CrmConnection, CrmRecord, CrmSend } from './crm'

/** How long a CRM may take, in ms: then the call has been answered, or the rep has read what there is. */
export const ringingLimitMs = 2_500
/** A contact is not asked for again within this time, in ms. */
export const refreshEveryMs = 3 * 60_000
/** Contacts whose last refresh is remembered. */
const mostRemembered = 1_000

export interface RingingNeeds {
  crms: CrmAccess
  clock: Clock
  log: Log
  /** False: nobody is asked. */
  enabled(): boolean
  /** What a CRM calls one of its contacts; null for one that is not there. */
  externalId(contactId: number): string | null
  /** Puts records into the cache; resolves when look-ups find them. */
  write(connection: CrmConnection, records: CrmRecord[]): Promise<unknown>
  calls: {
    onChange(listener: (call: LiveCall) => void): () => void
    /** Whether CRMs are being asked for a caller. */
    setAsking(callId: string, asking: boolean): void
    /** The cache knows more than before. */
    refreshCallers(): void
  }
}

export class RingingLookups {
  /** Calls that are on: each is asked for once. */
  readonly #seen = new Set<string>()
  /** Monotonic ms by contact. */
  readonly #refreshed = new Map<number, number>()
  readonly #closing = new AbortController()
  readonly #stop: () => void

  constructor(private readonly needs: RingingNeeds) {
    this.#stop = needs.calls.onChange((call) => this.#changed(call))
  }

  close(): void {
    this.#stop()
    this.#closing.abort()
  }

  #changed({ id, phase, caller, emergency }: LiveCall): void {
    if (phase === 'ended') return void this.#seen.delete(id)
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    if (emergency || caller.withheld || caller.e164 === null || !this.needs.enabled()) return
    // What is shown of the call goes out first.
    void setImmediate().then(() => this.#ask(id, caller))
  }

  async #ask(callId: string, caller: CallerId): Promise<void> {
    const { crms, log, calls } = this.needs
    try {
      const open = crms.open().filter((connection) => connection.callerId)
      if (open.length === 0 || this.#closing.signal.aborted) return
      const [first] = caller.contacts
      const refreshing = first === undefined ? null : this.#refresh(first.id, first.source, open)
      const searches = caller.match === 'exact' ? [] : this.#searches(caller, open)
      if (searches.length > 0) calls.setAsking(callId, true)
      await Promise.all([refreshing, ...searches])
      if (searches.length > 0) calls.setAsking(callId, false)
    } catch (err) {
      log.error({ err, callId }, 'the CRMs could not be asked for a caller')
    }
  }

  #refresh(contactId: number, source: string, open: readonly CrmConnection[]): Promise<void> | null {
    const connection = open.find(({ id }) => id === source)
    const externalId = connection ? this.needs.externalId(contactId) : null
    if (!connection || externalId === null || !this.#mayRefresh(contactId)) return null
    return this.#inTime(connection, (send) => connection.crm.refresh(send, externalId, connection.config))
  }

  #mayRefresh(contactId: number): boolean {
    const now = this.needs.clock.monotonic()
    const last = this.#refreshed.get(contactId)
    if (last !== undefined && now - last < refreshEveryMs) return false
    if (this.#refreshed.size >= mostRemembered) this.#refreshed.clear()
    this.#refreshed.set(contactId, now)
    return true
  }

  #searches({ e164 }: CallerId, open: readonly CrmConnection[]): Promise<void>[] {
    const national = e164 === null ? null : partsOf(e164)?.national
    if (e164 === null || !national) return []
    return open
      .filter(({ id }) => this.needs.crms.claimSearch(id, e164))
      .map((connection) => {
        const number = { e164, national, digits: e164.slice(1) }
        return this.#inTime(connection, (send) => connection.crm.search(send, number, connection.config))
      })
  }

  /** Never rejects; resolves within the limit, and what comes later is left. */
  async #inTime(connection: CrmConnection, ask: (send: CrmSend) => Promise<CrmRecord[]>): Promise<void> {
    const { log, calls } = this.needs
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(ringingLimitMs)])
    const send: CrmSend = (request) => connection.http.send(request, { purpose: 'call', signal, timeoutMs: ringingLimitMs })
    try {
      const records = await until(signal, ask(send))
      if (records.length === 0 || signal.aborted) return
      // What has come is kept and shown, however long the cache is busy; «asking» is over by then.
      await until(
        signal,
        this.needs.write(connection, records).then(() => calls.refreshCallers()),
      )
    } catch (err) {
      log.info({ connection: connection.id, trouble: troubleOf(err).code }, 'a CRM did not say in time who calls')
    }
  }
}

/** Rejects with the signal's reason when it comes first; what is left behind fails unheard. */
async function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  work.catch(() => {})
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
