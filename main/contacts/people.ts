/** The people of one organization, in the order of names. */
import type { Database, Statement } from 'better-sqlite3'
import { searchWords } from '../text'
import { ContactRows } from './contact-rows'
import { type NamedTable, type Place, pageOfNames } from './named-pages'
import type { ListInput, ListOutput } from './search'

export interface PeopleInput extends ListInput {
  organizationId: number
}

export class People {
  readonly #rows: ContactRows
  readonly #all: Statement<[number, string, number], Place>
  readonly #text: Statement<[number], string>

  constructor(db: Database) {
    this.#rows = new ContactRows(db)
    this.#text = db.prepare<[number], string>('SELECT search FROM contacts WHERE id = ?').pluck()
    // Even five thousand are sorted in a few milliseconds, and no index of names is as narrow as their organization.
    this.#all = db.prepare(
      `SELECT id, sort_name FROM contacts WHERE organization_id = ? AND (sort_name, id) > (?, ?)
       ORDER BY +sort_name, +id`,
    )
  }

  /** One page. Belongs on the read worker. */
  list({ organizationId, query, cursor, limit, country }: PeopleInput): ListOutput {
    const words = searchWords(query.slice(0, 200))
    if (query.trim() !== '' && words.length === 0) return { rows: [], next: null }
    const walk = ({ sort_name, id }: Place) => this.#all.iterate(organizationId, sort_name, id)
    const table: NamedTable = { holding: () => null, walk, those: (_, after) => walk(after), text: (id) => this.#text.get(id) ?? '' }
    const { ids, next } = pageOfNames(table, { words, cursor, limit })
    return { rows: ids.map((id) => this.#rows.summary(id, country)).filter((row) => row !== null), next }
  }
}
