/**
 * Whose number is it: the contacts and organizations that a number leads to, as a network delivered it or as a person typed
 * it, by prepared statements on main's connection. Who of them is meant is not decided here.
 */
import type { Database, Statement } from 'better-sqlite3'
import { isValidPhoneNumber } from 'libphonenumber-js/max'
import type { CallerId } from '../../preload/contract'
import { asciiDigits, callingCodeOf, parseNumber, partsOf } from './numbers'

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
}

export class NumberMatching {
  readonly #byE164: Statement<[string], Hit>
  readonly #byDigits: Statement<[string], Hit>
  readonly #bySuffix: Statement<[string], Hit>

  constructor(db: Database) {
    // Connections are few and looked through first: where none is switched off, no contact is read for this.
    const heard = `NOT EXISTS (SELECT 1 FROM connections k WHERE k.caller_id = 0 AND +k.id =
      coalesce((SELECT source FROM contacts WHERE id = p.contact_id), (SELECT source FROM organizations WHERE id = p.organization_id)))`
    const hits = (where: string) =>
      db.prepare<[string], Hit>(`SELECT DISTINCT contact_id, organization_id, e164 FROM phones p WHERE ${where} AND ${heard} LIMIT 200`)
    this.#byE164 = hits('e164 = ?')
    this.#byDigits = hits('digits = ? AND e164 IS NULL')
    this.#bySuffix = hits("suffix = ? AND suffix <> ''")
  }

  /** `text`: a number in any form, without URI. Connections whose contacts do not name callers are left out. Never throws for bad input. */
  find(text: string, { country, home }: MatchOptions): NumberMatch {
    const number = asciiDigits(text)
    // A SIP user like `anna2` is a name that contains a digit, not the number 2.
    if (!/\d/.test(number) || /\p{L}{2}.*\d|\d.*\p{L}{3}/u.test(number.replace(/(;|\s)*(ext|extension)[.=\s]*\d+$/i, ''))) {
      return { match: 'none', contactIds: [], organizationIds: [], e164: null }
    }
    const candidates = readings(number, country, home)
    const e164 = candidates[0] ?? null
    for (const candidate of candidates) {
      const hits = this.#byE164.all(candidate)
      if (hits.length > 0) return { match: 'exact', ...owners(hits), e164: candidate }
    }
    const { digits, suffix } = parseNumber(number, country)
    const internal = digits === '' ? [] : this.#byDigits.all(digits)
    if (internal.length > 0) return { match: 'exact', ...owners(internal), e164 }
    if (suffix === '') return { match: 'none', contactIds: [], organizationIds: [], e164 }
    const explicit = /^\s*(\+|00|011)/.test(number)
    const alike = this.#bySuffix.all(suffix).filter((hit) => !explicit || mayBeTheSame(e164, hit.e164))
    if (alike.length === 0) return { match: 'none', contactIds: [], organizationIds: [], e164 }
    const prefix = e164 ? partsOf(e164)?.code : callingCodeOf(country)
    const near = alike.filter((hit) => hit.e164 === null || partsOf(hit.e164)?.code === prefix)
    return { match: 'possible', ...owners(near.length > 0 ? near : alike), e164 }
  }
}

/** Every public number that the text may stand for, the likeliest first. */
function readings(text: string, country: string, home: string): string[] {
  const { digits } = parseNumber(text, country)
  const found = new Set<string>()
  const add = (written: string, region: string) => {
    const { e164 } = parseNumber(written, region)
    if (e164) found.add(e164)
  }
  add(text, country)
  if (text.trimStart().startsWith('+')) return [...found]
  if (home !== country) add(text, home)
  if (digits.startsWith('00')) add(`+${digits.slice(2)}`, country)
  else if (digits.startsWith('011')) add(`+${digits.slice(3)}`, country)
  // Some networks leave the `+` out.
  else if (digits.length > 8 && !digits.startsWith('0') && isValidPhoneNumber(`+${digits}`)) add(`+${digits}`, country)
  return [...found]
}

/**
 * Whether two different complete numbers may still be one line: one national part ends in the other (a mobile prefix that
 * only some networks send, a number kept under the wrong country).
 */
function mayBeTheSame(one: string | null, other: string | null): boolean {
  if (!one || !other) return true
  const a = partsOf(one)?.national ?? one
  const b = partsOf(other)?.national ?? other
  return a.endsWith(b) || b.endsWith(a)
}

function owners(hits: readonly Hit[]): Pick<NumberMatch, 'contactIds' | 'organizationIds'> {
  const ids = (key: 'contact_id' | 'organization_id') => [...new Set(hits.map((hit) => hit[key]).filter((id) => id !== null))]
  return { contactIds: ids('contact_id'), organizationIds: ids('organization_id') }
}
