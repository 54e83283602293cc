/** When the network is bad enough for long enough to tell the rep, and when it is good again: both last a moment, so that nothing flickers. */
import type { QualitySample } from '../../preload/contract'

export type WarningKind = 'silence' | 'loss' | 'delay' | 'jitter'

/** Looks in a row (two seconds each) before a warning comes or goes. */
export const lasting = 3
/** Above the first it is bad, below the second good again; in between it stays as it was. Loss 0 to 1, else ms. */
const limits = {
  loss: { figure: 'loss', bad: 0.03, good: 0.02 },
  delay: { figure: 'roundTrip', bad: 400, good: 300 },
  jitter: { figure: 'jitter', bad: 50, good: 35 },
} as const
/** The first that holds is told: the worst to the ear. */
const order: readonly WarningKind[] = ['silence', 'loss', 'delay', 'jitter']

export class Warnings {
  readonly #kinds = new Map<WarningKind, { on: boolean; against: number }>(order.map((kind) => [kind, { on: false, against: 0 }]))

  get current(): WarningKind | null {
    return order.find((kind) => this.#kinds.get(kind)?.on) ?? null
  }

  /** `heard`: packets arrived in this look. */
  add(sample: QualitySample, heard: boolean): void {
    this.#look('silence', heard ? 'good' : 'bad')
    for (const kind of ['loss', 'delay', 'jitter'] as const) {
      const { figure, bad, good } = limits[kind]
      const value = heard ? sample[figure] : null
      this.#look(kind, value === null ? null : value > bad ? 'bad' : value < good ? 'good' : null)
    }
  }

  clear(): void {
    for (const state of this.#kinds.values()) Object.assign(state, { on: false, against: 0 })
  }

  #look(kind: WarningKind, found: 'good' | 'bad' | null): void {
    const state = this.#kinds.get(kind)
    if (!state) return
    state.against = found !== null && (found === 'bad') !== state.on ? state.against + 1 : 0
    if (state.against < lasting) return
    state.on = !state.on
    state.against = 0
  }
}
