/**
 * Where a run over HubSpot's records is, and what is fetched for the next page of it.
 *
 * A full run begins with the newest: search, sorted by the last change, backwards. Each page asks anew for what was changed no
 * later than the last row, so that HubSpot's own paging, which ends at 10,000 results and slips when rows change meanwhile, is
 * never used. After as many rows the list goes on: it shows everything, does not wait for the search index and has no end, but
 * only in the order of ids. What changes meanwhile is found by the changes that follow: the run's watermark is the last change
 * that was there when it began.
 *
 * Changes go forward in the same way, from a while before the watermark on, because the index comes late. Where one millisecond
 * fills a page it is read on in the order of ids. Rows at a page's edge are left to the next one, so that none is counted twice.
 *
 * A sweep reads the whole list again: it also mends what no change shows (an association alone changes no date), and then what
 * is archived.
 */
import type { SyncObject } from '../../../preload/contract'
import { type CrmConfig, type CrmRun, type CrmSend, CrmTrouble } from '../crm'
import { configOf, type HubspotConfig, propertiesToAsk } from './config'
import {
  associationsPath,
  type HubspotType,
  idProperty,
  listSize,
  modifiedProperty,
  objectsPath,
  overlapMs,
  paths,
  searchPath,
  searchSize,
  serviceName,
  typeOf,
} from './service'
import { idOf, listOf, type Row } from './shape'

export interface TimeCursor {
  by: 'time'
  run: 'full' | 'changes'
  /** Of the run's first page. */
  first?: true
  /** Wall ms: up to here (full) or from here on (changes), included. */
  bound?: number
  /** Within that one millisecond, behind this id. */
  tie?: string
  /** Rows so far. */
  rows: number
  /** Of a full run, once it is known. */
  watermark: string | null
  /** What is associated, and not in the record itself. */
  links: HubspotType[]
}
export interface ListCursor {
  by: 'list'
  run: 'full' | 'sweep'
  after?: string
  watermark: string | null
  links: HubspotType[]
}
export type Cursor =
  | TimeCursor
  | ListCursor
  | { by: 'archived'; after?: string }
  | { by: 'owners'; archived: boolean; after?: string }
  | { by: 'stages' }

export type RecordObject = keyof typeof typeOf

export function isRecordObject(object: SyncObject): object is RecordObject {
  return object in typeOf
}

export function write(cursor: Cursor): string {
  return JSON.stringify(cursor)
}

/** Our own words, kept in the database. */
export function read(text: string): Cursor {
  try {
    const cursor = JSON.parse(text) as Cursor
    if (['time', 'list', 'archived', 'owners', 'stages'].includes(cursor.by)) return cursor
  } catch {
    // Falls through to the same answer.
  }
  throw new CrmTrouble('crm.badRequest', { crm: serviceName }, 'a cursor that is none')
}

export function begin(object: SyncObject, { mode, watermark }: CrmRun, given: CrmConfig): string | null {
  const config = configOf(given)
  if (!isRecordObject(object)) {
    if (mode !== 'full') return null
    if (object === 'users') return write({ by: 'owners', archived: false })
    return config.deals ? write({ by: 'stages' }) : null
  }
  if (!mayRead(object, config)) return null
  const links = linksOf(object, config)
  if (mode === 'full') return write({ by: 'time', run: 'full', first: true, rows: 0, watermark: null, links })
  if (mode === 'sweep') return write({ by: 'list', run: 'sweep', watermark: null, links })
  const known = watermark === null ? Number.NaN : Date.parse(watermark)
  if (!Number.isFinite(known)) return null
  return write({ by: 'time', run: 'changes', first: true, bound: Math.max(0, known - overlapMs), rows: 0, watermark: null, links })
}

function mayRead(object: RecordObject, config: HubspotConfig): boolean {
  if (object === 'contacts') return true
  return object === 'organizations' ? config.companies : config[object]
}

function linksOf(object: RecordObject, config: HubspotConfig): HubspotType[] {
  const companies: HubspotType[] = config.companies ? ['companies'] : []
  if (object === 'organizations') return []
  if (object === 'contacts') return config.contactProperties.includes('associatedcompanyid') ? [] : companies
  return ['contacts', ...companies]
}

export function pageCost(cursorText: string): number {
  const cursor = read(cursorText)
  return cursor.by === 'time' ? 1 + cursor.links.length : 1
}

export async function fetchPage(send: CrmSend, object: SyncObject, cursorText: string, given: CrmConfig): Promise<Uint8Array[]> {
  const cursor = read(cursorText)
  const after = 'after' in cursor && cursor.after !== undefined ? { after: cursor.after } : {}
  if (cursor.by === 'stages') return [(await send({ path: paths.dealPipelines })).body]
  if (cursor.by === 'owners') {
    return [(await send({ path: paths.owners, query: { limit: listSize, archived: cursor.archived, ...after } })).body]
  }
  if (!isRecordObject(object)) throw new CrmTrouble('crm.badRequest', { crm: serviceName }, 'a cursor of another kind')
  const type = typeOf[object]
  const path = `${objectsPath}/${type}`
  if (cursor.by === 'archived') {
    return [(await send({ path, query: { limit: listSize, archived: true, properties: idProperty, ...after } })).body]
  }
  const properties = propertiesToAsk(type, configOf(given))
  if (cursor.by === 'list') {
    const associations = cursor.links.length > 0 ? { associations: cursor.links.join(',') } : {}
    const query = { limit: listSize, archived: false, properties: properties.join(','), ...associations, ...after }
    return [(await send({ path, query })).body]
  }
  const body = { ...searchOf(type, cursor), properties, limit: searchSize }
  const found = (await send({ method: 'POST', path: searchPath(type), body, search: true })).body
  const ids = cursor.links.length === 0 ? [] : idsOf(listOf(found).rows)
  if (ids.length === 0) return [found]
  return [found, ...(await Promise.all(cursor.links.map((to) => associated(send, type, to, ids))))]
}

/** What is associated with each of these records. */
export async function associated(send: CrmSend, from: HubspotType, to: HubspotType, ids: readonly string[]): Promise<Uint8Array> {
  const body = { inputs: ids.map((id) => ({ id })) }
  return (await send({ method: 'POST', path: associationsPath(from, to), body, safe: true })).body
}

export function idsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => idOf(row.id)).filter((id) => id !== null)
}

function searchOf(type: HubspotType, { run, bound, tie }: TimeCursor) {
  const modified = modifiedProperty[type]
  const filter = (propertyName: string, operator: string, value: string | number) => ({ propertyName, operator, value: String(value) })
  if (bound !== undefined && tie !== undefined) {
    const filters = [filter(modified, 'GTE', bound), filter(modified, 'LTE', bound), filter(idProperty, 'GT', tie)]
    return { filterGroups: [{ filters }], sorts: [{ propertyName: idProperty, direction: 'ASCENDING' }] }
  }
  const operator = run === 'full' ? 'LTE' : 'GTE'
  return {
    filterGroups: bound === undefined ? [] : [{ filters: [filter(modified, operator, bound)] }],
    sorts: [{ propertyName: modified, direction: run === 'full' ? 'DESCENDING' : 'ASCENDING' }],
  }
}
