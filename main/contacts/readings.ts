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
/** The longest numbers of a country where such short ones are ordinary: islands. */
const longestOfSmallPlan = 8
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
  if (national?.valid) yield { ...national, how: 'national' }
  // Valid in the country, but perhaps only by the country's odd international prefix: `00` means it everywhere.
  if (!national?.valid || digits.startsWith('00')) {
    for (const prefix of commonPrefixes()) {
      if (!digits.startsWith(prefix) || digits[prefix.length] === '0') continue
      const abroad = globalNumber(`+${digits.slice(prefix.length)}`)
      if (abroad?.valid) yield { ...abroad, how: 'prefix' }
    }
  }
  if (digits.length >= shortestBare && !digits.startsWith('0')) {
    const bare = globalNumber(`+${digits}`)
    if (bare?.valid) yield { ...bare, how: 'bare' }
  }
  if (national && !national.valid) yield { ...national, how: 'national' }
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
  if (digits <= longestInternal && longestOf(country) > longestOfSmallPlan) return null
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

const longest = new Map<string, number>()

function longestOf(country: CountryCode): number {
  const known = longest.get(country)
  if (known !== undefined) return known
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  const found = Math.max(0, ...(metadata.numberingPlan?.possibleLengths() ?? []))
  longest.set(country, found)
  return found
}

let prefixes: readonly string[] | undefined

/** International prefixes of other countries than the one at hand, without those that name a carrier: of them only their own country knows. */
function commonPrefixes(): readonly string[] {
  prefixes ??= [
    ...new Set(
      getCountries().flatMap((country) => {
        const metadata = new Metadata()
        metadata.selectNumberingPlan(country)
        // Typed as text, and yet a number where the metadata has none.
        return [metadata.numberingPlan?.IDDPrefix(), metadata.numberingPlan?.defaultIDDPrefix()]
          .map((prefix) => String(prefix ?? '').replace('~', ''))
          .filter((prefix) => /^\d{2,}$/.test(prefix))
      }),
    ),
  ]
  return prefixes
}
