/**
 * A damaged database: moved aside under its date, the newest good copy (or an empty database) put in its place, and every
 * call that can still be read from the damaged file carried over.
 */
import { copyFileSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join, parse } from 'node:path'
import Database from 'better-sqlite3'
import type { Trouble } from '../../preload/contract'
import type { Log } from '../log'

export interface Recovery {
  moved: string
  /** The day of the copy that was put in place, or null when there was none. */
  date: string | null
}

/** True when every page and index is as it should be. */
export function isGood(file: string): boolean {
  let db: Database.Database | null = null
  try {
    db = new Database(file, { fileMustExist: true })
    return db.pragma('quick_check(1)', { simple: true }) === 'ok'
  } catch {
    return false
  } finally {
    db?.close()
  }
}

/** Moves the damaged file aside and puts the newest good copy in its place, when there is one. */
export function moveAside(file: string, backups: string, day: string): Recovery {
  const { dir, name, ext } = parse(file)
  let moved = join(dir, `${name}-damaged-${day}${ext}`)
  for (let number = 2; existsSync(moved); number++) moved = join(dir, `${name}-damaged-${day}-${number}${ext}`)
  renameSync(file, moved)
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${moved}-wal`)
  rmSync(`${file}-shm`, { force: true })
  const copies = existsSync(backups)
    ? readdirSync(backups)
        .filter((name) => name.endsWith('.db'))
        .map((name) => ({ path: join(backups, name), time: statSync(join(backups, name)).mtime }))
        .sort((one, other) => other.time.getTime() - one.time.getTime())
    : []
  const copy = copies.find(({ path }) => isGood(path))
  if (copy) copyFileSync(copy.path, file)
  return { moved, date: copy ? copy.time.toISOString().slice(0, 10) : null }
}

/** Carries over every call and log that the damaged file still yields; answers with the number of calls. */
export function salvage(db: Database.Database, recovery: Recovery, log: Log): number {
  let damaged: Database.Database
  try {
    damaged = new Database(recovery.moved, { fileMustExist: true })
  } catch {
    return 0
  }
  try {
    const calls = copyRows(damaged, db, 'calls')
    copyRows(damaged, db, 'call_logs')
    return calls
  } catch (error) {
    log.warn({ err: error }, 'the damaged database could not be read any further')
    return 0
  } finally {
    try {
      damaged.close()
    } catch (error) {
      log.warn({ err: error }, 'the damaged database did not close')
    }
  }
}

/** Reads the table from both ends until it breaks; rows whose contact is gone keep their names but not the link. */
function copyRows(from: Database.Database, to: Database.Database, table: 'calls' | 'call_logs'): number {
  const columns = to.prepare<[], { name: string }>(`SELECT name FROM pragma_table_info('${table}')`).all()
  const values = columns.map(({ name }) => {
    if (name === 'contact_id') return '(SELECT id FROM contacts WHERE id = @contact_id)'
    return name === 'deal_id' ? '(SELECT id FROM deals WHERE id = @deal_id)' : `@${name}`
  })
  const insert = to.prepare<Record<string, unknown>>(
    `INSERT OR IGNORE INTO ${table} (${columns.map(({ name }) => name).join(', ')}) VALUES (${values.join(', ')})`,
  )
  const empty = Object.fromEntries(columns.map(({ name }) => [name, null]))
  let copied = 0
  const pass = (order: 'ASC' | 'DESC'): boolean => {
    try {
      for (const row of from.prepare<[], Record<string, unknown>>(`SELECT * FROM ${table} NOT INDEXED ORDER BY rowid ${order}`).iterate()) {
        try {
          copied += insert.run({ ...empty, ...row }).changes
        } catch {
          // A row that no longer obeys the schema is part of the damage.
        }
      }
      return true
    } catch {
      return false
    }
  }
  to.transaction(() => pass('ASC') || pass('DESC'))()
  return copied
}

export function recoveryTrouble({ moved, date }: Recovery, calls: number): Trouble {
  return date ? { code: 'store.restored', params: { date, moved, calls } } : { code: 'store.startedEmpty', params: { moved, calls } }
}
