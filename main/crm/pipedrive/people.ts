/** Single persons: found by their number while it rings, looked at afresh, made and changed. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { asciiDigits } from '../../text'
import type { CrmConfig, CrmContact, CrmContactInput, CrmPhone, CrmRecord, CrmRequest, CrmSend } from '../crm'
import { askList, askOne, statusOf } from './ask'
import { configOf, type PipedriveConfig } from './config'
import { customFields } from './pages'
import { customValue, gone, readContact, readDeal, readOrganization } from './records'
import { costs, paths } from './service'
import { envelopeOf, idOf, isRow, type Row, rowsOf, textOf } from './shape'

/** Persons that a number may find, and deals that come with one. */
const mostFound = 20
const mostDeals = 100
/** The newest persons among whom an earlier try is looked for: search lags behind, lists do not. */
const newest = 100
/** Significant digits that must agree at the end of a number that was found. */
const enoughDigits = 7

/**
 * Persons on a number: at most two searches (the digits that every form of it has in common; then the number as people write it,
 * as nobody says how the index holds numbers), and one round of reads for what was found.
 */
export async function search(
  send: CrmSend,
  number: { e164: string | null; national: string; digits: string },
  given: CrmConfig,
): Promise<CrmRecord[]> {
  const config = configOf(given)
  const core = digitsOf(number.national).replace(/^0+/, '') || digitsOf(number.digits)
  const written = number.e164 === null ? undefined : parsePhoneNumberFromString(number.e164)?.formatInternational()
  const terms = [...new Set([core, written?.replace(/^\+\d+ /, '') ?? core])].filter((term) => term.length >= 2)
  for (const term of terms) {
    const found = (await searchPersons(send, term, 'phone,custom_fields')).filter((item) =>
      numbersIn(item).some((value) => isSame(value, core)),
    )
    const ids = found.map(({ id }) => idOf(id)).filter((id) => id !== null)
    if (ids.length > 0) return await withCompany(send, ids.slice(0, mostFound), config)
  }
  return []
}

export async function refresh(send: CrmSend, contactId: string, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const [person, deals] = await Promise.all([personOf(send, contactId, config), dealsOf(send, contactId, config)])
  if (person === null) return [gone('contacts', contactId)]
  const record = readContact(person, config)
  if (record === null || record.object !== 'contacts' || !('phones' in record)) return record ? [record] : []
  return [record, ...(await organizationsOf(send, [record], config)), ...deals]
}

/** Makes a person, unless an earlier try has. */
export async function create(send: CrmSend, contact: CrmContactInput, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const before = await alreadyMade(send, contact, config)
  if (before) return [before, ...(await organizationsOf(send, [before], config))]
  const body = {
    name: contact.name,
    ...ownerOf(contact),
    ...(numeric(contact.organizationId) === null ? {} : { org_id: numeric(contact.organizationId) }),
    emails: contact.emails.map((value, index) => ({ value, primary: index === 0, label: 'work' })),
    phones: contact.phones.map(({ raw, type }, index) => ({ value: raw, primary: index === 0, label: labelOf(type) })),
    ...contactSyncFields(contact, config, null),
  }
  return recordsOf(await askOne(send, { method: 'POST', path: paths.persons, body, cost: costs.change }), config)
}

/**
 * Changes a person. Numbers in custom fields stay where they are, and are emptied when the rep has removed them. A contact whose
 * organization is not known here keeps the one it has in the CRM.
 */
export async function update(send: CrmSend, contactId: string, contact: CrmContactInput, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const before = await personOf(send, contactId, config)
  if (before === null || before.is_deleted === true) return [gone('contacts', contactId)]
  const { phones, custom_fields } = phonesFor(contact.phones, before, config)
  const emails = rowsOf(before.emails)
  const body = {
    name: contact.name,
    ...ownerOf(contact),
    ...(numeric(contact.organizationId) === null ? {} : { org_id: numeric(contact.organizationId) }),
    emails: contact.emails.map((value, index) => ({
      value,
      primary: index === 0,
      label: textOf(emails.find((entry) => textOf(entry.value) === value)?.label) || 'work',
    })),
    phones,
    ...(Object.keys(custom_fields).length > 0 ? { custom_fields } : {}),
    ...contactSyncFields(contact, config, before),
  }
  try {
    return recordsOf(await askOne(send, { method: 'PATCH', path: `${paths.persons}/${contactId}`, body, cost: costs.change }), config)
  } catch (error) {
    if (isGone(error)) return [gone('contacts', contactId)]
    throw error
  }
}

