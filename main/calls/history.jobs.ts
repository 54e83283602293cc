/** History's long reads, done by the store's read worker: pages of a search, and exports. */
import type { JobContext, JobFile } from '../store/job'
import { exportHistory } from './export.job'
import { type HistoryPlace, type HistorySelection, historyQuery } from './history-query'
import type { RecordRow } from './records'

export interface HistoryListInput {
  selection: HistorySelection
  after: HistoryPlace | null
  limit: number
}

function list({ db, input }: JobContext): RecordRow[] {
  const { selection, after, limit } = input as HistoryListInput
  const { sql, params } = historyQuery(selection, after, limit)
  return db.prepare(sql).all(params) as RecordRow[]
}

export const jobs: JobFile['jobs'] = { list, export: exportHistory }
