/** Organizations as the bridge shows them, read from any connection by prepared statements. */
import type { Database, Statement } from 'better-sqlite3'
import type { Deal, OrganizationDetail, OrganizationSummary } from '../../preload/contract'
import { texts } from './contact-rows'
import { countryOf } from './numbers'
import { type CanOpen, opensNowhere, ownerColumns } from './origin'
import { ShownPhones } from './shown-phones'

interface OrganizationRow {
  id: number
  name: string
  country: string | null
  source: string
  external_id: string | null
  note: string
  labels: string
  updated_at: number
  owner: string | null
  owner_is_me: number
  people: number
}

/** No more than these are shown; the rest is in the CRM. */
const mostDeals = 20
/** People are counted up to this many: where there are more, nobody waits for the exact number. */
export const mostPeopleCounted = 1_000
/** People whose deals are looked at. */
const mostPeopleRead = 200

export class OrganizationRows {
  readonly #organization: Statement<[number], OrganizationRow>
  readonly #phones: ShownPhones
  readonly #deals: Statement<[{ id: number }], Deal>

  constructor(
    db: Database,
    private readonly canOpen: CanOpen = opensNowhere,
  ) {
    this.#phones = new ShownPhones(db)
    this.#organization = db.prepare(
      `SELECT o.id, o.name, o.country, o.source, o.external_id, o.note, o.labels, o.updated_at,
         ${ownerColumns('o')},
         (SELECT count(*) FROM
           (SELECT 1 FROM contacts WHERE organization_id = o.id LIMIT ${mostPeopleCounted + 1})) AS people
       FROM organizations o WHERE o.id = +?`,
    )
    this.#deals = db.prepare(
      `SELECT d.id, kind, title, amount, currency, stage, status FROM deals d
       WHERE d.id IN (SELECT id FROM deals WHERE organization_id = +@id
         UNION SELECT d.id FROM (SELECT id FROM contacts WHERE organization_id = +@id LIMIT ${mostPeopleRead}) c
           CROSS JOIN deals d ON d.contact_id = c.id)
       ORDER BY (status = 'open') DESC, amount DESC LIMIT ${mostDeals}`,
    )
  }

  /** `country`: the rep's own, in whose reading form numbers are shown. */
  summary(id: number, country: string): OrganizationSummary | null {
    const row = this.#organization.get(id)
    return row ? this.#summary(row, country) : null
  }

  /** With its deals and those of its people. */
  detail(id: number, country: string): OrganizationDetail | null {
    const row = this.#organization.get(id)
    if (!row) return null
    return {
      ...this.#summary(row, country),
      owner: row.owner,
      ownerIsMe: row.owner_is_me === 1,
      canOpen: this.canOpen('organization', row.source, row.external_id),
      updatedAt: row.updated_at,
      note: row.note,
      labels: texts(row.labels),
      deals: this.#deals.all({ id }),
    }
  }

  #summary({ id, name, country, people: found, source }: OrganizationRow, home: string): OrganizationSummary {
    const phones = this.#phones.of('organization', id, home)
    const people = Math.min(found, mostPeopleCounted)
    const morePeople = found > people
    return { id, name, country: country ?? countryOf(phones[0]?.e164 ?? null), phones, people, morePeople, source }
  }
}
