/**
 * Writes a connection's records into the cache. Every method belongs inside a transaction and touches a bounded number of
 * rows; one that answers «again» has to be asked once more, perhaps in a later transaction. What others follow from (an
 * organization's name, a stage's) is written after what follows from it, so that a kill in between is made up for when the
 * page is read again.
 */
import { type CleanPhone, type ContactForm, cleanPhones, joined, readEdited, rebased } from '../contacts/port'
import { indexText, sortName } from '../text'
import { CacheRemoval } from './cache-removal'
import {
  type CacheStatements,
  contactsAtOnce,
  type KeptContact,
  type Person,
  phoneColumns,
  phonesAtOnce,
  type Step,
  stepRows,
} from './cache-statements'
import type { Ready, ReadyContact, ReadyDeal, ReadyOrganization } from './clean-records'
import type { CrmSeen, CrmStage, CrmUserRow } from './crm'
import type { PageDone, PageInput, RecordsInput } from './jobs'

export interface WriterOptions {
  connectionId: string
  region: string
  /** What the rows are marked with; null: the connection's own. */
  pass: number | null
}

const tableOf = { organizations: 'organizations', contacts: 'contacts', deals: 'deals', leads: 'deals' } as const

export class CacheWriter {
  readonly removal: CacheRemoval
  readonly #source: string
  readonly #pass: number
  /** Everything is being fetched for the first time: most rows are new. */
  readonly isFilling: boolean
  /** Whether any row waits for one that comes later; looked up once, then kept. */
  #peopleWait: boolean
  #dealsWait: boolean
  /** How far a step of many rows is, by what it is about. */
  readonly #reached = new Map<string, number>()

