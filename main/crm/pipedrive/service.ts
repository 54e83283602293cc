/**
 * What is taken for granted of Pipedrive, in one place. Nothing here has been tried against the live service: paths, parameters
 * and shapes come from the types of its official SDK; what comes from elsewhere, or from nowhere that can be checked, says so.
 */
import type { CrmLimits, CrmPace, CrmReply } from '../crm'

export const serviceName = 'Pipedrive'
/** Takes every company's token, so that nobody is asked for a domain. */
export const serviceHost = 'api.pipedrive.com'

export const paths = {
  me: '/v1/users/me',
  users: '/v1/users',
  leads: '/v1/leads',
  archivedLeads: '/v1/leads/archived',
  leadLabels: '/v1/leadLabels',
  persons: '/api/v2/persons',
  personSearch: '/api/v2/persons/search',
  organizations: '/api/v2/organizations',
  deals: '/api/v2/deals',
  archivedDeals: '/api/v2/deals/archived',
  pipelines: '/api/v2/pipelines',
  stages: '/api/v2/stages',
  personFields: '/api/v2/personFields',
  organizationFields: '/api/v2/organizationFields',
  dealFields: '/api/v2/dealFields',
} as const

/** In tokens of the company's day. By third parties; the service's own headers overrule the sum. */
export const costs = { one: 1, list: 10, change: 5, search: 20, oneV1: 2, listV1: 20 } as const

/** The smallest plan's limits with one seat, by third parties. */
export const pace: CrmPace = { burst: 20, windowMs: 2000, searchBurst: 10, searchWindowMs: 2000, daily: 30_000, parallel: 2 }

/** The most rows of a v2 list, and of the lists of leads (unverified; a shorter page is no error). */
export const pageSize = 500
/** The most keys that `custom_fields` takes. */
export const mostCustomKeys = 15
/** The field that holds the names of labels, in v2 and (unverified) in what older accounts show. */
export const labelFields: ReadonlySet<string> = new Set(['label_ids', 'label'])
/** These fields exist only where the company syncs contacts; writing them elsewhere is refused (by third parties). */
export const contactSyncField = 'job_title'
/** What a change may come late by: the lists are searched from so much before the last change that was seen, ms. */
export const overlapMs = 5 * 60_000

/** Addresses of records in the web application; that of a lead is unverified. */
export const webPages = { contact: 'person/', organization: 'organization/', deal: 'deal/', lead: 'leads/inbox/' } as const

/** `x-ratelimit-reset` without unit is in seconds where it can be, else in ms; no window is longer than this, ms. */
const longestWindow = 60_000

/**
 * The headers of a reply: documented by third parties alone, so that each may be missing. The daily budget ends at midnight of a
 * server whose zone is not known: when it is spent, the engine's own day counts.
 */
export function limitsOf(reply: CrmReply): CrmLimits {
  const limits: CrmLimits = {}
  const remaining = numberOf(reply, 'x-ratelimit-remaining')
  const reset = numberOf(reply, 'x-ratelimit-reset')
  const dailyLimit = numberOf(reply, 'x-daily-ratelimit-token-limit')
  const dailyRemaining = numberOf(reply, 'x-daily-ratelimit-token-remaining')
  const resetMs = reset === null ? null : Math.min(longestWindow, reset * 1000 <= longestWindow ? reset * 1000 : reset)
  if (remaining !== null) limits.burstRemaining = remaining
  if (resetMs !== null) limits.burstResetMs = resetMs
  if (dailyLimit !== null) limits.dailyLimit = dailyLimit
  if (dailyRemaining !== null) limits.dailyRemaining = dailyRemaining
  if (reply.status === 429 && dailyRemaining !== 0)
    limits.waitMs = Math.max((numberOf(reply, 'retry-after') ?? 0) * 1000, resetMs ?? 0, 2000)
  return limits
}

function numberOf(reply: CrmReply, header: string): number | null {
  const value = reply.headers[header]
  const text = Array.isArray(value) ? value[0] : value
  return text !== undefined && /^\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : null
}
