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
const suggested = (text: string) => contacts.suggest(text).map((row) => row.name)

test.each([
  ['lukasz', 'Łukasz Wójcik'],
  ['WOJCIK łu', 'Łukasz Wójcik'],
  ['slusarski', 'Łukasz Wójcik'],
  ['김', '김민준'],
  ['김민', '김민준'],
  ['민준', '김민준'],
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
  expect(suggested(query)).toContain(name)
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

test('names that begin as typed come first', () => {
  expect(suggested('anna')).toEqual(['Anna Björk', 'Annabel Strauß', 'Joanna Kay'])
})

test('the search tables follow a removed contact and a changed name', async () => {
  const id = contacts.suggest('kay')[0]?.id
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
