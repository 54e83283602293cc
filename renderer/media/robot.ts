/** The practice line's far end: what it hears comes back after a moment, or it speaks a recorded sentence, or it only listens. */
import type { RobotProgram } from '../../preload/contract'
import greetingUrl from '../../resources/sounds/greeting.wav?url'
import promptUrl from '../../resources/sounds/prompt.wav?url'

/** Seconds until an echo: long enough to be told from the rep's own voice. */
const ECHO_DELAY = 0.3

/** Milliseconds that Web Audio goes on without a robot: the next practice call need not begin it anew. */
const IDLE = 5000

export interface Robot {
  /** What it says. */
  readonly track: MediaStreamTrack
  /** The connection stands: a prompt begins now. */
  begin(): void
  stop(): void
}

export class Robots {
  #context: AudioContext | null = null
  #running = 0
  #idle: ReturnType<typeof setTimeout> | undefined
  readonly #recordings = new Map<string, Promise<AudioBuffer>>()

  /** `onPromptEnded`: its sentence is over. */
  make(program: RobotProgram, heard: MediaStreamTrack, onPromptEnded: () => void): Robot {
    this.#context ??= new AudioContext()
    const context = this.#context
    this.#running++
    clearTimeout(this.#idle)
    void context.resume()
    const mouth = context.createMediaStreamDestination()
    const [track] = mouth.stream.getAudioTracks()
    if (!track) throw new Error('Web Audio made no track')
    // Chromium feeds Web Audio from a remote track only while an element plays it, too.
    const pump = new Audio()
    pump.muted = true
    pump.srcObject = new MediaStream([heard])
    pump.play().catch(() => undefined)
    const ear = context.createMediaStreamSource(pump.srcObject)
    const echo = context.createDelay(1)
    echo.delayTime.value = ECHO_DELAY
    const speaker = new AbortController()
    if (program === 'echo') ear.connect(echo).connect(mouth)
    let begun = false
    let stopped = false
    return {
      track,
      begin: () => {
        if (begun || stopped || program === 'echo' || program === 'listen') return
        begun = true
        void this.#speak(context, program === 'prompt' ? promptUrl : greetingUrl, mouth, speaker.signal).then((said) => {
          if (!said) return
          if (program === 'greeting') ear.connect(echo).connect(mouth)
          onPromptEnded()
        })
      },
      stop: () => {
        if (stopped) return
        stopped = true
        speaker.abort()
        for (const node of [ear, echo, mouth]) node.disconnect()
        track.stop()
        pump.pause()
        pump.srcObject = null
        if (--this.#running === 0) this.#idle = setTimeout(() => this.#close(), IDLE)
      },
    }
  }

  /** Not merely suspended: Chromium keeps the nodes of a suspended context that nobody has any more. */
  #close(): void {
    void this.#context?.close()
    this.#context = null
  }

  /** Resolves to whether it was said to the end. */
  async #speak(context: AudioContext, url: string, into: AudioNode, signal: AbortSignal): Promise<boolean> {
    let recording = this.#recordings.get(url)
    if (!recording) {
      recording = fetch(url)
        .then((response) => response.arrayBuffer())
        .then((bytes) => context.decodeAudioData(bytes))
      this.#recordings.set(url, recording)
    }
    try {
      const buffer = await recording
      if (signal.aborted) return false
      const source = new AudioBufferSourceNode(context, { buffer })
      source.connect(into)
      const ended = new Promise<void>((resolve) => {
        source.onended = () => resolve()
      })
      signal.addEventListener('abort', () => source.stop(), { once: true })
      source.start()
      await ended
      source.disconnect()
      return !signal.aborted
    } catch {
      this.#recordings.delete(url)
      return false
    }
  }
}
