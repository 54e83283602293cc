/**
 * Which numbers are emergency numbers, by country: the short-number metadata of Google's libphonenumber, whose version package.json
 * pins. 112 and 911 count in every country, as on every mobile phone (3GPP TS 22.101 §10.1.1): a rep whose country is set wrongly
 * must still get through.
 */
import { createRequire } from 'node:module'
import type { RegionCode } from 'google-libphonenumber'
import { asciiDigits } from '../text'

type Library = typeof import('google-libphonenumber')

const everywhere = ['112', '911']
/** Whatever people put between digits. */
const separators = /[\p{Pd}\p{Z}\s().[\]/_\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

let short: ReturnType<Library['ShortNumberInfo']['getInstance']> | null = null

/** Loaded when it is first needed: it costs some 20 ms, which a start need not wait for. */
function shortNumbers() {
  if (!short) {
    const library = createRequire(import.meta.url)('google-libphonenumber') as Library
    short = library.ShortNumberInfo.getInstance()
  }
  return short
}

/**
 * Whether this, dialled in that country (ISO 3166-1 alpha-2), is an emergency number and nothing more: `9112` is none. Separators,
 * `tel:` or `sip:` and a host do not matter. A digit for an outside line does: nobody can tell `9112` from `9` and `112`.
 */
export function isEmergency(number: string, country: string): boolean {
  const digits = asciiDigits(number.slice(0, 200))
    .trim()
    .replace(/^(?:tel|callto|sips?):(?:\/\/)?/i, '')
    .replace(/[@;?].*$/s, '')
    .replace(separators, '')
  if (!/^\d{2,8}$/.test(digits)) return false
  if (everywhere.includes(digits)) return true
  try {
    return shortNumbers().isEmergencyNumber(digits, country as RegionCode)
  } catch {
    // An unknown country; what is the same everywhere has been looked at.
    return false
  }
}
