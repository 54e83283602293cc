/** Single contacts: found by their number while it rings, and read afresh. */
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { asciiDigits } from '../../text'
import type { CrmConfig, CrmRecord, CrmRequest, CrmSend } from '../crm'
import { statusOf, unlessRefused } from './ask'
import { configOf, type FreshdeskConfig } from './config'
import { contactOf } from './pages'
import { gone, readCompany, readContact } from './records'
import { longestQuery, pageSize, paths } from './service'
import { isId, isRow, listOf, objectOf, type Row, rowsOf } from './shape'

interface Sought {
  e164: string | null
  national: string
  digits: string
}

/** What was changed in the last hour is read while it rings: the index of searches is some minutes behind, ms. */
const freshMs = 3_600_000
/** Significant digits that must agree at the end of a number that was found. */
const enoughDigits = 7
const fewestDigits = 5

/**
 * Contacts on a number, in two requests at once: those of the last hour's changes that have it in whatever form, and what the search
 * knows in the forms that people write, as it compares texts.
 */
export async function search(send: CrmSend, number: Sought, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const core = asciiDigits(number.national).replace(/\D/g, '').replace(/^0+/, '') || number.digits.replace(/\D/g, '')
  if (core.length < fewestDigits) return []
  const [fresh, known] = await Promise.all([
    send(freshRequest(number, config)).then(({ body }) => rowsOf(body)),
    searched(send, formsOf(number, core)),
  ])
  const found = new Map<string, CrmRecord>()
  for (const row of [...fresh, ...known]) {
    const contact = isRow(row) ? readContact(row, config) : null
    if (contact === null || 'gone' in contact || found.has(contact.id)) continue
    if (contact.phones.some(({ raw }) => isSame(raw, core))) found.set(contact.id, contact)
  }
  return [...found.values()]
}

/** Where lists cannot be asked for changes, those who have the number as networks write it. */
function freshRequest({ e164, digits }: Sought, { contactsSince }: FreshdeskConfig): CrmRequest {
  if (contactsSince !== null) {
    const query = { [contactsSince]: new Date(Date.now() - freshMs).toISOString(), page: 1, per_page: pageSize }
    return { path: paths.contacts, query }
  }
  const type = e164 === null ? undefined : parsePhoneNumberFromString(e164)?.getType()
  const isMobile = type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE'
  return { path: paths.contacts, query: { [isMobile ? 'mobile' : 'phone']: e164 ?? digits, page: 1, per_page: pageSize } }
}

/** Nothing where the search is refused as one that it does not understand: the rest may still name the caller. */
async function searched(send: CrmSend, forms: readonly string[]): Promise<readonly unknown[]> {
  try {
    const reply = await unlessRefused(() => send({ path: paths.contactSearch, query: { query: queryOf(forms), page: 1 }, search: true }))
    return reply === null ? [] : listOf(objectOf(reply.body).results)
  } catch (error) {
    if (statusOf(error) === 400) return []
    throw error
  }
}

function formsOf({ e164, national, digits }: Sought, core: string): string[] {
  const parsed = e164 === null ? undefined : parsePhoneNumberFromString(e164)
  const forms = parsed
    ? [
        parsed.number,
        parsed.formatInternational(),
        parsed.formatNational(),
        core,
        parsed.number.slice(1),
        `00${parsed.number.slice(1)}`,
        `0${core}`,
      ]
    : [digits, national, core]
  // Nothing but what numbers are written with gets between the quotes.
  return [...new Set(forms.map((form) => asciiDigits(form).replace(/[^\d+ ().-]/g, '')))].filter((form) => form !== '')
}

function queryOf(forms: readonly string[]): string {
  let query = ''
  for (const form of forms) {
    const longer = `${query === '' ? '' : `${query} OR `}phone:'${form}' OR mobile:'${form}'`
    if (longer.length + 2 > longestQuery) break
    query = longer
  }
  return `"${query}"`
}

/** Every form of a number ends in the same digits. */
function isSame(value: string, core: string): boolean {
  const digits = asciiDigits(value.replace(/(?:ext|x|#).*$/i, '')).replace(/\D/g, '')
  if (core.length < enoughDigits) return digits === core
  return digits.endsWith(core) || (digits.length >= enoughDigits && core.endsWith(digits.replace(/^0+/, '')))
}

/** A contact and its company. */
export async function refresh(send: CrmSend, contactId: string, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const row = await readRow(send, contactId)
  if (row === null) return [gone('contacts', contactId)]
  const contact = contactOf(row, config, contactId)
  const company = 'organizationId' in contact && contact.object === 'contacts' ? contact.organizationId : null
  if (company === null) return [contact]
  const reply = await unlessRefused(() => send({ path: `${paths.companies}/${company}` }))
  const organization = reply && readCompany(objectOf(reply.body), config)
  return organization ? [organization, contact] : [contact]
}

/** Null: it is not there any more, or in the bin. */
export async function readRow(send: CrmSend, id: string): Promise<Row | null> {
  if (!isId(id)) return null
  try {
    const row = objectOf((await send({ path: `${paths.contacts}/${id}` })).body)
    return row.deleted === true ? null : row
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 410) return null
    throw error
  }
}
