/**
 * Pages of a table in the order of names, narrowed to some words, quick whatever the words are. Which rows hold a word is
 * asked of the index; where few hold all of them those are sorted, else the rows are walked in order, by an index that has
 * nothing but the order in it. A word that very many hold is looked up in the text of the rows that are met. Nothing sorts
 * a table, and nothing is counted.
 */
import { holdsWords } from '../text'

/** A row's place in the order. */
export interface Place {
  id: number
  sort_name: string
}

export interface NamedTable {
  /** Rows that hold this word; null: more than `most`, or that many would have to be looked at. */
  holding(word: string, most: number): number[] | null
  /** All rows after a place, in order. */
  walk(after: Place): Iterable<Place>
  /** These rows after a place, in order. */
  those(ids: readonly number[], after: Place): Iterable<Place>
  /** What a row's words are looked up in, folded. */
  text(id: number): string
}

/** Rows that are fetched and sorted without a second thought. */
const few = 4_000
/** Rows that the index names for one word. */
const many = 30_000
/** More words than anyone types. */
const mostWords = 12

/** The ids of one page, and the cursor of the next; null after the last. `also`: rows that are meant whatever the words say. */
export function pageOfNames(
  table: NamedTable,
  wanted: { words: readonly string[]; also?: readonly number[]; cursor: string | null; limit: number },
): { ids: number[]; next: string | null } {
  const also = new Set(wanted.also)
  const after = readPlace(wanted.cursor)
  const common: string[] = []
  let holding: Set<number> | null = null
  for (const word of wanted.words.slice(0, mostWords)) {
    const ids = table.holding(word, many)
    if (ids === null) common.push(word)
    else holding = new Set(holding === null ? ids : ids.filter((id) => holding?.has(id)))
  }
  const narrowed = holding !== null || common.length > 0 || also.size > 0
  const isMeant = (id: number) => {
    if (!narrowed || also.has(id)) return true
    if (holding === null && common.length === 0) return false
    return (holding === null || holding.has(id)) && (common.length === 0 || holdsWords(table.text(id), common))
  }
  const candidates = holding ?? (common.length === 0 && also.size > 0 ? new Set<number>() : null)
  const rows = candidates !== null && candidates.size <= few ? table.those([...candidates, ...also], after) : table.walk(after)
  const found: Place[] = []
  for (const { id, sort_name } of rows) {
    if (found.at(-1)?.id === id || !isMeant(id)) continue
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
