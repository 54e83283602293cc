/** The samples of a track, read on the page's own thread and in order: for what is recorded and what is measured. */

/** What of W3C mediacapture-transform Chromium has, and TypeScript's DOM library does not. */
declare class MediaStreamTrackProcessor {
  constructor(init: { track: MediaStreamTrack; maxBufferSize?: number })
  readonly readable: ReadableStream<AudioData>
}

export interface Samples {
  /** The next hundredth of a second, left and right (of one channel the same twice); null once there is no more. */
  read(): Promise<[Float32Array, Float32Array] | null>
  /** What has not been read is lost; a `read` that waits gets null. */
  stop(): Promise<void>
}

/** Null where the browser cannot. `seconds`: a page that is held up for that long loses nothing. */
export function samplesOf(track: MediaStreamTrack, seconds: number): Samples | null {
  if (!('MediaStreamTrackProcessor' in globalThis)) return null
  const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: seconds * 100 }).readable.getReader()
  return {
    async read() {
      const { value: data, done } = await reader.read()
      if (done) return null
      const { numberOfFrames, numberOfChannels } = data
      const plane = (side: number) => {
        const samples = new Float32Array(numberOfFrames)
        data.copyTo(samples, { planeIndex: Math.min(side, numberOfChannels - 1), format: 'f32-planar' })
        return samples
      }
      try {
        return [plane(0), plane(1)]
      } finally {
        data.close()
      }
    },
    async stop() {
      await reader.cancel().catch(() => undefined)
    },
  }
}
