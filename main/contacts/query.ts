/** What a rep has typed to find somebody, taken apart. */
import { fold, holdsWords, matchWord, searchWords } from '../text'
import { asciiDigits } from './numbers'

/** Digit search begins at this length. */
export const fewestDigits = 3
/** More words than anyone types. */
const mostWords = 12

export interface Query {
  /** Each begins a word of what is meant, in any order. */
  words: readonly string[]
  /** FTS5 expression for all of them; null: there are none. */
  match: string | null
  /**
   * The same with every word cut to what the index holds beginnings of: finds at once what it finds, and more than was meant.
   * Null: nothing is cut, `match` says the same.
   */
  roughly: string | null
  /** Names that begin so come first; folded. */
  lead: string
  /** The whole text, folded. */
  whole: string
  /** Digits as they may stand in a number: as typed, and without a trunk zero. */
  digits: readonly string[]
  /** FTS5 expression for either of them. */
  matchDigits: string | null
  /** Words beside the digits, which must also be found. */
  others: readonly string[]
  matchOthers: string | null
  /** Nothing but digits and the signs between them. */
  isNumber: boolean
}

export function takeApart(query: string): Query {
  const text = asciiDigits(query.slice(0, 200)).trim()
  const parts = text.split(/\s+/u).filter((part) => part !== '')
  const isNumeric = (part: string) => /^[+()\d./-]+$/.test(part)
  const typed = parts.filter(isNumeric).join('').replace(/\D/g, '')
  const digits = [...new Set([typed, typed.replace(/^0+/, '')])].filter((each) => each.length >= fewestDigits)
  const words = searchWords(text).slice(0, mostWords)
  const others = searchWords(parts.filter((part) => !isNumeric(part)).join(' ')).slice(0, mostWords)
  return {
    words,
    match: matchOf(words),
    roughly: words.some((word) => cut(word) !== word) ? matchOf(words.map(cut)) : null,
    lead: fold(parts[0] ?? ''),
    whole: fold(parts.join(' ')),
    digits,
    matchDigits: digits.length > 0 ? digits.map((each) => `"${each}"`).join(' OR ') : null,
    others,
    matchOthers: matchOf(others),
    isNumber: digits.length > 0 && others.length === 0,
  }
}

/** Longer beginnings are put together from all words that begin so, which may be very many (`prefix` of the search tables). */
const indexedBeginning = 3

function cut(word: string): string {
  const last = word.lastIndexOf(' ') + 1
  return word.slice(0, last) + Array.from(word.slice(last)).slice(0, indexedBeginning).join('')
}

function matchOf(words: readonly string[]): string | null {
  return words.length > 0 ? words.map(matchWord).join(' AND ') : null
}

/** Whether a number is meant; `digits` as kept. */
export function holdsDigits(query: Query, { e164, digits }: { e164: string | null; digits: string }): boolean {
  return query.digits.some((each) => digits.includes(each) || (e164?.includes(each) ?? false))
}

/** Whether the digits' companions are in `text` (an index text). */
export function holdsOthers(query: Query, text: string): boolean {
  return query.others.length === 0 || holdsWords(text, query.others)
}
