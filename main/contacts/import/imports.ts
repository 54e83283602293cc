/** Contacts out of files for the rest of main: what a page hands over, its preview, the import as a job, and taking it back. */
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import type { EventPayload, ImportBatch, ImportOptions, ImportPreview, ImportReport } from '../../../preload/contract'
import type { Clock } from '../../clock'
import type { Store } from '../../store/store'
import { HandedOverFiles } from './handed-over'
import type { ImportInput, ImportProgress } from './import'
import type { PreviewInput } from './source'
import { importBatches, type UndoReport } from './steps'

export interface ImportNeeds {
  store: Store
  clock: Clock
  /** The rep's own country: that of numbers without a prefix. */
  country(): string
  /** Contacts have changed. */
  changed(): void
}

export interface RunOptions {
  options?: ImportOptions
  /** The country of numbers without a prefix; the rep's when absent. */
  region?: string | undefined
  signal?: AbortSignal
  onProgress?: (progress: ImportProgress) => void
}

/**
 * Imports a CSV or vCard file on the write worker. Rejects with a TroubleError (`import.*`, `store.*`); entries that cannot be
 * used are in the report. What a cancelled import has done stays, as a step that can be taken back.
 */
export async function importFile(needs: ImportNeeds, file: { path: string; name?: string }, run: RunOptions = {}): Promise<ImportReport> {
  const input: ImportInput = {
    path: file.path,
    name: file.name ?? basename(file.path),
    batchId: randomUUID(),
    options: run.options ?? {},
    region: run.region ?? needs.country(),
    now: needs.clock.wall(),
  }
  try {
    return await needs.store.jobs.run<ImportReport>('write', 'contacts.import', input, {
      ...(run.signal ? { signal: run.signal } : {}),
      onProgress: (progress) => run.onProgress?.(progress as ImportProgress),
    })
  } finally {
    needs.changed()
  }
}

/** How often pages hear how far an import is, in ms. */
const tellEvery = 200

export class Imports {
  readonly #files: HandedOverFiles
  readonly #running = new Map<string, AbortController>()

  /** `folder`: private, for files until they are imported. */
  constructor(
    readonly needs: ImportNeeds & { folder: string; emit: (event: 'import.changed', payload: EventPayload<'import.changed'>) => void },
  ) {
    this.#files = new HandedOverFiles(needs.folder)
  }

  begin(name: string, bytes: number): { importId: string } {
    return this.#files.begin(name, bytes)
  }
  piece(importId: string, piece: number, base64: string): void {
    this.#files.piece(importId, piece, Buffer.from(base64, 'base64'))
  }

  /** The beginning of the file as an import would read it. Rejects with a TroubleError. */
  async preview(importId: string, options: ImportOptions): Promise<ImportPreview> {
    const { path } = this.#files.whole(importId)
    return this.needs.store.jobs.run('read', 'contacts.preview', { path, options, region: this.needs.country() } satisfies PreviewInput)
  }

  run(importId: string, options: ImportOptions, region?: string): Promise<ImportReport> {
    return this.#files.using(importId, async (file) => {
      const abort = new AbortController()
      this.#running.set(importId, abort)
      let told = Number.NEGATIVE_INFINITY
      const onProgress = ({ read }: ImportProgress) => {
        const now = this.needs.clock.monotonic()
        if (now - told < tellEvery) return
        told = now
        this.needs.emit('import.changed', { importId, read })
      }
      try {
        return await importFile(this.needs, file, { options, region, signal: abort.signal, onProgress })
      } finally {
        this.#running.delete(importId)
      }
    })
  }

  /** Gives the file up; an import that runs stops after its batch. */
  cancel(importId: string): void {
    const running = this.#running.get(importId)
    if (running) running.abort()
    else this.#files.remove(importId)
  }

  batches(): ImportBatch[] {
    return importBatches(this.needs.store.db)
  }

  /** Rejects with TroubleError `import.batchGone`. */
  async undo(batchId: string): Promise<UndoReport> {
    try {
      return await this.needs.store.jobs.run<UndoReport>('write', 'contacts.undo', { batchId })
    } finally {
      this.needs.changed()
    }
  }

  close(): void {
    for (const running of this.#running.values()) running.abort()
    this.#files.close()
  }
}
