/** Phone numbers: normalised once when they are written, and put into the rep's reading form when they are shown. */
import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import { asciiDigits } from '../text'

export { asciiDigits }

export interface ParsedNumber {
  /** E.164 with `+`, or null for what is no public number (extensions, short codes, names). */
  e164: string | null
  /** Every digit, without the extension. */
  digits: string
  /** The last seven significant digits; empty when there are fewer. */
  suffix: string
  extension: string | null
  /** ISO 3166-1 alpha-2; null for no public number and for numbers of no one country (+800). */
  country: string | null
}

const suffixLength = 7
/** Up to this length a number without a prefix is an internal one or a short code. */
const longestInternal = 5
/** From this length on, a national number of the right length counts even in a range that the metadata does not know. */
const shortestUnknownNational = 9

function region(country: string): CountryCode | undefined {
  return isSupportedCountry(country) ? country : undefined
}

function parse(text: string, country: string): PhoneNumber | undefined {
  const defaultCountry = region(country)
  return parsePhoneNumberFromString(text, defaultCountry ? { defaultCountry, extract: false } : { extract: false })
}

/** The number, when the metadata takes it for a real or at least a possible one. */
export function publicNumber(text: string, country: string): PhoneNumber | null {
  const digits = text.replace(/\D/g, '')
  const prefixed = /^\s*\+/.test(text)
  if (digits.length < 3 || digits.length > 32 || (!prefixed && digits.length <= longestInternal)) return null
  const number = parse(text, country)
  if (!number) return null
  if (number.isValid()) return number
  if (prefixed) return withoutTrunkZero(number) ?? (number.isPossible() ? number : null)
  return number.isPossible() && number.nationalNumber.length >= shortestUnknownNational ? number : null
}

/** `+46 (0)8 …` written or delivered with the trunk zero: the number without it, when that is a valid one. */
function withoutTrunkZero(number: PhoneNumber): PhoneNumber | null {
  if (!number.nationalNumber.startsWith('0')) return null
  const shorter = parsePhoneNumberFromString(`+${number.countryCallingCode}${number.nationalNumber.slice(1)}`)
  return shorter?.isValid() ? shorter : null
}

/** Reads a number as a person or a CRM wrote it. `country`: for numbers without an international prefix. */
export function parseNumber(raw: string, country: string): ParsedNumber {
  return remembered(parses, `${country}${raw}`, () => readNumber(raw, country))
}

function readNumber(raw: string, country: string): ParsedNumber {
  const text = asciiDigits(raw).slice(0, 250).replace(/\(0\)/g, '')
  const { main, extension } = splitExtension(text)
  const number = publicNumber(main, country)
  const digits = main.replace(/\D/g, '').slice(0, 32)
  return {
    e164: number?.number ?? null,
    digits,
    suffix: suffixOf(number?.nationalNumber ?? digits),
    extension: extension ?? number?.ext ?? null,
    country: number?.country ?? null,
  }
}

/** `… ext. 12`, `… x12`, `…;ext=12`, `… доб. 12`, `… #12` */
function splitExtension(text: string): { main: string; extension: string | null } {
  const found = /(?:;ext=|[,;\s]*(?:extension|ext|x|доб|durchwahl|poste|int|anexo|ramal|#)[\s.:=]*)(\d{1,10})\s*$/iu.exec(text)
  if (!found?.[1] || !/\d/.test(text.slice(0, found.index))) return { main: text, extension: null }
  return { main: text.slice(0, found.index), extension: found[1] }
}

/** The last seven significant digits, or the empty string. */
export function suffixOf(digits: string): string {
  const significant = digits.replace(/^0+/, '')
  return significant.length >= suffixLength ? significant.slice(-suffixLength) : ''
}

/** National form for numbers of the rep's own country, international form for all others, else the text as it came. */
export function displayNumber(e164: string | null, raw: string, country: string): string {
  if (!e164) return raw
  return remembered(displays, country + e164, () => {
    const number = parsePhoneNumberFromString(e164)
    if (!number) return raw
    return number.country === country ? number.formatNational() : number.formatInternational()
  })
}

// Results already worked out: parsing and formatting cost more than the look-up of the contact. Pure functions' caches, no state.
const parses = new Map<string, ParsedNumber>()
const displays = new Map<string, string>()
const mostRemembered = 5_000

function remembered<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key)
  if (known !== undefined) return known
  const made = make()
  if (cache.size >= mostRemembered) cache.clear()
  if (key.length < 100) cache.set(key, made)
  return made
}

/** The country of an E.164 number; null when it has none or several. */
export function countryOf(e164: string | null): string | null {
  return e164 ? parseNumber(e164, '').country : null
}

/** The calling code and the national part of an E.164 number; null for what is none. */
export function partsOf(e164: string): { code: string; national: string } | null {
  const number = parsePhoneNumberFromString(e164)
  return number ? { code: number.countryCallingCode, national: number.nationalNumber } : null
}

/** A country's calling code without `+`; null for what is no country. */
export function callingCodeOf(country: string): string | null {
  return isSupportedCountry(country) ? getCountryCallingCode(country) : null
}
