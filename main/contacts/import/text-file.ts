/** The bytes of a contact file as lines of text, whatever its encoding, without ever holding the whole text. */
import { isUtf8 } from 'node:buffer'

export interface Line {
  /** Counted from 1, as an editor counts. */
  number: number
  text: string
}

/** UTF-8 and UTF-16 by their marks or by their shape, else Windows-1252, which takes any byte. */
export function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252' {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  const sample = bytes.subarray(0, 4_096)
  let even = 0
  let odd = 0
  for (let index = 0; index < sample.length; index++) if (sample[index] === 0) index % 2 === 0 ? even++ : odd++
  // Western text in UTF-16 has a zero in nearly every second byte.
  if (odd > sample.length * 0.3 && even < sample.length * 0.05) return 'utf-16le'
  if (even > sample.length * 0.3 && odd < sample.length * 0.05) return 'utf-16be'
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252'
}

/** True for text; false for pictures, archives, programs. */
export function looksLikeText(bytes: Uint8Array): boolean {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes.subarray(0, 65_536))
  let odd = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if ((code < 32 && code !== 9 && code !== 10 && code !== 13) || code === 0xfffd) odd++
  }
  return odd <= text.length * 0.05
}

const chunk = 1_048_576
/** A longer line is cut: no field of a contact is that long. */
const longestLine = 2_000_000

/** Every line without its end; `\n`, `\r\n` and lone `\r` end one. */
export function* linesOf(bytes: Uint8Array): Generator<Line> {
  const decoder = new TextDecoder(encodingOf(bytes))
  let rest = ''
  let number = 0
  for (let offset = 0; offset <= bytes.length; offset += chunk) {
    const last = offset + chunk > bytes.length
    let text = decoder.decode(bytes.subarray(offset, offset + chunk), { stream: !last })
    // A `\r` at the very end may be half of a `\r\n`.
    const half = !last && text.endsWith('\r')
    if (half) text = text.slice(0, -1)
    const parts = (rest + text).split(/\r\n|\n|\r/)
    rest = parts.pop() ?? ''
    if (half) rest += '\r'
    if (rest.length > longestLine) rest = rest.slice(0, longestLine)
    for (const part of parts) yield { number: ++number, text: part.slice(0, longestLine) }
  }
  if (rest !== '') yield { number: ++number, text: rest }
}
