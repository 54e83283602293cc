/** The connection to Freshdesk. */
import type { CrmIdentity, CrmUser } from '../../../preload/contract'
import { TroubleError } from '../../trouble'
import { countryOf } from '../country'
import type { Crm, CrmConfig, CrmSend } from '../crm'
import { unlessRefused } from './ask'
import { create, update } from './change'
import { configOf, prepared } from './config'
import { refresh, search } from './lookup'
import { fetch, firstPage, readPage } from './pages'
import { readAgent } from './records'
import { limitsOf, pace, pageSize, paths, serviceDomain, serviceName, webPages } from './service'
import { isRow, objectOf, type Row, rowsOf, textOf } from './shape'

/** Pages of agents, more than the list of users may hold. */
const mostPages = 50

export const freshdesk: Crm = {
  kind: 'freshdesk',
  name: serviceName,
  domain: { suffix: `.${serviceDomain}` },
  leads: false,
  objects: ['users', 'organizations', 'contacts'],
  pace,
  sites: [serviceDomain],
  origin: (domain) => `https://${companyIn(domain)}.${serviceDomain}`,
  // RFC 7617; the key is the user's name, and any password does.
  authorization: (token) => ({ authorization: `Basic ${Buffer.from(`${token}:X`).toString('base64')}` }),
  limits: limitsOf,
  connect,
  prepare: prepared,
  begin: firstPage,
  fetchPage: fetch,
  pageCost: () => 1,
  readPage,
  search,
  refresh,
  page(type, externalId, config) {
    const { domain } = configOf(config)
    if (domain === '' || (type !== 'contact' && type !== 'organization')) return null
    return `https://${domain}.${serviceDomain}/${webPages[type]}${encodeURIComponent(externalId)}`
  },
  createContact: create,
  updateContact: update,
}

/** `company` of what the rep entered: that alone, the host, or a whole address copied from the browser. */
function companyIn(entered: string): string {
  const text = entered.trim().toLowerCase()
  const host = /^(?:https?:\/\/)?([^/?#:@\s]+)(?::443)?(?:[/?#].*)?$/.exec(text)?.[1] ?? ''
  const company = host.endsWith(`.${serviceDomain}`) ? host.slice(0, -serviceDomain.length - 1) : host
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(company)) throw new TroubleError('crm.badDomain', { domain: entered })
  return company
}

/** A key is an agent's and can do whatever that agent can: what it may is tried, what it may besides is pointed out. */
async function connect(send: CrmSend, domain: string): Promise<{ identity: CrmIdentity; config: CrmConfig }> {
  const company = companyIn(domain)
  const me = objectOf((await send({ path: paths.me })).body)
  const [account, users, contacts, companies] = await Promise.all([
    unlessRefused(() => send({ path: paths.account })),
    agentsOf(send),
    mayRead(send, paths.contacts),
    mayRead(send, paths.companies),
  ])
  const user = userIn(me)
  const about: Row = account === null ? {} : objectOf(account.body)
  const address = isRow(about.address) ? about.address : {}
  const needed = { contacts, companies, agents: users !== null }
  const missing = Object.entries(needed).flatMap(([name, may]) => (may || name === 'agents' ? [] : [name]))
  const identity: CrmIdentity = {
    account: textOf(about.account_name).slice(0, 200) || `${company}.${serviceDomain}`,
    user,
    users: users ?? (user ? [user] : []),
    scopes: [
      ...Object.entries(needed).map(([name, may]) => ({ name, state: may ? ('granted' as const) : ('missing' as const) })),
      // Whether contacts may be made is known when one is.
      { name: 'contacts: write', state: 'unknown' },
      { name: 'tickets', state: 'excess' },
      // Only administrators are shown the agents.
      ...(users === null ? [] : [{ name: 'admin', state: 'excess' as const }]),
    ],
    warnings: [
      ...(missing.length > 0 ? [{ code: 'freshdesk.missing', params: { scopes: missing.join(', ') } }] : []),
      users === null
        ? { code: 'freshdesk.keyOfAgent', params: { person: user?.name ?? '' } }
        : { code: 'freshdesk.keyOfAdmin', params: { person: user?.name ?? '' } },
    ],
  }
  return { identity, config: { ...configOf({}), domain: company, country: countryOf(textOf(address.country)) } }
}

/** Null where the key may not see them. */
async function agentsOf(send: CrmSend): Promise<CrmUser[] | null> {
  const users: CrmUser[] = []
  for (let page = 1; page <= mostPages; page++) {
    const reply = await unlessRefused(() => send({ path: paths.agents, query: { page, per_page: pageSize } }))
    if (reply === null) return null
    const rows = rowsOf(reply.body)
    for (const row of rows) {
      const user = isRow(row) && readAgent(row)?.isActive ? userIn(row) : null
      if (user) users.push(user)
    }
    if (rows.length < pageSize) break
  }
  return users
}

function userIn(row: Row): CrmUser | null {
  const user = readAgent(row)
  return user && { id: user.id, name: user.name.slice(0, 200), email: user.email }
}

async function mayRead(send: CrmSend, path: string): Promise<boolean> {
  const reply = await unlessRefused(() => send({ path, query: { page: 1, per_page: 1 } }))
  if (reply !== null) rowsOf(reply.body)
  return reply !== null
}
