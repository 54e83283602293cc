/**
 * A recording's file while it grows: made anew and for its owner alone, readable at any moment. A WebM file is a stream; a WAV
 * file's header is put right after every piece, so that a program that is killed leaves a whole file behind.
 */
import { constants } from 'node:fs'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

export type RecordingFormat = 'webm' | 'wav'
/** Of renderer/media/recordings.ts: samples per second, and left and right. */
const WAV = { rate: 16_000, channels: 2 }
const HEADER = 44
/** A name that is taken gets a number; this many are tried. */
const TRIES = 100

/** RIFF/WAVE with 16-bit PCM, `bytes` of it. */
export function wavHeader(bytes: number): Buffer {
  const { rate, channels } = WAV
  const out = Buffer.alloc(HEADER)
  const size = Math.min(bytes, 0xffff_ffff - HEADER)
  out.write('RIFF', 0)
  out.writeUInt32LE(36 + size, 4)
  out.write('WAVEfmt ', 8)
  out.writeUInt32LE(16, 16)
  out.writeUInt16LE(1, 20)
  out.writeUInt16LE(channels, 22)
  out.writeUInt32LE(rate, 24)
  out.writeUInt32LE(rate * channels * 2, 28)
  out.writeUInt16LE(channels * 2, 32)
  out.writeUInt16LE(16, 34)
  out.write('data', 36)
  out.writeUInt32LE(size, 40)
  return out
}

/** What of a name may stand in a file's name anywhere: no path, no control or bidi character, nothing that Windows reserves. */
export function safeName(text: string): string {
  const cleaned = text
    .normalize('NFC')
    .replaceAll(/[\p{C}\p{Z}\\/:*?"<>|%]+/gu, ' ')
    .trim()
  return [...cleaned]
    .slice(0, 60)
    .join('')
    .replace(/^[. ]+|[. ]+$/g, '')
}

export class RecordingFile {
  #bytes = 0

  private constructor(
    readonly path: string,
    readonly format: RecordingFormat,
    private readonly handle: FileHandle,
  ) {}

  /** `name` without its ending, safe. Rejects with the system's error. */
  static async create(folder: string, name: string, format: RecordingFormat): Promise<RecordingFile> {
    // Never through a link, never over what is there.
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
    for (let number = 1; ; number++) {
      const path = join(folder, `${name}${number === 1 ? '' : ` (${number})`}.${format}`)
      try {
        const handle = await open(path, flags, 0o600)
        const file = new RecordingFile(path, format, handle)
        if (format === 'wav') {
          await file.#write(wavHeader(0), 0).catch(async (error: unknown) => {
            await file.discard()
            throw error
          })
        }
        return file
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || number >= TRIES) throw error
      }
    }
  }

  /** True while nothing has been recorded. */
  get empty(): boolean {
    return this.#bytes === 0
  }

  /** Must not be called before the last call has ended. Rejects with the system's error; what was there before stays whole. */
  async append(bytes: Uint8Array): Promise<void> {
    const start = this.format === 'wav' ? HEADER : 0
    await this.#write(bytes, start + this.#bytes)
    this.#bytes += bytes.length
    if (this.format === 'wav') await this.#write(wavHeader(this.#bytes), 0)
  }

  async close(): Promise<void> {
    await this.handle.sync().catch(() => undefined)
    await this.handle.close().catch(() => undefined)
  }

  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined)
    await rm(this.path, { force: true }).catch(() => undefined)
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, position + done)
      done += bytesWritten
    }
  }
}
