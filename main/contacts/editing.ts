/**
 * What the rep writes of contacts: made here, changed in place where no CRM holds them, and for a CRM's own kept beside its
 * form until it has the change (`edited.ts`). Everything is on the disk before the rep is told that it is saved.
 */
import type { Statement } from 'better-sqlite3'
import type { ContactFields, Phone, Trouble } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Store } from '../store/store'
import { indexText, sortName } from '../text'
import { TroubleError } from '../trouble'
import { type CleanContact, cleanContact, searchText } from './contact-writer'
import { type ContactForm, changesOf, laidOver, readEdited } from './edited'
import { countryOf, parseNumber } from './numbers'

export interface EditingNeeds {
  store: Store
  clock: Clock
  /** The rep's own country: that of numbers without a prefix. */
  country(): string
  /** Contacts have changed. */
  changed(): void
}

interface Row {
  id: number
  name: string
  organization_id: number | null
  organization: string | null
  organization_source: string | null
  organization_id_there: string | null
  organization_external_id: string | null
  job_title: string | null
  country: string | null
  note: string
  emails: string
  labels: string
  source: string
  external_id: string | null
  owner_id: string | null
  edited: string | null
  /** A CRM holds it. */
  held: number
}
interface PhoneRow {
  e164: string | null
  raw: string
  type: Phone['type']
  label: string | null
}

/** A contact on its way to a CRM. */
export interface ContactOffer {
  /** `local`, `import` or the id of the connection that holds it. */
  source: string
  externalId: string | null
  ownerId: string | null
  /** As in the store when it was read. */
  edited: string | null
  form: ContactForm
  organizationChanged: boolean
}

export class ContactEditing {
  readonly #row: Statement<[number], Row>
  readonly #phones: Statement<[number], PhoneRow>

