/**
 * Whose number is it: the contacts and organizations that a number leads to, as a network delivered it or as a person typed
 * it, by prepared statements on main's connection. Who of them is meant is not decided here.
 *
 * `exact` is said only where the text can be no other known number. Whatever else may be the same line is `possible`: a text
 * that is two numbers, another extension of one, a number that merely ends alike.
 */
import type { Database, Statement } from 'better-sqlite3'
import { isValidPhoneNumber } from 'libphonenumber-js/max'
import type { CallerId } from '../../preload/contract'
import { callingCodeOf, mainPart, partsOf, remembered, suffixOf } from './numbers'
import { asDialled, type Reading, readingsOf, shortBare } from './readings'

export interface MatchOptions {
  /** The country of numbers without a prefix: the account's. */
  country: string
  /** The rep's own country. */
  home: string
}
export interface NumberMatch {
  match: CallerId['match']
  /** Whose own number it is; unordered. */
  contactIds: number[]
  organizationIds: number[]
  /** The public number that the text stands for; null: none. */
  e164: string | null
}

interface Hit {
  contact_id: number | null
  organization_id: number | null
  e164: string | null
  extension: string | null
  raw: string
}

/** A text that was asked for, taken apart. */
interface Asked {
  digits: string
  suffix: string
  extension: string | null
  /** The likeliest first; `certain`: the text is not also another number. */
  numbers: readonly { e164: string; certain: boolean }[]
  /** What the digits would be with a `+`, when that is no more than a guess. */
  guess: string | null
  /** With a prefix that leaves no doubt of the country. */
  explicit: boolean
  /** One of the numbers is in a range that is in use. */
  valid: boolean
}

/** Digits of an internal number at most; a longer one without its area code may be another town's. */
const longestInternal = 6
const shortestAlike = 7

export class NumberMatching {
  readonly #byE164: Statement<[string], Hit>
  readonly #byDigits: Statement<[string], Hit>
  readonly #byAnyDigits: Statement<[string], Hit>
  readonly #byExtension: Statement<[string], Hit>
  readonly #bySuffix: Statement<[string], Hit>

  constructor(db: Database) {
    // Connections are few and looked through first: where none is switched off, no contact is read for this.
    const heard = `NOT EXISTS (SELECT 1 FROM connections k WHERE k.caller_id = 0 AND +k.id =
      coalesce((SELECT source FROM contacts WHERE id = p.contact_id), (SELECT source FROM organizations WHERE id = p.organization_id)))`
    // `= +?` here and in all that a card reads: bound to `= ?`, each new value has the statement planned again (docs/caller-id.md).
    const hits = (where: string) =>
      db.prepare<[string], Hit>(
        `SELECT DISTINCT contact_id, organization_id, e164, extension, raw FROM phones p WHERE ${where} AND ${heard} LIMIT 200`,
      )
    this.#byE164 = hits('e164 = +?')
    this.#byDigits = hits('digits = +? AND e164 IS NULL')
    // In the words of the index: those whose digits are their E.164 form have been looked for by that.
    this.#byAnyDigits = hits('digits = +? AND (e164 IS NULL OR substr(e164, 2) <> digits)')
    this.#byExtension = hits('extension = +?')
    this.#bySuffix = hits("suffix = +? AND suffix <> ''")
  }

  /** `text`: a number in any form, without URI. Connections whose contacts do not name callers are left out. Never throws for bad input. */
  find(text: string, { country, home }: MatchOptions): NumberMatch {
    const asked = remembered(asks, `${country} ${home} ${text}`, () => ask(text, country, home))
    if (!asked) return { match: 'none', contactIds: [], organizationIds: [], e164: null }
    return this.#known(asked) ?? this.#internal(asked) ?? this.#alike(asked, country)
  }

