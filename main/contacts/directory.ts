/** Organizations, deals and leads for the rest of main: their pages, one of them whole, and where each can be looked at. */
import type { ContactSummary, DealDetail, DealSummary, OrganizationDetail, OrganizationSummary } from '../../preload/contract'
import type { Store } from '../store/store'
import { TroubleError } from '../trouble'
import { Deals, type DealsInput } from './deals'
import { OrganizationRows } from './organization-rows'
import type { OrganizationsInput } from './organizations'
import type { CanOpen } from './origin'
import type { PeopleInput } from './people'

export interface DirectoryNeeds {
  store: Store
  /** The rep's own country as the settings have it now. */
  country(): string
  canOpen: CanOpen
}
interface Page<T> {
  rows: T[]
  next: string | null
}
type Asked<T> = Omit<T, 'country'>

export class Directory {
  readonly #organizations: OrganizationRows
  readonly #deals: Deals

  constructor(private readonly needs: DirectoryNeeds) {
    const { store, canOpen } = needs
    this.#organizations = new OrganizationRows(store.db, canOpen)
    this.#deals = new Deals(store.db, canOpen)
  }

  /** One page of an organization's people, in the order of names. Rejects with a TroubleError. */
  people(input: Asked<PeopleInput>): Promise<Page<ContactSummary>> {
    return this.#page<ContactSummary, PeopleInput>('contacts.people', input)
  }
  organizations(input: Asked<OrganizationsInput>): Promise<Page<OrganizationSummary>> {
    return this.#page<OrganizationSummary, OrganizationsInput>('contacts.organizations', input)
  }
  deals(input: Asked<DealsInput>): Promise<Page<DealSummary>> {
    return this.#page<DealSummary, DealsInput>('contacts.deals', input)
  }

  /** Throws TroubleError `contacts.organizationGone`. */
  organization(id: number): OrganizationDetail {
    const found = this.#organizations.detail(id, this.needs.country())
    if (!found) throw new TroubleError('contacts.organizationGone')
    return found
  }

  /** Throws TroubleError `contacts.dealGone`. */
  deal(id: number): DealDetail {
    const found = this.#deals.detail(id, this.needs.country())
    if (!found) throw new TroubleError('contacts.dealGone')
    return found
  }

  /** Where a record came from, and how it is called there; null: there is no such record. */
  origin(
    type: 'contact' | 'organization' | 'deal',
    id: number,
  ): { kind: 'contact' | 'organization' | 'deal' | 'lead'; source: string; externalId: string | null } | null {
    const { db } = this.needs.store
    const kind = type === 'deal' ? 'kind' : `'${type}'`
    const table = { contact: 'contacts', organization: 'organizations', deal: 'deals' }[type]
    return (
      db
        .prepare<[number], { kind: 'contact' | 'organization' | 'deal' | 'lead'; source: string; externalId: string | null }>(
          `SELECT ${kind} AS kind, source, external_id AS externalId FROM ${table} WHERE id = ?`,
        )
        .get(id) ?? null
    )
  }

  #page<T, I extends { country: string }>(job: string, input: Omit<I, 'country'>): Promise<Page<T>> {
    return this.needs.store.jobs.run('read', job, { ...input, country: this.needs.country() })
  }
}
