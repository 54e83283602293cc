/**
 * Opens the store: the database brought up to date, or mended, or replaced by one in memory where nothing can be written;
 * then main's writes, the worker threads, the upkeep and the watch for other writers, behind the one `Store` face.
 */
import { chmodSync, closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import type { Trouble } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Log } from '../log'
import { TroubleError } from '../trouble'
import { connect } from './connection'
import { isDamageError, storeFault } from './faults'
import { migrate } from './migrate'
import { migrations as allMigrations, type Migration } from './migrations/index'
import { isGood, moveAside, recoveryTrouble, salvage } from './recover'
import type { Store } from './store'
import type { UpkeepInput, UpkeepOutput } from './store.jobs'
import { type ClosableJobs, inlineJobs, threadedJobs } from './threads'
import { Turn } from './turn'
import { Writer } from './writer'

export interface OpenOptions {
  /** The database's path; its folder is made when missing. */
  file: string
  log: Log
  clock: Clock
  /** False for a second process beside a running main: it leaves a damaged file alone and does no upkeep. */
  owner?: boolean
  /** For a second process: no main is running, so that its bulk writes need not leave gaps. */
  alone?: boolean
  migrations?: readonly Migration[]
}

/** The read worker starts this long after the store, out of the way of the program's start. */
const warmAfterMs = 1_500

/** How long another process's lock is waited for at the end, in ms: what is not written then is lost. */
const lastWaitMs = 2_000

/** Opened, but not yet served. */
interface Opened {
  db: Database.Database
  file: string
  inMemory: boolean
  /** What to tell for as long as this run lasts. */
  lasting: Trouble[]
  /** A folder to remove at the end. */
  scratch: string | null
}

/**
 * Rejects with a TroubleError: `store.newer`, `store.migrationFailed`, `store.busy`, and for a second process
 * `store.damagedNow` and what else keeps it from the file. For the owner a folder that cannot be written and a damaged
 * file are no errors but lasting troubles.
 */
export async function openStore(options: OpenOptions): Promise<Store> {
  const opened = open(options)
  return serve(opened, options)
}

function open(options: OpenOptions): Opened {
  const { file, log, clock, owner = true } = options
  const backups = join(dirname(file), 'backups')
  const known = options.migrations ?? allMigrations
  try {
    makePrivate(file)
    const marked = owner && existsSync(suspicion(file))
    if (marked && !isGood(file)) throw new Database.SqliteError('found damaged at the last run', 'SQLITE_CORRUPT')
    if (marked) rmSync(suspicion(file), { force: true })
    return { db: openWritable(file, known, backups), file, inMemory: false, lasting: [], scratch: null }
  } catch (error) {
    if (error instanceof TroubleError) throw error
    const fault = storeFault(error, file) ?? fileFault(error, file)
    if (!fault) throw error
    log.error({ err: error }, 'the database could not be opened as usual')
    if (!owner || fault.code === 'store.busy') throw new TroubleError(fault.code, fault.params, fault.detail, { cause: error })
    if (isDamageError(error)) {
      try {
        const recovery = moveAside(file, backups, localDay(clock))
        makePrivate(file)
        const db = openWritable(file, known, backups)
        const calls = salvage(db, recovery, log)
        rmSync(suspicion(file), { force: true })
        return { db, file, inMemory: false, lasting: [recoveryTrouble(recovery, calls)], scratch: null }
      } catch (second) {
        log.error({ err: second }, 'the damaged database could not be replaced')
      }
    }
    return openScratch(file, known, fault)
  }
}

