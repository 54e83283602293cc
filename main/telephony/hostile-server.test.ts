/** What a server may do to a registration and its link: each of these stalled, looped or ended a phone once. Real sockets, scripted far end. */
import { describe, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import {
  agreeable,
  answers,
  challenge,
  cleanups,
  pause,
  phone,
  registered,
  server,
  states,
  until,
} from '../../test/fixtures/scripted-phone'
import { reply, request, ScriptedServer } from '../../test/fixtures/scripted-server'
import { headerOf, headersOf } from './message'

describe('a registrar that', () => {
  it('grants without a Contact is asked again, and believed once it lists one', async () => {
    let asked = 0
    server.respond = (got) => (got.head.method === 'REGISTER' ? (++asked < 3 ? reply(got, 200) : server.granted(got)) : null)
    const account = phone()
    await registered(account)
    expect(asked).toBe(3)
    expect(states.some(({ status, trouble }) => status === 'offline' && trouble?.code === 'sip.registrationEmpty')).toBe(true)
  })

  it('says nothing is left for a new connection', async () => {
    server.respond = (got) => (server.connections > 1 && got.head.method === 'REGISTER' ? server.granted(got) : null)
    await registered(phone())
    expect(states.map(({ trouble }) => trouble?.code)).toContain('sip.noAnswer')
    expect(server.connections).toBe(2)
  })

  it('refuses the password is asked twice (with the challenge) and never again', async () => {
    server.respond = (got) => (got.head.method === 'REGISTER' ? reply(got, 401, [challenge()]) : null)
    const account = phone()
    await until(() => account.state.status === 'refused')
    expect(account.state.trouble).toMatchObject({ code: 'sip.passwordRefused', params: { server: 'pbx.invalid' } })
    await pause(200)
    expect(server.count('REGISTER')).toBe(2)
    account.reconnect()
    await until(() => server.count('REGISTER') > 2)
  })

  it('calls every nonce stale is left after a few', async () => {
    server.respond = (got) => (got.head.method === 'REGISTER' ? reply(got, 401, [challenge(', stale=true')]) : null)
    const account = phone()
    await until(() => account.state.status === 'refused')
    await pause(100)
    expect(server.count('REGISTER')).toBeLessThan(6)
  })

  it('offers SHA-256 first and MD5 second is answered with MD5; SHA-256 alone is named', async () => {
    server.respond = (got) => {
      if (got.head.method !== 'REGISTER') return null
      if (headerOf(got.head, 'authorization')) return server.granted(got)
      return reply(got, 401, ['WWW-Authenticate: Digest realm="pbx", nonce="n", algorithm=SHA-256, qop="auth"', challenge()])
    }
    const account = phone()
    await registered(account)
    await account.stop()
    server.respond = (got) => reply(got, 401, ['WWW-Authenticate: Digest realm="pbx", nonce="n", algorithm=SHA-256, qop="auth"'])
    const other = phone()
    await until(() => other.state.status === 'refused')
    expect(other.state.trouble).toMatchObject({ code: 'sip.digestUnknown', params: { algorithm: 'SHA-256' } })
  })

  it('finds the expiry too brief gets the one it wants, and no loop', async () => {
    server.respond = (got) => {
      if (got.head.method !== 'REGISTER') return null
      return /expires=3600/.test(headerOf(got.head, 'contact') ?? '') ? server.granted(got, 3600) : reply(got, 423, ['Min-Expires: 3600'])
    }
    await registered(phone())
    expect(server.count('REGISTER')).toBe(2)
    server.respond = (got) => reply(got, 423, ['Min-Expires: 4294967295'])
    const other = phone({ limits: { backoffFirstMs: 10_000 } })
    await until(() => other.state.trouble?.code === 'sip.registrationFailed')
    expect(server.count('REGISTER')).toBeLessThan(7)
  })

  it('asks for patience gets it', async () => {
    server.respond = (got) => (got.head.method === 'REGISTER' ? reply(got, 503, ['Retry-After: 40']) : null)
    const account = phone()
    await until(() => account.state.status === 'offline')
    expect((account.state.retryAt ?? 0) - Date.now()).toBeGreaterThan(30_000)
    await pause(150)
    expect(server.count('REGISTER')).toBe(1)
    agreeable()
    account.reconnect()
    await registered(account)
  })

  it('answers with a CSeq that is none, or more than one Via, is not heard and does no harm', async () => {
    let asked = 0
    server.respond = (got) => {
      asked += 1
      if (asked > 1) return server.granted(got)
      return [
        'SIP/2.0 200 OK\r\nVia: SIP/2.0/WS x\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: x\r\nCSeq: nonsense\r\n\r\n',
        reply(got, 200, ['Via: SIP/2.0/WS other.invalid;branch=z9hG4bKx']),
      ]
    }
    await registered(phone())
  })
})

describe('messages out of nowhere', () => {
  const odd: [string, () => Promise<string | Buffer>][] = [
    ['an out-of-dialog PRACK', async () => request('PRACK', await server.contact(), { headers: { RAck: '1 1 INVITE' } })],
    ['a tel: Request-URI', async () => request('INVITE', 'tel:+4681234567')],
    ['an unknown method', async () => request('JUMP', await server.contact())],
    ['an ACK that belongs to nothing', async () => request('ACK', await server.contact(), { headers: { To: '<sip:a@b>;tag=none' } })],
    ['a BYE that belongs to nothing', async () => request('BYE', await server.contact(), { headers: { To: '<sip:a@b>;tag=none' } })],
    ['a request without From', async () => request('OPTIONS', await server.contact(), { headers: { From: null } })],
    ['a From that cannot be parsed', async () => request('INVITE', await server.contact(), { headers: { From: '<<>>;;;tag=x' } })],
    ['a Contact that cannot be parsed', async () => server.invite({ headers: { Contact: '<<<' }, body: chromiumSdp('offer') })],
    ['an enormous CSeq', async () => request('OPTIONS', await server.contact(), { headers: { CSeq: '99999999999 OPTIONS' } })],
    ['a negative length', async () => request('OPTIONS', await server.contact(), { headers: { 'Content-Length': '-5' } })],
    [
      'a header called __proto__',
      async () => request('OPTIONS', await server.contact(), { headers: { __proto__x: 'y', constructor: 'z' } }),
    ],
    [
      'five thousand headers',
      async () =>
        request('OPTIONS', await server.contact(), {
          headers: Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`X-${i}`, 'y'])),
        }),
    ],
    ['5 MB of SIP', async () => server.invite({ body: `v=0\r\n${'a=x\r\n'.repeat(1_000_000)}` })],
    ['200 kB of SIP', async () => server.invite({ body: `v=0\r\n${'a=x\r\n'.repeat(40_000)}` })],
    ['bytes that are no UTF-8', async () => Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ['an empty message', async () => ''],
    ['half a message', async () => 'INVITE sip:alice@pbx.invalid SIP/2.0\r\nVia: SIP/2.0/WS x'],
    ['an HTTP request', async () => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    [
      'a response to nothing',
      async () =>
        'SIP/2.0 200 OK\r\nVia: SIP/2.0/WS x;branch=z9\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n',
    ],
    [
      'an INVITE that replaces a call we do not have',
      async () => server.invite({ headers: { Replaces: 'x;to-tag=y;from-tag=z' }, body: chromiumSdp('offer') }),
    ],
  ]
  it.each(odd)('%s: the account stays up and answers the next request', async (_name, make) => {
    const account = phone()
    await registered(account)
    server.send(await make())
    server.send(request('OPTIONS', await server.contact(), { callId: 'still-there' }))
    const ok = await server.heard(({ head }) => headerOf(head, 'call-id') === 'still-there')
    expect(ok.head.status).toBe(200)
    expect(account.state.status).toBe('registered')
    expect(server.connections).toBe(1)
  })

  it('are refused in SIP where that is decent', async () => {
    await registered(phone())
    server.send((await odd[0]?.[1]()) ?? '', (await odd[1]?.[1]()) ?? '', (await odd[6]?.[1]()) ?? '')
    expect((await answers(481, 'PRACK')).head.status).toBe(481)
    expect((await answers(416, 'INVITE')).head.status).toBe(416)
    expect((await answers(400, 'INVITE')).head.status).toBe(400)
  })

  it('arrive in binary frames too', async () => {
    await registered(phone())
    server.send(Buffer.from(request('OPTIONS', await server.contact())))
    await answers(200, 'OPTIONS')
  })
})

describe('a link that is dead without saying so', () => {
  it('is noticed, and replaced', async () => {
    const mute = await ScriptedServer.start({ autoPong: false })
    cleanups.push(() => mute.stop())
    const account = phone({ port: mute.port, wire: { pingEveryMs: 40, pongWithinMs: 40 } })
    await until(() => states.some(({ trouble }) => trouble?.code === 'sip.linkLost'))
    await until(() => mute.connections > 1)
    expect(account.state.status).not.toBe('refused')
  })
})

it('keeps one Contact over reconnections and sends no password', async () => {
  server.respond = (got) => {
    if (got.head.method !== 'REGISTER') return null
    return headerOf(got.head, 'authorization') ? server.granted(got) : reply(got, 401, [challenge()])
  }
  const account = phone()
  await registered(account)
  server.client?.terminate()
  await until(() => server.connections === 2 && account.state.status === 'registered')
  const contacts = new Set(server.got.flatMap(({ head }) => headersOf(head, 'contact')))
  expect(contacts.size).toBe(1)
  expect(server.got.some(({ text }) => text.includes('alicepw'))).toBe(false)
})
