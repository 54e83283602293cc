/** The browser host's door, knocked at with real requests and real WebSockets. */
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { replacedCode } from '../../../preload/contract'
import { Bridge, type Handlers } from '../../bridge/bridge'
import type { Clock } from '../../clock'
import { silentLog } from '../../log'
import { openProfile, type Profile } from '../../profile/folder'
import { BrowserHost } from './host'
import { sessionLifetime, tokenLifetime } from './sessions'

let now = 0
const clock: Clock = { wall: () => 1_000_000 + now, monotonic: () => now, utcOffset: () => 0 }
let pages: string
let profile: Profile
let host: BrowserHost
let bridge: Bridge
let origin: string
let exits: number
let live: boolean

beforeEach(async () => {
  now = 0
  exits = 0
  live = false
  const folder = mkdtempSync(join(tmpdir(), 'ringbook-host-'))
  pages = join(folder, 'pages')
  for (const [file, content] of [
    ['app/index.html', '<!doctype html><html><head><title>app</title></head></html>'],
    ['media/index.html', '<!doctype html><html><head><title>media</title></head></html>'],
    ['assets/main-1a2b.js', 'export {}'],
    ['assets/secret.key', 'no page'],
  ] as const) {
    mkdirSync(join(pages, file, '..'), { recursive: true })
    writeFileSync(join(pages, file), content)
  }
  profile = openProfile(join(folder, 'profile'))
  host = await start()
})
afterEach(async () => {
  await host.quit()
})

