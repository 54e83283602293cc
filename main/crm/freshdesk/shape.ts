/** Reads what Freshdesk answers without trusting any of it: a value of the wrong type counts as absent. */
import { CrmTrouble } from '../crm'
import { serviceDomain, serviceName } from './service'

export type Row = Readonly<Record<string, unknown>>

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' && Number.isFinite(value) ? String(value) : ''
}

/** The number of a record, as text. */
export function idOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? String(value) : null
  return typeof value === 'string' && isId(value) ? value : null
}

export function isId(text: string): boolean {
  return /^[1-9]\d{0,19}$/.test(text)
}

/** Wall ms; 0 for what is no time. */
export function timeOf(value: unknown): number {
  if (typeof value !== 'string' || value.length < 10 || value.length > 40) return 0
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? 0 : Math.max(0, ms)
}

export function badReply(detail: string): CrmTrouble {
  return new CrmTrouble('crm.badReply', { crm: serviceName, host: serviceDomain }, detail)
}

/** Throws `crm.badReply` for what is no JSON. */
export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch {
    throw badReply('no JSON')
  }
}

/** The rows of a list. Throws `crm.badReply` for what is no list. */
export function rowsOf(bytes: Uint8Array): readonly unknown[] {
  const reply = jsonOf(bytes)
  if (!Array.isArray(reply)) throw badReply('no list')
  return reply
}

/** One record. Throws `crm.badReply` for what is none. */
export function objectOf(bytes: Uint8Array): Row {
  const reply = jsonOf(bytes)
  if (!isRow(reply)) throw badReply('no object')
  return reply
}

const decoder = new TextDecoder()
