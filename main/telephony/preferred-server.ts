/**
 * The way back to a preferred server that had to be left: looked at rarely, never while a call is on, believed only when it
 * was well twice, and less and less often when it disappoints.
 */
import type { Clock } from '../clock'
import type { TelephonyLimits } from './limits'
import { isWell, type ServerRound } from './servers'

export interface PreferredServerParts {
  round: ServerRound
  aor: { user: string; host: string }
  limits: TelephonyLimits
  random: () => number
  clock: Clock
  /** Registered, and no call is on. */
  mayGo: () => boolean
  /** Leaves the present server for this one. */
  go: (index: number) => void
}

export class PreferredServer {
  readonly #parts: PreferredServerParts
  #timer: NodeJS.Timeout | null = null
  /** Grows when a look that is under way is no longer wanted. */
  #turn = 0
  /** How often in a row a server was gone back to in vain. */
  #disappointments = 0
  #wentBackAt: number | null = null
  /** The server that was gone back to has taken us. */
  #taken = false

  constructor(parts: PreferredServerParts) {
    this.#parts = parts
  }

  /** Registered: when this is not the preferred server, the better ones are looked at from now on. */
  watch(): void {
    this.#taken = true
    // A refresh must not put the look off for ever.
    if (!this.#timer) this.#later(null)
  }

  stop(): void {
    this.#turn += 1
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  /** The present server has failed. True when it was gone back to and has never taken us since. */
  failed(): boolean {
    const { clock, limits } = this.#parts
    if (this.#wentBackAt === null) return false
    const soon = clock.monotonic() - this.#wentBackAt < limits.preferredMs * 2
    this.#disappointments = soon ? this.#disappointments + 1 : 0
    this.#wentBackAt = null
    return !this.#taken
  }

  #later(wasWell: number | null): void {
    const { round, limits, random } = this.#parts
    if (round.current === 0) return
    const turn = ++this.#turn
    const wait = wasWell === null ? limits.preferredMs * 2 ** Math.min(this.#disappointments, 4) : limits.preferredAgainMs
    this.#timer = setTimeout(
      () => {
        this.#timer = null
        void this.#look(turn, wasWell)
      },
      wait * (1 + random() / 5),
    )
    this.#timer.unref()
  }

  async #look(turn: number, wasWell: number | null): Promise<void> {
    const { round, aor, limits, mayGo, go, clock } = this.#parts
    const from = round.current
    for (const index of mayGo() ? (wasWell === null ? round.better : [wasWell]) : []) {
      const server = round.at(index)
      const well = server !== undefined && (await isWell(server, aor, limits.answerMs))
      if (turn !== this.#turn || round.current !== from) return
      if (!well) continue
      if (wasWell === null) return this.#later(index)
      if (!mayGo()) break
      this.#wentBackAt = clock.monotonic()
      this.#taken = false
      return go(index)
    }
    this.#later(null)
  }
}
