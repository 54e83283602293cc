/** Phone numbers: normalised once when they are written, and put into the rep's reading form when they are shown. */
import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import { asciiDigits, cleanLine } from '../text'
import { numberWithin, piecesOf, spelledOut, splitExtension, withoutUri } from './number-text'
import { quickNumber } from './quick-numbers'
import { readingsOf } from './readings'

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
/** What is looked at of a field, in characters. */
const longestText = 250
/** Reads a number as a person, a CRM or a network wrote it. `country`: for numbers without an international prefix. Pure. */
export function parseNumber(raw: string, country: string): ParsedNumber {
  return parseQuickly(raw, country) ?? remembered(parses, `${country}${raw}`, () => readNumber(raw, country, true))
}

function parseQuickly(raw: string, country: string): ParsedNumber | null {
  const quick = quickNumber(raw, country)
  if (!quick) return null
  return { e164: quick.e164, digits: quick.digits, suffix: suffixOf(quick.national), extension: null, country: quick.country }
}

/** `parseNumber` by the library alone: what the quick way has to agree with. */
export function parseSlowly(raw: string, country: string): ParsedNumber {
  return readNumber(raw, country, false)
}

/** A number's text in ASCII digits, without its extension and what else a URI says. */
export function mainPart(raw: string): { main: string; extension: string | null } {
  return splitExtension(withoutUri(asciiDigits(raw.slice(0, 500)).slice(0, longestText)).trim())
}

function readNumber(raw: string, country: string, quickly: boolean): ParsedNumber {
  const { main, extension } = mainPart(raw)
  const quick = quickly ? parseQuickly(main.trim(), country) : null
  if (quick) return { ...quick, extension }
  const number = readingsOf(main, country).next().value?.number ?? worded(main, country)
  if (number) keep(numbers, number.number, number)
  const digits = main.replace(/\D/g, '').slice(0, 32)
  return {
    e164: number?.number ?? null,
    digits,
    suffix: suffixOf(number?.nationalNumber ?? digits),
    extension: extension ?? number?.ext ?? null,
    country: number?.country ?? null,
  }
}

/** A valid number with words around it, or with letters for digits. */
function worded(main: string, country: string): PhoneNumber | null {
  const within = numberWithin(main)
  const found = within === null ? undefined : readingsOf(within, country).next().value
  if (found?.valid) return found.number
  const spelled = spelledOut(main)
  if (spelled === null) return null
  const whole = readingsOf(spelled, country).next().value
  if (whole?.valid) return whole.number
  // In North America a word may be longer than what is dialled.
  const digits = spelled.replace(/\D/g, '')
  const dialled = readingsOf(`+1${digits.replace(/^1/, '').slice(0, 10)}`, country).next().value
  const isTheirs = callingCodeOf(country) === '1' || /^\s*\+\s*1/.test(main)
  return isTheirs && dialled?.valid && digits.length > 10 ? dialled.number : null
}

export interface GivenNumber extends ParsedNumber {
  /** The piece of the field that it was read from. */
  raw: string
}

/**
 * Every number of one field (`08-465 004 01 / 070-174 06 01`), each with its own piece of text; a field with one number,
 * or with none, as it stands. A number without a prefix is one of `own`, the contact's country, else of `region`.
 */
export function parseNumbers(raw: string, own: string | null, region: string): GivenNumber[] {
  // Nothing in such a text separates or adds anything.
  const quick = parseQuickly(raw, own ?? region)
  if (quick) return [{ ...quick, raw }]
  const pieces = piecesOf(raw.slice(0, 1_000)).map((piece) => cleanLine(piece, longestText))
  const read = (text: string) => ({ ...parseAnywhere(text, own, region), raw: text })
  const whole = read(cleanLine(raw, longestText))
  if (pieces.length < 2) return [whole]
  const each = pieces.map(read)
  const found = each.filter(({ e164 }) => e164 !== null)
  if (found.length === each.length || each.every(({ digits }) => /^[1-9]\d{1,4}$/.test(digits))) return each
  // `089 / 1234567` is one number.
  return isInUse(whole) || found.length === 0 ? [whole] : found
}

function parseAnywhere(text: string, own: string | null, region: string): ParsedNumber {
  const number = parseNumber(text, own ?? region)
  if (own === null || own === region || isInUse(number)) return number
  const elsewhere = parseNumber(text, region)
  return number.e164 === null || isInUse(elsewhere) ? elsewhere : number
}

/** In a range that the metadata knows. */
function isInUse({ e164 }: ParsedNumber): boolean {
  return e164 !== null && numberOf(e164)?.isValid() === true
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
    const number = numberOf(e164)
    if (!number) return raw
    return number.country === country ? number.formatNational() : number.formatInternational()
  })
}

// Results already worked out: parsing and formatting cost more than the look-up of the contact. Pure functions' caches, no state.
const parses = new Map<string, ParsedNumber>()
const displays = new Map<string, string>()
const numbers = new Map<string, PhoneNumber>()
const mostRemembered = 5_000

/** The value kept under the key, else the one that is made now and kept, among 5,000 at most. `make` must be pure. */
export function remembered<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key)
  if (known !== undefined) return known
  const made = make()
  keep(cache, key, made)
  return made
}

function keep<T>(cache: Map<string, T>, key: string, value: T): void {
  if (cache.size >= mostRemembered) cache.clear()
  if (key.length < 100) cache.set(key, value)
}

function numberOf(e164: string): PhoneNumber | undefined {
  const known = numbers.get(e164)
  if (known) return known
  const number = parsePhoneNumberFromString(e164)
  if (number) keep(numbers, e164, number)
  return number
}

/** The country of an E.164 number; null when it has none or several. */
export function countryOf(e164: string | null): string | null {
  return (e164 && numberOf(e164)?.country) || null
}

const callingCodes = new Set<string>(getCountries().map((country) => getCountryCallingCode(country)))

/** The calling code and the national part of an E.164 number; null for what is none. */
export function partsOf(e164: string): { code: string; national: string } | null {
  // No calling code begins another one.
  for (let length = 1; length <= 3; length++) {
    const code = e164.slice(1, 1 + length)
    if (callingCodes.has(code)) return { code, national: e164.slice(1 + length) }
  }
  const number = numberOf(e164)
  return number ? { code: number.countryCallingCode, national: number.nationalNumber } : null
}

/** A country's calling code without `+`; null for what is no country. */
export function callingCodeOf(country: string): string | null {
  return isSupportedCountry(country) ? getCountryCallingCode(country) : null
}
