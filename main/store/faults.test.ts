/** Disks that are full or may not be written, and files that are damaged: real ones. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from './open'
import type { Store } from './store'

let folder: string
let file: string
let stores: Store[]
let mounted: boolean
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-faults-'))
  file = join(folder, 'ringbook.db')
  stores = []
  mounted = false
})
afterEach(async () => {
  try {
    for (const store of stores) await store.close()
  } finally {
    // Whatever a test did, the machine gets its mounts back.
    if (mounted) execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  }
})

async function open(more: Partial<Parameters<typeof openStore>[0]> = {}): Promise<Store> {
  const store = await openStore({ file, log: silentLog(), clock: systemClock, ...more })
  stores.push(store)
  return store
}
/** A disk of its own for this test, where the machine lets us make one. */
function mountDisk(options: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'ignore' })
    mounted = true
  } catch {
    mounted = false
  }
  return mounted
}
const put = (store: Store, key: string, size = 10) =>
  store.write(() => void store.db.prepare('INSERT INTO settings (key, value) VALUES (?, ?)').run(key, 'x'.repeat(size)), { durable: true })
const keys = (store: Store) => store.db.prepare<[], string>('SELECT key FROM settings ORDER BY rowid').pluck().all()
const codes = (store: Store) => store.troubles.map((trouble) => trouble.code)
function addCall(store: Store, id: string, contact: number | null = null): void {
  store.write(() => {
    store.db
      .prepare(
        `INSERT INTO calls (id, account_id, account_label, direction, number, contact_id, contact_name, started_at, utc_offset, result) VALUES (?, 'a', 'A', 'incoming', '600', ?, 'Anna', 1, 60, 'answered')`,
      )
      .run(id, contact)
    store.db
      .prepare("INSERT INTO call_logs (call_id, state, notes, updated_at) VALUES (?, 'saved', ?, 1)")
      .run(id, `notes of ${id} ${'x'.repeat(300)}`)
  })
}
/** Overwrites the middle of the database. */
function damage(from: number, length: number): void {
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(length, 0x5a), 0, length, from)
  closeSync(handle)
}

