/**
 * Everything that leaves for the network leaves here: HTTPS requests and secure WebSockets, through the configured or the
 * system's proxy, trusting the system's certificates beside the bundled ones. There is no switch that trusts anything else.
 */
import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { checkServerIdentity, type PeerCertificate, type SecureContext } from 'node:tls'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { WebSocket } from 'ws'
import type { Log } from '../log'
import { TroubleError } from '../trouble'
import { bypassesProxy } from './no-proxy'
import { networkTrouble } from './trouble'
import { type Trust, trustedCertificates } from './trust'

export interface OutgoingOptions {
  /** The proxy from the settings, `http://[user:password@]host:port`; empty: the system's. Asked at each call. */
  configuredProxy: () => string
  /** The system's proxy for a URL, null for none (`Host.proxyFor`). */
  proxyFor: (url: string) => Promise<string | null>
  log: Log
  /** Where trusted certificates come from; the system's beside the bundled ones when absent. */
  trust?: Trust
}

export interface RequestOptions {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  signal?: AbortSignal
  /** Until the last byte, in ms; 30 s when absent. */
  timeoutMs?: number
  /** The longest body that is accepted, in bytes; 20 MB when absent. */
  largestBody?: number
}

export interface OutgoingResponse {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface WebSocketOptions {
  headers?: Record<string, string>
  signal?: AbortSignal
  /** Until the socket is open, in ms; 15 s when absent. */
  timeoutMs?: number
  /** PEM certificates that are trusted for this socket beside the system's. */
  authority?: string
  /** The longest message that is accepted, in bytes; a longer one closes the socket (1009). 1 MB when absent. */
  maxPayload?: number
}

export interface Outgoing {
  /**
   * One HTTPS request (`http:` to 127.0.0.1 and [::1] alone). Any status is an answer; redirects are not followed.
   * Rejects with a TroubleError `network.*`, or with the signal's reason.
   */
  request(url: string, options?: RequestOptions): Promise<OutgoingResponse>
  /**
   * Opens a WebSocket (`ws:` to 127.0.0.1 and [::1] alone) and resolves once it is open; the first message comes no
   * earlier than the turn after. Rejects with a TroubleError `network.*`, or with the signal's reason.
   */
  webSocket(url: string, protocols?: readonly string[], options?: WebSocketOptions): Promise<WebSocket>
}

const requestPatience = 30_000
const openPatience = 15_000
const mega = 1_000_000

export function createOutgoing(options: OutgoingOptions): Outgoing {
  const trust = options.trust ?? trustedCertificates(options.log)

  /** What a connection to `url` needs: the agent of its proxy and the certificates to trust. */
  async function route(url: URL, authority = ''): Promise<Route> {
    const proxy = await proxyOf(url, options)
    const secure = url.protocol === 'https:' || url.protocol === 'wss:'
    const context = secure ? await trust(authority) : null
    return {
      proxy,
      options: {
        ...(proxy === null ? {} : { agent: proxyAgent(proxy) }),
        ...(context === null ? {} : { secureContext: context, ...identityCheck(url) }),
      },
    }
  }

  return {
    async request(address, init = {}) {
      const url = allowed(address, 'https:', 'http:')
      const deadline = AbortSignal.timeout(init.timeoutMs ?? requestPatience)
      const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline
      const found = await route(url)
      try {
        return await exchange(url, init, found, signal)
      } catch (error) {
        if (init.signal?.aborted) throw init.signal.reason
        if (deadline.aborted) throw new TroubleError('network.timeout', { host: url.hostname })
        throw networkTrouble(error, url, found.proxy)
      }
    },

    async webSocket(address, protocols = [], init = {}) {
      const url = allowed(address, 'wss:', 'ws:')
      init.signal?.throwIfAborted()
      const found = await route(url, init.authority)
      init.signal?.throwIfAborted()
      return await openSocket(url, protocols, init, found)
    },
  }
}

/** The proxy that a connection to `url` takes, with the login that it may hold; null: none. */
export async function proxyOf(url: URL, options: Pick<OutgoingOptions, 'configuredProxy' | 'proxyFor'>): Promise<string | null> {
  const configured = options.configuredProxy().trim()
  if (isLoopback(url) || (configured && bypassesProxy(url))) return null
  return configured || (await options.proxyFor(url.href))
}

interface Route {
  readonly proxy: string | null
  readonly options: {
    agent?: HttpsProxyAgent<string>
    secureContext?: SecureContext
    checkServerIdentity?: ReturnType<typeof identityCheck>['checkServerIdentity']
  }
}

/** Behind a proxy the library would check an IP address's certificate against «localhost»: the name is fixed here. */
function identityCheck(url: URL): { checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined } {
  const name = url.hostname.replace(/^\[|\]$/g, '')
  return { checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) }
}

