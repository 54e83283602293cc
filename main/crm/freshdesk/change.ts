/** Contacts made and changed in Freshdesk. */
import { asciiDigits } from '../../text'
import { TroubleError } from '../../trouble'
import { type CrmConfig, type CrmContactInput, type CrmPhone, type CrmRecord, type CrmSend, CrmTrouble } from '../crm'
import { configOf, type FreshdeskConfig } from './config'
import { readRow } from './lookup'
import { contactOf } from './pages'
import { gone, readContact } from './records'
import { paths } from './service'
import { idOf, isRow, jsonOf, listOf, objectOf, type Row, rowsOf, textOf } from './shape'

type Fields = Record<string, unknown>

/**
 * Makes a contact, unless an earlier try has, or its e-mail address is somebody's already, as those are unique: what is found gets
 * what it lacks.
 */
export async function create(send: CrmSend, contact: CrmContactInput, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  if (contact.phones.length === 0 && contact.emails.length === 0) throw new TroubleError('freshdesk.needsNumber')
  const { phone, mobile, custom } = placed(null, contact.phones, config)
  const [email, ...others] = contact.emails
  const body = {
    name: contact.name,
    ...known({ email, phone, mobile, job_title: contact.jobTitle, description: contact.note }),
    ...(others.length > 0 ? { other_emails: others } : {}),
    ...(numeric(contact.organizationId) === null ? {} : { company_id: numeric(contact.organizationId) }),
    ...(Object.keys(custom).length > 0 ? { custom_fields: custom } : {}),
  }
  // Without any of these it would be refused; a custom field is no such place.
  if (!email && !phone && !mobile) throw new TroubleError('freshdesk.needsNumber')
  const before = await alreadyMade(send, { name: contact.name, email, phone, mobile })
  if (before) return await completed(send, before, contact, config)
  try {
    return [contactOf(objectOf((await send({ method: 'POST', path: paths.contacts, body })).body), config)]
  } catch (error) {
    const taken = takenBy(error)
    if (taken === null) throw error
    const owner = taken.id === null ? null : await readRow(send, taken.id)
    if (owner === null || taken.field !== 'email')
      throw new TroubleError('freshdesk.taken', { value: taken.field === 'mobile' ? mobile : (email ?? '') })
    return await completed(send, owner, contact, config)
  }
}

/** Changes what differs. A contact whose organization is not known here keeps the one it has in the CRM. */
export async function update(send: CrmSend, contactId: string, contact: CrmContactInput, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const row = await readRow(send, contactId)
  if (row === null) return [gone('contacts', contactId)]
  const { phone, mobile, custom } = placed(row, contact.phones, config)
  const [email = '', ...others] = contact.emails.includes(textOf(row.email))
    ? [textOf(row.email), ...contact.emails.filter((address) => address !== textOf(row.email))]
    : contact.emails
  const body = {
    ...changed(row, { name: contact.name, email, phone, mobile, job_title: contact.jobTitle, description: contact.note }),
    ...(sameTexts(listOf(row.other_emails).map(textOf), others) ? {} : { other_emails: others }),
    ...companyOf(row, contact),
    ...customOf(custom),
  }
  if (!email && !phone && !mobile && !textOf(row.twitter_id) && !textOf(row.unique_external_id))
    throw new TroubleError('freshdesk.needsNumber')
  return await put(send, row, body, config)
}

/** What is there stays as it is, and gets what it lacks. */
async function completed(send: CrmSend, row: Row, contact: CrmContactInput, config: FreshdeskConfig): Promise<CrmRecord[]> {
  const before = readContact(row, config)
  const phones = before && 'phones' in before ? before.phones : []
  const lacking = contact.phones.filter(({ raw }) => !phones.some((phone) => sameDigits(phone.raw, raw)))
  const { phone, mobile, custom } = placed(row, [...phones, ...lacking], config)
  const emails = before && 'emails' in before ? before.emails : []
  const more = contact.emails.filter((email) => !emails.some((known) => sameText(known, email)))
  const [email, ...others] = textOf(row.email) === '' ? more : ['', ...more]
  const wanted = { email, phone, mobile, job_title: contact.jobTitle, description: contact.note }
  const body = {
    ...Object.fromEntries(Object.entries(wanted).filter(([name, value]) => value && textOf(row[name]) === '')),
    ...(others.length > 0 ? { other_emails: [...listOf(row.other_emails).map(textOf), ...others] } : {}),
    ...(idOf(row.company_id) === null ? companyOf(row, contact) : {}),
    ...customOf(custom),
  }
  return await put(send, row, body, config)
}

async function put(send: CrmSend, row: Row, body: Fields, config: FreshdeskConfig): Promise<CrmRecord[]> {
  const id = idOf(row.id) ?? ''
  if (Object.keys(body).length === 0) return [contactOf(row, config, id)]
  try {
    return [contactOf(objectOf((await send({ method: 'PUT', path: `${paths.contacts}/${id}`, body })).body), config, id)]
  } catch (error) {
    if (error instanceof CrmTrouble && error.status === 404) return [gone('contacts', id)]
    const taken = takenBy(error)
    if (taken) throw new TroubleError('freshdesk.taken', { value: textOf(body[taken.field]) || textOf(listOf(body.other_emails)[0]) })
    throw error
  }
}

