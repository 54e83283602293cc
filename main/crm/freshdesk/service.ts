/**
 * What is taken for granted of Freshdesk, in one place. Nothing here has been tried against the live service: it comes from the
 * vendor's published documentation of API v2; what comes from nowhere that can be checked says «unverified».
 */
import type { CrmLimits, CrmPace, CrmReply } from '../crm'

export const serviceName = 'Freshdesk'
/** Accounts are below it; an account's own domain name does not take requests. */
export const serviceDomain = 'freshdesk.com'

const root = '/api/v2'
export const paths = {
  me: `${root}/agents/me`,
  account: `${root}/account`,
  agents: `${root}/agents`,
  contacts: `${root}/contacts`,
  companies: `${root}/companies`,
  contactFields: `${root}/contact_fields`,
  companyFields: `${root}/company_fields`,
  contactSearch: `${root}/search/contacts`,
} as const

/**
 * The smallest paid plan takes 200 requests a minute of a whole account, but only 20 for the list of contacts, whoever asks. No reply
 * says how much of those 20 is left, so that they count for everything. There is no daily budget.
 */
export const pace: CrmPace = { burst: 20, windowMs: 60_000, daily: null, parallel: 2 }

/** The most rows of a list's page. */
export const pageSize = 100
/** The longest query of a search, in characters with its quotes. */
export const longestQuery = 512
/**
 * The filter for changes: the documentation has the first name, older copies of it the second (unverified), and for companies it
 * has none (unverified). Which one takes effect is tried.
 */
export const sinceFilters = ['updated_since', '_updated_since'] as const
export type SinceFilter = (typeof sinceFilters)[number]
/** What a change may come late by, ms. */
export const overlapMs = 5 * 60_000
/** The type of a custom field that holds a number. */
export const phoneFieldType = 'custom_phone_number'

/** Addresses of records in the web application (unverified). */
export const webPages = { contact: 'a/contacts/', organization: 'a/companies/' } as const

/** `X-RateLimit-*` tell of the account's minute; when that is full again is not said. `Retry-After` is in seconds. */
export function limitsOf(reply: CrmReply): CrmLimits {
  const limits: CrmLimits = {}
  const remaining = numberOf(reply, 'x-ratelimit-remaining')
  const retryAfter = numberOf(reply, 'retry-after')
  if (remaining !== null) limits.burstRemaining = remaining
  if (reply.status === 429 && retryAfter !== null) limits.waitMs = retryAfter * 1000
  return limits
}

function numberOf(reply: CrmReply, header: string): number | null {
  const value = reply.headers[header]
  const text = Array.isArray(value) ? value[0] : value
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null
}
