/** A database as the version before CRM connections left it, brought up to date: nothing is lost, and all of it is found. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { matchWords } from '../../text'
import { connect } from '../connection'
import { migrate } from '../migrate'
import { migrations } from './index'

const folder = mkdtempSync(join(tmpdir(), 'ringbook-migration-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** With so many contacts beside the ones that are looked at. */
function old(more: number): string {
  const file = join(folder, `${more}.db`)
  new Database(file).close()
  const db = connect(file, 'main')
  migrate(
    db,
    migrations.filter(({ version }) => version <= 4),
    folder,
  )
  db.exec(`
    INSERT INTO organizations (id, name, source, updated_at) VALUES (7, 'Ångström Łódź ＡＢ', 'import', 1), (8, '한국전자', 'sample', 1);
    INSERT INTO contacts (id, name, organization_id, sort_name, search, source, updated_at)
      VALUES (3, 'Ünal Öz', 7, 'unal oz', 'unal oz angstrom lodz ab', 'import', 1), (5, 'Zoë', NULL, 'zoe', 'zoe', 'sample', 1);
    INSERT INTO phones (id, contact_id, e164, digits, suffix, raw, type, extension, is_primary)
      VALUES (11, 3, '+46701740605', '0701740605', '1740605', '070-174 06 05', 'mobile', NULL, 1),
             (13, 3, NULL, '4711', '', '4711', 'work', NULL, 0), (17, 5, '+4930123456', '4930123456', '0123456', '+49 30 123456', 'work', '12', 1);
    DELETE FROM phones WHERE id = 13;
    INSERT INTO phones (id, contact_id, e164, digits, suffix, raw, type, extension, is_primary)
      VALUES (19, 3, NULL, '4712', '', '4712', 'work', NULL, 0);
    INSERT INTO deals (id, title, status, contact_id, organization_id, source, updated_at) VALUES (2, 'Übergröße №1', 'open', 3, 7, 'sample', 1);
    INSERT INTO calls (id, account_id, account_label, direction, number, e164, contact_id, contact_name, started_at, utc_offset, result)
      VALUES ('c1', 'a', 'A', 'incoming', '0701740605', '+46701740605', 3, 'Ünal Öz', 1, 0, 'answered');
    INSERT INTO call_logs (call_id, state, notes, contact_id, deal_id, updated_at) VALUES ('c1', 'saved', 'Ring back', 3, 2, 1);
  `)
  db.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 99 + ?)
     INSERT INTO contacts (id, name, sort_name, search, source, updated_at) SELECT i, 'Person ' || i, 'person ' || i, 'person ' || i, 'import', 1 FROM n`,
  ).run(more)
  db.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 99 + ?)
     INSERT INTO phones (id, contact_id, e164, digits, suffix, raw, type, is_primary)
       SELECT i, i, '+4670' || (1000000 + i), '070' || (1000000 + i), 1000000 + i, '070' || (1000000 + i), 'work', 1 FROM n`,
  ).run(more)
  db.close()
  return file
}

test('calls, logs, numbers and deals are all there, and names are found however they are written', () => {
  const db = connect(old(500), 'main')
  migrate(db, migrations, folder)
  const found = (table: string, text: string) =>
    db.prepare(`SELECT rowid FROM ${table} WHERE ${table} MATCH ? ORDER BY rowid`).pluck().all(matchWords(text))
  expect(found('organizations_text', 'angstrom lodz ab')).toEqual([7])
  expect(found('organizations_text', '전자')).toEqual([8])
  expect(found('deals_text', 'ubergrosse')).toEqual([2])
  expect(found('contacts_text', 'unal')).toEqual([3])
  expect(db.prepare('SELECT sort_name FROM organizations ORDER BY id').pluck().all()).toEqual([
    'angstrom łodz ab'.replace('ł', 'l'),
    '한국전자',
  ])
  expect(db.prepare('SELECT id, contact_id, raw, extension FROM phones WHERE id < 100 ORDER BY id').all()).toEqual([
    { id: 11, contact_id: 3, raw: '070-174 06 05', extension: null },
    { id: 17, contact_id: 5, raw: '+49 30 123456', extension: '12' },
    { id: 19, contact_id: 3, raw: '4712', extension: null },
  ])
  const digits = (text: string) => db.prepare('SELECT rowid FROM phones_text WHERE phones_text MATCH ?').pluck().all(`"${text}"`)
  expect([digits('46701740605'), digits('4711'), digits('4712')]).toEqual([[11], [], [19]])
  expect(db.prepare('SELECT count(*) FROM phones').pluck().get()).toBe(503)
  expect(db.prepare('SELECT contact_id, deal_id, notes FROM call_logs').all()).toEqual([{ contact_id: 3, deal_id: 2, notes: 'Ring back' }])
  expect(db.prepare('SELECT contact_id FROM calls').pluck().all()).toEqual([3])
  expect(db.pragma('foreign_key_check')).toEqual([])
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  // The triggers follow.
  db.exec(
    "UPDATE organizations SET search = 'nyord' WHERE id = 7; DELETE FROM contacts WHERE id = 3; UPDATE deals SET search = 'x' WHERE id = 2",
  )
  expect([found('organizations_text', 'lodz'), found('organizations_text', 'nyord'), digits('46701740605')]).toEqual([[], [7], []])
  db.close()
})

const many = process.env.RINGBOOK_SOAK ? 1_000_000 : 10_000
test('very many contacts', () => {
  const db = connect(old(many), 'main')
  const began = performance.now()
  migrate(db, migrations, folder)
  console.log(`${many} contacts from version 4: ${Math.round(performance.now() - began)} ms`)
  expect(db.prepare('SELECT count(*) FROM phones').pluck().get()).toBe(many + 3)
  db.close()
}, 600_000)
