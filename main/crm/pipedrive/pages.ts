/** Runs over everything: which page comes first, what is asked for it, what is in it. */
import type { SyncObject } from '../../../preload/contract'
import type { CrmConfig, CrmPage, CrmRecord, CrmRequest, CrmRun, CrmSend } from '../crm'
import { isKept } from './ask'
import { configOf, type PipedriveConfig } from './config'
import { afterPosition, afterWindow, begin, type Cursor, moment, type PositionCursor, read, type WindowCursor, write } from './cursor'
import { readContact, readDeal, readLead, readOrganization, readStage, readUser } from './records'
import { costs, mostCustomKeys, pageSize, paths } from './service'
import { badReply, idOf, isRow, pageOf, type Row, textOf, timeOf } from './shape'

type Windowed = 'organizations' | 'contacts' | 'deals'

export function firstPage(object: SyncObject, { mode, watermark }: CrmRun): string | null {
  switch (object) {
    case 'users':
    case 'stages':
      // They change once in months: what asks for everything now and then keeps them, and other syncs cost a third less.
      return mode === 'changes' ? null : write({ by: 'once' })
    case 'leads':
      return begin('position', mode, watermark)
    default:
      return begin('time', mode, watermark)
  }
}

export function costOf(object: SyncObject): number {
  if (object === 'users' || object === 'leads') return costs.listV1
  return object === 'stages' ? 2 * costs.list : costs.list
}

export async function fetch(send: CrmSend, object: SyncObject, text: string, config: CrmConfig): Promise<Uint8Array[]> {
  try {
    const replies = await Promise.all(requestsFor(object, read(text), configOf(config)).map(send))
    return replies.map(({ body }) => body)
  } catch (error) {
    // Callers can be named without leads, and without the names of owners.
    if ((object === 'leads' || object === 'users') && isKept(error)) return [new TextEncoder().encode('{"data":[]}')]
    throw error
  }
}

function requestsFor(object: SyncObject, cursor: Cursor, config: PipedriveConfig): CrmRequest[] {
  if (object === 'users') return [{ path: paths.users, cost: costs.listV1 }]
  if (object === 'stages') {
    return [paths.pipelines, paths.stages].map((path) => ({ path, query: { limit: pageSize }, cost: costs.list }))
  }
  if (cursor.by === 'once') throw badReply('a cursor of another list')
  if (cursor.by === 'position') return [leadsRequest(cursor)]
  return [windowRequest(object as Windowed, cursor, config)]
}

function windowRequest(object: Windowed, cursor: WindowCursor, config: PipedriveConfig): CrmRequest {
  const path = {
    organizations: paths.organizations,
    contacts: paths.persons,
    deals: cursor.phase === 'archived' ? paths.archivedDeals : paths.deals,
  }[object]
  // Without a status the deleted ones are left out; a run over changes is there to hear of them.
  const deleted = object === 'deals' && cursor.phase === 'live' && cursor.mode === 'changes'
  const query = {
    limit: pageSize,
    sort_by: 'update_time',
    sort_direction: cursor.mode === 'full' ? 'desc' : 'asc',
    ...(cursor.since === undefined ? {} : { updated_since: moment(cursor.since) }),
    ...(cursor.until === undefined ? {} : { updated_until: moment(cursor.until) }),
    ...(cursor.after === undefined ? {} : { cursor: cursor.after }),
    ...(deleted ? { status: 'open,won,lost,deleted' } : {}),
    ...customFields(object === 'contacts' ? config.personPhones : object === 'organizations' ? config.organizationPhones : []),
  }
  return { path, query, cost: costs.list }
}

/** Only the custom fields that hold numbers, where they are few enough to be named; without the parameter all come. */
export function customFields(fields: PipedriveConfig['personPhones']): { custom_fields?: string } {
  return fields.length > 0 && fields.length <= mostCustomKeys ? { custom_fields: fields.map(({ key }) => key).join(',') } : {}
}

function leadsRequest({ phase, from, start }: PositionCursor): CrmRequest {
  const place = { limit: pageSize, start }
  const query =
    phase === 'archived'
      ? { ...place, sort: 'update_time DESC' }
      : { ...place, sort: 'id ASC', ...(from === undefined ? {} : { updated_since: moment(from) }) }
  return { path: phase === 'archived' ? paths.archivedLeads : paths.leads, query, cost: costs.listV1 }
}

const readers = { organizations: readOrganization, contacts: readContact, deals: readDeal, leads: readLead } as const

export function readPage(object: SyncObject, parts: readonly Uint8Array[], text: string, given: CrmConfig): CrmPage {
  const config = configOf(given)
  const [first, second] = parts
  if (first === undefined) throw badReply('no answer')
  if (object === 'users') return onePage(pageOf(first).rows.map((row) => (isRow(row) ? readUser(row) : null)))
  if (object === 'stages') {
    if (second === undefined) throw badReply('no stages')
    const pipelines = new Map(pageOf(first).rows.flatMap((row) => (isRow(row) ? [[idOf(row.id) ?? '', textOf(row.name)]] : [])))
    return onePage(pageOf(second).rows.map((row) => (isRow(row) ? readStage(row, pipelines) : null)))
  }
  const cursor = read(text)
  const page = pageOf(first)
  const toRecord = readers[object]
  const records: CrmRecord[] = []
  let oldest = Number.POSITIVE_INFINITY
  let latest = 0
  for (const row of page.rows) {
    if (!isRow(row)) continue
    const time = timeOf(row.update_time)
    if (time > 0 && time < oldest) oldest = time
    if (time > latest) latest = time
    const record = toRecord(row, config)
    if (record) records.push(record)
  }
  const times = latest > 0 ? { oldest, latest } : null
  return {
    records,
    next: following(object, cursor, page, times),
    watermark: times ? new Date(latest).toISOString() : null,
    // No list says how long it is.
    total: null,
  }
}

function following(
  object: keyof typeof readers,
  cursor: Cursor,
  page: ReturnType<typeof pageOf>,
  times: { oldest: number; latest: number } | null,
): string | null {
  if (cursor.by === 'once') throw badReply('a cursor of another list')
  if (cursor.by === 'time') {
    const first = isRow(page.rows[0]) ? idOf(page.rows[0].id) : null
    const next = afterWindow(cursor, { next: page.next, times, first }, object === 'deals')
    return next && write(next)
  }
  const ids = page.rows.map((row) => (isRow(row) ? idOf((row as Row).id) : null)).filter((id) => id !== null)
  const next = afterPosition(cursor, {
    more: page.more ?? page.rows.length >= pageSize,
    rows: page.rows.length,
    first: ids[0] ?? null,
    last: ids.at(-1) ?? null,
    oldest: times?.oldest ?? 0,
  })
  return next && write(next)
}

function onePage(records: (CrmRecord | null)[]): CrmPage {
  return { records: records.filter((record) => record !== null), next: null, watermark: null, total: null }
}
