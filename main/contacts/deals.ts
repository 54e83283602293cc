/** Deals and leads: pages by title, found by their own words and by those of the contact and organization; and one with all of it. */
import type { Database, Statement } from 'better-sqlite3'
import type { DealDetail, DealSummary } from '../../preload/contract'
import { matchWord, searchWords } from '../text'
import { texts } from './contact-rows'
import { type NamedTable, type Place, pageOfNames } from './named-pages'
import { type CanOpen, opensNowhere, ownerColumns } from './origin'
import { ShownPhones } from './shown-phones'

interface Row {
  id: number
  kind: DealSummary['kind']
  title: string
  amount: number | null
  currency: string | null
  stage: string | null
  status: DealSummary['status']
  source: string
  external_id: string | null
  pipeline: string | null
  close_on: string | null
  labels: string
  updated_at: number
  contact_id: number | null
  contact: string | null
  organization_id: number | null
  organization: string | null
  owner: string | null
  owner_is_me: number
}

export interface DealsInput {
  kind: DealSummary['kind']
  query: string
  /** Null: whatever has become of it. */
  status: DealSummary['status'] | null
  /** Only the rep's own. */
  mine: boolean
  cursor: string | null
  limit: number
  country: string
}

const statuses = ['open', 'won', 'lost'] as const
/** What words are looked up in. */
const joined = 'LEFT JOIN contacts c ON c.id = d.contact_id LEFT JOIN organizations o ON o.id = d.organization_id'
const text = "d.search || ' ' || coalesce(c.search, '') || ' ' || coalesce(o.search, '')"
/** A word of the search counts the contacts and organizations that hold it up to this number. */
const mostNamed = 30_000

export class Deals {
  readonly #one: Statement<[number], Row>
  readonly #phones: ShownPhones
  readonly #lists = new Map<string, DealList>()

  constructor(
    private readonly db: Database,
    private readonly canOpen: CanOpen = opensNowhere,
  ) {
    this.#phones = new ShownPhones(db)
    this.#one = db.prepare(
      `SELECT d.id, d.kind, d.title, d.amount, d.currency, d.stage, d.status, d.source, d.external_id, d.pipeline, d.close_on, d.labels,
         d.updated_at, d.contact_id, c.name AS contact, d.organization_id, o.name AS organization, ${ownerColumns('d')}
       FROM deals d ${joined} WHERE d.id = ?`,
    )
  }

  /** One page in the order of titles. Belongs on the read worker. */
  list({ query, cursor, limit, country, kind, status, mine }: DealsInput): { rows: DealSummary[]; next: string | null } {
    const words = searchWords(query.slice(0, 200))
    if (query.trim() !== '' && words.length === 0) return { rows: [], next: null }
    const key = `${kind} ${status} ${mine}`
    const list = this.#lists.get(key) ?? new DealList(this.db, kind, status, mine)
    this.#lists.set(key, list)
    const { ids, next } = pageOfNames(list, { words, cursor, limit })
    const rows = ids.flatMap((id) => {
      const row = this.#one.get(id)
      return row ? [this.#summary(row, country)] : []
    })
    return { rows, next }
  }

  /** Null when there is none. */
  detail(id: number, country: string): DealDetail | null {
    const row = this.#one.get(id)
    if (!row) return null
    return {
      ...this.#summary(row, country),
      canOpen: this.canOpen(row.kind, row.source, row.external_id),
      updatedAt: row.updated_at,
      pipeline: row.pipeline,
      closeOn: row.close_on !== null && /^\d{4}-\d{2}-\d{2}$/.test(row.close_on) ? row.close_on : null,
      labels: texts(row.labels),
    }
  }

  #summary(row: Row, country: string): DealSummary {
    const { id, kind, title, amount, currency, stage, status, source, contact_id, organization_id } = row
    const theirs = contact_id === null ? [] : this.#phones.of('contact', contact_id, country)
    return {
      id,
      kind,
      title,
      amount,
      currency,
      stage,
      status,
      source,
      contact: contact_id === null ? null : { id: contact_id, name: row.contact ?? '' },
      organization: organization_id === null ? null : { id: organization_id, name: row.organization ?? '' },
      phones: theirs.length > 0 || organization_id === null ? theirs : this.#phones.of('organization', organization_id, country),
      owner: row.owner,
      ownerIsMe: row.owner_is_me === 1,
    }
  }
}

/** The deals or leads that one set of filters leaves. */
class DealList implements NamedTable {
  readonly #titled: Statement<[string, number], number>
  readonly #named: { holding: Statement<[string, number], number>; deals: Statement<[string, number], number> }[]
  readonly #walk: Statement<[{ name: string; id: number }], Place>
  readonly #those: Statement<[{ ids: string; name: string; id: number }], Place>
  readonly #text: Statement<[number], string>

  constructor(db: Database, kind: DealSummary['kind'], status: DealSummary['status'] | null, mine: boolean) {
    const holding = (table: string) =>
      db.prepare<[string, number], number>(`SELECT rowid FROM ${table}_text WHERE ${table}_text MATCH ? LIMIT ?`).pluck()
    this.#titled = holding('deals')
    this.#named = (['contact', 'organization'] as const).map((each) => ({
      holding: holding(`${each}s`),
      deals: db
        .prepare<[string, number], number>(`SELECT d.id FROM json_each(?) j CROSS JOIN deals d ON d.${each}_id = j.value LIMIT ?`)
        .pluck(),
    }))
    this.#text = db.prepare<[number], string>(`SELECT ${text} FROM deals d ${joined} WHERE d.id = ?`).pluck()
    const after = '(d.sort_name, d.id) > (@name, @id)'
    // Each of these reads an index in the order of titles; SQLite merges them as it goes.
    const part = (each: DealSummary['status']) =>
      `SELECT d.id, d.sort_name FROM deals d WHERE d.kind = '${kind}' AND d.status = '${each}' AND ${after}`
    const filters = `d.kind = '${kind}'${status === null ? '' : ` AND d.status = '${status}'`} AND ${after}`
    const me = 'EXISTS (SELECT 1 FROM connections x WHERE x.id = d.source AND x.user_id = d.owner_id)'
    this.#walk = db.prepare(
      mine
        ? `SELECT d.id, d.sort_name FROM connections x CROSS JOIN deals d ON d.source = x.id AND d.owner_id = x.user_id
           WHERE ${filters} ORDER BY d.sort_name, d.id`
        : `${(status === null ? statuses : [status]).map(part).join(' UNION ALL ')} ORDER BY 2, 1`,
    )
    this.#those = db.prepare(
      `SELECT d.id, d.sort_name FROM json_each(@ids) j CROSS JOIN deals d ON d.id = j.value
       WHERE ${filters}${mine ? ` AND ${me}` : ''} ORDER BY d.sort_name, d.id`,
    )
  }

  holding(word: string, most: number): number[] | null {
    const match = matchWord(word)
    const ids = new Set(this.#titled.all(match, most + 1))
    for (const { holding, deals } of this.#named) {
      if (ids.size > most) return null
      const names = holding.all(match, mostNamed + 1)
      if (names.length > mostNamed) return null
      for (const id of deals.all(JSON.stringify(names), most + 1)) ids.add(id)
    }
    return ids.size > most ? null : [...ids]
  }
  walk({ sort_name, id }: Place): Iterable<Place> {
    return this.#walk.iterate({ name: sort_name, id })
  }
  those(ids: readonly number[], { sort_name, id }: Place): Iterable<Place> {
    return this.#those.all({ ids: JSON.stringify(ids), name: sort_name, id })
  }
  text(id: number): string {
    return this.#text.get(id) ?? ''
  }
}
