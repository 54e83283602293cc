/**
 * What sync may spend of a CRM's daily budget, which the whole company shares: at most a fifth of what is left of it. Reps do
 * not talk to each other. Each stops when it has spent a fifth of what was left before it came, and what is left is said by
 * the CRM and shrinks by what all of them spend, so that together they never come to its end. The last part of the day is left
 * alone by all of them: calls and the reps' own work go on.
 *
 * Where the CRM does not say what is left, the smallest plan that the vendor documents counts: budgets grow with seats, and
 * every rep has one.
 */
import type { Store } from '../store/store'
import { dayMs, nextUtcMidnight, type Time, utcDay } from '../time'
import type { CrmLimits } from './crm'

/** Sync's part of what is left. */
const part = 0.2
/** The part of the whole that no sync touches. */
const keptPart = 0.2
/** A day has begun at the CRM when this much more is left than before: replies may overtake each other by less. */
const riseAtLeast = 100
const risePart = 0.02

interface Row {
  day: string
  allowance: number
  spent: number
  remaining: number | null
}

export interface BudgetNeeds {
  store: Store
  time: Time
  connectionId: string
  /** What the vendor documents for the smallest plan; null: there is no daily budget unless the CRM speaks of one. */
  daily: number | null
}

export class DailyBudget {
  #row: Row | null
  /** Spent today for calls and for the rep, where the CRM does not say what is left. */
  #others = 0
  #heardOn: string | null
  /** The whole of a day, as far as is known. */
  #whole: number

  constructor(private readonly needs: BudgetNeeds) {
    const { store, connectionId } = needs
    this.#row =
      store.db
        .prepare<[string], Row>('SELECT day, allowance, spent, remaining FROM crm_budgets WHERE connection_id = ?')
        .get(connectionId) ?? null
    this.#heardOn = this.#row?.remaining == null ? null : this.#row.day
    this.#whole = needs.daily ?? 0
  }

