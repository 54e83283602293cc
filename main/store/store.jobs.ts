/** The store's own upkeep, done by the write worker: checkpoints, the daily check and the daily copy. */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { JobContext, JobFile } from './job'

/** How many copies are kept. */
const keep = 3

export interface UpkeepInput {
  file: string
  folder: string
  /** The name for today's copy. */
  name: string
}
export type UpkeepOutput = { good: boolean; problem: string | null; copied: boolean }

/** Moves what is in the WAL into the database without making anyone wait. */
function checkpoint({ db }: JobContext): void {
  db.pragma('wal_checkpoint(PASSIVE)')
}

/** Checks the database and, when it is good, keeps a copy of it. */
function upkeep({ db, input }: JobContext): UpkeepOutput {
  const { file, folder, name } = input as UpkeepInput
  const problem = db.pragma('quick_check(1)', { simple: true }) as string
  if (problem !== 'ok') return { good: false, problem, copied: false }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const disk = statfsSync(folder)
  if (disk.bavail * disk.bsize < statSync(file).size * 2 + 64_000_000) return { good: true, problem: null, copied: false }
  copyInto(db, join(folder, name))
  const copies = readdirSync(folder)
    .filter((each) => /^ringbook-\d{4}-\d{2}-\d{2}\.db$/.test(each))
    .sort()
  for (const old of copies.slice(0, -keep)) rmSync(join(folder, old))
  return { good: true, problem: null, copied: true }
}

/** A whole, compact copy; it stands under its name only when complete. */
export function copyInto(db: JobContext['db'], target: string): void {
  const unfinished = `${target}.part`
  rmSync(unfinished, { force: true })
  db.prepare('VACUUM INTO ?').run(unfinished)
  chmodSync(unfinished, 0o600)
  renameSync(unfinished, target)
}

/** Does nothing: starts the worker and opens its connection before they are needed. */
function ready(): void {}

export const jobs: JobFile['jobs'] = { checkpoint, ready, upkeep }
