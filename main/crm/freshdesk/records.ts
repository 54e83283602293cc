/** Freshdesk's rows as records. Runs in the writer's thread for every row of a sync: hand-written, and it throws nothing. */
import type { CrmContact, CrmGone, CrmOrganization, CrmPhone, CrmUserRow } from '../crm'
import type { FreshdeskConfig, PhoneFields } from './config'
import { idOf, isRow, listOf, type Row, textOf, timeOf } from './shape'

/** More of a row's values than anybody has are a stranger's joke. */
const mostValues = 100

/** Contacts have no owner there; their country stands in no field of its own. */
export function readContact(row: Row, config: FreshdeskConfig): CrmContact | CrmGone | null {
  const id = idOf(row.id)
  if (id === null) return null
  if (row.deleted === true) return gone('contacts', id)
  return {
    object: 'contacts',
    id,
    ownerId: null,
    labels: textsOf(row.tags),
    updatedAt: timeOf(row.updated_at),
    name: textOf(row.name),
    organizationId: idOf(row.company_id),
    organization: null,
    jobTitle: textOf(row.job_title) || null,
    phones: [...own(row.phone, 'work'), ...own(row.mobile, 'mobile'), ...customPhones(row.custom_fields, config.contactPhones)],
    emails: [...textsOf([row.email]), ...textsOf(row.other_emails)].slice(0, mostValues),
    note: textOf(row.description),
    country: null,
  }
}

export function readCompany(row: Row, config: FreshdeskConfig): CrmOrganization | null {
  const id = idOf(row.id)
  if (id === null) return null
  return {
    object: 'organizations',
    id,
    ownerId: null,
    labels: [],
    updatedAt: timeOf(row.updated_at),
    name: textOf(row.name),
    phones: customPhones(row.custom_fields, config.companyPhones),
    note: textsOf([row.description, row.note]).join('\n\n'),
    country: null,
  }
}

/** `deactivated` is unverified. */
export function readAgent(row: Row): CrmUserRow | null {
  const id = idOf(row.id)
  if (id === null) return null
  const contact = isRow(row.contact) ? row.contact : row
  const isActive = row.deactivated !== true && row.deleted !== true
  return { object: 'users', id, name: textOf(contact.name), email: textOf(contact.email) || null, isActive }
}

/** A merged contact is a deleted one: which one took over is not said. */
export function gone(object: CrmGone['object'], id: string): CrmGone {
  return { object, gone: true, id, mergedInto: null }
}

function own(value: unknown, type: CrmPhone['type']): CrmPhone[] {
  const raw = textOf(value).trim()
  return raw === '' ? [] : [{ raw, type, label: null }]
}

/** Where the key may not read what fields there are, those whose name says so and whose value looks like it hold numbers. */
function customPhones(values: unknown, fields: PhoneFields): CrmPhone[] {
  if (!isRow(values)) return []
  if (fields !== null) {
    return fields.flatMap(({ name, label }) => {
      const raw = Object.hasOwn(values, name) ? textOf(values[name]).trim() : ''
      return raw === '' ? [] : [{ raw, type: typeNamed(label), label }]
    })
  }
  const phones: CrmPhone[] = []
  for (const [name, value] of Object.entries(values)) {
    const raw = textOf(value).trim()
    if (phones.length >= mostValues || !/phone|mobil|cell|handy|telef|tel\b|fax/i.test(name) || !looksLikeNumber(raw)) continue
    const label = name.replace(/^cf_/, '').replaceAll('_', ' ').slice(0, 100)
    phones.push({ raw, type: typeNamed(label), label })
  }
  return phones
}

function looksLikeNumber(text: string): boolean {
  return text.length <= 60 && /^[+(]?[\d\s().+/-]*(?:\s*(?:ext|x|#)[.\s]*\d+)?$/i.test(text) && text.replace(/\D/g, '').length >= 5
}

/** The type of a number from what people call its field. */
function typeNamed(name: string): CrmPhone['type'] {
  if (/mobil|cell|handy/i.test(name)) return 'mobile'
  if (/fax/i.test(name)) return 'fax'
  if (/main|switchboard|reception|central/i.test(name)) return 'main'
  if (/home|privat/i.test(name)) return 'home'
  return /work|office|business|direct/i.test(name) ? 'work' : 'other'
}

function textsOf(values: unknown): string[] {
  const texts: string[] = []
  for (const value of listOf(values)) {
    const text = textOf(value).trim()
    if (text !== '') texts.push(text)
    if (texts.length >= mostValues) break
  }
  return texts
}
