/**
 * The search tables during bulk writes. Triggers keep them right for single changes; for a batch that costs twenty times as
 * much as one statement at its end, so that a batch rests the triggers (`search_pause`) and makes up for them before it
 * commits. The pause never outlives its transaction: a kill or a rollback takes back both.
 */
import type { Database, Statement } from 'better-sqlite3'

const tables = {
  contacts: { text: 'contacts_text', column: 'words', value: 'search' },
  organizations: { text: 'organizations_text', column: 'words', value: 'search' },
  deals: { text: 'deals_text', column: 'words', value: 'search' },
  phones: {
    text: 'phones_text',
    column: 'digits',
    value: `CASE WHEN e164 IS NULL OR instr(digits, substr(e164, 2)) > 0 THEN digits ELSE substr(e164, 2) || ' ' || digits END`,
  },
} as const
export type SearchedTable = keyof typeof tables

interface One {
  last: Statement<[], number | null>
  fresh: Statement<[number]>
  drop: Statement<[string]>
  again: Statement<[string, number]>
}

/** One connection's; `pause` and `resume` stand first and last in each of its bulk transactions. */
export class SearchTables {
  readonly #ones: ReadonlyMap<SearchedTable, One>
  readonly #pause: Statement<[]>
  readonly #resume: Statement<[]>
  readonly #stale = new Map<SearchedTable, Set<number>>()
  readonly #before = new Map<SearchedTable, number>()

  constructor(db: Database) {
    this.#pause = db.prepare('INSERT INTO search_pause (id) VALUES (1)')
    this.#resume = db.prepare('DELETE FROM search_pause')
    const names = Object.keys(tables) as SearchedTable[]
    this.#ones = new Map(
      names.map((name) => {
        const { text, column, value } = tables[name]
        const add = `INSERT INTO ${text} (rowid, ${column}) SELECT id, ${value} FROM ${name} WHERE`
        const one: One = {
          last: db.prepare<[], number | null>(`SELECT max(id) FROM ${name}`).pluck(),
          fresh: db.prepare(`${add} id > ?`),
          drop: db.prepare(`DELETE FROM ${text} WHERE rowid IN (SELECT value FROM json_each(?))`),
          again: db.prepare(`${add} id IN (SELECT value FROM json_each(?)) AND id <= ?`),
        }
        return [name, one]
      }),
    )
  }

  pause(): void {
    this.#stale.clear()
    for (const [name, { last }] of this.#ones) this.#before.set(name, last.get() ?? 0)
    this.#pause.run()
  }

  /** The row's searched text has changed, or the row is removed. Added ones are found without being told. */
  stale(table: SearchedTable, id: number): void {
    const known = this.#stale.get(table)
    if (known) known.add(id)
    else this.#stale.set(table, new Set([id]))
  }

  resume(): void {
    for (const [name, { fresh, drop, again }] of this.#ones) {
      const before = this.#before.get(name) ?? 0
      const stale = this.#stale.get(name)
      if (stale) {
        const ids = JSON.stringify([...stale])
        drop.run(ids)
        // An id that was freed in this batch may have been given to a new row.
        again.run(ids, before)
      }
      fresh.run(before)
    }
    this.#resume.run()
  }
}
