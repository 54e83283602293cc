/** The SQL of the cache writer, prepared once for each connection to the database. */
import type { Database } from 'better-sqlite3'
import { SearchTables } from '../contacts/port'

/** «Again»: there is more to do than one transaction should hold. */
export type Step = 'again' | 'done'

export interface KeptOrganization {
  id: number
  name: string
  search: string
  note: string
  labels: string
  owner_id: string | null
  country: string | null
  updated_at: number
  seen: number
}
export interface KeptContact {
  id: number
  name: string
  organization_id: number | null
  organization_external_id: string | null
  job_title: string | null
  country: string | null
  note: string
  labels: string
  emails: string
  search: string
  owner_id: string | null
  edited: string | null
  updated_at: number
  seen: number
}
export interface KeptDeal {
  id: number
  kind: string
  title: string
  amount: number | null
  currency: string | null
  stage: string | null
  stage_id: string | null
  pipeline: string | null
  status: string
  close_on: string | null
  labels: string
  owner_id: string | null
  contact_id: number | null
  organization_id: number | null
  contact_external_id: string | null
  organization_external_id: string | null
  updated_at: number
  seen: number
}
export interface KeptPhone {
  id: number
  e164: string | null
  digits: string
  suffix: string
  raw: string
  type: string
  label: string | null
  extension: string | null
  is_primary: number
}
export interface Person {
  id: number
  name: string
  emails: string
  search: string
}

/** How many rows one step of a long change touches. */
export const stepRows = 100

/** How many rows one statement adds where all of them are new. */
export const contactsAtOnce = 16
export const phonesAtOnce = 8
export const phoneColumns = 9

const rows = (count: number, columns: number) =>
  Array(count)
    .fill(`(${Array(columns).fill('?').join(', ')})`)
    .join(', ')

const step = `LIMIT ${stepRows}`

export class CacheStatements {
  readonly search: SearchTables
  readonly connection
  readonly organization
  readonly organizationByName
  readonly organizationWords
  readonly insertOrganization
  readonly updateOrganization
  readonly renameOrganization
  readonly people
  readonly peopleWaiting
  readonly setSearch
  readonly bindPerson
  readonly movePerson
  readonly contact
  readonly contactById
  readonly insertContact
  readonly lastContact
  readonly insertContacts
  readonly insertPhones
  readonly updateContact
  readonly renameContact
  readonly setEdited
  readonly deal
  readonly insertDeal
  readonly updateDeal
  readonly stage
  readonly keepStage
  readonly dealsInStage
  readonly keepUser
  readonly cursor
  readonly keepCursor

