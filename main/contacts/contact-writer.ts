/**
 * The one way by which contacts enter the store: cleans and cuts every field, normalises numbers, and writes the folded
 * texts from which the search tables follow.
 */
import type { Database, Statement } from 'better-sqlite3'
import type { Phone } from '../../preload/contract'
import { cleanLine, cleanText, indexText, sortName } from '../text'
import { type ParsedNumber, parseNumbers } from './numbers'

export interface NewPhone {
  raw: string
  type: Phone['type']
}
export interface NewDeal {
  title: string
  amount: number | null
  currency: string | null
  stage: string | null
}
/** A contact as its source gave it: nothing in it is trusted. */
export interface NewContact {
  name: string
  organization: string
  jobTitle: string
  emails: string[]
  note: string
  labels: string[]
  phones: NewPhone[]
  /** ISO 3166-1 alpha-2, or null: taken from the first number. */
  country: string | null
  /** The source's own name for it (a vCard's UID). */
  externalId: string | null
  deals?: NewDeal[]
}

/** What is kept of a field, in characters or pieces. */
export const most = { name: 200, line: 200, email: 254, note: 10_000, emails: 20, labels: 20, label: 60, phones: 100, raw: 60 } as const

/** A number ready to be written. */
export interface CleanPhone extends Omit<ParsedNumber, 'country'> {
  raw: string
  type: Phone['type']
  label: string | null
}
/** A contact ready to be written. */
export interface CleanContact extends Omit<NewContact, 'phones'> {
  phones: CleanPhone[]
}

/**
 * Numbers read once, each only once, at most a hundred. A number without a prefix is one of the contact's own country, else
 * of `region`. `country`: the first country that a number names.
 */
export function cleanPhones(
  phones: readonly { raw: string; type: Phone['type']; label?: string | null }[],
  own: string | null,
  region: string,
): { phones: CleanPhone[]; country: string | null } {
  const kept: CleanPhone[] = []
  const seen = new Set<string>()
  let first: string | null = null
  // A field may hold several numbers.
  const given = phones
    .slice(0, most.phones)
    .flatMap(({ raw, type, label }) => parseNumbers(raw, own, region).map((number) => ({ ...number, type, label })))
  for (const { raw, type, label, country, ...number } of given) {
    if (kept.length >= most.phones) break
    const key = (number.e164 ?? number.digits) + (number.extension ? `;${number.extension}` : '')
    if (number.digits === '' || seen.has(key)) continue
    seen.add(key)
    first ??= country
    kept.push({ ...number, raw: cleanLine(raw, most.raw), type, label: label ? cleanLine(label, most.label) || null : null })
  }
  return { phones: kept, country: first }
}

export function cleanEmails(emails: readonly string[]): string[] {
  return [...new Set(emails.slice(0, 200).map((email) => cleanLine(email, most.email)))]
    .filter((email) => email !== '')
    .slice(0, most.emails)
}

export function cleanLabels(labels: readonly string[]): string[] {
  return labels
    .slice(0, 200)
    .map((label) => cleanLine(label, most.label))
    .filter((label) => label !== '')
    .slice(0, most.labels)
}

/** `region`: the country of numbers without a prefix. */
export function cleanContact(contact: NewContact, region: string): CleanContact {
  const { phones, country } = cleanPhones(contact.phones, contact.country, region)
  const emails = cleanEmails(contact.emails)
  const organization = cleanLine(contact.organization, most.line)
  return {
    ...contact,
    name: cleanLine(contact.name, most.name) || organization || emails[0] || phones[0]?.raw || '',
    organization,
    jobTitle: cleanLine(contact.jobTitle, most.line),
    emails,
    note: cleanText(contact.note, most.note),
    labels: cleanLabels(contact.labels),
    phones,
    country: contact.country ?? country,
    externalId: contact.externalId && cleanLine(contact.externalId, 200),
  }
}

