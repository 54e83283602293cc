/** Contacts for the rest of main: find, show, suggest, and «who is this number». */
import type { Statement } from 'better-sqlite3'
import type { CallerId, ContactDetail, ContactSummary, Snapshot } from '../../preload/contract'
import type { Store } from '../store/store'
import { CallerIdLookup } from './caller-id'
import { ContactSearch, type ListInput, type ListOutput } from './search'

export interface ContactsNeeds {
  store: Store
  /** The rep's own country as the settings have it now. */
  country: () => string
}

export class Contacts {
  readonly #needs: ContactsNeeds
  readonly #search: ContactSearch
  readonly #callerId: CallerIdLookup
  readonly #count: Statement<[], number>

  constructor(needs: ContactsNeeds) {
    const { db } = needs.store
    this.#needs = needs
    this.#search = new ContactSearch(db)
    this.#callerId = new CallerIdLookup(db)
    this.#count = db.prepare<[], number>('SELECT count(*) FROM contacts').pluck()
  }

  count(): number {
    return this.#count.get() ?? 0
  }

  get(id: number): ContactDetail | null {
    return this.#search.rows.detail(id, this.#needs.country())
  }

  /** One page in the order of names, found on the read worker. Rejects with a TroubleError. */
  list(input: Omit<ListInput, 'country'>): Promise<ListOutput> {
    return this.#needs.store.jobs.run('read', 'contacts.list', { ...input, country: this.#needs.country() } satisfies ListInput)
  }

  suggest(text: string, limit = 6): ContactSummary[] {
    return this.#search.suggest(text, limit, this.#needs.country())
  }

  /** `country`: the account's, when it has one of its own. */
  lookup(number: string, options: { country?: string; networkName?: string | null } = {}): CallerId {
    const home = this.#needs.country()
    return this.#callerId.lookup(number, { country: options.country ?? home, home, networkName: options.networkName ?? null })
  }
}
export type SamplesState = Snapshot['samples']
