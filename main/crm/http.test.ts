/** A connection's requests, against real servers on this machine, and their pace on a clock that the test holds. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ControlledTime } from '../../test/fixtures/crm/controlled-time'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { createOutgoing } from '../network/outgoing'
import { pause, systemTime } from '../time'
import type { CrmLimits, CrmPace, CrmPurpose, CrmReply, CrmRequest } from './crm'
import { CrmTrouble } from './crm'
import { PacedHttp, type SendHttp } from './http'

const token = 'secret-token-of-the-company'
const calm: CrmPace = { burst: 100, windowMs: 1000, daily: null, parallel: 4 }
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function json(response: ServerResponse, status: number, body: unknown = {}, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function limitsIn({ headers }: CrmReply): CrmLimits {
  const told = headers['x-limits']
  return typeof told === 'string' ? (JSON.parse(told) as CrmLimits) : {}
}

const outgoing = createOutgoing({ configuredProxy: () => '', proxyFor: async () => null, log: silentLog() })
const real: SendHttp = (url, options) => outgoing.request(url, options)

function httpTo(
  origin: string,
  options: { pace?: CrmPace; send?: SendHttp; time?: ControlledTime; token?: () => Promise<string> } = {},
): PacedHttp {
  const crm = {
    name: 'Anycrm',
    pace: options.pace ?? calm,
    authorization: (given: string) => ({ 'x-api-token': given }),
    limits: limitsIn,
  }
  const time = options.time ?? systemTime(systemClock)
  return new PacedHttp({
    crm,
    origin,
    token: options.token ?? (async () => token),
    send: options.send ?? real,
    budget: null,
    time,
    random: () => 0,
  })
}

async function troubleFrom(work: Promise<unknown>): Promise<CrmTrouble> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(CrmTrouble)
  return error as CrmTrouble
}

describe('what a CRM answers', () => {
  it('is given on with its headers when it is JSON, and the token and the question arrived', async () => {
    const asked: unknown[] = []
    const origin = await serve((request, response) => {
      asked.push([request.method, request.url, request.headers['x-api-token']])
      json(response, 200, { success: true }, { 'x-mark': 'yes' })
    })
    const reply = await httpTo(origin).send({ path: '/v1/persons', query: { limit: 5, term: 'a&b' } }, { purpose: 'rep' })
    expect(JSON.parse(Buffer.from(reply.body).toString())).toEqual({ success: true })
    expect(reply.headers['x-mark']).toBe('yes')
    expect(asked).toEqual([['GET', '/v1/persons?limit=5&term=a%26b', token]])
  })

  it('may repeat the token: no trouble tells it', async () => {
    const origin = await serve((request, response) => json(response, 400, { error: `bad key ${String(request.headers['x-api-token'])}` }))
    const { trouble } = await troubleFrom(httpTo(origin).send({ path: '/' }, { purpose: 'rep' }))
    expect(trouble.detail).toContain('bad key')
    expect(JSON.stringify(trouble)).not.toContain(token)
  })

  it('may be a redirect: then no other host ever sees the token, nor is asked at all', async () => {
    const seen: string[] = []
    const thief = await serve((request, response) => {
      seen.push(JSON.stringify(request.headers))
      json(response, 200)
    })
    for (const status of [301, 302, 303, 307, 308]) {
      const origin = await serve((_request, response) => void response.writeHead(status, { location: `${thief}/v1/persons` }).end())
      const trouble = await troubleFrom(httpTo(origin).send({ path: '/v1/persons' }, { purpose: 'sync' }))
      expect(trouble.trouble).toMatchObject({ code: 'crm.redirected', params: { host: thief.slice('http://'.length) } })
    }
    expect(seen).toEqual([])
  })

  it('is asked of its own host alone, whatever a path says', async () => {
    let asked = 0
    const thief = await serve((_request, response) => {
      asked += 1
      json(response, 200)
    })
    const origin = await serve((_request, response) => json(response, 200))
    for (const path of [`${thief}/x`, `//${thief.slice('http://'.length)}/x`, `\\\\${thief.slice('http://'.length)}/x`]) {
      expect((await troubleFrom(httpTo(origin).send({ path }, { purpose: 'rep' }))).trouble.code).toBe('crm.badRequest')
    }
    expect(asked).toBe(0)
  })

  it('may be a web page: that is no data', async () => {
    const origin = await serve(
      (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'),
    )
    expect((await troubleFrom(httpTo(origin).send({ path: '/' }, { purpose: 'sync' }))).trouble.code).toBe('crm.badReply')
  })

  it.each([
    [401, 'application/json', 'crm.refused'],
    [403, 'application/json', 'crm.notAllowed'],
    [403, 'text/html', 'crm.blocked'],
    [404, 'application/json', 'crm.rejected'],
    [400, 'text/html', 'crm.rejected'],
  ])('%i with %s is %s, and is not asked again', async (status, type, code) => {
    let asked = 0
    const origin = await serve((_request, response) => {
      asked += 1
      response.writeHead(status, { 'content-type': type }).end('{"error":"no"}')
    })
    const trouble = await troubleFrom(httpTo(origin).send({ path: '/' }, { purpose: 'sync' }))
    expect(trouble.trouble.code).toBe(code)
    expect(trouble.status).toBe(status)
    expect(asked).toBe(1)
  })

  it('is left alone for a while after it has blocked this network', async () => {
    let asked = 0
    const origin = await serve((_request, response) => {
      asked += 1
      response.writeHead(403, { 'content-type': 'text/html' }).end('<title>Cloudflare</title>')
    })
    const http = httpTo(origin)
    await troubleFrom(http.send({ path: '/' }, { purpose: 'sync' }))
    const again = await troubleFrom(http.send({ path: '/' }, { purpose: 'call' }))
    expect(again.trouble.code).toBe('crm.blocked')
    expect(again.resumesAt).toBeGreaterThan(Date.now() + 10 * 60_000)
    expect(asked).toBe(1)
  })

  it('may be longer than anyone can use', async () => {
    const origin = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const part = Buffer.alloc(1_000_000, 32)
      response.on('error', () => {})
      const more = () => {
        while (!response.destroyed && response.write(part)) {
          // Until the other side has had enough.
        }
      }
      response.on('drain', more)
      more()
    })
    await expect(httpTo(origin).send({ path: '/' }, { purpose: 'sync' })).rejects.toMatchObject({ trouble: { code: 'network.tooLarge' } })
  })

  it('may not come: a limit in time holds from the question to the answer', async () => {
    const origin = await serve(() => {})
    const before = performance.now()
    const trouble = await troubleFrom(httpTo(origin).send({ path: '/' }, { purpose: 'call', timeoutMs: 150 }))
    expect(trouble.trouble.code).toBe('crm.slow')
    expect(performance.now() - before).toBeGreaterThan(140)
  })

  it('is not asked for while the keyring is locked, and nobody waits longer than he wants to', async () => {
    let asked = 0
    const origin = await serve((_request, response) => {
      asked += 1
      json(response, 200)
    })
    let unlock = (_token: string) => {}
    const locked = new Promise<string>((done) => {
      unlock = done
    })
    const http = httpTo(origin, { token: () => locked })
    expect((await troubleFrom(http.send({ path: '/' }, { purpose: 'call', timeoutMs: 60 }))).trouble.code).toBe('crm.slow')
    const patient = http.send({ path: '/' }, { purpose: 'sync' })
    expect(asked).toBe(0)
    unlock(token)
    expect((await patient).status).toBe(200)
  })

  it('is not waited for any longer when whoever asked has gone', async () => {
    let closed = 0
    const origin = await serve((request) => void request.on('close', () => closed++))
    const gone = new AbortController()
    const asking = httpTo(origin).send({ path: '/' }, { purpose: 'rep', signal: gone.signal })
    setTimeout(() => gone.abort(new Error('the call has ended')), 50)
    await expect(asking).rejects.toThrow('the call has ended')
    await expect.poll(() => closed).toBe(1)
  })
})

describe('what is sent again', () => {
  /** Fails the first so many requests in a way, then answers. */
  async function flaky(times: number, how: (response: ServerResponse) => void): Promise<{ origin: string; asked: () => number }> {
    let asked = 0
    const origin = await serve((request, response) => {
      request.resume()
      asked += 1
      if (asked <= times) how(response)
      else json(response, 200)
    })
    return { origin, asked: () => asked }
  }
  const failures: [string, (response: ServerResponse) => void][] = [
    ['a 500', (response) => json(response, 500, { error: 'x' })],
    ['a 502 of a proxy', (response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>')],
    ['a cut connection', (response) => void response.destroy()],
    [
      'half an answer',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 })
        response.write('{"half"', () => response.destroy())
      },
    ],
  ]

  it.each(failures)('after %s: a question, and a POST that only asks', async (_what, fail) => {
    const requests: CrmRequest[] = [
      { path: '/' },
      { method: 'POST', path: '/search', body: {}, search: true },
      { method: 'POST', path: '/read', body: {}, safe: true },
    ]
    for (const request of requests) {
      const { origin, asked } = await flaky(1, fail)
      await httpTo(origin).send(request, { purpose: 'sync' })
      expect(asked()).toBe(2)
    }
  })

  it.each(failures)('after %s never a change: nobody knows whether it was made', async (_what, fail) => {
    for (const method of ['POST', 'PUT', 'PATCH'] as const) {
      const { origin, asked } = await flaky(1, fail)
      await expect(httpTo(origin).send({ method, path: '/', body: { name: 'x' } }, { purpose: 'rep' })).rejects.toThrow()
      expect(asked()).toBe(1)
    }
  })

  it('so many times, with growing pauses, and then no more', async () => {
    const time = new ControlledTime()
    const at: number[] = []
    const send: SendHttp = async () => {
      at.push(time.monotonic())
      return { status: 503, headers: { 'content-type': 'application/json' }, body: Buffer.from('{}') }
    }
    const failed = troubleFrom(httpTo('http://127.0.0.1:9', { send, time }).send({ path: '/' }, { purpose: 'sync' }))
    await time.pass(120_000)
    expect((await failed).trouble).toMatchObject({ code: 'crm.serverError', params: { status: 503 } })
    expect(at.length).toBe(5)
    const pauses = at.slice(1).map((each, index) => each - (at[index] ?? 0))
    expect(pauses).toEqual([500, 1000, 2000, 4000])
  })
})

