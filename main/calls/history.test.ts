/** History and its exports on a real database, through the real read worker. */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HistoryFilter } from '../../preload/contract'
import { addContact, type CallRig, callRig } from '../../test/fixtures/call-rig'
import { exportForRep, writeHistory } from './export'
import { harmless, isoWithOffset } from './export-format'
import { History, select } from './history'
import { historyQuery } from './history-query'

let rig: CallRig
let history: History
beforeEach(async () => {
  rig = await callRig()
  history = new History({ jobs: rig.store.jobs, clock: rig.clock, journal: rig.journal, display: (number) => number })
})
afterEach(() => rig.close())

/** A finished incoming call; answered when there are notes. */
async function called(number: string, more: { notes?: string; name?: string; save?: boolean } = {}): Promise<string> {
  const call = rig.line.receive(number, { displayName: more.name ?? null })
  if (more.notes === undefined) {
    call.end()
  } else {
    await rig.calls.answer(call.id)
    rig.clock.pass(61_260)
    call.end()
    const fields = {
      outcome: 'connected',
      notes: more.notes,
      followUp: null,
      contactId: history.get(call.id).contactId,
      dealId: null,
    } as const
    if (more.save === false) rig.logs.draft(call.id, fields, 1)
    else rig.logs.save(call.id, fields)
  }
  rig.clock.pass(1_000)
  return call.id
}
const found = async (filter: Partial<HistoryFilter>) =>
  (await history.list({ filter: { text: '', ...filter }, cursor: null, limit: 50 })).rows.map((row) => row.number)

test('calls are found by name, organization, number however written, and notes, without regard to case and accents', async () => {
  addContact(rig.store, 'Anna Björk', '+46812345678', 'Nordwind')
  await called('+46812345678', { notes: '' })
  await called('+1555', { name: 'Łukasz O’Brien' })
  await called('1234', { notes: 'Wants Ünderstanding 50%_off' })
  for (const text of ['björk', 'BJORK', 'wind anna', '08-123', '+46 8 123', '123 456', '45678'])
    expect([text, await found({ text })]).toEqual([text, ['+46812345678']])
  expect(await found({ text: "lukasz o'br" })).toEqual(['+1555'])
  expect(await found({ text: 'understanding' })).toEqual(['1234'])
  expect(await found({ text: '50%_o' })).toEqual(['1234'])
  expect(await found({ text: '%' })).toEqual(['1234'])
  expect(await found({ text: "' OR 1=1 --" })).toEqual([])
  expect(await found({ text: '12' })).toEqual(['1234', '+46812345678'])
})

test('a contact is found by the name it has now, and by the name it was shown with after it was deleted', async () => {
  addContact(rig.store, 'Anna Björk', '+1')
  await called('+1')
  rig.store.write(() => rig.store.db.prepare("UPDATE contacts SET name = 'Anna Berg', search = 'anna berg'").run())
  expect(await found({ text: 'berg' })).toEqual(['+1'])
  rig.store.write(() => rig.store.db.prepare('DELETE FROM contacts').run())
  expect(await found({ text: 'berg' })).toEqual([])
  expect((await history.list({ filter: { text: 'björk' }, cursor: null, limit: 5 })).rows).toMatchObject([
    { contactName: 'Anna Björk', contactId: null },
  ])
})

test('filters narrow by result, direction, outcome, contact, log and day', async () => {
  const anna = addContact(rig.store, 'Anna', '+1')
  await called('+1')
  await called('+2', { notes: 'n' })
  await called('+3', { notes: 'd', save: false })
  const { callId } = rig.calls.dial({ number: '604' })
  rig.calls.hangUp(callId)
  expect(await found({ result: 'missed' })).toEqual(['+1'])
  expect(await found({ direction: 'outgoing' })).toEqual(['604'])
  expect(await found({ outcome: 'connected' })).toEqual(['+3', '+2'])
  expect(await found({ contactId: anna })).toEqual(['+1'])
  expect(await found({ notLogged: true })).toEqual(['604', '+3'])
  expect(await found({ from: '2026-11-20', to: '2026-11-20' })).toHaveLength(4)
  expect(await found({ from: '2026-11-21' })).toEqual([])
  expect(await found({ to: '2026-11-19' })).toEqual([])
})

test('pages join without a gap or a repeat, also for calls of the same millisecond', async () => {
  for (let n = 0; n < 25; n++) rig.line.receive(`+${n}`).end()
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<History['list']>> = await history.list({ filter: { text: '' }, cursor, limit: 7 })
    seen.push(...page.rows.map((row) => row.number))
    cursor = page.next
  } while (cursor)
  expect(seen).toHaveLength(25)
  expect(new Set(seen).size).toBe(25)
  await expect(history.list({ filter: { text: '' }, cursor: 'x; DROP TABLE calls', limit: 7 })).rejects.toThrow('call.badPage')
  expect(() => history.get('no')).toThrow('call.unknown')
})