/** A person of the same name with one of the same numbers or addresses. */
async function alreadyMade(send: CrmSend, contact: CrmContactInput, config: PipedriveConfig): Promise<CrmContact | null> {
  const latest = await askList(send, paths.persons, costs.list, {
    limit: newest,
    sort_by: 'add_time',
    sort_direction: 'desc',
    ...customFields(config.personPhones),
  })
  const made = contactsIn(latest, config).find((person) => isSamePerson(person, contact))
  if (made) return made
  const [term = contact.emails[0]] = contact.phones.map(({ raw }) => significant(raw)).filter((digits) => digits.length >= enoughDigits)
  if (term === undefined || term.length < 2) return null
  const found = await searchPersons(send, term, 'phone,custom_fields,email')
  const ids = found.filter((item) => sameName(textOf(item.name), contact.name)).map(({ id }) => idOf(id))
  const persons = await personsOf(
    send,
    ids.filter((id) => id !== null),
    config,
  )
  return persons.find((person) => isSamePerson(person, contact)) ?? null
}

function isSamePerson(person: CrmContact, contact: CrmContactInput): boolean {
  if (!sameName(person.name, contact.name)) return false
  if (contact.phones.length === 0 && contact.emails.length === 0) return person.phones.length === 0 && person.emails.length === 0
  const numbers = new Set(person.phones.map(({ raw }) => digitsOf(raw)))
  const addresses = new Set(person.emails.map((email) => email.toLowerCase()))
  return contact.phones.some(({ raw }) => numbers.has(digitsOf(raw))) || contact.emails.some((email) => addresses.has(email.toLowerCase()))
}

async function searchPersons(send: CrmSend, term: string, fields: string): Promise<Row[]> {
  const query = { term, fields, limit: mostFound }
  const { data } = envelopeOf((await send({ path: paths.personSearch, query, cost: costs.search, search: true })).body)
  return rowsOf(isRow(data) ? data.items : null).flatMap(({ item }) => (isRow(item) ? [item] : []))
}

function numbersIn(item: Row): string[] {
  return [item.phones, item.custom_fields].flatMap((values) => (Array.isArray(values) ? values.map(textOf) : []))
}

