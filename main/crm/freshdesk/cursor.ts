/**
 * Where a run over one of Freshdesk's lists is. They are paged by position, in alphabetical order as far as the documentation says
 * anything, and cannot be sorted otherwise: what is deleted or renamed meanwhile moves all that follows. So pages overlap by a few
 * rows, made possible by pages of different sizes, and each page must show a row that has been met before: what comes behind that
 * one is without a gap, whatever the order is. A page that shows none is too far on, and the run goes back. So a sweep never
 * takes a row for deleted that is there.
 */
import { CrmTrouble } from '../crm'
import { pageSize, serviceName } from './service'
import { badReply } from './shape'

/** `recent`: what was changed last, before everything. `deleted`: what is in the bin. */
export type Phase = 'recent' | 'all' | 'deleted'

export interface PlaceCursor {
  by: 'place'
  mode: 'full' | 'changes' | 'sweep'
  phase: Phase
  /** Only what was changed since, wall ms. */
  since?: number
  /** As the list takes them. */
  page: number
  size: number
  /** Ids of rows before this page's end that have been met, the latest last. */
  met: string[]
  /** Rows up to where the pages before have come. */
  end: number
  /** When the run began, wall ms by the CRM's clock where that is known. */
  began: number
  /** Pages of this phase, and those of them in a row that brought it no further. */
  pages: number
  stuck: number
  /** How often in a row, and in all, it has gone back. */
  back: number
  backs: number
}
export interface AgentsCursor {
  by: 'agents'
  page: number
}
export type Cursor = PlaceCursor | AgentsCursor

const smallest = 50
/** Rows by which a page begins before the end of the one before it. */
const overlapRows = 5
/** A row in so many is remembered, and so many of them altogether. */
const rememberedEvery = 20
const mostMet = 120
/** Rows that a run goes back by, at its first try and at its second; then it begins anew. */
const wayBack = [100, 900] as const
const mostBacks = 50
const mostStuck = 3
const mostPages = 200_000
/** Pages of what was changed last. */
const mostRecentPages = 20

export function write(cursor: Cursor): string {
  return JSON.stringify(cursor)
}

/** Our own words, kept in the database. */
export function read(text: string): Cursor {
  try {
    const cursor = JSON.parse(text) as Cursor
    if (cursor.by === 'place' || cursor.by === 'agents') return cursor
  } catch {
    // Falls through to the same answer.
  }
  throw new CrmTrouble('crm.badRequest', { crm: serviceName }, 'a cursor that is none')
}

export function firstOf(about: Pick<PlaceCursor, 'mode' | 'phase' | 'began'> & { since?: number | undefined }): PlaceCursor {
  const { mode, phase, began, since } = about
  const place = { page: 1, size: pageSize, met: [], end: 0, pages: 0, stuck: 0, back: 0, backs: 0 }
  return { by: 'place', mode, phase, began, ...(since === undefined ? {} : { since }), ...place }
}

/** The page that holds the row at a position, the first being 0, and reaches as far beyond it as any. */
export function pageAt(position: number): { page: number; size: number } {
  let best = { page: 1, size: pageSize, end: 0 }
  for (let size = pageSize; size >= smallest; size--) {
    const page = Math.floor(position / size) + 1
    if (page * size > best.end) best = { page, size, end: page * size }
  }
  return { page: best.page, size: best.size }
}

/** The cursor behind a page within one phase; null at its end. `ids`: null for a row without one. Throws `crm.badReply` for a list without end. */
export function afterPlace(cursor: PlaceCursor, { ids, more }: { ids: readonly (string | null)[]; more: boolean }): PlaceCursor | null {
  const start = (cursor.page - 1) * cursor.size
  const pages = cursor.pages + 1
  if (pages > mostPages) throw badReply('pages without end')
  const met = new Set(cursor.met)
  if (start > 0 && !ids.some((id) => id !== null && met.has(id))) {
    const backs = cursor.backs + 1
    if (backs > mostBacks) throw badReply('a list that does not keep still')
    const position = Math.max(0, start - (wayBack[cursor.back] ?? start))
    return { ...cursor, ...pageAt(position), pages, end: position, stuck: 0, back: position === 0 ? 0 : cursor.back + 1, backs }
  }
  if (!more || (cursor.phase === 'recent' && pages >= mostRecentPages)) return null
  const end = start + ids.length
  const stuck = end > cursor.end ? 0 : cursor.stuck + 1
  if (stuck >= mostStuck) throw badReply('the same page follows itself')
  return {
    ...cursor,
    ...pageAt(Math.max(0, end - overlapRows)),
    pages,
    end: Math.max(end, cursor.end),
    stuck,
    back: 0,
    met: [...cursor.met, ...remembered(ids)].slice(-mostMet),
  }
}

function remembered(ids: readonly (string | null)[]): string[] {
  return ids.filter((id, index) => id !== null && (index % rememberedEvery === 0 || index >= ids.length - overlapRows)) as string[]
}
