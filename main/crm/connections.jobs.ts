/** How much each connection has cached, counted on the read worker: a million rows are not counted on main. */
import type { Connection } from '../../preload/contract'
import type { JobContext, JobFile } from '../store/job'

export type Counts = Connection['counts']

/** By connection. */
function counts({ db, input }: JobContext): Record<string, Counts> {
  const count = (from: string) => db.prepare<[string], number>(`SELECT count(*) FROM ${from}`).pluck()
  const contacts = count('contacts WHERE source = ?')
  const organizations = count('organizations WHERE source = ?')
  const leads = count("deals WHERE source = ? AND kind = 'lead'")
  const deals = count("deals WHERE source = ? AND kind = 'deal'")
  return Object.fromEntries(
    (input as string[]).map((id) => [
      id,
      { contacts: contacts.get(id) ?? 0, organizations: organizations.get(id) ?? 0, deals: deals.get(id) ?? 0, leads: leads.get(id) ?? 0 },
    ]),
  )
}

export const jobs: JobFile['jobs'] = { counts }
