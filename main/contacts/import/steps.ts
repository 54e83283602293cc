/** What each import changed, and taking it back: `import_batches`, `import_changes`. */
import type { Database } from 'better-sqlite3'
import { z } from 'zod'
import type { ImportBatch } from '../../../preload/contract'
import type { JobContext } from '../../store/job'
import { TroubleError } from '../../trouble'
import { SearchTables } from '../search-tables'

/** What an import may change of a contact that is there. */
const before = z.object({
  job_title: z.string().nullable(),
  note: z.string(),
  emails: z.string(),
  organization_id: z.number().int().nullable(),
  search: z.string(),
  updated_at: z.number(),
  /** The last number that it had; what the import added came later. */
  phones: z.array(z.number().int()),
})
type Before = z.infer<typeof before>

interface Change {
  contact_id: number
  before: string | null
  written_at: number
}
interface Now {
  source: string
  organization_id: number | null
  updated_at: number
  edited: string | null
  used: number
}

/** One connection's; the writing methods belong inside a transaction. */
export class ImportSteps {
  readonly #begin
  readonly #keep
  readonly #added
  readonly #completed
  readonly #contact
  readonly #phones
  readonly #crm
  readonly #changed
  readonly #drop

  constructor(readonly db: Database) {
    this.#begin = db.prepare<[string, string, number]>('INSERT INTO import_batches (id, name, at) VALUES (?, ?, ?)')
    this.#keep = db.prepare<[number, number, string]>('UPDATE import_batches SET added = ?, merged = ? WHERE id = ?')
    this.#added = db.prepare<[string, number, number]>(
      'INSERT INTO import_changes (batch_id, contact_id, before, written_at) VALUES (?, ?, NULL, ?)',
    )
    // Several lines may complete the same contact: how it was before the first of them is what counts.
    this.#completed = db.prepare<[string, number, string, number]>(
      `INSERT INTO import_changes (batch_id, contact_id, before, written_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET written_at = excluded.written_at`,
    )
    this.#contact = db.prepare<[number], Omit<Before, 'phones'>>(
      'SELECT job_title, note, emails, organization_id, search, updated_at FROM contacts WHERE id = ?',
    )
    this.#phones = db.prepare<[number], number>('SELECT id FROM phones WHERE contact_id = ? ORDER BY id').pluck()
    this.#crm = db.prepare<[number], string>('SELECT n.id FROM contacts c JOIN connections n ON n.id = c.source WHERE c.id = ?').pluck()
    this.#changed = db.prepare<[string], number>('SELECT EXISTS (SELECT 1 FROM import_changes WHERE batch_id = ?)').pluck()
    this.#drop = db.prepare<[string]>('DELETE FROM import_batches WHERE id = ?')
  }

  begin({ id, name, at }: Pick<ImportBatch, 'id' | 'name' | 'at'>): void {
    this.#begin.run(id, name, at)
  }
  keep({ id, added, merged }: ImportBatch): void {
    this.#keep.run(added, merged, id)
  }
  added(batchId: string, contactId: number, at: number): void {
    this.#added.run(batchId, contactId, at)
  }
  /** The connection whose contact it is; null: no CRM's. */
  crmOf(contactId: number): string | null {
    return this.#crm.get(contactId) ?? null
  }
  before(contactId: number): Before | null {
    const row = this.#contact.get(contactId)
    return row ? { ...row, phones: this.#phones.all(contactId) } : null
  }
  completed(batchId: string, contactId: number, was: Before | null, at: number): void {
    if (!was) return
    // A number more changes no column of the contact's own row.
    this.db.prepare('UPDATE contacts SET updated_at = ? WHERE id = ?').run(at, contactId)
    this.#completed.run(batchId, contactId, JSON.stringify(was), at)
  }
  changed(batchId: string): boolean {
    return this.#changed.get(batchId) === 1
  }
  drop(batchId: string): void {
    this.#drop.run(batchId)
  }
}

/** Imports that can be taken back, newest first. */
export function importBatches(db: Database): ImportBatch[] {
  return db
    .prepare<[], ImportBatch>(
      `SELECT id, name, at, added, merged FROM import_batches b
       WHERE EXISTS (SELECT 1 FROM import_changes WHERE batch_id = b.id) ORDER BY at DESC, id LIMIT 50`,
    )
    .all()
}

export interface UndoReport {
  removed: number
  restored: number
  /** Changed or used since: left as they are. */
  kept: number
}

