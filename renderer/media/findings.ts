/**
 * What this page finds out about audio here: whether the microphone is allowed, whether sound may start without a click,
 * whether two local peers can connect (the practice line). It never asks the rep: the visible window does.
 */
import type { MediaState } from '../../preload/contract'
import type { Devices } from './devices'
import { outgoing } from './sdp'

export type Findings = Omit<MediaState, 'present' | 'troubles'>

/** Milliseconds between looks for a click, only while one is needed. */
const CLICK_WATCH = 500
/** Milliseconds that two local peers get. */
const PRACTICE_LIMIT = 3000

export class Audience {
  #permission: PermissionStatus | null = null
  #hasMicrophone = true
  #mayRing = true
  #practiceAudio = true
  #watch: ReturnType<typeof setInterval> | undefined

  /** `onChange`: something was found; `onAllowed`: the microphone's permission changed; `onClick`: sound may start now. */
  constructor(
    readonly devices: Devices,
    readonly on: { change(): void; allowed(): void; click(): void },
  ) {}

  get allowed(): boolean {
    return (this.#permission?.state ?? 'granted') === 'granted'
  }

  get findings(): Findings {
    const microphone = { prompt: 'unknown', denied: 'denied', granted: 'granted' } as const
    // Where permissions cannot be asked about, the first call finds out.
    const permission = microphone[this.#permission?.state ?? 'granted']
    return {
      microphone: permission !== 'denied' && !this.#hasMicrophone ? 'missing' : permission,
      mayRing: this.#mayRing,
      practiceAudio: this.#practiceAudio,
    }
  }

  /** Finds out what is quick to find; the practice check follows when the page is idle. */
  async start(): Promise<void> {
    this.#permission = await navigator.permissions.query({ name: 'microphone' as PermissionName }).catch(() => null)
    this.#permission?.addEventListener('change', () => {
      this.devices.forget()
      this.on.allowed()
      void this.#look().then(() => this.on.change())
      void this.#tryPractice()
    })
    this.devices.onChange(() => void this.#look().then((changed) => changed && this.on.change()))
    await this.#look()
    this.#mayRing = await maySound()
    if (!this.#mayRing) this.#watchForClick()
    setTimeout(() => void this.#tryPractice(), 2000)
  }

  /** A sound was refused. */
  refused(): void {
    if (!this.#mayRing) return
    this.#mayRing = false
    this.#watchForClick()
    this.on.change()
  }

  async #look(): Promise<boolean> {
    const has = await this.devices.hasMicrophone().catch(() => false)
    const changed = has !== this.#hasMicrophone
    this.#hasMicrophone = has
    return changed
  }

  #watchForClick(): void {
    clearInterval(this.#watch)
    this.#watch = setInterval(() => {
      if (!navigator.userActivation.hasBeenActive) return
      clearInterval(this.#watch)
      this.#mayRing = true
      this.on.click()
      this.on.change()
    }, CLICK_WATCH)
  }

  async #tryPractice(): Promise<void> {
    const connects = await localPeersConnect()
    // Without permission addresses are hidden, and a failure says nothing about the practice line.
    const practiceAudio = connects || !this.allowed
    if (practiceAudio === this.#practiceAudio) return
    this.#practiceAudio = practiceAudio
    this.on.change()
  }
}

/** Whether sound may start on a page that was never clicked. */
async function maySound(): Promise<boolean> {
  if (navigator.userActivation.hasBeenActive) return true
  const context = new AudioContext()
  // A refused context stays «suspended»; an allowed one runs as soon as its output is open.
  const running = context.state === 'running' || (await Promise.race([context.resume().then(() => true), after(300, false)]))
  await context.close()
  return running
}

/** Connects two peers once, over what practice calls may use, and takes them down. */
async function localPeersConnect(): Promise<boolean> {
  const [caller, callee] = [new RTCPeerConnection(), new RTCPeerConnection()]
  try {
    const connected = new Promise<boolean>((resolve) => {
      caller.addEventListener('connectionstatechange', () => caller.connectionState === 'connected' && resolve(true))
    })
    caller.createDataChannel('practice')
    await caller.setLocalDescription()
    await gathered(caller)
    await callee.setRemoteDescription({ type: 'offer', sdp: outgoing(caller.localDescription?.sdp ?? '', true) })
    await callee.setLocalDescription()
    await gathered(callee)
    await caller.setRemoteDescription({ type: 'answer', sdp: outgoing(callee.localDescription?.sdp ?? '', true) })
    return await Promise.race([connected, after(PRACTICE_LIMIT, false)])
  } catch {
    return false
  } finally {
    caller.close()
    callee.close()
  }
}

async function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === 'complete') return
  const complete = new Promise<void>((resolve) => {
    connection.addEventListener('icegatheringstatechange', () => connection.iceGatheringState === 'complete' && resolve())
  })
  await Promise.race([complete, after(1000, undefined)])
}

function after<T>(milliseconds: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(value), milliseconds))
}
