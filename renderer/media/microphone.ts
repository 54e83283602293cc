/**
 * The microphone, opened when the first call needs it and closed when none does. Each call gets its own track of the one
 * capture, so that muting one mutes no other. A device that goes away is replaced by the system's default in the same call,
 * and taken again when it is back; without any the call goes on, and gets one when it comes.
 */
import type { Settings, Trouble } from '../../preload/contract'
import type { Devices, Resolved } from './devices'
import { MediaError, troubleOf } from './trouble'

/** What a call does with the microphone. Called again whenever the device is replaced. */
export interface Taker {
  /** A track of the taker's own, which the microphone stops; null: none for now. */
  onTrack(track: MediaStreamTrack | null): void
}

type Wanted = Pick<Settings, 'microphone' | 'echoCancellation' | 'noiseSuppression' | 'autoGainControl'>

interface Source {
  readonly track: MediaStreamTrack
  /** What should be in use. */
  readonly at: Resolved
  /** The id that was opened; empty: the default one, also where the chosen one is there and would not open. */
  readonly opened: string
  readonly processing: string
}

/** Milliseconds until a microphone that could not be opened is tried again: nothing tells when another program lets it go. */
const RETRY = 3000

export class Microphone {
  #wanted: Wanted = { microphone: null, echoCancellation: true, noiseSuppression: true, autoGainControl: true }
  #source: Source | null = null
  #told: Trouble | null = null
  #generation = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  readonly #leases = new Map<Taker, MediaStreamTrack | null>()

