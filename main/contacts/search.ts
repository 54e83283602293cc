/** Finding contacts: by the beginnings of words in any order, by any part of a number, by both. */
import type { Database, Statement } from 'better-sqlite3'
import type { ContactSummary } from '../../preload/contract'
import { fold, matchWords } from '../text'
import { ContactRows } from './contact-rows'
import { asciiDigits, callingCodeOf, parseNumber } from './numbers'
import type { CanOpen } from './origin'

export interface ListInput {
  query: string
  cursor: string | null
  limit: number
  /** The rep's own country, for the reading form of numbers. */
  country: string
}
export interface ListOutput {
  rows: ContactSummary[]
  next: string | null
}

/** Digit search begins at this length. */
const fewestDigits = 3

/** A query taken apart. */
interface Query {
  /** FTS5 expression for all words, or null. */
  words: string | null
  /** FTS5 expression for the digits, or null; `others` is what must also match by name. */
  digits: string | null
  others: string | null
}

function takeApart(query: string): Query {
  const text = asciiDigits(query.slice(0, 200))
  const parts = text.split(/\s+/).filter((part) => part !== '')
  const isNumeric = (part: string) => /^[+()\d./-]+$/.test(part)
  const typed = parts.filter(isNumeric).join('').replace(/\D/g, '')
  const significant = typed.replace(/^0+/, '')
  const variants = [...new Set([typed, significant])].filter((each) => each.length >= fewestDigits)
  return {
    words: matchWords(text),
    digits: variants.length > 0 ? variants.map((each) => `"${each}"`).join(' OR ') : null,
    others: matchWords(parts.filter((part) => !isNumeric(part)).join(' ')),
  }
}

const byDigits = 'SELECT p.contact_id AS id FROM phones_text t JOIN phones p ON p.id = t.rowid WHERE phones_text MATCH @digits'
const byWords = 'SELECT rowid AS id FROM contacts_text WHERE contacts_text MATCH @words'
const byBoth = `${byDigits} AND p.contact_id IN (${byWords.replace('@words', '@others')})`

export class ContactSearch {
  readonly rows: ContactRows
  readonly #db: Database
  readonly #pages = new Map<string, Statement<[Record<string, unknown>], { id: number; sort_name: string }>>()
  readonly #nameStarts: Statement<[string, string, number], number>
  readonly #numberStarts: Statement<[string, string, number], number>
  readonly #someWords: Statement<[{ words: string; limit: number }], number>
  readonly #someDigits: Statement<[{ digits: string; limit: number }], number>
  readonly #someOfBoth: Statement<[{ digits: string; others: string; limit: number }], number>

  constructor(db: Database, canOpen?: CanOpen) {
    this.#db = db
    this.rows = new ContactRows(db, canOpen)
    this.#nameStarts = db
      .prepare<[string, string, number], number>(
        'SELECT id FROM contacts WHERE sort_name >= ? AND sort_name < ? ORDER BY sort_name, id LIMIT ?',
      )
      .pluck()
    this.#numberStarts = db
      .prepare<[string, string, number], number>('SELECT DISTINCT contact_id FROM phones WHERE e164 >= ? AND e164 < ? LIMIT ?')
      .pluck()
    this.#someWords = db.prepare<[{ words: string; limit: number }], number>(`${byWords} LIMIT @limit`).pluck()
    this.#someDigits = db.prepare<[{ digits: string; limit: number }], number>(`${byDigits} LIMIT @limit`).pluck()
    this.#someOfBoth = db.prepare<[{ digits: string; others: string; limit: number }], number>(`${byBoth} LIMIT @limit`).pluck()
  }

  /** One page in the order of names. Belongs on the read worker: a short query may match every contact. */
  list({ query, cursor, limit, country }: ListInput): ListOutput {
    const after = readCursor(cursor)
    const parsed = takeApart(query)
    const { words, digits, others } = parsed
    if (query.trim() !== '' && !words && !digits) return { rows: [], next: null }
    const found = this.#page(parsed).all({ words, digits, others, name: after.name, id: after.id, limit: limit + 1 })
    const rows = found
      .slice(0, limit)
      .map(({ id }) => this.rows.summary(id, country))
      .filter((row) => row !== null)
    const last = found[limit - 1]
    return { rows, next: found.length > limit && last ? `${last.id}:${last.sort_name}` : null }
  }

  #page({ words, digits, others }: Query): Statement<[Record<string, unknown>], { id: number; sort_name: string }> {
    const both = digits && others
    const hits = [words && byWords, digits && (both ? byBoth : byDigits)].filter((each) => each).join(' UNION ')
    const key = `${words ? 'w' : ''}${digits ? 'd' : ''}${both ? 'o' : ''}`
    let page = this.#pages.get(key)
    if (!page) {
      page = this.#db.prepare(
        `${hits ? `WITH hits AS (${hits})` : ''} SELECT c.id, c.sort_name FROM ${hits ? 'hits JOIN contacts c ON c.id = hits.id' : 'contacts c'}
         WHERE (c.sort_name, c.id) > (@name, @id) ORDER BY c.sort_name, c.id LIMIT @limit`,
      )
      this.#pages.set(key, page)
    }
    return page
  }

  /**
   * The best few for what has been typed so far, quick enough for main's own connection: names that begin so, then words,
   * for digits numbers that begin so, then any part.
   */
  suggest(text: string, limit: number, country: string): ContactSummary[] {
    const typed = text.trim()
    if (typed === '') return []
    const { words, digits, others } = takeApart(typed)
    const ids = new Set<number>()
    const add = (found: number[]) => {
      for (const id of found) if (ids.size < limit) ids.add(id)
    }
    if (digits && others) add(this.#someOfBoth.all({ digits, others, limit: limit * 4 }))
    else if (digits) {
      for (const start of numberStarts(asciiDigits(typed), country)) add(this.#numberStarts.all(start, `${start}:`, limit))
      if (ids.size < limit) add(this.#someDigits.all({ digits, limit: limit * 4 }))
    }
    const start = fold(typed)
    if (ids.size < limit && start !== '') add(this.#nameStarts.all(start, `${start}\u{10FFFF}`, limit))
    if (ids.size < limit && words) add(this.#someWords.all({ words, limit: limit * 2 }))
    return [...ids].map((id) => this.rows.summary(id, country)).filter((row) => row !== null)
  }
}

/** How E.164 numbers begin that begin as typed: with `+`, with 00, or as a national number of the rep's country. */
function numberStarts(typed: string, country: string): string[] {
  const digits = typed.replace(/\D/g, '')
  if (typed.trimStart().startsWith('+')) return [`+${digits}`]
  if (digits.startsWith('00')) return [`+${digits.slice(2)}`]
  const whole = parseNumber(typed, country).e164
  const starts = whole ? [whole] : []
  const code = callingCodeOf(country)
  if (code) starts.push(`+${code}${digits.replace(/^0/, '')}`)
  if (!digits.startsWith('0')) starts.push(`+${digits}`)
  return starts
}

/** A page begins after this name; what is no cursor of ours begins at the start. */
function readCursor(cursor: string | null): { name: string; id: number } {
  const [, id, name] = /^(\d{1,15}):(.*)$/su.exec(cursor ?? '') ?? []
  return id === undefined || name === undefined ? { name: '', id: 0 } : { name, id: Number(id) }
}
