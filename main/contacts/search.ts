/**
 * Finding contacts in pages: by the beginnings of words in any order, by any part of a number, by both. Names that begin as
 * typed come first, then other words, then numbers; each of the three in the order of names. What few contacts hold leads
 * to them by its index; what very many hold is looked for while walking in order, where the next page is then near. Nothing
 * sorts the table, and nothing is counted.
 */
import type { Database } from 'better-sqlite3'
import type { ContactSummary } from '../../preload/contract'
import { holdsWords } from '../text'
import { ContactRows } from './contact-rows'
import type { CanOpen } from './origin'
import { holdsDigits, holdsOthers, type Query, takeApart } from './query'

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

/** Contacts that hold the words, or numbers that hold the digits, fetched and sorted without a second thought. */
const few = { words: 10_000, numbers: 3_000 } as const
const end = '\u{10FFFF}'

/** The parts of the answer, in their order; `streamed`: by number, in the order in which numbers are kept. */
const parts = ['begins', 'words', 'numbers', 'streamed'] as const
type Part = (typeof parts)[number]
interface Place {
  part: Part
  /** Of the contact; of the number where streamed. */
  id: number
  sort_name: string
}
interface Row {
  id: number
  sort_name: string
  search: string
}
interface NumberRow extends Row {
  phone: number
}

export class ContactSearch {
  readonly rows: ContactRows
  readonly #holding
  readonly #numbersHolding
  readonly #ofNumbers
  readonly #those
  readonly #walk
  readonly #range
  readonly #stream
  readonly #streamWith
  readonly #phones

