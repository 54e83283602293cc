/**
 * «Who is this number»: point look-ups in prepared statements on main's connection, fast enough to be done before the
 * first ring is painted, however many contacts there are.
 */
import type { Database, Statement } from 'better-sqlite3'
import type { CallerId, LastCall, Outcome } from '../../preload/contract'
import { cleanLine } from '../text'
import { ContactRows } from './contact-rows'
import { type NumberMatch, NumberMatching } from './matching'
import { asciiDigits, countryOf, displayNumber } from './numbers'
import { OrganizationRows } from './organization-rows'

export interface LookupOptions {
  /** The country of numbers without a prefix: the account's, else the rep's. */
  country: string
  /** The rep's own country, for the reading form; `country` when absent. */
  home?: string
  /** The display name that the network sent. */
  networkName?: string | null
  /** Whom the rep means: named before everybody else, though the number may not be theirs. */
  contactId?: number | undefined
  /** False: nobody is looked up but whom the rep means. */
  named?: boolean
}

interface LastCallRow {
  id: string
  direction: LastCall['direction']
  started_at: number
  talk_ms: number
  outcome: Outcome | null
  notes: string | null
}

/** As many people as can usefully be chosen from. */
const mostPeople = 20
/** Of them with all that is known. */
const mostDetails = 4
/** Of an organization's people, besides those who keep its number; and how many are looked at for those who have changed last. */
const mostStaff = 6
const mostStaffRead = 30
/** How far back conversations are looked for among calls that nobody answered. */
const mostCallsRead = 60
/** What networks and PBXs send for «no number» (RFC 3323 `anonymous`, and habits). */
const withheldWords =
  /^(anonymous|anonym|private|restricted|withheld|unknown|unavailable|blocked|no ?number|number withheld|asserted|\+?266696687)?$/i
/** `sip:user@host`, `tel:number;ext=1`, `<…>` around them. */
const uri = /^\s*<?\s*(?:sips?|tel|callto):([^@>]*)(?:@[^>]*)?>?\s*$/i

/** Row numbers: who is meant by a number. */
interface Who {
  match: CallerId['match']
  contacts: readonly number[]
  organization: number | null
  people: readonly number[]
  sharedBy: number
}
const noOne: Who = { match: 'none', contacts: [], organization: null, people: [], sharedBy: 0 }

/** What is answered of a number that leads to nobody, but for the number itself. */
export const nobody = {
  match: 'none',
  contacts: [],
  organization: null,
  people: [],
  sharedBy: 0,
  lastCalls: [],
  asking: false,
} satisfies Partial<CallerId>

export class CallerIdLookup {
  readonly #db: Database
  readonly #begin: Statement<[]>
  readonly #end: Statement<[]>
  readonly #rows: ContactRows
  readonly #organizations: OrganizationRows
  readonly #matching: NumberMatching
  readonly #chosen: Statement<[string], number>
  readonly #exists: Statement<[number], number>
  readonly #choose: Statement<[string, number, number]>
  readonly #rank: Statement<[string], number>
  readonly #rankOrganizations: Statement<[string], number>
  readonly #staff: Statement<[number, string | null], number>
  readonly #lastOfContact: Statement<[number], LastCallRow>
  readonly #lastOfNumber: Statement<[string, 0 | 1], LastCallRow>

