/** Files of contacts as other programs write them, and files that are broken, through the real write worker. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ContactDetail } from '../../../preload/contract'
import { systemClock } from '../../clock'
import { silentLog } from '../../log'
import { openStore } from '../../store/open'
import type { Store } from '../../store/store'
import { Contacts } from '../contacts'
import { importFile, type RunOptions } from './imports'

let folder: string
let store: Store
let contacts: Contacts
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-import-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  contacts = new Contacts({ store, clock: systemClock, country: () => 'SE' })
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  store.db.exec('DELETE FROM contacts; DELETE FROM organizations')
})
const needs = () => ({ store, clock: systemClock, country: () => 'SE', changed: () => undefined })
const importPath = (path: string, run: RunOptions = {}) => importFile(needs(), { path }, run)
const fileOf = (text: string | Uint8Array): string => {
  const path = join(folder, 'people.file')
  writeFileSync(path, text)
  return path
}
const load = (text: string | Uint8Array, region?: string) => importPath(fileOf(text), { region })
const everyone = (): ContactDetail[] =>
  store.db
    .prepare<[], number>('SELECT id FROM contacts ORDER BY id')
    .pluck()
    .all()
    .map((id) => contacts.get(id))
    .filter((each) => each !== null)
const only = () => {
  expect(everyone()).toHaveLength(1)
  return everyone()[0] as ContactDetail
}
const codes = (report: { refused: { line: number; trouble: { code: string } }[] }) =>
  report.refused.map(({ line, trouble }) => `${line} ${trouble.code}`)

describe('CSV', () => {
  test('lines and fields of monstrous length cost themselves alone', async () => {
    const spaces = ' '.repeat(400_000)
    const report = await load(`Name,Phone\nAnna,+46812345678${spaces}x\nBo,${spaces}${spaces}+46812345679\nCy,+46812345670\n`)
    expect(codes(report)).toEqual(['3 import.recordTooLong'])
    expect(everyone().map(({ name, phones }) => [name, phones[0]?.raw])).toEqual([
      ['Anna', '+46812345678'],
      ['Cy', '+46812345670'],
    ])
  })

  test('headings, several numbers with kinds, addresses and notes', async () => {
    const report = await load(
      'Name,Company,Job title,E-mail,Work phone,Mobile,Fax,Notes\nAnna Björk,Nordwind,Buyer,anna@nordwind.example,08-465 004 01,+46 70 174 06 05,08-465 004 09,"says ""hi"", often"\n',
    )
    expect(report).toEqual({ batchId: expect.any(String), read: 1, added: 1, merged: 0, inCrm: [], refused: [] })
    expect(only()).toMatchObject({
      name: 'Anna Björk',
      organization: 'Nordwind',
      jobTitle: 'Buyer',
      emails: ['anna@nordwind.example'],
      note: 'says "hi", often',
      country: 'SE',
      source: 'import',
      phones: [
        { e164: '+46846500401', type: 'work', isPrimary: true },
        { e164: '+46701740605', type: 'mobile' },
        { e164: '+46846500409', type: 'fax' },
      ],
    })
  })

  test.each([
    [
      'German, semicolons',
      'Vorname;Nachname;Firma;Telefon geschäftlich;Handy\nJürgen;Weiß;Köhler;030 23125014;0171 3920012',
      'DE',
      'Jürgen Weiß',
      ['+493023125014', '+491713920012'],
    ],
    ['French, tabs', 'Prénom\tNom\tSociété\tTéléphone\nCamille\tMoreau\tAtelier\t01 99 00 12 34', 'FR', 'Camille Moreau', ['+33199001234']],
    ['Swedish', 'Förnamn,Efternamn,Företag,Mobiltelefon\nAnna,Björk,Nordwind,070-174 06 05', 'SE', 'Anna Björk', ['+46701740605']],
    ['Spanish', 'Nombre;Apellidos;Empresa;Teléfono móvil\nLucía;Ferrer;Talleres;612 345 678', 'ES', 'Lucía Ferrer', ['+34612345678']],
    ['Polish', 'Imię,Nazwisko,Firma,Telefon komórkowy\nŁukasz,Wójcik,Zakład,22 123 45 67', 'PL', 'Łukasz Wójcik', ['+48221234567']],
    ['Japanese', '姓,名,会社名,電話番号\n山田,太郎,青空商事,03-1234-5678', 'JP', '太郎 山田', ['+81312345678']],
    ['Korean', '이름,회사,휴대폰\n김민준,한빛전자,02-1234-5678', 'KR', '김민준', ['+82212345678']],
    [
      'Google',
      'First Name,Last Name,Phone 1 - Type,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Organization 1 - Name\nAnna,Björk,Mobile,+46 70 174 06 05 ::: +46 70 174 06 06,Home Fax,08-465 004 09,Nordwind',
      'SE',
      'Anna Björk',
      ['+46701740605', '+46701740606', '+46846500409'],
    ],
    [
      'a CRM',
      'Person - Name,Organization - Name,Person - Phone - Work,Person - ID,Deal - Title\nAnna Björk,Nordwind,0846500401,77,Fleet',
      'SE',
      'Anna Björk',
      ['+46846500401'],
    ],
    ['no headings', 'Anna Björk;Nordwind;08-465 004 01;anna@nordwind.example', 'SE', 'Anna Björk', ['+46846500401']],
    ['Excel with sep', 'sep=;\r\nName;Phone\r\nAnna Björk;08-465 004 01\r\n', 'SE', 'Anna Björk', ['+46846500401']],
  ])('%s', async (_what, text, region, name, numbers) => {
    const report = await load(text, region)
    expect(report).toMatchObject({ added: 1, refused: [] })
    expect(only().name).toBe(name)
    expect(only().phones.map((phone) => phone.e164)).toEqual(numbers)
  })

  test('the kind of number is said in a column of its own', async () => {
    await load('Name,Phone 1 - Type,Phone 1 - Value\nAnna,Mobile,+46 70 174 06 05')
    expect(only().phones[0]?.type).toBe('mobile')
  })

  test.each([
    ['UTF-8 with mark', Buffer.from('\ufeffName,Phone\nAnna Björk,0846500401')],
    ['UTF-16 little-endian with mark', Buffer.from('\ufeffName,Phone\nAnna Björk,0846500401', 'utf16le')],
    ['UTF-16 big-endian with mark', Buffer.from('\ufeffName,Phone\nAnna Björk,0846500401', 'utf16le').swap16()],
    ['UTF-16 without a mark', Buffer.from('Name,Phone\nAnna Björk,0846500401', 'utf16le')],
    ['Windows-1252', Buffer.from('Name,Phone\nAnna Björk,0846500401', 'latin1')],
    ['old Macintosh line ends', Buffer.from('Name,Phone\rAnna Björk,0846500401\r')],
  ])('%s', async (_what, bytes) => {
    await load(bytes)
    expect(only().name).toBe('Anna Björk')
  })

  test('a broken quotation mark costs its own line and nothing else', async () => {
    const report = await load(
      [
        'Name,Company,Phone',
        'Anna,A,0846500401',
        '"Bo,B,0846500402',
        'Cia,"C, Sons",0846500403',
        'Dan "Danny" D,D,0846500404',
        '"Eva "E" Ek",E,0846500405',
        'Fia,"two',
        'lines",0846500406',
        'Gus,G,0846500407',
        'Her,H,0846500408,too,many',
      ].join('\n'),
    )
    expect(everyone().map((each) => each.name)).toEqual(['Anna', 'Cia', 'Dan "Danny" D', 'Eva "E" Ek', 'Fia', 'Gus'])
    expect(codes(report)).toEqual(['3 import.quoteOpen', '10 import.tooManyFields'])
    expect(report.read).toBe(8)
  })

  test('an empty entry is refused with its line, blank lines are not entries', async () => {
    const report = await load('Name,Phone\n\n  \nAnna,0846500401\n-,\n,n/a\n')
    expect(codes(report)).toEqual(['6 import.nothingInIt'])
    expect(report.read).toBe(3)
  })

  test('numbers as spreadsheets leave them', async () => {
    const report = await load(
      [
        'Name;Phone',
        "Anna;'+46 8 465 004 01",
        'Bo;"=""0846500402"""',
        'Cia;08-465 004 03 / 070-174 06 05',
        'Dan;4,68465E+10',
        'Eva;030/23125014',
      ].join('\n'),
    )
    expect(everyone().map((each) => each.phones.map(({ raw }) => raw))).toEqual([
      ['+46 8 465 004 01'],
      ['0846500402'],
      ['08-465 004 03', '070-174 06 05'],
      ['030/23125014'],
    ])
    expect(codes(report)).toEqual(['5 import.shortened'])
  })

  test('hostile fields are cleaned and cut', async () => {
    const report = await load(
      `Name,Company,Phone,Notes\n${'x'.repeat(10_000)},\u202eevil\u0000corp\u2066,${'0'.repeat(10_000)},"${'n'.repeat(50_000)}"\n`,
    )
    expect(report.added).toBe(1)
    const contact = only()
    expect(contact.name).toHaveLength(200)
    expect(contact.organization).toBe('evil corp')
    expect(contact.note.length).toBeLessThanOrEqual(10_000)
    expect(contact.phones[0]?.raw.length).toBeLessThanOrEqual(60)
  })
})

describe('vCard', () => {
  const card = (...lines: string[]) => ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n')

  test('version 3: folded lines, groups, kinds, escapes', async () => {
    await load(
      card(
        'VERSION:3.0',
        'N:Björk;Anna;;;',
        'FN:Anna Bj',
        ' örk',
        'ORG:Nordwind\\, Logistics;Purchasing',
        'TITLE:Buyer',
        'item1.TEL;TYPE=WORK,VOICE:08-465 004 01',
        'TEL;TYPE=CELL;TYPE=pref:+46 70 174 06 05',
        'EMAIL;TYPE=INTERNET:anna@nordwind.example',
        'NOTE:one\\ntwo',
        'UID:abc',
        'X-ODD;FOO:bar',
      ),
    )
    expect(only()).toMatchObject({
      name: 'Anna Björk',
      organization: 'Nordwind, Logistics',
      jobTitle: 'Buyer',
      emails: ['anna@nordwind.example'],
      note: 'one\ntwo',
      phones: [
        { e164: '+46701740605', type: 'mobile', isPrimary: true },
        { e164: '+46846500401', type: 'work' },
      ],
    })
  })

  test('version 4: numbers as URIs with extensions and preference', async () => {
    await load(
      card(
        'VERSION:4.0',
        'FN:Anna Björk',
        'TEL;VALUE=uri;TYPE="voice,home":tel:+46-8-465-004-01;ext=12',
        'TEL;VALUE=uri;PREF=1;TYPE=cell:tel:+46-70-174-06-05',
      ),
    )
    expect(only().phones).toMatchObject([
      { e164: '+46701740605', type: 'mobile' },
      { e164: '+46846500401', type: 'home', extension: '12' },
    ])
  })

  test('version 2.1: bare types and quoted-printable over several lines', async () => {
    await load(
      card(
        'VERSION:2.1',
        'N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Bj=C3=B6rk;Anna',
        'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Anna =',
        'Bj=C3=B6rk',
        'TEL;CELL;PREF:+46701740605',
        'TEL;WORK;FAX:0846500409',
      ),
    )
    expect(only()).toMatchObject({ name: 'Anna Björk', phones: [{ type: 'mobile' }, { type: 'fax' }] })
  })

  test('a card of a great many properties costs itself alone, and no time', async () => {
    const card = (name: string, more: string[]) => ['BEGIN:VCARD', 'VERSION:3.0', `FN:${name}`, ...more, 'END:VCARD'].join('\r\n')
    const many = (count: number) => [...Array(count).fill('VERSION:3.0'), ...Array(count).fill('A:')]
    const cards = [...Array.from({ length: 20 }, (_, at) => card(`Joke ${at}`, many(20_000))), card('Anna', many(2_000))]
    const report = await load(cards.join('\r\n'))
    expect(report.refused.map(({ trouble }) => trouble.code)).toEqual(Array(20).fill('import.recordTooLong'))
    expect(only().name).toBe('Anna')
  })

  test('broken cards cost themselves alone', async () => {
    const report = await load(
      `${card('VERSION:3.0', 'FN:Anna', 'TEL:0846500401')}BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Lost\r\n${card('VERSION:3.0', 'FN:Bo', 'TEL;=;;:0846500402', 'TEL:0846500403', `PHOTO;ENCODING=b:${'A'.repeat(300_000)}`, ` ${'A'.repeat(70)}`)}${card('VERSION:3.0', 'X-NOTHING:1')}BEGIN:VCARD\r\nFN:Open`,
    )
    expect(everyone().map((each) => each.name)).toEqual(['Anna', 'Bo'])
    expect(everyone()[1]?.phones.map((phone) => phone.e164)).toContain('+46846500403')
    expect(codes(report)).toEqual(['6 import.cardOpen', '17 import.nothingInIt', '21 import.cardOpen'])
  })
})

describe('the same person twice', () => {
  test('the same number under the same name is completed, not doubled', async () => {
    await load('Name,Phone\nAnna Björk,08-465 004 01')
    const report = await load('Name,Phone,Mobile,Email\nanna bjork,+46846500401,+46701740605,anna@nordwind.example')
    expect(report).toMatchObject({ read: 1, added: 0, merged: 1 })
    expect(only()).toMatchObject({
      name: 'Anna Björk',
      emails: ['anna@nordwind.example'],
      phones: [{ e164: '+46846500401' }, { e164: '+46701740605' }],
    })
    expect((await contacts.list({ query: 'nordwind', cursor: null, limit: 5 })).rows).toHaveLength(1)
  })
  test('the same number under another name is another person', async () => {
    await load('Name,Phone\nAnna,08-465 004 01\nErik,08-465 004 01')
    expect(everyone()).toHaveLength(2)
  })
  test('the same UID is the same card', async () => {
    const card = (name: string) => `BEGIN:VCARD\nVERSION:4.0\nUID:urn:uuid:1\nFN:${name}\nTEL:0846500401\nEND:VCARD\n`
    await load(card('Anna'))
    expect(await load(card('Anna Björk'))).toMatchObject({ added: 0, merged: 1 })
  })
  test('a file imported twice adds nothing the second time', async () => {
    const text = 'Name,Phone,Email\nAnna,0846500401,\nBo,,bo@x.example\nCia,,\nDan,4012,\n'
    expect(await load(text)).toMatchObject({ added: 4 })
    expect(await load(text)).toMatchObject({ added: 0, merged: 4 })
  })
})

test.each([
  ['nothing', '', 'import.empty'],
  ['a picture', new Uint8Array(Buffer.from('89504e470d0a1a0a0000000d49484452'.repeat(200), 'hex')), 'import.notContacts'],
  ['a web page', '<!DOCTYPE html><p>hello, world</p>', 'import.notContacts'],
  ['other columns', 'Colour,Size\nred,4', 'import.noColumns'],
  ['blank lines', '\n\n\n', 'import.empty'],
] as const)('a file that is %s is refused in words', async (_what, bytes, code) => {
  await expect(load(bytes)).rejects.toMatchObject({ trouble: { code } })
})

test('a file that is not there, and a folder, are refused in words', async () => {
  await expect(importPath(join(folder, 'none.csv'))).rejects.toMatchObject({ trouble: { code: 'import.notFound' } })
  await expect(importPath(folder)).rejects.toMatchObject({ trouble: { code: 'import.notFound' } })
})

test('rubbish of every kind ends in a report or in words, never in a crash', async () => {
  let seed = 7
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff
    return seed / 0x7fffffff
  }
  const pieces = [
    '"',
    ',',
    ';',
    '\n',
    '\r',
    'BEGIN:VCARD',
    'END:VCARD',
    'TEL;',
    ':',
    '=',
    ' ',
    'Name',
    '+46',
    '\0',
    'é',
    '\ud83d',
    'FN',
    'N:;;',
    'VERSION:4.0',
    '\\',
    'Phone',
  ]
  for (let round = 0; round < 150; round++) {
    const head = round % 2 ? 'Name,Phone\n' : 'BEGIN:VCARD\nVERSION:3.0\n'
    const text = head + Array.from({ length: 300 }, () => pieces[Math.floor(random() * pieces.length)]).join('')
    const report = await load(text).catch((error: { trouble: { code: string } }) => error.trouble.code)
    if (typeof report === 'string') expect(report).toMatch(/^import\./)
    else expect(report.read).toBeGreaterThan(0)
  }
})

test('a large import goes in batches, says how far it is, can be cancelled, and keeps what was done', async () => {
  const path = join(folder, 'many.csv')
  writeFileSync(
    path,
    `Name,Phone\n${Array.from({ length: 5_000 }, (_, index) => `Person ${index},+4670174${String(index).padStart(4, '0')}`).join('\n')}`,
  )
  const seen: number[] = []
  const abort = new AbortController()
  const importing = importPath(path, {
    signal: abort.signal,
    onProgress: ({ read }) => {
      seen.push(read)
      if (read >= 1_000) abort.abort()
    },
  })
  await expect(importing).rejects.toMatchObject({ trouble: { code: 'store.jobCancelled' } })
  expect(seen[0]).toBe(500)
  expect(contacts.count()).toBeGreaterThanOrEqual(1_000)
  expect(await importPath(path)).toMatchObject({ read: 5_000 })
  expect(contacts.count()).toBe(5_000)
})

test('main writes and looks up while an import runs', async () => {
  const path = join(folder, 'busy.csv')
  const number = (index: number) => `+4670174${String(index).padStart(4, '0')}`
  writeFileSync(path, `Name,Phone\n${Array.from({ length: 3_000 }, (_, index) => `Person ${index},${number(index)}`).join('\n')}`)
  let running = true
  const importing = importPath(path).finally(() => {
    running = false
  })
  let writes = 0
  while (running) {
    const key = `write ${writes++}`
    expect(
      store.write(() => void store.db.prepare('INSERT INTO settings (key, value) VALUES (?, ?)').run(key, '1'), {
        durable: writes % 2 === 0,
      }),
    ).toBe(true)
    contacts.lookup(number(writes % 3_000))
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(await importing).toMatchObject({ added: 3_000 })
  expect(store.troubles).toEqual([])
  expect(store.db.prepare("SELECT count(*) FROM settings WHERE key LIKE 'write %'").pluck().get()).toBe(writes)
  expect(contacts.lookup(number(2_999)).contacts[0]?.name).toBe('Person 2999')
})
