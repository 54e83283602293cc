/** Outgoing connections against real servers on this machine: TLS with a private authority, and a CONNECT proxy. */
import { once } from 'node:events'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { getProxyForUrl } from 'proxy-from-env'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { type PrivateAuthority, privateAuthority, type ServerCertificate } from '../../test/fixtures/certificates'
import { silentLog } from '../log'
import { TroubleError } from '../trouble'
import { bypassesProxy } from './no-proxy'
import { createOutgoing, type Outgoing, type OutgoingOptions } from './outgoing'
import { trustedCertificates } from './trust'

let authority: PrivateAuthority
let good: ServerCertificate
const servers: Server[] = []
beforeAll(() => {
  authority = privateAuthority()
  good = authority.issue('DNS:localhost,IP:127.0.0.1')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})
afterAll(() => vi.unstubAllEnvs())

async function listen(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Answers `GET /` with «hello», `/big` with 100 kB, `/slow` never, `/away` with a redirect; WebSockets greet and echo. */
async function serveTls(certificate: ServerCertificate): Promise<number> {
  const server = createHttpsServer(certificate, (request, response) => {
    if (request.url === '/slow') return
    if (request.url === '/away') return void response.writeHead(302, { location: 'https://example.invalid/' }).end()
    if (request.url === '/big') return void response.end(Buffer.alloc(100_000))
    response.end(`hello ${request.headers['x-mark'] ?? ''}`)
  })
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', (request, socket, head) => {
    if (request.url === '/none') return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    sockets.handleUpgrade(request, socket, head, (open) => {
      open.send('greeting')
      open.on('message', (data) => open.send(data.toString()))
    })
  })
  return await listen(server)
}

/** A CONNECT proxy that notes what it was asked for. */
async function serveProxy(login?: string): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server = createHttpServer((_request, response) => response.writeHead(400).end())
  server.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '')
    socket.on('error', () => {})
    if (login && request.headers['proxy-authorization'] !== `Basic ${Buffer.from(login).toString('base64')}`)
      return void socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n',
      )
    if (request.url?.startsWith('forbidden.')) return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    const onward = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  })
  return { port: await listen(server), asked }
}

function outgoing(options: Partial<OutgoingOptions> = {}): Outgoing {
  const log = silentLog()
  return createOutgoing({
    configuredProxy: () => '',
    proxyFor: async () => null,
    log,
    trust: trustedCertificates(log, [authority.cert]),
    ...options,
  })
}

async function codeOf(work: Promise<unknown>): Promise<{ code: string; params: object }> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(TroubleError)
  const { code, params } = (error as TroubleError).trouble
  return { code, params }
}

describe('certificates', () => {
  it('trusts a private authority that it was given, and no other', async () => {
    const port = await serveTls(good)
    const answer = await outgoing().request(`https://localhost:${port}/`, { headers: { 'x-mark': 'mark' } })
    expect([answer.status, answer.body.toString()]).toEqual([200, 'hello mark'])
    const stranger = outgoing({ trust: trustedCertificates(silentLog()) })
    expect(await codeOf(stranger.request(`https://localhost:${port}/`))).toEqual({
      code: 'network.certificateUnknownIssuer',
      params: { host: 'localhost' },
    })
    expect((await codeOf(stranger.webSocket(`wss://127.0.0.1:${port}/`))).code).toBe('network.certificateUnknownIssuer')
  })

  it.each([
    ['expired', 'DNS:localhost', { notBefore: '20200101000000Z', notAfter: '20210101000000Z' }, 'network.certificateExpired'],
    ['not valid yet', 'DNS:localhost', { notBefore: '20990101000000Z', notAfter: '21000101000000Z' }, 'network.certificateNotYetValid'],
    ['for another name', 'DNS:elsewhere.example', undefined, 'network.certificateWrongName'],
  ])('names a certificate that is %s', async (_what, names, validity, code) => {
    const port = await serveTls(authority.issue(names, validity))
    const expected = { code, params: { host: 'localhost' } }
    expect(await codeOf(outgoing().request(`https://localhost:${port}/`))).toEqual(expected)
    expect(await codeOf(outgoing().webSocket(`wss://localhost:${port}/`))).toEqual(expected)
  })

  it('checks the name of an IP address too, also behind a proxy', async () => {
    const port = await serveTls(authority.issue('DNS:localhost'))
    const proxy = await serveProxy()
    const proxied = outgoing({ configuredProxy: () => `http://127.0.0.1:${proxy.port}` })
    expect((await codeOf(outgoing().request(`https://127.0.0.1:${port}/`))).code).toBe('network.certificateWrongName')
    // 127.0.0.2 is no exception to the proxy; the proxy leads everything to 127.0.0.1.
    expect((await codeOf(proxied.request(`https://127.0.0.2:${port}/`))).code).toBe('network.certificateWrongName')
    expect(proxy.asked).toEqual([`127.0.0.2:${port}`])
  })
})

