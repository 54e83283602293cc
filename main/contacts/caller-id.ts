/**
 * «Who is this number»: point look-ups in prepared statements on main's connection, fast enough to be done before the
 * first ring is painted, however many contacts there are.
 */
import type { Database, Statement } from 'better-sqlite3'
import { isValidPhoneNumber } from 'libphonenumber-js/max'
import type { CallerId, LastCall, Outcome } from '../../preload/contract'
import { cleanLine } from '../text'
import { ContactRows } from './contact-rows'
import { asciiDigits, callingCodeOf, countryOf, displayNumber, parseNumber, partsOf } from './numbers'

export interface LookupOptions {
  /** The country of numbers without a prefix: the account's, else the rep's. */
  country: string
  /** The rep's own country, for the reading form; `country` when absent. */
  home?: string
  /** The display name that the network sent. */
  networkName?: string | null
}

interface Hit {
  contact_id: number
  e164: string | null
}
interface LastCallRow {
  id: string
  direction: LastCall['direction']
  started_at: number
  talk_ms: number
  outcome: Outcome | null
  notes: string | null
}

/** As many people as «also known as» can usefully show. */
const mostContacts = 10
/** What networks and PBXs send for «no number» (RFC 3323 `anonymous`, and habits). */
const withheldWords =
  /^(anonymous|anonym|private|restricted|withheld|unknown|unavailable|blocked|no ?number|number withheld|asserted|\+?266696687)?$/i
/** `sip:user@host`, `tel:number;ext=1`, `<…>` around them. */
const uri = /^\s*<?\s*(?:sips?|tel|callto):([^@>]*)(?:@[^>]*)?>?\s*$/i

export class CallerIdLookup {
  readonly #rows: ContactRows
  readonly #byE164: Statement<[string], Hit>
  readonly #byDigits: Statement<[string], Hit>
  readonly #bySuffix: Statement<[string], Hit>
  readonly #rank: Statement<[string], number>
  readonly #lastOfContact: Statement<[number], LastCallRow>
  readonly #lastOfNumber: Statement<[string, 0 | 1], LastCallRow>

  constructor(db: Database) {
    this.#rows = new ContactRows(db)
    this.#byE164 = db.prepare('SELECT DISTINCT contact_id, e164 FROM phones WHERE e164 = ? AND contact_id IS NOT NULL LIMIT 200')
    this.#byDigits = db.prepare(
      'SELECT DISTINCT contact_id, e164 FROM phones WHERE digits = ? AND e164 IS NULL AND contact_id IS NOT NULL LIMIT 200',
    )
    this.#bySuffix = db.prepare(
      "SELECT DISTINCT contact_id, e164 FROM phones WHERE suffix = ? AND suffix <> '' AND contact_id IS NOT NULL LIMIT 200",
    )
    this.#rank = db
      .prepare<[string], number>(
        `SELECT c.id FROM json_each(?) j JOIN contacts c ON c.id = j.value
         ORDER BY EXISTS (SELECT 1 FROM deals WHERE contact_id = c.id AND status = 'open') DESC,
           (SELECT max(started_at) FROM calls WHERE contact_id = c.id AND answered_at IS NOT NULL) DESC NULLS LAST,
           c.updated_at DESC, c.id LIMIT ${mostContacts}`,
      )
      .pluck()
    const last = (which: string) =>
      `SELECT c.id, c.direction, c.started_at, c.talk_ms, l.outcome, l.notes FROM calls c LEFT JOIN call_logs l ON l.call_id = c.id
       WHERE ${which} AND c.result IS NOT NULL AND (c.answered_at IS NOT NULL OR l.state IN ('draft', 'saved'))
       ORDER BY c.started_at DESC LIMIT 3`
    this.#lastOfContact = db.prepare(last('c.contact_id = ?'))
    this.#lastOfNumber = db.prepare(last('c.e164 = ? AND (? OR c.contact_id IS NULL)'))
  }

  /** `number`: as the network delivered it or as it was typed; a SIP or tel URI is understood too. Never throws for bad input. */
  lookup(number: string, options: LookupOptions): CallerId {
    const home = options.home ?? options.country
    const networkName = cleanLine(options.networkName ?? '', 120) || null
    const raw = cleanLine(uri.exec(number.slice(0, 500))?.[1] ?? number, 120)
    if (withheldWords.test(raw)) {
      return {
        raw: '',
        e164: null,
        display: '',
        country: null,
        withheld: true,
        networkName,
        match: 'none',
        contacts: [],
        lastCalls: [],
        asking: false,
      }
    }
    const { match, ids, e164 } = this.#find(raw, options.country, home)
    const ranked = ids.length > 1 ? this.#rank.all(JSON.stringify(ids)) : ids
    const contacts = ranked.map((id) => this.#rows.detail(id, home)).filter((contact) => contact !== null)
    const first = contacts[0]
    const theirs = first ? this.#lastOfContact.all(first.id) : []
    const last = theirs.length > 0 ? theirs : this.#lastOn(e164, first ? match : 'none')
    return {
      raw,
      e164,
      display: displayNumber(e164, raw, home),
      country: countryOf(e164),
      withheld: false,
      networkName,
      match: first ? match : 'none',
      contacts,
      lastCalls: last.map((call) => ({
        callId: call.id,
        direction: call.direction,
        startedAt: call.started_at,
        talkMs: call.talk_ms,
        outcome: call.outcome,
        notes: call.notes ?? '',
      })),
      asking: false,
    }
  }

  /** The last call on the number itself: a known person gets only those that belong to nobody else. */
  #lastOn(e164: string | null, match: CallerId['match']): LastCallRow[] {
    return e164 && match !== 'possible' ? this.#lastOfNumber.all(e164, match === 'none' ? 1 : 0) : []
  }

  #find(raw: string, country: string, home: string): { match: CallerId['match']; ids: number[]; e164: string | null } {
    const text = asciiDigits(raw)
    // A SIP user like `anna2` is a name that contains a digit, not the number 2.
    if (!/\d/.test(text) || /\p{L}{2}.*\d|\d.*\p{L}{3}/u.test(text.replace(/(;|\s)*(ext|extension)[.=\s]*\d+$/i, ''))) {
      return { match: 'none', ids: [], e164: null }
    }
    const candidates = readings(text, country, home)
    const e164 = candidates[0] ?? null
    for (const candidate of candidates) {
      const hits = this.#byE164.all(candidate)
      if (hits.length > 0) return { match: 'exact', ids: contactIds(hits), e164: candidate }
    }
    const { digits, suffix } = parseNumber(text, country)
    const internal = digits === '' ? [] : this.#byDigits.all(digits)
    if (internal.length > 0) return { match: 'exact', ids: contactIds(internal), e164 }
    if (suffix === '') return { match: 'none', ids: [], e164 }
    const explicit = /^\s*(\+|00|011)/.test(text)
    const alike = this.#bySuffix.all(suffix).filter((hit) => !explicit || mayBeTheSame(e164, hit.e164))
    const prefix = e164 ? partsOf(e164)?.code : callingCodeOf(country)
    const near = alike.filter((hit) => hit.e164 === null || partsOf(hit.e164)?.code === prefix)
    return { match: 'possible', ids: contactIds(near.length > 0 ? near : alike), e164 }
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

function contactIds(hits: readonly Hit[]): number[] {
  return [...new Set(hits.map((hit) => hit.contact_id))]
}
