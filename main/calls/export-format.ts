/** A call as a line of an export: the columns, and how each format writes them. */
import { stringify } from 'csv-stringify/sync'
import type { RecordRow } from './records'

export type ExportFormat = 'csv' | 'json' | 'jsonl'

/** Names and order of the columns, the same in every format. People script against them. */
export const exportColumns = [
  'started',
  'direction',
  'result',
  'number',
  'name',
  'organization',
  'account',
  'called_line',
  'ring_seconds',
  'talk_seconds',
  'outcome',
  'notes',
  'follow_up_kind',
  'follow_up_due',
  'log',
  'call_id',
  'mos',
  'loss',
] as const
export type ExportLine = Record<(typeof exportColumns)[number], string | number | null>

export function exportLine(row: RecordRow): ExportLine {
  return {
    started: isoWithOffset(row.startedAt, row.utcOffset),
    direction: row.direction,
    result: row.result,
    number: row.e164 ?? row.number,
    name: row.contactName ?? row.networkName,
    organization: row.organization,
    account: row.accountLabel,
    called_line: row.calledLine,
    ring_seconds: seconds(row.ringMs),
    talk_seconds: seconds(row.talkMs),
    outcome: row.outcome,
    notes: row.notes,
    follow_up_kind: row.followUpKind,
    follow_up_due: row.followUpDue,
    log: row.logState ?? 'none',
    call_id: row.id,
    mos: rounded(row.mos, 2),
    loss: rounded(row.loss, 4),
  }
}

/** To a tenth, as people read it. */
const seconds = (ms: number) => Math.round(ms / 100) / 10

const rounded = (value: number | null, digits: number) => (value === null ? null : Number(value.toFixed(digits)))

/** ISO 8601 with the offset that was in force, `2026-11-20T14:03:07+01:00`. `offset`: minutes east of UTC. */
export function isoWithOffset(wall: number, offset: number): string {
  const local = new Date(wall + offset * 60_000).toISOString().slice(0, 19)
  const size = Math.abs(offset)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

export interface LineWriter {
  head: string
  lines(lines: ExportLine[]): string
  tail: string
}

/** `raw`: no protection against formulas. */
export function lineWriter(format: ExportFormat, raw: boolean): LineWriter {
  if (format === 'csv') {
    return {
      // The mark tells Excel that it is UTF-8; the header is a line like any other.
      head: `\uFEFF${csv([[...exportColumns]])}`,
      lines: (lines) => csv(lines.map((line) => exportColumns.map((column) => (raw ? line[column] : harmless(line[column]))))),
      tail: '',
    }
  }
  if (format === 'jsonl') return { head: '', lines: (lines) => lines.map((line) => `${JSON.stringify(line)}\n`).join(''), tail: '' }
  let first = true
  return {
    head: '[',
    lines: (lines) =>
      lines
        .map((line) => {
          const before = first ? '\n' : ',\n'
          first = false
          return before + JSON.stringify(line)
        })
        .join(''),
    tail: '\n]\n',
  }
}

/** RFC 4180: CRLF ends a line, and whatever holds a line break of any kind is quoted. */
function csv(rows: (string | number | null)[][]): string {
  return stringify(rows, { record_delimiter: 'windows', quoted_match: /[\r\n]/ })
}

/** Text that a spreadsheet would take for a formula, marked as text. Phone numbers (`+` and digits) and plain numbers are none. */
export function harmless(value: string | number | null): string | number | null {
  if (typeof value !== 'string' || !/^[=+\-@\t\r]/.test(value)) return value
  return /^\+\d+$|^[+-]?\d+(\.\d+)?$/.test(value) ? value : `'${value}`
}
