/**
 * What one peer sends: its microphone (or robot), led through whatever is mixed into it, and silenced by mute and hold
 * without waiting for any description. Mute silences the microphone alone, hold everything.
 */
import type { Through } from './recordable'

/** Stages on the way out, in their order: a conference's mix, a recording's notice, a measurement. */
export type Stage = 'conference' | 'notice' | 'measurement'
const order: readonly Stage[] = ['conference', 'notice', 'measurement']

export class Voice {
  #sender: RTCRtpSender | null = null
  #own: MediaStreamTrack | null = null
  /** What the stages gave out, each of them to be silenced by a hold. */
  #led: MediaStreamTrack[] = []
  #muted = false
  #held = false
  readonly #stages = new Map<Stage, Through>()
  readonly #listeners = new Set<(track: MediaStreamTrack | null) => void>()

  /** `onFailure`: the browser would not send a track. */
  constructor(readonly onFailure: (error: unknown) => void) {}

  /** The track that the far end gets at present. */
  get sent(): MediaStreamTrack | null {
    return this.#led.at(-1) ?? this.#own
  }

  /** Sends through that sender from now on. */
  begin(sender: RTCRtpSender): void {
    this.#sender = sender
  }

  speak(track: MediaStreamTrack | null): void {
    this.#own = track
    this.#send()
  }

  /** Puts a stage on the way out; null takes it away. */
  lead(stage: Stage, through: Through | null): void {
    if (through) this.#stages.set(stage, through)
    else if (!this.#stages.delete(stage)) return
    this.#send()
  }

  set muted(muted: boolean) {
    this.#muted = muted
    this.#gate()
  }

  set held(held: boolean) {
    this.#held = held
    this.#gate()
  }

  /** Tells what is sent, at once and whenever it is another; returns the function that stops listening. */
  onSent(listener: (track: MediaStreamTrack | null) => void): () => void {
    this.#listeners.add(listener)
    listener(this.sent)
    return () => this.#listeners.delete(listener)
  }

  #send(): void {
    this.#led = []
    let track = this.#own
    for (const stage of order) {
      const through = this.#stages.get(stage)
      if (!through) continue
      track = through(track)
      if (track) this.#led.push(track)
    }
    this.#gate()
    for (const listener of this.#listeners) listener(track)
    this.#sender?.replaceTrack(track).catch(this.onFailure)
  }

  #gate(): void {
    // A stage that hands on what it was given is no reason to let a muted microphone speak.
    for (const track of this.#led) track.enabled = !this.#held
    if (this.#own) this.#own.enabled = !this.#muted && !this.#held
  }
}