describe('a full disk', () => {
  /** Lets the disk be full, and has space again. */
  async function fullDisk(): Promise<{ store: Store; fill: () => void; free: () => void }> {
    if (mountDisk('size=3m')) {
      const store = await open()
      const ballast = join(folder, 'ballast')
      const fill = () => {
        const handle = openSync(ballast, 'w')
        try {
          for (;;) writeSync(handle, Buffer.alloc(4_096))
        } catch (error) {
          expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC')
        }
        closeSync(handle)
      }
      return { store, fill, free: () => rmSync(ballast) }
    }
    const store = await open()
    const fill = () => void store.db.pragma(`max_page_count = ${store.db.pragma('page_count', { simple: true })}`)
    return { store, fill, free: () => void store.db.pragma('max_page_count = 1000000') }
  }

  test('is said in words, and everything is written in order once there is space', async () => {
    const { store, fill, free } = await fullDisk()
    const told = vi.fn()
    store.onTroubles(told)
    expect(put(store, 'before')).toBe(true)
    fill()
    const results: boolean[] = []
    for (let index = 0; index < 40; index++) results.push(put(store, `full ${String(index).padStart(2, '0')}`, 8_000))
    expect(results).toContain(false)
    expect(results.lastIndexOf(true)).toBeLessThan(results.indexOf(false))
    expect(codes(store)).toEqual(['store.full'])
    expect(told).toHaveBeenCalledTimes(1)
    free()
    expect(put(store, 'after')).toBe(true)
    expect(keys(store)).toEqual(['before', ...Array.from({ length: 40 }, (_, index) => `full ${String(index).padStart(2, '0')}`), 'after'])
    expect(codes(store)).toEqual([])
    expect(told).toHaveBeenLastCalledWith([])
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok')
  })

  test('is tried again by itself, and only the newest of a draft is kept', async () => {
    const { store, fill, free } = await fullDisk()
    fill()
    while (put(store, `filling ${Math.random()}`, 8_000));
    const draft = (text: string) =>
      store.write(
        () =>
          void store.db
            .prepare("INSERT INTO settings VALUES ('draft', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
            .run(text + 'x'.repeat(9_000)),
        { key: 'draft:1' },
      )
    const ran = vi.fn()
    store.write(() => ran('first'), { key: 'draft:2' })
    ran.mockClear()
    store.write(() => ran('second'), { key: 'draft:2' })
    expect(draft('one')).toBe(false)
    expect(draft('two')).toBe(false)
    free()
    await vi.waitFor(() => expect(codes(store)).toEqual([]), { timeout: 20_000, interval: 100 })
    expect(store.db.prepare<[], string>("SELECT substr(value, 1, 3) FROM settings WHERE key = 'draft'").pluck().get()).toBe('two')
    expect(ran.mock.calls).toEqual([['second']])
  })

  test('that is still full at the end loses nothing that was written before', async () => {
    const { store, fill, free } = await fullDisk()
    put(store, 'before')
    fill()
    while (put(store, `filling ${Math.random()}`, 8_000));
    await store.close()
    free()
    expect(keys(await open())).toContain('before')
  })
})

describe('a profile that cannot be written', () => {
  async function readOnlyProfile(): Promise<void> {
    const own = mountDisk('size=10m')
    const first = await open()
    put(first, 'kept')
    await first.close()
    if (own) execFileSync('mount', ['-o', 'remount,ro', folder])
    else {
      chmodSync(file, 0o400)
      chmodSync(folder, 0o500)
    }
  }

  test('works on a copy for this run, says so, and leaves the original alone', async () => {
    await readOnlyProfile()
    const store = await open()
    expect(store.inMemory).toBe(true)
    expect(store.troubles).toMatchObject([{ code: 'store.readOnly', params: { folder } }])
    expect(keys(store)).toEqual(['kept'])
    expect(put(store, 'for now')).toBe(true)
    expect(codes(store)).toEqual(['store.readOnly'])
    await expect(store.jobs.run('write', 'store.checkpoint', null)).resolves.toBeUndefined()
    const copy = store.file
    await store.close()
    expect(existsSync(copy)).toBe(false)
    expect(keys(await open())).toEqual(['kept'])
  })

  test('is refused in words to a second process that does not own it', async () => {
    await readOnlyProfile()
    await expect(open({ owner: false })).rejects.toMatchObject({ trouble: { code: expect.stringMatching(/^store\.(readOnlyNow|io)$/) } })
  })
})

test('a file that another program holds is said, and written when it lets go', async () => {
  const store = await open()
  put(store, 'before')
  const other = new Database(file)
  other.exec('BEGIN IMMEDIATE')
  expect(put(store, 'while held')).toBe(false)
  expect(codes(store)).toEqual(['store.busy'])
  other.exec('ROLLBACK')
  other.close()
  expect(put(store, 'after')).toBe(true)
  expect(keys(store)).toEqual(['before', 'while held', 'after'])
})

test('a file that stays held does not hold main up', async () => {
  const store = await open()
  const other = new Database(file)
  other.exec('BEGIN IMMEDIATE')
  const begun = performance.now()
  for (let number = 0; number < 30; number++) expect(put(store, `${number}`)).toBe(false)
  // Waiting anew at each write took a second each.
  expect(performance.now() - begun).toBeLessThan(15_000)
  other.exec('ROLLBACK')
  other.close()
  expect(put(store, 'after')).toBe(true)
  expect(keys(store)).toHaveLength(31)
})

describe('a damaged database', () => {
  async function filled(): Promise<void> {
    const store = await open()
    store.write(() => {
      store.db
        .prepare("INSERT INTO contacts (id, name, sort_name, search, source, updated_at) VALUES (7, 'Anna', 'anna', 'anna', 'import', 1)")
        .run()
    })
    for (let index = 0; index < 200; index++) addCall(store, `call-${index}`, 7)
    await store.close()
  }

  test('whose head is rubbish is moved aside, and an empty one begins', async () => {
    await filled()
    damage(0, 4_096)
    const store = await open()
    expect(codes(store)).toEqual(['store.startedEmpty'])
    expect(keys(store)).toEqual([])
    expect(put(store, 'goes on')).toBe(true)
    const moved = String(store.troubles[0]?.params.moved)
    expect(moved).toMatch(/ringbook-damaged-\d{4}-\d{2}-\d{2}\.db$/)
    expect(readFileSync(moved).subarray(0, 4).toString()).toBe('ZZZZ')
    // It is told for as long as this run lasts, and not again at the next.
    expect(codes(store)).toEqual(['store.startedEmpty'])
    await store.close()
    expect(codes(await open())).toEqual([])
  })

  test('that is no database at all, or shorter than it should be, is moved aside too', async () => {
    writeFileSync(file, 'Dear diary, today I called Anna.'.repeat(1_000))
    const store = await open()
    expect(codes(store)).toEqual(['store.startedEmpty'])
    await store.close()
    await filled()
    truncateSync(file, 10_000)
    expect(codes(await open())).toEqual(['store.startedEmpty'])
    expect(readdirSync(folder).filter((name) => /damaged.*\.db$/.test(name))).toHaveLength(2)
  })

  test('is replaced by the newest good copy, and calls made since are carried over', async () => {
    await filled()
    const store = await open()
    const backups = join(folder, 'backups')
    await store.jobs.run('write', 'store.upkeep', { file, folder: backups, name: 'ringbook-2026-11-18.db' })
    for (let index = 200; index < 260; index++) addCall(store, `call-${index}`, 7)
    store.write(() => void store.db.prepare("INSERT INTO settings VALUES ('since', '1')").run())
    await store.close()
    writeFileSync(join(backups, 'ringbook-2026-11-19.db'), 'not good')
    writeFileSync(`${file}-check`, '')
    const pages = new Database(file)
    const settingsPage = pages.prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'settings'").pluck().get() ?? 0
    pages.close()
    damage((settingsPage - 1) * 4_096, 4_096)
    const mended = await open()
    expect(mended.troubles).toMatchObject([{ code: 'store.restored', params: { calls: 60 } }])
    expect(mended.db.prepare('SELECT count(*) FROM calls').pluck().get()).toBe(260)
    expect(mended.db.prepare("SELECT substr(notes, 1, 17) FROM call_logs WHERE call_id = 'call-259'").pluck().get()).toBe(
      'notes of call-259',
    )
    expect(mended.db.prepare("SELECT contact_id FROM calls WHERE id = 'call-259'").pluck().get()).toBe(7)
    expect(existsSync(`${file}-check`)).toBe(false)
    expect(mended.db.pragma('foreign_key_check')).toEqual([])
  })

  test('found while it is open is said at once and mended at the next start', async () => {
    await filled()
    const pages = new Database(file)
    const settingsPage = pages.prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'settings'").pluck().get() ?? 0
    pages.close()
    damage((settingsPage - 1) * 4_096, 4_096)
    const store = await open()
    expect(codes(store)).toEqual([])
    expect(put(store, 'never')).toBe(false)
    expect(codes(store)).toEqual(['store.damagedNow'])
    // What the damage does not touch is written all the same, and carried over.
    addCall(store, 'still-possible')
    expect(codes(store)).toEqual(['store.damagedNow'])
    await store.close()
    const mended = await open()
    expect(mended.troubles).toMatchObject([{ code: 'store.startedEmpty', params: { calls: expect.any(Number) } }])
    expect(Number(mended.troubles[0]?.params.calls)).toBe(201)
    expect(mended.db.prepare("SELECT contact_name FROM calls WHERE id = 'call-3'").pluck().get()).toBe('Anna')
  })

  test('is left where it is by a second process', async () => {
    await filled()
    damage(0, 4_096)
    await expect(open({ owner: false })).rejects.toMatchObject({ trouble: { code: 'store.damagedNow' } })
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([])
  })
})

test('a folder where the file should be is no crash', async () => {
  mkdirSync(file)
  const store = await open()
  expect(store.inMemory).toBe(true)
  expect(codes(store)).toEqual(['store.readOnly'])
  expect(put(store, 'in memory')).toBe(true)
})
