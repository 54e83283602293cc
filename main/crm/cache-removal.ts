/**
 * Takes records out of the cache: deleted or merged in the CRM, or not met by a full pass. Calls and logs stay, with the names
 * they were shown with; of a merged record they go to the winner. In steps of few rows, inside the caller's transactions.
 */
import { joined, readEdited } from '../contacts/port'
import { indexText } from '../text'
import { type CacheStatements, type Person, type Step, stepRows } from './cache-statements'
import type { CrmGone } from './crm'

type Table = 'contacts' | 'organizations' | 'deals'

export class CacheRemoval {
  constructor(
    readonly sql: CacheStatements,
    readonly source: string,
    readonly pass: number,
  ) {}

  gone({ object, id, mergedInto }: CrmGone): Step {
    const table = object === 'leads' ? 'deals' : object
    const row = this.#rowOf(table, id)
    if (row === undefined || mergedInto === id) return 'done'
    if (mergedInto === null) return this.withdraw(table, row)
    const winner = this.#rowOf(table, mergedInto)
    if (winner !== undefined) return this.remove(table, row, { id: winner, externalId: mergedInto })
    // The winner is not here yet: the row becomes it, with all that hangs on it, and is filled when the winner comes.
    this.sql.rare(`UPDATE ${table} SET external_id = ?, seen = ? WHERE id = ?`).run(mergedInto, this.pass, row)
    return 'done'
  }

  /** The CRM has the record no more. What the rep has changed of a contact and nobody has taken stays, as the rep's own. */
  withdraw(table: Table, id: number): Step {
    if (table !== 'contacts' || this.sql.contactById.get(id)?.edited == null) return this.remove(table, id)
    this.sql
      .rare(
        `UPDATE contacts SET source = 'local', external_id = NULL, owner_id = NULL, organization_external_id = NULL, edited = NULL,
           offer_trouble = NULL WHERE id = ?`,
      )
      .run(id)
    return 'done'
  }

  remove(table: Table, id: number, winner: { id: number; externalId: string } | null = null): Step {
    if (table === 'contacts') return this.#contact(id, winner)
    if (table === 'organizations') return this.#organization(id, winner)
    return this.#deal(id, winner)
  }

  #rowOf(table: Table, externalId: string): number | undefined {
    const row = this.sql.rare(`SELECT id FROM ${table} WHERE source = ? AND external_id = ?`).get(this.source, externalId)
    return (row as { id: number } | undefined)?.id
  }

  /** True when all of them have been given a new value. */
  #moved(table: string, key: string, column: string, from: number, to: number | null): boolean {
    const sql = `UPDATE ${table} SET ${column} = ? WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE ${column} = ? LIMIT ${stepRows})`
    return this.sql.rare(sql).run(to, from).changes < stepRows
  }

  #contact(id: number, winner: { id: number; externalId: string } | null): Step {
    const to = winner?.id ?? null
    if (!this.#moved('calls', 'id', 'contact_id', id, to)) return 'again'
    if (!this.#moved('call_logs', 'call_id', 'contact_id', id, to)) return 'again'
    if (winner) {
      this.sql.rare('UPDATE deals SET contact_external_id = ? WHERE contact_id = ? AND source = ?').run(winner.externalId, id, this.source)
      if (!this.#moved('number_choices', 'number', 'contact_id', id, winner.id)) return 'again'
      this.#handOverEdits(id, winner.id)
    }
    if (!this.#moved('deals', 'id', 'contact_id', id, to)) return 'again'
    this.#removePhones('contact_id', id)
    this.sql.search.stale('contacts', id)
    this.sql.rare('DELETE FROM contacts WHERE id = ?').run(id)
    return 'done'
  }

  /** What the rep changed and nobody has taken yet stays to be offered, unless the winner has changes of its own. */
  #handOverEdits(from: number, to: number): void {
    const mine = readEdited(this.sql.contactById.get(from)?.edited ?? null)
    const winner = this.sql.contactById.get(to)
    if (!mine || !winner || winner.edited !== null) return
    const organization = this.sql.rare('SELECT name FROM organizations WHERE id = ?').get(winner.organization_id) as
      | { name: string }
      | undefined
    const phones = this.sql.phonesOf('contact_id').list.all(to)
    const crm = {
      name: winner.name,
      organization: organization ? { name: organization.name, id: winner.organization_external_id } : null,
      jobTitle: winner.job_title ?? '',
      phones: phones.map(({ raw, type, label }) => ({ raw, type, label })),
      emails: JSON.parse(winner.emails) as string[],
      note: winner.note,
      country: winner.country,
    }
    // The row takes the changes up when the CRM sends it next.
    this.sql.setEdited.run(JSON.stringify({ crm, rep: mine.rep }), to)
  }

  #organization(id: number, winner: { id: number; externalId: string } | null): Step {
    const { sql } = this
    const people = sql.people.all(id, 0)
    const words = winner
      ? ((sql.rare('SELECT search FROM organizations WHERE id = ?').get(winner.id) as { search: string }).search ?? '')
      : ''
    for (const person of people) {
      const search = searchOf(person, words)
      if (winner) sql.movePerson.run(winner.id, winner.externalId, search, person.id)
      else sql.bindPerson.run(null, search, person.id)
      if (search !== person.search) sql.search.stale('contacts', person.id)
    }
    if (people.length === stepRows) return 'again'
    if (winner) sql.rare('UPDATE deals SET organization_external_id = ? WHERE organization_id = ?').run(winner.externalId, id)
    if (!this.#moved('deals', 'id', 'organization_id', id, winner?.id ?? null)) return 'again'
    this.#removePhones('organization_id', id)
    sql.search.stale('organizations', id)
    sql.rare('DELETE FROM organizations WHERE id = ?').run(id)
    return 'done'
  }

  #deal(id: number, winner: { id: number } | null): Step {
    if (!this.#moved('calls', 'id', 'deal_id', id, winner?.id ?? null)) return 'again'
    if (!this.#moved('call_logs', 'call_id', 'deal_id', id, winner?.id ?? null)) return 'again'
    this.sql.search.stale('deals', id)
    this.sql.rare('DELETE FROM deals WHERE id = ?').run(id)
    return 'done'
  }

  #removePhones(owner: 'contact_id' | 'organization_id', id: number): void {
    const { list, remove } = this.sql.phonesOf(owner)
    for (const phone of list.all(id)) this.sql.search.stale('phones', phone.id)
    remove.run(id)
  }
}

function searchOf(person: Person, words: string): string {
  return joined(indexText(person.name), words, indexText((JSON.parse(person.emails) as string[]).join(' ')))
}
