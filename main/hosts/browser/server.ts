/**
 * The browser host's HTTP and WebSocket server, on 127.0.0.1 alone. Every request is checked for its Host (DNS
 * rebinding), its Origin and its cookie before anything is looked at; frames of the bridge are handed to main unread.
 */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { replacedCode, type WindowKind, windowKind } from '../../../preload/contract'
import type { Bridge, Connection } from '../../bridge/bridge'
import type { Log } from '../../log'
import { type BuiltFile, withNonce } from '../pages'
import type { Downloads } from './downloads'
import { entryScript, entryScriptPath, securityHeaders } from './entry'
import type { Session, Sessions } from './sessions'

/** An import's file travels as base64 in one frame (64 MB) with a little around it. */
const largestFrame = { app: 65_000_000, media: 4_000_000, pop: 1_000_000 } as const satisfies Record<WindowKind, number>
/** A page that lets this much pile up is frozen: it is let go and asks for a snapshot when it is back. */
const mostUnsent = 32_000_000

interface Page {
  readonly window: WindowKind
  readonly session: Session
  readonly socket: WebSocket
  /** Takes the page off the bridge at once; the socket's own close may take its time. */
  leave(): void
}

export class BridgeServer {
  readonly #server: Server
  readonly #sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: largestFrame.app })
  readonly #pages = new Set<Page>()
  #origin = ''
  /** A page came or went. */
  onPages: (() => void) | null = null

  constructor(
    readonly options: {
      bridge: Bridge
      sessions: Sessions
      downloads: Downloads
      files: ReadonlyMap<string, BuiltFile>
      /** The page for visitors without a cookie. */
      entry: string
      log: Log
    },
  ) {
    this.#server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
      this.#answer(request, response).catch((error) => {
        this.options.log.warn({ err: error }, 'a request failed')
        response.destroy()
      })
    })
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#server.on('clientError', (_error, socket) => socket.destroy())
  }

  /** `http://127.0.0.1:PORT`. */
  get origin(): string {
    return this.#origin
  }

  /** The connected pages of one kind, oldest first. */
  pages(window: WindowKind): readonly Page[] {
    return [...this.#pages].filter((page) => page.window === window)
  }

  /** Listens on the port, 0 for any; rejects with the system's error (EADDRINUSE). Resolves to the port. */
  listen(port: number): Promise<number> {
    return new Promise((done, failed) => {
      this.#server.once('error', failed)
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.removeListener('error', failed)
        const bound = (this.#server.address() as AddressInfo).port
        this.#origin = `http://127.0.0.1:${bound}`
        done(bound)
      })
    })
  }

  async close(): Promise<void> {
    for (const { socket } of this.#pages) socket.terminate()
    this.#server.closeAllConnections()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  #headers(nonce: string): Record<string, string> {
    return securityHeaders(nonce, this.#origin.replace('http:', 'ws:'))
  }

  /** Host, Origin and fetch metadata. Other ports of 127.0.0.1 are the same «site» to a browser: only the origin counts. */
  #comesFromUs(request: IncomingMessage): boolean {
    if (`http://${request.headers.host}` !== this.#origin) return false
    const { origin } = request.headers
    if (origin !== undefined && origin !== this.#origin) return false
    const site = request.headers['sec-fetch-site']
    return site === undefined || site === 'same-origin' || site === 'none' || request.headers['sec-fetch-mode'] === 'navigate'
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const nonce = randomBytes(16).toString('base64')
    const headers = this.#headers(nonce)
    const refuse = (status: number) => void response.writeHead(status, { ...headers, 'content-type': 'text/plain' }).end(`${status}\n`)
    if (!this.#comesFromUs(request)) return refuse(403)
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    if (path === '/session' && request.method === 'POST') return await this.#signIn(request, response, headers)
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405)

    const session = this.options.sessions.of(request.headers.cookie)
    const send = (type: string, body: string | Buffer, caching = 'no-store') => {
      response.writeHead(200, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body), 'cache-control': caching })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    if (path === entryScriptPath) return send('text/javascript; charset=utf-8', entryScript)
    if (!session) return path === '/' || path === '/app/' ? send('text/html; charset=utf-8', this.options.entry) : refuse(403)
    if (path === '/') return void response.writeHead(302, { ...headers, location: '/app/', 'cache-control': 'no-store' }).end()
    if (path === '/bridge/media') return void response.writeHead(this.pages('media').length > 0 ? 200 : 204, headers).end()
    if (path.startsWith('/download/')) {
      if (request.method !== 'GET' || !(await this.options.downloads.serve(path, response, headers))) refuse(404)
      return
    }
    const file = this.options.files.get(path.endsWith('/') ? `${path}index.html` : path)
    if (!file) return refuse(404)
    if (file.type.startsWith('text/html')) return send(file.type, withNonce(file.read().toString('utf8'), nonce))
    send(file.type, file.read(), file.immutable ? 'private, max-age=31536000, immutable' : 'no-cache')
  }

  async #signIn(request: IncomingMessage, response: ServerResponse, headers: Record<string, string>): Promise<void> {
    let token = ''
    if (request.headers.origin === this.#origin)
      for await (const part of request) {
        token += part
        if (token.length > 200) break
      }
    const cookie = token.length > 200 ? null : this.options.sessions.redeem(token)
    if (!cookie) return void response.writeHead(403, headers).end()
    const { cookieName } = this.options.sessions
    response.writeHead(204, { ...headers, 'set-cookie': `${cookieName}=${cookie}; Path=/; HttpOnly; SameSite=Strict` }).end()
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    socket.on('error', () => socket.destroy())
    if (!this.#comesFromUs(request) || request.headers.origin !== this.#origin) return void refuse('403 Forbidden')
    const session = this.options.sessions.of(request.headers.cookie)
    if (!session) return void refuse('403 Forbidden')
    const url = new URL(request.url ?? '/', this.#origin)
    const window = windowKind.safeParse(url.searchParams.get('window'))
    if (url.pathname !== '/bridge' || !window.success) return void refuse('404 Not Found')
    this.#sockets.handleUpgrade(request, socket, head, (open) => this.#connect(open, window.data, session))
  }

  #connect(socket: WebSocket, window: WindowKind, session: Session): void {
    const { bridge, log } = this.options
    let connection: Connection | null = null
    const page: Page = {
      window,
      session,
      socket,
      leave: () => {
        if (!this.#pages.delete(page)) return
        connection?.close()
        this.onPages?.()
      },
    }
    // One page holds audio: the newest, because it is the one that a rep has just opened or reloaded.
    if (window === 'media')
      for (const older of this.pages('media')) {
        older.leave()
        older.socket.close(replacedCode, 'replaced')
      }
    this.#pages.add(page)
    socket.on('error', (error) => log.warn({ window, err: error }, 'a page broke the bridge'))
    socket.on('close', page.leave)
    socket.on('message', (data: Buffer, binary) => {
      if (!this.#pages.has(page)) return
      if (binary || data.length > largestFrame[window]) return socket.close(1009)
      try {
        connection?.receive(JSON.parse(data.toString('utf8')))
      } catch {
        socket.close(1007)
      }
    })
    connection = bridge.connect(window, (frame) => {
      if (socket.readyState !== socket.OPEN) return
      socket.send(JSON.stringify(frame))
      if (socket.bufferedAmount > mostUnsent) socket.terminate()
    })
    this.onPages?.()
  }
}