function openWritable(file: string, known: readonly Migration[], backups: string): Database.Database {
  const db = connect(file, 'main')
  try {
    migrate(db, known, backups)
    // A file that may only be read opens well and fails at the first write: ask now.
    db.exec('BEGIN IMMEDIATE; COMMIT')
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Works on a copy in the temporary folder (or on nothing, in memory) because the real place cannot be written. */
function openScratch(file: string, known: readonly Migration[], fault: Trouble): Opened {
  const trouble: Trouble = {
    code: fault.code === 'store.full' ? 'store.fullAtStart' : 'store.readOnly',
    params: { folder: dirname(file) },
    ...(fault.detail ? { detail: fault.detail } : {}),
  }
  let scratch: string | null = null
  try {
    scratch = mkdtempSync(join(tmpdir(), 'ringbook-'))
    const copy = join(scratch, basename(file))
    for (const end of ['', '-wal']) if (existsSync(file + end)) copyFileSync(file + end, copy + end)
    makePrivate(copy)
    return { db: openWritable(copy, known, join(scratch, 'backups')), file: copy, inMemory: true, lasting: [trouble], scratch }
  } catch {
    if (scratch) rmSync(scratch, { recursive: true, force: true })
    const db = connect(':memory:', 'main')
    migrate(db, known, '')
    return { db, file: ':memory:', inMemory: true, lasting: [trouble], scratch: null }
  }
}

function serve({ db, file, inMemory, lasting, scratch }: Opened, { log, clock, owner = true, alone = false }: OpenOptions): Store {
  const turn = new Turn()
  // Without the shared turn (main is another process) the pause must leave main room by itself.
  const pauseMs = owner ? 1 : alone ? 0 : 6
  const jobs: ClosableJobs = file === ':memory:' ? inlineJobs(db) : threadedJobs(file, turn, pauseMs, log)
  const troubleListeners = new Set<(troubles: readonly Trouble[]) => void>()
  const changeListeners = new Set<() => void>()
  let fault: Trouble | null = null
  let troubles: readonly Trouble[] = lasting
  const writer = new Writer(db, turn, file, log, (now) => {
    if (now?.code === fault?.code) return
    // A damaged file stays damaged, even where some writes still succeed.
    if (fault?.code === 'store.damagedNow') return
    fault = now
    if (fault?.code === 'store.damagedNow') markSuspicious(file, log)
    troubles = fault ? [fault, ...lasting] : lasting
    for (const listener of troubleListeners) listener(troubles)
  })

  const seen = db.prepare<[], number>('PRAGMA data_version').pluck()
  let version = seen.get()
  const timers = [
    setInterval(() => {
      const now = seen.get()
      if (now === version) return
      version = now
      for (const listener of changeListeners) listener()
    }, 1_000),
  ]
  if (owner && !inMemory) {
    timers.push(setInterval(() => checkpointWhenLarge(file, jobs, log), 10_000))
    const upkeep = () => void keepUp(file, jobs, clock, log).then((damage) => damage && writer.onFault(damage))
    timers.push(setTimeout(upkeep, 3 * 60_000), setInterval(upkeep, 24 * 3_600_000))
  }
  if (owner) {
    const warm = () =>
      void jobs.run('read', 'store.ready', null).catch((error: unknown) => log.warn({ err: error }, 'the read worker is not ready'))
    timers.push(setTimeout(warm, warmAfterMs))
  }
  for (const timer of timers) timer.unref()

  return {
    db,
    file,
    inMemory,
    jobs,
    write: (change, options) => writer.write(change, options),
    get troubles() {
      return troubles
    },
    onTroubles(listener) {
      troubleListeners.add(listener)
      return () => void troubleListeners.delete(listener)
    },
    onForeignChange(listener) {
      changeListeners.add(listener)
      return () => void changeListeners.delete(listener)
    },
    async close() {
      for (const timer of timers) clearInterval(timer)
      writer.stop()
      await jobs.close()
      if (!db.open) return
      if (writer.waiting > 0 && !writer.flush(lastWaitMs))
        log.error({ waiting: writer.waiting }, 'changes could not be written before the end')
      db.close()
      if (scratch) rmSync(scratch, { recursive: true, force: true })
    },
  }
}

/** The file and its folder, made when missing, readable by their owner alone. */
function makePrivate(file: string): void {
  if (!existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  closeSync(openSync(file, 'a', 0o600))
  // SQLite gives the WAL and its index the same mode as the file.
  if ((statSync(file).mode & 0o777) !== 0o600) chmodSync(file, 0o600)
}

/** Stands beside a database that gave a «corrupt» error, so that the next start looks at all of it. */
function suspicion(file: string): string {
  return `${file}-check`
}

function markSuspicious(file: string, log: Log): void {
  try {
    writeFileSync(suspicion(file), '', { mode: 0o600 })
  } catch (error) {
    log.warn({ err: error }, 'the database could not be marked for a check')
  }
}

/** What a file-system error at the start means. */
function fileFault(error: unknown, file: string): Trouble | null {
  const code = (error as NodeJS.ErrnoException).code
  const detail = error instanceof Error ? error.message : String(error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return { code: 'store.full', params: { file }, detail }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return { code: 'store.readOnlyNow', params: { file }, detail }
  if (code === 'EIO' || code === 'ENOTDIR' || code === 'EISDIR') return { code: 'store.io', params: { file }, detail }
  return null
}

function checkpointWhenLarge(file: string, jobs: ClosableJobs, log: Log): void {
  const size = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  if (size < 1_000_000) return
  jobs.run('write', 'store.checkpoint', null).catch((error: unknown) => log.warn({ err: error }, 'the checkpoint failed'))
}

/** The daily check and copy; resolves to the trouble when the database is found damaged. */
async function keepUp(file: string, jobs: ClosableJobs, clock: Clock, log: Log): Promise<Trouble | null> {
  const folder = join(dirname(file), 'backups')
  const name = `ringbook-${localDay(clock)}.db`
  if (existsSync(join(folder, name))) return null
  try {
    const input: UpkeepInput = { file, folder, name }
    const { good, problem } = await jobs.run<UpkeepOutput>('write', 'store.upkeep', input)
    return good ? null : { code: 'store.damagedNow', params: { file }, detail: problem ?? '' }
  } catch (error) {
    log.warn({ err: error }, 'the daily copy could not be made')
    return null
  }
}

/** Today where the rep is, `YYYY-MM-DD`. */
function localDay(clock: Clock): string {
  const now = clock.wall()
  return new Date(now + clock.utcOffset(now) * 60_000).toISOString().slice(0, 10)
}
