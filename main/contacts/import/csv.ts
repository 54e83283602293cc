/**
 * Contacts from CSV. Where records begin and end is found here, so that one broken quotation mark costs one line and not
 * the rest of the file; what a record holds is csv-parse's work.
 */
import { parse } from 'csv-parse/sync'
import type { ColumnField, ImportOptions, Trouble } from '../../../preload/contract'
import { TroubleError } from '../../trouble'
import type { NewContact, NewPhone } from '../contact-writer'
import { asciiDigits } from '../numbers'
import { columnOf, phoneStem, phoneTypeOf } from './columns'
import type { Line } from './text-file'

/** One entry of a file: a contact, or why there is none. */
export type Entry = { line: number; contact: NewContact } | { line: number; trouble: Trouble }
type Row = { line: number; fields: string[] } | { line: number; trouble: Trouble }
type Delimiter = NonNullable<ImportOptions['delimiter']>

/** What is known of a file before its first entry. */
export interface CsvShape {
  delimiter: Delimiter | string
  /** Empty where the first line is an entry itself. */
  headings: string[]
  /** One for each field of the first line. */
  fields: ColumnField[]
  /** The field that says the kind of the number in column `of`, by its column: Google's «Phone 1 - Type». */
  kinds: Map<number, string>
}
export interface CsvFile extends CsvShape {
  entries: Generator<Entry>
  /** The fields of the first entries, as they were read. */
  samples: readonly string[][]
}

/** A quoted field may hold line breaks, but not this many. */
const mostLines = 100
const longestRecord = 500_000
/** Of a field of phone numbers, more is not looked at. */
const longestPhones = 5_000
/** Entries looked at to guess what a column without a known heading holds, and shown as samples. */
const mostSamples = 50

/**
 * What the columns hold is what `options` say, else what headings and entries suggest. Throws TroubleError `import.empty`,
 * `import.noColumns` for a first line that is no record.
 */
export function readCsv(lines: Iterable<Line>, options: ImportOptions = {}): CsvFile {
  const source = new Lookahead(lines)
  const delimiter = takeDelimiter(source, options.delimiter)
  const rows = rowsOf(source, delimiter)
  const next = rows.next()
  if (next.done) throw new TroubleError('import.empty')
  if ('trouble' in next.value) throw new TroubleError('import.noColumns', { columns: '?' })
  const first = next.value
  const known = first.fields.map(columnOf)
  const named = known.some((column) => column && ['name', 'first', 'last', 'organization', 'phone', 'email'].includes(column.field))
  const headings = named || !first.fields.some(looksLikeNumber) ? first.fields : []
  const ahead: Row[] = headings.length > 0 ? [] : [first]
  while (ahead.length < mostSamples) {
    const row = rows.next()
    if (row.done) break
    ahead.push(row.value)
  }
  const samples = ahead.flatMap((row) => ('fields' in row ? [row.fields] : []))
  const kinds = new Map<number, string>()
  for (const [index, column] of known.entries()) if (column?.field === 'phone-type' && named) kinds.set(index, column.of)
  const guessed = headings.length > 0 ? guessedBy(headings, samples) : guessColumns(first.fields)
  const fields = options.columns ? first.fields.map((_, index) => options.columns?.[index] ?? 'ignore') : guessed
  const shape: CsvShape = { delimiter, headings, fields, kinds }
  // Where the rep says that a number is of another kind than was guessed, that holds for all of them.
  const reader = new RowReader(shape, (index) => fields[index] === guessed[index])
  return { ...shape, samples, entries: entriesOf([ahead, rows], reader) }
}

function* entriesOf(sources: Iterable<Row>[], reader: RowReader): Generator<Entry> {
  for (const rows of sources) {
    for (const row of rows) {
      if ('trouble' in row) yield row
      else if (row.fields.some((field) => field.trim() !== '')) yield reader.entry(row)
    }
  }
}

