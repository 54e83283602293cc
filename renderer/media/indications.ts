/**
 * The notation in which resources/tones/indications.json keeps tones (that of Asterisk's indications.conf): elements separated
 * by `,` or `|`, each `[!]frequency[/ms]`. A frequency is `f`, `f1+f2` (both), `f1*f2` (f1 modulated by f2, 90 % deep), or with
 * `M` before the numbers MIDI notes; 0 is silence. Elements with `!` are heard once, the others again and again; without
 * `/ms` an element does not end.
 */

/** Hz. One frequency, two at once, or a carrier with what modulates it. Empty: silence. */
export type Pitch = { readonly sum: readonly number[] } | { readonly carrier: number; readonly by: number }
export interface Segment {
  readonly pitch: Pitch
  /** Null: without an end. */
  readonly ms: number | null
  readonly once: boolean
}

const element = /^(!?)\s*(M?)(\d{1,5})(?:([+*])(M?)(\d{1,5}))?(?:\/(\d{1,6}))?$/

/** Throws a RangeError that names the element which is not in this notation. */
export function parseTones(text: string): Segment[] {
  return text
    .split(text.includes('|') ? '|' : ',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [, once, noteOne, one, operator, noteTwo, two, ms] = element.exec(part) ?? []
      if (one === undefined) throw new RangeError(`no tone: ${part}`)
      const first = hertz(one, noteOne === 'M')
      const second = two === undefined ? 0 : hertz(two, noteTwo === 'M')
      const pitch = operator === '*' && first && second ? { carrier: first, by: second } : { sum: [first, second].filter((hz) => hz > 0) }
      return { pitch, ms: ms === undefined || Number(ms) === 0 ? null : Number(ms), once: once === '!' }
    })
}

/** MIDI note 69 is 440 Hz, twelve to the octave. */
function hertz(text: string, isNote: boolean): number {
  return isNote ? 440 * 2 ** ((Number(text) - 69) / 12) : Number(text)
}

export interface Rendered {
  /** −1…1. */
  readonly samples: Float32Array<ArrayBuffer>
  /** Seconds from which it is repeated for ever; null: heard once. */
  readonly loopFrom: number | null
}

/** Seconds for which a tone without an end is rendered: each whole number of Hz fits it, so that repeating it does not click. */
const ENDLESS = 1
/** Seconds of each flank, so that nothing clicks. */
const FLANK = 0.005
/** ITU notation's modulation depth as indications.conf has it. */
const DEPTH = 0.9

/** The tones as samples at `rate` per second, their loudest at 1. */
export function renderTones(segments: readonly Segment[], rate: number): Rendered {
  // What follows an element without an end is never reached.
  const end = segments.findIndex((segment) => segment.ms === null)
  const reached = end < 0 ? segments : segments.slice(0, end + 1)
  // Asterisk repeats from the first element without `!`.
  const first = reached.findIndex((segment) => !segment.once)
  const parts = reached.map((segment) => renderSegment(segment, rate))
  const samples = new Float32Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  let loopFrom: number | null = null
  for (const [index, part] of parts.entries()) {
    if (index === (end >= 0 ? end : first)) loopFrom = at / rate
    samples.set(part, at)
    at += part.length
  }
  return { samples, loopFrom }
}

function renderSegment({ pitch, ms }: Segment, rate: number): Float32Array {
  const out = new Float32Array(Math.round((ms === null ? ENDLESS : ms / 1000) * rate))
  const turn = (2 * Math.PI) / rate
  const wave =
    'sum' in pitch
      ? (i: number) => pitch.sum.reduce((value, hz) => value + Math.sin(turn * hz * i), 0) / Math.max(1, pitch.sum.length)
      : (i: number) => (Math.sin(turn * pitch.carrier * i) * (1 + DEPTH * Math.sin(turn * pitch.by * i))) / (1 + DEPTH)
  const flank = FLANK * rate
  for (let i = 0; i < out.length; i++) {
    out[i] = wave(i) * (ms === null ? 1 : Math.min(1, (i + 1) / flank, (out.length - i) / flank))
  }
  return out
}
