/** From what a rep typed or clicked to the SIP URI that is dialled. */
import { TroubleError } from '../trouble'

const hostPattern = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

/**
 * `sip:USER@HOST` for digits with their usual separators, a user name, `user@domain`, `sip:` and `tel:` URIs. Throws
 * TroubleError `dial.badNumber`.
 */
export function targetUri(typed: string, domain: string): string {
  const text = typed
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .trim()
  const bad = () => new TroubleError('dial.badNumber', { number: text.slice(0, 60) })
  if (text.length === 0 || text.length > 200) throw bad()
  if (/^tel:/i.test(text)) {
    const number = digits(text.slice(4).split(';', 1)[0] ?? '')
    if (!number) throw bad()
    return sip(number, domain)
  }
  const bare = text.replace(/^sip:/i, '')
  const number = digits(bare)
  if (number) return sip(number, domain)
  const at = bare.lastIndexOf('@')
  const user = at < 0 ? bare : bare.slice(0, at)
  const host = at < 0 ? domain : bare.slice(at + 1)
  const dialled = digits(user) ?? user
  if (!/^[\w.!~*'()&=+$,/%#-]{1,120}$/.test(dialled) || (at >= 0 && !hostPattern.test(host))) throw bad()
  return sip(dialled, host)
}

/** `+46 (0)8-123 45 67` → `+4681234567`; null for what is no number. */
function digits(text: string): string | null {
  const plain = text.replace(/^(\s*\+[\d\s]+)\(0\)/, '$1').replace(/[\s().\-/\u2010-\u2015]/g, '')
  return /^\+?[\d*#]{1,40}$/.test(plain) && /[\d*#]/.test(plain) ? plain : null
}

function sip(user: string, host: string): string {
  return `sip:${user.replace(/%(?![0-9a-f]{2})/gi, '%25').replaceAll('#', '%23')}@${host}`
}
