/** The store on real files: opening, migrating, writing, working in threads, and noticing others. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { TroubleError } from '../trouble'
import { migrations } from './migrations/index'
import { openStore } from './open'
import type { Store } from './store'

let folder: string
let stores: Store[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-store-'))
  stores = []
})
afterEach(async () => {
  for (const store of stores) await store.close()
  rmSync(folder, { recursive: true, force: true })
})
async function open(more: Partial<Parameters<typeof openStore>[0]> = {}): Promise<Store> {
  const store = await openStore({ file: join(folder, 'profile', 'ringbook.db'), log: silentLog(), clock: systemClock, ...more })
  stores.push(store)
  return store
}
const putSetting = (store: Store, key: string) => () =>
  void store.db.prepare('INSERT INTO settings (key, value) VALUES (?, ?)').run(key, '1')
const settingKeys = (store: Store) => store.db.prepare<[], string>('SELECT key FROM settings ORDER BY key').pluck().all()

test('a new profile is private and holds the current schema', async () => {
  const store = await open()
  expect(store.inMemory).toBe(false)
  expect(store.troubles).toEqual([])
  expect(store.db.pragma('user_version', { simple: true })).toBe(migrations.at(-1)?.version)
  expect(store.db.pragma('journal_mode', { simple: true })).toBe('wal')
  store.write(putSetting(store, 'a'))
  expect(statSync(join(folder, 'profile')).mode & 0o777).toBe(0o700)
  for (const end of ['', '-wal', '-shm']) expect(statSync(store.file + end).mode & 0o777).toBe(0o600)
})

test('what was written is there at the next start, and a loose file mode is tightened', async () => {
  const first = await open()
  expect(first.write(putSetting(first, 'kept'), { durable: true })).toBe(true)
  await first.close()
  chmodSync(first.file, 0o644)
  const second = await open()
  expect(settingKeys(second)).toEqual(['kept'])
  expect(statSync(second.file).mode & 0o777).toBe(0o600)
})

test('a write that throws by itself leaves nothing behind and throws on', async () => {
  const store = await open()
  const change = () => {
    putSetting(store, 'half')()
    putSetting(store, 'half')()
  }
  expect(() => store.write(change)).toThrow(/UNIQUE/)
  expect(settingKeys(store)).toEqual([])
  expect(store.troubles).toEqual([])
})

test('a database of a newer Ringbook is refused and left as it is', async () => {
  const store = await open()
  store.db.pragma('user_version = 900')
  await store.close()
  await expect(open()).rejects.toMatchObject({ trouble: { code: 'store.newer', params: { found: 900 } } })
  expect(new Database(store.file, { readonly: true }).pragma('user_version', { simple: true })).toBe(900)
})

test('an existing database is copied before it is migrated', async () => {
  const store = await open()
  store.write(putSetting(store, 'old'))
  await store.close()
  const next = (migrations.at(-1)?.version ?? 0) + 1
  const migrated = await open({
    migrations: [...migrations, { version: next, sql: 'CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT; DELETE FROM settings' }],
  })
  expect(settingKeys(migrated)).toEqual([])
  const copy = new Database(join(folder, 'profile', 'backups', `before-version-${next}-from-${next - 1}.db`), { readonly: true })
  expect(copy.prepare('SELECT key FROM settings').pluck().all()).toEqual(['old'])
  copy.close()
})

test('a migration that fails changes nothing', async () => {
  const store = await open()
  store.write(putSetting(store, 'old'))
  await store.close()
  const next = (migrations.at(-1)?.version ?? 0) + 1
  const broken = [...migrations, { version: next, sql: 'DELETE FROM settings; CREATE TABLE settings (x)' }]
  await expect(open({ migrations: broken })).rejects.toMatchObject({ trouble: { code: 'store.migrationFailed' } })
  const again = await open()
  expect(settingKeys(again)).toEqual(['old'])
})

test("another connection's change is noticed, one's own is not", async () => {
  const store = await open()
  const noticed = vi.fn()
  store.onForeignChange(noticed)
  store.write(putSetting(store, 'own'))
  await new Promise((resolve) => setTimeout(resolve, 1_300))
  expect(noticed).not.toHaveBeenCalled()
  const other = new Database(store.file)
  other.prepare("INSERT INTO settings VALUES ('theirs', '1')").run()
  other.close()
  await vi.waitFor(() => expect(noticed).toHaveBeenCalledTimes(1), { timeout: 10_000 })
})

test('jobs run in their threads, and an unknown one is refused in words', async () => {
  const store = await open()
  store.write(putSetting(store, 'in the wal'))
  await store.jobs.run('write', 'store.checkpoint', null)
  // The checkpoint has moved the row out of the WAL: the file alone holds it.
  const copy = join(folder, 'copy.db')
  writeFileSync(copy, (await import('node:fs')).readFileSync(store.file))
  expect(new Database(copy).prepare('SELECT key FROM settings').pluck().all()).toEqual(['in the wal'])
  await expect(store.jobs.run('read', 'store.nothing', null)).rejects.toBeInstanceOf(TroubleError)
  await expect(store.jobs.run('read', 'constructor.name', null)).rejects.toMatchObject({ trouble: { code: 'store.jobUnknown' } })
})

test('the daily upkeep keeps a good copy, the three newest', async () => {
  const store = await open()
  const backups = join(folder, 'profile', 'backups')
  mkdirSync(backups)
  for (const day of ['2001-01-01', '2001-01-02', '2001-01-03']) writeFileSync(join(backups, `ringbook-${day}.db`), '')
  store.write(putSetting(store, 'copied'))
  const input = { file: store.file, folder: backups, name: 'ringbook-2026-11-20.db' }
  expect(await store.jobs.run('write', 'store.upkeep', input)).toEqual({ good: true, problem: null, copied: true })
  expect(existsSync(join(backups, 'ringbook-2001-01-01.db'))).toBe(false)
  const copy = new Database(join(backups, 'ringbook-2026-11-20.db'), { readonly: true })
  expect(copy.prepare('SELECT key FROM settings').pluck().all()).toEqual(['copied'])
  copy.close()
})
