/** History's long reads, done by the store's read worker: pages of a search, and exports. */
import type { JobContext, JobFile } from '../store/job'
import { exportHistory } from './export.job'
import { callSearchText, type HistoryPlace, type HistorySelection, historyQuery } from './history-query'
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

export interface ClaimInput {
  e164: string[]
  contactId: number
}

/** Calls that were nobody's become the contact's; answers with how many. */
async function claim({ db, input, each }: JobContext): Promise<number> {
  const { e164, contactId } = input as ClaimInput
  const names = db
    .prepare(
      'SELECT p.name AS contactName, o.name AS organization FROM contacts p LEFT JOIN organizations o ON o.id = p.organization_id WHERE p.id = ?',
    )
    .get(contactId) as { contactName: string; organization: string | null } | undefined
  if (!names) return 0
  type Unknown = { id: string; number: string; e164: string | null; networkName: string | null; calledLine: string | null }
  const calls = db
    .prepare<[string], Unknown>(
      `SELECT c.id, c.number, c.e164, c.network_name AS networkName, c.called_line AS calledLine FROM json_each(?) j JOIN calls c ON c.e164 = j.value WHERE c.contact_id IS NULL`,
    )
    .all(JSON.stringify(e164))
  const update = db.prepare(
    `UPDATE calls SET contact_id = (SELECT id FROM contacts WHERE id = ?), contact_name = ?, organization = ?, search = ?
     WHERE id = ? AND contact_id IS NULL`,
  )
  return each(calls, (call) => {
    update.run(contactId, names.contactName, names.organization, callSearchText({ ...call, ...names }), call.id)
  })
}

export const jobs: JobFile['jobs'] = { list, claim, export: exportHistory }
