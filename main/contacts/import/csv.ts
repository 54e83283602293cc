/**
 * Contacts from CSV. Where records begin and end is found here, so that one broken quotation mark costs one line and not
 * the rest of the file; what a record holds is csv-parse's work.
 */
import { parse } from 'csv-parse/sync'
import type { Trouble } from '../../../preload/contract'
import { TroubleError } from '../../trouble'
import type { NewContact, NewPhone } from '../contact-writer'
import { asciiDigits } from '../numbers'
import { type Column, columnOf, phoneStem, phoneTypeOf } from './columns'
import type { Line } from './text-file'

/** One entry of a file: a contact, or why there is none. */
export type Entry = { line: number; contact: NewContact } | { line: number; trouble: Trouble }
type Row = { line: number; fields: string[] } | { line: number; trouble: Trouble }

/** A quoted field may hold line breaks, but not this many. */
const mostLines = 100
const longestRecord = 500_000
/** Of a field of phone numbers, more is not looked at. */
const longestPhones = 5_000

export function* readCsv(lines: Iterable<Line>): Generator<Entry> {
  const source = new Lookahead(lines)
  const delimiter = takeDelimiter(source)
  const rows = rowsOf(source, delimiter)
  const first = rows.next()
  if (first.done) return
  if ('trouble' in first.value) throw new TroubleError('import.noColumns', { columns: '?' })
  const headings = first.value.fields
  let columns: (Column | null)[] = headings.map(columnOf)
  const usable = columns.some((column) => column && ['name', 'first', 'last', 'organization', 'phone'].includes(column.field))
  if (!usable) {
    if (!headings.some(looksLikeNumber)) throw new TroubleError('import.noColumns', { columns: headings.join(', ').slice(0, 300) })
    columns = guessColumns(headings)
    yield entryOf(first.value, columns, headings)
  }
  for (const row of rows) {
    if ('trouble' in row) yield row
    else if (row.fields.some((field) => field.trim() !== '')) yield entryOf(row, columns, usable ? headings : [])
  }
}

/** Lines that can be put back. */
class Lookahead {
  readonly #lines: Iterator<Line>
  readonly #back: Line[] = []
  constructor(lines: Iterable<Line>) {
    this.#lines = lines[Symbol.iterator]()
  }
  next(): Line | null {
    const back = this.#back.pop()
    if (back) return back
    const { value, done } = this.#lines.next()
    return done ? null : value
  }
  putBack(...lines: Line[]): void {
    for (const line of lines.toReversed()) this.#back.push(line)
  }
}

/** Excel's `sep=;` line, else the sign that stands most often outside quotes in the first line that is not empty. */
function takeDelimiter(source: Lookahead): string {
  let line = source.next()
  while (line && line.text.trim() === '') line = source.next()
  if (!line) throw new TroubleError('import.empty')
  const said = /^sep=(.)\s*$/i.exec(line.text)?.[1]
  if (said) return said
  source.putBack(line)
  const bare = line.text.replace(/"[^"]*"/g, '')
  const counts = [',', ';', '\t', '|'].map((sign) => ({ sign, count: bare.split(sign).length - 1 }))
  return counts.reduce((best, each) => (each.count > best.count ? each : best)).sign
}

function* rowsOf(source: Lookahead, delimiter: string): Generator<Row> {
  let expected: number | null = null
  let clean: Line[] = []
  const parseFields = (text: string): string[][] =>
    parse(text, { delimiter, relaxColumnCount: true, relaxQuotes: true, skipEmptyLines: true })
  function* flush(): Generator<Row> {
    // Without a quotation mark nothing can go wrong: many lines are parsed at once.
    const filled = clean.filter(({ text }) => text !== '')
    clean = []
    const lines = filled.filter(({ text }) => text.length <= longestRecord)
    for (const { number, text } of filled) {
      if (text.length > longestRecord) yield { line: number, trouble: { code: 'import.recordTooLong', params: {} } }
    }
    if (lines.length === 0) return
    const rows = parseFields(lines.map(({ text }) => text).join('\n'))
    for (const [index, fields] of rows.entries()) yield checked({ line: lines[index]?.number ?? 0, fields })
  }
  const checked = (row: { line: number; fields: string[] }): Row => {
    const found = row.fields.findLastIndex((field) => field.trim() !== '') + 1
    if (expected !== null && found > expected)
      return { line: row.line, trouble: { code: 'import.tooManyFields', params: { found, expected } } }
    expected ??= row.fields.length
    return row
  }
  for (let line = source.next(); line; line = source.next()) {
    if (!line.text.includes('"')) {
      clean.push(line)
      if (clean.length >= 200 || expected === null) yield* flush()
      continue
    }
    yield* flush()
    const { lines, state } = gather(source, line, delimiter)
    const text = lines.map((each) => each.text).join('\n')
    const row = state === 'open' || text.length > longestRecord ? null : fieldsOf(text, parseFields)
    const fits = row !== null && (expected === null || row.length <= expected)
    if (row && (state === 'whole' ? fits || lines.length === 1 : fits)) {
      // Where the marks do not fit, csv-parse leaves the outer ones in the text.
      yield checked({ line: line.number, fields: state === 'whole' ? row : row.map((field) => field.replace(/^"(.*)"$/s, '$1')) })
      continue
    }
    // Only the first line is given up: what follows may be whole records that it swallowed.
    source.putBack(...lines.slice(1))
    const code =
      text.length > longestRecord
        ? 'import.recordTooLong'
        : state === 'open' || lines.length > 1
          ? 'import.quoteOpen'
          : 'import.quoteBroken'
    yield { line: line.number, trouble: { code, params: {} } }
  }
  yield* flush()
}

