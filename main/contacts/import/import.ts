/**
 * Imports a file of contacts as a write job: its entries, what became of each, and how each contact was before, so that the
 * import can be taken back as one step. A contact that a CRM holds is never changed by a file.
 */
import type { ImportOptions, ImportReport, Trouble } from '../../../preload/contract'
import type { JobContext } from '../../store/job'
import { cleanLine } from '../../text'
import { TroubleError } from '../../trouble'
import { type CleanContact, ContactWriter, cleanContact } from '../contact-writer'
import { SearchTables } from '../search-tables'
import type { Entry } from './csv'
import { needColumns, withSource } from './source'
import { ImportSteps } from './steps'

export interface ImportInput {
  path: string
  /** What the rep calls the file. */
  name: string
  /** The id that its step gets, where anything is changed. */
  batchId: string
  options: ImportOptions
  /** The country of numbers without a prefix. */
  region: string
  /** Wall ms. */
  now: number
}
export interface ImportProgress {
  read: number
}

const mostRefusals = 100
const progressEvery = 500

type Ready = { contact: CleanContact } | { line: number; trouble: Trouble }

/** Rejects with a TroubleError (`import.*`) when the file as a whole cannot be used. */
export function importContacts(context: JobContext): Promise<ImportReport> {
  const { path, name, batchId, options, region, now } = context.input as ImportInput
  return withSource(path, options, async (source) => {
    needColumns(source)
    const report: ImportReport = { batchId: null, read: 0, added: 0, merged: 0, inCrm: [], refused: [] }
    const held = new Map<string, number>()
    const writer = new ContactWriter(context.db, 'import', () => now)
    const search = new SearchTables(context.db)
    const steps = new ImportSteps(context.db)
    const write = (entry: Ready) => {
      report.read++
      if (report.read % progressEvery === 0) context.progress({ read: report.read } satisfies ImportProgress)
      if ('trouble' in entry) {
        if (report.refused.length < mostRefusals) report.refused.push({ line: entry.line, trouble: entry.trouble })
        return
      }
      const known = writer.find(entry.contact)
      if (known === null) {
        steps.added(batchId, writer.insert(entry.contact), now)
        report.added++
        return
      }
      report.merged++
      const crm = steps.crmOf(known)
      if (crm !== null) {
        held.set(crm, (held.get(crm) ?? 0) + 1)
        return
      }
      const before = steps.before(known)
      if (!writer.complete(known, entry.contact)) return
      search.stale('contacts', known)
      steps.completed(batchId, known, before, now)
    }
    const around = {
      begin: () => search.pause(),
      end: () => {
        search.resume()
        // With its rows: an import that is killed can be taken back as far as it came.
        steps.keep({ id: batchId, name: cleanLine(name, 255), at: now, added: report.added, merged: report.merged })
      },
    }
    await context.batch(() => steps.begin({ id: batchId, name: cleanLine(name, 255), at: now }))
    try {
      await context.each(readyEntries(source.entries, region), write, around)
    } finally {
      if (!steps.changed(batchId)) await dropped(context, () => steps.drop(batchId))
      else report.batchId = batchId
    }
    if (report.read === 0) throw new TroubleError('import.empty')
    report.inCrm = [...held].map(([connectionId, count]) => ({ connectionId, count }))
    return report
  })
}

/** A step that changed nothing is none; after a cancelled one it is left to the list, which does not show it. */
async function dropped(context: JobContext, drop: () => void): Promise<void> {
  if (!context.signal.aborted) await context.batch(drop)
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
