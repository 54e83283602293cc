/** Reads a page's bytes: its records, and where the run goes on (pages.ts says why there). Pure; runs in the writer's thread. */
import type { SyncObject } from '../../../preload/contract'
import type { CrmConfig, CrmPage, CrmRecord } from '../crm'
import { configOf, type HubspotConfig, stagesOfReply } from './config'
import { type Cursor, isRecordObject, type ListCursor, type RecordObject, read, type TimeCursor, write } from './pages'
import { batchLinks, changedAt, listedLink, recordsOf, userOf } from './records'
import { cachedId, searchCap, typeOf } from './service'
import { badReply, compareIds, idOf, type List, listOf, type Row } from './shape'

export function readPage(object: SyncObject, parts: readonly Uint8Array[], cursorText: string, given: CrmConfig): CrmPage {
  const cursor = read(cursorText)
  if (cursor.by === 'stages') return stagesPage(parts[0])
  const list = listOf(parts[0])
  if (cursor.by === 'owners') {
    const after = list.next === null ? null : { ...cursor, after: list.next }
    const next = after ?? (cursor.archived ? null : { by: 'owners' as const, archived: true })
    return page(
      list.rows.map(userOf).filter((user) => user !== null),
      next,
    )
  }
  if (!isRecordObject(object)) throw badReply('a cursor of another kind')
  if (cursor.by === 'archived') {
    // A list that passes over the question shows what is there: none of that is gone.
    const records = list.rows.flatMap(({ id, archived }) => (archived === false ? [] : goneOf(object, idOf(id))))
    return page(records, list.next === null ? null : { by: 'archived', after: list.next })
  }
  const config = configOf(given)
  if (cursor.by === 'list') return listPage(object, list, cursor, config)
  return timePage(object, list, parts.slice(1), cursor, config)
}

function page(records: CrmRecord[], next: Cursor | null, watermark: string | null = null, total: number | null = null): CrmPage {
  return { records, next: next === null ? null : write(next), watermark, total }
}

function stagesPage(bytes: Uint8Array | undefined): CrmPage {
  const stages = Object.entries(stagesOfReply(bytes))
  return page(
    stages.map(([id, { name, pipeline, position, status }]) => ({ object: 'stages', id, name, pipeline, position, status })),
    null,
  )
}

function goneOf(object: RecordObject, id: string | null): CrmRecord[] {
  return id === null ? [] : [{ object, gone: true, id: cachedId(typeOf[object], id), mergedInto: null }]
}

function listPage(object: RecordObject, { rows, next }: List, cursor: ListCursor, config: HubspotConfig): CrmPage {
  const records = rows.flatMap((row) => recordsOf(typeOf[object], row, config, listedLink))
  if (next !== null) return page(records, { ...cursor, after: next }, cursor.watermark)
  return page(records, cursor.run === 'sweep' ? { by: 'archived' } : null, cursor.watermark)
}

interface Timed {
  row: Row
  id: string
  at: number
}

function timePage(object: RecordObject, list: List, batches: readonly Uint8Array[], cursor: TimeCursor, config: HubspotConfig): CrmPage {
  const type = typeOf[object]
  const found = list.rows.flatMap((row): Timed[] => {
    const id = idOf(row.id)
    const at = changedAt(type, row)
    return id === null || at === 0 || at > latestTime ? [] : [{ row, id, at }]
  })
  const { taken, next } = step(found, list.next !== null, cursor)
  const latest = found.reduce((most, { at }) => Math.max(most, at), 0)
  const said = latest === 0 ? null : new Date(latest).toISOString()
  const watermark = cursor.run === 'full' && !cursor.first ? cursor.watermark : said
  const links = batchLinks(cursor.links, batches)
  const records = taken.flatMap(({ row }) => recordsOf(type, row, config, links))
  const on: Cursor | null = next && next.by === 'time' ? { ...next, watermark: cursor.run === 'full' ? watermark : null } : next
  const after: Cursor | null = on?.by === 'list' ? { ...on, watermark } : on
  return page(records, after, watermark, cursor.first && list.total !== null ? totalOf(cursor, list.total) : null)
}

/** The newest are met a second time in the list. */
function totalOf({ run }: TimeCursor, total: number): number {
  return run === 'full' ? total + Math.min(total, searchCap) : total
}

const latestTime = Date.UTC(9999, 0, 1)

/** Which rows of a page count, and what follows. Throws `crm.badReply` for a page that does not come further. */
function step(
  found: readonly Timed[],
  more: boolean,
  cursor: TimeCursor,
): { taken: readonly Timed[]; next: TimeCursor | ListCursor | null } {
  const { by, run, watermark, links, bound, tie } = cursor
  const backwards = run === 'full'
  const same = { by, run, watermark, links }
  const end: ListCursor | null = backwards ? { by: 'list', run: 'full', watermark, links } : null
  if (bound !== undefined && tie !== undefined) {
    const taken = found.filter(({ id }) => compareIds(id, tie) > 0)
    const rows = cursor.rows + taken.length
    if (more && taken.length === 0) throw badReply('the same page again')
    if (backwards && rows >= searchCap) return { taken, next: end }
    if (!more) return { taken, next: { ...same, bound: backwards ? bound - 1 : bound + 1, rows } }
    const last = taken.reduce((most, { id }) => (compareIds(id, most) > 0 ? id : most), tie)
    return { taken, next: { ...same, bound, tie: last, rows } }
  }
  const within = found.filter(({ at }) => bound === undefined || (backwards ? at <= bound : at >= bound))
  if (!more) return { taken: within, next: end }
  if (within.length === 0) throw badReply('the same page again')
  const times = within.map(({ at }) => at)
  const edge = backwards ? Math.min(...times) : Math.max(...times)
  // Of the time at the edge there may be more.
  const taken = within.filter(({ at }) => at !== edge)
  const rows = cursor.rows + taken.length
  if (backwards && rows >= searchCap) return { taken, next: end }
  return { taken, next: { ...same, bound: edge, rows, ...(taken.length === 0 ? { tie: '0' } : {}) } }
}