  constructor(db: Database, canOpen?: CanOpen) {
    this.rows = new ContactRows(db, canOpen)
    this.#holding = db.prepare<[string, number], number>('SELECT rowid FROM contacts_text WHERE contacts_text MATCH ? LIMIT ?').pluck()
    this.#numbersHolding = db.prepare<[string, number], number>('SELECT rowid FROM phones_text WHERE phones_text MATCH ? LIMIT ?').pluck()
    this.#ofNumbers = db
      .prepare<[string], number>(
        'SELECT DISTINCT p.contact_id FROM json_each(?) j CROSS JOIN phones p ON p.id = j.value WHERE p.contact_id IS NOT NULL',
      )
      .pluck()
    this.#those = db.prepare<[string], Row>(
      'SELECT c.id, c.sort_name, c.search FROM json_each(?) j CROSS JOIN contacts c ON c.id = j.value ORDER BY c.sort_name, c.id',
    )
    this.#walk = db.prepare<[string, number], Row>(
      'SELECT id, sort_name, search FROM contacts WHERE (sort_name, id) > (?, ?) ORDER BY sort_name, id',
    )
    this.#range = db.prepare<[string, number, string], Row>(
      'SELECT id, sort_name, search FROM contacts WHERE (sort_name, id) > (?, ?) AND sort_name < ? ORDER BY sort_name, id',
    )
    const stream = (others: string) =>
      `SELECT t.rowid AS phone, c.id, c.sort_name, c.search FROM phones_text t CROSS JOIN phones p ON p.id = t.rowid
       CROSS JOIN contacts c ON c.id = p.contact_id WHERE phones_text MATCH @digits AND t.rowid > @after ${others} ORDER BY t.rowid`
    this.#stream = db.prepare<[{ digits: string; after: number }], NumberRow>(stream(''))
    this.#streamWith = db.prepare<[{ digits: string; after: number; others: string }], NumberRow>(
      stream('AND p.contact_id IN (SELECT rowid FROM contacts_text WHERE contacts_text MATCH @others)'),
    )
    this.#phones = db.prepare<[number], { id: number; e164: string | null; digits: string }>(
      'SELECT id, e164, digits FROM phones WHERE contact_id = ? ORDER BY id',
    )
  }

  /** One page. Belongs on the read worker. */
  list({ query, cursor, limit, country }: ListInput): ListOutput {
    const wanted = takeApart(query)
    if (query.trim() !== '' && !wanted.match && !wanted.matchDigits) return { rows: [], next: null }
    const found: Place[] = []
    for (const place of this.#places(wanted, readCursor(cursor))) {
      found.push(place)
      if (found.length > limit) break
    }
    const page = found.slice(0, limit)
    const last = page.at(-1)
    const ids = page.map(({ part, id }) => (part === 'streamed' ? this.#contactOf(id) : id))
    return {
      rows: this.rows.summaries(ids, country),
      next: found.length > limit && last ? `${parts.indexOf(last.part)}:${last.id}:${last.sort_name}` : null,
    }
  }

  readonly #owners = new Map<number, number>()
  /** Of a number that was met in this page. */
  #contactOf(phone: number): number {
    return this.#owners.get(phone) ?? 0
  }

  *#places(wanted: Query, after: Place): Generator<Place> {
    const from = (part: Part) => (after.part === part ? after : { part, id: 0, sort_name: '' })
    const reached = parts.indexOf(after.part)
    if (reached <= 1) {
      const some = this.#few(wanted)
      if (reached === 0) yield* this.#begins(wanted, some, from('begins'))
      if (wanted.match) yield* this.#words(wanted, some, from('words'))
    }
    if (wanted.matchDigits) yield* this.#numbers(wanted, after)
  }

  /** Those who hold all the words, in the order of names; null: too many. */
  #few({ match }: Query): Row[] | null {
    if (!match) return null
    const ids = this.#holding.all(match, few.words + 1)
    return ids.length > few.words ? null : this.#those.all(JSON.stringify(ids))
  }

  *#begins({ words, lead }: Query, some: Row[] | null, after: Place): Generator<Place> {
    const from = lead > after.sort_name ? { sort_name: lead, id: 0 } : after
    const rows =
      some ?? (lead === '' ? this.#walk.iterate(after.sort_name, after.id) : this.#range.iterate(from.sort_name, from.id, lead + end))
    for (const row of rows) {
      if (!row.sort_name.startsWith(lead) || !isAfter(row, after)) continue
      if (!some && words.length > 0 && !holdsWords(row.search, words)) continue
      yield { part: 'begins', id: row.id, sort_name: row.sort_name }
    }
  }

  *#words({ words, lead }: Query, some: Row[] | null, after: Place): Generator<Place> {
    for (const row of some ?? this.#walk.iterate(after.sort_name, after.id)) {
      if (row.sort_name.startsWith(lead) || !isAfter(row, after)) continue
      if (!some && !holdsWords(row.search, words)) continue
      yield { part: 'words', id: row.id, sort_name: row.sort_name }
    }
  }

  *#numbers(wanted: Query, after: Place): Generator<Place> {
    const isNew = (search: string) => holdsOthers(wanted, search) && !holdsWords(search, wanted.words)
    const digits = wanted.matchDigits ?? ''
    const candidates = after.part === 'streamed' ? null : this.#fewByNumber(wanted)
    if (candidates) {
      const place: Place = after.part === 'numbers' ? after : { part: 'numbers', id: 0, sort_name: '' }
      for (const row of this.#those.all(JSON.stringify(candidates))) {
        if (!isAfter(row, place) || !isNew(row.search)) continue
        if (this.#phones.all(row.id).some((phone) => holdsDigits(wanted, phone))) {
          yield { part: 'numbers', id: row.id, sort_name: row.sort_name }
        }
      }
      return
    }
    const from = after.part === 'streamed' ? after.id : 0
    const { matchOthers } = wanted
    const rows = matchOthers
      ? this.#streamWith.iterate({ digits, after: from, others: matchOthers })
      : this.#stream.iterate({ digits, after: from })
    this.#owners.clear()
    for (const { phone, id, search } of rows) {
      if (!isNew(search)) continue
      // Of several numbers of one contact the first one counts.
      const first = this.#phones.all(id).find((each) => holdsDigits(wanted, each))
      if (first && first.id < phone) continue
      this.#owners.set(phone, id)
      yield { part: 'streamed', id: phone, sort_name: '' }
    }
  }

  /** Contacts one of whose numbers may be meant; null: too many. */
  #fewByNumber({ matchDigits, matchOthers }: Query): number[] | null {
    const numbers = this.#numbersHolding.all(matchDigits ?? '', few.numbers + 1)
    if (numbers.length <= few.numbers) return this.#ofNumbers.all(JSON.stringify(numbers))
    if (!matchOthers) return null
    const named = this.#holding.all(matchOthers, few.numbers + 1)
    return named.length <= few.numbers ? named : null
  }
}

function isAfter(row: { sort_name: string; id: number }, place: { sort_name: string; id: number }): boolean {
  if (place.sort_name === '' && place.id === 0) return true
  // As SQLite compares text: by its bytes, which for UTF-16 is the order of code points.
  const order = row.sort_name === place.sort_name ? 0 : Buffer.compare(Buffer.from(row.sort_name), Buffer.from(place.sort_name))
  return order > 0 || (order === 0 && row.id > place.id)
}

/** A page begins after this place; what is no cursor of ours begins at the start. */
function readCursor(cursor: string | null): Place {
  const [, part, id, name] = /^([0-3]):(\d{1,15}):(.*)$/su.exec(cursor ?? '') ?? []
  if (part === undefined || id === undefined || name === undefined) return { part: 'begins', id: 0, sort_name: '' }
  return { part: parts[Number(part)] ?? 'begins', id: Number(id), sort_name: name }
}
