/** Contacts made and changed in HubSpot. Only what differs is written. */
import { TroubleError } from '../../trouble'
import { type CrmConfig, type CrmContactInput, type CrmPhone, type CrmRecord, type CrmSend, CrmTrouble } from '../crm'
import { configOf, type HubspotConfig, propertiesToAsk } from './config'
import { ownRecords, readContact } from './lookup'
import { contactName, emailsOf, listedLink, recordsOf } from './records'
import { contactToPrimaryCompany, idProperty, listSize, objectPath, objectsPath, searchPath } from './service'
import { badReply, compareIds, idOf, isRow, listOf, objectOf, type Row, statusOf, textOf } from './shape'

/** Of the contacts in the search index, those that are passed over before the list is read. */
const recentlyIndexed = 50

type Properties = Record<string, string>

/**
 * Makes a contact, unless it is there: one with the e-mail address is (HubSpot takes none twice), and one with the same name and number
 * among the newest is what an earlier try made. That one gets what it lacks, and loses nothing.
 */
export async function createContact(send: CrmSend, contact: CrmContactInput, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const there = await earlier(send, contact, config)
  if (there !== null) return await complete(send, there, contact, config)
  const properties = { ...changesOf({}, contact, config), ...additional({}, contact, config) }
  const associations =
    contact.organizationId === null ? [] : [{ to: { id: contact.organizationId }, types: [companyAssociation(contactToPrimaryCompany)] }]
  try {
    const path = `${objectsPath}/contacts`
    const reply = await withoutAdditional(properties, (body) => send({ method: 'POST', path, body: { properties: body, associations } }))
    return await afresh(send, idIn(objectOf(reply.body)), config)
  } catch (error) {
    const id = statusOf(error) === 409 && error instanceof CrmTrouble ? existingId(error) : null
    const row = id === null ? null : await readContact(send, id, config)
    if (row === null) throw error
    return await complete(send, row, contact, config)
  }
}

export async function updateContact(send: CrmSend, contactId: string, contact: CrmContactInput, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const row = await readContact(send, contactId, config)
  if (row === null) return [{ object: 'contacts', gone: true, id: contactId, mergedInto: null }]
  const of = propertiesIn(row)
  const changed = await put(send, row, { ...changesOf(of, contact, config), ...additional(of, contact, config) }, contact, config)
  return changed ? await afresh(send, idIn(row), config, contactId) : ownRecords(row, contactId, config)
}

/** One that is there already: what it lacks is added. */
async function complete(send: CrmSend, row: Row, contact: CrmContactInput, config: HubspotConfig): Promise<CrmRecord[]> {
  const of = propertiesIn(row)
  const has = new Set(phoneFields(config).map((name) => digitsOf(textOf(of[name]))))
  const phones = [...phonesIn(of, config), ...contact.phones.filter(({ raw }) => !has.has(digitsOf(raw)))]
  const lacking = Object.entries(changesOf(of, { ...contact, phones }, config)).filter(([name, value]) => value !== '' && !textOf(of[name]))
  // Half a name is not filled up with half of another one.
  const fitting = contactName(of) === '' ? lacking : lacking.filter(([name]) => name !== 'firstname' && name !== 'lastname')
  const organizationId = organizationOf(row, config) ?? contact.organizationId
  const changed = await put(send, row, Object.fromEntries(fitting), { ...contact, organizationId }, config)
  return changed ? await afresh(send, idIn(row), config) : ownRecords(row, idIn(row), config)
}

/**
 * What an earlier try may have made. By e-mail address HubSpot answers from the records themselves; by number only from its index,
 * which comes late: so the end of the list is read too, behind what the index shows as the newest ids (that lists go by id, and that
 * the id is their cursor, is unverified).
 */
