/**
 * Finding contacts in pages: by the beginnings of words in any order, by any part of a number, by both. Names that begin as
 * typed come first, in the order of names; then those who hold the words otherwise, then numbers, each in the order of names
 * while they are some thousands, else in the order in which they are kept, which needs no look at them all. Nothing sorts the
 * table, and nothing is counted.
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
const few = 4_000
/** Of very many, so many are looked at to tell how many of them are meant. */
const sample = 1_000
const end = '\u{10FFFF}'

/** The parts of the answer, in their order; `many…`: in the order in which contacts and numbers are kept. */
const parts = ['begins', 'words', 'manyWords', 'numbers', 'manyNumbers'] as const
type Part = (typeof parts)[number]
interface Place {
  part: Part
  /** Of the contact; of the number in `manyNumbers`. */
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
  readonly #streamWords
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
    this.#streamWords = db.prepare<[string, number], Row>(
      `SELECT c.id, c.sort_name, c.search FROM contacts_text t CROSS JOIN contacts c ON c.id = t.rowid
       WHERE contacts_text MATCH ? AND t.rowid > ? ORDER BY t.rowid`,
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
    const ids = page.map(({ part, id }) => (part === 'manyNumbers' ? this.#contactOf(id) : id))
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
    const from = (part: Part): Place => (after.part === part ? after : { part, id: 0, sort_name: '' })
    if (after.part === 'begins') yield* this.#begins(wanted, after)
    if (wanted.match && parts.indexOf(after.part) <= parts.indexOf('manyWords')) {
      const some = after.part === 'manyWords' ? null : this.#few(wanted)
      yield* some ? this.#words(wanted, some, from('words')) : this.#manyWords(wanted, from('manyWords'))
    }
    if (wanted.matchDigits) yield* this.#numbers(wanted, after)
  }

  *#begins({ whole }: Query, after: Place): Generator<Place> {
    const isFirst = whole > after.sort_name
    const rows =
      whole === ''
        ? this.#walk.iterate(after.sort_name, after.id)
        : this.#range.iterate(isFirst ? whole : after.sort_name, isFirst ? 0 : after.id, whole + end)
    for (const { id, sort_name } of rows) yield { part: 'begins', id, sort_name }
  }

  /** Those who hold all the words, in the order of names; null: too many. */
  #few({ match, roughly, words }: Query): Row[] | null {
    const ids = this.#holding.all(roughly ?? match ?? '', few + 1)
    const those = (some: readonly number[]) => this.#those.all(JSON.stringify(some))
    if (!roughly) return ids.length > few ? null : those(ids)
    if (ids.length <= few) return those(ids).filter(({ search }) => holdsWords(search, words))
    if (this.#areMany(ids, words)) return null
    const exact = this.#holding.all(match ?? '', few + 1)
    return exact.length > few ? null : those(exact)
  }

  /** Where a good part of some is meant, very many are: to put all of them together would take long. */
  #areMany(ids: readonly number[], words: readonly string[]): boolean {
    const some = this.#those.all(JSON.stringify(ids.slice(0, sample)))
    return some.filter(({ search }) => holdsWords(search, words)).length > sample / 20
  }

  *#words({ whole }: Query, some: Row[], after: Place): Generator<Place> {
    for (const row of some) {
      if (row.sort_name.startsWith(whole) || !isAfter(row, after)) continue
      yield { part: 'words', id: row.id, sort_name: row.sort_name }
    }
  }

  *#manyWords({ match, roughly, words, whole }: Query, after: Place): Generator<Place> {
    const first = roughly ? this.#holding.all(roughly, sample) : []
    const expression = roughly && this.#areMany(first, words) ? roughly : (match ?? '')
    for (const row of this.#streamWords.iterate(expression, after.id)) {
      if (row.sort_name.startsWith(whole) || !holdsWords(row.search, words)) continue
      yield { part: 'manyWords', id: row.id, sort_name: '' }
    }
  }

  *#numbers(wanted: Query, after: Place): Generator<Place> {
    const isNew = (search: string) => holdsOthers(wanted, search) && !holdsWords(search, wanted.words)
    const digits = wanted.matchDigits ?? ''
    const candidates = after.part === 'manyNumbers' ? null : this.#fewByNumber(wanted)
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
    const from = after.part === 'manyNumbers' ? after.id : 0
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
      yield { part: 'manyNumbers', id: phone, sort_name: '' }
    }
  }

  /** Contacts one of whose numbers may be meant; null: too many. */
  #fewByNumber({ matchDigits, matchOthers }: Query): number[] | null {
    const numbers = this.#numbersHolding.all(matchDigits ?? '', few + 1)
    if (numbers.length <= few) return this.#ofNumbers.all(JSON.stringify(numbers))
    if (!matchOthers) return null
    const named = this.#holding.all(matchOthers, few + 1)
    return named.length <= few ? named : null
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
  const [, part, id, name] = /^([0-4]):(\d{1,15}):(.*)$/su.exec(cursor ?? '') ?? []
  if (part === undefined || id === undefined || name === undefined) return { part: 'begins', id: 0, sort_name: '' }
  return { part: parts[Number(part)] ?? 'begins', id: Number(id), sort_name: name }
}
