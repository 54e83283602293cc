/** Recordings as files: whose they are, what they are called, and what is left when something goes wrong. Real disks. */
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LiveCall, Settings, Trouble } from '../../preload/contract'
import { silentLog } from '../log'
import { TroubleError } from '../trouble'
import { wavHeader } from './recording-file'
import { Recordings } from './recordings'

let folder: string
let mounted: string | null
let marks: Map<string, string>
let told: { callId: string; state?: string; trouble?: string }[]
let asked: { operation: string; input: Record<string, unknown> }[]
let presence: (present: boolean) => void
let refuse: string | null
let chosen: Pick<Settings, 'recordingFolder' | 'recordingFormat' | 'recordingNotice'>
let delivered: { name: string; mime: string; path: string; bytes: Buffer } | null
let recordings: Recordings

const caller = (display: string) =>
  ({ match: 'none', contacts: [], display, networkName: null, raw: display }) as unknown as LiveCall['caller']
const call = (id = 'call-1', display = '+46 8 123 45 67') => ({ id, phase: 'connected' as const, caller: caller(display) })

beforeEach(() => {
  process.umask(0o077)
  folder = mkdtempSync(join(tmpdir(), 'ringbook-recordings-'))
  mounted = null
  marks = new Map()
  told = []
  asked = []
  refuse = null
  delivered = null
  chosen = { recordingFolder: '', recordingFormat: 'wav', recordingNotice: false }
  recordings = new Recordings({
    media: {
      request: async (operation, input) => {
        asked.push({ operation, input: input as Record<string, unknown> })
        if (refuse) throw new TroubleError(refuse)
        return {} as never
      },
      onPresence: (listener) => {
        presence = listener
        return () => {}
      },
    },
    settings: () => chosen,
    ownFolder: join(folder, 'recordings'),
    exportFolder: join(folder, 'exports'),
    host: {
      deliverFile: async (file) => {
        delivered = { ...file, bytes: readFileSync(file.path) }
        return { download: null, path: `/home/rep/${file.name}` }
      },
    },
    clock: { wall: () => Date.UTC(2026, 10, 20, 13, 3, 5), monotonic: () => 0, utcOffset: () => 60 },
    log: silentLog(),
    marks: { get: (id) => marks.get(id) ?? null, set: (id, path) => (path === null ? marks.delete(id) : marks.set(id, path)) },
    onChange: (callId, state) => told.push({ callId, state }),
    onTrouble: (callId, trouble: Trouble) => told.push({ callId, trouble: trouble.code }),
  })
})
afterEach(async () => {
  try {
    await recordings.close()
  } finally {
    if (mounted) execFileSync('umount', ['-l', mounted])
    rmSync(folder, { recursive: true, force: true })
  }
})

const id = () => String(asked.findLast(({ operation }) => operation === 'recording.start')?.input.recording)
const piece = (number: number, bytes: Buffer, last = false) =>
  recordings.take({ recording: id(), piece: number, base64: bytes.toString('base64'), last, trouble: null })
const kept = () => readdirSync(join(folder, 'recordings'))

test('a recording is the rep’s own file, named for day and party, marked once it is on the disk, whole after every piece', async () => {
  await recordings.start(call())
  expect(told).toEqual([{ callId: 'call-1', state: 'starting' }])
  expect(asked[0]?.input).toMatchObject({ peer: 'call-1', format: 'wav', notice: false })
  expect(marks.size).toBe(0)
  await piece(0, Buffer.alloc(64_000, 1))
  const path = join(folder, 'recordings', '2026-11-20 14-03-05 +46 8 123 45 67.wav')
  expect(marks.get('call-1')).toBe(path)
  expect(told.at(-1)).toEqual({ callId: 'call-1', state: 'on' })
  expect(lstatSync(path).mode & 0o777).toBe(0o600)
  expect(lstatSync(join(folder, 'recordings')).mode & 0o777).toBe(0o700)
  await piece(1, Buffer.alloc(32_000, 2))
  // As a program killed at this moment would leave it.
  const bytes = readFileSync(path)
  expect(bytes.length).toBe(44 + 96_000)
  expect(bytes.subarray(0, 44)).toEqual(wavHeader(96_000))
  await recordings.stop('call-1')
  expect(asked.at(-1)?.operation).toBe('recording.stop')
  expect(told.at(-1)).toEqual({ callId: 'call-1', state: 'off' })
})

test('two calls of one second and one name are two files, and no link that was laid there is followed', async () => {
  mkdirSync(join(folder, 'recordings'))
  const victim = join(folder, 'victim')
  writeFileSync(victim, 'mine')
  symlinkSync(victim, join(folder, 'recordings', '2026-11-20 14-03-05 Bo.wav'))
  await recordings.start(call('a', 'Bo'))
  await piece(0, Buffer.alloc(4))
  await recordings.stop('a')
  expect(readFileSync(victim, 'utf8')).toBe('mine')
  expect(marks.get('a')).toMatch(/Bo \(2\)\.wav$/)
})

