/** docs/data.md promises every table and column to the owner of the data: it may not fall behind the schema. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { migrate } from './migrate'
import { migrations } from './migrations/index'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/data.md'), 'utf8')
const db = new Database(':memory:')
migrate(db, migrations, '')
const tables = db
  .prepare<[], { name: string; strict: number; type: string }>(
    "SELECT name, strict, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'",
  )
  .all()

test('every table is STRICT', () => {
  expect(tables.filter(({ type, strict }) => type === 'table' && strict === 0)).toEqual([])
})

test.each(tables.filter(({ type }) => type === 'table'))('$name is documented, column by column', ({ name }) => {
  const section = new RegExp(`^### \`${name}\`\\n([\\s\\S]*?)(?=^##|$(?![\\s\\S]))`, 'm').exec(page)?.[1]
  expect(section).toBeDefined()
  const documented = [...(section ?? '').matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`(\w+)`/g)].map(([, column]) => column),
  )
  const columns = db.prepare<[], string>(`SELECT name FROM pragma_table_info('${name}')`).pluck().all()
  expect(documented.toSorted()).toEqual(columns.toSorted())
})

test.each(tables.filter(({ type }) => type === 'virtual'))('$name is named', ({ name }) => {
  expect(page).toContain(`\`${name}\``)
})

test('each migration has the number that follows', () => {
  expect(migrations.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1))
})