  /** `onTrouble`: what is wrong with the microphone, or null when it is mended. */
  constructor(
    readonly devices: Devices,
    readonly allowed: () => boolean,
    readonly onTrouble: (trouble: Trouble | null) => void,
  ) {
    devices.onChange(() => void this.#reconsider())
  }

  /** Lends the microphone; returns the function that gives it back. */
  lend(taker: Taker): () => void {
    this.#leases.set(taker, null)
    const stopWatching = this.devices.watch()
    if (this.#source) this.#give(taker, this.#source.track)
    else if (this.#leases.size === 1) void this.#open()
    return () => {
      stopWatching()
      this.#leases.get(taker)?.stop()
      if (this.#leases.delete(taker) && this.#leases.size === 0) this.#close()
    }
  }

  apply(settings: Wanted): void {
    const before = this.#wanted
    this.#wanted = settings
    const changed =
      JSON.stringify(before.microphone) !== JSON.stringify(settings.microphone) || processingOf(before) !== processingOf(settings)
    if (changed) void this.#reconsider()
  }

  /** Permission was given or taken. */
  permissionChanged(): void {
    void this.#reconsider()
  }

  /** For reading: the name of what is open, or would be opened by a call; null: none. */
  async inUse(): Promise<{ microphone: string | null }> {
    const { id } = await this.devices.resolve('audioinput', this.#wanted.microphone)
    return { microphone: await this.devices.nameOf('audioinput', this.#source?.opened ?? id) }
  }

  /** Devices, choice or processing have changed: opens what should be in use, if it is another, and says what is missing. */
  async #reconsider(): Promise<void> {
    const at = await this.devices.resolve('audioinput', this.#wanted.microphone)
    const source = this.#source
    if (this.#leases.size === 0) return this.#tellOf(at, null)
    const stands = source && source.opened === at.id && (at.id !== '' || source.at.defaultIs === at.defaultIs)
    if (!stands || source.processing !== processingOf(this.#wanted)) return this.#open()
    this.#source = { ...source, at }
    this.#tellOf(at, source)
  }

  async #open(): Promise<void> {
    const generation = ++this.#generation
    const stale = () => generation !== this.#generation || this.#leases.size === 0
    clearTimeout(this.#retry)
    try {
      if (!this.allowed()) throw new MediaError((await this.devices.hasMicrophone()) ? 'media.microphoneDenied' : 'media.microphoneMissing')
      const at = await this.devices.resolve('audioinput', this.#wanted.microphone)
      // Chromium gives a device that is open a second time the processing that it has: it must be let go first.
      if (this.#source && this.#source.opened === at.id && this.#source.processing !== processingOf(this.#wanted)) this.#drop()
      const source = await capture(at, this.#wanted)
      if (stale()) return source.track.stop()
      this.#adopt(source)
    } catch (error) {
      if (stale()) return
      // One that still works is better than none.
      if (this.#source?.track.readyState !== 'live' || !this.allowed()) this.#drop()
      this.#tell(error instanceof MediaError ? error.trouble : troubleOf(new MediaError('media.microphoneFailed', error)))
      this.#retry = setTimeout(() => void this.#open(), RETRY)
    }
  }

  #adopt(source: Source): void {
    const old = this.#source
    this.#source = source
    const { track } = source
    track.onended = () => this.#lost(source.track)
    track.onmute = () => this.#source?.track === track && this.#tellOf(source.at, source)
    track.onunmute = track.onmute
    for (const taker of this.#leases.keys()) this.#give(taker, track)
    if (old) letGo(old.track)
    this.#tellOf(source.at, source)
  }

  #give(taker: Taker, source: MediaStreamTrack): void {
    const track = source.clone()
    const old = this.#leases.get(taker)
    this.#leases.set(taker, track)
    taker.onTrack(track)
    old?.stop()
  }

  /** The device is gone, or the system has taken it. */
  #lost(track: MediaStreamTrack): void {
    if (track !== this.#source?.track) return
    this.#drop()
    this.#tell({ code: 'media.microphoneLost', params: {} })
    this.devices.forget()
    void this.#open()
  }

  #drop(): void {
    if (this.#source) letGo(this.#source.track)
    this.#source = null
    for (const [taker, track] of this.#leases) {
      if (!track) continue
      this.#leases.set(taker, null)
      taker.onTrack(null)
      track.stop()
    }
  }

  #tellOf(at: Resolved, source: Source | null): void {
    const label = this.#wanted.microphone?.label ?? ''
    const used = source?.track.label
    if (source?.track.muted) this.#tell({ code: 'media.microphoneMuted', params: { label: used ?? '' } })
    else if (source && source.opened !== at.id) this.#tell({ code: 'media.microphoneRefused', params: { label, used: used ?? '' } })
    else if (at.instead === 'twins') this.#tell({ code: 'media.microphoneTwins', params: { label } })
    else if (at.instead)
      this.#tell(used ? { code: 'media.microphoneReplaced', params: { label, used } } : { code: 'media.microphoneAway', params: { label } })
    else this.#tell(null)
  }

  #tell(trouble: Trouble | null): void {
    if (JSON.stringify(trouble) === JSON.stringify(this.#told)) return
    this.#told = trouble
    this.onTrouble(trouble)
  }

  #close(): void {
    this.#generation++
    clearTimeout(this.#retry)
    if (this.#source) letGo(this.#source.track)
    this.#source = null
    // What was wrong in the call is over; what is missing is still said.
    void this.#reconsider()
  }
}

const processingOf = ({ echoCancellation, noiseSuppression, autoGainControl }: Wanted) =>
  JSON.stringify([echoCancellation, noiseSuppression, autoGainControl])

function letGo(track: MediaStreamTrack): void {
  track.onended = null
  track.onmute = null
  track.onunmute = null
  track.stop()
}

/** Opens the device, else the default one. Rejects `media.microphoneMissing`, `media.microphoneBusy` or `media.microphoneDenied`. */
async function capture(at: Resolved, wanted: Wanted): Promise<Source> {
  const { echoCancellation, noiseSuppression, autoGainControl } = wanted
  const processing = { echoCancellation, noiseSuppression, autoGainControl }
  const open = async (id: string) => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: id ? { ...processing, deviceId: { exact: id } } : processing })
    const [track] = stream.getAudioTracks()
    if (!track) throw new MediaError('media.microphoneMissing')
    return track
  }
  try {
    if (at.id) {
      const track = await open(at.id).catch(() => null)
      if (track) return { track, at, opened: at.id, processing: processingOf(wanted) }
    }
    return { track: await open(''), at, opened: '', processing: processingOf(wanted) }
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    if (name === 'NotFoundError' || name === 'OverconstrainedError') throw new MediaError('media.microphoneMissing', error)
    if (name === 'NotAllowedError') throw new MediaError('media.microphoneDenied', error)
    if (name === 'NotReadableError' || name === 'AbortError') throw new MediaError('media.microphoneBusy', error)
    throw error
  }
}
