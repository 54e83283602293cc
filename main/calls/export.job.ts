/** Writes History to a file or an open descriptor, page by page, so that memory stays flat and other reads come in between. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { JobContext } from '../store/job'
import { TroubleError } from '../trouble'
import { type ExportFormat, exportLine, lineWriter } from './export-format'
import { type HistoryPlace, type HistorySelection, historyQuery } from './history-query'
import type { RecordRow } from './records'

export interface HistoryExportInput {
  selection: HistorySelection
  format: ExportFormat
  raw: boolean
  /** A path, which stands there only when complete (mode 0600), or a descriptor such as 1 for stdout. */
  to: { path: string } | { fd: number }
}

/** Rows per page: a few milliseconds of work. */
const pageSize = 1_000

/** Answers with the number of calls. Throws TroubleError `call.exportFailed` and `store.jobCancelled`. */
export async function exportHistory({ db, input, signal, progress }: JobContext): Promise<{ calls: number }> {
  const { selection, format, raw, to } = input as HistoryExportInput
  const unfinished = 'path' in to ? `${to.path}.part` : null
  const fd = 'fd' in to ? to.fd : opened(unfinished ?? '')
  let open = 'path' in to
  try {
    const writer = lineWriter(format, raw)
    writeAll(fd, writer.head)
    let calls = 0
    let after: HistoryPlace | null = null
    for (;;) {
      if (signal.aborted) throw new TroubleError('store.jobCancelled')
      const { sql, params } = historyQuery(selection, after, pageSize)
      const rows = db.prepare(sql).all(params) as RecordRow[]
      writeAll(fd, writer.lines(rows.map(exportLine)))
      calls += rows.length
      after = rows.at(-1) ?? null
      if (rows.length < pageSize) break
      progress({ calls })
      await setImmediate()
    }
    writeAll(fd, writer.tail)
    if (unfinished && 'path' in to) {
      // Its number may be another file's from here on.
      open = false
      closeSync(fd)
      renameSync(unfinished, to.path)
    }
    return { calls }
  } catch (error) {
    if (open) closeSync(fd)
    if (unfinished) rmSync(unfinished, { force: true })
    if (isFileError(error)) throw failed('path' in to ? to.path : 'stdout', error)
    throw error
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'w', 0o600)
  } catch (error) {
    throw failed(path.replace(/\.part$/, ''), error)
  }
}

function failed(file: string, error: unknown): TroubleError {
  return new TroubleError('call.exportFailed', { file }, error instanceof Error ? error.message : String(error), { cause: error })
}

/** SqliteErrors carry a code as well, but no system call. */
function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

const waiting = new Int32Array(new SharedArrayBuffer(4))

/** Writes every byte; a pipe that is full for now (EAGAIN) is waited for. */
function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text)
  let done = 0
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(waiting, 0, 0, 5)
    }
  }
}
