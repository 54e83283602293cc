/** Which tones sound for the calls there are, and the telling of the media page when that changes. */
import type { Tone } from '../../preload/contract'
import type { Log } from '../log'
import type { MediaGateway } from '../telephony/port'

/** As much of a call as its tone depends on. */
export interface Sounding {
  id: string
  direction: 'incoming' | 'outgoing'
  phase: 'calling' | 'ringing' | 'early' | 'connecting' | 'connected' | 'ended'
  /** After the end, for a bounded time. */
  endTone: Tone | null
  /** While it is on, for a bounded time. */
  signal: Tone | null
  /** The rep is turned to another call: what this one would sound like is not for his ear now. */
  aside: boolean
}

/** The tone of each call, by its id. Only the first incoming call is heard: in the ear when another call is up, else as ring. */
export function tonesFor(calls: readonly Sounding[]): Map<string, Tone> {
  const tones = new Map<string, Tone>()
  const isRingingIn = (call: Sounding) => call.direction === 'incoming' && call.phase === 'ringing'
  const inUse = calls.some((call) => call.phase !== 'ended' && !isRingingIn(call))
  const first = calls.find(isRingingIn)
  if (first) tones.set(first.id, inUse ? 'waiting' : 'ring')
  for (const call of calls) {
    if (call.direction === 'outgoing' && call.phase === 'ringing' && !call.aside) tones.set(call.id, 'ringback')
    if (call.phase !== 'ended' && call.signal) tones.set(call.id, call.signal)
    if (call.phase === 'ended' && call.endTone && !call.aside) tones.set(call.id, call.endTone)
  }
  return tones
}

export class Tones {
  #playing = new Map<string, Tone>()
  readonly #stop: () => void

  constructor(
    private readonly media: MediaGateway,
    private readonly log: Log,
  ) {
    // A new media page plays nothing yet.
    this.#stop = media.onPresence((present) => {
      if (!present) return
      const wanted = this.#playing
      this.#playing = new Map()
      this.update(wanted)
    })
  }

  update(wanted: Map<string, Tone>): void {
    for (const key of this.#playing.keys()) if (!wanted.has(key)) this.#play(key, null)
    for (const [key, tone] of wanted) if (this.#playing.get(key) !== tone) this.#play(key, tone)
    this.#playing = wanted
  }

  close(): void {
    this.update(new Map())
    this.#stop()
  }

  #play(key: string, tone: Tone | null): void {
    if (!this.media.present) return
    this.media.request('tone.play', { key, tone }).catch((err: unknown) => this.log.debug({ err, tone }, 'a tone was not played'))
  }
}
