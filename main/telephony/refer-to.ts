/** Whom a REFER is about (RFC 3515 §2.1): read strictly, because a stranger wrote it, and written for our own. */
import { TroubleError } from '../trouble'
import { cleanText } from './identity'
import { targetUri } from './target'

/** Characters; more is no address. */
const maxReferTo = 1_000
const maxReplaces = 500
const token = "[\\w.!%*+`'~-]{1,128}"
const replacesGrammar = new RegExp(`^[\\w.!%*+\`'~()<>:"/\\[\\]?{}@-]{1,250}(?:;to-tag=${token}|;from-tag=${token}|;early-only){2,3}$`)
const parameters = /^(?:;[\w.!~*'()%&$+/[\]:-]+(?:=[\w.!~*'()%&$+/[\]:-]+)?){0,10}$/

export interface ReferTarget {
  /** A SIP URI without headers. */
  uri: string
  /** For the rep: a number, a user, or user@host where the host is not the account's. */
  shown: string
  /** A Replaces value (RFC 3891 §6.1) that came with it. */
  replaces: string | null
}

/**
 * Reads a Refer-To value; null for what is no sip:, sips: or tel: address of a user, says more than that it be called, or is
 * longer than any honest one. Headers in the address other than Replaces are left out (RFC 3261 §19.1.5).
 */
export function readReferTo(value: string, domain: string): ReferTarget | null {
  if (value.length > maxReferTo || /[\p{Cc}]/u.test(value)) return null
  const bracketed = /^(?:"(?:[^"\\]|\\.)*"\s*|[^<>",]*)<([^<>\s]+)>\s*(?:;[^<>,]*)?$/.exec(value.trim())?.[1]
  const address = bracketed ?? /^[^<>\s",;?]+$/.exec(value.trim())?.[0]
  if (!address) return null
  try {
    return address.toLowerCase().startsWith('tel:') ? telephone(address.slice(4), domain) : sip(address, domain)
  } catch (error) {
    if (error instanceof TroubleError || error instanceof URIError) return null
    throw error
  }
}

function telephone(rest: string, domain: string): ReferTarget | null {
  const number = (rest.split(/[;?]/, 1)[0] ?? '').replace(/[().-]/g, '')
  return /^\+?[\d*#]{1,40}$/.test(number) ? { uri: targetUri(number, domain), shown: number, replaces: null } : null
}

function sip(address: string, domain: string): ReferTarget | null {
  const found = /^sips?:([^@]+)@([^;?@]+)(;[^?]*)?(?:\?(.*))?$/i.exec(address)
  if (!found) return null
  const [, userInfo = '', hostPart = '', given = '', headers = ''] = found
  // A password in an address is nothing to pass on.
  const user = userInfo.split(':', 1)[0] ?? ''
  const host = hostPart.toLowerCase()
  const shownUser = cleanText(decodeURIComponent(user.split(';', 1)[0] ?? ''))
  // What is shown is judged; a sign that ends a number when it is read must not hide the rest of what is dialled.
  if (shownUser === '' || /[@;?,]/.test(shownUser) || !parameters.test(given) || /;method=(?!INVITE(?:;|$))/i.test(given)) return null
  const own = host === domain.toLowerCase()
  const kept = given.replace(/;(?:method|user)=[^;]*/gi, '')
  const replaces = replacesOf(headers)
  if (replaces === undefined) return null
  return { uri: targetUri(`${user}@${host}`, domain) + kept, shown: own ? shownUser : `${shownUser}@${host}`, replaces }
}

/** Undefined when it is malformed, which is worse than none: the wrong call would be made. */
function replacesOf(headers: string): string | null | undefined {
  const found = headers.split('&').filter((header) => /^replaces=/i.test(header))
  if (found.length === 0) return null
  const value = decodeURIComponent(found[0]?.slice('replaces='.length) ?? '').replace(/\s*;\s*/g, ';')
  return found.length === 1 && value.length <= maxReplaces && replacesGrammar.test(value) ? value : undefined
}

/** A Referred-By (RFC 3892) fit to be passed on; null for any other. */
export function readReferredBy(value: string | undefined): string | null {
  return /^(?:"[^"\\<>\p{Cc}]{0,80}"\s*)?<sips?:[\w.!~*'()&=+$,;?/%:@[\]-]{1,200}>/u.exec(value ?? '')?.[0] ?? null
}
