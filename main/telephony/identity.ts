/**
 * Who is calling, and which of our lines was called, read from an INVITE's headers. All of it is text that a stranger chose:
 * cleaned and cut here, once, for everyone behind.
 */
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
}

/** Reads `"Name" <sip:user@host>;params` and its bare form; null for anything else. */
export function readParty(value: string): Party | null {
  const cut = value.slice(0, 16_384)
  const bracket = /<\s*(sips?|tel):([^<>\s]*)\s*>[^<>]*$/i.exec(cut)
  const bare = bracket ? null : /^\s*(sips?|tel):([^\s;<>,]+)/i.exec(cut)
  const found = bracket ?? bare
  if (!found) return null
  const rest = found[2] ?? ''
  const at = rest.indexOf('@')
  const isTel = /^tel$/i.test(found[1] ?? '')
  const userPart = isTel || at < 0 ? (isTel ? rest : '') : rest.slice(0, at)
  const user = cleanText(unescaped(userPart.split(/[;:]/, 1)[0] ?? ''))
  const host = isTel
    ? ''
    : rest
        .slice(at + 1)
        .split(/[;?:]/, 1)[0]
        ?.toLowerCase()
  return { displayName: bracket ? cleanText(unquoted(cut.slice(0, bracket.index))) : '', user, host: host ?? '' }
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

/** From P-Asserted-Identity (RFC 3325), else Remote-Party-ID, else From; withheld when the caller asked for that (RFC 3323). */
export function remoteParty(head: Head): RemoteParty {
  const from = readParty(headerOf(head, 'from') ?? '')
  const wantsPrivacy = /\b(?:id|user|header)\b/i.test(headerOf(head, 'privacy') ?? '')
  const trusted = [...parties(head, 'p-asserted-identity'), ...parties(head, 'remote-party-id')].filter((party) => !isAnonymous(party))
  const restricted = wantsPrivacy || /privacy=(?:full|uri)/i.test(headerOf(head, 'remote-party-id') ?? '')
  if (isAnonymous(from) && (restricted || trusted.length === 0)) return { number: '', displayName: null, withheld: true }
  const candidates = restricted ? [] : trusted
  const looksDialled = (party: Party) => /^\+?[\d*#().-]+$/.test(party.user)
  const best = candidates.find(looksDialled) ?? candidates[0] ?? from
  const named = [...candidates, ...(from ? [from] : [])].find((party) => party.displayName !== '' && party.displayName !== best?.user)
  const displayName = named && !/^anonymous$/i.test(named.displayName) ? named.displayName : null
  return { number: best?.user ?? '', displayName, withheld: false }
}

/**
 * What the caller dialled, when that was not this account itself: the first party of a diversion (RFC 5806, RFC 7044), else
 * P-Called-Party-ID, else To.
 */
export function calledLine(head: Head, own: readonly string[]): string | null {
  const candidates = [
    parties(head, 'diversion').at(-1),
    parties(head, 'history-info')[0],
    parties(head, 'p-called-party-id')[0],
    readParty(headerOf(head, 'to') ?? ''),
  ]
  const known = new Set(own.map((name) => name.toLowerCase()))
  const line = candidates.find((party) => party && party.user !== '' && !known.has(party.user.toLowerCase()))
  return line?.user ?? null
}
