/**
 * What a dialled text may reach. A PBX has rules of its own for prefixes and ignores digits too many, so that a text which is no
 * valid number where the rep is gets every reading that some PBX could give it; the guard judges by the worst.
 */
import { isSupportedCountry, type PhoneNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { asciiDigits } from '../text'

/** `free`: nobody pays at the caller's end more than for a local call (+800). `satellite`: satellites and networks of no country. */
export type Tariff = 'ordinary' | 'free' | 'premium' | 'satellite'

export interface Reading {
  /** ISO 3166-1 alpha-2; the main country of a calling code that several share and the number does not tell; null for no country. */
  country: string | null
  callingCode: string
  tariff: Tariff
}

export interface Dialled {
  /** A feature code of the PBX, alone or with a number. */
  star: boolean
  /** Short, and no public number: an extension, a short code, or a name. */
  internal: boolean
  readings: Reading[]
  /** Begins like an international number, and is none. */
  unknownAbroad: boolean
}

/** Up to this many digits without a `+` it is an internal number or a short code (as in contacts). */
const longestInternal = 5
/** The shortest that is taken for a number with digits too many. */
const shortestCut = 7
/** ITU-T E.164 assigns calling codes of no country to services by purpose; all others of them are networks. */
const services: Readonly<Record<string, Tariff>> = { '800': 'free', '808': 'premium', '979': 'premium' }
const keypad = ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz']

/** Reads what is dialled where the rep is (`country`: ISO 3166-1 alpha-2). `e164`: the caller ID's reading, which counts as well. */
export function readDialled(text: string, country: string, e164: string | null = null): Dialled {
  const user = userPart(text)
  const star = /[*#]/.test(user)
  const forms = user
    .split(/[*#]+/)
    .flatMap((part, index) => [part, ...(star && index === 1 ? withoutCode(part) : [])])
    .flatMap(spellings)
  const found = new Map<string, Reading>()
  const add = (number: PhoneNumber | undefined) => {
    if (number) found.set(`${number.number}`, readingOf(number))
  }
  add(e164 === null ? undefined : parsePhoneNumberFromString(e164))
  for (const form of forms) for (const number of numbersOf(form, country)) add(number)
  const long = forms.some((form) => form.replace(/\D/g, '').length > longestInternal)
  return {
    star,
    internal: !long && found.size === 0,
    readings: [...found.values()],
    unknownAbroad: forms.some((form) => isUnknownAbroad(form, country)),
  }
}

/** `*21…`, `*67…`: a number may follow a code of two or three digits without a mark between them. */
const withoutCode = (part: string) => [part.slice(2), part.slice(3)]

/** What stands before the host and the parameters, with everything that only separates taken out. */
function userPart(text: string): string {
  const plain = asciiDigits(text.slice(0, 250).normalize('NFKC').replaceAll('➕', '+'))
    .trim()
    .replace(/^(?:tel|callto|sips?):(?:\/\/)?/i, '')
  // Cut before the escapes are read: an escaped `;` is part of the user, and some PBX drops it.
  return unescaped(plain.replace(/[@;?,].*$/s, ''))
    .replace(/(?:ext(?:ension)?|x)\.?\s*\d+$/i, '')
    .replace(/\(0\)/, '')
    .replace(/[^\p{L}\d+*#]/gu, '')
}

/** RFC 3261 §25.1: a user part may hide digits in percent escapes, also escaped ones. */
function unescaped(text: string): string {
  let before: string
  let now = text
  do {
    before = now
    now = before.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  } while (now !== before)
  return now
}

/** With its letters as the keypad has them, and without them; a text that begins with a letter is a name. */
function spellings(part: string): string[] {
  const plus = part.lastIndexOf('+')
  if (plus > 0) return [part.slice(0, plus) + part.slice(plus + 1), part.slice(plus)].flatMap(spellings)
  if (!/\p{L}/u.test(part)) return part === '' ? [] : [part]
  if (!/^\+?\d/.test(part)) return []
  const mapped = part.toLowerCase().replace(/[a-z]/g, (letter) => String(keypad.findIndex((key) => key.includes(letter)) + 2))
  return [mapped, part].map((form) => form.replace(/\p{L}/gu, ''))
}

function isUnknownAbroad(form: string, country: string): boolean {
  const digits = form.replace(/\D/g, '')
  const forms = form.startsWith('+') ? [form] : international(digits)
  if (digits.length <= longestInternal || forms.length === 0 || parse(form, country)?.isValid()) return false
  return !forms.some((each) => complete(each, country).length > 0 || parse(each, country))
}

function numbersOf(form: string, country: string): PhoneNumber[] {
  const digits = form.replace(/\D/g, '')
  if (digits.length <= longestInternal) return []
  const prefixed = form.startsWith('+')
  const own = parse(form, country)
  if (own?.isValid()) return [own]
  const likely = prefixed ? [form] : [form, ...international(digits), ...outside(digits)]
  // Many trunks take any digits for E.164 without its plus.
  const found = [...likely, ...(prefixed ? [] : [`+${digits}`])].flatMap((other) => complete(other, country))
  if (found.length > 0) return found
  // Nothing is known of it but its calling code: still a place.
  const possible = likely.map((other) => parse(other, country)).find((number) => number && (prefixed || number.isPossible()))
  return possible ? [possible] : []
}

/** International prefixes that a PBX may take wherever it stands. */
const international = (digits: string) =>
  ['00', '011'].flatMap((prefix) => (digits.startsWith(prefix) ? [`+${digits.slice(prefix.length)}`] : []))

/** Behind a digit for an outside line. */
function outside(digits: string): string[] {
  if (!/^[09]/.test(digits)) return []
  const rest = digits.slice(1)
  return rest.length > longestInternal ? [rest, ...international(rest)] : []
}

/** A valid number, or the one that is left when digits too many are ignored. */
function complete(form: string, country: string): PhoneNumber[] {
  for (let length = form.length; length >= shortestCut; length--) {
    const number = parse(form.slice(0, length), country)
    if (number?.isValid()) return [number]
  }
  return []
}

function parse(text: string, country: string): PhoneNumber | undefined {
  return parsePhoneNumberFromString(text, isSupportedCountry(country) ? { defaultCountry: country, extract: false } : { extract: false })
}

function readingOf(number: PhoneNumber): Reading {
  const callingCode = String(number.countryCallingCode)
  if (number.isNonGeographic()) return { country: null, callingCode, tariff: services[callingCode] ?? 'satellite' }
  const type = number.getType()
  const tariff = type === 'PREMIUM_RATE' || type === 'SHARED_COST' ? 'premium' : 'ordinary'
  return { country: number.country ?? number.getPossibleCountries()[0] ?? null, callingCode, tariff }
}
