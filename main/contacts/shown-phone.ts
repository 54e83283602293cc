/** Numbers of contacts and organizations as the bridge shows them. */
import type { Database, Statement } from 'better-sqlite3'
import type { Phone } from '../../preload/contract'
import { displayNumber } from './numbers'

interface PhoneRow {
  e164: string | null
  raw: string
  type: Phone['type']
  label: string | null
  extension: string | null
  is_primary: number
}

/** A pop and a card show no more than this many; the rest is in the CRM. */
const mostPhones = 60

export class ShownPhones {
  readonly #of: Record<'contact' | 'organization', Statement<[number], PhoneRow>>

  constructor(db: Database) {
    const of = (column: string) =>
      db.prepare<[number], PhoneRow>(
        `SELECT e164, raw, type, label, extension, is_primary FROM phones WHERE ${column} = ? ORDER BY is_primary DESC, id LIMIT ${mostPhones}`,
      )
    this.#of = { contact: of('contact_id'), organization: of('organization_id') }
  }

  /** The primary one first. `country`: the rep's own, in whose reading form they are shown. */
  of(whose: 'contact' | 'organization', id: number, country: string): Phone[] {
    return this.#of[whose].all(id).map(({ e164, raw, type, label, extension, is_primary }) => ({
      e164,
      raw,
      display: displayNumber(e164, raw, country),
      type,
      label,
      extension,
      isPrimary: is_primary === 1,
    }))
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

/** Whether a record can be looked at where it came from (`RecordPages`). */
export type CanOpen = (type: 'contact' | 'organization' | 'deal' | 'lead', source: string, externalId: string | null) => boolean
export const opensNowhere: CanOpen = () => false

/** Who owns row `x`, and whether that is the rep: columns `owner` and `owner_is_me`. */
export const ownerColumns = (x: string) =>
  `(SELECT name FROM crm_users WHERE connection_id = ${x}.source AND external_id = ${x}.owner_id) AS owner,
   EXISTS (SELECT 1 FROM connections WHERE id = ${x}.source AND user_id = ${x}.owner_id) AS owner_is_me`
