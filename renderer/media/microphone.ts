/**
 * The microphone, opened when the first call needs it and closed when none does. Each call gets its own track of the one
 * capture, so that muting one mutes no other. A device that goes away is replaced by the default one in the same call.
 */
import type { Settings, Trouble } from '../../preload/contract'
import type { Devices } from './devices'
import { MediaError, troubleOf } from './trouble'

/** What a call does with the microphone. Called again whenever the device is replaced. */
export interface Taker {
  /** A track of the taker's own, which the microphone stops; null: none for now. */
  onTrack(track: MediaStreamTrack | null): void
  /** What is wrong, or null when it is mended. */
  onTrouble(trouble: Trouble | null): void
}

export class Microphone {
  #choice: Settings['microphone'] = null
  #source: MediaStreamTrack | null = null
  /** The device asked for when the source was opened; null: the default in place of a missing choice. */
  #sourceWanted: string | null = null
  #trouble: Trouble | null = null
  #generation = 0
  readonly #leases = new Map<Taker, MediaStreamTrack | null>()

  constructor(
    readonly devices: Devices,
    readonly allowed: () => boolean,
  ) {
    devices.onChange(() => void this.#reconsider())
  }

  /** Lends the microphone; returns the function that gives it back. */
  lend(taker: Taker): () => void {
    this.#leases.set(taker, null)
    if (this.#source) this.#give(taker, this.#source)
    else if (this.#leases.size === 1) void this.#open()
    else if (this.#trouble) taker.onTrouble(this.#trouble)
    return () => {
      this.#leases.get(taker)?.stop()
      this.#leases.delete(taker)
      if (this.#leases.size === 0) this.#close()
    }
  }

  choose(choice: Settings['microphone']): void {
    if (choice?.id === this.#choice?.id && choice?.label === this.#choice?.label) return
    this.#choice = choice
    void this.#reconsider()
  }

  /** Permission was given or taken. */
  permissionChanged(): void {
    if (this.#leases.size > 0 && !this.#source) void this.#open()
  }

  /** Devices or the choice have changed: opens the one that should be in use, if it is another. */
  async #reconsider(): Promise<void> {
    if (this.#leases.size === 0) return
    const wanted = await this.devices.find('audioinput', this.#choice)
    if (this.#leases.size > 0 && (!this.#source || wanted !== this.#sourceWanted)) await this.#open()
  }

  async #open(): Promise<void> {
    const generation = ++this.#generation
    const stale = () => generation !== this.#generation || this.#leases.size === 0
    try {
      if (!this.allowed()) throw new MediaError((await this.devices.hasMicrophone()) ? 'media.microphoneDenied' : 'media.microphoneMissing')
      const wanted = await this.devices.find('audioinput', this.#choice)
      const source = await capture(wanted || null)
      if (stale()) return source.stop()
      this.#adopt(source, wanted)
    } catch (error) {
      if (stale()) return
      this.#say(error instanceof MediaError ? error.trouble : troubleOf(new MediaError('media.microphoneFailed', error)))
    }
  }

  #adopt(source: MediaStreamTrack, wanted: string | null): void {
    const old = this.#source
    this.#source = source
    this.#sourceWanted = wanted
    source.onended = () => this.#lost(source)
    for (const taker of this.#leases.keys()) this.#give(taker, source)
    if (old) {
      old.onended = null
      old.stop()
    }
    this.#say(wanted === null ? { code: 'media.microphoneReplaced', params: { label: this.#choice?.label ?? '' } } : null)
  }

  #give(taker: Taker, source: MediaStreamTrack): void {
    const track = source.clone()
    const old = this.#leases.get(taker)
    this.#leases.set(taker, track)
    taker.onTrack(track)
    old?.stop()
  }

  #lost(source: MediaStreamTrack): void {
    if (source !== this.#source) return
    this.#source = null
    this.#say({ code: 'media.microphoneLost', params: {} })
    this.devices.forget()
    void this.#open()
  }

  #say(trouble: Trouble | null): void {
    if (trouble?.code === this.#trouble?.code) return
    this.#trouble = trouble
    for (const taker of this.#leases.keys()) taker.onTrouble(trouble)
  }

  #close(): void {
    this.#generation++
    if (this.#source) this.#source.onended = null
    this.#source?.stop()
    this.#source = null
    this.#trouble = null
  }
}

/** Opens the device, else the default one. Rejects `media.microphoneMissing`, `media.microphoneBusy` or `media.microphoneDenied`. */
async function capture(deviceId: string | null): Promise<MediaStreamTrack> {
  const processing = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
  try {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: deviceId ? { ...processing, deviceId: { exact: deviceId } } : processing,
    })
    const [track] = stream.getAudioTracks()
    if (!track) throw new MediaError('media.microphoneMissing')
    return track
  } catch (error) {
    if (deviceId) return capture(null)
    const name = error instanceof Error ? error.name : ''
    if (name === 'NotFoundError' || name === 'OverconstrainedError') throw new MediaError('media.microphoneMissing', error)
    if (name === 'NotAllowedError') throw new MediaError('media.microphoneDenied', error)
    if (name === 'NotReadableError' || name === 'AbortError') throw new MediaError('media.microphoneBusy', error)
    throw error
  }
}