  constructor(db: Database) {
    this.#db = db
    this.#begin = db.prepare('BEGIN')
    this.#end = db.prepare('COMMIT')
    this.#rows = new ContactRows(db)
    this.#organizations = new OrganizationRows(db)
    this.#matching = new NumberMatching(db)
    this.#chosen = db
      .prepare<[string], number>(
        `SELECT contact_id FROM number_choices n JOIN contacts c ON c.id = n.contact_id
         WHERE number = +? AND NOT EXISTS (SELECT 1 FROM connections WHERE id = c.source AND caller_id = 0)`,
      )
      .pluck()
    this.#exists = db.prepare<[number], number>('SELECT id FROM contacts WHERE id = ?').pluck()
    this.#choose = db.prepare(
      `INSERT INTO number_choices (number, contact_id, chosen_at) VALUES (?, ?, ?)
       ON CONFLICT (number) DO UPDATE SET contact_id = excluded.contact_id, chosen_at = excluded.chosen_at`,
    )
    // Looked for from the latest call backwards: of somebody who is called every hour only a few are read.
    this.#rank = db
      .prepare<[string], number>(
        `SELECT c.id FROM json_each(?) j CROSS JOIN contacts c ON c.id = j.value
         ORDER BY EXISTS (SELECT 1 FROM deals WHERE contact_id = c.id AND status = 'open') DESC,
           EXISTS (SELECT 1 FROM connections WHERE id = c.source AND user_id = c.owner_id) DESC,
           (SELECT started_at FROM calls WHERE contact_id = c.id AND answered_at IS NOT NULL ORDER BY started_at DESC LIMIT 1) DESC NULLS LAST,
           c.updated_at DESC, c.id LIMIT ${mostPeople}`,
      )
      .pluck()
    this.#rankOrganizations = db
      .prepare<[string], number>(
        `SELECT o.id FROM json_each(?) j CROSS JOIN organizations o ON o.id = j.value
         ORDER BY EXISTS (SELECT 1 FROM deals WHERE organization_id = o.id AND contact_id IS NULL AND status = 'open') DESC,
           EXISTS (SELECT 1 FROM connections WHERE id = o.source AND user_id = o.owner_id) DESC, o.updated_at DESC, o.id LIMIT 1`,
      )
      .pluck()
    // Who has called from there before, then who has changed last.
    this.#staff = db
      .prepare<[number, string | null], number>(
        `SELECT c.id FROM (SELECT id, updated_at FROM contacts WHERE organization_id = +? LIMIT ${mostStaffRead}) c
         LEFT JOIN (SELECT contact_id, max(started_at) AS at FROM
           (SELECT contact_id, started_at FROM calls WHERE e164 = +? AND contact_id IS NOT NULL ORDER BY started_at DESC LIMIT ${mostCallsRead})
           GROUP BY contact_id) l ON l.contact_id = c.id
         ORDER BY l.at DESC NULLS LAST, c.updated_at DESC, c.id LIMIT ${mostStaff}`,
      )
      .pluck()
    // Only the latest calls are looked through: a number may have had thousands that nobody answered.
    const last = (whose: string, and = '') =>
      `SELECT c.id, c.direction, c.started_at, c.talk_ms, l.outcome, l.notes
       FROM (SELECT * FROM calls WHERE ${whose} = +? ORDER BY started_at DESC LIMIT ${mostCallsRead}) c LEFT JOIN call_logs l ON l.call_id = c.id
       WHERE c.result IS NOT NULL AND (c.answered_at IS NOT NULL OR l.state IN ('draft', 'saved')) ${and}
       ORDER BY c.started_at DESC LIMIT 3`
    this.#lastOfContact = db.prepare(last('contact_id'))
    this.#lastOfNumber = db.prepare(last('e164', 'AND (? OR c.contact_id IS NULL)'))
  }

  /** `number`: as the network delivered it or as it was typed; a SIP or tel URI is understood too. Never throws for bad input. */
  lookup(number: string, options: LookupOptions): CallerId {
    // One state of the database for the whole card, and one lock instead of one for each statement.
    const within = this.#db.inTransaction
    if (!within) this.#begin.run()
    try {
      return this.#lookup(number, options)
    } finally {
      if (!within && this.#db.inTransaction) this.#end.run()
    }
  }

  #lookup(number: string, options: LookupOptions): CallerId {
    const home = options.home ?? options.country
    const networkName = cleanLine(options.networkName ?? '', 120) || null
    const raw = numberText(number)
    if (withheldWords.test(raw)) return { ...nobody, raw: '', e164: null, display: '', country: null, withheld: true, networkName }
    const found = this.#matching.find(raw, { country: options.country, home })
    const { e164 } = found
    const who = options.named === false ? this.#only(options.contactId) : this.#who(found, raw, options.contactId)
    const contacts = who.contacts
      .slice(0, mostDetails)
      .map((id) => this.#rows.detail(id, home))
      .filter((contact) => contact !== null)
    const organization = who.organization === null ? null : this.#organizations.detail(who.organization, home)
    const people = this.#rows.summaries([...who.contacts.slice(mostDetails), ...who.people], home)
    const first = contacts[0]
    const match = first || organization ? who.match : 'none'
    const theirs = first ? this.#lastOfContact.all(first.id) : []
    const last = theirs.length > 0 || options.named === false ? theirs : this.#lastOn(e164, first ? match : 'none')
    return {
      raw,
      e164,
      display: displayNumber(e164, raw, home),
      country: countryOf(e164),
      withheld: false,
      networkName,
      match,
      contacts,
      organization,
      people,
      sharedBy: who.sharedBy,
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

  /** What a rep's choice of a number's owner is kept under; null for what is no number. */
  choiceKey(number: string, options: Pick<LookupOptions, 'country' | 'home'>): string | null {
    const raw = numberText(number)
    if (withheldWords.test(raw)) return null
    const { e164 } = this.#matching.find(raw, { country: options.country, home: options.home ?? options.country })
    return keyOf(e164, raw)
  }

  /** From now on `contactId` is meant by the number of that key; belongs inside a transaction. False: there is no such contact. */
  choose(key: string, contactId: number, now: number): boolean {
    if (this.#exists.get(contactId) === undefined) return false
    this.#choose.run(key, contactId, now)
    return true
  }

  #only(contactId: number | undefined): Who {
    const known = contactId !== undefined && this.#exists.get(contactId) !== undefined
    return { ...noOne, match: 'exact', contacts: known ? [contactId] : [] }
  }

  /** Who of those that a number leads to is meant. */
  #who(found: NumberMatch, raw: string, meant: number | undefined): Who {
    const { contactIds, organizationIds } = found
    const key = keyOf(found.e164, raw)
    const chosen = (meant === undefined ? undefined : this.#exists.get(meant)) ?? (key === null ? undefined : this.#chosen.get(key))
    const organization = this.#ranked(organizationIds, this.#rankOrganizations)[0] ?? null
    const sharing = this.#ranked(contactIds, this.#rank)
    const match = chosen === undefined ? found.match : 'exact'
    if (organization === null) {
      const contacts = chosen === undefined ? sharing : [chosen, ...sharing.filter((id) => id !== chosen)]
      return { match, contacts, organization, people: [], sharedBy: Math.max(contactIds.length, contacts.length) }
    }
    // An organization's own number with one person beside it is that person's; with several, or with none, it may be anybody.
    const headline = chosen ?? (sharing.length === 1 ? sharing[0] : undefined)
    const others = [...new Set([...sharing, ...this.#staff.all(organization, found.e164)])].filter((id) => id !== headline)
    const contacts = headline === undefined ? [] : [headline]
    return { match, contacts, organization, people: others.slice(0, mostPeople), sharedBy: contactIds.length }
  }

  #ranked(ids: readonly number[], by: Statement<[string], number>): readonly number[] {
    return ids.length > 1 ? by.all(JSON.stringify(ids)) : ids
  }

  /** The last call on the number itself: a known person gets only those that belong to nobody else. */
  #lastOn(e164: string | null, match: CallerId['match']): LastCallRow[] {
    return e164 && match !== 'possible' ? this.#lastOfNumber.all(e164, match === 'none' ? 1 : 0) : []
  }
}

/** What stands for the number in `number_choices`: a public one by its E.164 form, any other by its digits. */
function keyOf(e164: string | null, raw: string): string | null {
  return e164 ?? (asciiDigits(raw).replace(/\D/g, '').slice(0, 32) || null)
}

function numberText(number: string): string {
  return cleanLine(uri.exec(number.slice(0, 500))?.[1] ?? number, 120)
}
