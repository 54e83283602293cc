/** What the rep enters for a SIP account: how it is understood, what is wrong with it, and what is sent to main. */
import {
  type AccountColor,
  allCodecs,
  type CallerHeader,
  type Codec,
  callerHeader,
  type SipAccountInput,
  type SipAccountView,
  serviceCode,
  sipAccountInput,
  type Trouble,
} from '../../../preload/contract'

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
  color: AccountColor
  moreServers: string[]
  /** PEM text. */
  authority: string
  /** All of them, in the order of preference. */
  codecs: { codec: Codec; on: boolean }[]
  autoAnswer: boolean
  /** All of them, in the order in which they are believed. */
  callerHeaders: { header: CallerHeader; on: boolean }[]
  calledLineHeaders: boolean
  /** Null: the rep's own. */
  country: string | null
  messageWaiting: boolean
  voicemailNumber: string
  pickupPrefix: string
  doNotDisturbOn: string
  doNotDisturbOff: string
  echoNumber: string
  relayOnly: boolean
}

/** Dialled for a service of the phone system. */
export const codeFields = ['voicemailNumber', 'pickupPrefix', 'doNotDisturbOn', 'doNotDisturbOff', 'echoNumber'] as const
export type CodeField = (typeof codeFields)[number]
/** Further servers at most. */
export const mostServers = 5

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
  color: 'blue',
  moreServers: [],
  authority: '',
  codecs: allCodecs.map((codec) => ({ codec, on: true })),
  autoAnswer: false,
  callerHeaders: callerHeader.options.map((header) => ({ header, on: true })),
  calledLineHeaders: true,
  country: null,
  messageWaiting: true,
  voicemailNumber: '',
  pickupPrefix: '**',
  doNotDisturbOn: '',
  doNotDisturbOff: '',
  echoNumber: '',
  relayOnly: false,
}

/** Those in use first, as they are ordered; the others after them. */
function codecsOf(used: readonly Codec[]): Entry['codecs'] {
  const others = allCodecs.filter((codec) => !used.includes(codec))
  return [...used.map((codec) => ({ codec, on: true })), ...others.map((codec) => ({ codec, on: false }))]
}

/** Those that are believed first, as they are ordered; the others after them. */
function headersOf(believed: readonly CallerHeader[]): Entry['callerHeaders'] {
  const others = callerHeader.options.filter((header) => !believed.includes(header))
  return [...believed.map((header) => ({ header, on: true })), ...others.map((header) => ({ header, on: false }))]
}

