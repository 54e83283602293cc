/** Finding contacts by what a rep types, on the read worker and while typing. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { ContactWriter, cleanContact } from './contact-writer'
import { Contacts } from './contacts'

let folder: string
let store: Store
let contacts: Contacts

const people: [name: string, organization: string, number: string, email: string][] = [
  ['Łukasz Wójcik', 'Zakład Ślusarski', '+48 22 123 45 67', 'l.wojcik@example.pl'],
  ['김민준', '한빛전자', '+82 2 1234 5678', 'mj@example.kr'],
  ['山田 太郎', '青空商事', '+81 3 1234 5678', 'taro@example.jp'],
  ['たなかはなこ', '', '+81 3 1234 5679', ''],
  ['ليلى الحسن', 'شركة النور', '+971 4 123 4567', ''],
  ["Siobhán O'Brien", 'Ceol & Co', '+353 20 912 3456', 'siobhan.obrien@example.ie'],
  ['Anna Björk', 'Nordwind Logistics', '08-465 004 01', 'anna@nordwind.example'],
  ['Анна Бьорк', 'Снегирёв', '+7 495 123 45 67', ''],
  ['サトウ ケン', '', '+81 3 1234 5680', ''],
  ['Annabel Strauß', 'Straßenbau GmbH', '+49 30 23125 001', ''],
  ['Joanna Kay', 'Anna & Sons', '4012', ''],
]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-search-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  store.write(() => {
    const writer = new ContactWriter(store.db, 'import', () => 1)
    for (const [name, organization, raw, email] of people) {
      writer.insert(
        cleanContact(
          {
            name,
            organization,
            jobTitle: '',
            emails: email ? [email] : [],
            note: '',
            labels: [],
            phones: [{ raw, type: 'work' }],
            country: null,
            externalId: null,
          },
          'SE',
        ),
      )
    }
  })
  contacts = new Contacts({ store, clock: systemClock, country: () => 'SE' })
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const found = async (query: string) => (await contacts.list({ query, cursor: null, limit: 60 })).rows.map((row) => row.name)
const suggested = async (text: string) => (await contacts.suggest(text)).map((row) => row.name)

test.each([
  ['lukasz', 'Łukasz Wójcik'],
  ['WOJCIK łu', 'Łukasz Wójcik'],
  ['slusarski', 'Łukasz Wójcik'],
  ['김', '김민준'],
  ['김민', '김민준'],
  ['민준', '김민준'],
  ['ㄱ', '김민준'],
  ['기', '김민준'],
  ['김ㅁ', '김민준'],
  ['김미', '김민준'],
  ['한비', '김민준'],
  ['タナカ', 'たなかはなこ'],
  ['ﾀﾅｶ ﾊﾅ', 'たなかはなこ'],
  ['бьорк', 'Анна Бьорк'],
  ['АНН', 'Анна Бьорк'],
  ['さとう', 'サトウ ケン'],
  ['한빛', '김민준'],
  ['山', '山田 太郎'],
  ['太郎', '山田 太郎'],
  ['商事 山田', '山田 太郎'],
  ['はなこ', 'たなかはなこ'],
  ['た', 'たなかはなこ'],
  ['ليلى', 'ليلى الحسن'],
  ['الحسن لي', 'ليلى الحسن'],
  ['obrien', "Siobhán O'Brien"],
  ['o’brien sio', "Siobhán O'Brien"],
  ['siobhan.ob', "Siobhán O'Brien"],
  ['strasse', 'Annabel Strauß'],
  ['björk an', 'Anna Björk'],
  ['bjork', 'Anna Björk'],
  ['anna@nord', 'Anna Björk'],
  ['650040', 'Anna Björk'],
  ['08 465', 'Anna Björk'],
  ['+46 8 465', 'Anna Björk'],
  ['004 01', 'Anna Björk'],
  ['401 anna', 'Anna Björk'],
  ['٤٦٥', 'Anna Björk'],
  ['4012', 'Joanna Kay'],
  ['401 kay', 'Joanna Kay'],
])('«%s» finds %s', async (query, name) => {
  expect(await found(query)).toContain(name)
  expect(await suggested(query)).toContain(name)
})

test.each(['40', 'nna', 'ukasz', 'anna wojcik', '999888', '"', '(((', 'NEAR(', 'name:anna', '*', '-'])(
  '«%s» finds nobody',
  async (query) => {
    expect(await found(query)).toEqual([])
  },
)

test('an empty query lists everyone, page by page, each once and in order', async () => {
  const names: string[] = []
  let cursor: string | null = null
  do {
    const page = await contacts.list({ query: '', cursor, limit: 2 })
    names.push(...page.rows.map((row) => row.name))
    cursor = page.next
  } while (cursor)
  expect(names).toHaveLength(people.length)
  expect(new Set(names).size).toBe(people.length)
  expect(names.slice(0, 4)).toEqual(['Anna Björk', 'Annabel Strauß', 'Joanna Kay', 'Łukasz Wójcik'])
})

test('a cursor that is none of ours starts at the beginning', async () => {
  const page = await contacts.list({ query: '', cursor: '{"$gt":1}', limit: 1 })
  expect(page.rows[0]?.name).toBe('Anna Björk')
})

test('names that begin as typed come first, in the list too', async () => {
  expect(await suggested('anna')).toEqual(['Anna Björk', 'Annabel Strauß', 'Joanna Kay'])
  expect(await found('anna')).toEqual(['Anna Björk', 'Annabel Strauß', 'Joanna Kay'])
  expect(await found('kay anna')).toEqual(['Joanna Kay'])
})

test('spoken to lately and the rep’s own come before others who fit as well, after those who fit better', async () => {
  const { db } = store
  const add = db.prepare('INSERT INTO contacts (id, name, sort_name, search, source, owner_id, updated_at) VALUES (?, ?, ?, ?, ?, ?, 1)')
  store.write(() => {
    db.exec("INSERT INTO connections (id, kind, label, user_id, position) VALUES ('crm-1', 'pipedrive', 'P', '7', 0)")
    for (const [id, name, source, owner] of [
      [901, 'Zeno Abel', 'import', null],
      [902, 'Zeno Bert', 'crm-1', '8'],
      [903, 'Zeno Cord', 'crm-1', '7'],
      [904, 'Zeno Dorn', 'import', null],
      [905, 'Ida Zeno', 'import', null],
    ] as const) {
      add.run(id, name, name.toLowerCase(), name.toLowerCase(), source, owner)
    }
    for (const [call, id] of [
      ['z1', 904],
      ['z2', 905],
    ] as const) {
      db.prepare(
        `INSERT INTO calls (id, account_id, account_label, direction, number, contact_id, started_at, utc_offset, ring_ms, talk_ms, result, search)
         VALUES (?, 'a', 'A', 'outgoing', '1', ?, 1, 0, 0, 0, 'answered', '')`,
      ).run(call, id)
    }
  })
  expect(await suggested('zeno')).toEqual(['Zeno Dorn', 'Zeno Cord', 'Zeno Abel', 'Zeno Bert', 'Ida Zeno'])
  store.write(() => db.exec('DELETE FROM contacts WHERE id > 900; DELETE FROM calls; DELETE FROM connections'))
})

test('organizations are suggested with people, by words and by their own numbers', async () => {
  const { db } = store
  store.write(() => {
    db.exec(`INSERT INTO organizations (id, name, sort_name, search, source, updated_at) VALUES (700, 'Björk & Söner', 'bjork & soner', 'bjork & soner', 'local', 1);
      INSERT INTO phones (organization_id, e164, digits, suffix, raw, type, is_primary)
        VALUES (700, '+46855512345', '46855512345', '5512345', '08-555 123 45', 'main', 1)`)
  })
  expect(await contacts.suggestAll('bjork')).toMatchObject({
    contacts: [{ name: 'Anna Björk' }],
    organizations: [{ name: 'Björk & Söner' }],
  })
  expect(await contacts.suggestAll('555 12')).toMatchObject({
    contacts: [],
    organizations: [{ name: 'Björk & Söner', phones: [{ type: 'main' }] }],
  })
  expect(await contacts.suggestAll('')).toEqual({ contacts: [], organizations: [] })
  // A number of an organization is nobody's in the list of people.
  expect(await found('08-555 123')).toEqual([])
  store.write(() => db.exec('DELETE FROM organizations WHERE id = 700'))
})

test('every kind of query gives each contact once, page by page, whether few or very many fit', async () => {
  const { db } = store
  store.write(() => {
    const writer = new ContactWriter(db, 'import', () => 1)
    for (let at = 0; at < 12_000; at++) {
      const name = `${at % 2 ? 'Many' : 'Quite'} ${at % 3 ? 'Many' : 'Others'} ${at}`
      const phones = [0, 1].map((more) => ({ raw: `+4670${String(1_000_000 + at * 2 + more)}`, type: 'work' as const }))
      const plain = { jobTitle: '', emails: [], note: '', labels: [], country: null, externalId: null }
      writer.insert(cleanContact({ name, organization: 'Many & Co', phones, ...plain }, 'SE'))
    }
  })
  const every = (where: string) => db.prepare<[], number>(`SELECT count(*) FROM contacts WHERE ${where}`).pluck().get()
  for (const [query, where] of [
    ['man', "name LIKE '%Many%' OR search LIKE '% many & co%'"],
    ['many quite', "name LIKE 'Quite%'"],
    ['many 11', "name LIKE '% 11' OR name LIKE '% 11_' OR name LIKE '% 11__' OR name LIKE '% 11___'"],
    ['4670', "id IN (SELECT contact_id FROM phones WHERE digits LIKE '%4670%') OR name LIKE '% 4670%'"],
    ['467 others', "name LIKE '%Others%'"],
    ['7010001', "id IN (SELECT contact_id FROM phones WHERE digits LIKE '%7010001%')"],
  ] as const) {
    const ids: number[] = []
    let cursor: string | null = null
    do {
      const page = await contacts.list({ query, cursor, limit: 200 })
      ids.push(...page.rows.map(({ id }) => id))
      cursor = page.next
    } while (cursor)
    expect(new Set(ids).size, query).toBe(ids.length)
    expect(ids.length, query).toBe(every(where))
  }
  store.write(() => db.exec("DELETE FROM contacts WHERE name LIKE '%Many%' OR name LIKE 'Quite%'"))
}, 60_000)

test('the search tables follow a removed contact and a changed name', async () => {
  const id = (await contacts.suggest('kay'))[0]?.id
  store.write(
    () => void store.db.prepare("UPDATE contacts SET name = 'Jo King', sort_name = 'jo king', search = 'jo king' WHERE id = ?").run(id),
  )
  expect(await found('kay')).toEqual([])
  expect(await found('king')).toEqual(['Jo King'])
  store.write(() => void store.db.prepare('DELETE FROM contacts WHERE id = ?').run(id))
  expect(await found('king')).toEqual([])
  expect(await found('4012')).toEqual([])
  expect(store.db.prepare("INSERT INTO contacts_text (contacts_text) VALUES ('integrity-check')").run()).toBeTruthy()
})