function proxyAgent(proxy: string): HttpsProxyAgent<string> {
  let url: URL
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`)
  } catch {
    throw new TroubleError('network.proxyUnusable', { proxy: 'http://…' })
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TroubleError('network.proxyUnusable', { proxy: url.protocol })
  const agent = new HttpsProxyAgent(url, { timeout: openPatience })
  // What a proxy answers to CONNECT is not the server's answer, though the library replays it as one.
  agent.on('proxyConnect', (answer: { statusCode: number }, request: { destroy(error: Error): void }) => {
    if (answer.statusCode === 200) return
    const code = answer.statusCode === 407 ? 'network.proxyLogin' : 'network.proxyRefused'
    request.destroy(new TroubleError(code, { proxy: url.host, status: answer.statusCode }))
  })
  return agent
}

function exchange(url: URL, init: RequestOptions, { options }: Route, signal: AbortSignal): Promise<OutgoingResponse> {
  const largest = init.largestBody ?? 20 * mega
  return new Promise((done, failed) => {
    const send = url.protocol === 'https:' ? secureRequest : plainRequest
    const request = send(url, { ...options, method: init.method ?? 'GET', headers: init.headers ?? {}, signal })
    request.on('error', failed)
    request.on('response', (response: IncomingMessage) => {
      const parts: Buffer[] = []
      let length = 0
      response.on('data', (part: Buffer) => {
        length += part.length
        if (length > largest) request.destroy(new TroubleError('network.tooLarge', { host: url.hostname }))
        else parts.push(part)
      })
      response.on('error', failed)
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }))
    })
    request.end(init.body)
  })
}

function openSocket(url: URL, protocols: readonly string[], init: WebSocketOptions, { proxy, options }: Route): Promise<WebSocket> {
  return new Promise((done, failed) => {
    const socket = new WebSocket(url, [...protocols], {
      ...options,
      headers: init.headers ?? {},
      handshakeTimeout: init.timeoutMs ?? openPatience,
      maxPayload: init.maxPayload ?? mega,
      perMessageDeflate: false,
      followRedirects: false,
    })
    const abort = () => socket.terminate()
    const settle = () => {
      init.signal?.removeEventListener('abort', abort)
      socket.removeListener('error', onError)
    }
    const onError = (error: Error) => {
      settle()
      // The library may report the same end twice.
      socket.on('error', () => {})
      failed(init.signal?.aborted ? init.signal.reason : networkTrouble(error, url, proxy))
    }
    init.signal?.addEventListener('abort', abort, { once: true })
    socket.on('error', onError)
    socket.on('unexpected-response', (request, response) => {
      request.destroy()
      onError(new TroubleError('network.noWebSocket', { host: url.host, status: response.statusCode ?? 0 }))
    })
    socket.once('open', () => {
      settle()
      socket.pause()
      setImmediate(() => socket.resume())
      done(socket)
    })
  })
}

/** The URL when this program may connect to it at all: encrypted, or on this machine. */
function allowed(address: string, secure: string, plain: string): URL {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    throw new TroubleError('network.badAddress', { address: address.slice(0, 200) })
  }
  if (url.protocol === secure || (url.protocol === plain && isLoopback(url))) return url
  if (url.protocol === plain) throw new TroubleError('network.notEncrypted', { host: url.host, secure: `${secure}//` })
  throw new TroubleError('network.badAddress', { address: address.slice(0, 200) })
}

/** 127.0.0.1 and [::1] as written: a name like `localhost` may lead elsewhere. */
function isLoopback(url: URL): boolean {
  return url.hostname === '127.0.0.1' || url.hostname === '[::1]'
}
