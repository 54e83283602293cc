/** The bytes of a contact file as lines of text, whatever its encoding and length: never more than a piece of it is held. */
import { isUtf8 } from 'node:buffer'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import type { ImportOptions } from '../../../preload/contract'
import { TroubleError } from '../../trouble'

export type TextEncoding = NonNullable<ImportOptions['encoding']>

export interface Line {
  /** Counted from 1, as an editor counts. */
  number: number
  text: string
}

/** A longer file is not taken, in MB. */
export const largestMb = 512
const pieceSize = 1_048_576
/** What is looked at to tell what a file is. */
const sampleSize = 65_536
/** A longer line is cut: no field of a contact is that long. */
const longestLine = 2_000_000

/** An open file, read from its beginning as often as asked. */
export class TextFile {
  readonly #fd: number
  readonly size: number
  readonly sample: Buffer
  #encoding: TextEncoding | null = null

  /** Throws TroubleError `import.notFound`, `import.tooLarge`, `import.empty`. */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, 'r')
    } catch (error) {
      throw unreadable(path, error)
    }
    try {
      const found = fstatSync(this.#fd)
      if (!found.isFile()) throw unreadable(path, 'not a file')
      this.size = found.size
      if (this.size > largestMb * 1e6) throw new TroubleError('import.tooLarge', { limit: largestMb })
      if (this.size === 0) throw new TroubleError('import.empty')
      this.sample = Buffer.from(this.#read(Buffer.allocUnsafe(sampleSize), 0))
    } catch (error) {
      closeSync(this.#fd)
      throw error instanceof TroubleError ? error : unreadable(path, error)
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** UTF-8 and UTF-16 by their marks or by their shape, else Windows-1252, which takes any byte. */
  encoding(): TextEncoding {
    this.#encoding ??= encodingOf(this.sample) ?? (this.#isUtf8() ? 'utf-8' : 'windows-1252')
    return this.#encoding
  }

  /** The beginning as text. */
  head(encoding: TextEncoding): string {
    return new TextDecoder(encoding).decode(this.sample, { stream: true })
  }

  /** Every line without its end; `\n`, `\r\n` and lone `\r` end one. `most`: bytes after which no more are read. */
  *lines(encoding: TextEncoding, most = Number.POSITIVE_INFINITY): Generator<Line> {
    const decoder = new TextDecoder(encoding)
    const buffer = Buffer.allocUnsafe(pieceSize)
    let rest = ''
    let number = 0
    for (let offset = 0, last = false; !last; ) {
      const piece = this.#read(buffer, offset)
      offset += piece.length
      last = piece.length < buffer.length
      let text = decoder.decode(piece, { stream: !last })
      // A `\r` at the very end may be half of a `\r\n`.
      const half = !last && text.endsWith('\r')
      if (half) text = text.slice(0, -1)
      const parts = text.split(/\r\n|\n|\r/)
      parts[0] = rest + parts[0]
      rest = parts.pop() ?? ''
      if (rest.length > longestLine) rest = rest.slice(0, longestLine)
      if (half) rest += '\r'
      for (const part of parts) yield { number: ++number, text: part.slice(0, longestLine) }
      // What was cut off in the middle is no whole line.
      if (offset >= most && !last) return
    }
    rest = rest.replace(/\r$/, '')
    if (rest !== '') yield { number: ++number, text: rest }
  }

  #read(into: Buffer, offset: number): Buffer {
    let filled = 0
    while (filled < into.length) {
      const read = readSync(this.#fd, into, filled, into.length - filled, offset + filled)
      if (read === 0) break
      filled += read
    }
    return into.subarray(0, filled)
  }

  #isUtf8(): boolean {
    const buffer = Buffer.allocUnsafe(pieceSize)
    for (let offset = 0; ; ) {
      const piece = this.#read(buffer, offset)
      const last = piece.length < buffer.length
      const whole = last ? piece.length : wholeCharacters(piece)
      if (!isUtf8(piece.subarray(0, whole))) return false
      if (last) return true
      offset += whole
    }
  }
}

function unreadable(path: string, why: unknown): TroubleError {
  return new TroubleError('import.notFound', { name: basename(path) }, why instanceof Error ? why.message : String(why), { cause: why })
}

/** How much of the piece ends with a whole character of UTF-8. */
function wholeCharacters(piece: Buffer): number {
  for (let back = 1; back <= 3; back++) {
    const byte = piece[piece.length - back] ?? 0
    if (byte < 0x80) break
    if (byte >= 0xc0) return piece.length - back
  }
  return piece.length
}

/** What the beginning says for certain; null: one byte a character, or UTF-8. */
function encodingOf(sample: Buffer): TextEncoding | null {
  const [first, second, third] = sample
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  if (first === 0xfe && second === 0xff) return 'utf-16be'
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8'
  let even = 0
  let odd = 0
  for (let index = 0; index < sample.length; index++) if (sample[index] === 0) index % 2 === 0 ? even++ : odd++
  // In UTF-16 a separator, a digit, a line's end has a zero beside it, in whatever script the names are; elsewhere zeros are rare.
  const most = sample.length * 0.04
  if (odd > most && even < odd / 3 && readsAs(sample, 'utf-16le')) return 'utf-16le'
  if (even > most && odd < even / 3 && readsAs(sample, 'utf-16be')) return 'utf-16be'
  return null
}

function readsAs(sample: Buffer, encoding: TextEncoding): boolean {
  const text = new TextDecoder(encoding).decode(sample, { stream: true })
  return /[\r\n]/.test(text) && isPlainText(text)
}

/** True for text; false for pictures, archives, programs. */
export function isPlainText(text: string): boolean {
  let odd = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if ((code < 32 && code !== 9 && code !== 10 && code !== 13) || code === 0xfffd) odd++
  }
  return odd <= text.length * 0.05
}
