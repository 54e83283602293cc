/** What the rep enters for a CRM connection: what is wrong with it before main is asked, and what is sent. */
import type { Connection, ConnectionInput, CrmKind, CrmUser, Trouble } from '../../../preload/contract'

export interface Entry {
  kind: string
  domain: string
  /** Empty: the kept one stays. */
  token: string
}
export type Field = 'domain' | 'token'

/** Something of the connection itself was entered, which must be checked before it is kept. */
export function isNew({ domain, token }: Entry, connection: Connection | null): boolean {
  return connection === null || token.trim() !== '' || domain.trim() !== connection.domain
}

/** The key of the sentence for the first thing that is missing; null: main can be asked. */
export function faultOf(
  { domain, token }: Entry,
  kind: CrmKind | undefined,
  connection: Connection | null,
): { field: Field; key: 'domainMissing' | 'tokenMissing' | 'tokenForDomain' } | null {
  if (kind?.domain && domain.trim() === '') return { field: 'domain', key: 'domainMissing' }
  if (token.trim() !== '') return null
  if (connection === null) return { field: 'token', key: 'tokenMissing' }
  return domain.trim() === connection.domain ? null : { field: 'token', key: 'tokenForDomain' }
}

/** The field beside which main's refusal belongs; null when it concerns none. */
export function fieldOf({ code }: Trouble, hasDomain: boolean): Field | null {
  if (['crm.refused', 'crm.badToken', 'crm.tokenNeeded', 'crm.noToken', 'crm.otherAccount'].includes(code)) return 'token'
  if (hasDomain && ['crm.badDomain', 'crm.redirected', 'network.nameNotFound'].includes(code)) return 'domain'
  return null
}

/**
 * The company's own part of what was pasted: `https://acme.freshdesk.com/a/` is `acme` where the suffix is `.freshdesk.com`.
 * Anything else stays as it is, for main to judge.
 */
export function ownPart(text: string, suffix: string): string {
  const host = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .replace(/[/?#].*$/s, '')
  const end = suffix.startsWith('.') ? suffix : `.${suffix}`
  return host.toLowerCase().endsWith(end.toLowerCase()) ? host.slice(0, -end.length) : text.trim()
}

/** The contract's form of an entry without faults. `keyring`: the machine has one. */
export function inputOf(
  { kind, domain, token }: Entry,
  about: { id: string | undefined; label: string; keyring: boolean; plainFile: boolean },
): ConnectionInput {
  return {
    ...(about.id === undefined ? {} : { id: about.id }),
    kind,
    domain: domain.trim(),
    ...(token.trim() === '' ? {} : { token: token.trim() }),
    label: about.label.trim(),
    keepToken: about.keyring ? 'keyring' : about.plainFile ? 'plain-file' : 'session',
  }
}

/** Of these the rep chooses: who the CRM says is there, and who was chosen before. */
export function choosable(users: readonly CrmUser[], chosen: CrmUser | null): CrmUser[] {
  return chosen === null || users.some(({ id }) => id === chosen.id) ? [...users] : [chosen, ...users]
}
