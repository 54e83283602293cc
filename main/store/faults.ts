/** What SQLite's error codes mean for a rep, and which of them are the disk's fault rather than the program's. */
import Database from 'better-sqlite3'
import type { Trouble } from '../../preload/contract'

/** The trouble behind an SQLite error (https://sqlite.org/rescode.html), or null when the program itself is at fault. */
export function storeFault(error: unknown, file: string): Trouble | null {
  if (!(error instanceof Database.SqliteError)) return null
  const code = faultCode(error.code)
  return code ? { code, params: { file }, detail: `${error.code}: ${error.message}` } : null
}

function faultCode(sqlite: string): string | null {
  if (sqlite === 'SQLITE_FULL') return 'store.full'
  if (isDamage(sqlite)) return 'store.damagedNow'
  if (sqlite.startsWith('SQLITE_READONLY') || sqlite === 'SQLITE_PERM' || sqlite === 'SQLITE_AUTH') return 'store.readOnlyNow'
  if (sqlite.startsWith('SQLITE_BUSY') || sqlite.startsWith('SQLITE_LOCKED')) return 'store.busy'
  if (sqlite.startsWith('SQLITE_IOERR') || sqlite.startsWith('SQLITE_CANTOPEN') || sqlite === 'SQLITE_NOLFS') return 'store.io'
  return null
}

/** True for the codes that say that the file's contents are broken. */
export function isDamage(sqlite: string): boolean {
  return sqlite.startsWith('SQLITE_CORRUPT') || sqlite === 'SQLITE_NOTADB'
}

export function isDamageError(error: unknown): boolean {
  return error instanceof Database.SqliteError && isDamage(error.code)
}

/** True when another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')
}
