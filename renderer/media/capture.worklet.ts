/**
 * Runs on the audio thread: hands the samples of its first input to the page, in blocks, with the time of each block's first,
 * until any message tells it to stop.
 */

declare const currentFrame: number
declare class AudioWorkletProcessor {
  readonly port: MessagePort
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void

/** Samples; a tenth of a second at 48 kHz. */
const BLOCK = 4800

class Capture extends AudioWorkletProcessor {
  #block = new Float32Array(BLOCK)
  #filled = 0
  #first = 0
  #stopped = false

  constructor() {
    super()
    this.port.onmessage = () => {
      this.#stopped = true
    }
  }

  process([input]: Float32Array[][]): boolean {
    const samples = input?.[0]
    // An input without a source has no channels; time goes on all the same.
    const length = samples?.length ?? 128
    if (this.#filled === 0) this.#first = currentFrame
    if (samples) this.#block.set(samples.subarray(0, BLOCK - this.#filled), this.#filled)
    this.#filled += length
    if (this.#filled >= BLOCK) {
      this.port.postMessage({ frame: this.#first, samples: this.#block }, [this.#block.buffer])
      this.#block = new Float32Array(BLOCK)
      this.#filled = 0
    }
    return !this.#stopped
  }
}
registerProcessor('capture', Capture)
