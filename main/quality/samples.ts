/** The looks at a call that are kept: at most so many, spread over the whole of it, however long it lasts; and their means. */
import type { CallQuality, QualitySample } from '../../preload/contract'

export const mostSamples = 120

type Figure = 'mos' | 'roundTrip' | 'jitter' | 'loss'
const figures: readonly Figure[] = ['mos', 'roundTrip', 'jitter', 'loss']

export class Samples {
  /** Each the mean of `#each` looks. */
  #points: QualitySample[] = []
  #each = 1
  #waiting: QualitySample[] = []
  readonly #sums = new Map<Figure, { sum: number; count: number }>()
  #worst: number | null = null

  get empty(): boolean {
    return this.#points.length + this.#waiting.length === 0
  }

  add(sample: QualitySample): void {
    for (const figure of figures) {
      const value = sample[figure]
      if (value === null) continue
      const { sum, count } = this.#sums.get(figure) ?? { sum: 0, count: 0 }
      this.#sums.set(figure, { sum: sum + value, count: count + 1 })
    }
    if (sample.mos !== null && (this.#worst === null || sample.mos < this.#worst)) this.#worst = sample.mos
    this.#waiting.push(sample)
    if (this.#waiting.length < this.#each) return
    this.#points.push(meanOf(this.#waiting))
    this.#waiting = []
    if (this.#points.length < mostSamples) return
    // Two become one: the second half of a long call is drawn as finely as the first.
    this.#points = Array.from({ length: mostSamples / 2 }, (_, index) => meanOf(this.#points.slice(index * 2, index * 2 + 2)))
    this.#each *= 2
  }

  summary(codec: string | null): CallQuality {
    const mean = (figure: Figure) => {
      const found = this.#sums.get(figure)
      return found ? found.sum / found.count : null
    }
    return {
      codec,
      mos: mean('mos'),
      worstMos: this.#worst,
      roundTrip: mean('roundTrip'),
      jitter: mean('jitter'),
      loss: mean('loss'),
      samples: this.#waiting.length > 0 ? [...this.#points, meanOf(this.#waiting)] : [...this.#points],
    }
  }
}

/** At the time of the first. */
function meanOf(samples: readonly QualitySample[]): QualitySample {
  const mean = (figure: Figure) => {
    const values = samples.flatMap((sample) => sample[figure] ?? [])
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
  }
  return { atMs: samples[0]?.atMs ?? 0, mos: mean('mos'), roundTrip: mean('roundTrip'), jitter: mean('jitter'), loss: mean('loss') }
}