describe('proxies', () => {
  it('sends requests and WebSockets through the configured proxy', async () => {
    const port = await serveTls(good)
    const proxy = await serveProxy()
    const proxied = outgoing({ configuredProxy: () => `127.0.0.1:${proxy.port}`, proxyFor: async () => 'http://127.0.0.1:1' })
    expect((await proxied.request(`https://localhost:${port}/`)).status).toBe(200)
    const socket = await proxied.webSocket(`wss://localhost:${port}/`)
    expect(String((await once(socket, 'message'))[0])).toBe('greeting')
    socket.close()
    expect(proxy.asked).toEqual([`localhost:${port}`, `localhost:${port}`])
  })

  it('leaves out what NO_PROXY names when the proxy comes from Settings too', async () => {
    const proxied = outgoing({ configuredProxy: () => 'http://127.0.0.1:1' })
    const port = await serveTls(good)
    vi.stubEnv('NO_PROXY', 'localhost')
    expect((await proxied.request(`https://localhost:${port}/`)).status).toBe(200)
  })

  it('reads NO_PROXY as others do', () => {
    const covered = (address: string, list: string) => bypassesProxy(new URL(address), list)
    expect(covered('https://crm.example.com/', 'example.com')).toBe(true)
    expect(covered('https://crm.example.com/', 'x, .example.com')).toBe(true)
    expect(covered('wss://pbx.example.com/', '*.example.com:443')).toBe(true)
    expect(covered('wss://pbx.example.com:8089/', '*.example.com:443')).toBe(false)
    expect(covered('https://notexample.com/', 'example.com')).toBe(false)
    expect(covered('https://anything.at.all/', '*')).toBe(true)
    expect(covered('https://example.com/', '')).toBe(false)
    expect(covered('https://[2001:db8::1]/', '2001:db8::1')).toBe(true)
    expect(covered('https://[2001:db8::1]/', '[2001:db8::1]:8443')).toBe(false)
  })

  it('goes through the environment’s proxy, except to what NO_PROXY names', async () => {
    const port = await serveTls(good)
    const proxy = await serveProxy()
    const { BrowserHost } = await import('../hosts/browser/host')
    const proxyFor = BrowserHost.prototype.proxyFor
    vi.stubEnv('HTTPS_PROXY', `http://127.0.0.1:${proxy.port}`)
    vi.stubEnv('NO_PROXY', '')
    const system = outgoing({ proxyFor })
    ;(await system.webSocket(`wss://localhost:${port}/`)).close()
    expect(proxy.asked).toHaveLength(1)
    vi.stubEnv('NO_PROXY', 'localhost')
    expect(getProxyForUrl('https://localhost/')).toBe('')
    ;(await system.webSocket(`wss://localhost:${port}/`)).close()
    await system.request(`https://localhost:${port}/`)
    expect(proxy.asked).toHaveLength(1)
  })

  it('logs in at the proxy, and says so when the proxy wants a login', async () => {
    const port = await serveTls(good)
    const proxy = await serveProxy('rep:se cret')
    const known = outgoing({ configuredProxy: () => `http://rep:se%20cret@127.0.0.1:${proxy.port}` })
    expect((await known.request(`https://localhost:${port}/`)).status).toBe(200)
    const unknown = outgoing({ configuredProxy: () => `http://rep:wrong@127.0.0.1:${proxy.port}` })
    const expected = { code: 'network.proxyLogin', params: { proxy: `127.0.0.1:${proxy.port}`, status: 407 } }
    expect(await codeOf(unknown.request(`https://localhost:${port}/`))).toEqual(expected)
    expect(await codeOf(unknown.webSocket(`wss://localhost:${port}/`))).toEqual(expected)
  })

  it('tells a proxy that refuses or is not there from a server that is not', async () => {
    const proxy = await serveProxy()
    const proxied = outgoing({ configuredProxy: () => `http://127.0.0.1:${proxy.port}` })
    expect(await codeOf(proxied.request('https://forbidden.example/'))).toEqual({
      code: 'network.proxyRefused',
      params: { proxy: `127.0.0.1:${proxy.port}`, status: 403 },
    })
    const port = await listen(createHttpServer())
    const gone = servers.pop()
    gone?.close()
    expect((await codeOf(outgoing({ configuredProxy: () => `http://127.0.0.1:${port}` }).request('https://localhost/'))).code).toBe(
      'network.proxyUnreachable',
    )
    expect((await codeOf(outgoing({ configuredProxy: () => 'socks5://127.0.0.1:1' }).request('https://localhost/'))).code).toBe(
      'network.proxyUnusable',
    )
    expect((await codeOf(outgoing().webSocket(`ws://127.0.0.1:${port}`))).code).toBe('network.refused')
  })
})

