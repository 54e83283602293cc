/** Every subject's jobs, loaded when first asked for: the job `contacts.list` is `list` in `contacts`. */
import { TroubleError } from '../trouble'
import type { Job, JobFile, Work } from './job'

const jobFiles: Readonly<Record<string, () => Promise<JobFile>>> = {
  connections: () => import('../crm/connections.jobs'),
  contacts: () => import('../contacts/contacts.jobs'),
  crm: () => import('../crm/crm.jobs'),
  diagnostics: () => import('../diagnostics/diagnostics.jobs'),
  history: () => import('../calls/history.jobs'),
  store: () => import('./store.jobs'),
}

export async function findJob(name: string): Promise<Job> {
  return await find(name, (file) => file.jobs)
}

/** What needs no database, by the same names. */
export async function findWork(name: string): Promise<Work> {
  return await find(name, (file) => file.works ?? {})
}

async function find<T>(name: string, among: (file: JobFile) => Readonly<Record<string, T>>): Promise<T> {
  const dot = name.indexOf('.')
  const subject = name.slice(0, dot)
  const file = Object.hasOwn(jobFiles, subject) ? await jobFiles[subject]?.() : undefined
  const key = name.slice(dot + 1)
  const all = file ? among(file) : {}
  const found = Object.hasOwn(all, key) ? all[key] : undefined
  if (!found) throw new TroubleError('store.jobUnknown', { job: name })
  return found
}

/** Loads every subject's jobs, so that the first search need not. */
export async function loadJobs(): Promise<void> {
  await Promise.all(Object.values(jobFiles).map((load) => load()))
}