  constructor(
    readonly sql: CacheStatements,
    readonly options: WriterOptions,
  ) {
    this.#source = options.connectionId
    const connection = sql.connection.get(this.#source)
    this.#pass = options.pass ?? connection?.pass ?? 0
    this.isFilling = connection?.complete === 0
    const waits = (table: string, id: string) =>
      sql
        .rare(`SELECT 1 FROM ${table} WHERE source = ? AND ${id}_id IS NULL AND ${id}_external_id IS NOT NULL LIMIT 1`)
        .get(this.#source) !== undefined
    this.#peopleWait = waits('contacts', 'organization')
    this.#dealsWait = waits('deals', 'contact') || waits('deals', 'organization')
    this.removal = new CacheRemoval(sql, this.#source, this.#pass)
  }

  /** False when the connection has been forgotten: nothing may be written then. */
  exists(): boolean {
    return this.sql.connection.get(this.#source) !== undefined
  }

  write(record: Ready): Step {
    if ('gone' in record) return this.removal.gone(record)
    if ('seen' in record) return this.#seen(record)
    switch (record.object) {
      case 'contacts':
        return this.#contact(record)
      case 'organizations':
        return this.#organization(record)
      case 'deals':
      case 'leads':
        return this.#deal(record)
      case 'stages':
        return this.#stage(record)
      case 'users':
        return this.#user(record)
    }
  }

  /**
   * How far the run is, in the transaction of the page's last row. A full pass goes on for long and in any order: what it met
   * first is what was known at its beginning, and up to there the changes begin after it.
   */
  cursor({ object, mode, now }: PageInput, { next, watermark, count, total }: PageDone): void {
    const kept = this.sql.cursor.get(this.#source, object) ?? { watermark: null, next_watermark: null }
    const before = kept.next_watermark
    const isLater = watermark !== null && (before === null || (mode === 'changes' && watermark > before))
    const reached = isLater && mode !== 'sweep' ? watermark : before
    const known = next === null && mode !== 'sweep' ? (reached ?? kept.watermark) : kept.watermark
    this.sql.keepCursor.run(this.#source, object, mode, next, known, reached, count, total, next === null ? 1 : 0, now)
  }

  /** The CRM has taken a local contact, or the rep's changes of one of its own. */
  taken({ contactId, externalId, edited }: NonNullable<RecordsInput['taken']>): Step {
    const { sql } = this
    const row = sql.contactById.get(contactId)
    if (!row) return 'done'
    // A sync may have fetched the contact that was made a moment ago: the local row stays, with all that hangs on it.
    const twin = sql.contact.get(this.#source, externalId)
    if (twin && twin.id !== contactId) {
      if (this.removal.remove('contacts', twin.id, { id: contactId, externalId }) === 'again') return 'again'
    }
    sql.rare('UPDATE contacts SET source = ?, external_id = ?, seen = ? WHERE id = ?').run(this.#source, externalId, this.#pass, contactId)
    if (row.edited === edited) sql.setEdited.run(null, contactId)
    return 'done'
  }

  #seen({ object, id }: CrmSeen): Step {
    const table = tableOf[object]
    this.sql
      .rare(`UPDATE ${table} SET seen = ? WHERE source = ? AND external_id = ? AND seen <> ?`)
      .run(this.#pass, this.#source, id, this.#pass)
    return 'done'
  }

  #user({ id, name, email, isActive }: CrmUserRow): Step {
    this.sql.keepUser.run(this.#source, id, name, email, isActive ? 1 : 0)
    return 'done'
  }

  #stage({ id, name, pipeline, position, status }: CrmStage): Step {
    const kept = this.sql.stage.get(this.#source, id)
    const isSame = kept !== undefined && kept.name === name && kept.pipeline === pipeline && kept.status === status
    if (!isSame) {
      const key = `stage ${id}`
      const last = (this.sql.rare('SELECT max(id) AS last FROM deals').get() as { last: number | null }).last ?? 0
      const from = this.#reached.get(key) ?? 0
      const to = from + stepRows * 10
      this.sql.dealsInStage.run(name, pipeline, status, from, to, this.#source, id)
      if (to < last) {
        this.#reached.set(key, to)
        return 'again'
      }
      this.#reached.delete(key)
    }
    if (!isSame || kept.position !== position) this.sql.keepStage.run(this.#source, id, name, pipeline, position, status)
    return 'done'
  }

  /**
   * Many contacts, most likely new ones: `contactsAtOnce` of them in one statement. Where one of them is here already they are
   * written one by one.
   */
  contacts(batch: readonly ReadyContact[]): Step {
    if (batch.length === contactsAtOnce && !this.#dealsWait && this.#addContacts(batch)) return 'done'
    let step: Step = 'done'
    for (const row of batch) if (this.#contact(row) === 'again') step = 'again'
    return step
  }

  #addContacts(batch: readonly ReadyContact[]): boolean {
    const { sql } = this
    let id = sql.lastContact.get() ?? 0
    const contacts: unknown[] = []
    const phones: unknown[] = []
    for (const row of batch) {
      const organization = this.#organizationOf(row.organizationId, row.organization)
      if (row.organizationId !== null && !organization) this.#peopleWait = true
      id++
      contacts.push(
        id,
        row.name,
        organization?.id ?? null,
        row.organizationId,
        row.jobTitle,
        row.country,
        row.note,
        row.labels,
        JSON.stringify(row.emails),
        row.sortName,
        joined(row.nameWords, organization?.search ?? '', row.emailWords),
        row.ownerId,
        this.#source,
        row.id,
        row.updatedAt,
        this.#pass,
      )
      let isPrimary = 1
      for (const { e164, digits, suffix, raw, type, label, extension } of row.phones) {
        phones.push(id, e164, digits, suffix, raw, type, label, extension, isPrimary)
        isPrimary = 0
      }
    }
    try {
      sql.insertContacts.run(contacts)
    } catch (error) {
      if ((error as { code?: unknown }).code === 'SQLITE_CONSTRAINT_UNIQUE') return false
      throw error
    }
    const one = phoneColumns
    const many = one * phonesAtOnce
    let at = 0
    for (; at + many <= phones.length; at += many) sql.insertPhones.run(phones.slice(at, at + many))
    const { insert } = sql.phonesOf('contact_id')
    for (; at < phones.length; at += one) insert.run(phones.slice(at, at + one))
    return true
  }

  #organization(row: ReadyOrganization): Step {
    const { sql } = this
    if (!this.isFilling || !this.#insertOrganization(row)) {
      const kept = sql.organization.get(this.#source, row.id)
      if (!kept) this.#insertOrganization(row)
      else {
        if (kept.name !== row.name || kept.search !== row.words) {
          if (this.#people(kept.id, row.words) === 'again') return 'again'
          sql.renameOrganization.run(row.name, row.sortName, row.words, kept.id)
          sql.search.stale('organizations', kept.id)
        }
        const isSame =
          kept.note === row.note &&
          kept.labels === row.labels &&
          kept.owner_id === row.ownerId &&
          kept.country === row.country &&
          kept.updated_at === row.updatedAt &&
          kept.seen === this.#pass
        if (!isSame) sql.updateOrganization.run(row.note, row.labels, row.ownerId, row.country, row.updatedAt, this.#pass, kept.id)
        this.#phones('organization_id', kept.id, row.phones)
      }
    }
    return this.#peopleWait || this.#dealsWait ? this.#bindToOrganization(row.id, row.words) : 'done'
  }

  #insertOrganization(row: ReadyOrganization): boolean {
    const { changes, lastInsertRowid } = this.sql.insertOrganization.run(
      row.name,
      row.sortName,
      row.words,
      row.note,
      row.labels,
      row.ownerId,
      row.country,
      this.#source,
      row.id,
      row.updatedAt,
      this.#pass,
    )
    if (changes === 0) return false
    this.#addPhones('organization_id', Number(lastInsertRowid), row.phones)
    return true
  }

  /** The people of an organization are found by its new name. */
  #people(organization: number, words: string): Step {
    const key = `people ${organization}`
    const people = this.sql.people.all(organization, this.#reached.get(key) ?? 0)
    for (const person of people) {
      const search = searchOf(person, words)
      if (search === person.search) continue
      this.sql.setSearch.run(search, person.id)
      this.sql.search.stale('contacts', person.id)
    }
    const last = people.at(-1)
    if (last && people.length === stepRows) {
      this.#reached.set(key, last.id)
      return 'again'
    }
    this.#reached.delete(key)
    return 'done'
  }

  #bindToOrganization(externalId: string, words: string): Step {
    const id = this.sql.organization.get(this.#source, externalId)?.id
    if (id === undefined) return 'done'
    const people = this.#peopleWait ? this.sql.peopleWaiting.all(this.#source, externalId) : []
    for (const person of people) {
      this.sql.bindPerson.run(id, searchOf(person, words), person.id)
      this.sql.search.stale('contacts', person.id)
    }
    const deals = this.#dealsWait ? this.#bindDeals('organization', id, externalId) : 0
    return people.length === stepRows || deals === stepRows ? 'again' : 'done'
  }

  #bindDeals(to: 'contact' | 'organization', id: number, externalId: string): number {
    return this.sql
      .rare(
        `UPDATE deals SET ${to}_id = ? WHERE id IN (SELECT id FROM deals
         WHERE source = ? AND ${to}_external_id = ? AND ${to}_id IS NULL AND ${to}_external_id IS NOT NULL LIMIT ${stepRows})`,
      )
      .run(id, this.#source, externalId).changes
  }

  #contact(row: ReadyContact): Step {
    const organization = this.#organizationOf(row.organizationId, row.organization)
    const search = joined(row.nameWords, organization?.search ?? '', row.emailWords)
    if (!this.isFilling || !this.#insertContact(row, organization?.id ?? null, search)) {
      const kept = this.sql.contact.get(this.#source, row.id)
      if (!kept) this.#insertContact(row, organization?.id ?? null, search)
      else if (kept.edited !== null) this.#changeEdited(kept, row)
      else this.#changeContact(kept, row, organization?.id ?? null, search)
    }
    if (row.organizationId !== null && !organization) this.#peopleWait = true
    if (!this.#dealsWait) return 'done'
    const id = this.sql.contact.get(this.#source, row.id)?.id
    return id !== undefined && this.#bindDeals('contact', id, row.id) === stepRows ? 'again' : 'done'
  }

  /**
   * The row of the organization that a contact names. Where the CRM gives the name, a row is made for it: one that comes
   * later under the same id completes it.
   */
  #organizationOf(externalId: string | null, name: string): { id: number; search: string } | undefined {
    if (externalId === null && name === '') return undefined
    const known =
      externalId === null ? this.sql.organizationByName.get(name, this.#source) : this.sql.organizationWords.get(this.#source, externalId)
    if (known || name === '') return known
    const search = indexText(name)
    const made = this.sql.insertOrganization.run(
      name,
      sortName(name),
      search,
      '',
      '[]',
      null,
      null,
      this.#source,
      externalId,
      0,
      this.#pass,
    )
    return { id: Number(made.lastInsertRowid), search }
  }

  #insertContact(row: ReadyContact, organization: number | null, search: string): boolean {
    const { changes, lastInsertRowid } = this.sql.insertContact.run(
      row.name,
      organization,
      row.organizationId,
      row.jobTitle,
      row.country,
      row.note,
      row.labels,
      JSON.stringify(row.emails),
      row.sortName,
      search,
      row.ownerId,
      this.#source,
      row.id,
      row.updatedAt,
      this.#pass,
    )
    if (changes === 0) return false
    this.#addPhones('contact_id', Number(lastInsertRowid), row.phones)
    return true
  }

  #changeContact(kept: KeptContact, row: ReadyContact, organization: number | null, search: string): void {
    const { sql } = this
    const emails = JSON.stringify(row.emails)
    const isFound =
      kept.name === row.name &&
      kept.search === search &&
      kept.organization_id === organization &&
      kept.organization_external_id === row.organizationId
    if (!isFound) {
      sql.renameContact.run(row.name, row.sortName, search, organization, row.organizationId, kept.id)
      if (kept.search !== search) sql.search.stale('contacts', kept.id)
    }
    const isSame =
      kept.job_title === row.jobTitle &&
      kept.country === row.country &&
      kept.note === row.note &&
      kept.labels === row.labels &&
      kept.emails === emails &&
      kept.owner_id === row.ownerId &&
      kept.updated_at === row.updatedAt &&
      kept.seen === this.#pass
    if (!isSame) {
      sql.updateContact.run(row.jobTitle, row.country, row.note, row.labels, emails, row.ownerId, row.updatedAt, this.#pass, kept.id)
    }
    this.#phones('contact_id', kept.id, row.phones)
  }

  /** The rep has changed this contact: the row stays the CRM's form with the rep's changes laid over it. */
  #changeEdited(kept: KeptContact, row: ReadyContact): void {
    const before = readEdited(kept.edited)
    const crm = this.#formOf(row)
    const { form, edited } = before ? rebased(before, crm) : { form: crm, edited: null }
    const json = edited && JSON.stringify(edited)
    if (json !== kept.edited) this.sql.setEdited.run(json, kept.id)
    const { phones, country } = cleanPhones(form.phones, form.country, this.options.region)
    const organization = this.#organizationOf(form.organization?.id ?? null, form.organization?.name ?? '')
    const laid: ReadyContact = {
      ...row,
      name: form.name,
      sortName: sortName(form.name),
      nameWords: indexText(form.name),
      emailWords: indexText(form.emails.join(' ')),
      organizationId: form.organization?.id ?? null,
      jobTitle: form.jobTitle || null,
      country: form.country ?? country,
      note: form.note,
      emails: form.emails,
      phones,
    }
    const search = joined(laid.nameWords, organization?.search ?? '', laid.emailWords)
    this.#changeContact(kept, laid, organization?.id ?? null, search)
  }

  #formOf(row: ReadyContact): ContactForm {
    const named = row.organizationId === null ? undefined : this.sql.organization.get(this.#source, row.organizationId)
    const organization = { name: named?.name ?? row.organization, id: row.organizationId }
    return {
      name: row.name,
      organization: organization.id === null && organization.name === '' ? null : organization,
      jobTitle: row.jobTitle ?? '',
      phones: row.phones.map(({ raw, type, label }) => ({ raw, type, label })),
      emails: row.emails,
      note: row.note,
      country: row.ownCountry,
    }
  }

  #addPhones(owner: 'contact_id' | 'organization_id', id: number, phones: readonly CleanPhone[]): void {
    if (phones.length === 0) return
    const { insert } = this.sql.phonesOf(owner)
    let isPrimary = 1
    for (const { e164, digits, suffix, raw, type, label, extension } of phones) {
      insert.run(id, e164, digits, suffix, raw, type, label, extension, isPrimary)
      isPrimary = 0
    }
  }

  /** Numbers are written anew only when they are others, or in another order. */
  #phones(owner: 'contact_id' | 'organization_id', id: number, phones: readonly CleanPhone[]): void {
    const { list, remove } = this.sql.phonesOf(owner)
    const kept = list.all(id)
    const isSame =
      kept.length === phones.length &&
      kept.every((one, at) => {
        const other = phones[at]
        return (
          other !== undefined &&
          one.e164 === other.e164 &&
          one.digits === other.digits &&
          one.suffix === other.suffix &&
          one.raw === other.raw &&
          one.type === other.type &&
          one.label === other.label &&
          one.extension === other.extension &&
          one.is_primary === (at === 0 ? 1 : 0)
        )
      })
    if (isSame) return
    for (const phone of kept) this.sql.search.stale('phones', phone.id)
    if (kept.length > 0) remove.run(id)
    this.#addPhones(owner, id, phones)
  }

  #deal(row: ReadyDeal): Step {
    const { sql } = this
    const kind = row.object === 'leads' ? 'lead' : 'deal'
    const stage = row.stageId === null ? undefined : sql.stage.get(this.#source, row.stageId)
    const contact = row.contactId === null ? null : (sql.contact.get(this.#source, row.contactId)?.id ?? null)
    const organization = row.organizationId === null ? null : (sql.organization.get(this.#source, row.organizationId)?.id ?? null)
    if ((row.contactId !== null && contact === null) || (row.organizationId !== null && organization === null)) this.#dealsWait = true
    const values = [
      row.title,
      row.sortName,
      row.words,
      row.amount,
      row.currency,
      stage?.name ?? row.stage,
      row.stageId,
      row.pipeline ?? stage?.pipeline ?? null,
      stage?.status ?? row.status,
      row.closeOn,
      row.labels,
      row.ownerId,
      contact,
      organization,
      row.contactId,
      row.organizationId,
      row.updatedAt,
      this.#pass,
    ] as const
    const kept = sql.deal.get(this.#source, row.id)
    if (!kept) {
      sql.insertDeal.run(...values, kind, this.#source, row.id)
      return 'done'
    }
    // A deal and a lead under one id: the CRM's ids are of one kind only, and the row belongs to the other one.
    if (kept.kind !== kind) return 'done'
    const now = [
      kept.title,
      values[1],
      values[2],
      kept.amount,
      kept.currency,
      kept.stage,
      kept.stage_id,
      kept.pipeline,
      kept.status,
      kept.close_on,
      kept.labels,
      kept.owner_id,
      kept.contact_id,
      kept.organization_id,
      kept.contact_external_id,
      kept.organization_external_id,
      kept.updated_at,
      kept.seen,
    ]
    if (now.every((value, at) => value === values[at])) return 'done'
    sql.updateDeal.run(...values, kept.id)
    if (kept.title !== row.title) sql.search.stale('deals', kept.id)
    return 'done'
  }
}

function searchOf(person: Person, organizationWords: string): string {
  return joined(indexText(person.name), organizationWords, indexText((JSON.parse(person.emails) as string[]).join(' ')))
}
