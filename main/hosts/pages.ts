/**
 * The pages that both hosts serve: the built renderer from an explicit map of its files (no path of a request ever
 * reaches the file system), and the one content policy for them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wav': 'audio/wav',
  '.ogg': 'audio/ogg',
  '.opus': 'audio/ogg',
  '.mp3': 'audio/mpeg',
  '.flac': 'audio/flac',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
}

export interface BuiltFile {
  readonly type: string
  /** Its name holds a hash of its content. */
  readonly immutable: boolean
  read(): Buffer
}

/** Every file under `folder` by its URL path (`/app/index.html`). Files of unknown kinds are left out. */
export function builtFiles(folder: string): ReadonlyMap<string, BuiltFile> {
  const files = new Map<string, BuiltFile>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)]
    if (!entry.isFile() || !type) continue
    const file = join(entry.parentPath, entry.name)
    const path = file.slice(folder.length).replaceAll('\\', '/')
    let content: Buffer | undefined
    files.set(path.startsWith('/') ? path : `/${path}`, {
      type,
      immutable: path.includes('assets/'),
      read: () => {
        content ??= readFileSync(file)
        return content
      },
    })
  }
  return files
}

/** Puts the style nonce where the page's style engine looks for it. */
export function withNonce(html: string, nonce: string): string {
  return html.replace(/<head[^>]*>/, (head) => `${head}<meta property="csp-nonce" nonce="${nonce}">`)
}

/** The same policy for both hosts: own scripts only, styles by nonce, nothing else from anywhere. */
export function contentSecurityPolicy(nonce: string, socket: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "media-src 'self' blob:",
    `connect-src 'self'${socket && ` ${socket}`}`,
    "worker-src 'self'",
    "frame-src 'self'",
    "frame-ancestors 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}
