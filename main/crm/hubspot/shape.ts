/** Reads what HubSpot answers without trusting any of it: a value of the wrong type counts as absent. Only `listOf` and `objectOf` throw. */
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

export function idOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : null
  return typeof value === 'string' && /^\d{1,25}$/.test(value) ? value : null
}

/** Numbers of any length, in their order. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** Wall ms of ISO 8601 or of ms since 1970; 0 for what is no time. */
export function timeOf(value: unknown): number {
  if (typeof value !== 'string' || value.length > 40) return 0
  const ms = /^\d{1,14}$/.test(value) ? Number(value) : Date.parse(value)
  return ms > 0 ? Math.floor(ms) : 0
}

export function badReply(detail: string): CrmTrouble {
  return new CrmTrouble('crm.badReply', { crm: serviceName, host: serviceHost }, detail)
}

/** What the CRM answered when it refused; null: it did not answer. */
export function statusOf(error: unknown): number | null {
  return error instanceof CrmTrouble ? error.status : null
}

const decoder = new TextDecoder()

/** Throws `crm.badReply` for what is no JSON object. */
export function objectOf(bytes: Uint8Array | undefined): Row {
  let reply: unknown
  try {
    reply = JSON.parse(decoder.decode(bytes))
  } catch {
    throw badReply('no JSON')
  }
  if (!isRow(reply)) throw badReply('no object')
  return reply
}

export interface List {
  rows: Row[]
  /** HubSpot's own cursor; null after the last page. */
  next: string | null
  total: number | null
}

const longestCursor = 2_000

/** A page of a list or search. Throws `crm.badReply` for what is none. */
export function listOf(bytes: Uint8Array | undefined): List {
  const reply = objectOf(bytes)
  if (!Array.isArray(reply.results)) throw badReply('no results')
  const paging = isRow(reply.paging) && isRow(reply.paging.next) ? textOf(reply.paging.next.after) : ''
  if (paging.length > longestCursor) throw badReply('a cursor without end')
  const total = typeof reply.total === 'number' && Number.isSafeInteger(reply.total) && reply.total >= 0 ? reply.total : null
  return { rows: rowsOf(reply.results), next: paging || null, total }
}