async function earlier(send: CrmSend, contact: CrmContactInput, config: HubspotConfig): Promise<Row | null> {
  // It stands in a path.
  for (const email of contact.emails.slice(0, 2).filter((one) => /^[^\s/?#@]+@[^\s/?#@]+$/.test(one))) {
    const row = await readContact(send, email, config, 'email')
    if (row !== null) return row
  }
  if (contact.emails.length > 0 || contact.phones.length === 0) return null
  const properties = propertiesToAsk('contacts', config)
  const newest = {
    filterGroups: [],
    sorts: [{ propertyName: idProperty, direction: 'DESCENDING' }],
    properties,
    limit: recentlyIndexed,
  }
  const indexed = listOf((await send({ method: 'POST', path: searchPath('contacts'), body: newest, search: true })).body)
  const oldest = indexed.rows.flatMap(({ id }) => idOf(id) ?? []).sort(compareIds)[0]
  const query = { limit: listSize, archived: false, properties: properties.join(','), associations: 'companies' }
  const path = `${objectsPath}/contacts`
  // With fewer contacts than that the list itself is short.
  const after = oldest === undefined || indexed.rows.length < recentlyIndexed ? {} : { after: oldest }
  const listed = listOf(
    (await send({ path, query: config.companies ? { ...query, ...after } : { ...without(query, 'associations'), ...after } })).body,
  )
  const numbers = new Set(contact.phones.map(({ raw }) => digitsOf(raw)))
  const isSame = (row: Row) => {
    const of = propertiesIn(row)
    return sameName(contactName(of), contact.name) && phoneFields(config).some((name) => numbers.has(digitsOf(textOf(of[name])) || '-'))
  }
  const found = [...listed.rows, ...indexed.rows].find(isSame)
  // The index may show one that is gone.
  return found ? await readContact(send, idIn(found), config) : null
}

function without<T extends object, K extends keyof T>(of: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = of
  return rest
}

/** Whether anything was written. */
async function put(send: CrmSend, row: Row, properties: Properties, contact: CrmContactInput, config: HubspotConfig): Promise<boolean> {
  const id = idIn(row)
  const writes = Object.keys(properties).length > 0
  if (writes)
    await withoutAdditional(properties, (body) => send({ method: 'PATCH', path: objectPath('contacts', id), body: { properties: body } }))
  const { organizationId } = contact
  if (organizationId === null || !config.companies || organizationId === organizationOf(row, config)) return writes
  const path = `/crm/v4/objects/contacts/${id}/associations/companies/${encodeURIComponent(organizationId)}`
  await send({ method: 'PUT', path, body: [companyAssociation(contactToPrimaryCompany)] })
  return true
}

function companyAssociation(associationTypeId: number) {
  return { associationCategory: 'HUBSPOT_DEFINED', associationTypeId }
}

async function afresh(send: CrmSend, id: string, config: HubspotConfig, asked = id): Promise<CrmRecord[]> {
  const row = await readContact(send, id, config)
  if (row === null) return [{ object: 'contacts', gone: true, id: asked, mergedInto: null }]
  return ownRecords(row, asked, config)
}

/** The properties whose values have to change; '' empties one. Throws `hubspot.noPlaceForNumber`. */
function changesOf(of: Row, contact: CrmContactInput, config: HubspotConfig): Properties {
  const wanted: Properties = { jobtitle: contact.jobTitle, ...placed(of, contact.phones, config) }
  if (config.contactProperties.includes('message')) wanted.message = contact.note
  if (contact.ownerId !== null) wanted.hubspot_owner_id = contact.ownerId
  if (contactName(of) !== contact.name) Object.assign(wanted, nameOf(contact.name))
  const primary = textOf(of.email)
  if (!contact.emails.includes(primary)) wanted.email = contact.emails[0] ?? ''
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => textOf(of[name]) !== value))
}

/** Addresses beside the first. That they may be written is unverified: where they may not, the rest is. */
function additional(of: Row, contact: CrmContactInput, config: HubspotConfig): Properties {
  if (!config.contactProperties.includes('hs_additional_emails')) return {}
  const primary = textOf(of.email)
  const further = contact.emails.includes(primary) ? contact.emails.filter((email) => email !== primary) : contact.emails.slice(1)
  const known = emailsOf(of).filter((email) => email !== primary)
  const same = further.length === known.length && further.every((email) => known.includes(email))
  return same ? {} : { hs_additional_emails: further.join(';') }
}

async function withoutAdditional<T>(properties: Properties, ask: (properties: Properties) => Promise<T>): Promise<T> {
  try {
    return await ask(properties)
  } catch (error) {
    if (statusOf(error) !== 400 || !('hs_additional_emails' in properties)) throw error
    const rest = without(properties, 'hs_additional_emails')
    return await ask(rest)
  }
}

function nameOf(name: string): Properties {
  const space = name.lastIndexOf(' ')
  return space < 0 ? { firstname: name, lastname: '' } : { firstname: name.slice(0, space), lastname: name.slice(space + 1) }
}

function phoneFields(config: HubspotConfig): string[] {
  return ['phone', 'mobilephone', ...config.contactPhones.map(({ name }) => name)]
}

function phonesIn(of: Row, config: HubspotConfig): CrmPhone[] {
  return phoneFields(config).flatMap((name) => {
    const raw = textOf(of[name])
    return raw === '' ? [] : [{ raw, type: name === 'mobilephone' ? ('mobile' as const) : ('work' as const) }]
  })
}

/** Every number in a field: where it is, else where its kind belongs, else where there is room. */
function placed(of: Row, phones: readonly CrmPhone[], config: HubspotConfig): Properties {
  const fields = phoneFields(config)
  const places = new Map<string, string>()
  const rest: CrmPhone[] = []
  for (const phone of phones) {
    const field = fields.find((name) => textOf(of[name]) === phone.raw && !places.has(name))
    if (field === undefined) rest.push(phone)
    else places.set(field, phone.raw)
  }
  for (const { raw, type, label } of rest) {
    const custom = config.contactPhones.filter((field) => field.label === label || (type === 'fax' && field.type === 'fax'))
    const first = [...custom.map(({ name }) => name), type === 'mobile' ? 'mobilephone' : 'phone']
    const free = [...first, ...fields].find((name) => !places.has(name))
    if (free === undefined) throw new TroubleError('hubspot.noPlaceForNumber', { number: raw })
    places.set(free, raw)
  }
  return Object.fromEntries(fields.map((name) => [name, places.get(name) ?? '']))
}

function organizationOf(row: Row, config: HubspotConfig): string | null {
  const [contact] = recordsOf('contacts', row, config, listedLink)
  return contact?.object === 'contacts' && 'organizationId' in contact ? contact.organizationId : null
}

function propertiesIn(row: Row): Row {
  return isRow(row.properties) ? row.properties : {}
}

function idIn(row: Row): string {
  const id = idOf(row.id)
  if (id === null) throw badReply('a contact without an id')
  return id
}

/** HubSpot names the one that has the e-mail address in its refusal (by third parties). */
function existingId({ body }: CrmTrouble): string | null {
  const text = body === null ? '' : new TextDecoder().decode(body)
  return /Existing ID: ?(\d{1,25})/.exec(text)?.[1] ?? null
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, '')
}

function sameName(a: string, b: string): boolean {
  const plain = (name: string) => name.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase()
  return plain(a) === plain(b)
}
