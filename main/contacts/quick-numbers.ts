/**
 * The library's answer for numbers written in the ordinary way, some six times as fast: digits, spaces, dots, dashes and
 * brackets, with or without `+`, that are valid numbers. The library's own patterns decide, each compiled once; wherever its
 * parser does anything more than cut off a plain prefix, this one answers with null and the library is asked. A test compares
 * both over numbers of every region.
 */
import { isSupportedCountry, Metadata } from 'libphonenumber-js/max'

export interface QuickNumber {
  e164: string
  /** As they were written. */
  digits: string
  national: string
  country: string
}

/** What of the library's metadata is used; its types name less. */
interface LibraryPlan {
  callingCode(): string
  IDDPrefix(): string | undefined
  nationalNumberPattern(): string
  possibleLengths(): number[]
  nationalPrefixForParsing(): string | undefined
  leadingDigits(): string | undefined
  hasTypes(): boolean
  type(name: string): { pattern(): string | undefined; possibleLengths(): number[] | undefined } | undefined
}
interface LibraryMetadata {
  numberingPlan: LibraryPlan
  hasCallingCode(code: string): boolean
  selectNumberingPlan(of: string): void
  getCountryCodesForCallingCode(code: string): string[] | undefined
}

interface Plan {
  code: string
  international: RegExp | null
  pattern: RegExp
  lengths: ReadonlySet<number>
  prefix: RegExp | null
  leading: RegExp | null
  types: readonly { pattern: RegExp; lengths: ReadonlySet<number> | null }[] | null
}

const typeNames = [
  'FIXED_LINE',
  'MOBILE',
  'PREMIUM_RATE',
  'TOLL_FREE',
  'SHARED_COST',
  'VOIP',
  'PERSONAL_NUMBER',
  'PAGER',
  'UAN',
  'VOICEMAIL',
] as const

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`)
const start = (pattern: string | undefined) => (pattern ? new RegExp(`^(?:${pattern})`) : null)

// Compiled patterns of the metadata, by country or calling code; no state.
const plans = new Map<string, Plan>()
const countries = new Map<string, readonly string[] | null>()

function libraryMetadata(): LibraryMetadata {
  return new Metadata() as unknown as LibraryMetadata
}

function planOf(countryOrCode: string): Plan {
  const known = plans.get(countryOrCode)
  if (known) return known
  const metadata = libraryMetadata()
  metadata.selectNumberingPlan(countryOrCode)
  const plan = metadata.numberingPlan
  const types = typeNames.flatMap((name) => {
    const type = plan.type(name)
    const pattern = type?.pattern()
    const lengths = type?.possibleLengths()
    return pattern ? [{ pattern: whole(pattern), lengths: lengths ? new Set(lengths) : null }] : []
  })
  const made: Plan = {
    code: plan.callingCode(),
    international: start(plan.IDDPrefix()),
    pattern: whole(plan.nationalNumberPattern()),
    lengths: new Set(plan.possibleLengths()),
    prefix: start(plan.nationalPrefixForParsing()),
    leading: start(plan.leadingDigits()),
    types: plan.hasTypes() ? types : null,
  }
  plans.set(countryOrCode, made)
  return made
}

/** The countries of a calling code, the main one first; null for what is none of a country. */
function countriesOf(code: string): readonly string[] | null {
  const known = countries.get(code)
  if (known !== undefined) return known
  const metadata = libraryMetadata()
  const found = metadata.hasCallingCode(code) ? (metadata.getCountryCodesForCallingCode(code) ?? null) : null
  countries.set(code, found)
  return found
}

function isOfType({ pattern, types }: Plan, national: string): boolean {
  if (!pattern.test(national)) return false
  return (types ?? []).some((type) => (type.lengths === null || type.lengths.has(national.length)) && type.pattern.test(national))
}

function countryFor(among: readonly string[], national: string): string | null {
  const [only] = among
  if (only !== undefined && among.length === 1) return only
  const found = among.find((country) => {
    const plan = planOf(country)
    return plan.leading ? plan.leading.test(national) : isOfType(plan, national)
  })
  return found ?? null
}

function validIn(code: string, national: string): string | null {
  if (national.length < 2 || national.length > 17) return null
  const country = countryFor(countriesOf(code) ?? [], national)
  if (country === null) return null
  const plan = planOf(country)
  return (plan.types ? isOfType(plan, national) : plan.pattern.test(national)) ? country : null
}

const ordinary = /^\+?[\d().-]+(?: [\d().-]+)*$/
const mostCharacters = 40
const fewestDigits = 6
const mostDigits = 20

/** `country`: for numbers without `+`. Null: the library has to say what it is. */
export function quickNumber(text: string, country: string): QuickNumber | null {
  if (text.length > mostCharacters || !ordinary.test(text)) return null
  const digits = text.replace(/\D+/g, '')
  if (digits.length < fewestDigits || digits.length > mostDigits) return null
  return text.startsWith('+') ? global(digits) : national(digits, country)
}

function global(digits: string): QuickNumber | null {
  // No calling code begins another one.
  let code = ''
  for (let length = 1; length <= 3 && code === ''; length++) if (countriesOf(digits.slice(0, length))) code = digits.slice(0, length)
  return code === '' ? null : read(code, planOf(code), digits.slice(code.length), digits)
}

function national(digits: string, country: string): QuickNumber | null {
  if (!isSupportedCountry(country)) return null
  const plan = planOf(country)
  const international = plan.international?.exec(digits)
  if (international) {
    const abroad = digits.slice(international[0].length)
    const found = abroad.startsWith('0') ? null : global(abroad)
    return found && { ...found, digits }
  }
  // Perhaps with the country's own code.
  if (digits.startsWith(plan.code)) return null
  return read(plan.code, plan, digits, digits)
}

/** `number`: what follows the calling code, perhaps with a trunk prefix. */
function read(code: string, plan: Plan, number: string, digits: string): QuickNumber | null {
  const prefix = plan.prefix?.exec(number)
  // Prefixes with parts (carriers, area codes to be put in) are the library's.
  if (prefix && prefix.length > 1) return null
  const rest = prefix ? number.slice(prefix[0].length) : number
  if (prefix && !plan.pattern.test(rest)) return null
  const country = validIn(code, rest)
  if (country === null || !planOf(country).lengths.has(rest.length)) return null
  return { e164: `+${code}${rest}`, digits, national: rest, country }
}