  constructor(readonly db: Database) {
    this.search = new SearchTables(db)
    this.connection = db.prepare<[string], { pass: number; complete: number }>('SELECT pass, complete FROM connections WHERE id = ?')

    this.organization = db.prepare<[string, string], KeptOrganization>(
      `SELECT id, name, search, note, labels, owner_id, country, updated_at, seen FROM organizations WHERE source = ? AND external_id = ?`,
    )
    this.organizationByName = db.prepare<[string, string], { id: number; search: string }>(
      'SELECT id, search FROM organizations WHERE name = ? AND source = ? AND external_id IS NULL LIMIT 1',
    )
    this.organizationWords = db.prepare<[string, string], { id: number; search: string }>(
      'SELECT id, search FROM organizations WHERE source = ? AND external_id = ?',
    )
    this.insertOrganization = db.prepare<unknown[]>(
      `INSERT INTO organizations (name, sort_name, search, note, labels, owner_id, country, source, external_id, updated_at, seen)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    this.updateOrganization = db.prepare<unknown[]>(
      'UPDATE organizations SET note = ?, labels = ?, owner_id = ?, country = ?, updated_at = ?, seen = ? WHERE id = ?',
    )
    this.renameOrganization = db.prepare<[string, string, string, number]>(
      'UPDATE organizations SET name = ?, sort_name = ?, search = ? WHERE id = ?',
    )
    this.people = db.prepare<[number, number], Person>(
      `SELECT id, name, emails, search FROM contacts WHERE organization_id = ? AND id > ? ORDER BY id ${step}`,
    )
    this.peopleWaiting = db.prepare<[string, string], Person>(
      `SELECT id, name, emails, search FROM contacts
       WHERE source = ? AND organization_external_id = ? AND organization_id IS NULL AND organization_external_id IS NOT NULL ${step}`,
    )
    this.setSearch = db.prepare<[string, number]>('UPDATE contacts SET search = ? WHERE id = ?')
    this.bindPerson = db.prepare<[number | null, string, number]>('UPDATE contacts SET organization_id = ?, search = ? WHERE id = ?')
    this.movePerson = db.prepare<[number, string, string, number]>(
      'UPDATE contacts SET organization_id = ?, organization_external_id = ?, search = ? WHERE id = ?',
    )

    const contact = `SELECT id, name, organization_id, organization_external_id, job_title, country, note, labels, emails, search, owner_id, edited,
       updated_at, seen FROM contacts WHERE`
    this.contact = db.prepare<[string, string], KeptContact>(`${contact} source = ? AND external_id = ?`)
    this.contactById = db.prepare<[number], KeptContact>(`${contact} id = ?`)
    this.insertContact = db.prepare<unknown[]>(
      `INSERT INTO contacts (name, organization_id, organization_external_id, job_title, country, note, labels, emails, sort_name, search,
         owner_id, source, external_id, updated_at, seen)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    )
    this.lastContact = db.prepare<[], number | null>('SELECT max(id) FROM contacts').pluck()
    this.insertContacts = db.prepare<unknown[]>(
      `INSERT INTO contacts (id, name, organization_id, organization_external_id, job_title, country, note, labels, emails, sort_name, search,
         owner_id, source, external_id, updated_at, seen) VALUES ${rows(contactsAtOnce, 16)}`,
    )
    this.insertPhones = db.prepare<unknown[]>(
      `INSERT INTO phones (contact_id, e164, digits, suffix, raw, type, label, extension, is_primary) VALUES ${rows(phonesAtOnce, phoneColumns)}`,
    )
    this.updateContact = db.prepare<unknown[]>(
      'UPDATE contacts SET job_title = ?, country = ?, note = ?, labels = ?, emails = ?, owner_id = ?, updated_at = ?, seen = ? WHERE id = ?',
    )
    this.renameContact = db.prepare<unknown[]>(
      'UPDATE contacts SET name = ?, sort_name = ?, search = ?, organization_id = ?, organization_external_id = ? WHERE id = ?',
    )
    this.setEdited = db.prepare<[string | null, number]>('UPDATE contacts SET edited = ?, offer_trouble = NULL WHERE id = ?')

    this.deal = db.prepare<[string, string], KeptDeal>(
      `SELECT id, kind, title, amount, currency, stage, stage_id, pipeline, status, close_on, labels, owner_id, contact_id, organization_id,
         contact_external_id, organization_external_id, updated_at, seen FROM deals WHERE source = ? AND external_id = ?`,
    )
    const dealColumns = `title, sort_name, search, amount, currency, stage, stage_id, pipeline, status, close_on, labels, owner_id, contact_id,
      organization_id, contact_external_id, organization_external_id, updated_at, seen`
    const marks = dealColumns.replace(/\w+/g, '?')
    this.insertDeal = db.prepare<unknown[]>(`INSERT INTO deals (${dealColumns}, kind, source, external_id) VALUES (${marks}, ?, ?, ?)`)
    this.updateDeal = db.prepare<unknown[]>(`UPDATE deals SET (${dealColumns}) = (${marks}) WHERE id = ?`)
    this.stage = db.prepare<
      [string, string],
      { name: string; pipeline: string | null; position: number; status: 'open' | 'won' | 'lost' | null }
    >('SELECT name, pipeline, position, status FROM crm_stages WHERE connection_id = ? AND external_id = ?')
    this.keepStage = db.prepare<unknown[]>(
      `INSERT INTO crm_stages (connection_id, external_id, name, pipeline, position, status) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET name = excluded.name, pipeline = excluded.pipeline, position = excluded.position, status = excluded.status`,
    )
    this.dealsInStage = db.prepare<unknown[]>(
      `UPDATE deals SET stage = ?, pipeline = coalesce(?, pipeline), status = coalesce(?, status)
       WHERE id > ? AND id <= ? AND source = ? AND stage_id = ?`,
    )
    this.keepUser = db.prepare<unknown[]>(
      `INSERT INTO crm_users (connection_id, external_id, name, email, is_active) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET name = excluded.name, email = excluded.email, is_active = excluded.is_active
       WHERE name <> excluded.name OR email IS NOT excluded.email OR is_active <> excluded.is_active`,
    )
    this.cursor = db.prepare<[string, string], { watermark: string | null; next_watermark: string | null }>(
      'SELECT watermark, next_watermark FROM sync_cursors WHERE connection_id = ? AND object = ?',
    )
    this.keepCursor = db.prepare<unknown[]>(
      `INSERT INTO sync_cursors (connection_id, object, mode, cursor, watermark, next_watermark, done, total, finished, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET mode = excluded.mode, cursor = excluded.cursor, watermark = excluded.watermark,
         next_watermark = excluded.next_watermark, done = done + excluded.done, total = coalesce(excluded.total, total),
         finished = excluded.finished, updated_at = excluded.updated_at`,
    )
  }

  #phones = new Map<string, ReturnType<CacheStatements['makePhones']>>()
  /** Of a contact or of an organization. */
  phonesOf(owner: 'contact_id' | 'organization_id') {
    const known = this.#phones.get(owner)
    if (known) return known
    const made = this.makePhones(owner)
    this.#phones.set(owner, made)
    return made
  }
  private makePhones(owner: 'contact_id' | 'organization_id') {
    return {
      list: this.db.prepare<[number], KeptPhone>(
        `SELECT id, e164, digits, suffix, raw, type, label, extension, is_primary FROM phones WHERE ${owner} = ? ORDER BY is_primary DESC, id`,
      ),
      insert: this.db.prepare<unknown[]>(
        `INSERT INTO phones (${owner}, e164, digits, suffix, raw, type, label, extension, is_primary) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      remove: this.db.prepare<[number]>(`DELETE FROM phones WHERE ${owner} = ?`),
    }
  }

  /** What keeps one kind of reference for a while: prepared when first needed, for removals are rare. */
  readonly #rare = new Map<string, ReturnType<Database['prepare']>>()
  rare(sql: string) {
    const known = this.#rare.get(sql)
    if (known) return known
    const made = this.db.prepare(sql)
    this.#rare.set(sql, made)
    return made
  }
}
