/** A file of contacts as it is read: what kind it is, how it is written, and its entries one after the other. */
import type { ColumnField, ImportOptions, ImportPreview } from '../../../preload/contract'
import { cleanLine } from '../../text'
import { TroubleError } from '../../trouble'
import { cleanContact } from '../contact-writer'
import { type CsvFile, type Entry, readCsv } from './csv'
import { isPlainText, TextFile } from './text-file'
import { readVcards } from './vcard'

export interface Source {
  kind: ImportPreview['kind']
  encoding: ImportPreview['encoding']
  /** Null for vCards. */
  csv: CsvFile | null
  entries: Iterable<Entry>
}

/**
 * Opens the file for the time of `use`. `most`: bytes after which no more are read. Throws TroubleError `import.notFound`,
 * `import.tooLarge`, `import.empty`, `import.notContacts`, `import.noColumns`.
 */
export async function withSource<T>(
  path: string,
  options: ImportOptions,
  use: (source: Source) => T | Promise<T>,
  most?: number,
): Promise<T> {
  const file = new TextFile(path)
  try {
    const encoding = options.encoding ?? file.encoding()
    const head = file.head(encoding)
    // In a coding that the rep chose wrongly, text may look like anything: the preview shows it.
    if (!isPlainText(file.head(file.encoding()))) throw new TroubleError('import.notContacts')
    if (/^\s*BEGIN:VCARD\s*$/im.test(head)) {
      return await use({ kind: 'vcard', encoding, csv: null, entries: readVcards(file.lines(encoding, most)) })
    }
    if (/^\s*(<\?xml|<!doctype|<html|\{|\[)/i.test(head)) throw new TroubleError('import.notContacts')
    const csv = readCsv(file.lines(encoding, most), options)
    return await use({ kind: 'csv', encoding, csv, entries: csv.entries })
  } finally {
    file.close()
  }
}

const naming: ReadonlySet<ColumnField> = new Set(['name', 'first', 'last', 'organization', 'email'])

/** Throws TroubleError `import.noColumns` when no column holds what makes a contact. */
export function needColumns({ csv }: Source): void {
  if (!csv || csv.fields.some((field) => naming.has(field) || field.startsWith('phone-'))) return
  throw new TroubleError('import.noColumns', { columns: cleanLine(csv.headings.join(', '), 300) })
}

export interface PreviewInput {
  path: string
  options: ImportOptions
  /** The country of numbers without a prefix. */
  region: string
}

const previewBytes = 16_000_000
const previewEntries = 300
const most = { contacts: 20, refused: 20, samples: 3, columns: 500, sample: 60, heading: 80, phones: 10 } as const

/** The beginning of the file as an import with these options would read it. */
export function previewOf({ path, options, region }: PreviewInput): Promise<ImportPreview> {
  return withSource(
    path,
    options,
    ({ kind, encoding, csv, entries }) => {
      const preview: ImportPreview = {
        kind,
        encoding,
        delimiter: csv && (([',', ';', '\t', '|'] as const).find((sign) => sign === csv.delimiter) ?? null),
        columns: csv ? columnsOf(csv) : [],
        contacts: [],
        refused: [],
      }
      let read = 0
      for (const entry of entries) {
        if ('trouble' in entry) {
          if (preview.refused.length < most.refused) preview.refused.push(entry)
        } else if (preview.contacts.length < most.contacts) {
          const { name, organization, phones, emails } = cleanContact(entry.contact, region)
          const numbers = phones.slice(0, most.phones).map(({ e164, raw }) => e164 ?? raw)
          if (name !== '') preview.contacts.push({ name, organization, phones: numbers, emails: emails.slice(0, most.phones) })
        }
        if (++read >= previewEntries) break
      }
      return preview
    },
    previewBytes,
  )
}

function columnsOf({ fields, headings, samples }: CsvFile): ImportPreview['columns'] {
  return fields.slice(0, most.columns).map((field, index) => {
    const filled = samples.map((row) => cleanLine(row[index] ?? '', most.sample)).filter((text) => text !== '')
    return { heading: cleanLine(headings[index] ?? '', most.heading), field, samples: [...new Set(filled)].slice(0, most.samples) }
  })
}
