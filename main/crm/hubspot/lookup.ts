/** Single contacts: found by number while it rings, and read afresh with what belongs to them. */
import type { CrmConfig, CrmRecord, CrmSend } from '../crm'
import { configOf, type HubspotConfig, propertiesToAsk, unlessRefused } from './config'
import { associated } from './pages'
import { batchLinks, type LinkOf, listedIds, listedLink, recordsOf } from './records'
import { dealsOfContact, mostGroups, objectPath, objectsPath, searchableNumbers, searchPath } from './service'
import { idOf, isRow, listOf, objectOf, type Row, statusOf, textOf } from './shape'

const mostFound = 10
const mostDeals = 20

/**
 * Contacts whose number ends like this one, and the first one's open deals. The properties that HubSpot makes for searching numbers
 * are asked, else the words of the phone fields; where the account does not list such properties it is the other way round, as it
 * may have them all the same (unverified). Two requests at most.
 */
export async function search(send: CrmSend, number: { national: string }, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const national = number.national.replace(/\D/g, '').replace(/^0+/, '')
  if (national.length < 5) return []
  const ways = config.searchableNumbers ? [searchable(config), plain(config)] : [plain(config), searchable(config)]
  let asked = 0
  let rows: Row[] | null = null
  for (const properties of ways) {
    asked += 1
    rows = await knownBy(send, properties, national, config)
    if (rows !== null && (rows.length > 0 || config.searchableNumbers)) break
  }
  const records = (rows ?? []).flatMap((row) => contactRecords(row, config))
  const first = records[0]
  if (!first || first.object !== 'contacts' || !('name' in first) || asked > 1 || !config.deals) return records
  const deals = await openDeals(send, first.id, config).catch((error: unknown) => {
    if (statusOf(error) === null) throw error
    return []
  })
  const link: LinkOf = (_row, _id, to) => (to === 'contacts' ? first.id : first.organizationId)
  const open = deals.flatMap((row) => recordsOf('deals', row, config, link))
  return [...records, ...open.filter((deal) => 'status' in deal && deal.status === 'open')]
}

/** Null: HubSpot does not know one of the properties. */
async function knownBy(send: CrmSend, properties: readonly string[], national: string, config: HubspotConfig): Promise<Row[] | null> {
  try {
    return await contactsBy(send, properties, national, config)
  } catch (error) {
    if (statusOf(error) !== 400) throw error
    return null
  }
}

const searchable = (config: HubspotConfig) => [...searchableNumbers, ...config.contactPhones.map(({ name }) => name)]
const plain = (config: HubspotConfig) => ['phone', 'mobilephone', ...config.contactPhones.map(({ name }) => name)]

async function contactsBy(send: CrmSend, properties: readonly string[], national: string, config: HubspotConfig): Promise<Row[]> {
  const body = {
    filterGroups: properties.slice(0, mostGroups).map((propertyName) => ({
      filters: [{ propertyName, operator: 'CONTAINS_TOKEN', value: `*${national}` }],
    })),
    sorts: [{ propertyName: 'lastmodifieddate', direction: 'DESCENDING' }],
    properties: propertiesToAsk('contacts', config),
    limit: mostFound,
  }
  return listOf((await send({ method: 'POST', path: searchPath('contacts'), body, search: true })).body).rows
}

/** The company's name goes with the contact: its own record is not asked for, and may not be in the cache. */
function contactRecords(row: Row, config: HubspotConfig): CrmRecord[] {
  const company = isRow(row.properties) ? textOf(row.properties.company) || null : null
  return recordsOf('contacts', row, config, listedLink).map((record) =>
    record.object === 'contacts' && 'name' in record ? { ...record, organization: company } : record,
  )
}

async function openDeals(send: CrmSend, contactId: string, config: HubspotConfig): Promise<Row[]> {
  const body = {
    filterGroups: [{ filters: [{ propertyName: dealsOfContact, operator: 'EQ', value: contactId }] }],
    sorts: [{ propertyName: 'hs_lastmodifieddate', direction: 'DESCENDING' }],
    properties: propertiesToAsk('deals', config),
    limit: mostDeals,
  }
  return listOf((await send({ method: 'POST', path: searchPath('deals'), body, search: true })).body).rows
}

/**
 * One contact with its company and deals (not its leads: the next sync brings those). Read by the id of one that was merged away
 * HubSpot answers with the winner (unverified); one that is archived is not found.
 */
export async function refresh(send: CrmSend, contactId: string, given: CrmConfig): Promise<CrmRecord[]> {
  const config = configOf(given)
  const row = await readContact(send, contactId, config)
  if (row === null) return [{ object: 'contacts', gone: true, id: contactId, mergedInto: null }]
  const records = ownRecords(row, contactId, config)
  const contact = records[0]
  const id = idOf(row.id)
  if (!contact || contact.object !== 'contacts' || !('name' in contact) || id === null) return records
  const { organizationId } = contact
  const [company, deals] = await Promise.all([
    organizationId !== null && config.companies ? unlessRefused(() => readCompany(send, organizationId, config)) : null,
    config.deals ? unlessRefused(() => dealsOf(send, id, listedIds(row, 'deals').slice(0, mostDeals), config)) : null,
  ])
  return [...(company ?? []), ...records, ...(deals ?? [])]
}

/** The contact as it was read, and the id that was asked for when it was merged into this one. */
export function ownRecords(row: Row, asked: string, config: HubspotConfig): CrmRecord[] {
  const records = recordsOf('contacts', row, config, listedLink)
  const id = idOf(row.id)
  const known = id === null || id === asked || records.some((record) => 'gone' in record && record.id === asked)
  return known ? records : [...records, { object: 'contacts', gone: true, id: asked, mergedInto: id }]
}

/** Null when there is none. `by`: a property whose values are unique. */
export async function readContact(send: CrmSend, id: string, config: HubspotConfig, by?: 'email'): Promise<Row | null> {
  const to = ['companies', 'deals'].filter((type) => config[type as 'companies' | 'deals'])
  const query = {
    properties: propertiesToAsk('contacts', config).join(','),
    archived: false,
    ...(to.length > 0 ? { associations: to.join(',') } : {}),
    ...(by === undefined ? {} : { idProperty: by }),
  }
  try {
    return objectOf((await send({ path: objectPath('contacts', id), query })).body)
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

async function readCompany(send: CrmSend, id: string, config: HubspotConfig): Promise<CrmRecord[]> {
  const query = { properties: propertiesToAsk('companies', config).join(','), archived: false }
  return recordsOf('companies', objectOf((await send({ path: objectPath('companies', id), query })).body), config, listedLink)
}

/** A deal of several contacts becomes this one's, as it is this one who is looked at. */
async function dealsOf(send: CrmSend, contactId: string, ids: readonly string[], config: HubspotConfig): Promise<CrmRecord[]> {
  if (ids.length === 0) return []
  const body = { properties: propertiesToAsk('deals', config), propertiesWithHistory: [], inputs: ids.map((id) => ({ id })) }
  const [deals, companies] = await Promise.all([
    send({ method: 'POST', path: `${objectsPath}/deals/batch/read`, body, safe: true }),
    config.companies ? associated(send, 'deals', 'companies', ids) : null,
  ])
  const byBatch = batchLinks(['companies'], companies === null ? [] : [companies])
  const link: LinkOf = (row, id, to) => (to === 'contacts' ? contactId : byBatch(row, id, to))
  return listOf(deals.body).rows.flatMap((row) => recordsOf('deals', row, config, link))
}
