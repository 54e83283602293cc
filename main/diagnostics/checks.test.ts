/** The self-checks against real servers of this machine: good ones, wrong ones and one that never answers. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SelfCheck } from '../../preload/contract'
import { type PrivateAuthority, privateAuthority } from '../../test/fixtures/certificates'
import { silentLog } from '../log'
import { createProbe } from '../network/probe'
import { trustedCertificates } from '../network/trust'
import { TroubleError } from '../trouble'
import { troubleWords } from '../words'
import { Diagnostics } from './diagnostics'
import { type Check, ok, runChecks } from './run'
import { type CheckedAccount, clockCheck, serverChecks } from './servers'

let authority: PrivateAuthority
beforeAll(() => {
  authority = privateAuthority()
})
const open: { close(): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.close()
})

async function listen(server: Server | ReturnType<typeof createServer>): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  open.push({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Opens a WebSocket with the subprotocol `speaks` on /ws, answers 404 elsewhere, and sets its clock `ahead` ms. */
async function serve(certificate: { key: string; cert: string } | null, speaks: string | null = 'sip', ahead = 0): Promise<number> {
  const date = () => new Date(Date.now() + ahead).toUTCString()
  const server = certificate ? createHttpsServer(certificate) : createHttpServer()
  server.on('request', (_request, response) => response.writeHead(404, { date: date() }).end())
  server.on('upgrade', (request, socket) => {
    if (request.url !== '/ws') return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    const protocol = speaks === null ? '' : `Sec-WebSocket-Protocol: ${speaks}\r\n`
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol}\r\n`,
    )
  })
  return await listen(server)
}

async function serveProxy(): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = []
  const server = createHttpServer()
  server.on('connect', (request, socket: Socket) => {
    asked.push(request.url ?? '')
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

function account(servers: string[], more: Partial<CheckedAccount> = {}): CheckedAccount {
  return {
    id: 'a',
    kind: 'sip',
    label: 'Office',
    servers: servers.map((url) => new URL(url)),
    authority: authority.cert,
    ice: { servers: [], loopback: false },
    echoNumber: '',
    state: () => ({ status: 'registered', trouble: null }),
    sip: null,
    ...more,
  }
}
const probe = (proxy = '') =>
  createProbe({
    configuredProxy: () => proxy,
    proxyFor: async () => null,
    trust: (given) => trustedCertificates(silentLog(), given === '' ? [] : [given])(),
  })
const network = (proxy = '') => ({ probe: probe(proxy), now: () => Date.now(), notHere: 'help.onlyInApp' as const })
const run = (checks: Check[], limitMs = 5_000) =>
  runChecks(checks, { signal: new AbortController().signal, onChange: () => undefined, limitMs })
const short = (list: SelfCheck[]) => list.map(({ title, state, finding }) => `${title} ${state} ${finding?.code}`)
const sentences = (list: SelfCheck[]) => list.map(({ finding }) => finding && troubleWords(finding)).join('\n')

describe('a server', () => {
  test('that is well is well in every step', async () => {
    const port = await serve(authority.issue('DNS:localhost'))
    const list = await run(serverChecks(account([`wss://localhost:${port}/ws`]), network()))
    expect(short(list)).toEqual([
      'name ok help.nameFound',
      'tls ok help.certificateGood',
      'socket ok help.socketOpens',
      'registration ok help.registered',
    ])
    expect(sentences(list)).toMatch(/localhost was found at .*127\.0\.0\.1.* in \d+ ms/)
    expect(sentences(list)).toMatch(/good until 2\d{3}-\d\d-\d\d; Ringbook test authority issued it/)
  })

  const dates = (from: number, to: number) => {
    const stamp = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]/g, '').slice(0, 14)
    return { notBefore: `${stamp(from)}Z`, notAfter: `${stamp(to)}Z` }
  }
  test.each([
    ['runs out soon', () => authority.issue('DNS:localhost', dates(-30, 7.5)), 'tls warning help.certificateSoon', 'socket ok'],
    ['has run out', () => authority.issue('DNS:localhost', dates(-30, -1)), 'tls failed help.certificateExpired', 'socket skipped'],
    ['is for later', () => authority.issue('DNS:localhost', dates(1, 30)), 'tls failed help.certificateNotYetValid', 'socket skipped'],
    ['is for another name', () => authority.issue('DNS:elsewhere.example'), 'tls failed help.certificateWrongName', 'socket skipped'],
    ['is of a stranger', () => privateAuthority().issue('DNS:localhost'), 'tls failed help.certificateUnknownIssuer', 'socket skipped'],
  ])('whose certificate %s', async (_what, issue, tls, socket) => {
    const port = await serve(issue())
    const list = await run(serverChecks(account([`wss://localhost:${port}/ws`]), network()))
    expect(short(list)[1]).toBe(tls)
    expect(short(list)[2]).toContain(socket)
    if (socket === 'socket skipped') expect(sentences(list)).toContain('It needs check 2, which failed')
    if (tls.endsWith('Soon')) expect(sentences(list)).toContain('in 7 days')
    if (tls.endsWith('Issuer')) expect(sentences(list)).toMatch(/issued by Ringbook test authority.*add its certificate in the account/)
  })

  test.each([
    ['that speaks no SIP', null, '/ws', 'socket failed help.socketNotSip'],
    ['that speaks something else', 'mqtt', '/ws', 'socket failed help.socketNotSip'],
    ['that has no WebSocket there', 'sip', '/other', 'socket failed help.socketRefused'],
  ])('%s', async (_what, speaks, path, expected) => {
    const port = await serve(authority.issue('DNS:localhost'), speaks)
    expect(short(await run(serverChecks(account([`wss://localhost:${port}${path}`]), network())))[2]).toBe(expected)
  })

  test('whose name nobody knows, and all that hangs on it', async () => {
    const list = await run(serverChecks(account(['wss://nowhere.invalid/ws']), network()))
    expect(short(list).slice(0, 3)).toEqual([
      'name failed network.nameNotFound',
      'tls skipped help.afterFailed',
      'socket skipped help.afterFailed',
    ])
    expect(list[2]?.finding?.params).toEqual({ number: 1 })
  })

  test('whose port is closed, and one that never says a word', async () => {
    const silent = await listen(createServer())
    const closed = await listen(createServer())
    open.pop()?.close()
    const list = await run(serverChecks(account([`wss://127.0.0.1:${closed}/ws`, `wss://127.0.0.1:${silent}/ws`]), network()), 700)
    expect(short(list)).toEqual([
      'name ok help.nameIsAddress',
      'tls failed network.refused',
      'socket skipped help.afterFailed',
      'name ok help.nameIsAddress',
      'tls failed help.tooSlow',
      'socket skipped help.afterFailed',
      'registration ok help.registered',
    ])
    expect(list[5]?.finding?.params).toEqual({ number: 5 })
  })

  test('of this computer without TLS, and what the account says of its sign-in', async () => {
    const port = await serve(null)
    const trouble = { code: 'sip.passwordRefused', params: { server: 'pbx' } }
    const refused = account([`ws://127.0.0.1:${port}/ws`], { state: () => ({ status: 'refused', trouble }) })
    const list = await run(serverChecks(refused, network()))
    expect(short(list)).toEqual([
      'name ok help.nameIsAddress',
      'tls skipped help.noTlsHere',
      'socket ok help.socketOpens',
      'registration failed sip.passwordRefused',
    ])
    let asked = 0
    const coming = account(['ws://127.0.0.1:9/', 'ws://127.0.0.1:9/'], {
      state: () => ({ status: ++asked < 4 ? 'connecting' : 'registered', trouble: null, server: 'b:443' }),
    })
    expect(short(await run(serverChecks(coming, network()))).at(-1)).toBe('registration ok help.registeredAt')
  })

  test('behind a proxy, which looks its name up; and a proxy that says no', async () => {
    const port = await serve(authority.issue('DNS:pbx.example'))
    const proxy = await serveProxy()
    const through = network(`http://user:hunter2@127.0.0.1:${proxy.port}`)
    const list = await run(serverChecks(account([`wss://pbx.example:${port}/ws`, `wss://forbidden.example:${port}/ws`]), through))
    expect(short(list).slice(0, 5)).toEqual([
      'name ok help.nameByProxy',
      'tls ok help.certificateGood',
      'socket ok help.socketOpens',
      'name ok help.nameByProxy',
      'tls failed network.proxyRefused',
    ])
    expect(proxy.asked[0]).toBe(`pbx.example:${port}`)
    expect(JSON.stringify(list)).not.toContain('hunter2')
  })

  test.each([
    [0, 'clock ok help.clockGood'],
    [3_600_000, 'clock warning help.clockSlow'],
    [-90_000, 'clock warning help.clockFast'],
  ])('whose clock is %d ms ahead', async (ahead, expected) => {
    const port = await serve(authority.issue('DNS:localhost'), 'sip', ahead)
    expect(short(await run([clockCheck([account([`wss://localhost:${port}/ws`])], probe())]))).toEqual([expected])
  })
})

