/** Finds the device a rep has chosen: by Chromium's id for it, by its name when the id has changed, else none (the default). */
import type { Settings } from '../../preload/contract'

type Choice = Settings['microphone']

export class Devices {
  #list: Promise<MediaDeviceInfo[]> | null = null
  readonly #listeners = new Set<() => void>()

  constructor() {
    navigator.mediaDevices.addEventListener('devicechange', () => {
      this.#list = null
      for (const listener of this.#listeners) listener()
    })
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async hasMicrophone(): Promise<boolean> {
    return (await this.#all()).some((device) => device.kind === 'audioinput')
  }

  /** The chosen device's present id; empty: the default one; null: chosen, but not plugged in. */
  async find(kind: 'audioinput' | 'audiooutput', choice: Choice): Promise<string | null> {
    if (!choice) return ''
    const of = (await this.#all()).filter((device) => device.kind === kind)
    const found =
      of.find((device) => device.deviceId === choice.id) ?? of.find((device) => choice.label !== '' && device.label === choice.label)
    return found?.deviceId ?? null
  }

  /** For when permission was given: names and ids are told only then. */
  forget(): void {
    this.#list = null
  }

  #all(): Promise<MediaDeviceInfo[]> {
    this.#list ??= navigator.mediaDevices.enumerateDevices()
    return this.#list
  }
}