/** The list with one element a place further up or down; unchanged at its ends. */
export function moved<T>(list: readonly T[], index: number, by: -1 | 1): T[] {
  const to = index + by
  const element = list[index]
  if (element === undefined || to < 0 || to >= list.length) return [...list]
  const rest = list.filter((_, at) => at !== index)
  return [...rest.slice(0, to), element, ...rest.slice(to)]
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
    color: view.color,
    moreServers: [...view.moreServers],
    authority: view.authority,
    codecs: codecsOf(view.codecs),
    autoAnswer: view.autoAnswer,
    callerHeaders: headersOf(view.callerHeaders),
    calledLineHeaders: view.calledLineHeaders,
    country: view.country,
    messageWaiting: view.messageWaiting,
    voicemailNumber: view.voicemailNumber,
    pickupPrefix: view.pickupPrefix,
    doNotDisturbOn: view.doNotDisturbOn,
    doNotDisturbOff: view.doNotDisturbOff,
    echoNumber: view.echoNumber,
    relayOnly: view.relayOnly,
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
  | 'authority'
  | 'codecs'
  | 'callerHeaders'
  | 'relayOnly'
  | CodeField
  | `moreServers.${number}`
  | `iceServers.${number}`
/** Each wrong field with the key of the sentence that says what to do. */
export type Faults = Partial<Record<Field, string>>

/** What only main can find wrong, at the field that it concerns. */
const fieldOfCode: Readonly<Record<string, Field>> = {
  'account.badServer': 'server',
  'account.insecureServer': 'server',
  'account.secretInServer': 'server',
  'account.passwordNeeded': 'password',
  'account.authorityUnreadable': 'authority',
  'account.authorityHasKey': 'authority',
  'account.authorityExpired': 'authority',
  'account.authorityNotYet': 'authority',
}
const notText: readonly string[] = [
  'declineCode',
  'plainFile',
  'iceServers',
  'moreServers',
  'color',
  'autoAnswer',
  'messageWaiting',
  'calledLineHeaders',
]

/** The disclosure that a field stands in; null: it is always seen. */
export type Group = 'calls' | 'services' | 'network'
export function groupOf(field: string): Group | null {
  if ((codeFields as readonly string[]).includes(field)) return 'services'
  if (['label', 'displayName', 'codecs', 'callerHeaders'].includes(field)) return 'calls'
  if (/^(?:iceServers|moreServers)\.|^(?:domain|authUser|outboundProxy|authority|relayOnly)$/.test(field)) return 'network'
  return null
}

/** The field beside which a refusal of main belongs; null when it concerns none. */
export function fieldOf(trouble: Trouble, entry: Entry): Field | null {
  const known = fieldOfCode[trouble.code]
  // The sentence names the server that is meant: it may be one of the further ones.
  const named =
    known === 'server' ? entry.moreServers.findIndex((server) => completeServer(server).includes(String(trouble.params.server))) : -1
  if (named >= 0 && !completeServer(entry.server).includes(String(trouble.params.server))) return `moreServers.${named}`
  if (known) return known
  if (trouble.code === 'account.emergencyCode') return codeFields.find((field) => field === trouble.params.field) ?? null
  if (trouble.code !== 'bridge.badInput') return null
  const field = String(trouble.params.field ?? '')
  const ice = /^iceServers\.(\d+)/.exec(field)?.[1]
  if (ice !== undefined) return `iceServers.${Number(ice)}`
  const further = /^moreServers\.(\d+)/.exec(field)?.[1]
  if (further !== undefined) return `moreServers.${Number(further)}`
  return field in entry && !notText.includes(field) ? (field as Field) : null
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
  entry.moreServers.forEach((further, index) => {
    const fault = further.trim() === '' ? null : serverFault(further)
    if (fault) faults[`moreServers.${index}`] = fault
  })
  for (const field of codeFields) if (!serviceCode.safeParse(entry[field]).success) faults[field] = 'codeUnreadable'
  if (!entry.codecs.some(({ on }) => on)) faults.codecs = 'codecMissing'
  if (!entry.callerHeaders.some(({ on }) => on)) faults.callerHeaders = 'callerHeaderMissing'
  if (/PRIVATE KEY-----/.test(entry.authority)) faults.authority = 'authorityHasKey'
  else if (entry.authority.trim() !== '' && !/-----BEGIN CERTIFICATE-----/.test(entry.authority)) faults.authority = 'authorityUnreadable'
  if (entry.relayOnly && !entry.iceServers.some((ice) => /^turns?:/.test(ice.url.trim()))) faults.relayOnly = 'relayNeedsTurn'
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
    color: entry.color,
    moreServers: entry.moreServers.filter((further) => further.trim() !== '').map(completeServer),
    authority: entry.authority.trim(),
    codecs: entry.codecs.filter(({ on }) => on).map(({ codec }) => codec),
    autoAnswer: entry.autoAnswer,
    callerHeaders: entry.callerHeaders.filter(({ on }) => on).map(({ header }) => header),
    calledLineHeaders: entry.calledLineHeaders,
    country: entry.country,
    messageWaiting: entry.messageWaiting,
    voicemailNumber: entry.voicemailNumber,
    pickupPrefix: entry.pickupPrefix,
    doNotDisturbOn: entry.doNotDisturbOn,
    doNotDisturbOff: entry.doNotDisturbOff,
    echoNumber: entry.echoNumber,
    relayOnly: entry.relayOnly,
    keepPassword: keyring ? 'keyring' : entry.plainFile ? 'plain-file' : 'session',
  })
}
