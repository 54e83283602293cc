/** Contacts as the bridge shows them, read from any connection by prepared statements. */
import type { Database, Statement } from 'better-sqlite3'
import { type ContactDetail, type ContactSummary, type Deal, type Phone, trouble as troubleSchema } from '../../preload/contract'
import { countryOf, displayNumber } from './numbers'
import { type CanOpen, opensNowhere, ownerColumns } from './origin'

interface SummaryRow {
  id: number
  name: string
  organization: string | null
  organization_id: number | null
  job_title: string | null
  country: string | null
  source: string
}
interface ContactRow extends SummaryRow {
  external_id: string | null
  emails: string
  note: string
  labels: string
  updated_at: number
  owner: string | null
  owner_is_me: number
  edited: string | null
  offer_trouble: string | null
  // Most contacts have none: a statement more costs ten times the probe.
  has_deals: number
  has_shared_deals: number
}
export interface PhoneRow {
  e164: string | null
  raw: string
  type: Phone['type']
  label: string | null
  extension: string | null
  is_primary: number
}

/** A pop and a card show no more than this many; the rest is in the CRM. */
const mostPhones = 60
const mostDeals = 20

export class ContactRows {
  readonly #contact: Statement<[number], ContactRow>
  readonly #phones: Statement<[number], PhoneRow>
  readonly #several: Statement<[string], SummaryRow>
  readonly #phonesOfSeveral: Statement<[string], PhoneRow & { contact_id: number }>
  readonly #deals: Statement<[number], Deal>
  readonly #sharedDeals: Statement<[number], Deal>

  constructor(
    db: Database,
    private readonly canOpen: CanOpen = opensNowhere,
  ) {
    this.#contact = db.prepare(
      `SELECT c.id, c.name, o.name AS organization, c.job_title, c.country, c.source, c.external_id, c.emails, c.note, c.labels, c.organization_id,
         c.updated_at, c.edited, c.offer_trouble,
         ${ownerColumns('c')},
         EXISTS (SELECT 1 FROM deals WHERE contact_id = c.id) AS has_deals,
         EXISTS (SELECT 1 FROM deals WHERE organization_id = c.organization_id AND contact_id IS NULL) AS has_shared_deals
       FROM contacts c LEFT JOIN organizations o ON o.id = c.organization_id WHERE c.id = +?`,
    )
    this.#phones = db.prepare(
      `SELECT e164, raw, type, label, extension, is_primary FROM phones WHERE contact_id = +? ORDER BY is_primary DESC, id LIMIT ${mostPhones}`,
    )
    // CROSS JOIN: the few that are asked for come first, whatever the planner thinks of a million rows.
    this.#several = db.prepare(
      `SELECT c.id, c.name, o.name AS organization, c.organization_id, c.job_title, c.country, c.source
       FROM json_each(?) j CROSS JOIN contacts c ON c.id = j.value LEFT JOIN organizations o ON o.id = c.organization_id ORDER BY j.key`,
    )
    this.#phonesOfSeveral = db.prepare(
      `SELECT p.contact_id, p.e164, p.raw, p.type, p.label, p.extension, p.is_primary FROM json_each(?) j CROSS JOIN phones p ON p.contact_id = j.value
       ORDER BY p.is_primary DESC, p.id`,
    )
    const deals = (whose: string) =>
      `SELECT id, kind, title, amount, currency, stage, status FROM deals WHERE ${whose} ORDER BY (status = 'open') DESC, amount DESC LIMIT ${mostDeals}`
    this.#deals = db.prepare(deals('contact_id = +?'))
    // A deal of the organization that names no person belongs to everyone there.
    this.#sharedDeals = db.prepare(deals('organization_id = +? AND contact_id IS NULL'))
  }

  /** `country`: the rep's own, in whose reading form numbers are shown. */
  summary(id: number, country: string): ContactSummary | null {
    const row = this.#contact.get(id)
    return row ? this.#summary(row, country) : null
  }

  /** Those of them that there are, in their order: one read for all, not one for each. */
  summaries(ids: readonly number[], country: string): ContactSummary[] {
    if (ids.length === 0) return []
    const asked = JSON.stringify(ids)
    const phones = Map.groupBy(this.#phonesOfSeveral.all(asked), (phone) => phone.contact_id)
    return this.#several.all(asked).map((row) => this.#summary(row, country, phones.get(row.id)?.slice(0, mostPhones) ?? []))
  }

  detail(id: number, country: string): ContactDetail | null {
    const row = this.#contact.get(id)
    if (!row) return null
    return {
      ...this.#summary(row, country),
      owner: row.owner,
      ownerIsMe: row.owner_is_me === 1,
      canOpen: this.canOpen('contact', row.source, row.external_id),
      updatedAt: row.updated_at,
      offer: { state: offerState(row), trouble: storedTrouble(row.offer_trouble) },
      emails: texts(row.emails),
      note: row.note,
      labels: texts(row.labels),
      deals: [
        ...(row.has_deals ? this.#deals.all(id) : []),
        ...(row.has_shared_deals ? this.#sharedDeals.all(row.organization_id ?? 0) : []),
      ],
    }
  }

  #summary(row: SummaryRow, country: string, rows = this.#phones.all(row.id)): ContactSummary {
    const phones = rows.map((phone) => phoneOf(phone, country))
    return {
      id: row.id,
      name: row.name,
      organization: row.organization,
      organizationId: row.organization_id,
      jobTitle: row.job_title,
      country: row.country ?? countryOf(phones[0]?.e164 ?? null),
      phones,
      source: row.source,
    }
  }
}

/** `country`: the rep's own, in whose reading form the number is shown. */
export function phoneOf({ e164, raw, type, label, extension, is_primary }: PhoneRow, country: string): Phone {
  return { e164, raw, display: displayNumber(e164, raw, country), type, label, extension, isPrimary: is_primary === 1 }
}

/** Samples are nobody's: they are not offered to a CRM. */
function offerState({ source, edited }: ContactRow): ContactDetail['offer']['state'] {
  if (source === 'local' || source === 'import') return 'new'
  return edited === null ? 'none' : 'changed'
}

function storedTrouble(json: string | null): ContactDetail['offer']['trouble'] {
  if (json === null) return null
  try {
    return troubleSchema.safeParse(JSON.parse(json)).data ?? null
  } catch {
    return null
  }
}

/** A JSON array of strings; what is not one counts as empty. */
export function texts(json: string): string[] {
  if (json === '[]') return []
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
  } catch {
    return []
  }
}
