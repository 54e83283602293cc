/** The command line as scripts use it: words in, data and messages out, exit codes; on real profiles. */
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { claimProfile } from '../profile/claim'
import { openProfile } from '../profile/folder'
import { openStore } from '../store/open'
import { runCli } from './cli'

let folder: string
let profile: string
let umask: number
beforeEach(() => {
  umask = process.umask()
  folder = mkdtempSync(join(tmpdir(), 'ringbook-cli-'))
  profile = join(folder, 'profile')
})
afterEach(() => {
  process.umask(umask)
  rmSync(folder, { recursive: true, force: true })
})

async function run(args: string[], more: { signal?: AbortSignal; onOut?: (text: string) => void; path?: string } = {}) {
  let out = ''
  let err = ''
  const path = join(folder, 'stdout')
  const outFd = openSync(path, 'w')
  const code = await runCli(args, {
    out: (text) => {
      out += text
      more.onOut?.(text)
    },
    err: (text) => {
      err += text
    },
    outFd,
    interactive: false,
    signal: more.signal ?? new AbortController().signal,
    clock: systemClock,
    env: { PATH: more.path ?? process.env.PATH, XDG_DATA_HOME: folder },
  })
  closeSync(outFd)
  return { code, out: out + readFileSync(path, 'utf8'), err }
}
const inProfile = (...args: string[]) => run([...args, '--profile', profile])
const openMain = () => openStore({ file: join(profile, 'ringbook.sqlite'), log: silentLog(), clock: systemClock })
async function addCalls(...calls: { id: string; started: string; answered?: boolean; notes?: string; name?: string }[]): Promise<void> {
  const store = await openMain()
  store.write(() => {
    for (const { id, started, answered = true, notes, name = 'Anna' } of calls) {
      const at = Date.parse(started)
      store.db
        .prepare(
          `INSERT INTO calls (id, account_id, account_label, direction, number, e164, contact_name, started_at, utc_offset, answered_at, talk_ms, result)
           VALUES (?, 'a', 'Practice', 'incoming', '+46846500421', '+46846500421', ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          id,
          name,
          at,
          systemClock.utcOffset(at),
          answered ? at + 3_000 : null,
          answered ? 252_000 : 0,
          answered ? 'answered' : 'missed',
        )
      if (notes !== undefined)
        store.db
          .prepare("INSERT INTO call_logs (call_id, state, outcome, notes, updated_at) VALUES (?, 'saved', 'connected', ?, 1)")
          .run(id, notes)
    }
  })
  await store.close()
}

describe('words that do not fit', () => {
  test.each([
    [[]],
    [['ring']],
    [['toString']],
    [['lookup']],
    [['lookup', '1', '2']],
    [['lookup', '1', '--region', 'Sweden']],
    [['lookup', '1', '--loud']],
    [['history', '--from', 'yesterday']],
    [['history', '--to', '2026-02-30']],
    [['import']],
    [['export']],
    [['export', '--format', 'pdf']],
    [['practice', '--port', '70000']],
    [['history', '--profile', '']],
  ])('%j is told with the usage on stderr, exit code 2', async (args) => {
    const { code, out, err } = await run(args)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain('Usage: ringbook')
  })
  test('--help is no mistake', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, err: '' })
    expect((await run(['export', '--help'])).out).toContain('Usage: ringbook')
  })
})

describe('import and lookup', () => {
  const file = () => {
    const path = join(folder, 'people.csv')
    writeFileSync(path, 'Name,Company,Phone\nAnna Björk,Nordwind,08-465 004 21\nErik Björk,Nordwind,08-465 004 21\n"Bo,B,0846500422\n')
    return path
  }
  test('contacts come in, refusals are told with their lines, and the number is found', async () => {
    const imported = await inProfile('import', file(), '--region', 'se')
    expect(imported).toMatchObject({ code: 0, out: '' })
    expect(imported.err).toBe(
      'Line 4: A quotation mark is opened here and never closed. The line was left out.\nEntries read: 3. Contacts added: 2, already there: 0, left out: 1.\n',
    )
    const found = await inProfile('lookup', '+46846500421', '--region', 'SE')
    expect(found).toMatchObject({ code: 0, err: '' })
    expect(found.out).toMatch(
      /^Erik Björk · Nordwind\n.*465 004 21 · SE\nAlso known as: Anna Björk\n$|^Anna Björk · Nordwind\n.*465 004 21 · SE\nAlso known as: Erik Björk\n$/,
    )
    const json = JSON.parse((await inProfile('lookup', '08-465 004 21', '--region', 'SE', '--json')).out)
    expect(json).toMatchObject({ e164: '+46846500421', match: 'exact' })
    expect((await inProfile('lookup', '+46846500499')).out).toContain('Nobody is known under')
    expect((await inProfile('lookup', 'anonymous')).out).toBe('Withheld number\n')
    expect(statSync(profile).mode & 0o777).toBe(0o700)
  })

  test('beside a running main, which notices', async () => {
    const main = await openMain()
    const noticed = vi.fn()
    main.onForeignChange(noticed)
    expect((await inProfile('import', file())).code).toBe(0)
    expect(main.db.prepare('SELECT count(*) FROM contacts').pluck().get()).toBe(2)
    await vi.waitFor(() => expect(noticed).toHaveBeenCalled(), { timeout: 10_000 })
    await main.close()
  })

  test('a file that is not there, or holds no contacts, fails in words', async () => {
    expect(await inProfile('import', join(folder, 'none.csv'))).toMatchObject({ code: 1, out: '' })
    writeFileSync(join(folder, 'open.csv'), 'Name,Phone\n"Bo,1\n')
    expect((await inProfile('import', join(folder, 'open.csv'))).code).toBe(1)
  })
})

describe('history and export', () => {
  beforeEach(() =>
    addCalls(
      { id: 'one', started: '2026-11-18T09:00:00', notes: '=SUM(1), "quoted"' },
      { id: 'two', started: '2026-11-19T10:00:00', answered: false },
      { id: 'three', started: '2026-11-20T11:00:00', notes: 'zwei\nZeilen', name: '김민준' },
    ),
  )
  test('the calls to read, newest first, between days', async () => {
    const { code, out } = await inProfile('history')
    expect(code).toBe(0)
    expect(out.split('\n').map((line) => line.slice(0, 16))).toEqual(['2026-11-20 11:00', '2026-11-19 10:00', '2026-11-18 09:00', ''])
    expect(out).toContain('zwei Zeilen')
    expect(out).toContain('4:12')
    expect((await inProfile('history', '--from', '2026-11-19', '--to', '2026-11-19')).out.trim().split('\n')).toHaveLength(1)
    expect(await inProfile('history', '--from', '2030-01-01')).toMatchObject({ code: 0, out: '', err: 'No calls.\n' })
  })
  test('JSON is one array, JSON lines are lines', async () => {
    expect(JSON.parse((await inProfile('history', '--json')).out).map((call: { call_id: string }) => call.call_id)).toEqual([
      'three',
      'two',
      'one',
    ])
    const lines = (await inProfile('export', '--format', 'jsonl')).out.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line).call_id)).toEqual(['three', 'two', 'one'])
    expect(JSON.parse((await inProfile('history', '--json', '--from', '2030-01-01')).out)).toEqual([])
  })
  test('CSV goes to a file of the rep alone, guarded against formulas unless --raw', async () => {
    const out = join(folder, 'calls.csv')
    const exported = await inProfile('export', '--format', 'csv', '--out', out)
    expect(exported).toMatchObject({ code: 0, out: '', err: `Calls written to ${out}: 3\n` })
    const text = readFileSync(out, 'utf8')
    expect(text.startsWith('\ufeffstarted,')).toBe(true)
    expect(text).toContain(`"'=SUM(1), ""quoted"""`)
    expect(statSync(out).mode & 0o777).toBe(0o600)
    expect((await inProfile('export', '--format', 'csv', '--raw')).out).toContain('"=SUM(1), ""quoted"""')
  })
  test('a place that cannot be written fails in words; xlsx is said to be missing', async () => {
    expect(await inProfile('export', '--format', 'csv', '--out', join(folder, 'no', 'such', 'x.csv'))).toMatchObject({ code: 1, out: '' })
    const xlsx = await inProfile('export', '--format', 'xlsx')
    expect(xlsx).toMatchObject({ code: 1, out: '' })
    expect(xlsx.err).toContain('not write xlsx yet')
  })
})

test('a database of a newer Ringbook is refused in words', async () => {
  const store = await openMain()
  store.db.pragma('user_version = 900')
  await store.close()
  const { code, err } = await inProfile('history')
  expect(code).toBe(1)
  expect(err).toContain('newer Ringbook')
})

describe('doctor', () => {
  test('says of a fresh machine that nothing is there, and makes nothing', async () => {
    const { out } = await inProfile('doctor')
    expect(out).toContain('There is no profile')
    expect(() => statSync(profile)).toThrow()
  })
  test('finds a good profile good', async () => {
    await inProfile('history')
    const findings: { code: string; state: string }[] = JSON.parse((await inProfile('doctor', '--json')).out)
    const codes = findings.map(({ code }) => code)
    expect(codes).toEqual(expect.arrayContaining(['profileGood', 'databaseGood', 'notRunning', 'node', 'accountsNone']))
    expect(codes.some((code) => code.startsWith('certificates'))).toBe(true)
    expect(codes.some((code) => code.startsWith('proxy'))).toBe(true)
  })
  test('knows whether a main has the profile', async () => {
    const claim = await claimProfile(openProfile(profile))
    expect((await inProfile('doctor')).out).toContain('Ringbook is running with this profile.')
    await claim?.release()
    expect((await inProfile('doctor')).out).toContain('Ringbook is not running')
  })
  test('checks the way to each server, numbered as under Help, and leaves to the window what needs one', async () => {
    const store = await openMain()
    const config = (server: string) => JSON.stringify({ server, user: 'alice', iceServers: [{ url: 'turn:127.0.0.1:9' }] })
    store.write(() => {
      const add = store.db.prepare("INSERT INTO accounts (id, kind, label, config, position, is_default) VALUES (?, 'sip', ?, ?, ?, 0)")
      add.run('one', 'Closed', config('wss://127.0.0.1:9/ws'), 1)
      add.run('two', 'Nowhere', config('wss://pbx.nowhere.invalid/ws'), 2)
    })
    await store.close()
    const read = await inProfile('doctor')
    expect(read.code).toBe(1)
    expect(read.out).toContain('✗ 2. Certificate of 127.0.0.1:9: 127.0.0.1 answers, but takes no connections there.')
    expect(read.out).toContain('✗ 5. Find pbx.nowhere.invalid: pbx.nowhere.invalid was not found.')
    expect(read.out).toContain('· 6. Certificate of pbx.nowhere.invalid: It needs check 5, which failed.')
    expect(read.out).toContain("Microphone permission: Checked only in Ringbook's window, under Help.")
    const claim = await claimProfile(openProfile(profile))
    const findings: { code: string; check?: { number: number; id: string; state: string } }[] = JSON.parse(
      (await inProfile('doctor', '--json')).out,
    )
    await claim?.release()
    expect(findings.find(({ check }) => check?.id === 'one.registration')).toMatchObject({
      code: 'help.askTheApp',
      check: { number: 4, state: 'skipped' },
    })
    expect(findings.filter(({ check }) => check).map(({ check }) => check?.number)).toEqual(
      Array.from({ length: 17 }, (_, index) => index + 1),
    )
  })
  test.each([
    ['a damaged database', () => writeFileSync(join(profile, 'ringbook.sqlite'), 'x'.repeat(10_000)), 'databaseDamaged'],
    ['a profile that others can read', () => chmodSync(profile, 0o755), 'profileOpen'],
  ])('finds %s, exit code 1', async (_what, spoil, code) => {
    mkdirSync(profile, { mode: 0o700 })
    spoil()
    const result = await inProfile('doctor', '--json')
    expect(result.code).toBe(1)
    expect(JSON.parse(result.out)).toContainEqual(expect.objectContaining({ code, state: 'bad' }))
  })
})

test('practice serves SIP over WebSocket on this computer until it is stopped, also without a Chromium', async () => {
  const abort = new AbortController()
  let told: (url: string) => void
  const url = new Promise<string>((resolve) => {
    told = resolve
  })
  const running = run(['practice'], { path: '', signal: abort.signal, onOut: (text) => told(text.trim()) })
  const socket = new WebSocket(await url, 'sip')
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const answer = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))))
  const head = 'OPTIONS sip:practice.invalid SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n'
  socket.send(
    `${head}To: <sip:practice.invalid>\r\nFrom: <sip:x@practice.invalid>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
  )
  expect(await answer).toMatch(/^SIP\/2\.0 /)
  abort.abort()
  const { code, err } = await running
  expect(code).toBe(0)
  expect(err).toContain('calls to 600 and 601 are refused')
})
