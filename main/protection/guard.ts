/**
 * The dialling guard: what may be called, how often, and what is asked first. It judges what is going to be dialled, not where the
 * number was read, so that no way of writing a number leads around it. Emergency numbers are never held up by anything here.
 */
import type { Settings } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Log } from '../log'
import type { Store } from '../store/store'
import { TroubleError } from '../trouble'
import { isEmergency } from './emergency'
import type { DialGuard, DialOrigin, DialRequest } from './port'
import { type Dialled, type Reading, readDialled } from './reading'

export interface GuardNeeds {
  store: Store
  clock: Clock
  log: Log
  settings(): Settings
  /** An account whose calls reach nobody and cost nothing (the practice line). */
  isPractice(accountId: string): boolean
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** Typed, or taken from a suggestion: a code is asked for. */
const chosenByRep: readonly DialOrigin[] = ['transfer', 'consult', 'forward']
/** Ways that lead a number past the rep's eye: what is dear is asked for each time. */
const handedOver: readonly DialOrigin[] = ['transfer', 'referral', 'forward']

export class DiallingGuard implements DialGuard {
  /** Calls that cost but have no outgoing record of their own: wall times, oldest first. */
  readonly #elsewhere: number[] = []
  /** Countries of this run, for a disk that does not take them. */
  readonly #called = new Set<string>()

  constructor(private readonly needs: GuardNeeds) {}

  /**
   * As DialGuard says. Throws TroubleError `guard.refusedCountry`, `guard.refusedPremium`, `guard.refusedSatellite`, `guard.refusedStar`,
   * `guard.refusedPerHour`, `guard.refusedPerDay`; `guard.askCountry`, `guard.askPremium`, `guard.askSatellite`, `guard.askStar`, `guard.askUnknown`.
   */
  check(request: DialRequest): { emergency: boolean } {
    const { emergency, dialled } = this.#judge(request)
    if (dialled) this.#count(dialled, request)
    return { emergency }
  }

  /** Whether `check` would let it pass; nothing is counted. */
  allows(request: DialRequest): boolean {
    try {
      this.#judge(request)
      return true
    } catch (err) {
      this.needs.log.info({ err, origin: request.origin }, 'a call may not be placed')
      return false
    }
  }

  /** Reads and looks up what `check` would, for nobody: the first call need not. */
  rehearse(): void {
    const { country } = this.needs.settings()
    isEmergency('110', country)
    readDialled('+12025550123', country)
    this.#calledWithin(0)
    this.#knows(country)
  }

  /** `dialled`: what is to be counted, when it costs. */
  #judge(request: DialRequest): { emergency: boolean; dialled: Dialled | null } {
    const { country } = this.needs.settings()
    if (isEmergency(request.number, country)) return { emergency: true, dialled: null }
    if (this.needs.isPractice(request.account)) return { emergency: false, dialled: null }
    const dialled = readDialled(request.number, country, request.e164)
    if (dialled.star) this.#checkStar(request)
    if (dialled.internal) return { emergency: false, dialled: null }
    for (const reading of dialled.readings) this.#checkReading(reading, request)
    this.#checkCaps()
    if (!request.confirmed) this.#ask(dialled, request)
    return { emergency: false, dialled }
  }

  #checkStar({ number, origin, confirmed }: DialRequest): void {
    if (origin === 'typed' || (origin === 'redial' && this.#dialledBefore(number))) return
    if (!chosenByRep.includes(origin)) throw new TroubleError('guard.refusedStar', { number: number.slice(0, 40) })
    if (!confirmed) throw new TroubleError('guard.askStar', { number: number.slice(0, 40) })
  }

  /** Star codes come into History by hand alone. */
  #dialledBefore(number: string): boolean {
    return (
      this.needs.store.db
        .prepare(
          "SELECT 1 FROM (SELECT number, direction FROM calls ORDER BY started_at DESC LIMIT 500) WHERE number = ? AND direction = 'outgoing'",
        )
        .get(number) !== undefined
    )
  }

