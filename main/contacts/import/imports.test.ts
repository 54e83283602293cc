/** Files handed over by pages: kept private, previewed as options change, imported beside CRM contacts, taken back; and hostile ones. */
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ImportOptions } from '../../../preload/contract'
import { systemClock } from '../../clock'
import { silentLog } from '../../log'
import { openStore } from '../../store/open'
import type { Store } from '../../store/store'
import { Contacts } from '../contacts'
import { Imports, importFile } from './imports'

let folder: string
let store: Store
let contacts: Contacts
let imports: Imports
const told: unknown[] = []
const open = async () => {
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  contacts = new Contacts({ store, clock: systemClock, country: () => 'SE' })
  imports = new Imports({
    store,
    clock: systemClock,
    country: () => 'SE',
    changed: () => undefined,
    folder: join(folder, 'imports'),
    emit: (_event, payload) => told.push(payload),
  })
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-imports-'))
  await open()
})
afterEach(async () => {
  imports.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const handOver = (text: string | Buffer, name = 'people.csv', pieceSize = 1000): string => {
  const bytes = Buffer.from(text)
  const { importId } = imports.begin(name, bytes.length)
  for (let at = 0, piece = 0; at < bytes.length; at += pieceSize) {
    imports.piece(importId, piece++, bytes.subarray(at, at + pieceSize).toString('base64'))
  }
  return importId
}
const preview = (text: string | Buffer, options: ImportOptions = {}) => imports.preview(handOver(text), options)
const load = (text: string | Buffer, options: ImportOptions = {}) => imports.run(handOver(text), options)
const loadFile = (path: string) => importFile({ store, clock: systemClock, country: () => 'SE', changed: () => undefined }, { path })
const kept = () => (existsSync(join(folder, 'imports')) ? readdirSync(join(folder, 'imports')) : [])
const dump = () => ({
  contacts: store.db
    .prepare('SELECT id, name, job_title, note, emails, organization_id, search, source, updated_at FROM contacts ORDER BY id')
    .all(),
  phones: store.db.prepare('SELECT id, contact_id, e164, raw, is_primary FROM phones ORDER BY id').all(),
  organizations: store.db.prepare('SELECT name, source FROM organizations ORDER BY name').all(),
})
const found = async (query: string) => (await contacts.list({ query, cursor: null, limit: 60 })).rows.map(({ name }) => name)

describe('handing over', () => {
  test('a file is the rep’s alone while it waits, and gone when it is imported or given up', async () => {
    const id = handOver('Name,Phone\nAnna,0846500401\n')
    const [file = ''] = kept()
    expect(statSync(join(folder, 'imports')).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'imports', file)).mode & 0o777).toBe(0o600)
    imports.cancel(id)
    expect(kept()).toEqual([])
    await expect(imports.preview(id, {})).rejects.toMatchObject({ trouble: { code: 'import.gone' } })
    const other = handOver('Name,Phone\nAnna,0846500401\n')
    await imports.run(other, {})
    expect(kept()).toEqual([])
  })

  test('pieces that do not follow, or are more than was said, give the file up', () => {
    const first = imports.begin('a.csv', 10).importId
    expect(() => imports.piece(first, 1, '')).toThrow('import.notHandedOver')
    const second = imports.begin('a.csv', 10).importId
    expect(() => imports.piece(second, 0, Buffer.alloc(11).toString('base64'))).toThrow('import.notHandedOver')
    expect(kept()).toEqual([])
    expect(() => imports.piece(second, 0, '')).toThrow('import.gone')
    expect(() => imports.begin('a.csv', 600_000_000)).toThrow('import.tooLarge')
  })

  test('half a file is neither previewed nor imported, and files that nobody comes back to do not pile up', async () => {
    const { importId } = imports.begin('a.csv', 10)
    imports.piece(importId, 0, Buffer.from('Name').toString('base64'))
    await expect(imports.preview(importId, {})).rejects.toMatchObject({ trouble: { code: 'import.notHandedOver' } })
    await expect(imports.run(importId, {})).rejects.toMatchObject({ trouble: { code: 'import.notHandedOver' } })
    for (let many = 0; many < 9; many++) imports.begin('b.csv', 10)
    expect(kept()).toHaveLength(4)
    imports.close()
    expect(existsSync(join(folder, 'imports'))).toBe(false)
  })
})

