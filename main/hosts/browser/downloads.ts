/** Files that wait to be fetched by a page, each under an address that nobody can guess and that works once. */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

/** How long a file waits, in ms. */
const patience = 10 * 60_000

export interface DeliveredFile {
  name: string
  mime: string
  path: string
}

export class Downloads {
  readonly #waiting = new Map<string, { file: DeliveredFile; timer: NodeJS.Timeout }>()

  /** The path to fetch the file from. It is deleted once fetched, or when nobody came for it in ten minutes. */
  offer(file: DeliveredFile): string {
    const key = randomBytes(24).toString('base64url')
    const timer = setTimeout(() => this.#take(key) && void rm(file.path, { force: true }), patience)
    timer.unref()
    this.#waiting.set(key, { file, timer })
    return `/download/${key}/${encodeURIComponent(file.name)}`
  }

  /** Answers a request for `path`; false when there is no such file (any more). */
  async serve(path: string, response: ServerResponse, headers: Record<string, string>): Promise<boolean> {
    const file = this.#take(path.split('/')[2] ?? '')
    if (!file) return false
    try {
      const { size } = await stat(file.path)
      response.writeHead(200, {
        ...headers,
        'content-type': file.mime,
        'content-length': size,
        'content-disposition': contentDisposition(file.name),
        'cache-control': 'no-store',
      })
      await pipeline(createReadStream(file.path), response)
    } finally {
      await rm(file.path, { force: true })
    }
    return true
  }

  /** Deletes what was not fetched. */
  async close(): Promise<void> {
    for (const key of [...this.#waiting.keys()]) {
      const file = this.#take(key)
      if (file) await rm(file.path, { force: true })
    }
  }

  #take(key: string): DeliveredFile | null {
    const found = this.#waiting.get(key)
    if (!found) return null
    clearTimeout(found.timer)
    this.#waiting.delete(key)
    return found.file
  }
}

/** RFC 6266 with RFC 8187: an ASCII name for the old, the true one for the rest. */
export function contentDisposition(name: string): string {
  const ascii = name.replace(/[^ !#$&'()+,\-.0-9;=@A-Z[\]^_`a-z{}~]/g, '_')
  const exact = encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${exact}`
}
