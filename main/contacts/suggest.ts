/**
 * The best few for what has been typed so far: names that begin so first, then other words, then parts of numbers (for digits
 * the other way round); within each those spoken to lately, then the rep's own, then the rest. A few dozen are looked at, never
 * all that would fit.
 */
import type { Database } from 'better-sqlite3'
import type { ContactSummary, OrganizationSummary } from '../../preload/contract'
import { asciiDigits, holdsWords } from '../text'
import { ContactRows } from './contact-rows'
import { callingCodeOf, parseNumber } from './numbers'
import { OrganizationRows } from './organization-rows'
import { holdsDigits, holdsOthers, type Query, takeApart } from './query'

export interface SuggestInput {
  text: string
  limit: number
  /** The rep's own country, for the reading form of numbers. */
  country: string
}
export interface SuggestOutput {
  contacts: ContactSummary[]
  organizations: OrganizationSummary[]
}

/** How many of each kind are looked at. */
const pool = 48
/** Names that begin as the first word, looked at for the other words. */
const mostLooked = 400
const recentContacts = 200
const end = '\u{10FFFF}'

interface Row {
  id: number
  sort_name: string
  search: string
}
interface Candidate {
  id: number
  /** 0 is best. */
  kind: number
}

export class Suggestions {
  readonly #contacts: ContactRows
  readonly #organizations: OrganizationRows
  readonly #people
  readonly #companies
  readonly #recent
  readonly #rows
  readonly #phones

  constructor(db: Database) {
    this.#contacts = new ContactRows(db)
    this.#organizations = new OrganizationRows(db)
    this.#people = new Table(db, 'contacts', 'contact_id')
    this.#companies = new Table(db, 'organizations', 'organization_id')
    this.#recent = db
      .prepare<[], number>(
        `SELECT DISTINCT contact_id FROM calls WHERE contact_id IS NOT NULL ORDER BY started_at DESC LIMIT ${recentContacts}`,
      )
      .pluck()
    this.#rows = db.prepare<[string], Row>(
      'SELECT c.id, c.sort_name, c.search FROM json_each(?) j CROSS JOIN contacts c ON c.id = j.value ORDER BY j.key',
    )
    this.#phones = db.prepare<[string], { contact_id: number; e164: string | null; digits: string }>(
      'SELECT p.contact_id, p.e164, p.digits FROM json_each(?) j CROSS JOIN phones p ON p.contact_id = j.value',
    )
  }

  contacts({ text, limit, country }: SuggestInput): ContactSummary[] {
    const query = takeApart(text)
    if (!query.match && !query.matchDigits) return []
    const starts = query.isNumber ? numberStarts(asciiDigits(text.trim()), country) : []
    const recent = this.#recentOnes(query, starts)
    const order = new Map(recent.map(({ id }, at) => [id, at]))
    return this.#contacts.summaries(best([...recent, ...this.#people.candidates(query, starts)], limit, this.#people, order), country)
  }

  all(input: SuggestInput): SuggestOutput {
    const query = takeApart(input.text)
    if (!query.match && !query.matchDigits) return { contacts: [], organizations: [] }
    const starts = query.isNumber ? numberStarts(asciiDigits(input.text.trim()), input.country) : []
    const ids = best(this.#companies.candidates(query, starts), input.limit, this.#companies, new Map())
    const organizations = ids.map((id) => this.#organizations.summary(id, input.country)).filter((each) => each !== null)
    return { contacts: this.contacts(input), organizations }
  }

  /** Of those spoken to lately, the latest first. */
  #recentOnes(query: Query, starts: readonly string[]): Candidate[] {
    const ids = JSON.stringify(this.#recent.all())
    const phones = query.digits.length > 0 ? Map.groupBy(this.#phones.all(ids), (phone) => phone.contact_id) : new Map<number, never[]>()
    return this.#rows.all(ids).flatMap(({ id, sort_name, search }): Candidate[] => {
      const numbers = (phones.get(id) ?? []).filter((phone) => holdsDigits(query, phone))
      const kinds = [
        ...(query.match && holdsWords(search, query.words) ? [kindOf(query, sort_name)] : []),
        ...(numbers.length > 0 && holdsOthers(query, search)
          ? [
              numbers.some(({ e164 }) => starts.some((start) => e164?.startsWith(start)))
                ? numberKinds(query).start
                : numberKinds(query).part,
            ]
          : []),
      ]
      return kinds.length > 0 ? [{ id, kind: Math.min(...kinds) }] : []
    })
  }
}

/** Digits typed alone mean a number first. */
const numberKinds = ({ isNumber }: Query) => (isNumber ? { start: 0, part: 1 } : { start: 3, part: 3 })
const kindOf = ({ isNumber, whole, lead }: Query, sortName: string) =>
  (isNumber ? 2 : 0) + (sortName.startsWith(whole) ? 0 : sortName.startsWith(lead) ? 0.5 : 1)