/** Search finds more than numbers: what it gives must really end in the same digits. */
function isSame(value: string, core: string): boolean {
  const digits = digitsOf(value.replace(/(?:ext|x|#).*$/i, ''))
  if (core.length < enoughDigits) return digits === core
  return digits.endsWith(core) || (digits.length >= enoughDigits && core.endsWith(digits.replace(/^0+/, '')))
}

async function withCompany(send: CrmSend, ids: readonly string[], config: PipedriveConfig): Promise<CrmRecord[]> {
  const [first = ''] = ids
  const [persons, deals] = await Promise.all([personsOf(send, ids, config), dealsOf(send, first, config)])
  return [...persons, ...(await organizationsOf(send, persons, config)), ...deals]
}

async function personsOf(send: CrmSend, ids: readonly string[], config: PipedriveConfig): Promise<CrmContact[]> {
  if (ids.length === 0) return []
  const query = { ids: ids.slice(0, 100).join(','), ...customFields(config.personPhones) }
  return contactsIn(await askList(send, paths.persons, costs.list, query), config)
}

function contactsIn(rows: readonly Row[], config: PipedriveConfig): CrmContact[] {
  return rows.flatMap((row) => {
    const record = readContact(row, config)
    return record?.object === 'contacts' && 'phones' in record ? [record] : []
  })
}

async function organizationsOf(send: CrmSend, persons: readonly CrmContact[], config: PipedriveConfig): Promise<CrmRecord[]> {
  const ids = [...new Set(persons.flatMap(({ organizationId }) => (numeric(organizationId) === null ? [] : (organizationId ?? []))))]
  const [only] = ids
  if (only === undefined) return []
  const fields = customFields(config.organizationPhones)
  if (ids.length === 1) {
    const row = await oneOrNone(send, { path: `${paths.organizations}/${only}`, query: fields, cost: costs.one })
    const record = row && readOrganization(row, config)
    return record ? [record] : []
  }
  const query = { ids: ids.slice(0, 100).join(','), ...fields }
  const rows = await askList(send, paths.organizations, costs.list, query)
  return rows.flatMap((row) => readOrganization(row, config) ?? [])
}

async function dealsOf(send: CrmSend, personId: string, config: PipedriveConfig): Promise<CrmRecord[]> {
  if (numeric(personId) === null) return []
  const query = { person_id: personId, limit: mostDeals, sort_by: 'update_time', sort_direction: 'desc' }
  return (await askList(send, paths.deals, costs.list, query)).flatMap((row) => readDeal(row, config) ?? [])
}

/** Null: it is not there any more. */
async function personOf(send: CrmSend, id: string, config: PipedriveConfig): Promise<Row | null> {
  if (numeric(id) === null) return null
  return await oneOrNone(send, { path: `${paths.persons}/${id}`, query: customFields(config.personPhones), cost: costs.one })
}

async function oneOrNone(send: CrmSend, request: CrmRequest): Promise<Row | null> {
  try {
    return await askOne(send, request)
  } catch (error) {
    if (isGone(error)) return null
    throw error
  }
}

function isGone(error: unknown): boolean {
  const status = statusOf(error)
  return status === 404 || status === 410
}

/** The numbers as the person's own phone fields and custom fields must hold them. */
function phonesFor(wanted: readonly CrmPhone[], before: Row, config: PipedriveConfig) {
  const custom = isRow(before.custom_fields) ? before.custom_fields : {}
  const left = [...wanted]
  const custom_fields: Record<string, string | null> = {}
  for (const { key, name } of config.personPhones) {
    const value = customValue(custom[key])
    const index = left.findIndex((phone) =>
      value === '' ? phone.label === name : digitsOf(phone.raw) === digitsOf(value) || phone.label === name,
    )
    const [kept] = index < 0 ? [] : left.splice(index, 1)
    if (kept && kept.raw !== value) custom_fields[key] = kept.raw
    else if (!kept && value !== '') custom_fields[key] = null
  }
  const own = rowsOf(before.phones)
  const phones = left.map(({ raw, type }, index) => {
    const label = textOf(own.find((entry) => textOf(entry.value) === raw)?.label)
    return { value: raw, primary: index === 0, label: label !== '' && (type === 'other' || label === type) ? label : labelOf(type) }
  })
  return { phones, custom_fields }
}

/** Job title and note, where the company has such fields; what is empty is removed. */
function contactSyncFields({ jobTitle, note }: CrmContactInput, config: PipedriveConfig, before: Row | null) {
  if (!config.contactSync) return {}
  return {
    ...(jobTitle || textOf(before?.job_title) ? { job_title: jobTitle } : {}),
    ...(note || textOf(before?.notes) ? { notes: note } : {}),
  }
}

function recordsOf(row: Row, config: PipedriveConfig): CrmRecord[] {
  const record = readContact(row, config)
  return record ? [record] : []
}

function ownerOf({ ownerId }: CrmContactInput): { owner_id?: number } {
  const owner = numeric(ownerId)
  return owner === null ? {} : { owner_id: owner }
}

function numeric(id: string | null): number | null {
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null
}

/** Pipedrive's own labels of numbers. */
function labelOf(type: CrmPhone['type']): string {
  return type === 'mobile' || type === 'home' || type === 'other' ? type : type === 'fax' ? 'other' : 'work'
}

function sameName(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase()
}

function digitsOf(text: string): string {
  return asciiDigits(text).replace(/\D/g, '')
}

/** The end of a number that its forms have in common, whatever its country: without prefixes and trunk zero. */
function significant(raw: string): string {
  return digitsOf(raw.replace(/(?:ext|x|#).*$/i, ''))
    .replace(/^0+/, '')
    .slice(-9)
}
