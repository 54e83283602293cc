/**
 * Who is calling, and which of our lines was called, read from an INVITE's headers. All of it is text that a stranger chose:
 * cleaned and cut here, once, for everyone behind.
 */
import { type CallerHeader, callerHeader } from '../../preload/contract'
import { type Head, headerOf, headersOf } from './message'
import type { RemoteParty } from './port'

const maxText = 120

/** Without control, bidi and zero-width characters, private and unpaired ones, piles of combining marks, or more than 120 characters. */
export function cleanText(text: string): string {
  const plain = text
    .replace(/[\p{Zl}\p{Zp}\p{Cc}]+/gu, ' ')
    .replace(/[\p{Cf}\p{Co}\p{Cs}]+/gu, '')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  const characters = [...plain]
  return characters.length > maxText ? characters.slice(0, maxText).join('') : plain
}

interface Party {
  displayName: string
  /** The user part of a SIP URI or a tel: number. */
  user: string
  host: string
  /** What stands behind the address, in lower case (`party=calling`, `index=1.1`), and the URI's own headers (`privacy`). */
  params: ReadonlyMap<string, string>
}

/** Reads `"Name" <sip:user@host>;params` and its bare form; null for anything else. */
export function readParty(value: string): Party | null {
  const cut = value.slice(0, 16_384)
  const bracket = /<\s*(sips?|tel):([^<>\s]*)\s*>([^<>]*)$/i.exec(cut)
  const bare = bracket ? null : /^\s*(sips?|tel):([^\s;<>,]+)/i.exec(cut)
  const found = bracket ?? bare
  if (!found) return null
  const [address = '', headers = ''] = (found[2] ?? '').split('?', 2)
  const at = address.indexOf('@')
  const isTel = /^tel$/i.test(found[1] ?? '')
  const userPart = isTel ? address : at < 0 ? '' : address.slice(0, at)
  const host = isTel
    ? ''
    : (address
        .slice(at + 1)
        .split(/[;:]/, 1)[0]
        ?.toLowerCase() ?? '')
  const displayName = bracket ? cleanText(unquoted(cut.slice(0, bracket.index))) : ''
  return { displayName, user: userOf(userPart), host, params: paramsOf(bracket?.[3] ?? '', headers) }
}

/** The number or name of a user part; of a national number with its country (RFC 3966 `phone-context`), the whole number. */
function userOf(userPart: string): string {
  const user = cleanText(unescaped(userPart.split(/[;:]/, 1)[0] ?? ''))
  const context = /;phone-context=(?:\+|%2B)(\d{1,3})(?:;|$)/i.exec(userPart.slice(0, 500))?.[1]
  return context && /^[\d().-]{5,}$/.test(user) ? `+${context}${user}` : user
}

function paramsOf(behind: string, headers: string): Map<string, string> {
  const params = new Map<string, string>()
  const add = (pair: string) => {
    const [, name, value] = /^\s*([\w-]{1,40})\s*=\s*"?([^"\s]{1,200})"?\s*$/.exec(pair) ?? []
    if (name && value && !params.has(name.toLowerCase())) params.set(name.toLowerCase(), unescaped(value).toLowerCase())
  }
  for (const pair of behind.slice(0, 2_000).split(';')) add(pair)
  for (const pair of headers.slice(0, 2_000).split('&')) add(pair)
  return params
}

/** Header values may hold several parties separated by commas (RFC 3325, RFC 5806, RFC 7044). */
function parties(head: Head, name: string): Party[] {
  return headersOf(head, name)
    .flatMap((value) => listed(value.slice(0, 32_768)))
    .slice(0, 20)
    .map(readParty)
    .filter((party) => party !== null)
}

/** The parts between commas that stand outside quotation marks and angle brackets; one pass, whatever a stranger sends. */
function listed(value: string): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  let bracketed = false
  for (let index = 0; index < value.length; index++) {
    const sign = value[index]
    if (quoted) {
      if (sign === '\\') index++
      else if (sign === '"') quoted = false
    } else if (sign === '"') quoted = !bracketed
    else if (sign === '<') bracketed = true
    else if (sign === '>') bracketed = false
    else if (sign === ',' && !bracketed) {
      parts.push(value.slice(start, index))
      start = index + 1
    }
  }
  return [...parts, value.slice(start)]
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function unquoted(text: string): string {
  const trimmed = text.trim()
  return trimmed.startsWith('"') ? trimmed.replace(/^"|"$/g, '').replace(/\\(.)/gs, '$1') : trimmed
}

