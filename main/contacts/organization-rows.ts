/** Organizations as the bridge shows them, read from any connection by prepared statements. */
import type { Database, Statement } from 'better-sqlite3'
import type { Deal, OrganizationDetail } from '../../preload/contract'
import { type PhoneRow, phoneOf, texts } from './contact-rows'
import { countryOf } from './numbers'

interface OrganizationRow {
  id: number
  name: string
  country: string | null
  source: string
  note: string
  labels: string
  updated_at: number
  owner: string | null
  owner_is_me: number
  people: number
}

/** No more than these are shown; the rest is in the CRM. */
const mostPhones = 60
const mostDeals = 20

export class OrganizationRows {
  readonly #organization: Statement<[number], OrganizationRow>
  readonly #phones: Statement<[number], PhoneRow>
  readonly #deals: Statement<[number], Deal>

  constructor(db: Database) {
    this.#organization = db.prepare(
      `SELECT o.id, o.name, o.country, o.source, o.note, o.labels, o.updated_at,
         (SELECT name FROM crm_users WHERE connection_id = o.source AND external_id = o.owner_id) AS owner,
         EXISTS (SELECT 1 FROM connections WHERE id = o.source AND user_id = o.owner_id) AS owner_is_me,
         (SELECT count(*) FROM contacts WHERE organization_id = o.id) AS people
       FROM organizations o WHERE o.id = ?`,
    )
    this.#phones = db.prepare(
      `SELECT e164, raw, type, label, extension, is_primary FROM phones WHERE organization_id = ? ORDER BY is_primary DESC, id LIMIT ${mostPhones}`,
    )
    this.#deals = db.prepare(
      `SELECT d.id, kind, title, amount, currency, stage, status FROM deals d
       WHERE d.id IN (SELECT id FROM deals WHERE organization_id = ?1 AND contact_id IS NULL
         UNION ALL SELECT d.id FROM contacts c CROSS JOIN deals d ON d.contact_id = c.id WHERE c.organization_id = ?1)
       ORDER BY (status = 'open') DESC, amount DESC LIMIT ${mostDeals}`,
    )
  }

  /** With its deals and those of its people. `country`: the rep's own, in whose reading form numbers are shown. */
  detail(id: number, country: string): OrganizationDetail | null {
    const row = this.#organization.get(id)
    if (!row) return null
    const phones = this.#phones.all(id).map((phone) => phoneOf(phone, country))
    return {
      id: row.id,
      name: row.name,
      country: row.country ?? countryOf(phones[0]?.e164 ?? null),
      phones,
      people: row.people,
      source: row.source,
      owner: row.owner,
      ownerIsMe: row.owner_is_me === 1,
      canOpen: false,
      updatedAt: row.updated_at,
      note: row.note,
      labels: texts(row.labels),
      deals: this.#deals.all(id),
    }
  }
}
