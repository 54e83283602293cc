/**
 * Measures the way to the far end and back with a chirp, which is found again in what comes by correlation: other sounds, a
 * codec's distortion and a little loss do not hide it. The microphone is not sent meanwhile.
 */
import captureUrl from './capture.worklet?worker&url'
import { findChirp, makeChirp } from './chirp'
import type { Through } from './recordable'
import { MediaError } from './trouble'
import { until } from './waiting'

/** Seconds: until the chirp, so that the track is on its way when it sounds, and how long its return is waited for. */
const BEFORE = 0.3
const PATIENCE = 3

export interface Echoing {
  readonly heard: MediaStreamTrack | null
  readonly closed: AbortSignal
  measured(through: Through | null): void
}

/** One Web Audio for all measurements: Chromium never lets go of one that has had a worklet, closed or not (measured). */
export class EchoMeter {
  #context: AudioContext | null = null
  #measuring = 0

  /** Milliseconds there and back; null when nothing came within three seconds. */
  async measure(peer: Echoing, signal: AbortSignal): Promise<number | null> {
    if (!peer.heard) throw new MediaError('media.wrongState')
    const gone = AbortSignal.any([signal, peer.closed])
    this.#measuring++
    const ended: (() => void)[] = []
    try {
      const context = await until(this.#running(), gone)
      const ear = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([peer.heard]) })
      const capture = new AudioWorkletNode(context, 'capture', { numberOfOutputs: 0, channelCount: 1, channelCountMode: 'explicit' })
      const mouth = new MediaStreamAudioDestinationNode(context, { channelCount: 1, channelCountMode: 'explicit' })
      const chirp = makeChirp(context.sampleRate)
      const buffer = new AudioBuffer({ length: chirp.length, sampleRate: context.sampleRate })
      buffer.copyToChannel(chirp, 0)
      const source = new AudioBufferSourceNode(context, { buffer })
      source.connect(mouth)
      ear.connect(capture)
      const [track] = mouth.stream.getAudioTracks()
      ended.push(() => {
        peer.measured(null)
        capture.port.postMessage(null)
        capture.port.close()
        for (const node of [ear, source, capture]) node.disconnect()
        track?.stop()
      })
      peer.measured(() => track ?? null)
      const at = context.currentTime + BEFORE
      source.start(at)
      return await until(listen(capture.port, context.sampleRate, Math.round(at * context.sampleRate), chirp), gone)
    } finally {
      for (const end of ended) end()
      if (--this.#measuring === 0) void this.#context?.suspend()
    }
  }

  async #running(): Promise<AudioContext> {
    let context = this.#context
    if (!context) {
      context = new AudioContext()
      await context.audioWorklet.addModule(captureUrl)
      // Another measurement may have been as quick.
      if (this.#context) void context.close()
      else this.#context = context
      context = this.#context ?? context
    }
    // Where a click is wanted first, it stays suspended, and nothing is heard.
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 1000))])
    return context
  }
}

/** Looks for the chirp in all that has been heard since it was sent, whenever another half second has. */
function listen(port: MessagePort, rate: number, first: number, chirp: Float32Array): Promise<number | null> {
  const heard = new Float32Array(Math.ceil(PATIENCE * rate) + chirp.length)
  return new Promise((resolve) => {
    let looked = 0
    const finish = (ms: number | null) => {
      clearTimeout(timer)
      port.onmessage = null
      resolve(ms)
    }
    // For a context that does not run.
    const timer = setTimeout(() => finish(null), (BEFORE + PATIENCE + 1) * 1000)
    port.onmessage = ({ data: { frame, samples } }: MessageEvent<{ frame: number; samples: Float32Array }>) => {
      const from = Math.max(0, first - frame)
      const offset = frame + from - first
      if (from >= samples.length) return
      heard.set(samples.subarray(from, from + Math.max(0, heard.length - offset)), Math.min(offset, heard.length))
      const end = Math.min(heard.length, offset + samples.length - from)
      const over = end === heard.length
      if (!over && end - looked < rate / 2) return
      looked = end
      const found = findChirp(heard.subarray(0, end), chirp, rate)
      if (found !== null || over) finish(found === null ? null : (found / rate) * 1000)
    }
  })
}
