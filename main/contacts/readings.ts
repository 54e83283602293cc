/**
 * The public numbers that a text may stand for, the likeliest first. The library's metadata decides what is a number; what
 * people and networks do besides (a trunk prefix behind the country code, another country's international prefix, no `+`)
 * is undone only where the result is a valid number and the text as it stands is none.
 */
import {
  type CountryCode,
  getCountries,
  isSupportedCountry,
  Metadata,
  type PhoneNumber,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'

export interface Reading {
  number: PhoneNumber
  /** In a range that the metadata knows; else only of a possible length. */
  valid: boolean
  /** With its own `+`; as a number of the country; behind an international prefix; with the `+` left out. */
  how: 'plus' | 'national' | 'prefix' | 'bare'
}

/** Up to this length a number without a prefix is an internal one or a short code, unless the country has no longer ones. */
const longestInternal = 5
/** In a country where such short ones are ordinary (islands), all but its very longest numbers have at most so many digits. */
const longestOfSmallPlan = 7
/** From this length on, a national number of the right length counts even in a range that the metadata does not know. */
const shortestUnknownNational = 9
/** Digits with their country code that are taken for a number without being told so. */
const shortestBare = 9

/**
 * In order, each at most once or twice; a reader that needs only the likeliest stops after it. `text`: digits in ASCII, no
 * extension. `country`: for numbers without an international prefix.
 */
export function* readingsOf(text: string, country: string): Generator<Reading> {
  // No country code begins with 0: such a `+` was put before a national number or an international prefix.
  const written = /^\s*\+[\s(]*0/.test(text) ? text.replace('+', '') : text
  const digits = written.replace(/\D/g, '')
  if (digits.length < 3 || digits.length > 32) return
  if (/^[\s(]*\+/.test(written)) {
    const global = eitherWay(written, globalNumber)
    if (global) yield { ...global, how: 'plus' }
    return
  }
  const national = eitherWay(written, (one) => nationalNumber(one, country))
  const bare = digits.length >= shortestBare && !digits.startsWith('0') ? globalNumber(`+${digits}`) : null
  // With the country's own code before it, and without the trunk prefix that belongs to a national number: the `+` is missing.
  const isOwnCode = bare?.valid && bare.number.countryCallingCode === national?.number.countryCallingCode
  if (isOwnCode && !(national?.valid && asDialled(national.number, digits))) yield { ...bare, how: 'bare' }
  if (national?.valid) yield { ...national, how: 'national' }
  // Valid in the country, but perhaps only by the country's odd international prefix: `00` means it everywhere.
  const prefix = national?.valid ? (digits.startsWith('00') ? '00' : null) : undefined
  const abroad = prefix === null ? null : behindPrefix(digits, prefix ? [prefix] : commonPrefixes())
  if (abroad) yield { number: abroad, valid: true, how: 'prefix' }
  if (bare?.valid && !isOwnCode) yield { ...bare, how: 'bare' }
  if (national && !national.valid) yield { ...national, how: 'national' }
}

/** Whether the digits are the number as one dials it at home. */
export function asDialled(number: PhoneNumber, digits: string): boolean {
  return number.formatNational().replace(/\D/g, '') === digits
}

/** A number so short that it is read like this only when nothing else is known of it: `24740123` for `+24740123`. */
export function shortBare(digits: string): string | null {
  if (digits.length < 6 || digits.length >= shortestBare || digits.startsWith('0')) return null
  const number = globalNumber(`+${digits}`)
  return number?.valid ? number.number.number : null
}

/** The valid number behind the first of these international prefixes that has one. */
function behindPrefix(digits: string, prefixes: readonly string[]): PhoneNumber | null {
  for (const prefix of prefixes) {
    if (!digits.startsWith(prefix) || digits[prefix.length] === '0') continue
    const abroad = globalNumber(`+${digits.slice(prefix.length)}`)
    if (abroad?.valid) return abroad.number
  }
  return null
}

type Read = Omit<Reading, 'how'>

/** `+44 (0)20 …` is read without the bracket, `+39 (0)6 …` with it: whichever is a number. */
function eitherWay(text: string, read: (text: string) => Read | null): Read | null {
  const first = read(text)
  if (first?.valid || !/[([]\s*0\s*[)\]]/.test(text)) return first
  return read(text.replace(/[([]\s*0\s*[)\]]/, '')) ?? first
}

function globalNumber(text: string): Read | null {
  const number = parsePhoneNumberFromString(text, { extract: false })
  if (!number) return null
  if (number.isValid()) return { number, valid: true }
  const shorter = withoutTrunkZero(number) ?? withoutFormerPrefix(number)
  if (shorter) return { number: shorter, valid: true }
  return number.isPossible() ? { number, valid: false } : null
}

function nationalNumber(text: string, country: string): Read | null {
  if (!isSupportedCountry(country)) return null
  const digits = text.replace(/\D/g, '').length
  if (digits <= longestInternal && nearlyLongestOf(country) > longestOfSmallPlan) return null
  const number = parsePhoneNumberFromString(text, { defaultCountry: country, extract: false })
  if (!number) return null
  if (number.isValid()) return digits > longestInternal || isOrdinary(number) ? { number, valid: true } : null
  const shorter = withoutFormerPrefix(number)
  if (shorter) return { number: shorter, valid: true }
  return number.isPossible() && number.nationalNumber.length >= shortestUnknownNational ? { number, valid: false } : null
}

/** `+46 (0)8 …` written or delivered with the trunk zero: the number without it, when that is a valid one. */
function withoutTrunkZero(number: PhoneNumber): PhoneNumber | null {
  return number.nationalNumber.startsWith('0') ? validOf(number, number.nationalNumber.slice(1)) : null
}

/**
 * Prefixes that a country has given up and that phones and CRMs still hold, where no longer number exists that they could
 * be part of. Mexico until 2020: 1 before mobiles from abroad, 01, 044 and 045 at home.
 */
const formerPrefixes: Readonly<Record<string, RegExp>> = { 52: /^(?:1|01|044|045)(?=\d{10}$)/ }

function withoutFormerPrefix(number: PhoneNumber): PhoneNumber | null {
  const former = formerPrefixes[number.countryCallingCode]
  return former?.test(number.nationalNumber) ? validOf(number, number.nationalNumber.replace(former, '')) : null
}

function validOf(number: PhoneNumber, national: string): PhoneNumber | null {
  const other = parsePhoneNumberFromString(`+${number.countryCallingCode}${national}`, { extract: false })
  return other?.isValid() ? other : null
}

/** A line that somebody has, in contrast to service numbers. */
function isOrdinary(number: PhoneNumber): boolean {
  return ['FIXED_LINE', 'MOBILE', 'FIXED_LINE_OR_MOBILE'].includes(number.getType() ?? '')
}

const lengths = new Map<string, number>()

function nearlyLongestOf(country: CountryCode): number {
  const known = lengths.get(country)
  if (known !== undefined) return known
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  const [longest = 0, next = longest] = [...(metadata.numberingPlan?.possibleLengths() ?? [])].sort((one, other) => other - one)
  lengths.set(country, next)
  return next
}

let prefixes: readonly string[] | undefined

/**
 * International prefixes of all countries, those of most countries first. Without those that name a carrier: of them only
 * their own country knows, and the library when it is told the country.
 */
function commonPrefixes(): readonly string[] {
  if (prefixes) return prefixes
  const uses = new Map<string, number>()
  for (const country of getCountries()) {
    const metadata = new Metadata()
    metadata.selectNumberingPlan(country)
    // Typed as text, and yet a number where the metadata has none.
    for (const given of [metadata.numberingPlan?.IDDPrefix(), metadata.numberingPlan?.defaultIDDPrefix()]) {
      const prefix = String(given ?? '').replace('~', '')
      if (/^\d{2,}$/.test(prefix)) uses.set(prefix, (uses.get(prefix) ?? 0) + 1)
    }
  }
  prefixes = [...uses].sort(([, one], [, other]) => other - one).map(([prefix]) => prefix)
  return prefixes
}
