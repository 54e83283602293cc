/**
 * When History and the lists are told that another connection has written to the database. A single write (the command line's, another
 * program's) is told at once. A sync or an import of this program writes every second, and hardly ever touches a call: what goes on
 * like that is told seldom, and once more when it is over.
 */
import type { Time } from '../time'

/** After so long without one it is over; changes are noticed once a second. In ms. */
const quietMs = 3_000

export class ForeignChanges {
  #toldAt = Number.NEGATIVE_INFINITY
  #stopTimer: (() => void) | null = null

  constructor(
    private readonly time: Pick<Time, 'monotonic' | 'after'>,
    private readonly tell: () => void,
    /** While it goes on, it is told so often, in ms. */
    private readonly seldomMs = 30_000,
  ) {}

  changed(): void {
    const wait = this.#toldAt + this.seldomMs - this.time.monotonic()
    this.#stopTimer?.()
    this.#stopTimer = null
    if (wait <= 0) this.#tell()
    else this.#stopTimer = this.time.after(Math.min(wait, quietMs), () => this.#tell())
  }

  close(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
  }

  #tell(): void {
    this.#stopTimer = null
    this.#toldAt = this.time.monotonic()
    this.tell()
  }
}
