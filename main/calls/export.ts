/** History as a file for the rep: written by the read worker, handed over by the host. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { HistoryFilter } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Host } from '../hosts/host'
import type { Jobs } from '../store/store'
import type { HistoryExportInput } from './export.job'
import type { ExportFormat } from './export-format'
import { isoWithOffset } from './export-format'
import { select } from './history'

const mimes: Record<ExportFormat, string> = { csv: 'text/csv', json: 'application/json', jsonl: 'application/jsonl' }

export interface ExportNeeds {
  jobs: Jobs
  clock: Clock
}

/**
 * Writes the history that matches `filter` to a path or a descriptor (1: stdout). Resolves to the number of calls; rejects
 * with TroubleError `call.exportFailed`, `store.jobCancelled`.
 */
export async function writeHistory(
  { jobs, clock }: ExportNeeds,
  what: { filter: HistoryFilter; format: ExportFormat; raw: boolean; to: HistoryExportInput['to'] },
  options: { signal?: AbortSignal; onProgress?: (progress: unknown) => void } = {},
): Promise<{ calls: number }> {
  const { filter, ...rest } = what
  const input: HistoryExportInput = { ...rest, selection: select(filter, clock) }
  return jobs.run('read', 'history.export', input, options)
}

/** For the command `history.export`. `folder`: private, for the file until it is handed over. Null: the rep cancelled. */
export async function exportForRep(
  needs: ExportNeeds & { host: Pick<Host, 'deliverFile'>; folder: string },
  what: { filter: HistoryFilter; format: 'csv' | 'json'; raw: boolean },
): Promise<{ calls: number; download: string | null; path: string | null } | null> {
  const { clock, host, folder } = needs
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const now = clock.wall()
  const stamp = isoWithOffset(now, clock.utcOffset(now)).slice(0, 19).replaceAll(':', '-')
  const name = `ringbook-history-${stamp}.${what.format}`
  // Two exports of one second are two files.
  const path = join(folder, `${randomUUID()}.${what.format}`)
  const { calls } = await writeHistory(needs, { ...what, to: { path } })
  let delivered: Awaited<ReturnType<Host['deliverFile']>> = null
  try {
    delivered = await host.deliverFile({ name, mime: mimes[what.format], path })
  } finally {
    if (!delivered) rmSync(path, { force: true })
  }
  return delivered && { calls, ...delivered }
}