describe('a round', () => {
  test('keeps its order, runs side by side, and stops when told', async () => {
    const stop = new AbortController()
    const running = new Set<string>()
    let most = 0
    const slow = (id: string, needs?: string[]): Check => ({
      id,
      title: 'name',
      params: {},
      ...(needs ? { needs } : {}),
      run: async (signal) => {
        running.add(id)
        most = Math.max(most, running.size)
        await new Promise((done) => signal.addEventListener('abort', done, { once: true }))
        running.delete(id)
        return ok('help.registered')
      },
    })
    const seen: string[] = []
    const done = runChecks([slow('a'), slow('b'), slow('c', ['a'])], {
      signal: stop.signal,
      onChange: (list) => {
        seen.push(list.map(({ state }) => state[0]).join(''))
        if (list.filter(({ state }) => state === 'running').length === 2) setTimeout(() => stop.abort(), 5)
      },
    })
    expect((await done).map(({ id, state, finding }) => `${id} ${state} ${finding?.code}`)).toEqual([
      'a skipped help.cancelled',
      'b skipped help.cancelled',
      'c skipped help.cancelled',
    ])
    expect(most).toBe(2)
    expect(seen.at(0)).toBe('rww')
  })

  test('a second wish joins the round that is on', async () => {
    let asked = 0
    const diagnostics = new Diagnostics({
      accounts: async () => {
        asked += 1
        return []
      },
      probe: probe(),
      now: () => Date.now(),
      emit: () => undefined,
      settings: () => ({ microphone: null, speaker: null, ringers: [] }) as never,
      inCall: () => false,
      mayCall: () => 'yes',
      media: {
        present: false,
        state: { present: false, microphone: 'unknown', mayRing: true, practiceAudio: true, troubles: [] },
        request: () => Promise.reject(),
      },
      secrets: { keeping: async () => ({ available: true, name: 'a keyring', plainFileInUse: false }) },
      crms: {
        list: () => ['good', 'poor', 'revoked'].map((id) => ({ id, label: `CRM ${id}` })),
        prove: async (id) => {
          if (id === 'revoked') throw new TroubleError('crm.refused', { crm: 'Pipedrive' })
          return { account: 'Acme', scopes: [{ name: 'deals', state: id === 'poor' ? 'missing' : 'granted' }] }
        },
      },
      store: {
        file: '/tmp/x.sqlite',
        inMemory: false,
        troubles: [],
        jobs: { run: async <O>() => ({ problem: null, tables: 3, left: 0, sizeMb: 1 }) as O },
      },
    })
    const [one, two] = await Promise.all([diagnostics.run({ echo: true }), diagnostics.run({ echo: true })])
    expect(one).toBe(two)
    expect(asked).toBe(1)
    expect(short(one)).toEqual([
      'microphone failed media.absent',
      'devices skipped help.soundAway',
      'crm ok help.crmGood',
      'crm warning help.crmMissing',
      'crm failed crm.refused',
      'secrets ok help.secretsKept',
      expect.stringMatching(/^database (ok help\.databaseGood|failed help\.databaseFull)$/),
      'clock skipped help.clockNobody',
    ])
  })
})
