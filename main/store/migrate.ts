/** Brings a database up to date, one transaction a migration; `user_version` says how far it is. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { indexText, sortName } from '../text'
import { TroubleError } from '../trouble'
import type { Migration } from './migrations/index'
import { copyInto } from './store.jobs'

/**
 * Throws `store.newer` for a database that a later Ringbook has changed, `store.migrationFailed` when a migration fails
 * (nothing is changed then), SqliteError when the disk does. An existing database is copied into `backups` first.
 */
export function migrate(db: Database, migrations: readonly Migration[], backups: string): void {
  const found = db.pragma('user_version', { simple: true }) as number
  const known = migrations.at(-1)?.version ?? 0
  if (found > known) throw new TroubleError('store.newer', { found, known })
  if (found === known) return
  const backup = join(backups, `before-version-${known}-from-${found}.db`)
  if (found > 0) {
    mkdirSync(backups, { recursive: true, mode: 0o700 })
    copyInto(db, backup)
  }
  // For a migration's own statements, never for what stays in the schema: SQLite's lower() knows ASCII alone.
  db.function('index_text', { deterministic: true }, (text: unknown) => indexText(String(text)))
  db.function('sort_name', { deterministic: true }, (text: unknown) => sortName(String(text)))
  for (const { version, sql } of migrations) {
    if (version <= found) continue
    try {
      db.transaction(() => {
        db.exec(sql)
        db.pragma(`user_version = ${version}`)
      }).immediate()
    } catch (error) {
      const code = (error as { code?: string }).code
      if (found === 0 || code !== 'SQLITE_ERROR') throw error
      throw new TroubleError('store.migrationFailed', { backup, version }, (error as Error).message, { cause: error })
    }
  }
}
