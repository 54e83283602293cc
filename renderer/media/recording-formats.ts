/** The two ways in which sound becomes bytes: WebM with Opus by the browser's recorder, and plain samples for a WAV file. */
import { samplesOf } from './samples'
import { MediaError } from './trouble'

export interface Encoder {
  /** Resolves when the last bytes have been handed over. */
  stop(): Promise<void>
}

/** Bits per second, both channels together: speech, clear on each side. */
const OPUS_BITS = 64_000
/** ms */
const PIECE = 1000
export const WEBM = 'audio/webm;codecs=opus'

/** `onBytes`: in order, about once a second; `onFailure`: it has ended by itself. */
export function encodeWebm(stream: MediaStream, onBytes: (bytes: Blob) => void, onFailure: (error: unknown) => void): Encoder {
  if (!MediaRecorder.isTypeSupported(WEBM)) throw new MediaError('recording.unsupported')
  const recorder = new MediaRecorder(stream, { mimeType: WEBM, audioBitsPerSecond: OPUS_BITS })
  let stopping = false
  const ended = new Promise<void>((resolve) => recorder.addEventListener('stop', () => resolve()))
  recorder.addEventListener('dataavailable', ({ data }) => data.size > 0 && onBytes(data))
  recorder.addEventListener('stop', () => stopping || onFailure('the recorder stopped by itself'))
  recorder.start(PIECE)
  return {
    async stop() {
      if (!stopping && recorder.state !== 'inactive') {
        stopping = true
        recorder.stop()
      }
      await ended
    },
  }
}

/** 16-bit samples, little-endian, left and right in turn: the body of a WAV file. `rate`: of the stream, per second. */
export function encodePcm(stream: MediaStream, rate: number, onBytes: (bytes: Blob) => void, onFailure: (error: unknown) => void): Encoder {
  const [track] = stream.getAudioTracks()
  const source = track && samplesOf(track, 2)
  if (!source) throw new MediaError('recording.unsupported')
  let samples = new Int16Array(rate * 2)
  let filled = 0
  const hand = () => {
    if (filled > 0) onBytes(new Blob([samples.subarray(0, filled)]))
    samples = new Int16Array(rate * 2)
    filled = 0
  }
  const run = async () => {
    for (;;) {
      const planes = await source.read()
      if (!planes) return hand()
      for (let frame = 0; frame < planes[0].length; frame++) {
        for (const plane of planes) samples[filled++] = Math.round(Math.max(-1, Math.min(1, plane[frame] ?? 0)) * 32_767)
        if (filled >= samples.length) hand()
      }
    }
  }
  let stopping = false
  const over = run().then(
    () => stopping || onFailure('the samples ended by themselves'),
    (error: unknown) => onFailure(error),
  )
  return {
    async stop() {
      stopping = true
      await source.stop()
      await over
    },
  }
}
