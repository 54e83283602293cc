/**
 * The sounds that this side makes: the ring on every ringer; ringback, busy, congestion and the signal of a waiting call on the
 * speaker, as the rep's country has them. Each at its own volume, none left playing.
 */
import type { Settings, Tone } from '../../preload/contract'
import ringUrl from '../../resources/sounds/ring.wav?url'
import table from '../../resources/tones/indications.json'
import { parseTones, type Rendered, renderTones, type Segment } from './indications'
import { type Outputs, playOn } from './outputs'

type EarTone = Exclude<Tone, 'ring'>
type Table = { ringback: string; busy: string; congestion: string; waiting: string }

/** Samples per second: telephone tones are below 2 kHz. */
const RATE = 16_000
/** Full scale of a tone at full volume; as loud as speech at its peaks. */
const LOUDEST = 0.5
/** The same for the signal of a waiting call, which sounds in an ear that listens to somebody: −18 dB of full scale, never more. */
const LOUDEST_WAITING = 0.125
/** ms; the chance that a context which is allowed to sound has begun by then. */
const START_LIMIT = 500

/** A country's tones in the notation of indications.ts: its own, those of whose numbering it shares, or ITU-T E.180's. */
export function tonesOf(country: string): Table {
  const countries: Record<string, Table> = table.countries
  const same: Record<string, string> = table.same
  return countries[country] ?? countries[same[country] ?? ''] ?? table.default
}

/**
 * What is heard of a tone in that country. A waiting call is two short beeps every four seconds in the country's own pitch:
 * some countries' cadences are heard once in ten seconds, or not at all after the first.
 */
export function segmentsOf(tone: EarTone, country: string): Segment[] {
  const tones = tonesOf(country)
  if (tone === 'error') return parseTones(tones.congestion)
  if (tone !== 'waiting') return parseTones(tones[tone])
  const pitch = parseTones(tones.waiting).find(({ pitch }) => 'carrier' in pitch || pitch.sum.length > 0)?.pitch ?? { sum: [425] }
  const beep = (ms: number, sounds: boolean) => ({ pitch: sounds ? pitch : { sum: [] }, ms, once: false })
  return [beep(180, true), beep(180, false), beep(180, true), beep(3500, false)]
}

/** The samples of a tone in that country, for `startTones`. */
export function renderedOf(tone: EarTone, country: string): Rendered {
  return renderTones(segmentsOf(tone, country), RATE)
}

/** Lets rendered tones sound in a context from now; returns what stops them. */
export function startTones(
  context: BaseAudioContext,
  { samples, loopFrom }: Rendered,
  into: AudioNode,
  rate = RATE,
): AudioBufferSourceNode {
  const buffer = new AudioBuffer({ length: Math.max(1, samples.length), sampleRate: rate })
  buffer.copyToChannel(samples, 0)
  const source = new AudioBufferSourceNode(context, { buffer, loop: loopFrom !== null, loopStart: loopFrom ?? 0, loopEnd: buffer.duration })
  source.connect(into)
  source.start()
  return source
}

interface Sounding {
  readonly source: AudioBufferSourceNode
  readonly gain: GainNode
  readonly country: string
}

export class Tones {
  #settings: Settings | null = null
  #context: AudioContext | null = null
  readonly #playing = new Map<string, Tone>()
  readonly #ear = new Map<EarTone, Sounding>()
  /** By the ringer's id. */
  readonly #rings = new Map<string, HTMLAudioElement>()

  /** `onRefused`: the browser wants a click before any sound. */
  constructor(
    readonly outputs: Outputs,
    readonly onRefused: () => void,
  ) {
    outputs.onRoute(() => this.#follow())
    this.#follow()
  }

  apply(settings: Settings): void {
    this.#settings = settings
    this.#setVolumes()
    this.update()
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
    for (const element of this.#rings.values()) this.#ring(element, wanted.has('ring'))
    const country = this.#settings?.country ?? ''
    for (const [tone, sounding] of this.#ear) {
      if (wanted.has(tone) && sounding.country === country) continue
      sounding.source.stop()
      sounding.gain.disconnect()
      this.#ear.delete(tone)
    }
    for (const tone of wanted) if (tone !== 'ring' && !this.#ear.has(tone)) this.#sound(tone, country)
    if (this.#ear.size === 0) {
      void this.#context?.close().catch(() => undefined)
      this.#context = null
    } else if (this.#context?.state === 'suspended') void this.#begin(this.#context)
  }

  #ring(element: HTMLAudioElement, wanted: boolean): void {
    if (!wanted) {
      element.pause()
      element.currentTime = 0
    } else if (element.paused) {
      element.play().catch((error: unknown) => {
        if (error instanceof Error && error.name === 'NotAllowedError') this.onRefused()
      })
    }
  }

  #sound(tone: EarTone, country: string): void {
    const context = this.#context ?? this.#open()
    const gain = new GainNode(context)
    gain.connect(context.destination)
    const source = startTones(context, renderedOf(tone, country), gain)
    this.#ear.set(tone, { source, gain, country })
    this.#setVolumes()
  }

  #open(): AudioContext {
    const context = new AudioContext()
    this.#context = context
    void playOn(context as AudioContext & SinkContext, this.outputs.speaker)
    void this.#begin(context)
    return context
  }

  async #begin(context: AudioContext): Promise<void> {
    const began = context.resume().then(
      () => true,
      () => false,
    )
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), START_LIMIT))
    if (!(await Promise.race([began, late])) && context.state === 'suspended') this.onRefused()
  }

  /** The speaker or the ringers are others now. */
  #follow(): void {
    if (this.#context) void playOn(this.#context as AudioContext & SinkContext, this.outputs.speaker)
    for (const [id, element] of this.#rings) {
      if (this.outputs.ringers.includes(id)) continue
      element.pause()
      this.#rings.delete(id)
    }
    for (const id of this.outputs.ringers) {
      if (this.#rings.has(id)) continue
      const element = new Audio(ringUrl)
      element.loop = true
      element.preload = 'auto'
      this.#rings.set(id, element)
      void playOn(element, id)
    }
    this.#setVolumes()
    this.update()
  }

  #setVolumes(): void {
    const settings = this.#settings
    if (!settings) return
    for (const element of this.#rings.values()) element.volume = settings.ringVolume
    for (const [tone, { gain }] of this.#ear) {
      gain.gain.value = tone === 'waiting' ? settings.waitingVolume * LOUDEST_WAITING : settings.toneVolume * LOUDEST
    }
  }
}

/** Chromium's AudioContext; the DOM library of TypeScript does not know it yet. */
interface SinkContext {
  readonly sinkId: unknown
  setSinkId(id: string): Promise<void>
}