/** A write job. Rejects with TroubleError `import.batchGone`. What is taken back when it is cancelled or killed stays taken back. */
export async function undoImport(context: JobContext): Promise<UndoReport> {
  const { batchId } = context.input as { batchId: string }
  const undo = new Undo(context.db)
  if (!undo.exists(batchId)) throw new TroubleError('import.batchGone')
  const report: UndoReport = { removed: 0, restored: 0, kept: 0 }
  const around = { begin: () => undo.search.pause(), end: () => undo.search.resume() }
  await context.each(undo.changes(batchId), (change) => void report[undo.one(batchId, change)]++, around)
  await context.batch(() => undo.end(batchId))
  return report
}

class Undo {
  readonly search: SearchTables
  readonly #changes
  readonly #now
  readonly #restore
  readonly #phones
  readonly #removePhone
  readonly #remove
  readonly #dropOrganization
  readonly #done
  readonly #end
  readonly #exists

  constructor(db: Database) {
    this.search = new SearchTables(db)
    this.#changes = db.prepare<[string, number], Change>(
      'SELECT contact_id, before, written_at FROM import_changes WHERE batch_id = ? AND contact_id > ? ORDER BY contact_id LIMIT 64',
    )
    this.#now = db.prepare<[number], Now>(
      `SELECT source, organization_id, updated_at, edited,
         EXISTS (SELECT 1 FROM calls WHERE contact_id = c.id) OR EXISTS (SELECT 1 FROM call_logs WHERE contact_id = c.id)
         OR EXISTS (SELECT 1 FROM deals WHERE contact_id = c.id) OR EXISTS (SELECT 1 FROM number_choices WHERE contact_id = c.id) AS used
       FROM contacts c WHERE id = ?`,
    )
    this.#restore = db.prepare<unknown[]>(
      'UPDATE contacts SET job_title = ?, note = ?, emails = ?, organization_id = ?, search = ?, updated_at = ? WHERE id = ?',
    )
    this.#phones = db.prepare<[number], number>('SELECT id FROM phones WHERE contact_id = ?').pluck()
    this.#removePhone = db.prepare<[number]>('DELETE FROM phones WHERE id = ?')
    this.#remove = db.prepare<[number]>('DELETE FROM contacts WHERE id = ?')
    this.#dropOrganization = db.prepare<{ id: number }>(
      `DELETE FROM organizations WHERE id = @id AND source = 'import' AND NOT EXISTS (SELECT 1 FROM contacts WHERE organization_id = @id)
       AND NOT EXISTS (SELECT 1 FROM deals WHERE organization_id = @id)`,
    )
    this.#done = db.prepare<[string, number]>('DELETE FROM import_changes WHERE batch_id = ? AND contact_id = ?')
    this.#end = db.prepare<[string]>('DELETE FROM import_batches WHERE id = ?')
    this.#exists = db.prepare<[string], number>('SELECT 1 FROM import_batches WHERE id = ?').pluck()
  }

  exists(batchId: string): boolean {
    return this.#exists.get(batchId) === 1
  }

  *changes(batchId: string): Generator<Change> {
    for (let last = -1; ; ) {
      const some = this.#changes.all(batchId, last)
      if (some.length === 0) return
      yield* some
      last = some.at(-1)?.contact_id ?? last
    }
  }

  one(batchId: string, change: Change): keyof UndoReport {
    const outcome = this.#outcome(change)
    this.#done.run(batchId, change.contact_id)
    return outcome
  }

  #outcome({ contact_id: id, before: json, written_at }: Change): keyof UndoReport {
    const now = this.#now.get(id)
    if (!now || now.updated_at !== written_at || now.edited !== null) return 'kept'
    if (json === null) {
      if (now.source !== 'import' || now.used === 1) return 'kept'
      for (const phone of this.#phones.all(id)) this.search.stale('phones', phone)
      this.search.stale('contacts', id)
      this.#remove.run(id)
      this.#drop(now.organization_id)
      return 'removed'
    }
    const was = before.parse(JSON.parse(json))
    for (const phone of this.#phones.all(id)) {
      if (was.phones.includes(phone)) continue
      this.search.stale('phones', phone)
      this.#removePhone.run(phone)
    }
    this.search.stale('contacts', id)
    this.#restore.run(was.job_title, was.note, was.emails, was.organization_id, was.search, was.updated_at, id)
    if (now.organization_id !== was.organization_id) this.#drop(now.organization_id)
    return 'restored'
  }

  #drop(organization: number | null): void {
    if (organization === null) return
    this.search.stale('organizations', organization)
    this.#dropOrganization.run({ id: organization })
  }

  end(batchId: string): void {
    this.#end.run(batchId)
  }
}
