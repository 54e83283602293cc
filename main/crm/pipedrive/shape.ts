/** Reads what Pipedrive answers without trusting any of it: a value of the wrong type counts as absent. No function here throws but `envelopeOf`. */
import { CrmTrouble } from '../crm'
import { serviceHost, serviceName } from './service'

export type Row = Readonly<Record<string, unknown>>

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function rowsOf(value: unknown): Row[] {
  return Array.isArray(value) ? value.filter(isRow) : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** The name of a record: a number, or a lead's UUID. */
export function idOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : null
  return typeof value === 'string' && /^[0-9A-Za-z-]{1,64}$/.test(value) ? value : null
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Wall ms; 0 for what is no time. Times without a zone are UTC. */
export function timeOf(value: unknown): number {
  if (typeof value !== 'string' || value.length < 10 || value.length > 40) return 0
  const ms = Date.parse(value.length === 19 && value[10] === ' ' ? `${value.slice(0, 10)}T${value.slice(11)}Z` : value)
  return Number.isNaN(ms) ? 0 : Math.max(0, ms)
}

/** `YYYY-MM-DD` of a day or a time. */
export function dayOf(value: unknown): string | null {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? value.slice(0, 10) : null
}

export function badReply(detail: string): CrmTrouble {
  return new CrmTrouble('crm.badReply', { crm: serviceName, host: serviceHost }, detail)
}

export interface Envelope {
  data: unknown
  /** v2: names the next page; null after the last one. */
  next: string | null
  /** v1: there is a next page; null: it does not say. */
  more: boolean | null
}

/** What is in a reply. Throws `crm.badReply` for what is no reply of Pipedrive's. */
export function envelopeOf(bytes: Uint8Array): Envelope {
  let reply: unknown
  try {
    reply = JSON.parse(decoder.decode(bytes))
  } catch {
    throw badReply('no JSON')
  }
  if (!isRow(reply)) throw badReply('no object')
  if (reply.success === false) throw badReply(`success is false: ${textOf(reply.error).slice(0, 200)}`)
  if (!('data' in reply)) throw badReply('no data')
  const additional = isRow(reply.additional_data) ? reply.additional_data : {}
  // The types of the SDK have the paging of leads beside `start`; older answers had it one level below.
  const pagination = isRow(additional.pagination) ? additional.pagination : additional
  const next = additional.next_cursor
  if (typeof next === 'string' && next.length > mostCursor) throw badReply('a cursor without end')
  const more = pagination.more_items_in_collection
  return { data: reply.data, next: typeof next === 'string' && next !== '' ? next : null, more: typeof more === 'boolean' ? more : null }
}

/** The rows of a list's page. */
export function pageOf(bytes: Uint8Array): Envelope & { rows: readonly unknown[] } {
  const envelope = envelopeOf(bytes)
  // Nothing there is null in some of the old lists.
  if (envelope.data === null) return { ...envelope, rows: [] }
  if (!Array.isArray(envelope.data)) throw badReply('no list')
  return { ...envelope, rows: envelope.data }
}

const decoder = new TextDecoder()
const mostCursor = 4_000