describe('the pace', () => {
  interface Sent {
    at: number
    path: string
  }
  /** A CRM on the test's clock: each answer takes so long. */
  function company(time: ControlledTime, answer: (path: string, sent: Sent[]) => Partial<CrmReply> & { takesMs?: number } = () => ({})) {
    const sent: Sent[] = []
    let at = 0
    let most = 0
    const send: SendHttp = async (url, { signal }) => {
      const path = new URL(url).pathname
      sent.push({ at: time.monotonic(), path })
      at += 1
      most = Math.max(most, at)
      const { takesMs = 100, status = 200, headers = {}, body = Buffer.from('{}') } = answer(path, sent)
      await pause(time, takesMs, signal).finally(() => {
        at -= 1
      })
      return { status, headers: { 'content-type': 'application/json', ...headers }, body }
    }
    return { sent, send, most: () => most }
  }
  const pace: CrmPace = { burst: 10, windowMs: 2000, searchBurst: 2, searchWindowMs: 2000, daily: null, parallel: 3 }
  const limits = (said: CrmLimits) => ({ 'x-limits': JSON.stringify(said) })
  const all = (http: PacedHttp, count: number, purpose: CrmPurpose, request: CrmRequest) =>
    Promise.allSettled(Array.from({ length: count }, () => http.send(request, { purpose })))

  function mostInWindow(times: readonly number[], windowMs: number): number {
    return Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + windowMs).length))
  }

  it('stays within the window, with room left beside sync, and never asks more at once than it may', async () => {
    const time = new ControlledTime()
    const { sent, send, most } = company(time)
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    void all(http, 60, 'sync', { path: '/page' })
    await time.pass(30_000)
    expect(sent.length).toBe(60)
    expect(
      mostInWindow(
        sent.map(({ at }) => at),
        pace.windowMs,
      ),
    ).toBe(8)
    expect(most()).toBe(2)
    // As fast as the window allows, all the same.
    expect(sent.at(-1)?.at).toBeLessThan(17_000)
  })

  it('lets a call go before the rep, and the rep before sync, however many wait', async () => {
    const time = new ControlledTime()
    const { sent, send } = company(time, () => ({ takesMs: 5_000 }))
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    void all(http, 20, 'sync', { path: '/page' })
    await time.pass(1_000)
    void all(http, 1, 'rep', { path: '/rep' })
    void all(http, 1, 'call', { path: '/call' })
    await time.pass(10)
    // Both at once: sync leaves them their places.
    expect(
      sent
        .slice(2)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(['/call', '/rep'])
    void all(http, 5, 'rep', { path: '/rep' })
    void all(http, 1, 'call', { path: '/second-call' })
    await time.pass(60_000)
    const order = sent.map(({ path }) => path)
    expect(order.slice(4, 10)).toEqual(['/second-call', '/rep', '/rep', '/rep', '/rep', '/rep'])
  })

  it('counts searches apart', async () => {
    const time = new ControlledTime()
    const { sent, send } = company(time)
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    void all(http, 6, 'call', { path: '/search', search: true })
    void all(http, 9, 'rep', { path: '/other' })
    await time.pass(20_000)
    const of = (path: string) => sent.filter((one) => one.path === path).map(({ at }) => at)
    expect(of('/search').length).toBe(6)
    expect(mostInWindow(of('/search'), 2000)).toBe(2)
    // Searches that wait keep nobody else waiting.
    expect(of('/other').at(-1)).toBeLessThan(2000)
  })

  it('believes the reply rather than the documentation', async () => {
    const time = new ControlledTime()
    const { sent, send } = company(time, (_path, { length }) => ({
      headers: limits(length === 3 ? { burstRemaining: 1, burstResetMs: 7_000 } : {}),
    }))
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    void all(http, 6, 'sync', { path: '/page' })
    await time.pass(30_000)
    const times = sent.map(({ at }) => at)
    expect(sent.length).toBe(6)
    // What was on its way then may still have left.
    expect(times.filter((at) => at > 250 && at < 7_000)).toEqual([])
  })

  it('obeys a 429: nobody asks before its time, and then it is asked again', async () => {
    const time = new ControlledTime()
    const { sent, send } = company(time, (_path, { length }) => (length === 1 ? { status: 429, headers: { 'retry-after': '11' } } : {}))
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    const first = http.send({ method: 'POST', path: '/page', body: {} }, { purpose: 'sync' })
    await time.pass(200)
    const call = http.send({ path: '/call' }, { purpose: 'call' })
    await time.pass(10_000)
    expect(sent.length).toBe(1)
    await time.pass(5_000)
    expect((await first).status).toBe(200)
    expect((await call).status).toBe(200)
    expect(sent.map(({ path }) => path)).toEqual(['/page', '/call', '/page'])
    expect(sent[1]?.at).toBeGreaterThanOrEqual(11_000)
  })

  it('does not sit out a long 429, and says when it ends', async () => {
    const time = new ControlledTime()
    const { sent, send } = company(time, () => ({ status: 429, headers: { 'retry-after': '600' } }))
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    const trouble = troubleFrom(http.send({ path: '/page' }, { purpose: 'sync' }))
    await time.pass(1_000)
    expect((await trouble).trouble.code).toBe('crm.tooFast')
    expect((await trouble).resumesAt).toBeGreaterThanOrEqual(time.wall() + 598_000)
    expect(sent.length).toBe(1)
  })

  it('tells whoever asks during a long 429 so at once, and those that waited already soon', async () => {
    const time = new ControlledTime()
    const { sent, send } = company(time, () => ({ takesMs: 500, status: 429, headers: { 'retry-after': '80000' } }))
    const http = httpTo('http://127.0.0.1:9', { send, time, pace: { ...pace, parallel: 1 } })
    const waiting = [1, 2, 3].map(() => troubleFrom(http.send({ method: 'POST', path: '/', body: {} }, { purpose: 'rep' })))
    await time.pass(2_000)
    const later = troubleFrom(http.send({ path: '/later' }, { purpose: 'rep' }))
    await time.pass(1_000)
    expect(await later).toMatchObject({ trouble: { code: 'crm.tooFast' } })
    expect((await later).resumesAt).toBeGreaterThan(time.wall() + 79_000_000)
    await time.pass(40_000)
    for (const trouble of await Promise.all(waiting)) expect(trouble.trouble.code).toBe('crm.tooFast')
    expect(sent.length).toBe(1)
  })

  it('forgets when the day begins once the clock is set back behind what it heard', async () => {
    const time = new ControlledTime(Date.UTC(2027, 10, 20, 9))
    let spent = true
    const { send } = company(time, () => (spent ? { status: 429, headers: limits({ dailyRemaining: 0 }) } : {}))
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    const first = troubleFrom(http.send({ path: '/page' }, { purpose: 'sync' }))
    await time.pass(1_000)
    expect((await first).trouble.code).toBe('crm.dailyLimit')
    spent = false
    const wall = time.wall.bind(time)
    time.wall = () => wall() - 365 * 86_400_000
    const next = http.send({ path: '/call' }, { purpose: 'call' })
    await time.pass(1_000)
    expect((await next).status).toBe(200)
  })

  it('a 429 without end is given up, not looped over', async () => {
    const time = new ControlledTime()
    const { sent, send } = company(time, () => ({ status: 429 }))
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    const trouble = troubleFrom(http.send({ path: '/page' }, { purpose: 'sync' }))
    await time.pass(10 * 60_000)
    expect((await trouble).status).toBe(429)
    expect(sent.length).toBe(6)
  })

  it('stops for everyone when the day is spent, until the next one', async () => {
    const time = new ControlledTime(Date.UTC(2026, 10, 20, 9))
    let spent = true
    const { sent, send } = company(time, () => (spent ? { status: 429, headers: limits({ dailyRemaining: 0 }) } : {}))
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    const first = troubleFrom(http.send({ path: '/page' }, { purpose: 'sync' }))
    await time.pass(1_000)
    expect((await first).trouble.code).toBe('crm.dailyLimit')
    expect((await first).resumesAt).toBe(Date.UTC(2026, 10, 21))
    for (let hour = 0; hour < 14; hour++) {
      const refused = troubleFrom(http.send({ path: '/call' }, { purpose: 'call' }))
      await time.pass(3_600_000)
      expect((await refused).trouble.code).toBe('crm.dailyLimit')
    }
    expect(sent.length).toBe(1)
    spent = false
    await time.pass(3_600_000)
    const next = http.send({ path: '/call' }, { purpose: 'call' })
    await time.pass(1_000)
    expect((await next).status).toBe(200)
  })

  it('is not undone by nonsense in headers', async () => {
    const time = new ControlledTime()
    const nonsense = [
      { 'x-limits': '{"waitMs":1e300,"burstRemaining":-5,"burstResetMs":-1,"dailyRemaining":null}' },
      { 'retry-after': 'soon' },
      { 'retry-after': '-3' },
      { 'retry-after': '9'.repeat(400) },
    ]
    for (const headers of nonsense) {
      const { send } = company(time, (_path, { length }) => (length === 1 ? { headers: headers as Record<string, string> } : {}))
      const http = httpTo('http://127.0.0.1:9', { send, time, pace })
      const first = http.send({ path: '/' }, { purpose: 'rep' })
      await time.pass(1_000)
      await first
      const second = http.send({ path: '/' }, { purpose: 'rep' })
      await time.pass(86_400_000 + 1_000)
      expect((await second).status).toBe(200)
    }
  })

  it('ends at once what waits when the connection is closed', async () => {
    const time = new ControlledTime()
    const { send } = company(time, () => ({ takesMs: 60_000 }))
    const http = httpTo('http://127.0.0.1:9', { send, time, pace })
    const waiting = all(http, 30, 'sync', { path: '/page' })
    await time.pass(100)
    http.close()
    expect((await waiting).every(({ status }) => status === 'rejected')).toBe(true)
  })
})
