/**
 * Looks at the way to a server one step at a time, for the self-checks: its name, its certificate, and whether a WebSocket
 * opens there. Unlike a connection that is meant to last, a look shows a certificate that is not trusted, and then hangs up:
 * nothing but a handshake is ever sent to a server that did not prove who it is.
 */
import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'
import { TroubleError } from '../trouble'
import { type OutgoingOptions, proxyOf } from './outgoing'
import { networkTrouble } from './trouble'

export interface ProbeOptions extends Pick<OutgoingOptions, 'configuredProxy' | 'proxyFor'> {
  /** What is trusted; `authority`: further certificates (PEM), empty for none. */
  trust: (authority: string) => Promise<SecureContext>
}

export interface Certificate {
  /** Wall-clock ms. */
  validTo: number
  /** For reading. */
  issuer: string
  /** Why it is not trusted, as a code of Node's (`CERT_HAS_EXPIRED` …); null: it is. */
  problem: string | null
}

export interface Handshake {
  /** 101: a WebSocket opened. */
  status: number
  /** The subprotocol that the server chose (RFC 7118: `sip`); null: none. */
  protocol: string | null
  ms: number
}

/** Every look ends with its signal, and rejects with a TroubleError `network.*` or the signal's reason. */
export interface Probe {
  /** The proxy on the way there without its login, null for none. */
  proxy(url: URL): Promise<string | null>
  /** The addresses of a host, in the order in which they would be tried, and how long that took (ms). */
  resolve(host: string, signal: AbortSignal): Promise<{ addresses: string[]; ms: number }>
  certificate(url: URL, authority: string, signal: AbortSignal): Promise<Certificate>
  webSocket(url: URL, authority: string, signal: AbortSignal): Promise<Handshake>
  /** The server's clock less ours (ms), by the Date of an HTTP answer (RFC 9110 §6.6.1); null: it tells none. */
  clock(url: URL, authority: string, signal: AbortSignal): Promise<number | null>
}

export function createProbe(options: ProbeOptions): Probe {
  const secure = (url: URL) => url.protocol === 'wss:' || url.protocol === 'https:'

  async function plainly<T>(url: URL, signal: AbortSignal, look: (proxy: string | null) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const proxy = await proxyOf(url, options)
    try {
      return await look(proxy)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw networkTrouble(error, url, proxy)
    }
  }

  /** A connection to the server's port, through the proxy where there is one; destroyed by the signal. */
  async function reach(url: URL, proxy: string | null, signal: AbortSignal): Promise<Socket> {
    const host = bare(url.hostname)
    const port = Number(url.port) || (secure(url) ? 443 : 80)
    if (proxy !== null) return await tunnel(proxy, host, port, signal)
    const socket = connect({ host, port, autoSelectFamily: true, signal })
    await once(socket, 'connect', { signal })
    return socket
  }

  /** TLS on top; with `trusting` false a certificate that is not trusted is shown all the same. */
  async function secured(socket: Socket, url: URL, authority: string, trusting: boolean, signal: AbortSignal): Promise<TLSSocket> {
    const host = bare(url.hostname)
    const tls = connectTls({
      socket,
      secureContext: await options.trust(authority),
      rejectUnauthorized: trusting,
      checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
      ...(isIP(host) ? {} : { servername: host }),
    })
    tls.on('error', () => undefined)
    try {
      await once(tls, 'secureConnect', { signal })
    } catch (error) {
      tls.destroy()
      throw error
    }
    return tls
  }

  async function exchange(url: URL, authority: string, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
    return await plainly(url, signal, async (proxy) => {
      const socket = await reach(url, proxy, signal)
      socket.on('error', () => undefined)
      try {
        const through = secure(url) ? await secured(socket, url, authority, true, signal) : socket
        const request = plainRequest({
          createConnection: () => through,
          host: bare(url.hostname),
          path: `${url.pathname}${url.search}`,
          headers: { host: url.host, ...headers },
          signal,
        })
        return await answered(request)
      } finally {
        socket.destroy()
      }
    })
  }

  return {
    async proxy(url) {
      const proxy = await proxyOf(url, options)
      return proxy === null ? null : (URL.parse(withScheme(proxy))?.host ?? 'http://…')
    },

    async resolve(host, signal) {
      const begin = performance.now()
      const url = new URL(`https://${host.includes(':') ? `[${bare(host)}]` : host}`)
      // The system's resolver cannot be interrupted: its answer is then for nobody.
      const found = await raced(lookup(bare(host), { all: true }), signal).catch((error: unknown) => {
        if (signal.aborted) throw signal.reason
        throw networkTrouble(error, url, null)
      })
      return { addresses: found.map(({ address }) => address), ms: Math.round(performance.now() - begin) }
    },

    async certificate(url, authority, signal) {
      return await plainly(url, signal, async (proxy) => {
        const socket = await reach(url, proxy, signal)
        socket.on('error', () => undefined)
        try {
          const tls = await secured(socket, url, authority, false, signal)
          const shown = tls.getPeerCertificate()
          const { O, CN } = shown.issuer ?? {}
          // Typed as an Error, but Node gives the code alone.
          const problem: unknown = tls.authorizationError
          return {
            validTo: Date.parse(shown.valid_to),
            issuer: [O, CN].flat().filter(Boolean).join(', ').slice(0, 120) || '?',
            problem: tls.authorized ? null : String(problem instanceof Error && 'code' in problem ? problem.code : problem),
          }
        } finally {
          socket.destroy()
        }
      })
    },

    async webSocket(url, authority, signal) {
      const begin = performance.now()
      const answer = await exchange(
        url,
        authority,
        {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': randomBytes(16).toString('base64'),
          'sec-websocket-protocol': 'sip',
        },
        signal,
      )
      const protocol = answer.headers['sec-websocket-protocol']
      return { status: answer.statusCode ?? 0, protocol: protocol ?? null, ms: Math.round(performance.now() - begin) }
    },

    async clock(url, authority, signal) {
      const asked = Date.now()
      const answer = await exchange(url, authority, { connection: 'close' }, signal)
      const theirs = Date.parse(answer.headers.date ?? '')
      // The header counts whole seconds.
      return Number.isNaN(theirs) ? null : theirs + 500 - (asked + Date.now()) / 2
    },
  }
}

/** RFC 9110 §9.3.6. */
async function tunnel(proxy: string, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const url = URL.parse(withScheme(proxy))
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new TroubleError('network.proxyUnusable', { proxy: 'http://…' })
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const login = url.username ? Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`) : null
  const request = (url.protocol === 'https:' ? secureRequest : plainRequest)({
    host: bare(url.hostname),
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...(login ? { 'proxy-authorization': `Basic ${login.toString('base64')}` } : {}) },
    signal,
  })
  return await new Promise((done, failed) => {
    request.once('error', failed)
    const refused = (answer: IncomingMessage) => {
      request.destroy()
      const code = answer.statusCode === 407 ? 'network.proxyLogin' : 'network.proxyRefused'
      failed(new TroubleError(code, { proxy: url.host, status: answer.statusCode ?? 0 }))
    }
    request.once('response', refused)
    request.once('connect', (answer: IncomingMessage, socket: Socket) => {
      if (answer.statusCode === 200) return done(socket)
      socket.destroy()
      refused(answer)
    })
    request.end()
  })
}

function answered(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((done, failed) => {
    request.once('error', failed)
    request.once('upgrade', done)
    request.once('response', done)
    request.end()
  })
}

function raced<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((done, failed) => {
    const stop = () => failed(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    work.then(done, failed).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** An address as a socket takes it: IPv6 without its brackets. */
function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}

function withScheme(proxy: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`
}