/** Lists, unlike the search, know at once what was made: who has the address, or the same name and number. */
async function alreadyMade(
  send: CrmSend,
  { name, email, phone, mobile }: { name: string; email: string | undefined; phone: string; mobile: string },
): Promise<Row | null> {
  const filters = email ? { email } : mobile ? { mobile } : { phone }
  const rows = rowsOf((await send({ path: paths.contacts, query: { ...filters, page: 1, per_page: 100 } })).body).filter(isRow)
  const found = rows.find((row) =>
    email ? [row.email, ...listOf(row.other_emails)].some((known) => sameText(textOf(known), email)) : sameText(textOf(row.name), name),
  )
  const id = idOf(found?.id)
  // Lists leave out some of a contact's fields.
  return id === null ? null : await readRow(send, id)
}

/** Every number in a field: where it is, else where its kind belongs, else where there is room. '' and null empty a field. */
function placed(row: Row | null, phones: readonly CrmPhone[], config: FreshdeskConfig) {
  const before = isRow(row?.custom_fields) ? row.custom_fields : {}
  const fields = config.contactPhones ?? customIn(row, config)
  const names = ['phone', 'mobile', ...fields.map(({ name }) => `custom_fields.${name}`)]
  const valueIn = (name: string) => textOf(name.startsWith('custom_fields.') ? before[name.slice(14)] : row?.[name]).trim()
  const places = new Map<string, string>()
  const rest: CrmPhone[] = []
  for (const phone of phones) {
    const name = names.find((name) => !places.has(name) && valueIn(name) !== '' && sameDigits(valueIn(name), phone.raw))
    if (name === undefined) rest.push(phone)
    else places.set(name, phone.raw)
  }
  for (const { raw, type, label } of rest) {
    const labelled = fields.filter((field) => field.label === label).map(({ name }) => `custom_fields.${name}`)
    const free = [...labelled, type === 'mobile' ? 'mobile' : 'phone', ...names].find((name) => !places.has(name))
    if (free === undefined) throw new TroubleError('freshdesk.noPlaceForNumber', { number: raw })
    places.set(free, raw)
  }
  const custom: Record<string, string | null> = {}
  for (const { name } of fields) {
    const value = places.get(`custom_fields.${name}`) ?? null
    if ((value ?? '') !== textOf(before[name])) custom[name] = value
  }
  return { phone: places.get('phone') ?? '', mobile: places.get('mobile') ?? '', custom }
}

/** The custom fields in which numbers were found without knowing what fields there are. */
function customIn(row: Row | null, config: FreshdeskConfig): { name: string; label: string }[] {
  const values = isRow(row?.custom_fields) ? row.custom_fields : {}
  return Object.keys(values).flatMap((name) => {
    const contact = readContact({ id: 1, custom_fields: { [name]: values[name] } }, config)
    const label = contact && 'phones' in contact ? contact.phones[0]?.label : undefined
    return label == null ? [] : [{ name, label }]
  })
}

function changed(row: Row, wanted: Record<string, string>): Fields {
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) => (textOf(row[name]) === value ? [] : [[name, value === '' ? null : value]])),
  )
}

function known(values: Record<string, string | undefined>): Fields {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value))
}

function companyOf(row: Row, { organizationId }: CrmContactInput): Fields {
  const id = numeric(organizationId)
  return id === null || idOf(row.company_id) === organizationId ? {} : { company_id: id }
}

function customOf(custom: Record<string, string | null>): Fields {
  return Object.keys(custom).length > 0 ? { custom_fields: custom } : {}
}

/** Whose it is, where the refusal is that a value is somebody's already; where it names them is unverified. */
function takenBy(error: unknown): { field: string; id: string | null } | null {
  if (!(error instanceof CrmTrouble) || (error.status !== 409 && error.status !== 400) || error.body === null) return null
  let reply: unknown
  try {
    reply = jsonOf(error.body)
  } catch {
    return null
  }
  const faults = listOf(isRow(reply) ? reply.errors : null).filter(isRow)
  const fault = faults.find(({ code }) => code === 'duplicate_value')
  if (!fault) return null
  const about = isRow(fault.additional_info) ? fault.additional_info : {}
  return { field: textOf(fault.field), id: idOf(about.user_id) }
}

function numeric(id: string | null): number | null {
  return id !== null && /^[1-9]\d{0,15}$/.test(id) && Number.isSafeInteger(Number(id)) ? Number(id) : null
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && b.every((text) => a.includes(text))
}

function sameText(a: string, b: string): boolean {
  const plain = (text: string) => text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
  return plain(a) === plain(b)
}

function sameDigits(a: string, b: string): boolean {
  const digits = (text: string) => asciiDigits(text).replace(/\D/g, '')
  return digits(a) === digits(b)
}