  /** What sync may still spend today; infinite where nothing is counted. */
  get left(): number {
    const row = this.#today()
    return row ? Math.max(0, Math.min(row.allowance - row.spent, this.#aboveKept(row))) : Number.POSITIVE_INFINITY
  }

  /** What sync has spent today. */
  get spent(): number {
    return this.#today()?.spent ?? 0
  }

  /** What sync may spend on a day like today; infinite where nothing is counted. */
  get allowance(): number {
    return this.#today()?.allowance ?? Number.POSITIVE_INFINITY
  }

  /** Whether sync may spend this and still leave `keep` (0 to 1) of its allowance. */
  affords(cost: number, keep = 0): boolean {
    const row = this.#today()
    return !row || (row.spent + cost <= row.allowance * (1 - keep) && cost <= this.#aboveKept(row))
  }

  /** Wall ms at which sync may go on after its allowance was spent. */
  get resumesAt(): number {
    return nextUtcMidnight(this.needs.time.wall())
  }

  /** Sync is about to spend it; kept before it is, so that a killed program has not spent it twice. */
  spend(cost: number): void {
    const row = this.#today()
    if (row) this.#keep({ ...row, spent: row.spent + cost })
  }

  /** A call or the rep is about to spend it. */
  spendOther(cost: number): void {
    const row = this.#today()
    this.#others += cost
    if (row && row.remaining === null && this.needs.daily !== null) {
      const allowance = Math.min(row.allowance, share(this.needs.daily - this.#others))
      if (allowance !== row.allowance) this.#keep({ ...row, allowance })
    }
  }

  /** What a reply says of the company's budget. */
  heard({ dailyRemaining, dailyLimit }: CrmLimits): void {
    this.#whole = Math.max(this.#whole, dailyLimit ?? 0, dailyRemaining ?? 0)
    if (dailyRemaining === undefined) return
    const day = utcDay(this.needs.time.wall())
    const row = this.#today() ?? { day, allowance: 0, spent: 0, remaining: null }
    this.#heardOn = row.day
    if (row.remaining === dailyRemaining) return
    const risen = row.remaining !== null && dailyRemaining > row.remaining + Math.max(riseAtLeast, row.remaining * risePart)
    if (risen) return this.#keep({ day: row.day, allowance: share(dailyRemaining), spent: 0, remaining: dailyRemaining })
    const now = share(dailyRemaining + row.spent)
    this.#keep({ ...row, allowance: row.remaining === null ? now : Math.min(row.allowance, now), remaining: dailyRemaining })
  }

  #aboveKept({ remaining, day }: Row): number {
    // Yesterday's word: whoever does not ask never learns that the CRM's day has begun.
    return remaining === null || this.#heardOn !== day ? Number.POSITIVE_INFINITY : remaining - this.#whole * keptPart
  }

  #today(): Row | null {
    const day = utcDay(this.needs.time.wall())
    const row = this.#row
    // A clock that is put right around midnight does not begin a day anew that has been paid for.
    if (row && (row.day === day || (row.day > day && row.day <= utcDay(this.needs.time.wall() + dayMs)))) return row
    const { daily } = this.needs
    this.#others = 0
    // What was said the day before yesterday says nothing any more.
    const remaining = row && this.#heardOn === row.day ? row.remaining : null
    const whole = remaining ?? daily
    if (whole === null) return null
    this.#keep({ day, allowance: share(whole), spent: 0, remaining })
    return this.#row
  }

  #keep(row: Row): void {
    this.#row = row
    const { store, connectionId } = this.needs
    store.write(
      () =>
        store.db
          .prepare(
            `INSERT INTO crm_budgets (connection_id, day, allowance, spent, remaining)
             SELECT id, ?, ?, ?, ? FROM connections WHERE id = ?
             ON CONFLICT (connection_id) DO UPDATE
             SET day = excluded.day, allowance = excluded.allowance, spent = excluded.spent, remaining = excluded.remaining`,
          )
          .run(row.day, row.allowance, row.spent, row.remaining, connectionId),
      { key: `crm-budget:${connectionId}` },
    )
  }
}

function share(whole: number): number {
  return Math.max(0, Math.floor(whole * part))
}

/**
 * How long until the next sync, in ms, so that what is left of the allowance lasts until the next day (`untilMs`): each costs
 * about as much as the last one did, whether little or nothing has changed.
 */
export function sparing({ everyMs, cost, left, untilMs }: { everyMs: number; cost: number; left: number; untilMs: number }): number {
  if (cost <= 0 || left === Number.POSITIVE_INFINITY) return everyMs
  const affordable = Math.floor(left / cost)
  return Math.max(everyMs, affordable < 1 ? untilMs : untilMs / affordable)
}

/** How often an unknown number may be searched for in one CRM, in ms. */
const searchAgainMs = 3_600_000

/** Which unknown numbers were searched for of late, over restarts too. */
export class SearchClaims {
  /** Also where the disk takes nothing. */
  readonly #asked = new Map<string, number>()
  constructor(private readonly store: Store) {}

  /** Whether a number may be searched for now; true counts as asked. What is older than an hour is forgotten on the way. */
  claim(wall: number, connectionId: string, number: string): boolean {
    // A clock that was set back leaves times in the future.
    const recent = (at: number | undefined) => at !== undefined && at <= wall && wall - at < searchAgainMs
    const key = `${connectionId} ${number}`
    const { db } = this.store
    const kept = db.prepare<[string, string], number>('SELECT asked_at FROM number_searches WHERE connection_id = ? AND number = ?').pluck()
    if (recent(this.#asked.get(key)) || recent(kept.get(connectionId, number))) return false
    for (const [old, at] of this.#asked) if (!recent(at)) this.#asked.delete(old)
    this.#asked.set(key, wall)
    this.store.write(() => {
      db.prepare('DELETE FROM number_searches WHERE asked_at < ? OR asked_at > ?').run(wall - searchAgainMs, wall)
      db.prepare(
        'INSERT OR REPLACE INTO number_searches (connection_id, number, asked_at) SELECT id, ?, ? FROM connections WHERE id = ?',
      ).run(number, wall, connectionId)
    })
    return true
  }
}