describe('preview', () => {
  const text = 'Namn;Företag;Mobil;Kundnr;Anteckning\r\nAnna Björk;Nordwind;070-174 06 05;77;ring på måndag\r\n'

  test('says how the file is written, what its columns mean and whom it makes, and imports nothing', async () => {
    expect(await preview(Buffer.from(text, 'latin1'))).toEqual({
      kind: 'csv',
      encoding: 'windows-1252',
      delimiter: ';',
      columns: [
        { heading: 'Namn', field: 'name', samples: ['Anna Björk'] },
        { heading: 'Företag', field: 'organization', samples: ['Nordwind'] },
        { heading: 'Mobil', field: 'phone-mobile', samples: ['070-174 06 05'] },
        { heading: 'Kundnr', field: 'ignore', samples: ['77'] },
        { heading: 'Anteckning', field: 'note', samples: ['ring på måndag'] },
      ],
      contacts: [{ name: 'Anna Björk', organization: 'Nordwind', phones: ['+46701740605'], emails: [] }],
      refused: [],
    })
    expect(contacts.count()).toBe(0)
  })

  test('follows the rep’s choice of columns, coding and delimiter, and the import does the same', async () => {
    const odd = 'Kolumn A|Kolumn B|Kolumn C\nAnna Björk|Nordwind, Inc|0701740605\nBo Ek|Sund, Co|08-465 004 01\n'
    const id = handOver(odd)
    expect((await imports.preview(id, {})).columns.map(({ field }) => field)).toEqual(['ignore', 'ignore', 'phone-work'])
    const options: ImportOptions = { delimiter: '|', columns: ['organization', 'name', 'phone-mobile'] }
    const shown = await imports.preview(id, options)
    expect(shown.contacts[0]).toEqual({ name: 'Nordwind, Inc', organization: 'Anna Björk', phones: ['+46701740605'], emails: [] })
    expect(shown.columns.map(({ field }) => field)).toEqual(options.columns)
    expect((await imports.preview(id, { encoding: 'windows-1252' })).columns[0]?.samples[0]).toBe('Anna BjÃ¶rk')
    await imports.run(id, options)
    expect(contacts.get(1)).toMatchObject({ name: 'Nordwind, Inc', organization: 'Anna Björk', phones: [{ type: 'mobile' }] })
  })

  test('columns that nobody knows are there to be chosen; without a choice nothing is imported', async () => {
    const id = handOver('Colour,Size\nred,4')
    expect(await imports.preview(id, {})).toMatchObject({ columns: [{ field: 'ignore' }, { field: 'ignore' }], contacts: [] })
    await expect(imports.run(id, {})).rejects.toMatchObject({ trouble: { code: 'import.noColumns' } })
    // The file is still there for another try.
    expect(await imports.run(id, { columns: ['name', 'ignore'] })).toMatchObject({ added: 1 })
  })

  test('a number’s kind from its own column holds unless the rep says otherwise', async () => {
    const google = 'Name,Phone 1 - Type,Phone 1 - Value\nAnna,Mobile,+46701740605'
    expect((await preview(google)).columns.map(({ field }) => field)).toEqual(['name', 'ignore', 'phone-work'])
    await load(google, { columns: ['name', 'ignore', 'phone-work'] })
    await load(google.replace('605', '606'), { columns: ['name', 'ignore', 'phone-home'] })
    expect(store.db.prepare('SELECT type FROM phones ORDER BY id').pluck().all()).toEqual(['mobile', 'home'])
  })

  test('cards and what cannot be used of them', async () => {
    const card =
      'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Anna\r\nORG:Nordwind\r\nTEL;TYPE=cell:+46701740605\r\nTEL;TYPE=work:08-465 004 01\r\nEMAIL:a@b.example\r\nEND:VCARD\r\n'
    expect(await preview(`${card}BEGIN:VCARD\r\nFN:Open`)).toEqual({
      kind: 'vcard',
      encoding: 'utf-8',
      delimiter: null,
      columns: [],
      contacts: [{ name: 'Anna', organization: 'Nordwind', phones: ['+46701740605', '+46846500401'], emails: ['a@b.example'] }],
      refused: [{ line: 9, trouble: { code: 'import.cardOpen', params: {} } }],
    })
  })

  const names = ['Анна Бьорк', 'Дмитрий Иванов', '김민준', '山田 太郎', 'ليلى الحسن', 'Anna Björk']
  test.each([
    ['utf-16le', (text: string) => Buffer.from(text, 'utf16le')],
    ['utf-16be', (text: string) => Buffer.from(text, 'utf16le').swap16()],
    ['utf-8', (text: string) => Buffer.from(text)],
  ] as const)('%s without a mark is known by its shape, in every script', async (encoding, encode) => {
    for (const name of names) {
      const rows = Array.from({ length: 30 }, (_, at) => `${name},${name},+4670174${1000 + at}`)
      const shown = await preview(encode(['Name,Company,Phone', ...rows].join('\n')))
      expect(shown.encoding, name).toBe(encoding)
      expect(shown.contacts[0]?.name).toBe(name)
    }
  })

  test('UTF-8 whose characters lie across the pieces it is read in is UTF-8', async () => {
    const rows = Array.from({ length: 40_000 }, (_, at) => `${'é€𝄞'.slice(at % 3)}${at},+46701741234`)
    const text = Buffer.from(['Name,Phone', ...rows].join('\n'))
    expect(text.length).toBeGreaterThan(1_048_576 / 2)
    const both = Buffer.concat([text, Buffer.from('\n'), text.subarray(11), Buffer.from('\n'), text.subarray(11)])
    const id = handOver(both, 'long.csv', 3_000_000)
    expect((await imports.preview(id, {})).encoding).toBe('utf-8')
  })
})

