/** Serves the built pages under our own scheme, with the same content policy as the browser host. */
import { randomBytes } from 'node:crypto'
import { protocol, type Session } from 'electron'
import { type BuiltFile, contentSecurityPolicy, withNonce } from '../pages'
import { isOurs, scheme } from './addresses'

/** To be called before Electron is ready: a standard, secure scheme has storage and the microphone; `stream` is for audio elements. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ])
}

/** Answers every request of our scheme from the map of built files, and refuses whatever else a page asks for. */
export function serveScheme(session: Session, files: ReadonlyMap<string, BuiltFile>): void {
  session.protocol.handle(scheme, (request) => answer(request, files))
  // The policy forbids it too; this holds where a policy has a hole.
  session.webRequest.onBeforeRequest((details, callback) => callback({ cancel: !allowed(details.url) }))
}

function allowed(url: string): boolean {
  return isOurs(url) || /^(data|blob|devtools):/.test(url)
}

/** One page's file; the style nonce is new in each answer. */
export function answer(request: Pick<Request, 'url' | 'method' | 'headers'>, files: ReadonlyMap<string, BuiltFile>): Response {
  const nonce = randomBytes(16).toString('base64')
  const headers = {
    'content-security-policy': contentSecurityPolicy(nonce, ''),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  }
  if (!isOurs(request.url) || request.method !== 'GET') return new Response(null, { status: 403, headers })
  const { pathname } = new URL(request.url)
  const file = files.get(pathname.endsWith('/') ? `${pathname}index.html` : pathname)
  if (!file) return new Response(null, { status: 404, headers })
  if (file.type.startsWith('text/html'))
    return new Response(withNonce(file.read().toString('utf8'), nonce), { headers: { ...headers, 'content-type': file.type } })
  return part(file.read(), request.headers.get('range'), { ...headers, 'content-type': file.type })
}

/** Audio elements ask for parts (RFC 9110 §14): a single `bytes=` range is given, anything else gets the whole. */
function part(content: Buffer, range: string | null, headers: Record<string, string>): Response {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? []
  const whole = { ...headers, 'accept-ranges': 'bytes' }
  if (first === undefined) return new Response(new Uint8Array(content), { headers: whole })
  const start = Number(first)
  const end = Math.min(last ? Number(last) : content.length - 1, content.length - 1)
  if (start > end) return new Response(null, { status: 416, headers: { ...whole, 'content-range': `bytes */${content.length}` } })
  return new Response(new Uint8Array(content.subarray(start, end + 1)), {
    status: 206,
    headers: { ...whole, 'content-range': `bytes ${start}-${end}/${content.length}` },
  })
}
