/** What a token opens, found out by asking: whose account it is, who the rep may be, what it may read. */
import type { CrmIdentity } from '../../../preload/contract'
import type { CrmConfig, CrmSend } from '../crm'
import { prepared, unlessRefused } from './config'
import { userOf } from './records'
import { listSize, paths, scopes } from './service'
import { listOf } from './shape'

/** Pages of owners, more than the list of them may hold. */
const mostPages = 50

/**
 * A private app belongs to nobody in particular. What it may is told by lists that it may read; HubSpot would say it outright,
 * but only to who puts the token into an address or a body, where it has no business. Rejects with the CRM's refusal when not even
 * contacts may be read.
 */
export async function connect(send: CrmSend): Promise<{ identity: CrmIdentity; config: CrmConfig }> {
  const needed = Object.entries(scopes.needed)
  const contacts = needed[0]?.[1] ?? ''
  await send({ path: contacts, query: { limit: 1 } })
  const config = await prepared(send, {})
  const [missing, optional, excess, users] = await Promise.all([
    readable(send, needed.slice(1)),
    readable(send, Object.entries(scopes.optional)),
    readable(send, Object.entries(scopes.excess)),
    unlessRefused(() => usersOf(send)),
  ])
  const found: CrmIdentity['scopes'] = [
    { name: needed[0]?.[0] ?? '', state: 'granted' },
    ...missing.map(({ name, may }) => ({ name, state: may ? ('granted' as const) : ('missing' as const) })),
    // An account without leads refuses them too.
    ...optional.map(({ name, may }) => ({ name, state: may ? ('granted' as const) : ('unknown' as const) })),
    ...scopes.untold.map((name) => ({ name, state: 'unknown' as const })),
    ...excess.flatMap(({ name, may }) => (may ? [{ name, state: 'excess' as const }] : [])),
  ]
  const named = (state: string) =>
    found
      .filter((scope) => scope.state === state)
      .map(({ name }) => name)
      .join(', ')
  const warnings: CrmIdentity['warnings'] = []
  if (named('missing')) warnings.push({ code: 'hubspot.missingScopes', params: { scopes: named('missing') } })
  if (named('excess')) warnings.push({ code: 'hubspot.excessScopes', params: { scopes: named('excess') } })
  return { identity: { account: config.portal ?? '', user: null, users: users ?? [], scopes: found, warnings }, config }
}

async function readable(send: CrmSend, of: readonly (readonly [string, string])[]): Promise<{ name: string; may: boolean }[]> {
  return await Promise.all(
    of.map(async ([name, path]) => ({ name, may: (await unlessRefused(() => send({ path, query: { limit: 1 } }))) !== null })),
  )
}

async function usersOf(send: CrmSend): Promise<CrmIdentity['users']> {
  const users: CrmIdentity['users'] = []
  let after: string | null = null
  for (let page = 0; page < mostPages; page++) {
    const query = { limit: listSize, archived: false, ...(after === null ? {} : { after }) }
    const list = listOf((await send({ path: paths.owners, query })).body)
    for (const user of list.rows.map(userOf)) {
      if (user?.isActive) users.push({ id: user.id.slice(0, 100), name: user.name, email: user.email })
    }
    if (list.next === null || list.next === after) break
    after = list.next
  }
  return users.slice(0, 5000)
}
