/**
 * Where sound leaves: the chosen speaker and ringers, each of them the system's default while it is not there. Far ends are
 * hidden audio elements; tones ask here where to play and hear when that changes.
 */
import type { Settings, Trouble } from '../../preload/contract'
import type { Devices } from './devices'

type Wanted = Pick<Settings, 'speaker' | 'ringers'>

export class Outputs {
  #wanted: Wanted | null = null
  #generation = 0
  #told = '[]'
  /** Ids; empty: the system's default. */
  #speaker = ''
  #ringers: readonly string[] = ['']
  readonly #remotes = new Map<string, HTMLAudioElement>()
  readonly #listeners = new Set<() => void>()

  /** `onTroubles`: all that is wrong with outputs now. */
  constructor(
    readonly devices: Devices,
    readonly onTroubles: (troubles: Trouble[]) => void,
  ) {
    devices.onChange(() => void this.#route(true))
  }

  get speaker(): string {
    return this.#speaker
  }

  /** For reading: the speaker's name; null: there is none. */
  async inUse(): Promise<{ speaker: string | null }> {
    return { speaker: await this.devices.nameOf('audiooutput', this.#speaker) }
  }

  /** At least one, each once. */
  get ringers(): readonly string[] {
    return this.#ringers
  }

  /** The speaker or the ringers are others now. */
  onRoute(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  apply(settings: Wanted): void {
    this.#wanted = settings
    void this.#route()
  }

  /** Permission was given: only now can devices be told apart. */
  permissionChanged(): void {
    void this.#route()
  }

  /** Lets a far end be heard. `onRefused`: the browser wants a click first. */
  hear(peer: string, track: MediaStreamTrack, onRefused: () => void): void {
    if (this.#remotes.has(peer)) return
    const element = this.#play(new MediaStream([track]), onRefused)
    this.#remotes.set(peer, element)
  }

  #play(sound: MediaProvider | null, onRefused?: () => void): HTMLAudioElement {
    const element = new Audio()
    element.srcObject = sound
    void playOn(element, this.#speaker)
    element.play().catch((error: unknown) => {
      if (error instanceof Error && error.name === 'NotAllowedError') onRefused?.()
    })
    return element
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
    this.#remotes.delete(peer)
  }

  /** `replugged`: devices have come or gone, perhaps the very one in use. */
  async #route(replugged = false): Promise<void> {
    const wanted = this.#wanted
    if (!wanted) return
    const generation = ++this.#generation
    const resolve = (choice: Settings['speaker']) => this.devices.resolve('audiooutput', choice)
    const speaker = await resolve(wanted.speaker)
    const ringers = await Promise.all(wanted.ringers.map(async (choice) => ({ choice, at: await resolve(choice) })))
    if (generation !== this.#generation) return
    this.#speaker = speaker.id
    const ready = [...new Set(ringers.filter(({ at }) => !at.instead).map(({ at }) => at.id))]
    this.#ringers = ready.length > 0 ? ready : [this.#speaker]
    for (const [peer, old] of this.#remotes) {
      if (old.sinkId === this.#speaker && !(replugged && this.#speaker)) continue
      // A new element, so that Chromium opens the device anew. It keeps an output open for some seconds more, and a sound server
      // may have moved that one: what is plugged in again sooner than that is heard on the usual output.
      const sound = old.srcObject
      old.pause()
      old.srcObject = null
      this.#remotes.set(peer, this.#play(sound))
    }
    for (const listener of this.#listeners) listener()
    this.#tell([
      ...(speaker.instead ? [missing('speaker', speaker.instead, wanted.speaker?.label)] : []),
      ...ringers.flatMap(({ choice, at }) => (at.instead ? [missing('ringer', at.instead, choice.label)] : [])),
    ])
  }

  #tell(troubles: Trouble[]): void {
    const text = JSON.stringify(troubles)
    if (text === this.#told) return
    this.#told = text
    this.onTroubles(troubles)
  }
}

function missing(what: 'speaker' | 'ringer', why: 'missing' | 'twins', label = ''): Trouble {
  return { code: `media.${what}${why === 'twins' ? 'Twins' : 'Missing'}`, params: { label } }
}

/** Lets an element or a context be heard on that device, else on the default one: sound in the wrong place is better than none. */
export async function playOn(what: { sinkId: unknown; setSinkId(id: string): Promise<unknown> }, id: string): Promise<void> {
  if (what.sinkId === id) return
  await what.setSinkId(id).catch(() => what.setSinkId('').catch(() => undefined))
}
