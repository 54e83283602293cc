/**
 * What is taken for granted of HubSpot, in one place. Nothing here has been tried against the live service: paths, bodies and
 * shapes come from the types of its official SDK and its documentation; what comes from elsewhere says so.
 */

import { dayMs } from '../../time'
import type { CrmLimits, CrmPace, CrmReply } from '../crm'

export const serviceName = 'HubSpot'
export const serviceHost = 'api.hubapi.com'

export const objectsPath = '/crm/v3/objects'
export const paths = {
  /** By third parties: the portal's number, zone, currency, and where its web pages are. */
  account: '/account-info/v3/details',
  owners: '/crm/v3/owners',
  dealPipelines: '/crm/v3/pipelines/deals',
  leadPipelines: '/crm/v3/pipelines/leads',
} as const

/** HubSpot's own word for a kind of record, as it stands in paths. */
export type HubspotType = 'companies' | 'contacts' | 'deals' | 'leads'
export const typeOf = { organizations: 'companies', contacts: 'contacts', deals: 'deals', leads: 'leads' } as const

/**
 * A record's id in the cache. HubSpot counts each kind by itself, and the cache keeps deals and leads in one table: a lead's id says
 * that it is one.
 */
export function cachedId(type: HubspotType, id: string): string {
  return type === 'leads' ? `${leadMark}${id}` : id
}
/** HubSpot's own id of what the cache calls so. */
export function ownId(cached: string): string {
  return cached.startsWith(leadMark) ? cached.slice(leadMark.length) : cached
}
const leadMark = 'lead-'

export const propertiesPath = (type: HubspotType) => `/crm/v3/properties/${type}`
export const objectPath = (type: HubspotType, id: string) => `${objectsPath}/${type}/${encodeURIComponent(id)}`
export const searchPath = (type: HubspotType) => `${objectsPath}/${type}/search`
export const associationsPath = (from: HubspotType, to: HubspotType) => `/crm/v4/associations/${from}/${to}/batch/read`

/** The most rows of a list (by third parties) and of a search. */
export const listSize = 100
export const searchSize = 200
/** One search shows no more results than these, however it is paged (by third parties). */
export const searchCap = 10_000
/** The most filter groups of a search (by third parties). */
export const mostGroups = 5
/**
 * The search index comes after what was written, by seconds or more (unverified). Changes are searched from so much before the
 * last one that was seen, ms.
 */
export const overlapMs = 15 * 60_000

/**
 * As the SDK limits itself: 9 requests a second, 6 of them at once, a search every 550 ms. The daily budget is that of the
 * smallest plan, by third parties; headers overrule it.
 */
export const pace: CrmPace = { burst: 9, windowMs: 1000, searchBurst: 1, searchWindowMs: 550, daily: 250_000, parallel: 6 }

/** By what a kind of record is searched for changes. */
export const modifiedProperty: Readonly<Record<HubspotType, string>> = {
  contacts: 'lastmodifieddate',
  companies: 'hs_lastmodifieddate',
  deals: 'hs_lastmodifieddate',
  leads: 'hs_lastmodifieddate',
}
export const idProperty = 'hs_object_id'

/**
 * What is asked of each kind. A name that an account does not have is left out where its properties can be listed; elsewhere
 * HubSpot passes over it (unverified).
 */
export const wanted: Readonly<Record<HubspotType, readonly string[]>> = {
  contacts: [
    'firstname',
    'lastname',
    'email',
    'hs_additional_emails',
    'phone',
    'mobilephone',
    'company',
    'associatedcompanyid',
    'jobtitle',
    'message',
    'country',
    'hs_country_region_code',
    'lifecyclestage',
    'hs_lead_status',
    'hubspot_owner_id',
    'lastmodifieddate',
    'hs_merged_object_ids',
  ],
  companies: [
    'name',
    'domain',
    'phone',
    'country',
    'description',
    'lifecyclestage',
    'hs_lead_status',
    'hubspot_owner_id',
    'hs_lastmodifieddate',
    'hs_merged_object_ids',
  ],
  deals: [
    'dealname',
    'amount',
    'deal_currency_code',
    'dealstage',
    'pipeline',
    'closedate',
    'hubspot_owner_id',
    'hs_lastmodifieddate',
    'hs_merged_object_ids',
  ],
  // Names of leads' properties are unverified.
  leads: [
    'hs_lead_name',
    'hs_lead_label',
    'hs_pipeline',
    'hs_pipeline_stage',
    'hubspot_owner_id',
    'hs_lastmodifieddate',
    'hs_merged_object_ids',
  ],
}
/** Choices whose labels are shown with a record. */
export const labelProperties: readonly string[] = ['lifecyclestage', 'hs_lead_status', 'hs_lead_label']
/** HubSpot fills these with a number's area code and local number, for searching; never with the country's code (unverified). */
export const searchableNumbers: readonly string[] = ['hs_searchable_calculated_phone_number', 'hs_searchable_calculated_mobile_number']
/** Lets deals be searched by their contact (unverified). */
export const dealsOfContact = 'associations.contact'