test('days begin at local midnight, also when the clocks change', () => {
  // Central European Time: summer time ended on 2026-10-25 at 01:00 UTC.
  const clock = {
    ...rig.clock,
    wall: () => 0,
    monotonic: () => 0,
    utcOffset: (wall: number) => (wall < Date.UTC(2026, 9, 25, 1) ? 120 : 60),
  }
  const { since, before } = select({ text: '', from: '2026-10-25', to: '2026-10-25' }, clock)
  expect([since, before]).toEqual([Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23)])
})

test('the pages of History and of one contact come from an index, in order, without sorting', () => {
  const plan = (filter: Partial<HistoryFilter>, after: { startedAt: number; id: string } | null) => {
    const { sql, params } = historyQuery(select({ text: '', ...filter }, rig.clock), after, 60)
    return rig.store.db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(params)
      .map((row) => row.detail)
      .join('\n')
  }
  for (const text of [plan({}, null), plan({}, { startedAt: 1, id: 'x' }), plan({ from: '2026-01-01', text: 'anna' }, null)]) {
    expect(text).toMatch(/(SCAN|SEARCH) c USING INDEX calls_started/)
    expect(text).not.toContain('USE TEMP B-TREE')
  }
  expect(plan({}, { startedAt: 1, id: 'x' })).toContain('SEARCH c USING INDEX calls_started')
  expect(plan({ contactId: 1 }, null)).toContain('SEARCH c USING INDEX calls_contact')
})

const nasty = [
  '=SUM(1)+cmd|"/c calc"!A1',
  '+46 8 123 formula',
  '@here',
  '-1 and more',
  '\tindented',
  'two\nlines\r\nand "quotes", commas; semicolons',
  '  spaces  ',
  'emoji 👩‍👩‍👧 Ünïcode 한국어 العربية',
  "'already quoted",
]

test('the CSV reads back as it was, with formulas made harmless, and raw when asked', async () => {
  for (const notes of nasty) await called('+46812345678', { notes, name: notes })
  const read = async (raw: boolean) => {
    const path = join(rig.folder, `out-${raw}.csv`)
    expect(
      await writeHistory({ jobs: rig.store.jobs, clock: rig.clock }, { filter: { text: '' }, format: 'csv', raw, to: { path } }),
    ).toEqual({ calls: nasty.length })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const bytes = readFileSync(path)
    expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
    const rows: Record<string, string>[] = parse(bytes, { bom: true, columns: true, record_delimiter: '\r\n' })
    return rows.reverse()
  }
  const safe = await read(false)
  expect(safe.map((row) => row.notes)).toEqual(nasty.map((text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)))
  expect(safe.map((row) => row.notes?.startsWith("'"))).toEqual([true, true, true, true, true, false, false, false, true])
  expect(safe[0]).toMatchObject({
    started: '2026-11-20T10:30:00+01:00',
    number: '+46812345678',
    direction: 'incoming',
    result: 'answered',
    talk_seconds: '61.3',
    outcome: 'connected',
    log: 'saved',
  })
  expect((await read(true)).map((row) => row.notes)).toEqual(nasty)
})

/** By Python's csv module where there is a Python; else by our own kind of reader, in its strictest mode. */
function readByAnother(path: string): { notes: string }[] {
  const program = 'import csv,json,sys;print(json.dumps(list(csv.DictReader(open(sys.argv[1],encoding="utf-8-sig",newline="")))))'
  const python = spawnSync('python3', ['-c', program, path], { encoding: 'utf8' })
  if (python.error) return parse(readFileSync(path), { bom: true, columns: true, relax_quotes: false, record_delimiter: '\r\n' })
  return JSON.parse(python.stdout) as { notes: string }[]
}

test('another reader of CSV reads the same', async () => {
  for (const notes of nasty) await called('+1', { notes })
  const path = join(rig.folder, 'out.csv')
  await writeHistory({ jobs: rig.store.jobs, clock: rig.clock }, { filter: { text: '' }, format: 'csv', raw: true, to: { path } })
  const rows = readByAnother(path)
  expect(rows.map(({ notes }) => notes).reverse()).toEqual(nasty)
})

test('JSON is one array and JSON lines one object a line, with the filter in force', async () => {
  for (let n = 0; n < 3; n++) await called(`+${n}`, { notes: 'a\nb' })
  await called('+9')
  const write = async (format: 'json' | 'jsonl', filter: Partial<HistoryFilter>) => {
    const path = join(rig.folder, `out.${format}`)
    await writeHistory({ jobs: rig.store.jobs, clock: rig.clock }, { filter: { text: '', ...filter }, format, raw: false, to: { path } })
    return readFileSync(path, 'utf8')
  }
  const all = JSON.parse(await write('json', {})) as { number: string; notes: string }[]
  expect(all.map((row) => row.number)).toEqual(['+9', '+2', '+1', '+0'])
  expect(all[1]).toMatchObject({ notes: 'a\nb', ring_seconds: 0, log: 'saved' })
  expect(JSON.parse(await write('json', { text: 'nobody' }))).toEqual([])
  const lines = (await write('jsonl', { outcome: 'connected' })).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).number)).toEqual(['+2', '+1', '+0'])
})

