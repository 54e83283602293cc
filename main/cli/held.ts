/** Whether a main is running with a profile. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'

/** Whether a main holds the profile: its lock is an open exclusive transaction (see profile/claim.ts). */
export function isHeld(folder: string): boolean {
  const file = join(folder, 'lock.sqlite')
  if (!existsSync(file)) return false
  let lock: Database.Database | null = null
  try {
    lock = new Database(file, { timeout: 0, readonly: true })
    lock.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (error) {
    return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
  } finally {
    lock?.close()
  }
}
