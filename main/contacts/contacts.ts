/** Contacts for the rest of main: find, show, suggest, and «who is this number». */
import type { Statement } from 'better-sqlite3'
import type { CallerId, ContactDetail, ContactSummary } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Store } from '../store/store'
import { TroubleError } from '../trouble'
import { CallerIdLookup, type LookupOptions } from './caller-id'
import { ContactRows } from './contact-rows'
import type { CanOpen } from './origin'
import { keepSamplesState, type SamplesState, samplesState } from './samples'
import type { ListInput, ListOutput } from './search'
import type { SuggestInput, SuggestOutput } from './suggest'

export interface ContactsNeeds {
  store: Store
  clock: Clock
  /** The rep's own country as the settings have it now. */
  country: () => string
  /** Whether a contact can be looked at where it came from; nowhere when absent. */
  canOpen?: CanOpen
}

export class Contacts {
  readonly #needs: ContactsNeeds
  readonly #rows: ContactRows
  readonly #callerId: CallerIdLookup
  readonly #count: Statement<[], number>
  readonly #listeners = new Set<() => void>()
  /** Samples on their way. */
  #loading: Promise<unknown> = Promise.resolve()

  constructor(needs: ContactsNeeds) {
    const { db } = needs.store
    this.#needs = needs
    this.#rows = new ContactRows(db, needs.canOpen)
    this.#callerId = new CallerIdLookup(db)
    this.#count = db.prepare<[], number>('SELECT count(*) FROM contacts').pluck()
  }

  /** On main's own connection: a glance at every row of an index. */
  count(): number {
    return this.#count.get() ?? 0
  }

  /** The same on the read worker, for whoever asks again and again. Rejects with a TroubleError. */
  counted(): Promise<number> {
    return this.#needs.store.jobs.run('read', 'contacts.count', null)
  }

  get(id: number): ContactDetail | null {
    return this.#rows.detail(id, this.#needs.country())
  }

  /** One page in the order of names, found on the read worker. Rejects with a TroubleError. */
  list(input: Omit<ListInput, 'country'>): Promise<ListOutput> {
    return this.#needs.store.jobs.run('read', 'contacts.list', { ...input, country: this.#needs.country() } satisfies ListInput)
  }

  /** The best few for what has been typed so far, found on the read worker: main is not held up by typing. Rejects with a TroubleError. */
  suggest(text: string, limit = 6): Promise<ContactSummary[]> {
    return this.#needs.store.jobs.run('read', 'contacts.suggest', { text, limit, country: this.#needs.country() } satisfies SuggestInput)
  }

  /** The same with organizations. */
  suggestAll(text: string, limit = 6): Promise<SuggestOutput> {
    return this.#needs.store.jobs.run('read', 'contacts.suggestAll', { text, limit, country: this.#needs.country() } satisfies SuggestInput)
  }

  /** `country`: the account's, when it has one of its own; the rest as `LookupOptions`. */
  lookup(number: string, options: Partial<Omit<LookupOptions, 'home'>> = {}): CallerId {
    const home = this.#needs.country()
    return this.#callerId.lookup(number, { ...options, country: options.country ?? home, home })
  }

  /**
   * Of several who share a number this one is meant, from now on. Throws TroubleError `contacts.gone`, and `contacts.noNumber`
   * for what can be nobody's.
   */
  choose(number: string, contactId: number, country?: string): void {
    const { store, clock } = this.#needs
    const home = this.#needs.country()
    const key = this.#callerId.choiceKey(number, { country: country ?? home, home })
    if (key === null) throw new TroubleError('contacts.noNumber')
    this.need(contactId)
    store.write(() => this.#callerId.choose(key, contactId, clock.wall()), { key: `choice:${key}` })
  }

  /** Throws TroubleError `contacts.gone`. */
  need(id: number): ContactDetail {
    const contact = this.get(id)
    if (!contact) throw new TroubleError('contacts.gone')
    return contact
  }

  /** Some contacts who can call on the practice line, as a network would deliver them: samples where there are any. */
  async callers(most = 60): Promise<{ displayName: string; number: string }[]> {
    // Whoever takes the samples and asks for a practice call in one go means one of them.
    await this.#loading
    const some = (where: string) =>
      this.#needs.store.db
        .prepare<[number], { displayName: string; number: string }>(
          `SELECT c.name AS displayName, p.e164 AS number FROM contacts c JOIN phones p ON p.contact_id = c.id
           WHERE p.e164 IS NOT NULL AND ${where} GROUP BY c.id LIMIT ?`,
        )
        .all(most)
    const samples = some("c.source = 'sample'")
    return samples.length > 0 ? samples : some('true')
  }

  samples(): SamplesState {
    return samplesState(this.#needs.store)
  }

  async loadSamples(): Promise<{ added: number }> {
    const { store, clock } = this.#needs
    const load = store.jobs.run<number>('write', 'contacts.samples', { now: clock.wall() })
    this.#loading = load.catch(() => undefined)
    const added = await load
    keepSamplesState(store, 'loaded')
    this.#changed()
    return { added }
  }

  declineSamples(): void {
    keepSamplesState(this.#needs.store, 'declined')
    this.#changed()
  }

  /** Contacts were added, changed or removed by what was asked of this subject; what others write the store tells. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
