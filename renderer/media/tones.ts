/** Ring, call waiting, ringback, busy and error: recorded sounds on the ringer or the speaker, each at its own volume, none left playing. */
import type { Settings, Tone } from '../../preload/contract'
import busyUrl from '../../resources/sounds/busy.wav?url'
import errorUrl from '../../resources/sounds/error.wav?url'
import ringUrl from '../../resources/sounds/ring.wav?url'
import ringbackUrl from '../../resources/sounds/ringback.wav?url'
import waitingUrl from '../../resources/sounds/waiting.wav?url'
import type { Outputs } from './outputs'

export class Tones {
  readonly #playing = new Map<string, Tone>()
  readonly #elements: Record<Tone, HTMLAudioElement>

  /** `onRefused`: the browser wants a click before any sound. */
  constructor(
    outputs: Outputs,
    readonly onRefused: () => void,
  ) {
    const element = (url: string, kind: 'ringer' | 'speaker', loop = true) => {
      const audio = new Audio(url)
      audio.loop = loop
      audio.preload = 'auto'
      outputs.add(audio, kind)
      return audio
    }
    this.#elements = {
      ring: element(ringUrl, 'ringer'),
      waiting: element(waitingUrl, 'ringer'),
      ringback: element(ringbackUrl, 'speaker'),
      busy: element(busyUrl, 'speaker'),
      error: element(errorUrl, 'speaker', false),
    }
  }

  apply(settings: Settings): void {
    for (const [tone, element] of this.#all()) {
      element.volume = tone === 'ring' || tone === 'waiting' ? settings.ringVolume : settings.toneVolume
    }
  }

  play(key: string, tone: Tone | null): void {
    if (tone) this.#playing.set(key, tone)
    else this.#playing.delete(key)
    this.update()
  }

  stopAll(): void {
    this.#playing.clear()
    this.update()
  }

  /** Plays exactly what is wanted; also once a click has lifted a refusal. */
  update(): void {
    const wanted = new Set(this.#playing.values())
    for (const [tone, element] of this.#all()) {
      if (!wanted.has(tone)) {
        element.pause()
        element.currentTime = 0
      } else if (element.paused && !(element.ended && !element.loop)) {
        element.play().catch((error: unknown) => {
          if (error instanceof Error && error.name === 'NotAllowedError') this.onRefused()
        })
      }
    }
  }

  #all(): [Tone, HTMLAudioElement][] {
    return Object.entries(this.#elements) as [Tone, HTMLAudioElement][]
  }
}