  #known({ numbers, extension }: Asked): NumberMatch | null {
    const found = numbers.map((number) => ({ ...number, hits: this.#byE164.all(number.e164) })).filter(({ hits }) => hits.length > 0)
    const [first, ...others] = found
    if (!first) return null
    // Both are known under this text: which of them calls, nobody can tell.
    if (others.length > 0) return { match: 'possible', ...owners(found.flatMap(({ hits }) => hits)), e164: first.e164 }
    const same = extension === null ? first.hits : first.hits.filter((hit) => hit.extension === extension)
    const line = same.length > 0 ? same : first.hits.filter((hit) => hit.extension === null)
    // Only other extensions of the number: colleagues of the caller.
    if (line.length === 0) return { match: 'possible', ...owners(first.hits), e164: first.e164 }
    return { match: first.certain ? 'exact' : 'possible', ...owners(line), e164: first.e164 }
  }

  #internal({ numbers, digits }: Asked): NumberMatch | null {
    if (digits === '' || digits.length > longestInternal || numbers.length > 0) return null
    const hits = this.#byDigits.all(digits)
    if (hits.length > 0) return { match: 'exact', ...owners(hits), e164: null }
    // The extension may be one at any company.
    const extensions = this.#byExtension.all(digits)
    return extensions.length > 0 ? { match: 'possible', ...owners(extensions), e164: null } : null
  }

  #alike(asked: Asked, country: string): NumberMatch {
    const e164 = asked.numbers[0]?.e164 ?? null
    const none: NumberMatch = { match: 'none', contactIds: [], organizationIds: [], e164 }
    const suffixes = new Set(asked.numbers.map((number) => suffixOf(partsOf(number.e164)?.national ?? '')).concat(asked.suffix))
    const hits = [...suffixes].filter((suffix) => suffix !== '').flatMap((suffix) => this.#bySuffix.all(suffix))
    const guessed = asked.guess === null ? [] : this.#byE164.all(asked.guess)
    // Kept with the `+` left out, where that was taken for an internal number or for one of another country.
    const bare = [...asked.numbers.map(({ e164 }) => e164.slice(1)), asked.digits].flatMap((digits) => this.#byAnyDigits.all(digits))
    const alike = hits.filter((hit) => mayBeTheSame(asked, hit))
    const prefix = e164 ? partsOf(e164)?.code : callingCodeOf(country)
    const near = alike.filter((hit) => hit.e164 === null || partsOf(hit.e164)?.code === prefix)
    const all = [...bare, ...guessed, ...(near.length > 0 ? near : alike)]
    return all.length === 0 ? none : { match: 'possible', ...owners(all), e164 }
  }
}

// What was asked for before, as the same call is looked up more than once. No state: `ask` is pure.
const asks = new Map<string, Asked | null>()

/** Null: the text is no number. */
function ask(text: string, country: string, home: string): Asked | null {
  const { main, extension } = mainPart(text)
  // A SIP user like `anna2` is a name that contains a digit, not the number 2.
  if (!/\d/.test(main) || /\p{L}{2}.*\d|\d.*\p{L}{3}/u.test(main)) return null
  const digits = main.replace(/\D/g, '').slice(0, 32)
  const readings = [...readingsOf(main, country)]
  const found = readings.filter(({ number }, index) => readings.findIndex((one) => one.number.number === number.number) === index)
  const valid = found.filter((reading) => reading.valid)
  const numbers = found.map((reading) => ({ e164: reading.number.number as string, certain: isCertain(reading, valid, digits) }))
  if (home !== country && !/^[\s(]*\+/.test(main)) {
    const [there] = readingsOf(main, home)
    if (there && !numbers.some(({ e164 }) => e164 === there.number.number)) {
      numbers.push({ e164: there.number.number, certain: there.valid && valid.length === 0 })
    }
  }
  return {
    digits,
    suffix: suffixOf(found[0]?.number.nationalNumber ?? digits),
    extension,
    numbers,
    guess: shortBare(digits),
    explicit: found.length === 1 && (found[0]?.how === 'plus' || found[0]?.how === 'prefix'),
    valid: valid.length > 0 || found[0]?.how === 'plus',
  }
}

/**
 * Whether the text is this number rather than another one. A text that is a national number of the country, written as one
 * dials it there, is taken for that even if it were a number from abroad with its `+` left out.
 */
function isCertain(reading: Reading, valid: readonly Reading[], digits: string): boolean {
  if (valid.every((one) => one === reading)) return true
  if (!reading.valid || reading.how !== 'national' || digits.startsWith('00')) return false
  return asDialled(reading.number, digits)
}

/** Whether a contact's number that ends like the one asked for may be the same line, though it is not the same number. */
function mayBeTheSame({ numbers, explicit, valid, digits }: Asked, hit: Hit): boolean {
  if (!hit.e164) return numbers.length === 0 || endsIn(digits, hit)
  // Part of a number, or one with more before it than belongs to it (a digit for an outside line).
  if (!valid) return true
  const theirs = partsOf(hit.e164)
  if (!theirs) return false
  const saysItsCountry = explicit && /^\s*(?:\+|00|011)/.test(hit.raw)
  return numbers.some(({ e164 }) => {
    const ours = partsOf(e164)
    if (!ours || (ours.code !== theirs.code && saysItsCountry)) return false
    const [shorter, longer] =
      ours.national.length <= theirs.national.length ? [ours.national, theirs.national] : [theirs.national, ours.national]
    // A mobile prefix that only some networks send; a number kept under the wrong country.
    if (shorter.length >= shortestAlike && longer.endsWith(shorter)) return true
    return ours.code === theirs.code && hasGrown(shorter, longer) && !isValidPhoneNumber(`+${ours.code}${shorter}`)
  })
}

function endsIn(digits: string, hit: Hit): boolean {
  const theirs = hit.raw.replace(/\D/g, '').replace(/^0+/, '')
  return theirs.length >= shortestAlike && (digits.endsWith(theirs) || theirs.endsWith(digits.replace(/^0+/, '')))
}

/** Whether the longer number is the shorter one with a digit or two put in (Brazil's ninth digit). */
function hasGrown(shorter: string, longer: string): boolean {
  const more = longer.length - shorter.length
  if (more < 1 || more > 2 || shorter.length < shortestAlike + 1) return false
  for (let at = 0; at <= shorter.length - shortestAlike; at++) {
    if (longer.startsWith(shorter.slice(0, at)) && longer.slice(at + more) === shorter.slice(at)) return true
  }
  return false
}

function owners(hits: readonly Hit[]): Pick<NumberMatch, 'contactIds' | 'organizationIds'> {
  const ids = (key: 'contact_id' | 'organization_id') => [...new Set(hits.map((hit) => hit[key]).filter((id) => id !== null))]
  return { contactIds: ids('contact_id'), organizationIds: ids('organization_id') }
}
