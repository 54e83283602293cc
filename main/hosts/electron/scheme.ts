/** Serves the built pages under our own scheme, with the same content policy as the browser host. */
import { randomBytes } from 'node:crypto'
import { protocol, type Session } from 'electron'
import { type BuiltFile, contentSecurityPolicy, withNonce } from '../pages'
import { isOurs, scheme } from './addresses'

/** To be called before Electron is ready: a standard, secure scheme has storage, workers and the microphone. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } }])
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
export function answer(request: Pick<Request, 'url' | 'method'>, files: ReadonlyMap<string, BuiltFile>): Response {
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
  const body = file.type.startsWith('text/html') ? withNonce(file.read().toString('utf8'), nonce) : new Uint8Array(file.read())
  return new Response(body, { headers: { ...headers, 'content-type': file.type } })
}