  #checkReading({ country, callingCode, tariff }: Reading, { number }: DialRequest): void {
    const { guard, country: own } = this.needs.settings()
    if (tariff === 'premium' && !guard.premium) throw new TroubleError('guard.refusedPremium', { number: number.slice(0, 40) })
    if (tariff === 'satellite' && !guard.satellite) throw new TroubleError('guard.refusedSatellite', { number: number.slice(0, 40) })
    if (country === null || country === own || guard.countries === null || guard.countries.includes(country)) return
    throw new TroubleError('guard.refusedCountry', { country: countryName(country), code: callingCode })
  }

  #checkCaps(): void {
    const { perHour, perDay } = this.needs.settings().guard
    if (perHour > 0 && this.#calledWithin(hourMs) >= perHour) throw new TroubleError('guard.refusedPerHour', { most: perHour })
    if (perDay > 0 && this.#calledWithin(dayMs) >= perDay) throw new TroubleError('guard.refusedPerDay', { most: perDay })
  }

  /** Calls into the public network in the last so many ms; also those that stand in the future because the clock was set back. */
  #calledWithin(ms: number): number {
    const since = this.needs.clock.wall() - ms
    const rows = this.needs.store.db
      .prepare<[number], { account: string; calls: number }>(
        `SELECT account_id AS account, count(*) AS calls FROM calls
         WHERE started_at > ? AND direction = 'outgoing' AND (e164 IS NOT NULL OR length(number) > 5) GROUP BY account_id`,
      )
      .all(since)
    const placed = rows.filter(({ account }) => !this.needs.isPractice(account)).reduce((sum, { calls }) => sum + calls, 0)
    return placed + this.#elsewhere.filter((at) => at > since).length
  }

  #ask(dialled: Dialled, { number, origin }: DialRequest): void {
    const { guard, country: own } = this.needs.settings()
    for (const { country, callingCode, tariff } of dialled.readings) {
      if (tariff === 'premium' && handedOver.includes(origin)) throw new TroubleError('guard.askPremium', { number: number.slice(0, 40) })
      if (tariff === 'free' || country === own || !guard.askNewCountry || this.#knows(placeOf(country, callingCode))) continue
      if (country === null) throw new TroubleError('guard.askSatellite', { number: number.slice(0, 40) })
      throw new TroubleError('guard.askCountry', { country: countryName(country), code: callingCode })
    }
    if (dialled.unknownAbroad) throw new TroubleError('guard.askUnknown', { number: number.slice(0, 40) })
  }

  #knows(place: string): boolean {
    return (
      this.#called.has(place) || this.needs.store.db.prepare('SELECT 1 FROM called_countries WHERE country = ?').get(place) !== undefined
    )
  }

  #count({ readings }: Dialled, { origin }: DialRequest): void {
    const now = this.needs.clock.wall()
    if (origin === 'transfer' || origin === 'forward') {
      this.#elsewhere.push(now)
      while (this.#elsewhere[0] !== undefined && this.#elsewhere[0] < now - dayMs) this.#elsewhere.shift()
    }
    const { country: own } = this.needs.settings()
    for (const { country, callingCode } of readings) {
      const place = placeOf(country, callingCode)
      if (country === own || this.#knows(place)) continue
      this.#called.add(place)
      try {
        this.needs.store.write(() =>
          this.needs.store.db.prepare('INSERT OR IGNORE INTO called_countries (country, first_called_at) VALUES (?, ?)').run(place, now),
        )
      } catch (err) {
        this.needs.log.error({ err }, 'a called country could not be kept')
      }
    }
  }
}

/** A country's code; the calling code with `+` for what is in no country. */
const placeOf = (country: string | null, callingCode: string) => country ?? `+${callingCode}`

const names = new Intl.DisplayNames(['en'], { type: 'region' })

function countryName(country: string): string {
  return names.of(country) ?? country
}
