/** The machine's audio devices, kept up to date, and which of them a rep's choice means. */
import { type Choice, type DeviceInfo, defaultLabel, identify, isReal } from '../devices/identity'

export type Kind = 'audioinput' | 'audiooutput'

export interface Resolved {
  /** Of the device to use; empty: the system's default. */
  readonly id: string
  /** Why the default is used in place of the choice; null: what was chosen is there. */
  readonly instead: 'missing' | 'twins' | null
  /** What the system's default is now, to be compared: where Chromium stays on the old one, a call must be moved. */
  readonly defaultIs: string
}

/**
 * ms between looks of our own, while a call is up and else: on Linux Chromium learns of USB devices by itself, but not of those
 * that only the sound server knows, Bluetooth headsets among them.
 */
const LOOK = { inCall: 2000, idle: 15_000 }

export class Devices {
  #seen = ''
  #watching = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #list: Promise<readonly DeviceInfo[]> | null = null
  readonly #listeners = new Set<() => void>()

  constructor() {
    navigator.mediaDevices.addEventListener('devicechange', () => this.#changed())
    this.#lookLater()
  }

  /** Looks more often until the returned function is called, once. */
  watch(): () => void {
    this.#watching++
    this.#lookLater()
    return () => {
      this.#watching--
      this.#lookLater()
    }
  }

  #lookLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#look(), this.#watching > 0 ? LOOK.inCall : LOOK.idle)
  }

  async #look(): Promise<void> {
    const seen = await navigator.mediaDevices.enumerateDevices().then(
      (all) => JSON.stringify(all.map(({ kind, deviceId, groupId, label }) => [kind, deviceId, groupId, label])),
      () => this.#seen,
    )
    const changed = this.#seen !== '' && seen !== this.#seen
    this.#seen = seen
    if (changed) this.#changed()
    this.#lookLater()
  }

  #changed(): void {
    this.#list = null
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async hasMicrophone(): Promise<boolean> {
    return (await this.of('audioinput')).length > 0
  }

  async of(kind: Kind): Promise<readonly DeviceInfo[]> {
    this.#list ??= navigator.mediaDevices.enumerateDevices()
    try {
      return (await this.#list).filter((device) => device.kind === kind)
    } catch (error) {
      this.#list = null
      throw error
    }
  }

  async resolve(kind: Kind, choice: Choice): Promise<Resolved> {
    const all = await this.of(kind).catch((): readonly DeviceInfo[] => [])
    const entry = all.find((device) => device.deviceId === 'default')
    const defaultIs = entry ? `${entry.groupId} ${entry.label}` : ''
    const found = identify(choice, all)
    if (found.as === 'device') return { id: found.device.deviceId, instead: null, defaultIs }
    return { id: '', instead: found.as === 'default' ? null : found.as, defaultIs }
  }

  /** For reading: what is plugged in, without those entries that only follow the system. */
  async names(): Promise<{ microphones: string[]; speakers: string[] }> {
    const [microphones, speakers] = await Promise.all([this.of('audioinput'), this.of('audiooutput')])
    const labels = (all: readonly DeviceInfo[]) => all.filter(isReal).map(({ label }) => label)
    return { microphones: labels(microphones), speakers: labels(speakers) }
  }

  /** For reading: a device's name; null where there is no such device. Empty: the default one. */
  async nameOf(kind: Kind, id: string): Promise<string | null> {
    const all = await this.of(kind).catch((): readonly DeviceInfo[] => [])
    if (id === '' || id === 'default') return defaultLabel(all) ?? all[0]?.label ?? null
    return all.find((device) => device.deviceId === id)?.label ?? null
  }

  /** For when permission was given, or a device is known to be gone before the browser says so. */
  forget(): void {
    this.#list = null
  }
}
