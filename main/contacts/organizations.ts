/** Organizations: pages by name, and one with its numbers and deals. */
import type { Database, Statement } from 'better-sqlite3'
import type { Deal, OrganizationDetail, OrganizationSummary } from '../../preload/contract'
import { matchWord, searchWords } from '../text'
import { type NamedRow, type NamedTable, type Place, pageOfNames } from './named-pages'
import { asciiDigits, countryOf } from './numbers'
import { type CanOpen, opensNowhere, ownerColumns, ShownPhones, texts } from './shown-phone'

interface Row {
  id: number
  name: string
  country: string | null
  source: string
  external_id: string | null
  note: string
  labels: string
  updated_at: number
  people: number
  owner: string | null
  owner_is_me: number
}

export interface OrganizationsInput {
  query: string
  cursor: string | null
  limit: number
  country: string
}

const mostDeals = 60
/** Digit search begins at this length. */
const fewestDigits = 3
const mostByDigits = 2_000

export class Organizations implements NamedTable {
  readonly #one: Statement<[number], Row>
  readonly #deals: Statement<[number], Deal>
  readonly #holding: Statement<[string, number], number>
  readonly #byDigits: Statement<[string, number], number>
  readonly #walk: Statement<[string, number], NamedRow>
  readonly #those: Statement<[string, string, number], NamedRow>
  readonly #phones: ShownPhones

  constructor(
    db: Database,
    private readonly canOpen: CanOpen = opensNowhere,
  ) {
    this.#phones = new ShownPhones(db)
    this.#one = db.prepare(
      `SELECT o.id, o.name, o.country, o.source, o.external_id, o.note, o.labels, o.updated_at,
         (SELECT count(*) FROM contacts WHERE organization_id = o.id) AS people, ${ownerColumns('o')}
       FROM organizations o WHERE o.id = ?`,
    )
    this.#deals = db.prepare(
      `SELECT id, kind, title, amount, currency, stage, status FROM deals WHERE organization_id = ?
       ORDER BY (status = 'open') DESC, amount DESC, id LIMIT ${mostDeals}`,
    )
    this.#holding = db
      .prepare<[string, number], number>('SELECT rowid FROM organizations_text WHERE organizations_text MATCH ? LIMIT ?')
      .pluck()
    this.#byDigits = db
      .prepare<[string, number], number>(
        `SELECT DISTINCT p.organization_id FROM phones_text t JOIN phones p ON p.id = t.rowid
         WHERE phones_text MATCH ? AND p.organization_id IS NOT NULL LIMIT ?`,
      )
      .pluck()
    this.#walk = db.prepare('SELECT id, sort_name, search AS text FROM organizations WHERE (sort_name, id) > (?, ?) ORDER BY sort_name, id')
    this.#those = db.prepare(
      `SELECT o.id, o.sort_name, o.search AS text FROM json_each(?) j JOIN organizations o ON o.id = j.value
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
    return { rows: ids.map((id) => this.#summary(id, country)).filter((row) => row !== null), next }
  }

  /** Null when there is none. */
  detail(id: number, country: string): OrganizationDetail | null {
    const row = this.#one.get(id)
    if (!row) return null
    return {
      ...this.#summaryOf(row, country),
      note: row.note,
      labels: texts(row.labels),
      deals: this.#deals.all(id),
      owner: row.owner,
      ownerIsMe: row.owner_is_me === 1,
      canOpen: this.canOpen('organization', row.source, row.external_id),
      updatedAt: row.updated_at,
    }
  }

  holding(word: string, most: number): number[] | null {
    const ids = this.#holding.all(matchWord(word), most + 1)
    return ids.length > most ? null : ids
  }
  walk(after: Place): Iterable<NamedRow> {
    return this.#walk.iterate(after.sort_name, after.id)
  }
  those(ids: readonly number[], after: Place): Iterable<NamedRow> {
    return this.#those.all(JSON.stringify(ids), after.sort_name, after.id)
  }

  #withDigits(typed: string): number[] {
    const variants = [...new Set([typed, typed.replace(/^0+/, '')])].filter((digits) => digits.length >= fewestDigits)
    return variants.length === 0 ? [] : this.#byDigits.all(variants.map((digits) => `"${digits}"`).join(' OR '), mostByDigits)
  }

  #summary(id: number, country: string): OrganizationSummary | null {
    const row = this.#one.get(id)
    return row ? this.#summaryOf(row, country) : null
  }

  #summaryOf({ id, name, country, people, source }: Row, home: string): OrganizationSummary {
    const phones = this.#phones.of('organization', id, home)
    return { id, name, country: country ?? countryOf(phones[0]?.e164 ?? null), phones, people, source }
  }
}
