/**
 * Files that pages hand over in pieces, kept in a private folder until they are imported or given up. No page ever names a
 * path: a file here is called by the id that main gave it.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { TroubleError } from '../../trouble'
import { largestMb } from './text-file'

interface Receiving {
  id: string
  /** As the page calls it. */
  name: string
  path: string
  /** How long it will be. */
  bytes: number
  received: number
  pieces: number
  /** An import is reading it. */
  inUse: boolean
}
export type HandedOver = Readonly<Pick<Receiving, 'id' | 'name' | 'path'>>

/** Pages that were closed in the middle leave theirs behind: the oldest goes. */
const mostFiles = 4

export class HandedOverFiles {
  readonly #files = new Map<string, Receiving>()

  /** `folder`: for these files alone; emptied here. */
  constructor(readonly folder: string) {
    rmSync(folder, { recursive: true, force: true })
  }

  /** Throws TroubleError `import.tooLarge`, `import.notHandedOver`. */
  begin(name: string, bytes: number): { importId: string } {
    if (bytes > largestMb * 1e6) throw new TroubleError('import.tooLarge', { limit: largestMb })
    const idle = [...this.#files.values()].filter((file) => !file.inUse)
    for (const file of idle.slice(0, Math.max(0, this.#files.size - mostFiles + 1))) this.remove(file.id)
    const id = randomUUID()
    const path = join(this.folder, `${id}.part`)
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 })
      closeSync(openSync(path, 'wx', 0o600))
    } catch (error) {
      throw new TroubleError('import.notHandedOver', {}, error instanceof Error ? error.message : String(error), { cause: error })
    }
    this.#files.set(id, { id, name, path, bytes, received: 0, pieces: 0, inUse: false })
    return { importId: id }
  }

  /** The next piece, in order. Throws TroubleError `import.gone`, `import.notHandedOver`; the file is given up then. */
  piece(id: string, piece: number, bytes: Uint8Array): void {
    const file = this.#need(id)
    if (piece !== file.pieces || file.received + bytes.length > file.bytes) {
      this.remove(id)
      throw new TroubleError('import.notHandedOver', {}, `piece ${piece} of ${bytes.length} bytes does not fit`)
    }
    try {
      const fd = openSync(file.path, 'r+')
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, file.received + done)
      } finally {
        closeSync(fd)
      }
    } catch (error) {
      this.remove(id)
      throw new TroubleError('import.notHandedOver', {}, error instanceof Error ? error.message : String(error), { cause: error })
    }
    file.pieces++
    file.received += bytes.length
  }

  /** Once all of it is there. Throws TroubleError `import.gone`, `import.notHandedOver`. */
  whole(id: string): HandedOver {
    const file = this.#need(id)
    if (file.received !== file.bytes) throw new TroubleError('import.notHandedOver', {}, `${file.received} of ${file.bytes} bytes came`)
    return file
  }

  /** Nothing takes it away while `use` runs; removed after it has succeeded. */
  async using<T>(id: string, use: (file: HandedOver) => Promise<T>): Promise<T> {
    const file = this.whole(id) as Receiving
    if (file.inUse) throw new TroubleError('import.running')
    file.inUse = true
    try {
      const done = await use(file)
      this.remove(id)
      return done
    } finally {
      file.inUse = false
    }
  }

  remove(id: string): void {
    const file = this.#files.get(id)
    if (!file) return
    this.#files.delete(id)
    rmSync(file.path, { force: true })
  }

  close(): void {
    this.#files.clear()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #need(id: string): Receiving {
    const file = this.#files.get(id)
    if (!file) throw new TroubleError('import.gone')
    return file
  }
}
