/** History as SQL: the filters in force, the text searched for, and the place where the last page ended. Every value is a parameter. */
import type { HistoryFilter } from '../../preload/contract'
import { fold, indexText } from '../text'
import { TroubleError } from '../trouble'
import { recordColumns, recordTables } from './records'

/** The filter with its days turned into instants (ms): `since` inclusive, `before` exclusive. */
export type HistorySelection = Omit<HistoryFilter, 'from' | 'to'> & {
  since: number | null
  before: number | null
  /** Only calls that have to do with it. */
  about?: { organizationId: number } | { dealId: number }
}

/** Calls with an organization's people, over its numbers and about its deals. */
const ofOrganization = `SELECT id FROM calls WHERE contact_id IN (SELECT id FROM contacts WHERE organization_id = @about)
  UNION SELECT id FROM calls WHERE contact_id IS NULL AND e164 IN (SELECT e164 FROM phones WHERE organization_id = @about)
  UNION SELECT id FROM calls WHERE deal_id IN (SELECT id FROM deals WHERE organization_id = @about)
  UNION SELECT call_id FROM call_logs WHERE deal_id IN (SELECT id FROM deals WHERE organization_id = @about)`
/** Calls that a deal or lead was the reason for, or that were logged with it. */
const ofDeal = 'SELECT id FROM calls WHERE deal_id = @about UNION SELECT call_id FROM call_logs WHERE deal_id = @about'

/** The last row of a page: the next one is older. */
export interface HistoryPlace {
  startedAt: number
  id: string
}

export function placeText(place: HistoryPlace): string {
  return `${place.startedAt}.${place.id}`
}

/** Throws TroubleError `call.badPage`. */
export function readPlace(text: string): HistoryPlace {
  const found = /^(\d{1,16})\.(.{1,64})$/.exec(text)
  if (!found?.[1] || !found[2]) throw new TroubleError('call.badPage')
  return { startedAt: Number(found[1]), id: found[2] }
}

/** Newest first. */
export function historyQuery(
  selection: HistorySelection,
  after: HistoryPlace | null,
  limit: number,
): { sql: string; params: Record<string, string | number> } {
  const where: string[] = []
  const params: Record<string, string | number> = { limit }
  const add = (condition: string, values: Record<string, string | number> = {}) => {
    where.push(condition)
    Object.assign(params, values)
  }
  const { since, before, direction, result, outcome, contactId, notLogged } = selection
  if (since !== null) add('c.started_at >= @since', { since })
  if (before !== null) add('c.started_at < @before', { before })
  if (direction !== undefined) add('c.direction = @direction', { direction })
  if (result !== undefined) add('c.result = @result', { result })
  if (outcome !== undefined) add('l.outcome = @outcome', { outcome })
  if (contactId !== undefined) add('c.contact_id = @contactId', { contactId })
  if (notLogged) add("l.state = 'draft'")
  const { about } = selection
  if (about) {
    const [calls, id] = 'dealId' in about ? [ofDeal, about.dealId] : [ofOrganization, about.organizationId]
    add(`c.id IN (${calls})`, { about: id })
  }
  if (after) add('(c.started_at, c.id) < (@afterStarted, @afterId)', { afterStarted: after.startedAt, afterId: after.id })
  for (const [index, term] of searchTerms(selection.text).entries()) {
    const found = term.map(({ column, text }, variant) => {
      params[`t${index}_${variant}`] = text
      return `instr(${column}, @t${index}_${variant}) > 0`
    })
    where.push(`(${found.join(' OR ')})`)
  }
  // The unary plus keeps SQLite from reading every call by its time where few are asked for by name.
  const order = about ? '+c.started_at' : 'c.started_at'
  const sql = `SELECT ${recordColumns} FROM ${recordTables} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
    ORDER BY ${order} DESC, c.id DESC LIMIT @limit`
  return { sql, params }
}

type Place = { column: 'c.search' | 'p.search' | 'l.search'; text: string }

/**
 * What must be found, each term in one of its places. A text that looks like a phone number is one term, found as digits
 * anywhere in a number whatever stands between them; other texts are words, all of which must occur.
 */
function searchTerms(text: string): Place[][] {
  const trimmed = text.trim()
  if (trimmed === '') return []
  if (phoneDigits(trimmed)) return [term(trimmed)]
  return trimmed.split(/\s+/u).slice(0, 12).map(term)
}

function term(text: string): Place[] {
  const folded = fold(text)
  const places: Place[] = [
    { column: 'c.search', text: folded },
    { column: 'l.search', text: folded },
    { column: 'p.search', text: indexText(text) },
  ]
  const digits = phoneDigits(text)
  if (digits) {
    places.push({ column: 'c.search', text: digits })
    // «08-123» is part of +46 8 123: the trunk zero is not in the international form.
    const significant = digits.replace(/^0+/, '')
    if (significant.length >= 3 && significant !== digits) places.push({ column: 'c.search', text: significant })
  }
  return places
}

/** The digits of what looks like (part of) a phone number, else null. */
function phoneDigits(text: string): string | null {
  if (!/^[+\d\s().\-\u2010-\u2015/\u00a0]+$/u.test(text)) return null
  const digits = text.replace(/\(0\)/g, '').replace(/\D/g, '')
  return digits.length >= 2 ? digits : null
}

/** What a call is searched by; see searchTerms. */
export function callSearchText(call: {
  number: string
  e164: string | null
  networkName: string | null
  contactName: string | null
  organization: string | null
  calledLine: string | null
}): string {
  const names = [call.networkName, call.contactName, call.organization, call.calledLine].filter((name) => name !== null)
  const numbers = new Set([fold(call.number), call.number.replace(/\D/g, ''), call.e164?.replace(/\D/g, '') ?? ''])
  return [...names.map(fold), ...numbers].filter((part) => part !== '').join('\n')
}

/** What a log is searched by. */
export function logSearchText(notes: string): string {
  return fold(notes)
}
