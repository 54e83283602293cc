/**
 * Makes resources/sounds/: Ringbook's own ring, synthesised here, and the words that it speaks, spoken by espeak-ng
 * where that is installed (only whoever changes the words needs it; the files are in the repository). Run it with
 * `node scripts/make-sounds.ts`. Everything is WAV, mono, 16 bit, 16 kHz: small, and no codec is asked of anybody.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Samples per second. */
const RATE = 16_000
const folder = join(import.meta.dirname, '../resources/sounds')

const WORDS = {
  prompt: 'Hello, this is your practice customer. Thank you for calling. Everything works. Goodbye!',
  greeting: 'Hello, this is your practice customer. Thank you for answering. From now on, I repeat what you say.',
  notice: 'This call is being recorded.',
}

function silence(seconds: number): Float32Array {
  return new Float32Array(Math.round(seconds * RATE))
}

/** Adds `partials` (Hz, gain) that begin at `at` seconds and fade out with that half-life: a struck bar. */
function strike(into: Float32Array, at: number, partials: readonly (readonly [number, number])[], halfLife: number): void {
  const first = Math.round(at * RATE)
  const attack = 0.006 * RATE
  for (let i = first; i < into.length; i++) {
    const age = i - first
    const envelope = Math.min(1, age / attack) * 0.5 ** (age / RATE / halfLife)
    if (age > attack && envelope < 1e-4) break
    let value = 0
    for (const [frequency, gain] of partials) value += gain * Math.sin((2 * Math.PI * frequency * age) / RATE)
    into[i] = (into[i] ?? 0) + envelope * value
  }
}

/** A wooden bar's overtones (1 : 3.9 : 9.2), kept low so that the ring carries without being shrill. */
const bar = (frequency: number, gain: number) =>
  [
    [frequency, gain],
    [frequency * 3.93, gain * 0.16],
    [frequency * 2, gain * 0.22],
  ] as const

/** Two rising figures of a pentatonic chord, then rest: three seconds, looped. */
function ring(): Float32Array {
  const out = silence(3)
  const notes = [523.25, 659.25, 783.99, 1046.5]
  for (const start of [0, 0.75]) {
    for (const [index, note] of notes.entries()) strike(out, start + index * 0.13, bar(note, 0.42), 0.16)
  }
  return out
}

/** Brings the loudest sample to 0.85 of full scale, so that the volume setting means the same for each. */
function normalise(samples: Float32Array, peak = 0.85): Float32Array {
  const loudest = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return loudest ? samples.map((value) => (value * peak) / loudest) : samples
}

function wav(samples: Float32Array): Buffer {
  const out = Buffer.alloc(44 + samples.length * 2)
  out.write('RIFF', 0)
  out.writeUInt32LE(36 + samples.length * 2, 4)
  out.write('WAVEfmt ', 8)
  out.writeUInt32LE(16, 16)
  out.writeUInt16LE(1, 20)
  out.writeUInt16LE(1, 22)
  out.writeUInt32LE(RATE, 24)
  out.writeUInt32LE(RATE * 2, 28)
  out.writeUInt16LE(2, 32)
  out.writeUInt16LE(16, 34)
  out.write('data', 36)
  out.writeUInt32LE(samples.length * 2, 40)
  for (const [index, value] of samples.entries()) {
    out.writeInt16LE(Math.round(Math.max(-1, Math.min(1, value)) * 32_767), 44 + index * 2)
  }
  return out
}

/** The samples of a 16-bit mono WAV at any rate, brought to ours by linear interpolation after a short moving average. */
function read(file: Buffer): Float32Array {
  const rate = file.readUInt32LE(24)
  const start = file.indexOf('data') + 8
  const count = Math.floor((file.length - start) / 2)
  const at = (index: number) => (index < count ? file.readInt16LE(start + index * 2) / 32_768 : 0)
  const step = rate / RATE
  const out = new Float32Array(Math.floor(count / step))
  for (let i = 0; i < out.length; i++) {
    const position = i * step
    const left = Math.floor(position)
    const mix = position - left
    const smooth = (index: number) => (step > 1 ? (at(Math.max(0, index - 1)) + 2 * at(index) + at(index + 1)) / 4 : at(index))
    out[i] = smooth(left) * (1 - mix) + smooth(left + 1) * mix
  }
  return out
}

/** Speaks with espeak-ng; null where it is not installed. */
function speak(words: string): Float32Array | null {
  const scratch = mkdtempSync(join(tmpdir(), 'ringbook-sounds-'))
  try {
    const file = join(scratch, 'spoken.wav')
    execFileSync('espeak-ng', ['-v', 'en-gb', '-s', '165', '-p', '45', '-w', file, words], { stdio: 'ignore' })
    return read(readFileSync(file))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw cause
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

function write(name: string, samples: Float32Array): void {
  const bytes = wav(normalise(samples))
  writeFileSync(join(folder, `${name}.wav`), bytes)
  console.log(`${name}.wav  ${(samples.length / RATE).toFixed(1)} s  ${Math.round(bytes.length / 1024)} KB`)
}

mkdirSync(folder, { recursive: true })
write('ring', ring())
for (const [name, words] of Object.entries(WORDS)) {
  const spoken = speak(words)
  if (spoken) write(name, spoken)
  else console.error(`${name}.wav is left as it is: espeak-ng is not installed`)
}