function fieldsOf(text: string, parseFields: (text: string) => string[][]): string[] | null {
  try {
    const rows = parseFields(text)
    return rows.length === 1 ? (rows[0] ?? null) : null
  } catch {
    return null
  }
}

/** The physical lines of one record. `broken`: in its only line a closing quotation mark stands where none can. */
function gather(source: Lookahead, first: Line, delimiter: string): { lines: Line[]; state: 'whole' | 'open' | 'broken' } {
  const lines = [first]
  let quoted = false
  for (let line: Line | null = first; ; ) {
    const { text } = line
    let fieldStart = !quoted
    for (let index = 0; index < text.length; index++) {
      const sign = text[index]
      if (quoted) {
        if (sign !== '"') continue
        if (text[index + 1] === '"') index++
        else if (index + 1 === text.length || text[index + 1] === delimiter) quoted = false
        else if (text.slice(index + 1).trimStart() === '') quoted = false
        else return { lines, state: lines.length === 1 ? 'broken' : 'open' }
      } else {
        if (sign === '"' && fieldStart) quoted = true
        fieldStart = sign === delimiter
      }
    }
    if (!quoted) return { lines, state: 'whole' }
    line = lines.length < mostLines ? source.next() : null
    if (!line) return { lines, state: 'open' }
    lines.push(line)
  }
}

function looksLikeNumber(text: string): boolean {
  const plain = asciiDigits(text.trim())
  return /^[+(]?[\d\s()./-]{5,}$/.test(plain) && plain.replace(/\D/g, '').length >= 5
}

/** For a file without headings: numbers, addresses, then a name and an organization in the order they stand. */
function guessColumns(fields: string[]): (Column | null)[] {
  const texts: Column[] = [{ field: 'name' }, { field: 'organization' }]
  return fields.map((field) => {
    if (looksLikeNumber(field)) return { field: 'phone', type: 'work' }
    if (/^\S+@\S+$/.test(field.trim())) return { field: 'email' }
    return field.trim() === '' ? null : (texts.shift() ?? null)
  })
}

function entryOf({ line, fields }: { line: number; fields: string[] }, columns: (Column | null)[], headings: string[]): Entry {
  const all = (wanted: Column['field']) =>
    fields.filter((field, index) => columns[index]?.field === wanted && field.trim() !== '').map((field) => field.trim())
  const one = (wanted: Column['field']) => all(wanted)[0] ?? ''
  const types = new Map<string, string>()
  columns.forEach((column, index) => {
    if (column?.field === 'phone-type') types.set(column.of, fields[index] ?? '')
  })
  const phones: NewPhone[] = []
  let shortened: string | null = null
  for (const [index, column] of columns.entries()) {
    if (column?.field !== 'phone') continue
    const said = types.get(phoneStem(headings[index] ?? ''))
    // Google writes several numbers into one field, Outlook users do with `;`.
    for (const part of (fields[index] ?? '').slice(0, longestPhones).split(/ ::: |[;\n|]|,(?=\s*\+)|\s\/\s/)) {
      // `'+46…` and `="08…"` are how people keep a spreadsheet from reading a number as one.
      const raw = part.replace(/^[='"\s]+|["'\s]+$/g, '')
      if (/^\d[.,]\d+E\+?\d+$/i.test(raw)) shortened ??= raw
      else if (/\d/.test(asciiDigits(raw))) phones.push({ raw, type: said ? phoneTypeOf(said) : column.type })
    }
  }
  if (shortened !== null) return { line, trouble: { code: 'import.shortened', params: { number: shortened } } }
  const name = one('name') || [one('first'), one('middle'), one('last')].filter((part) => part !== '').join(' ')
  const emails = all('email')
    .flatMap((text) => text.split(/ ::: |[;,\s]+/))
    .filter((text) => text.includes('@'))
  const organization = one('organization')
  if (name === '' && organization === '' && phones.length === 0 && emails.length === 0) {
    return { line, trouble: { code: 'import.nothingInIt', params: {} } }
  }
  const country = one('country').toUpperCase()
  return {
    line,
    contact: {
      name,
      organization,
      jobTitle: one('title'),
      emails,
      note: all('note').join('\n'),
      labels: all('labels').flatMap((text) => text.split(/ ::: |[;,]/)),
      phones,
      country: /^[A-Z]{2}$/.test(country) ? country : null,
      externalId: one('uid') || null,
    },
  }
}