/**
 * The association to the primary company: ids from the SDK, names (in lists) unverified. A lead's ids are not in the SDK.
 */
export const primaryTypeIds: ReadonlySet<number> = new Set([1, 5])
export const contactToPrimaryCompany = 1
export const primaryTypeNames: ReadonlySet<string> = new Set([
  'contact_to_company',
  'deal_to_company',
  'lead_to_company',
  'lead_to_primary_contact',
])

/** Record pages in the web application (unverified); the host is the account's own. */
const recordTypes = { contact: '0-1', organization: '0-2', deal: '0-3', lead: '0-136' } as const
export const defaultWebHost = 'app.hubspot.com'
export function webPage(type: keyof typeof recordTypes, portal: string, host: string, id: string): string {
  return `https://${isWebHost(host) ? host : defaultWebHost}/contacts/${encodeURIComponent(portal)}/record/${recordTypes[type]}/${encodeURIComponent(id)}`
}
export function isWebHost(host: string): boolean {
  return /^app(-[a-z0-9]{1,10})?\.hubspot\.com$/.test(host)
}

/** Scopes by what shows that the token has them: one list each. */
export const scopes = {
  needed: {
    'crm.objects.contacts.read': `${objectsPath}/contacts`,
    'crm.objects.companies.read': `${objectsPath}/companies`,
    'crm.objects.deals.read': `${objectsPath}/deals`,
    'crm.objects.owners.read': paths.owners,
  },
  /** Good to have: only some accounts have leads. */
  optional: { 'crm.objects.leads.read': `${objectsPath}/leads` },
  /** Nothing short of writing shows whether the token may. */
  untold: ['crm.objects.contacts.write'],
  /** Ringbook has no use for these. */
  excess: {
    tickets: `${objectsPath}/tickets`,
    'e-commerce': `${objectsPath}/products`,
    'crm.objects.line_items.read': `${objectsPath}/line_items`,
    'crm.objects.quotes.read': `${objectsPath}/quotes`,
  },
} as const

const hourMs = 3_600_000
/** After a 429 of the window of ten seconds, as the SDK waits; by third parties the body names the window. */
const policies: ReadonlyMap<string, number> = new Map([
  ['TEN_SECONDLY_ROLLING', 10_000],
  ['SECONDLY', 1_000],
])

/**
 * Headers and the 429's body. The day ends at midnight of the portal's zone, which a reply does not name: when it is spent the
 * next full hour is waited for, as every zone's midnight is close to one; what is asked too early is refused and costs nothing.
 */
export function limitsOf(reply: CrmReply, now: number): CrmLimits {
  const limits: CrmLimits = {}
  const remaining = numberOf(reply, 'x-hubspot-ratelimit-remaining')
  const interval = numberOf(reply, 'x-hubspot-ratelimit-interval-milliseconds')
  const daily = numberOf(reply, 'x-hubspot-ratelimit-daily')
  const dailyRemaining = numberOf(reply, 'x-hubspot-ratelimit-daily-remaining')
  if (remaining !== null) limits.burstRemaining = remaining
  if (remaining !== null && interval !== null) limits.burstResetMs = Math.min(interval, 60_000)
  if (daily !== null) limits.dailyLimit = daily
  if (dailyRemaining !== null) limits.dailyRemaining = dailyRemaining
  const policy = reply.status === 429 ? policyOf(reply.body) : ''
  const waitMs = policies.get(policy)
  if (waitMs !== undefined) limits.waitMs = waitMs
  if (policy === 'DAILY' || dailyRemaining === 0) limits.dailyResetMs = Math.min(dayMs, hourMs - (now % hourMs))
  return limits
}

function policyOf(body: Uint8Array): string {
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(body))
    const policy = typeof found === 'object' && found !== null && 'policyName' in found ? found.policyName : ''
    return typeof policy === 'string' ? policy : ''
  } catch {
    return ''
  }
}

function numberOf(reply: CrmReply, header: string): number | null {
  const value = reply.headers[header]
  const text = Array.isArray(value) ? value[0] : value
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}
