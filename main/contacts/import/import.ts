/** Imports a file of contacts as a write job: what it is, its entries, and what became of each. */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { ImportReport, Trouble } from '../../../preload/contract'
import type { JobContext } from '../../store/job'
import { TroubleError } from '../../trouble'
import { type CleanContact, ContactWriter, cleanContact } from '../contact-writer'
import { type Entry, readCsv } from './csv'
import { encodingOf, linesOf, looksLikeText } from './text-file'
import { readVcards } from './vcard'

/** Where the file is, or its bytes; `region`: the country of numbers without a prefix. */
export type ImportInput = ({ path: string } | { bytes: Uint8Array }) & { region: string; now: number }
export interface ImportProgress {
  read: number
}

const largestMb = 512
const mostRefusals = 100

type Ready = { contact: CleanContact } | { line: number; trouble: Trouble }

/** Rejects with a TroubleError (`import.*`) when the file as a whole cannot be used. */
export async function importContacts(context: JobContext): Promise<ImportReport> {
  const input = context.input as ImportInput
  const bytes = bytesOf(input)
  const report: ImportReport = { batchId: null, read: 0, added: 0, merged: 0, refused: [] }
  const writer = new ContactWriter(context.db, 'import', () => input.now)
  await context.each(readyEntries(entriesOf(bytes), input.region), (entry: Ready) => {
    report.read++
    if ('trouble' in entry) {
      if (report.refused.length < mostRefusals) report.refused.push({ line: entry.line, trouble: entry.trouble })
      return
    }
    const known = writer.find(entry.contact)
    if (known === null) {
      writer.insert(entry.contact)
      report.added++
    } else {
      writer.complete(known, entry.contact)
      report.merged++
    }
    if (report.read % 500 === 0) context.progress({ read: report.read } satisfies ImportProgress)
  })
  if (report.read === 0) throw new TroubleError('import.empty')
  return report
}

function bytesOf(input: ImportInput): Uint8Array {
  if ('bytes' in input) return input.bytes
  const name = basename(input.path)
  try {
    if (statSync(input.path).size > largestMb * 1e6) throw new TroubleError('import.tooLarge', { limit: largestMb })
    return readFileSync(input.path)
  } catch (error) {
    if (error instanceof TroubleError) throw error
    throw new TroubleError('import.notFound', { name }, (error as Error).message, { cause: error })
  }
}

function entriesOf(bytes: Uint8Array): Iterable<Entry> {
  if (bytes.length === 0) throw new TroubleError('import.empty')
  if (!looksLikeText(bytes)) throw new TroubleError('import.notContacts')
  const head = new TextDecoder(encodingOf(bytes)).decode(bytes.subarray(0, 8_192))
  if (/^\s*BEGIN:VCARD\s*$/im.test(head)) return readVcards(linesOf(bytes))
  if (/^\s*(<\?xml|<!doctype|<html|\{|\[)/i.test(head)) throw new TroubleError('import.notContacts')
  return readCsv(linesOf(bytes))
}

/** Numbers are normalised here, outside the write transaction. */
function* readyEntries(entries: Iterable<Entry>, region: string): Generator<Ready> {
  for (const entry of entries) {
    if ('trouble' in entry) {
      yield entry
      continue
    }
    const contact = cleanContact(entry.contact, region)
    if (contact.name === '') yield { line: entry.line, trouble: { code: 'import.nothingInIt', params: {} } }
    else yield { contact }
  }
}
