/** Runs over everything: which page comes first, what is asked for it, what is in it. */
import type { SyncObject } from '../../../preload/contract'
import type { CrmConfig, CrmPage, CrmRecord, CrmReply, CrmRequest, CrmRun, CrmSend } from '../crm'
import { statusOf, unlessRefused } from './ask'
import { configOf, type FreshdeskConfig } from './config'
import { afterPlace, type Cursor, firstOf, type PlaceCursor, read, write } from './cursor'
import { gone, readAgent, readCompany, readContact } from './records'
import { overlapMs, pageSize, paths } from './service'
import { badReply, idOf, isRow, objectOf, rowsOf, timeOf } from './shape'

/** How far back a full run goes before it reads everything, ms. */
const recentMs = 30 * 86_400_000
/** Pages of agents, more than the list of users may hold. */
const mostAgentPages = 100

export function firstPage(object: SyncObject, { mode, watermark, now }: CrmRun, given: CrmConfig): string | null {
  // They change once in months: what asks for everything now and then keeps them.
  if (object === 'users') return mode === 'changes' ? null : write({ by: 'agents', page: 1 })
  if (object !== 'contacts' && object !== 'organizations') return null
  const filter = filterOf(object, configOf(given))
  if (mode === 'changes') {
    if (filter === null) return null
    const known = watermark === null ? Number.NaN : Date.parse(watermark) - overlapMs
    return write(firstOf({ mode, phase: 'all', began: now, since: Number.isNaN(known) ? undefined : known }))
  }
  if (mode === 'full' && object === 'contacts' && filter !== null)
    return write(firstOf({ mode, phase: 'recent', began: now, since: now - recentMs }))
  return write(firstOf({ mode, phase: 'all', began: now }))
}

function filterOf(object: SyncObject, config: FreshdeskConfig) {
  return object === 'contacts' ? config.contactsSince : config.companiesSince
}

/** The page itself, and what the head of the reply says of it. */
export async function fetch(send: CrmSend, object: SyncObject, text: string, given: CrmConfig): Promise<Uint8Array[]> {
  const cursor = read(text)
  const reply = await replyTo(send, object, cursor, requestFor(object, cursor, configOf(given)))
  if (reply === null) return [encode([]), encode({ more: false })]
  return [reply.body, encode({ more: /;\s*rel="?next"?/i.test(headerOf(reply, 'link')), date: headerOf(reply, 'date') })]
}

/** Null for what callers can be named without: agents, companies and the bin, where the key may not see them. */
async function replyTo(send: CrmSend, object: SyncObject, cursor: Cursor, request: CrmRequest): Promise<CrmReply | null> {
  if (cursor.by === 'place' && cursor.phase === 'deleted') {
    try {
      return await unlessRefused(() => send(request))
    } catch (error) {
      // That the bin can be asked for changes alone is unverified: the daily sweep finds what was deleted anyway.
      if (statusOf(error) === 400) return null
      throw error
    }
  }
  return object === 'contacts' ? await send(request) : await unlessRefused(() => send(request))
}

function requestFor(object: SyncObject, cursor: Cursor, config: FreshdeskConfig): CrmRequest {
  if (cursor.by === 'agents') return { path: paths.agents, query: { page: cursor.page, per_page: pageSize } }
  const { page, size, since, phase } = cursor
  const filter = filterOf(object, config)
  const query = {
    page,
    per_page: size,
    ...(since === undefined || filter === null ? {} : { [filter]: new Date(since).toISOString() }),
    ...(phase === 'deleted' ? { state: 'deleted' } : {}),
  }
  return { path: object === 'contacts' ? paths.contacts : paths.companies, query }
}

export function readPage(object: SyncObject, parts: readonly Uint8Array[], text: string, given: CrmConfig): CrmPage {
  const config = configOf(given)
  const cursor = read(text)
  const [body, about] = parts
  if (body === undefined || about === undefined) throw badReply('no answer')
  const rows = rowsOf(body)
  const { more, date } = objectOf(about)
  if (cursor.by === 'agents') {
    if (cursor.page > mostAgentPages) throw badReply('pages without end')
    const records = rows.flatMap((row) => (isRow(row) ? (readAgent(row) ?? []) : []))
    const next = rows.length > 0 && (more === true || rows.length >= pageSize) ? write({ by: 'agents', page: cursor.page + 1 }) : null
    return { records, next, watermark: null, total: null }
  }
  const records: CrmRecord[] = []
  let latest = 0
  for (const row of rows) {
    if (!isRow(row)) continue
    latest = Math.max(latest, timeOf(row.updated_at))
    const record = object === 'contacts' ? readContact(row, config) : readCompany(row, config)
    // A filter for the bin that is ignored must not end anybody.
    if (record && (cursor.phase !== 'deleted' || 'gone' in record)) records.push(record)
  }
  // What changes while the run goes on may have been missed by it: it is not known up to there.
  const began = cursor.pages === 0 ? dateOf(date) || cursor.began : cursor.began
  const known = Math.min(latest, began)
  const ids = rows.map((row) => (isRow(row) ? idOf(row.id) : null))
  // A full page without word of a next one may be the last; whatever stands between may have taken the word away.
  const next = following(object, { ...cursor, began }, ids, more === true || rows.length >= cursor.size)
  return { records, next: next && write(next), watermark: known > 0 ? new Date(known).toISOString() : null, total: null }
}

function following(object: SyncObject, cursor: PlaceCursor, ids: readonly (string | null)[], more: boolean): PlaceCursor | null {
  const next = afterPlace(cursor, { ids, more })
  if (next) return next
  const { mode, phase, began, since } = cursor
  if (phase === 'recent') return { ...firstOf({ mode, phase: 'all', began }), pages: 1 }
  const bin = object === 'contacts' && phase === 'all' && mode === 'changes' && since !== undefined
  return bin ? { ...firstOf({ mode, phase: 'deleted', began, since }), pages: 1 } : null
}

/** One contact as it must be in the cache. */
export function contactOf(row: Parameters<typeof readContact>[0], config: FreshdeskConfig, asked?: string): CrmRecord {
  const record = readContact(row, config)
  if (record) return record
  if (asked !== undefined) return gone('contacts', asked)
  throw badReply('a contact without an id')
}

function dateOf(date: unknown): number {
  return typeof date === 'string' ? Date.parse(date) || 0 : 0
}

function headerOf({ headers }: CrmReply, name: string): string {
  const value = headers[name]
  return (Array.isArray(value) ? value.join(', ') : (value ?? '')).slice(0, 4_000)
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