describe('beside contacts that a CRM holds', () => {
  beforeEach(() => {
    store.db.exec(`INSERT INTO connections (id, kind, label, position) VALUES ('hubspot-1', 'hubspot', 'HubSpot', 0);
      INSERT INTO contacts (id, name, sort_name, search, source, external_id, updated_at)
        VALUES (1, 'Anna Björk', 'anna bjork', 'anna bjork', 'hubspot-1', '7', 5);
      INSERT INTO phones (contact_id, e164, digits, suffix, raw, type, is_primary)
        VALUES (1, '+46846500401', '46846500401', '6500401', '08-465 004 01', 'work', 1);`)
  })

  test('the same number and name is no second contact, and the CRM’s stays as it is', async () => {
    const before = dump()
    const report = await load('Name,Company,Phone,Mobile,Email\nanna bjork,Nordwind,+46 8 465 004 01,+46701740605,a@b.example\n')
    expect(report).toEqual({ batchId: null, read: 1, added: 0, merged: 1, inCrm: [{ connectionId: 'hubspot-1', count: 1 }], refused: [] })
    expect(dump()).toEqual(before)
    expect(imports.batches()).toEqual([])
  })

  test('another name on the same number is another person', async () => {
    expect(await load('Name,Phone\nErik Björk,08-465 004 01')).toMatchObject({ added: 1, inCrm: [] })
  })
})

describe('taking an import back', () => {
  const first = 'Name,Company,Phone\nAnna Björk,Nordwind,08-465 004 01\nBo Ek,Sund,08-465 004 02\n'
  const second =
    'Name,Company,Title,Phone,Mobile,Email,Notes\nanna bjork,,Buyer,08-465 004 01,070-174 06 05,anna@b.example,often\nCia Dahl,Nytt AB,,08-465 004 03,,,\nCia Dahl,,,08-465 004 03,070-174 06 06,,\n'

  test('what it added goes, what it completed is as before, others stay; after a restart too', async () => {
    await load(first)
    const before = dump()
    const report = await load(second)
    expect(report).toMatchObject({ added: 1, merged: 2 })
    expect(await found('buyer')).toEqual([])
    expect(await found('b.example')).toEqual(['Anna Björk'])
    imports.close()
    await store.close()
    await open()
    expect(imports.batches()).toMatchObject([{ id: report.batchId, name: 'people.csv', added: 1, merged: 2 }, { added: 2 }])
    expect(await imports.undo(report.batchId ?? '')).toEqual({ removed: 1, restored: 1, kept: 0 })
    expect(dump()).toEqual(before)
    expect(await found('b.example')).toEqual([])
    expect(await found('cia')).toEqual([])
    expect(await found('1740605')).toEqual([])
    expect(await found('4650040')).toHaveLength(2)
    expect(imports.batches()).toHaveLength(1)
    await expect(imports.undo(report.batchId ?? '')).rejects.toMatchObject({ trouble: { code: 'import.batchGone' } })
    expect(await imports.undo(imports.batches()[0]?.id ?? '')).toEqual({ removed: 2, restored: 0, kept: 0 })
    expect(dump()).toEqual({ contacts: [], phones: [], organizations: [] })
  })

  test('what was changed or called since stays', async () => {
    const { batchId } = await load('Name,Phone\nAnna,08-465 004 01\nBo,08-465 004 02\nCia,08-465 004 03\n')
    store.db.exec(`UPDATE contacts SET note = 'mine', updated_at = updated_at + 1 WHERE name = 'Anna';
      INSERT INTO calls (id, account_id, account_label, direction, number, contact_id, started_at, utc_offset, ring_ms, talk_ms, result, search)
        SELECT 'c1', 'a', 'A', 'outgoing', '1', id, 1, 0, 0, 0, 'missed', '' FROM contacts WHERE name = 'Bo'`)
    expect(await imports.undo(batchId ?? '')).toEqual({ removed: 1, restored: 0, kept: 2 })
    expect(await found('')).toEqual(['Anna', 'Bo'])
  })

  test('a cancelled import is a step as far as it came', async () => {
    const rows = Array.from({ length: 8_000 }, (_, at) => `Person ${at},+4670174${String(at).padStart(4, '0')}`)
    const id = handOver(['Name,Phone', ...rows].join('\n'), 'many.csv', 3_000_000)
    const running = imports.run(id, {})
    await expect(imports.run(id, {})).rejects.toMatchObject({ trouble: { code: 'import.running' } })
    const stop = setInterval(() => contacts.count() > 500 && imports.cancel(id), 5)
    await expect(running).rejects.toMatchObject({ trouble: { code: 'store.jobCancelled' } })
    clearInterval(stop)
    expect(told.length).toBeGreaterThan(0)
    const [batch] = imports.batches()
    expect(batch?.added).toBe(contacts.count())
    expect(contacts.count()).toBeLessThan(8_000)
    expect(await imports.undo(batch?.id ?? '')).toMatchObject({ removed: batch?.added, kept: 0 })
    expect(contacts.count()).toBe(0)
    // The file itself is still there until it is given up.
    expect(await imports.run(id, {})).toMatchObject({ added: 8_000 })
  })
})

