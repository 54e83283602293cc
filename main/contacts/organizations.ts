/** Organizations in pages by name, found by words and by digits of their numbers. */
import type { Database, Statement } from 'better-sqlite3'
import type { OrganizationSummary } from '../../preload/contract'
import { matchWord, searchWords } from '../text'
import { type NamedTable, type Place, pageOfNames } from './named-pages'
import { asciiDigits } from './numbers'
import { OrganizationRows } from './organization-rows'

export interface OrganizationsInput {
  query: string
  cursor: string | null
  limit: number
  country: string
}

/** Digit search begins at this length. */
const fewestDigits = 3
const mostByDigits = 2_000

export class Organizations implements NamedTable {
  readonly #rows: OrganizationRows
  readonly #holding: Statement<[string, number], number>
  readonly #byDigits: Statement<[string, number], number>
  readonly #walk: Statement<[string, number], Place>
  readonly #those: Statement<[string, string, number], Place>
  readonly #text: Statement<[number], string>

  constructor(db: Database) {
    this.#rows = new OrganizationRows(db)
    this.#text = db.prepare<[number], string>('SELECT search FROM organizations WHERE id = ?').pluck()
    this.#holding = db
      .prepare<[string, number], number>('SELECT rowid FROM organizations_text WHERE organizations_text MATCH ? LIMIT ?')
      .pluck()
    this.#byDigits = db
      .prepare<[string, number], number>(
        `SELECT DISTINCT p.organization_id FROM phones_text t JOIN phones p ON p.id = t.rowid
         WHERE phones_text MATCH ? AND p.organization_id IS NOT NULL LIMIT ?`,
      )
      .pluck()
    this.#walk = db.prepare('SELECT id, sort_name FROM organizations WHERE (sort_name, id) > (?, ?) ORDER BY sort_name, id')
    this.#those = db.prepare(
      `SELECT o.id, o.sort_name FROM json_each(?) j JOIN organizations o ON o.id = j.value
       WHERE (o.sort_name, o.id) > (?, ?) ORDER BY o.sort_name, o.id`,
    )
  }

  /** One page in the order of names. Belongs on the read worker. */
  list({ query, cursor, limit, country }: OrganizationsInput): { rows: OrganizationSummary[]; next: string | null } {
    const text = asciiDigits(query.slice(0, 200))
    const words = searchWords(text)
    const also = /\p{L}/u.test(text) ? [] : this.#withDigits(text.replace(/\D/g, ''))
    if (query.trim() !== '' && words.length === 0) return { rows: [], next: null }
    const { ids, next } = pageOfNames(this, { words, also, cursor, limit })
    return { rows: ids.map((id) => this.#rows.summary(id, country)).filter((row) => row !== null), next }
  }

  holding(word: string, most: number): number[] | null {
    const ids = this.#holding.all(matchWord(word), most + 1)
    return ids.length > most ? null : ids
  }
  text(id: number): string {
    return this.#text.get(id) ?? ''
  }
  walk(after: Place): Iterable<Place> {
    return this.#walk.iterate(after.sort_name, after.id)
  }
  those(ids: readonly number[], after: Place): Iterable<Place> {
    return this.#those.all(JSON.stringify(ids), after.sort_name, after.id)
  }

  #withDigits(typed: string): number[] {
    const variants = [...new Set([typed, typed.replace(/^0+/, '')])].filter((digits) => digits.length >= fewestDigits)
    return variants.length === 0 ? [] : this.#byDigits.all(variants.map((digits) => `"${digits}"`).join(' OR '), mostByDigits)
  }
}
