/**
 * «Who is this number»: point look-ups in prepared statements on main's connection, fast enough to be done before the
 * first ring is painted, however many contacts there are.
 */
import type { Database, Statement } from 'better-sqlite3'
import type { CallerId, LastCall, Outcome } from '../../preload/contract'
import { cleanLine } from '../text'
import { ContactRows } from './contact-rows'
import { NumberMatching } from './matching'
import { countryOf, displayNumber } from './numbers'

export interface LookupOptions {
  /** The country of numbers without a prefix: the account's, else the rep's. */
  country: string
  /** The rep's own country, for the reading form; `country` when absent. */
  home?: string
  /** The display name that the network sent. */
  networkName?: string | null
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
  readonly #matching: NumberMatching
  readonly #rank: Statement<[string], number>
  readonly #lastOfContact: Statement<[number], LastCallRow>
  readonly #lastOfNumber: Statement<[string, 0 | 1], LastCallRow>

  constructor(db: Database) {
    this.#rows = new ContactRows(db)
    this.#matching = new NumberMatching(db)
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
    const { match, contactIds: ids, e164 } = this.#matching.find(raw, { country: options.country, home })
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
}
