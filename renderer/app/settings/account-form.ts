/** What the rep enters for a SIP account: how it is understood, what is wrong with it, and what is sent to main. */
import { type SipAccountInput, type SipAccountView, sipAccountInput, type Trouble } from '../../../preload/contract'

export interface IceEntry {
  url: string
  username: string
  credential: string
  /** Main keeps one that it does not show. */
  hasCredential: boolean
}
export interface Entry {
  label: string
  server: string
  user: string
  /** Empty: the one that main keeps stays. */
  password: string
  displayName: string
  domain: string
  authUser: string
  outboundProxy: string
  declineCode: 486 | 480 | 603
  iceServers: IceEntry[]
  plainFile: boolean
}

export const blank: Entry = {
  label: '',
  server: '',
  user: '',
  password: '',
  displayName: '',
  domain: '',
  authUser: '',
  outboundProxy: '',
  declineCode: 486,
  iceServers: [],
  plainFile: false,
}

export function entryOf(view: SipAccountView): Entry {
  return {
    ...blank,
    label: view.label,
    server: view.server,
    user: view.user,
    displayName: view.displayName,
    domain: view.domain,
    authUser: view.authUser,
    outboundProxy: view.outboundProxy,
    declineCode: view.declineCode,
    iceServers: view.iceServers.map(({ url, username, hasCredential }) => ({
      url,
      username: username ?? '',
      credential: '',
      hasCredential,
    })),
  }
}

/** A server as people write it (`pbx.example.com`, `https://…`) as the address that is meant. */
export function completeServer(text: string): string {
  const server = text.trim()
  if (server === '') return ''
  if (/^https:\/\//i.test(server)) return `wss://${server.slice(8)}`
  return /^[a-z][a-z0-9+.-]*:/i.test(server) && !/^[^/:]+:\d+(\/|$)/.test(server) ? server : `wss://${server}`
}

/** `alice@example.com` or `sip:alice@example.com` in the user field is a user and a domain. */
export function splitAddress(entry: Entry): Entry {
  const address = /^(?:sips?:)?([^@\s]+)@([^@\s]+)$/.exec(entry.user.trim())
  if (address?.[1] && address[2]) return { ...entry, user: address[1], domain: entry.domain || address[2] }
  return entry
}

export type Field =
  | 'server'
  | 'user'
  | 'password'
  | 'label'
  | 'domain'
  | 'outboundProxy'
  | 'displayName'
  | 'authUser'
  | `iceServers.${number}`
/** Each wrong field with the key of the sentence that says what to do. */
export type Faults = Partial<Record<Field, string>>

/** What only main can find wrong, at the field that it concerns. */
const fieldOfCode: Readonly<Record<string, Field>> = {
  'account.badServer': 'server',
  'account.insecureServer': 'server',
  'account.secretInServer': 'server',
  'account.passwordNeeded': 'password',
}

/** The field beside which a refusal of main belongs; null when it concerns none. */
export function fieldOf(trouble: Trouble, entry: Entry): Field | null {
  const known = fieldOfCode[trouble.code]
  if (known) return known
  if (trouble.code !== 'bridge.badInput') return null
  const field = String(trouble.params.field ?? '')
  const ice = /^iceServers\.(\d+)/.exec(field)?.[1]
  if (ice !== undefined) return `iceServers.${Number(ice)}`
  return field in entry && field !== 'declineCode' && field !== 'plainFile' && field !== 'iceServers' ? (field as Field) : null
}

function serverFault(text: string): string | null {
  const server = completeServer(text)
  if (server === '') return 'serverMissing'
  let url: URL
  try {
    url = new URL(server)
  } catch {
    return 'serverUnreadable'
  }
  if (url.hostname === '' || /\s/.test(server)) return 'serverUnreadable'
  if (url.username || url.password) return 'serverHasPassword'
  if (url.protocol === 'wss:') return null
  if (url.protocol !== 'ws:') return 'serverNotWss'
  return url.hostname === '127.0.0.1' || url.hostname === '[::1]' ? null : 'serverNotSafe'
}

/** What is wrong with an entry before main is asked. `kept`: main already has a password for it. */
export function faultsOf(entry: Entry, kept: boolean): Faults {
  const faults: Faults = {}
  const server = serverFault(entry.server)
  if (server) faults.server = server
  if (entry.user.trim() === '') faults.user = 'userMissing'
  else if (/[\s@:]/.test(entry.user.trim())) faults.user = 'userUnreadable'
  if (entry.password === '' && !kept) faults.password = 'passwordMissing'
  if (/[\s/]/.test(entry.domain.trim())) faults.domain = 'domainUnreadable'
  if (/\s/.test(entry.outboundProxy.trim())) faults.outboundProxy = 'proxyUnreadable'
  entry.iceServers.forEach((ice, index) => {
    if (ice.url.trim() !== '' && !/^(stun|turn|turns):[^\s@]+$/.test(ice.url.trim())) faults[`iceServers.${index}`] = 'iceUnreadable'
  })
  return faults
}

/** The contract's form of an entry that has no faults. `keyring`: the machine has one. */
export function inputOf(entry: Entry, id: string | undefined, keyring: boolean): SipAccountInput {
  const server = completeServer(entry.server)
  const user = entry.user.trim()
  const host = entry.domain.trim() || new URL(server).hostname
  return sipAccountInput.parse({
    ...(id === undefined ? {} : { id }),
    label: entry.label.trim() || `${user}@${host}`.slice(0, 60),
    server,
    user,
    domain: entry.domain.trim(),
    authUser: entry.authUser.trim(),
    ...(entry.password === '' ? {} : { password: entry.password }),
    displayName: entry.displayName.trim(),
    outboundProxy: entry.outboundProxy.trim(),
    declineCode: entry.declineCode,
    iceServers: entry.iceServers
      .filter((ice) => ice.url.trim() !== '')
      .map((ice) => ({
        url: ice.url.trim(),
        ...(ice.username.trim() === '' ? {} : { username: ice.username.trim() }),
        ...(ice.credential === '' ? {} : { credential: ice.credential }),
      })),
    keepPassword: keyring ? 'keyring' : entry.plainFile ? 'plain-file' : 'session',
  })
}