function isAnonymous(party: Party | null): boolean {
  return (
    !party || party.user === '' || /^(?:anonymous|restricted|unavailable|withheld)$/i.test(party.user) || party.host === 'anonymous.invalid'
  )
}

const nobody: RemoteParty = { number: '', displayName: null, withheld: true }

/**
 * Who calls, from the headers that the account trusts: P-Asserted-Identity (RFC 3325), Remote-Party-ID, From. Withheld when
 * the caller asked for that (RFC 3323) or no header that is trusted names anybody.
 */
export function remoteParty(head: Head, trusted: readonly CallerHeader[] = callerHeader.options): RemoteParty {
  const from = readParty(headerOf(head, 'from') ?? '')
  const remoteParties = parties(head, 'remote-party-id').filter(({ params }) => (params.get('party') ?? 'calling') === 'calling')
  const privacy = remoteParties[0]?.params.get('privacy') ?? 'off'
  const restricted = /\b(?:id|user|header)\b/i.test(headerOf(head, 'privacy') ?? '') || /^(?:full|uri)$/.test(privacy)
  // The network knows who it is and was told not to say: what it vouches for is not shown, what the caller says himself is.
  const vouched = { 'p-asserted-identity': parties(head, 'p-asserted-identity'), 'remote-party-id': remoteParties }
  const candidates = trusted.map((header) => {
    if (header === 'from') return from && !isAnonymous(from) ? [from] : []
    return restricted ? [] : vouched[header].filter((party) => !isAnonymous(party))
  })
  const [first] = candidates.filter((each) => each.length > 0)
  // Of a SIP and a tel: address in one header, the one that can be dialled from any phone.
  const best = first?.find(({ user }) => /^\+?[\d*#().-]+$/.test(user)) ?? first?.[0]
  if (!best) return nobody
  const hidesName = privacy === 'name'
  const named = candidates.flat().find((party) => party.displayName !== '' && party.displayName !== best.user)
  const displayName = named && !hidesName && !/^(?:anonymous|anonym)$/i.test(named.displayName) ? named.displayName : null
  return { number: best.user, displayName, withheld: false }
}

/**
 * What the caller dialled, when that was not this account itself: the first target of all by Diversion (RFC 5806: each one
 * goes on top, so the first is the last), by History-Info (RFC 7044: the lowest index), by P-Called-Party-ID (RFC 7315);
 * else To. With its name where it has one: `Sales (300)`. A target that asked for privacy is not shown. `trusted`: whether anything but To is believed.
 */
export function calledLine(head: Head, own: readonly string[], trusted = true): string | null {
  const history = parties(head, 'history-info')
    .map((party, order) => ({ party, order, index: (party.params.get('index') ?? '').split('.').map(Number) }))
    .sort((one, other) => byIndex(one.index, other.index) || one.order - other.order)
  const believed = trusted ? [parties(head, 'diversion').at(-1), history[0]?.party, parties(head, 'p-called-party-id')[0]] : []
  const known = new Set(own.map((name) => name.toLowerCase()))
  const isAnotherLine = (party: Party | null | undefined) => party && !isAnonymous(party) && !known.has(party.user.toLowerCase())
  const line = believed.find((party) => isAnotherLine(party) && party && !isPrivate(party))
  if (line) return line.displayName === '' || line.displayName === line.user ? line.user : `${line.displayName} (${line.user})`
  const to = readParty(headerOf(head, 'to') ?? '')
  return to && isAnotherLine(to) ? to.user : null
}

function isPrivate({ params }: Party): boolean {
  return /\b(?:full|uri|id|user|header|history|session)\b/.test(params.get('privacy') ?? '')
}

/** `1` before `1.1` before `1.2` before `1.10`; what cannot be read stands as it came. */
function byIndex(one: readonly number[], other: readonly number[]): number {
  for (let level = 0; level < Math.max(one.length, other.length); level++) {
    const difference = (one[level] ?? 0) - (other[level] ?? 0)
    if (Number.isNaN(difference)) return 0
    if (difference !== 0) return difference
  }
  return 0
}
