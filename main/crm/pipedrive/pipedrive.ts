/** The connection to Pipedrive. */
import type { CrmIdentity, CrmUser, Trouble } from '../../../preload/contract'
import { countryOf } from '../country'
import type { Crm, CrmConfig, CrmSend } from '../crm'
import { askOne, statusOf } from './ask'
import { configOf, prepared } from './config'
import { costOf, fetch, firstPage, readPage } from './pages'
import { create, refresh, search, update } from './people'
import { readUser } from './records'
import { costs, limitsOf, pace, paths, serviceHost, serviceName, webPages } from './service'
import { pageOf, type Row, rowsOf, textOf } from './shape'

type CrmScope = CrmIdentity['scopes'][number]
const mostUsers = 5_000

/** What is read, by the names of the rights that Pipedrive gives to programs, and how to find out whether this token may. */
const needed = [
  { name: 'contacts:read', paths: [paths.persons, paths.organizations], cost: costs.list },
  { name: 'deals:read', paths: [paths.deals], cost: costs.list },
  { name: 'leads:read', paths: [paths.leads], cost: costs.listV1 },
] as const

export const pipedrive: Crm = {
  kind: 'pipedrive',
  name: serviceName,
  domain: null,
  leads: true,
  objects: ['users', 'stages', 'organizations', 'contacts', 'deals', 'leads'],
  pace,
  sites: ['pipedrive.com'],
  origin: () => `https://${serviceHost}`,
  authorization: (token) => ({ 'x-api-token': token }),
  limits: limitsOf,
  connect,
  prepare: prepared,
  begin: firstPage,
  fetchPage: fetch,
  pageCost: costOf,
  readPage,
  search,
  refresh,
  page(type, externalId, config) {
    const { company } = configOf(config)
    return company === '' ? null : `https://${company}.pipedrive.com/${webPages[type]}${encodeURIComponent(externalId)}`
  },
  createContact: create,
  updateContact: update,
}

/** A personal token has no rights of its own but its user's: what it may is tried, what it may besides is pointed out. */
async function connect(send: CrmSend): Promise<{ identity: CrmIdentity; config: CrmConfig }> {
  const me = await askOne(send, { path: paths.me, cost: costs.oneV1 })
  const [users, ...allowed] = await Promise.all([usersOf(send), ...needed.map(({ paths, cost }) => isAllowed(send, paths, cost))])
  const user = userIn(me)
  const isAdmin = rowsOf(me.access).some(({ admin }) => admin === true)
  const scopes: CrmScope[] = [
    { name: 'users:read', state: users === null ? 'missing' : 'granted' },
    ...needed.map(({ name }, index): CrmScope => ({ name, state: allowed[index] ? 'granted' : 'missing' })),
    // Whether contacts may be made is known when one is.
    { name: 'contacts:full', state: 'unknown' },
    { name: 'search:read', state: 'unknown' },
    { name: 'deals:full', state: 'excess' },
    ...(isAdmin ? [{ name: 'admin', state: 'excess' } as const] : []),
  ]
  const company = textOf(me.company_domain).toLowerCase()
  const hasPages = /^[a-z0-9][a-z0-9-]{0,62}$/.test(company)
  return {
    identity: {
      account: textOf(me.company_name).slice(0, 200) || company || serviceName,
      user,
      users: users ?? (user ? [user] : []),
      scopes,
      warnings: warningsFor(isAdmin, user, scopes, hasPages),
    },
    config: { ...configOf({}), company: hasPages ? company : '', country: countryOf(textOf(me.company_country)) },
  }
}

function warningsFor(isAdmin: boolean, user: CrmUser | null, scopes: readonly CrmScope[], hasPages: boolean): Trouble[] {
  const person = user?.name ?? ''
  const missing = scopes.filter(({ state }) => state === 'missing').map(({ name }) => name)
  return [
    ...(missing.length > 0 ? [{ code: 'pipedrive.missing', params: { scopes: missing.join(', ') } }] : []),
    isAdmin ? { code: 'pipedrive.tokenOfAdmin', params: { person } } : { code: 'pipedrive.tokenOfPerson', params: { person } },
    ...(hasPages ? [] : [{ code: 'pipedrive.noPages', params: {} }]),
  ]
}

async function usersOf(send: CrmSend): Promise<CrmUser[] | null> {
  try {
    const { rows } = pageOf((await send({ path: paths.users, cost: costs.listV1 })).body)
    return rowsOf(rows)
      .flatMap((row) => (readUser(row)?.isActive ? (userIn(row) ?? []) : []))
      .slice(0, mostUsers)
  } catch (error) {
    if (statusOf(error) === 403) return null
    throw error
  }
}

function userIn(row: Row): CrmUser | null {
  const user = readUser(row)
  return user && { id: user.id, name: user.name.slice(0, 200), email: user.email }
}

/** The smallest page of each list; anything but a refusal is an error of its own. */
async function isAllowed(send: CrmSend, lists: readonly string[], cost: number): Promise<boolean> {
  try {
    for (const path of lists) pageOf((await send({ path, query: { limit: 1 }, cost })).body)
    return true
  } catch (error) {
    if (statusOf(error) === 403) return false
    throw error
  }
}
