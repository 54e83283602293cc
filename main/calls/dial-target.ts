/** What a rep types or pastes into the dial field, made into what a SIP account can dial. */
import { TroubleError } from '../trouble'

/** Marks that people put between digits: any dash or space, brackets, dots, slashes, and invisible direction marks. */
const separators = /[\p{Pd}\p{Z}\s().[\]/\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu
/** A user part (RFC 3261 §25.1) with at least one letter: what has none and is no number was mistyped. */
const sipUser = /^(?=.*[A-Za-z])[A-Za-z0-9_.!~*'&=+$,;?/%#-]{1,80}$/
const sipHost = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d{1,5})?$/

/**
 * Digits (with a leading `+`, and `*` and `#` for feature codes), `user` or `user@host`.
 * Throws TroubleError `call.badNumber` for anything else.
 */
export function dialTarget(typed: string): string {
  const text = typed
    .normalize('NFKC')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .trim()
    .replace(/^(?:tel|callto|sips?):(?:\/\/)?/i, '')
    .replace(/[;?].*$/, '')
  const compact = asciiDigits(text)
    // «+46 (0)8 …»: the bracketed trunk prefix is not dialled after a country code.
    .replace(/^(\+|00)(.*?)\(0\)/, '$1$2')
    .replace(separators, '')
  if (/^\+?[0-9*#]{1,40}$/.test(compact)) return compact
  const [user, host, ...more] = text.split('@')
  const userGood = user !== undefined && (sipUser.test(user) || (host !== undefined && /^\+?[0-9*#]{1,40}$/.test(user)))
  if (userGood && more.length === 0 && (host === undefined || sipHost.test(host))) return text
  throw new TroubleError('call.badNumber', { number: typed.slice(0, 40) })
}

/** Arabic-Indic and Eastern Arabic digits, as copied from other pages, to 0–9 (NFKC has done the full-width ones). */
function asciiDigits(text: string): string {
  return text.replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf))
}
