/**
 * Measures the way to the far end and back with a chirp, which is found again in what comes by correlation: other sounds, a
 * codec's distortion and a little loss do not hide it. The microphone is not sent meanwhile.
 */
import { findChirp, makeChirp } from './chirp'
import type { Through } from './recordable'
import { type Samples, samplesOf } from './samples'
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

/**
 * Milliseconds there and back; null when nothing came within three seconds.
 *
 * Each measurement has a Web Audio of its own and closes it: Chromium keeps nodes of a suspended one, and never lets go of one
 * that has had a worklet, closed or not (measured in Chromium 156). Hence no worklet: what was sent and what comes are the two
 * channels of one track.
 */
export async function measureEcho(peer: Echoing, signal: AbortSignal): Promise<number | null> {
  if (!peer.heard) throw new MediaError('media.wrongState')
  const gone = AbortSignal.any([signal, peer.closed])
  const context = new AudioContext()
  const ended: (() => void)[] = []
  try {
    // Where a click is wanted first, it stays suspended, and nothing is heard.
    await until(Promise.race([context.resume(), new Promise((done) => setTimeout(done, 1000))]), gone)
    const chirp = makeChirp(context.sampleRate)
    const buffer = new AudioBuffer({ length: chirp.length, sampleRate: context.sampleRate })
    buffer.copyToChannel(chirp, 0)
    const source = new AudioBufferSourceNode(context, { buffer })
    const mouth = new MediaStreamAudioDestinationNode(context, { channelCount: 1, channelCountMode: 'explicit' })
    const ear = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([peer.heard]) })
    const both = new ChannelMergerNode(context, { numberOfInputs: 2 })
    const tap = new MediaStreamAudioDestinationNode(context, { channelCount: 2 })
    source.connect(mouth)
    source.connect(both, 0, 0)
    ear.connect(both, 0, 1)
    both.connect(tap)
    const [spoken] = mouth.stream.getAudioTracks()
    const [tapped] = tap.stream.getAudioTracks()
    ended.push(() => {
      peer.measured(null)
      for (const node of [source, ear, both]) node.disconnect()
      spoken?.stop()
      tapped?.stop()
    })
    const samples = tapped && samplesOf(tapped, BEFORE + PATIENCE)
    if (!samples) throw new MediaError('media.failed', 'no samples of a track in this browser')
    ended.push(() => void samples.stop())
    peer.measured(() => spoken ?? null)
    source.start(context.currentTime + BEFORE)
    return await until(returned(samples, chirp, context.sampleRate), gone)
  } finally {
    for (const end of ended) end()
    void context.close()
  }
}

/** Milliseconds from the chirp's first sample on the left until it begins on the right; looked for whenever another half second has come. */
async function returned(samples: Samples, chirp: Float32Array, rate: number): Promise<number | null> {
  // For a context that does not run.
  const timer = setTimeout(() => void samples.stop(), (BEFORE + PATIENCE + 1) * 1000)
  const heard = new Float32Array(Math.ceil(PATIENCE * rate) + chirp.length)
  let begun = false
  let filled = 0
  let looked = 0
  try {
    for (;;) {
      const block = await samples.read()
      if (!block) return null
      const [sent, came] = block
      // Counted in samples, not by clocks: both channels were made in the same moment.
      const from = begun ? 0 : sent.findIndex((sample) => sample !== 0)
      if (from < 0) continue
      begun = true
      const part = came.subarray(from, from + heard.length - filled)
      heard.set(part, filled)
      filled += part.length
      const over = filled === heard.length
      if (!over && filled - looked < rate / 2) continue
      looked = filled
      const found = findChirp(heard.subarray(0, filled), chirp, rate)
      if (found !== null || over) return found === null ? null : (found / rate) * 1000
    }
  } finally {
    clearTimeout(timer)
  }
}
