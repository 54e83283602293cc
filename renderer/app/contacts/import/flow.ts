/** One import from the chosen file to its report, kept while the rep looks at another screen. */
import type { Bridge, ImportOptions, ImportPreview, ImportReport, Trouble } from '../../../../preload/contract'
import { troubleOf } from '../../context'
import { piecesOf } from './pieces'

export interface Undone {
  readonly removed: number
  readonly restored: number
  readonly kept: number
}

export type ImportState =
  | { readonly stage: 'choose'; readonly trouble: Trouble | null }
  /** `share` of the file that main has. */
  | { readonly stage: 'reading'; readonly file: string; readonly share: number }
  | {
      readonly stage: 'preview'
      readonly file: string
      readonly importId: string
      readonly options: ImportOptions
      readonly preview: ImportPreview
      readonly trouble: Trouble | null
    }
  | { readonly stage: 'running'; readonly file: string; readonly importId: string; readonly read: number; readonly stopping: boolean }
  | { readonly stage: 'stopped'; readonly file: string }
  | {
      readonly stage: 'done'
      readonly file: string
      readonly report: ImportReport
      readonly undone: Undone | null
    }

export class ImportFlow {
  #state: ImportState = { stage: 'choose', trouble: null }
  /** What is asked for now; answers to anything older are dropped. */
  #asked = 0
  /** Main has a file of this flow. */
  #importId: string | null = null
  readonly #listeners = new Set<() => void>()

  constructor(readonly bridge: Bridge) {
    bridge.on('import.changed', ({ importId, read }) => {
      if (this.#state.stage === 'running' && this.#state.importId === importId) this.#to({ ...this.#state, read })
    })
  }

  get state(): ImportState {
    return this.#state
  }
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Hands a file over and shows what it holds. */
  async take(file: File): Promise<void> {
    this.restart()
    const asked = ++this.#asked
    this.#to({ stage: 'reading', file: file.name, share: 0 })
    try {
      if (file.size === 0) throw Object.assign(new Error(), { trouble: { code: 'import.empty', params: {} } })
      const { importId } = await this.bridge.send('import.begin', { name: file.name.slice(-255), bytes: file.size })
      if (asked !== this.#asked) return this.#giveUp(importId)
      this.#importId = importId
      let piece = 0
      let sent = 0
      for await (const { base64, bytes } of piecesOf(file)) {
        await this.bridge.send('import.piece', { importId, piece: piece++, base64 })
        if (asked !== this.#asked) return
        sent += bytes
        this.#to({ stage: 'reading', file: file.name, share: sent / file.size })
      }
      const preview = await this.bridge.send('import.preview', { importId, options: {} })
      if (asked !== this.#asked) return
      this.#to({ stage: 'preview', file: file.name, importId, options: {}, preview, trouble: null })
    } catch (error) {
      if (asked !== this.#asked) return
      this.restart()
      // The browser's own error, when a file has gone or is a folder, says nothing that helps.
      const trouble = error instanceof DOMException ? { code: 'import.notFound', params: { name: file.name } } : troubleOf(error)
      this.#to({ stage: 'choose', trouble })
    }
  }

  /** Reads the file in another way; what is shown stays until the answer is there. */
  async change(change: ImportOptions): Promise<void> {
    if (this.#state.stage !== 'preview') return
    const { importId, preview } = this.#state
    const columns = preview.columns.map(({ field }) => field)
    const before = this.#state.options
    // Another way of reading makes other columns: what was chosen for them holds no more.
    const options: ImportOptions = change.columns ? { ...before, ...change } : { ...before, ...change, columns: undefined }
    const asked = ++this.#asked
    const shown = {
      ...preview,
      ...change,
      columns: preview.columns.map((column, at) => ({ ...column, field: change.columns?.[at] ?? columns[at] ?? column.field })),
    }
    this.#to({ ...this.#state, options, preview: shown as ImportPreview, trouble: null })
    try {
      const fresh = await this.bridge.send('import.preview', { importId, options })
      if (asked === this.#asked && this.#state.stage === 'preview') this.#to({ ...this.#state, preview: fresh })
    } catch (error) {
      if (asked === this.#asked && this.#state.stage === 'preview') this.#to({ ...this.#state, trouble: troubleOf(error) })
    }
  }

  async run(): Promise<void> {
    if (this.#state.stage !== 'preview') return
    const before = this.#state
    const { file, importId, options, preview } = before
    // As it was shown, not as it might be guessed again.
    const shown: ImportOptions = {
      ...options,
      encoding: preview.encoding,
      ...(preview.delimiter ? { delimiter: preview.delimiter } : {}),
      ...(preview.kind === 'csv' ? { columns: preview.columns.map(({ field }) => field) } : {}),
    }
    this.#asked++
    this.#to({ stage: 'running', file, importId, read: 0, stopping: false })
    try {
      const report = await this.bridge.send('import.run', { importId, options: shown })
      this.#importId = null
      this.#to({ stage: 'done', file, report, undone: null })
    } catch (error) {
      const trouble = troubleOf(error)
      if (trouble.code === 'store.jobCancelled') {
        this.restart()
        this.#to({ stage: 'stopped', file })
      } else this.#to({ ...before, trouble })
    }
  }

  /** Stops an import that runs; what it has done stays and can be taken back. */
  stop(): void {
    if (this.#state.stage !== 'running') return
    this.#to({ ...this.#state, stopping: true })
    void this.bridge.send('import.cancel', { importId: this.#state.importId }).catch(() => undefined)
  }

  /** The import of the report has been taken back. */
  undone(undone: Undone): void {
    if (this.#state.stage === 'done') this.#to({ ...this.#state, undone })
  }

  /** Back to the beginning; main forgets the file. */
  restart(): void {
    this.#asked++
    if (this.#importId) this.#giveUp(this.#importId)
    this.#importId = null
    this.#to({ stage: 'choose', trouble: null })
  }

  #giveUp(importId: string): void {
    void this.bridge.send('import.cancel', { importId }).catch(() => undefined)
  }

  #to(state: ImportState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