test('an export may go to an open descriptor, which stays open', async () => {
  await called('+1')
  const path = join(rig.folder, 'out.jsonl')
  const fd = openSync(path, 'w')
  const write = () =>
    writeHistory({ jobs: rig.store.jobs, clock: rig.clock }, { filter: { text: '' }, format: 'jsonl', raw: false, to: { fd } })
  await write()
  await write()
  closeSync(fd)
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2)
})

test('an export of many pages holds every call once', async () => {
  const insert = rig.store.db.prepare(
    "INSERT INTO calls (id, account_id, account_label, direction, number, started_at, utc_offset, result) VALUES (?, 'a', 'A', 'incoming', ?, ?, 0, 'missed')",
  )
  rig.store.write(() => {
    for (let n = 0; n < 2_500; n++) insert.run(`call-${n}`, `+${n}`, Math.floor(n / 7))
  })
  const path = join(rig.folder, 'many.jsonl')
  await writeHistory({ jobs: rig.store.jobs, clock: rig.clock }, { filter: { text: '' }, format: 'jsonl', raw: false, to: { path } })
  const ids = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { call_id: string }).call_id)
  expect(ids).toHaveLength(2_500)
  expect(new Set(ids).size).toBe(2_500)
})

test('an export that cannot be written says so, and one that the rep cancels leaves nothing', async () => {
  await called('+1')
  const to = { path: join(rig.folder, 'no', 'such', 'folder.csv') }
  await expect(
    writeHistory({ jobs: rig.store.jobs, clock: rig.clock }, { filter: { text: '' }, format: 'csv', raw: false, to }),
  ).rejects.toThrow('call.exportFailed')
  // A folder stands where the file should: that shows only when the file is complete.
  await expect(
    writeHistory({ jobs: rig.store.jobs, clock: rig.clock }, { filter: { text: '' }, format: 'csv', raw: false, to: { path: rig.folder } }),
  ).rejects.toThrow('call.exportFailed')
  expect(readdirSync(join(rig.folder, '..')).filter((name) => name.startsWith(`${basename(rig.folder)}.`))).toEqual([])
  const folder = join(rig.folder, 'exports')
  const host = { deliverFile: async () => null }
  expect(
    await exportForRep({ jobs: rig.store.jobs, clock: rig.clock, host, folder }, { filter: { text: '' }, format: 'csv', raw: false }),
  ).toBeNull()
  expect(readdirSync(folder)).toEqual([])
  const broken = { deliverFile: () => Promise.reject(new Error('no dialog')) }
  await expect(
    exportForRep({ jobs: rig.store.jobs, clock: rig.clock, host: broken, folder }, { filter: { text: '' }, format: 'csv', raw: false }),
  ).rejects.toThrow('no dialog')
  expect(readdirSync(folder)).toEqual([])
})

test('two exports of the same second are two files under one name', async () => {
  await called('+1')
  const folder = join(rig.folder, 'exports')
  const delivered: { name: string; path: string }[] = []
  const host = {
    deliverFile: async (file: { name: string; mime: string; path: string }) => {
      delivered.push(file)
      return { download: file.path, path: null }
    },
  }
  const needs = { jobs: rig.store.jobs, clock: rig.clock, host, folder }
  await Promise.all([1, 2].map(() => exportForRep(needs, { filter: { text: '' }, format: 'json', raw: false })))
  expect(new Set(delivered.map(({ name }) => name)).size).toBe(1)
  expect(new Set(delivered.map(({ path }) => path)).size).toBe(2)
  for (const { path } of delivered) expect(JSON.parse(readFileSync(path, 'utf8'))).toHaveLength(1)
})

test.each([
  ['+46812345', '+46812345'],
  ['-5', '-5'],
  ['-5.25', '-5.25'],
  ['+46 8', "'+46 8"],
  ['=1', "'=1"],
  ['\r=1', "'\r=1"],
  ['a=1', 'a=1'],
  [-3, -3],
  [null, null],
])('%j becomes %j', (value, safe) => expect(harmless(value)).toBe(safe))

test.each([
  [0, 0, '1970-01-01T00:00:00+00:00'],
  [0, -210, '1969-12-31T20:30:00-03:30'],
  [Date.UTC(2026, 5, 1, 12), 345, '2026-06-01T17:45:00+05:45'],
])('%i at %i minutes is %s', (wall, offset, text) => expect(isoWithOffset(wall, offset)).toBe(text))