describe('addresses', () => {
  it('leaves without encryption only to this machine', async () => {
    for (const address of ['ws://localhost/', 'ws://sip.example/', 'ws://127.0.0.1.example/'])
      expect((await codeOf(outgoing().webSocket(address))).code).toBe('network.notEncrypted')
    expect((await codeOf(outgoing().request('http://crm.example/'))).code).toBe('network.notEncrypted')
    expect((await codeOf(outgoing().request('file:///etc/passwd'))).code).toBe('network.badAddress')
    expect((await codeOf(outgoing().webSocket('not an address'))).code).toBe('network.badAddress')
  })

  it('talks plainly to 127.0.0.1, and never by a proxy', async () => {
    const server = createHttpServer((_request, response) => response.end('plain'))
    const sockets = new WebSocketServer({ server })
    sockets.on('connection', (open) => open.send('plain'))
    const port = await listen(server)
    const proxied = outgoing({ configuredProxy: () => 'http://127.0.0.1:1' })
    expect((await proxied.request(`http://127.0.0.1:${port}/`)).body.toString()).toBe('plain')
    const socket = await proxied.webSocket(`ws://127.0.0.1:${port}/`)
    expect(String((await once(socket, 'message'))[0])).toBe('plain')
    socket.terminate()
  })
})

describe('limits', () => {
  it('ends what takes too long, is too long, or is no longer wanted', async () => {
    const port = await serveTls(good)
    const at = (path: string) => `https://localhost:${port}${path}`
    expect((await codeOf(outgoing().request(at('/slow'), { timeoutMs: 200 }))).code).toBe('network.timeout')
    expect((await codeOf(outgoing().request(at('/big'), { largestBody: 50_000 }))).code).toBe('network.tooLarge')
    expect((await outgoing().request(at('/big'))).body).toHaveLength(100_000)
    const reason = new Error('no longer wanted')
    const leave = new AbortController()
    const waiting = outgoing().request(at('/slow'), { signal: leave.signal })
    setTimeout(() => leave.abort(reason), 50)
    await expect(waiting).rejects.toBe(reason)
  })

  it('follows no redirect', async () => {
    const port = await serveTls(good)
    expect((await outgoing().request(`https://localhost:${port}/away`)).status).toBe(302)
  })

  it('says when there is no WebSocket, and gives up a server that never answers', async () => {
    const port = await serveTls(good)
    expect(await codeOf(outgoing().webSocket(`wss://localhost:${port}/none`))).toEqual({
      code: 'network.noWebSocket',
      params: { host: `localhost:${port}`, status: 404 },
    })
    const silent = createHttpServer()
    silent.on('upgrade', () => {})
    const silentPort = await listen(silent)
    expect((await codeOf(outgoing().webSocket(`ws://127.0.0.1:${silentPort}/`, [], { timeoutMs: 200 }))).code).toBe('network.timeout')
    const reason = new Error('no longer wanted')
    const leave = new AbortController()
    const waiting = outgoing().webSocket(`ws://127.0.0.1:${silentPort}/`, [], { signal: leave.signal })
    setTimeout(() => leave.abort(reason), 50)
    await expect(waiting).rejects.toBe(reason)
  })
})

describe('trusted certificates', () => {
  it('are read once, the system’s beside the bundled', async () => {
    const trust = trustedCertificates(silentLog())
    expect(await trust()).toBe(await trust())
  })
})