/** A contact that may be changed rather than one that a CRM holds. */
const ownFirst = 'ORDER BY EXISTS (SELECT 1 FROM connections WHERE id = c.source) LIMIT 1'

/** Writes contacts on one connection; every method belongs inside a transaction. */
export class ContactWriter {
  readonly #organization: Statement<[string, string], number>
  readonly #insertOrganization: Statement<unknown[]>
  readonly #insertContact: Statement<unknown[]>
  readonly #insertPhone: Statement<unknown[]>
  readonly #insertDeal: Statement<unknown[]>
  readonly #byUid: Statement<[string, string], number>
  readonly #byE164: Statement<[string, string], number>
  readonly #byDigits: Statement<[string, string], number>
  readonly #byName: Statement<[string], { id: number; emails: string; phones: number }>
  readonly #kept: Statement<
    [number],
    { job_title: string | null; note: string; emails: string; organization_id: number | null; name: string }
  >
  readonly #phones: Statement<[number], { e164: string | null; digits: string; extension: string | null }>
  readonly #complete: Statement<unknown[]>

  constructor(
    readonly db: Database,
    /** `sample`, `import`, later a CRM's name. */
    readonly source: string,
    readonly now: () => number,
  ) {
    this.#organization = db.prepare<[string, string], number>('SELECT id FROM organizations WHERE name = ? AND source = ? LIMIT 1').pluck()
    this.#insertOrganization = db.prepare(
      'INSERT INTO organizations (name, country, sort_name, search, source, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#insertContact = db.prepare(
      `INSERT INTO contacts (name, organization_id, job_title, country, note, labels, emails, sort_name, search, source, external_id, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#insertPhone = db.prepare(
      'INSERT INTO phones (contact_id, e164, digits, suffix, raw, type, label, extension, is_primary) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    )
    this.#insertDeal = db.prepare(
      `INSERT INTO deals (title, amount, currency, stage, status, contact_id, organization_id, sort_name, search, source, updated_at)
       VALUES (?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?)`,
    )
    this.#byUid = db.prepare<[string, string], number>('SELECT id FROM contacts WHERE source = ? AND external_id = ?').pluck()
    this.#byE164 = db
      .prepare<[string, string], number>(
        `SELECT c.id FROM phones p JOIN contacts c ON c.id = p.contact_id WHERE p.e164 = ? AND c.sort_name = ? ${ownFirst}`,
      )
      .pluck()
    this.#byDigits = db
      .prepare<[string, string], number>(
        `SELECT c.id FROM phones p JOIN contacts c ON c.id = p.contact_id WHERE p.digits = ? AND p.e164 IS NULL AND c.sort_name = ? ${ownFirst}`,
      )
      .pluck()
    this.#byName = db.prepare(
      'SELECT id, emails, (SELECT count(*) FROM phones WHERE contact_id = contacts.id) AS phones FROM contacts WHERE sort_name = ? LIMIT 20',
    )
    this.#kept = db.prepare('SELECT name, job_title, note, emails, organization_id FROM contacts WHERE id = ?')
    this.#phones = db.prepare('SELECT e164, digits, extension FROM phones WHERE contact_id = ?')
    this.#complete = db.prepare(
      'UPDATE contacts SET job_title = ?, note = ?, emails = ?, organization_id = ?, search = ?, updated_at = ? WHERE id = ?',
    )
  }

  /** The contact that this one repeats: the same UID, the same number under the same name, or the same e-mail and name. */
  find(contact: CleanContact): number | null {
    if (contact.externalId) {
      const same = this.#byUid.get(this.source, contact.externalId)
      if (same !== undefined) return same
    }
    const name = sortName(contact.name)
    for (const { e164, digits } of contact.phones) {
      const same = e164 ? this.#byE164.get(e164, name) : this.#byDigits.get(digits, name)
      if (same !== undefined) return same
    }
    const addresses = new Set(contact.emails.map((email) => email.toLowerCase()))
    for (const { id, emails, phones } of this.#byName.all(name)) {
      const theirs: string[] = JSON.parse(emails)
      if (theirs.some((email) => addresses.has(email.toLowerCase()))) return id
      // Two lines that hold nothing but the same name are the same line.
      if (phones === 0 && contact.phones.length === 0 && theirs.length === 0 && addresses.size === 0) return id
    }
    return null
  }

  insert(contact: CleanContact): number {
    const now = this.now()
    const organization = this.#organizationId(contact.organization, contact.country)
    const added = this.#insertContact.run(
      contact.name,
      organization,
      contact.jobTitle || null,
      contact.country,
      contact.note,
      JSON.stringify(contact.labels),
      JSON.stringify(contact.emails),
      sortName(contact.name),
      searchText(contact.name, contact.organization, contact.emails),
      this.source,
      contact.externalId,
      now,
    )
    const id = Number(added.lastInsertRowid)
    for (const [index, phone] of contact.phones.entries()) this.#addPhone(id, phone, index === 0)
    for (const { title, amount, currency, stage } of contact.deals ?? []) {
      const line = cleanLine(title, most.line)
      this.#insertDeal.run(line, amount, currency, stage, id, organization, sortName(line), indexText(line), this.source, now)
    }
    return id
  }

  /** Adds what the kept contact lacks and overwrites nothing; true when something was added. */
  complete(id: number, contact: CleanContact): boolean {
    const kept = this.#kept.get(id)
    if (!kept) return false
    const known = this.#phones.all(id)
    const missing = contact.phones.filter(
      (phone) =>
        !known.some((each) => (phone.e164 ? each.e164 === phone.e164 : each.digits === phone.digits) && each.extension === phone.extension),
    )
    for (const phone of missing.slice(0, Math.max(0, most.phones - known.length)))
      this.#addPhone(id, phone, known.length === 0 && phone === missing[0])
    const emails: string[] = JSON.parse(kept.emails)
    const newEmails = contact.emails.filter((email) => !emails.some((each) => each.toLowerCase() === email.toLowerCase()))
    const gains =
      newEmails.length > 0 ||
      (!kept.job_title && contact.jobTitle !== '') ||
      (kept.note === '' && contact.note !== '') ||
      (kept.organization_id === null && contact.organization !== '')
    if (gains) {
      const all = [...emails, ...newEmails].slice(0, most.emails)
      const organization = kept.organization_id ?? this.#organizationId(contact.organization, contact.country)
      const name = organization === null ? '' : (this.#organizationName(organization) ?? '')
      this.#complete.run(
        kept.job_title ?? (contact.jobTitle || null),
        kept.note || contact.note,
        JSON.stringify(all),
        organization,
        searchText(kept.name, name, all),
        this.now(),
        id,
      )
    }
    return gains || missing.length > 0
  }

  #organizationName(id: number): string | null {
    return this.db.prepare<[number], string>('SELECT name FROM organizations WHERE id = ?').pluck().get(id) ?? null
  }

  #organizationId(name: string, country: string | null): number | null {
    if (name === '') return null
    const known = this.#organization.get(name, this.source)
    return (
      known ?? Number(this.#insertOrganization.run(name, country, sortName(name), indexText(name), this.source, this.now()).lastInsertRowid)
    )
  }

  #addPhone(contactId: number, phone: CleanPhone, primary: boolean): void {
    const { e164, digits, suffix, raw, type, label, extension } = phone
    this.#insertPhone.run(contactId, e164, digits, suffix, raw, type, label, extension, primary ? 1 : 0)
  }
}

/** What a contact is found by; whoever changes a name, an organization's name or an e-mail writes it anew. */
export function searchText(name: string, organization: string, emails: readonly string[]): string {
  return joined(indexText(name), indexText(organization), indexText(emails.join(' ')))
}

/** `searchText` of pieces that have been through `indexText`. */
export function joined(name: string, organization: string, emails: string): string {
  return name + (organization === '' ? '' : ` ${organization}`) + (emails === '' ? '' : ` ${emails}`)
}