test('a hostile name makes a harmless file', async () => {
  await recordings.start(call('a', `../../etc/passwd\u0000\u202Efdp:*?"<>|\n${'x'.repeat(300)}`))
  await piece(0, Buffer.alloc(4))
  const [name = ''] = kept()
  expect(name).toMatch(/^2026-11-20 14-03-05 [^\\/:*?"<>|]+\.wav$/)
  expect(name).not.toMatch(/\p{C}/u)
  expect(Buffer.byteLength(name)).toBeLessThan(200)
})

test('a disk that is full ends the recording, says so, and keeps what there is', async (context) => {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], { stdio: 'ignore' })
    mounted = disk
  } catch {
    return context.skip('no disk of its own may be made here')
  }
  chosen.recordingFolder = disk
  await recordings.start(call())
  for (let number = 0; number < 8; number++) await piece(number, Buffer.alloc(64_000, number))
  await expect.poll(() => told.at(-1)).toEqual({ callId: 'call-1', trouble: 'recording.diskFull' })
  expect(told.map(({ state }) => state)).toEqual(['starting', 'on', 'off', undefined])
  const bytes = readFileSync(marks.get('call-1') ?? '')
  expect(bytes.readUInt32LE(40)).toBe(256_000)
  expect(bytes.length).toBeGreaterThanOrEqual(44 + 256_000)
  expect(asked.at(-1)?.operation).toBe('recording.stop')
})

test('a media page that goes away leaves the file whole, and the rep is told', async () => {
  await recordings.start(call())
  await piece(0, Buffer.alloc(64_000))
  presence(false)
  await expect.poll(() => told.at(-1)).toEqual({ callId: 'call-1', trouble: 'recording.interrupted' })
  expect(readFileSync(marks.get('call-1') ?? '').length).toBe(64_044)
  // It can be started again.
  await recordings.start(call())
})

test('what cannot begin leaves nothing behind', async () => {
  refuse = 'recording.noticeFailed'
  await expect(recordings.start(call())).rejects.toMatchObject({ trouble: { code: 'recording.noticeFailed' } })
  expect(kept()).toEqual([])
  expect(told.at(-1)).toEqual({ callId: 'call-1', state: 'off' })
  refuse = null
  await expect(recordings.start({ ...call(), phase: 'ringing' })).rejects.toMatchObject({ trouble: { code: 'recording.notConnected' } })
  await recordings.start(call())
  await expect(recordings.start(call())).rejects.toMatchObject({ trouble: { code: 'recording.already' } })
  // Nothing came: nothing stays.
  await recordings.stop('call-1')
  expect(kept()).toEqual([])
  expect(marks.size).toBe(0)
})

test('one that is stopped while it begins, or whose call ends then, never begins', async () => {
  const starting = recordings.start(call())
  await recordings.stop('call-1')
  await expect(starting).rejects.toMatchObject({ trouble: { code: 'recording.notConnected' } })
  expect(asked).toEqual([])
  expect(kept()).toEqual([])
  expect(told.at(-1)).toEqual({ callId: 'call-1', state: 'off' })
  await recordings.start(call())
  expect(asked).toHaveLength(1)
})

test('a piece that is missing ends the recording before the gap', async () => {
  await recordings.start(call())
  await piece(0, Buffer.alloc(100))
  await piece(2, Buffer.alloc(100))
  expect(told.at(-1)).toEqual({ callId: 'call-1', trouble: 'recording.writeFailed' })
  expect(readFileSync(marks.get('call-1') ?? '').length).toBe(144)
})

test('a folder must be a full path to a folder that can be written', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(recordings.checkFolder('Recordings')).rejects.toMatchObject({ trouble: { code: 'recording.folderNotAbsolute' } })
  await expect(recordings.checkFolder(join(folder, 'file'))).rejects.toMatchObject({ trouble: { code: 'recording.folderNoFolder' } })
  await expect(recordings.checkFolder(join(folder, 'file', 'below'))).rejects.toMatchObject({
    trouble: { code: 'recording.folderNoFolder' },
  })
  await expect(recordings.checkFolder('/proc/ringbook')).rejects.toMatchObject({ trouble: { code: 'recording.folderUnusable' } })
  await recordings.checkFolder(join(folder, 'new', 'one'))
  await recordings.checkFolder('')
})

test('a copy is handed over, and deleting takes file and mark', async () => {
  chosen.recordingFormat = 'webm'
  await recordings.start(call())
  await piece(0, Buffer.from('as the browser made it'))
  await piece(1, Buffer.alloc(0), true)
  const path = marks.get('call-1') ?? ''
  expect(await recordings.save('call-1')).toMatchObject({ path: expect.stringMatching(/\.webm$/) })
  expect(delivered).toMatchObject({ mime: 'audio/webm', name: '2026-11-20 14-03-05 +46 8 123 45 67.webm' })
  expect(delivered?.path).not.toBe(path)
  expect(delivered?.bytes.toString()).toBe('as the browser made it')
  await recordings.remove('call-1')
  expect(existsSync(path)).toBe(false)
  expect(marks.size).toBe(0)
  await expect(recordings.save('call-1')).rejects.toMatchObject({ trouble: { code: 'recording.none' } })
  await expect(recordings.remove('call-1')).rejects.toMatchObject({ trouble: { code: 'recording.none' } })
})

test('a file that has gone, or has become a link, is not handed over; its mark can be taken away', async () => {
  const secret = join(folder, 'secret')
  writeFileSync(secret, 'another’s')
  const link = join(folder, 'link.wav')
  symlinkSync(secret, link)
  marks.set('gone', join(folder, 'gone.wav'))
  marks.set('link', link)
  for (const callId of ['gone', 'link']) {
    await expect(recordings.save(callId)).rejects.toMatchObject({ trouble: { code: 'recording.gone' } })
    await recordings.remove(callId)
  }
  expect(marks.size).toBe(0)
  expect(readFileSync(secret, 'utf8')).toBe('another’s')
  expect(delivered).toBeNull()
})
