/** The self-checks' look into the database, on the worker that only reads. */
import type { JobContext, JobFile } from '../store/job'

export interface QuickCheckOutput {
  /** What is wrong, as SQLite says it; null: nothing that was found. */
  problem: string | null
  tables: number
  /** Tables that there was no time for. */
  left: number
  sizeMb: number
}

/** A check of one table cannot be interrupted, and searches wait for it: after this no further one is begun, in ms. */
const patienceMs = 2_000

/** Table by table, so that it can be left off between two. */
function quickCheck({ db, signal }: JobContext): QuickCheckOutput {
  const names = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY rootpage")
    .pluck()
    .all()
  const pages = Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }))
  const sizeMb = Math.round(pages / 1e5) / 10
  const begin = performance.now()
  let done = 0
  for (const name of names) {
    if (signal.aborted || performance.now() - begin > patienceMs) break
    const said = db.pragma(`quick_check("${name.replaceAll('"', '""')}")`, { simple: true }) as string
    if (said !== 'ok') return { problem: said, tables: names.length, left: names.length - done, sizeMb }
    done += 1
  }
  return { problem: null, tables: names.length, left: names.length - done, sizeMb }
}

export const jobs: JobFile['jobs'] = { quickCheck }