async function start(port: number | null = null): Promise<BrowserHost> {
  bridge = new Bridge(silentLog())
  bridge.handle({ 'window.online': () => ({}) } as Partial<Handlers> as Handlers)
  const made = new BrowserHost({ profile, log: silentLog(), clock, pages, port, exit: () => exits++ })
  await made.serve({ bridge, showScreen: () => {}, hasLiveCalls: () => live, shutdown: async () => {} })
  origin = made.link().split('/#')[0] as string
  return made
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}
/** A raw request: the path and the headers go out exactly as given. */
function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    const { port } = new URL(origin)
    const asked = request(
      { host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers: options.headers ?? {} },
      (response) => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (part) => {
          body += part
        })
        response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body }))
      },
    )
    asked.on('error', failed)
    asked.end(options.body)
  })
}
const tokenOf = (link: string) => link.split('#')[1] as string
const trade = (token: string, headers: Record<string, string> = { origin }) => ask('/session', { method: 'POST', body: token, headers })
async function signIn(own = false): Promise<string> {
  const { headers, status } = await trade(tokenOf(host.link(own)))
  expect(status).toBe(204)
  return headers['set-cookie']?.[0]?.split(';')[0] as string
}
function open(window: string, headers: Record<string, string>): WebSocket {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/bridge?window=${window}`, { headers })
  socket.on('error', () => {})
  return socket
}
/** The status that an upgrade was refused with, 101 when it was not. */
async function upgradeStatus(window: string, headers: Record<string, string>): Promise<number> {
  const socket = open(window, headers)
  return await new Promise((done) => {
    socket.once('open', () => {
      socket.terminate()
      done(101)
    })
    socket.once('unexpected-response', (_request, response) => done(response.statusCode ?? 0))
  })
}

describe('tokens', () => {
  it('are good once', async () => {
    const token = tokenOf(host.link())
    const first = await trade(token)
    expect(first.status).toBe(204)
    expect(first.headers['set-cookie']?.[0]).toMatch(/^ringbook-[0-9a-f]{12}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    expect((await trade(token)).status).toBe(403)
  })

  it('are good for sixty seconds', async () => {
    const token = tokenOf(host.link())
    now += tokenLifetime + 1
    expect((await trade(token)).status).toBe(403)
    const next = tokenOf(host.link())
    now += tokenLifetime - 1
    expect((await trade(next)).status).toBe(204)
  })

  it('are taken only from our own page', async () => {
    const token = tokenOf(host.link())
    for (const headers of [{}, { origin: 'http://127.0.0.1:9' }, { origin: 'null' }, { origin: 'https://evil.example' }])
      expect((await trade(token, headers as Record<string, string>)).status).toBe(403)
    expect((await trade(token)).status).toBe(204)
  })

  it('are not guessed, and a flood of bytes is not read', async () => {
    expect((await trade('')).status).toBe(403)
    expect((await trade('x'.repeat(1_000_000)).catch(() => ({ status: 403 }))).status).toBe(403)
  })
})

describe('every request', () => {
  it('gets only words without a cookie', async () => {
    const entry = await ask('/')
    expect(entry.status).toBe(200)
    expect(entry.body).toContain('--print-link')
    expect(entry.body).not.toContain('<title>app')
    for (const path of ['/media/', '/app/index.html', '/assets/main-1a2b.js', '/bridge/media', '/download/x/y'])
      expect([path, (await ask(path)).status]).toEqual([path, 403])
    expect((await ask('/app/', { headers: { cookie: `${(await signIn()).split('=')[0]}=${'A'.repeat(43)}` } })).body).toBe(entry.body)
  })

  it('is refused under another name (DNS rebinding), cookie or not', async () => {
    const cookie = await signIn()
    const { port } = new URL(origin)
    for (const name of [
      `evil.example:${port}`,
      `localhost:${port}`,
      '127.0.0.1',
      `127.0.0.1:${Number(port) + 1}`,
      `127.0.0.1:${port}.evil.example`,
    ])
      expect([name, (await ask('/app/', { headers: { host: name, cookie } })).status]).toEqual([name, 403])
    expect((await ask('/app/', { headers: { cookie } })).status).toBe(200)
  })

  it('is refused from another origin, other ports of this machine among them', async () => {
    const cookie = await signIn()
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'http://127.0.0.1:9' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' },
    ])
      expect((await ask('/assets/main-1a2b.js', { headers: { ...headers, cookie } as Record<string, string> })).status).toBe(403)
  })

  it('carries a strict policy, and the page the nonce of its own answer', async () => {
    const { headers, body } = await ask('/app/', { headers: { cookie: await signIn() } })
    const policy = String(headers['content-security-policy'])
    const nonce = /style-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1]
    expect(body).toContain(`<meta property="csp-nonce" nonce="${nonce}">`)
    for (const part of [
      "default-src 'none'",
      "script-src 'self';",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
    ])
      expect(policy).toContain(part)
    expect(policy).not.toContain('unsafe')
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('microphone=(self)'),
    })
    expect((await ask('/', { headers: { cookie: await signIn() } })).headers.location).toBe('/app/')
  })

  it('never reaches a file that is not one of the pages', async () => {
    const cookie = await signIn()
    for (const path of [
      '/../profile/browser.json',
      '/app/../../profile/browser.json',
      '/%2e%2e/profile/browser.json',
      '/app/..%2f..%2fprofile%2fbrowser.json',
      '/app/%5c..%5c..%5cprofile',
      '//etc/passwd',
      '/assets/secret.key',
      '/assets/',
      '/__proto__',
      '/app/index.html%00.js',
    ])
      expect([path, (await ask(path, { headers: { cookie } })).status]).toEqual([path, 404])
    for (const method of ['PUT', 'DELETE', 'OPTIONS']) expect((await ask('/app/', { method, headers: { cookie } })).status).toBe(405)
  })

  it('is answered on 127.0.0.1 alone', async () => {
    const { port } = new URL(origin)
    const elsewhere = new Promise((done) =>
      request({ host: '::1', port, path: '/' }, () => done('answered'))
        .on('error', () => done('refused'))
        .end(),
    )
    expect(await elsewhere).toBe('refused')
  })
})

describe('the bridge’s socket', () => {
  it('opens only with the cookie, from our own origin, for a window that exists', async () => {
    const cookie = await signIn()
    expect(await upgradeStatus('app', { cookie, origin })).toBe(101)
    expect(await upgradeStatus('app', { origin })).toBe(403)
    expect(await upgradeStatus('app', { cookie })).toBe(403)
    expect(await upgradeStatus('app', { cookie, origin: 'https://evil.example' })).toBe(403)
    expect(await upgradeStatus('app', { cookie, origin: 'http://127.0.0.1:9' })).toBe(403)
    expect(await upgradeStatus('app', { cookie, origin, host: 'evil.example' })).toBe(403)
    expect(await upgradeStatus('everything', { cookie, origin })).toBe(404)
  })

  it('carries requests, replies and the window’s own events', async () => {
    const socket = open('app', { cookie: await signIn(), origin })
    await once(socket, 'open')
    const received: unknown[] = []
    socket.on('message', (data) => received.push(JSON.parse(String(data))))
    socket.send(JSON.stringify({ id: 7, command: 'window.online', input: {} }))
    socket.send(JSON.stringify({ id: 8, command: 'media.report', input: {} }))
    await expect.poll(() => received.length).toBe(2)
    bridge.emit('window.show', { screen: 'history', callId: null })
    bridge.emit('media.cancel', { request: 1 })
    bridge.emit('contacts.changed', { contactCount: 1, samples: 'offered' })
    await expect.poll(() => received.length).toBe(4)
    // A refusal needs no handler and overtakes.
    received.sort(
      (a, b) => Number('seq' in (a as object)) - Number('seq' in (b as object)) || (a as { id: number }).id - (b as { id: number }).id,
    )
    expect(received).toEqual([
      { id: 7, ok: true, output: {} },
      { id: 8, ok: false, trouble: { code: 'bridge.wrongWindow', params: { name: 'media.report' } } },
      { seq: 1, event: 'window.show', payload: { screen: 'history', callId: null } },
      { seq: 3, event: 'contacts.changed', payload: { contactCount: 1, samples: 'offered' } },
    ])
    socket.terminate()
  })

  it('is closed on what is no frame of ours', async () => {
    const cookie = await signIn()
    const closeCode = async (window: string, data: string | Buffer) => {
      const socket = open(window, { cookie, origin })
      await once(socket, 'open')
      socket.send(data)
      return (await once(socket, 'close'))[0]
    }
    expect(await closeCode('app', '{"id": 1,')).toBe(1007)
    expect(await closeCode('app', Buffer.from([1, 2]))).toBe(1009)
    expect(await closeCode('media', JSON.stringify('x'.repeat(5_000_000)))).toBe(1009)
    expect([1006, 1009]).toContain(await closeCode('app', 'x'.repeat(66_000_000)))
  })

  it('takes an import of 60 MB in one frame', async () => {
    const socket = open('app', { cookie: await signIn(), origin })
    await once(socket, 'open')
    socket.send(JSON.stringify({ id: 1, command: 'window.online', input: { padding: 'x'.repeat(60_000_000) } }))
    const [data] = await once(socket, 'message')
    expect(JSON.parse(String(data))).toMatchObject({ id: 1, trouble: { code: 'bridge.badInput' } })
    socket.terminate()
  })

  it('is kept by one media page, the newest', async () => {
    const cookie = await signIn()
    const taken = async () => (await ask('/bridge/media', { headers: { cookie } })).status === 200
    const first = open('media', { cookie, origin })
    await once(first, 'open')
    const present: boolean[] = []
    bridge.onConnection = (_connection, isPresent) => present.push(isPresent)
    const closed = once(first, 'close')
    const second = open('media', { cookie, origin })
    await once(second, 'open')
    expect((await closed)[0]).toBe(replacedCode)
    expect(present).toEqual([false, true])
    expect(await taken()).toBe(true)
    const heard: unknown[] = []
    second.on('message', (data) => heard.push(JSON.parse(String(data))))
    bridge.emit('media.cancel', { request: 3 })
    await expect.poll(() => heard).toEqual([{ seq: 1, event: 'media.cancel', payload: { request: 3 } }])
    second.terminate()
    await expect.poll(taken).toBe(false)
  })
})

describe('a restart', () => {
  it('keeps the port and the pages’ cookies, and forgets those not used for half a day', async () => {
    const cookie = await signIn()
    const before = origin
    await host.quit()
    host = await start()
    expect(origin).toBe(before)
    expect(await upgradeStatus('app', { cookie, origin })).toBe(101)
    now += sessionLifetime + 1
    expect(await upgradeStatus('app', { cookie, origin })).toBe(403)
  })

  it('keeps no cookie’s value on the disk, and nobody else may read the file', async () => {
    const cookie = await signIn()
    const file = profile.path('browser.json')
    expect(readFileSync(file, 'utf8')).not.toContain(cookie.split('=')[1])
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('moves to another port when the remembered one is taken, but not when one was asked for', async () => {
    const port = Number(new URL(origin).port)
    const other = new BrowserHost({ profile, log: silentLog(), clock, pages, port, exit: () => {} })
    const app = { bridge, showScreen: () => {}, hasLiveCalls: () => false, shutdown: async () => {} }
    await expect(other.serve(app)).rejects.toMatchObject({ trouble: { code: 'host.portTaken', params: { port } } })
    const moved = new BrowserHost({ profile, log: silentLog(), clock, pages, port: null, exit: () => {} })
    await moved.serve(app)
    expect(Number(new URL(moved.link()).port)).not.toBe(port)
    await moved.quit()
  })
})

describe('files for the rep', () => {
  it('are fetched once, with the cookie, under their own name', async () => {
    const cookie = await signIn()
    const path = profile.path('export.csv')
    writeFileSync(path, 'a;b')
    const { download } = await host.deliverFile({ name: 'Anrufe "März".csv', mime: 'text/csv', path })
    expect((await ask(download)).status).toBe(403)
    const answer = await ask(download, { headers: { cookie } })
    expect([answer.status, answer.body]).toEqual([200, 'a;b'])
    expect(answer.headers['content-disposition']).toBe(
      `attachment; filename="Anrufe _M_rz_.csv"; filename*=UTF-8''Anrufe%20%22M%C3%A4rz%22.csv`,
    )
    expect((await ask(download, { headers: { cookie } })).status).toBe(404)
    await expect.poll(() => existsSync(path)).toBe(false)
  })
})

describe('whose Chromium it is', () => {
  it('goes by the page that holds audio', async () => {
    const [own, byHand] = [await signIn(true), await signIn(false)]
    expect(host.ownChromium).toBe(false)
    const app = open('app', { cookie: own, origin })
    await once(app, 'open')
    expect(host.ownChromium).toBe(true)
    const media = open('media', { cookie: byHand, origin })
    await once(media, 'open')
    expect(host.ownChromium).toBe(false)
    app.terminate()
    media.terminate()
  })
})
