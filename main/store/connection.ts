/** How every connection to the database is set up. */
import Database from 'better-sqlite3'

/** How long SQLite waits for another process's lock, in ms. */
const busyMs = 1_000

/**
 * Pages that the writer keeps in memory, in KiB: what a bulk write adds to an index falls on any of its pages. SQLite takes
 * the memory as it needs it.
 */
const writerCacheKib = 65_536

/**
 * Opens a connection. `main` and `writer` never checkpoint by themselves: the store's upkeep does, in the write worker.
 * Throws SqliteError.
 */
export function connect(file: string, role: 'main' | 'writer' | 'reader'): Database.Database {
  const db = new Database(file, { readonly: role === 'reader', fileMustExist: role !== 'main', timeout: busyMs })
  try {
    db.pragma('foreign_keys = ON')
    if (role !== 'reader') {
      if (db.pragma('journal_mode', { simple: true }) !== 'wal') db.pragma('journal_mode = WAL')
      db.pragma('synchronous = NORMAL')
      db.pragma('wal_autocheckpoint = 0')
      db.pragma('journal_size_limit = 4194304')
      if (role === 'writer') {
        db.pragma(`cache_size = -${writerCacheKib}`)
        db.pragma('temp_store = MEMORY')
      }
    }
    return db
  } catch (error) {
    db.close()
    throw error
  }
}