/** By headings; where they name no number or no address, by what stands below them. */
function guessedBy(headings: string[], samples: string[][]): ColumnField[] {
  const guessed = headings.map((heading): ColumnField => {
    const column = columnOf(heading)
    if (!column || column.field === 'phone-type') return 'ignore'
    return column.field === 'phone' ? `phone-${column.type}` : column.field
  })
  const mostly = (index: number, test: (field: string) => boolean) => {
    const filled = samples.map((fields) => fields[index]?.trim() ?? '').filter((field) => field !== '')
    return filled.length > 0 && filled.filter(test).length > filled.length / 2
  }
  const fill = (field: ColumnField, test: (field: string) => boolean) => {
    for (const index of guessed.keys()) if (guessed[index] === 'ignore' && mostly(index, test)) guessed[index] = field
  }
  if (!guessed.includes('email')) fill('email', looksLikeAddress)
  if (!guessed.some((field) => field.startsWith('phone-'))) {
    fill('phone-work', (field) => looksLikeNumber(field) && /^[+(0]/.test(field) && field.replace(/\D/g, '').length >= 7)
  }
  return guessed
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
function takeDelimiter(source: Lookahead, chosen: string | undefined): string {
  let line = source.next()
  while (line && line.text.trim() === '') line = source.next()
  if (!line) throw new TroubleError('import.empty')
  const said = /^sep=(.)\s*$/i.exec(line.text)?.[1]
  if (said) return chosen ?? said
  source.putBack(line)
  if (chosen) return chosen
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
  let size = 0
  for (let line: Line | null = first; ; ) {
    const { text } = line
    size += text.length
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
    line = lines.length < mostLines && size < longestRecord ? source.next() : null
    if (!line) return { lines, state: 'open' }
    lines.push(line)
  }
}

function looksLikeNumber(text: string): boolean {
  const plain = asciiDigits(text.trim())
  return /^[+(]?[\d\s()./-]{5,}$/.test(plain) && plain.replace(/\D/g, '').length >= 5
}

function looksLikeAddress(text: string): boolean {
  return /^\S+@\S+$/.test(text.trim())
}

/** For a file without headings: numbers, addresses, then a name and an organization in the order they stand. */
function guessColumns(fields: string[]): ColumnField[] {
  const texts: ColumnField[] = ['name', 'organization']
  return fields.map((field) => {
    if (looksLikeNumber(field)) return 'phone-work'
    if (looksLikeAddress(field)) return 'email'
    return field.trim() === '' ? 'ignore' : (texts.shift() ?? 'ignore')
  })
}

/** Makes contacts of records whose columns are known. */
class RowReader {
  readonly #shape: CsvShape
  readonly #phones: { index: number; type: NewPhone['type']; kind: number | null }[] = []

  /** `asGuessed`: whether a column holds what was guessed of it. */
  constructor(shape: CsvShape, asGuessed: (index: number) => boolean) {
    this.#shape = shape
    const kinds = new Map([...shape.kinds].map(([index, of]) => [of, index]))
    for (const [index, field] of shape.fields.entries()) {
      if (!field.startsWith('phone-')) continue
      const type = field.slice(6) as NewPhone['type']
      const kind = asGuessed(index) ? kinds.get(phoneStem(shape.headings[index] ?? '')) : undefined
      this.#phones.push({ index, type, kind: kind ?? null })
    }
  }

  entry({ line, fields }: { line: number; fields: string[] }): Entry {
    const all = (wanted: ColumnField) =>
      fields.filter((field, index) => this.#shape.fields[index] === wanted && field.trim() !== '').map((field) => field.trim())
    const one = (wanted: ColumnField) => all(wanted)[0] ?? ''
    const phones: NewPhone[] = []
    let shortened: string | null = null
    for (const { index, type, kind } of this.#phones) {
      const said = kind === null ? '' : (fields[kind] ?? '')
      // Google writes several numbers into one field, Outlook users do with `;`.
      for (const part of (fields[index] ?? '').slice(0, longestPhones).split(/ ::: |[;\n|]|,(?=\s*\+)|\s\/\s/)) {
        // `'+46…` and `="08…"` are how people keep a spreadsheet from reading a number as one.
        const raw = part.replace(/^[='"\s]+|["'\s]+$/g, '')
        if (/^\d[.,]\d+E\+?\d+$/i.test(raw)) shortened ??= raw
        else if (/\d/.test(asciiDigits(raw))) phones.push({ raw, type: said.trim() ? phoneTypeOf(said) : type })
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
}