describe('hostile files', () => {
  const tall = (path: string, head: string, piece: string, times: number, tail: string) => {
    writeFileSync(path, head)
    for (let at = 0; at < times; at++) appendFileSync(path, piece)
    appendFileSync(path, tail)
  }
  const card = (name: string, at: number) =>
    `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${name} ${at}\r\nTEL:+4670174${String(at).padStart(4, '0')}\r\nEND:VCARD\r\n`

  test.each([
    ['in one line', `${'A'.repeat(1_000_000)}`],
    ['in folded lines', `${'A'.repeat(73)}\r\n `.repeat(13_000)],
  ])(
    'a card with a picture of 100 MB %s is a contact, and costs no memory',
    async (_what, piece) => {
      const path = join(folder, 'photo.vcf')
      tall(path, 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna\r\nPHOTO;ENCODING=b:', piece, 100, '\r\nTEL:08-465 004 01\r\nEND:VCARD\r\n')
      expect(statSync(path).size).toBeGreaterThan(95_000_000)
      const idle = process.memoryUsage().rss
      expect(await loadFile(path)).toMatchObject({ read: 1, added: 1, refused: [] })
      expect(contacts.get(1)).toMatchObject({ name: 'Anna', phones: [{ e164: '+46846500401' }] })
      expect(process.memoryUsage().rss - idle).toBeLessThan(200 * 2 ** 20)
    },
    120_000,
  )

  test('a card of 100 MB that never ends is told, and those before it are kept', async () => {
    const path = join(folder, 'open.vcf')
    tall(
      path,
      `${card('Anna', 1)}BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Open\r\n`,
      'NOTE:nothing but this line again and again\r\n'.repeat(20_000),
      120,
      '',
    )
    const idle = process.memoryUsage().rss
    const report = await loadFile(path)
    expect(report).toMatchObject({ read: 2, added: 1, refused: [{ line: 6, trouble: { code: 'import.cardOpen' } }] })
    expect(process.memoryUsage().rss - idle).toBeLessThan(200 * 2 ** 20)
  }, 120_000)

  test('a CSV of which every line opens a quotation mark ends, line by line', async () => {
    const rows = Array.from({ length: 3_000 }, (_, at) => `"Person ${at},${'x'.repeat(500)}`)
    const report = await load(`Name,Notes\n${rows.join('\n')}\nAnna,fine\n`)
    expect(report).toMatchObject({ read: 3_001, added: 1 })
    expect(report.refused).toHaveLength(100)
  }, 120_000)

  test('formulas, markup and bidi stay text; NUL and overrides go', async () => {
    const formula = '=HYPERLINK("http://evil.example";"x")'
    await load(
      `Name;Company;Phone\n"${formula.replaceAll('"', '""')}";<img src=x onerror=alert(1)>;+46 8 465 004 01\nAn\u0000na \u202eBjörk;;+46 8 465 004 02\n`,
    )
    expect(contacts.get(1)).toMatchObject({ name: formula, organization: '<img src=x onerror=alert(1)>' })
    expect(contacts.get(2)?.name).toBe('An na Björk')
  })

  test('a field of 1 MB costs its own line, in the preview too', async () => {
    const text = `Name,Phone\nAnna,+46 8 465 004 01\n${'x'.repeat(1_000_000)},+46 8 465 004 02\nBo,+46 8 465 004 03\n`
    expect((await preview(text)).refused).toMatchObject([{ line: 3, trouble: { code: 'import.recordTooLong' } }])
    expect(await load(text)).toMatchObject({ added: 2, refused: [{ line: 3 }] })
  })
})