function best(candidates: readonly Candidate[], limit: number, table: Table, recent: ReadonlyMap<number, number>): number[] {
  const kinds = new Map<number, number>()
  for (const { id, kind } of candidates) kinds.set(id, Math.min(kind, kinds.get(id) ?? Number.POSITIVE_INFINITY))
  const own = table.own([...kinds.keys()])
  const rank = (id: number) => recent.get(id) ?? (own.has(id) ? recentContacts : recentContacts + 1)
  return [...kinds]
    .map(([id, kind], at) => ({ id, kind: Math.floor(kind), at, rank: rank(id), closeness: kind % 1 }))
    .sort((one, other) => one.kind - other.kind || one.closeness - other.closeness || one.rank - other.rank || one.at - other.at)
    .slice(0, limit)
    .map(({ id }) => id)
}

/** What contacts and organizations have in common. */
class Table {
  readonly #range
  readonly #holding
  readonly #names
  readonly #numberStarts
  readonly #digits
  readonly #digitsWith
  readonly #own

  constructor(db: Database, table: 'contacts' | 'organizations', owner: 'contact_id' | 'organization_id') {
    const text = `${table}_text`
    this.#range = db.prepare<[string, string, number], Row>(
      `SELECT id, sort_name, search FROM ${table} WHERE sort_name >= ? AND sort_name < ? ORDER BY sort_name, id LIMIT ?`,
    )
    this.#holding = db.prepare<[string, number], number>(`SELECT rowid FROM ${text} WHERE ${text} MATCH ? LIMIT ?`).pluck()
    this.#names = db.prepare<[string], Row>(
      `SELECT x.id, x.sort_name, x.search FROM json_each(?) j CROSS JOIN ${table} x ON x.id = j.value`,
    )
    this.#numberStarts = db
      .prepare<[string, string, number], number>(
        `SELECT DISTINCT ${owner} FROM phones WHERE e164 >= ? AND e164 < ? AND ${owner} IS NOT NULL LIMIT ?`,
      )
      .pluck()
    const byDigits = (others: string) =>
      db
        .prepare<[Record<string, unknown>], number>(
          `SELECT p.${owner} FROM phones_text t CROSS JOIN phones p ON p.id = t.rowid
           WHERE phones_text MATCH @digits AND p.${owner} IS NOT NULL ${others} LIMIT @limit`,
        )
        .pluck()
    this.#digits = byDigits('')
    this.#digitsWith = byDigits(`AND p.${owner} IN (SELECT rowid FROM ${text} WHERE ${text} MATCH @others)`)
    this.#own = db
      .prepare<[string], number>(
        `SELECT x.id FROM json_each(?) j CROSS JOIN ${table} x ON x.id = j.value
         WHERE x.owner_id IS NOT NULL AND EXISTS (SELECT 1 FROM connections WHERE id = x.source AND user_id = x.owner_id)`,
      )
      .pluck()
  }

  candidates(query: Query, starts: readonly string[]): Candidate[] {
    const found: Candidate[] = []
    const kinds = numberKinds(query)
    if (query.matchDigits) {
      // Many numbers begin as one that is short: what lies first in the index is as good as any.
      for (const start of starts) for (const id of this.#numberStarts.all(start, `${start}:`, pool)) found.push({ id, kind: kinds.start })
      const limit = { digits: query.matchDigits, limit: pool }
      const ids = query.matchOthers ? this.#digitsWith.all({ ...limit, others: query.matchOthers }) : this.#digits.all(limit)
      for (const id of ids) found.push({ id, kind: kinds.part })
    }
    if (!query.match) return found
    const begins = (start: string, most: number) =>
      this.#range.all(start, start + end, most).filter(({ search }) => holdsWords(search, query.words))
    const named = begins(query.whole, pool)
    if (query.lead !== query.whole && named.length < pool) named.push(...begins(query.lead, mostLooked).slice(0, pool))
    for (const { id, sort_name } of named) found.push({ id, kind: kindOf(query, sort_name) })
    for (const { id, sort_name } of this.#held(query)) found.push({ id, kind: kindOf(query, sort_name) })
    return found
  }

  /** Some who hold the words, wherever they stand. */
  #held({ match, roughly, words }: Query): Row[] {
    const rows = (expression: string, most: number) => this.#names.all(JSON.stringify(this.#holding.all(expression, most)))
    if (!match) return []
    if (!roughly) return rows(match, pool)
    const some = rows(roughly, mostLooked)
    const meant = some.filter(({ search }) => holdsWords(search, words)).slice(0, pool)
    return some.length < mostLooked || meant.length >= pool / 4 ? meant : rows(match, pool)
  }

  /** Those of them that the rep owns. */
  own(ids: readonly number[]): ReadonlySet<number> {
    return new Set(this.#own.all(JSON.stringify(ids)))
  }
}

/** How E.164 numbers begin that begin as typed: with `+`, with 00, or as a national number of the rep's country. */
function numberStarts(typed: string, country: string): string[] {
  const digits = typed.replace(/\D/g, '')
  if (typed.startsWith('+')) return [`+${digits}`]
  if (digits.startsWith('00')) return [`+${digits.slice(2)}`]
  const whole = parseNumber(typed, country).e164
  const starts = whole ? [whole] : []
  const code = callingCodeOf(country)
  if (code) starts.push(`+${code}${digits.replace(/^0/, '')}`)
  if (!digits.startsWith('0')) starts.push(`+${digits}`)
  return starts
}