  constructor(private readonly needs: EditingNeeds) {
    const { db } = needs.store
    this.#row = db.prepare(
      `SELECT c.id, c.name, c.organization_id, o.name AS organization, o.source AS organization_source, o.external_id AS organization_id_there,
         c.organization_external_id, c.job_title, c.country, c.note, c.emails, c.labels, c.source, c.external_id, c.owner_id, c.edited,
         EXISTS (SELECT 1 FROM connections WHERE id = c.source) AS held
       FROM contacts c LEFT JOIN organizations o ON o.id = c.organization_id WHERE c.id = ?`,
    )
    this.#phones = db.prepare('SELECT e164, raw, type, label FROM phones WHERE contact_id = ? ORDER BY is_primary DESC, id')
  }

  /** Makes a contact, or changes one. Throws TroubleError `contacts.gone`, `contacts.nothingWritten` or `contacts.notKept`. */
  save(contactId: number | undefined, fields: ContactFields): { contactId: number } {
    const wanted = this.#cleaned(fields)
    // A name is asked for; one of nothing but invisible characters is none.
    if (wanted.name === '') throw new TroubleError('contacts.nothingWritten')
    if (contactId === undefined) return { contactId: this.#insert(wanted) }
    const row = this.#need(contactId)
    if (row.held === 1) this.#change(row, wanted)
    else this.#write(row, this.#formOf(wanted, row.source, this.#form(row)), null)
    return { contactId }
  }

  /** The rep's change of a CRM's contact. */
  #change(row: Row, wanted: CleanContact): void {
    const now = this.#form(row)
    const crm = readEdited(row.edited)?.crm ?? now
    const edited = changesOf(crm, this.#formOf(wanted, row.source, now))
    this.#write(row, edited ? laidOver(edited) : crm, edited && JSON.stringify(edited))
  }

  /** Removes a contact that no CRM holds. Throws TroubleError `contacts.gone`, `contacts.heldByCrm` or `contacts.notKept`. */
  remove(contactId: number): void {
    const row = this.#need(contactId)
    if (row.held === 1) throw new TroubleError('contacts.heldByCrm')
    this.#durably(`contact:${contactId}`, () => {
      this.needs.store.db.prepare('DELETE FROM contacts WHERE id = ?').run(contactId)
      this.#dropOrganization(row.organization_id)
    })
  }

  /** Gives up what was changed here. Throws TroubleError `contacts.gone` or `contacts.notKept`. */
  revert(contactId: number): void {
    const row = this.#need(contactId)
    const edited = readEdited(row.edited)
    if (edited) this.#write(row, edited.crm, null)
  }

  /** What a CRM is offered. `connectionId`: where to, for one that no CRM holds. Throws TroubleError `contacts.gone`. */
  toOffer(contactId: number, connectionId: string): ContactOffer {
    const row = this.#need(contactId)
    const edited = readEdited(row.edited)
    return {
      source: row.source,
      externalId: row.external_id,
      ownerId: row.owner_id,
      edited: row.edited,
      form: this.#form(row, connectionId),
      organizationChanged: row.held === 0 || edited?.rep.organization !== undefined,
    }
  }

  /** The CRM did not take it; null: it is being asked again. */
  refused(contactId: number, trouble: Trouble | null): void {
    const { store, changed } = this.needs
    const json = trouble && JSON.stringify(trouble)
    store.write(() => store.db.prepare('UPDATE contacts SET offer_trouble = ? WHERE id = ?').run(json, contactId), {
      key: `contact-trouble:${contactId}`,
    })
    changed()
  }

  /** What was written while the CRM was being told of `offered` is a change of its own now. */
  since(contactId: number, offered: ContactForm, written: ContactForm): void {
    const row = this.#row.get(contactId)
    if (!row || row.held === 0 || JSON.stringify(offered) === JSON.stringify(written)) return
    const crm = readEdited(row.edited)?.crm ?? this.#form(row)
    const edited = changesOf(crm, changesOf(offered, written)?.rep ?? {})
    if (edited) this.#write(row, laidOver(edited), JSON.stringify(edited))
  }

  /** Its public numbers that nobody else has, for calls that were nobody's. */
  ownNumbers(contactId: number): string[] {
    return this.needs.store.db
      .prepare<[number], string>(
        `SELECT DISTINCT p.e164 FROM phones p WHERE p.contact_id = ? AND p.e164 IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM phones other WHERE other.e164 = p.e164 AND other.contact_id <> p.contact_id)`,
      )
      .pluck()
      .all(contactId)
  }

  #need(contactId: number): Row {
    const row = this.#row.get(contactId)
    if (!row) throw new TroubleError('contacts.gone')
    return row
  }

  #cleaned({ organization, ...fields }: ContactFields): CleanContact {
    const { country } = this.needs
    return cleanContact({ ...fields, organization, labels: [], externalId: null }, fields.country ?? country())
  }

  /** What stands in the row. `where`: the CRM whose names are meant; the one that holds it when absent. */
  #form(row: Row, where = row.source): ContactForm {
    const there = row.organization_source === where ? row.organization_id_there : null
    const id = (row.source === where ? row.organization_external_id : null) ?? there
    return {
      name: row.name,
      organization: row.organization === null && id === null ? null : { name: row.organization ?? '', id },
      jobTitle: row.job_title ?? '',
      phones: this.#phones.all(row.id).map(({ raw, type, label }) => ({ raw, type, label })),
      emails: JSON.parse(row.emails) as string[],
      note: row.note,
      country: row.country,
    }
  }

  /** What the rep wrote, with what a form does not show taken from the contact as it was. */
  #formOf(wanted: CleanContact, source: string, was: ContactForm): ContactForm {
    const shown =
      was.country ?? countryOf(was.phones.map(({ raw }) => parseNumber(raw, this.needs.country()).e164).find((e164) => e164) ?? null)
    const name = wanted.organization
    const same = name === (was.organization?.name ?? '')
    return {
      name: wanted.name,
      organization: same ? was.organization : name === '' ? null : { name, id: this.#organization(name, source)?.external_id ?? null },
      jobTitle: wanted.jobTitle,
      phones: wanted.phones.map(({ raw, type }) => ({ raw, type, label: was.phones.find((phone) => phone.raw === raw)?.label ?? null })),
      emails: wanted.emails,
      note: wanted.note,
      country: wanted.country === shown ? was.country : wanted.country,
    }
  }

  /** The organization of that name; the same source's first, then a CRM's. */
  #organization(name: string, source: string): { id: number; external_id: string | null } | undefined {
    return this.needs.store.db
      .prepare<[string, string, string], { id: number; external_id: string | null }>(
        `SELECT id, CASE WHEN source = ? THEN external_id END AS external_id FROM organizations WHERE name = ?
         ORDER BY source = ? DESC, source IN (SELECT id FROM connections) DESC, id LIMIT 1`,
      )
      .get(source, name, source)
  }

  #organizationId(organization: ContactForm['organization'], source: string, country: string | null): number | null {
    if (organization === null) return null
    const { store, clock } = this.needs
    const byId =
      organization.id === null
        ? undefined
        : store.db
            .prepare<[string, string], { id: number }>('SELECT id FROM organizations WHERE source = ? AND external_id = ?')
            .get(source, organization.id)
    if (organization.name === '') return byId?.id ?? null
    const known = byId ?? this.#organization(organization.name, source)
    if (known) return known.id
    const add = "INSERT INTO organizations (name, country, sort_name, search, source, updated_at) VALUES (?, ?, ?, ?, 'local', ?)"
    const { name } = organization
    return Number(store.db.prepare(add).run(name, country, sortName(name), indexText(name), clock.wall()).lastInsertRowid)
  }

  /** An organization that was made here with a contact goes with its last one. */
  #dropOrganization(id: number | null): void {
    this.needs.store.db
      .prepare(
        `DELETE FROM organizations WHERE id = ? AND source = 'local' AND NOT EXISTS (SELECT 1 FROM contacts WHERE organization_id = organizations.id)
           AND NOT EXISTS (SELECT 1 FROM deals WHERE organization_id = organizations.id)`,
      )
      .run(id)
  }

  #insert(contact: CleanContact): number {
    const { store, clock } = this.needs
    const { db } = store
    const empty: ContactForm = { name: '', organization: null, jobTitle: '', phones: [], emails: [], note: '', country: null }
    const form = this.#formOf(contact, 'local', empty)
    let id = 0
    this.#durably(`contact:new:${form.name}/${form.phones[0]?.raw ?? ''}`, () => {
      const add = db.prepare(`INSERT INTO contacts (name, sort_name, search, source, updated_at) VALUES ('', '', '', 'local', ?)`)
      id = Number(add.run(clock.wall()).lastInsertRowid)
      this.#put(id, 'local', form, null, null)
    })
    return id
  }

  #write(row: Row, form: ContactForm, edited: string | null): void {
    const { id, source, organization_id } = row
    this.#durably(`contact:${id}`, () => this.#put(id, source, form, edited, organization_id))
  }

  #put(id: number, source: string, form: ContactForm, edited: string | null, organizationBefore: number | null): void {
    const { store, clock, country } = this.needs
    const { db } = store
    const organization = this.#organizationId(form.organization, source, form.country)
    const local = source === 'local' || source === 'import' || source === 'sample'
    db.prepare(
      `UPDATE contacts SET name = @name, organization_id = @organization, job_title = @jobTitle, country = @country, note = @note,
         emails = @emails, sort_name = @sortName, search = @search, edited = @edited, offer_trouble = NULL,
         organization_external_id = CASE WHEN @local THEN NULL ELSE @organizationThere END,
         updated_at = CASE WHEN @local THEN @now ELSE updated_at END
       WHERE id = @id`,
    ).run({
      id,
      name: form.name,
      organization,
      organizationThere: form.organization?.id ?? null,
      jobTitle: form.jobTitle || null,
      country: form.country,
      note: form.note,
      emails: JSON.stringify(form.emails),
      sortName: sortName(form.name),
      search: searchText(form.name, form.organization?.name ?? '', form.emails),
      edited,
      local: local ? 1 : 0,
      now: clock.wall(),
    })
    if (organizationBefore !== organization) this.#dropOrganization(organizationBefore)
    db.prepare('DELETE FROM phones WHERE contact_id = ?').run(id)
    const addPhone = db.prepare(
      'INSERT INTO phones (contact_id, e164, digits, suffix, raw, type, label, extension, is_primary) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    for (const [at, { raw, type, label }] of form.phones.entries()) {
      const { e164, digits, suffix, extension } = parseNumber(raw, form.country ?? country())
      addPhone.run(id, e164, digits, suffix, raw, type, label, extension, at === 0 ? 1 : 0)
    }
  }

  /** Throws TroubleError `contacts.notKept` while the disk refuses; it is written as soon as it can be. */
  #durably(key: string, change: () => void): void {
    const written = this.needs.store.write(change, { durable: true, key })
    this.needs.changed()
    if (!written) throw new TroubleError('contacts.notKept')
  }
}
