/** Numbers of contacts and organizations as the bridge shows them, read from any connection. */
import type { Database, Statement } from 'better-sqlite3'
import type { Phone } from '../../preload/contract'
import { type PhoneRow, phoneOf } from './contact-rows'

/** A card shows no more than this many; the rest is in the CRM. */
const mostPhones = 60

export class ShownPhones {
  readonly #of: Record<'contact' | 'organization', Statement<[number], PhoneRow>>

  constructor(db: Database) {
    const of = (column: string) =>
      db.prepare<[number], PhoneRow>(
        `SELECT e164, raw, type, label, extension, is_primary FROM phones WHERE ${column} = +? ORDER BY is_primary DESC, id LIMIT ${mostPhones}`,
      )
    this.#of = { contact: of('contact_id'), organization: of('organization_id') }
  }

  /** The primary one first. `country`: the rep's own, in whose reading form they are shown. */
  of(whose: 'contact' | 'organization', id: number, country: string): Phone[] {
    return this.#of[whose].all(id).map((row) => phoneOf(row, country))
  }
}
