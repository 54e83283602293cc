/** Where sound leaves: hidden audio elements that follow the chosen speaker and ringer, and fall back to the default device. */
import type { Settings } from '../../preload/contract'
import type { Devices } from './devices'

export type OutputKind = 'speaker' | 'ringer'

export class Outputs {
  #settings: Settings | null = null
  #missing: string | null = null
  readonly #elements = new Map<HTMLAudioElement, OutputKind>()
  readonly #remotes = new Map<string, HTMLAudioElement>()

  /** `onFallback`: a chosen device is not there, the default is used; null: it is again. */
  constructor(
    readonly devices: Devices,
    readonly onFallback: (label: string | null) => void,
  ) {
    devices.onChange(() => void this.#route())
  }

  apply(settings: Settings): void {
    this.#settings = settings
    void this.#route()
  }

  /** An element of ours that plays on that device from now on. */
  add(element: HTMLAudioElement, kind: OutputKind): void {
    this.#elements.set(element, kind)
    void this.#route(element)
  }

  /** Lets a far end be heard. `onRefused`: the browser wants a click first. */
  hear(peer: string, track: MediaStreamTrack, onRefused: () => void): void {
    if (this.#remotes.has(peer)) return
    const element = new Audio()
    element.srcObject = new MediaStream([track])
    this.#remotes.set(peer, element)
    this.add(element, 'speaker')
    element.play().catch((error: unknown) => {
      if (error instanceof Error && error.name === 'NotAllowedError') onRefused()
    })
  }

  /** Tries again what the browser refused before a click. */
  retry(): void {
    for (const element of this.#remotes.values()) if (element.paused) element.play().catch(() => undefined)
  }

  silence(peer: string): void {
    const element = this.#remotes.get(peer)
    if (!element) return
    element.pause()
    element.srcObject = null
    this.#elements.delete(element)
    this.#remotes.delete(peer)
  }

  async #route(only?: HTMLAudioElement): Promise<void> {
    const settings = this.#settings
    if (!settings) return
    const speaker = await this.devices.find('audiooutput', settings.speaker)
    const chosen = settings.ringers[0]
    const ringer = chosen ? await this.devices.find('audiooutput', chosen) : speaker
    for (const [element, kind] of only ? [[only, this.#elements.get(only) ?? 'speaker'] as const] : this.#elements) {
      const sink = (kind === 'ringer' ? ringer : speaker) ?? ''
      if (element.sinkId !== sink) await element.setSinkId(sink).catch(() => element.setSinkId('').catch(() => undefined))
    }
    const missing = (speaker === null ? settings.speaker : ringer === null && chosen ? chosen : null)?.label ?? null
    if (missing !== this.#missing) this.onFallback(missing)
    this.#missing = missing
  }
}
