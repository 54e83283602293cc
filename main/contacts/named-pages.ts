/**
 * Pages of a table in the order of names, narrowed to some words, quick whatever the words are: one that few rows hold leads
 * to those rows by its index; words that very many hold are looked for while walking the rows in order, where the next
 * page is then near. Nothing sorts a table, and nothing is counted.
 */
import { holdsWords } from '../text'

/** A row's place in the order. */
export interface Place {
  id: number
  sort_name: string
}
/** `text`: what the words are looked up in, folded. */
export interface NamedRow extends Place {
  text: string
}

export interface NamedTable {
  /** Rows that hold this word; null: more than `most`. */
  holding(word: string, most: number): number[] | null
  /** All rows after a place, in order. */
  walk(after: Place): Iterable<NamedRow>
  /** These rows after a place, in order. */
  those(ids: readonly number[], after: Place): Iterable<NamedRow>
}

/** Rows that are fetched and sorted without a second thought. */
const few = 4_000
/** More words than anyone types. */
const mostWords = 12

/** The ids of one page, and the cursor of the next; null after the last. `also`: rows that are meant whatever the words say. */
export function pageOfNames(
  table: NamedTable,
  wanted: { words: readonly string[]; also?: readonly number[]; cursor: string | null; limit: number },
): { ids: number[]; next: string | null } {
  const words = wanted.words.slice(0, mostWords)
  const also = new Set(wanted.also)
  const after = readPlace(wanted.cursor)
  const fewest = words
    .map((word) => table.holding(word, few))
    .filter((ids) => ids !== null)
    .sort((a, b) => a.length - b.length)[0]
  const narrowed = words.length > 0 || also.size > 0
  const rows =
    fewest || (words.length === 0 && also.size > 0) ? table.those([...new Set([...(fewest ?? []), ...also])], after) : table.walk(after)
  const found: Place[] = []
  for (const { id, sort_name, text } of rows) {
    if (narrowed && !also.has(id) && !(words.length > 0 && holdsWords(text, words))) continue
    found.push({ id, sort_name })
    if (found.length > wanted.limit) break
  }
  const page = found.slice(0, wanted.limit)
  const last = page.at(-1)
  return { ids: page.map(({ id }) => id), next: found.length > page.length && last ? `${last.id}:${last.sort_name}` : null }
}

/** A page begins after this place; what is no cursor of ours begins at the start. */
function readPlace(cursor: string | null): Place {
  const [, id, name] = /^(\d{1,15}):(.*)$/su.exec(cursor ?? '') ?? []
  return id === undefined || name === undefined ? { id: 0, sort_name: '' } : { id: Number(id), sort_name: name }
}
