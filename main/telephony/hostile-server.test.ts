/** What a server may do to us: each of these stalled, looped or ended a phone once. Real sockets, scripted far end. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MediaStandIn, recordedSdp } from '../../test/fixtures/media-stand-in'
import { openPlainly, reply, request, ScriptedServer } from '../../test/fixtures/scripted-server'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import {
  type CallEnd,
  createSipAccount,
  defaultLimits,
  type SipAccount,
  type SipAccountState,
  type SipCall,
  type TelephonyLimits,
  webSocketConnector,
} from './index'
import { headerOf, headersOf } from './message'

const quick: Partial<TelephonyLimits> = {
  answerMs: 300,
  probeMs: 200,
  backoffFirstMs: 20,
  backoffMaxMs: 60,
  stopMs: 50,
  disconnectedMs: 20,
}
const cleanups: (() => unknown)[] = []
let server: ScriptedServer
let media: MediaStandIn
let states: SipAccountState[]

beforeEach(async () => {
  server = await ScriptedServer.start()
  media = new MediaStandIn()
  states = []
  const mine = server
  cleanups.push(() => mine.stop())
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function phone(
  given: { limits?: Partial<TelephonyLimits>; wire?: { pingEveryMs: number; pongWithinMs: number }; port?: number } = {},
): SipAccount {
  const account = createSipAccount({
    config: {
      id: 'a1',
      user: 'alice',
      domain: 'pbx.invalid',
      authUser: '',
      password: 'alicepw',
      displayName: '',
      outboundProxy: '',
      ice: { servers: [], loopback: false },
      declineCode: 603,
    },
    connector: webSocketConnector(`ws://127.0.0.1:${given.port ?? server.port}`, openPlainly, { log: silentLog(), ...given.wire }),
    protocol: 'WS',
    media,
    log: silentLog(),
    clock: systemClock,
    limits: { ...quick, ...given.limits },
    random: () => 0,
  })
  account.onState = (state) => states.push(state)
  account.onIncoming = () => undefined
  cleanups.push(() => account.stop())
  account.start()
  return account
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const until = async (condition: () => boolean) => {
  while (!condition()) await pause(5)
}
const registered = (account: SipAccount) => until(() => account.state.status === 'registered')
const ringing = (account: SipAccount) =>
  new Promise<SipCall>((resolve) => {
    account.onIncoming = resolve
  })
const ended = (call: SipCall) =>
  new Promise<CallEnd>((resolve) => {
    call.onEnd = resolve
  })
const answers = (status: number, method: string) =>
  server.heard(({ head }) => head.status === status && headerOf(head, 'cseq')?.endsWith(method) === true)
const challenge = (extra = '') => `WWW-Authenticate: Digest realm="pbx", nonce="n${Math.random()}", algorithm=MD5, qop="auth"${extra}`

/** The far end of a call that we make: 200 with a recorded answer to everything. */
const agreeable = (text = recordedSdp('answer')) => {
  server.respond = (got) => {
    if (got.head.method === 'REGISTER') return server.granted(got)
    if (got.head.method === 'INVITE') return reply(got, 200, ['Contact: <sip:pbx@pbx.invalid;transport=ws>'], text)
    return got.head.method === 'ACK' ? null : reply(got, 200)
  }
}
const connectedCall = async (account: SipAccount) => {
  const call = account.dial('600')
  await new Promise<void>((resolve) => {
    call.onConnected = resolve
  })
  await server.heard(({ head }) => head.method === 'ACK')
  return call
}
/** Answers an incoming call all the way; what the far end says in the dialog goes by `inDialog`. */
const takenCall = async (account: SipAccount) => {
  const rings = ringing(account)
  server.send(await server.invite({ callId: 'taken', body: recordedSdp('offer') }))
  const call = await rings
  await call.answer()
  const ok = await answers(200, 'INVITE')
  const to = headerOf(ok.head, 'to') ?? ''
  const uri = /<([^>]+)>/.exec(headerOf(ok.head, 'contact') ?? '')?.[1] ?? ''
  let cseq = 1
  const inDialog = (method: string, body = '', extra: Record<string, string> = {}) => {
    const number = method === 'ACK' ? cseq : ++cseq
    server.send(request(method, uri, { callId: 'taken', body, headers: { To: to, CSeq: `${number} ${method}`, ...extra } }))
  }
  const up = new Promise<void>((resolve) => {
    call.onConnected = resolve
  })
  inDialog('ACK')
  await up
  return { call, inDialog }
}

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
    ['a Contact that cannot be parsed', async () => server.invite({ headers: { Contact: '<<<' }, body: recordedSdp('offer') })],
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
      async () => server.invite({ headers: { Replaces: 'x;to-tag=y;from-tag=z' }, body: recordedSdp('offer') }),
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

describe('incoming calls', () => {
  it('from a tel: URI ring, and are answered under the name they came with', async () => {
    const account = phone()
    await registered(account)
    const rings = ringing(account)
    server.send(await server.invite({ headers: { From: '<tel:+46701234567;phone-context=x>;tag=far' }, body: recordedSdp('offer') }))
    const call = await rings
    expect(call.remote).toEqual({ number: '+46701234567', displayName: null, withheld: false })
    const ring = await answers(180, 'INVITE')
    expect(headerOf(ring.head, 'from')).toContain('<tel:+46701234567;phone-context=x>')
  })

  it('with a name of 10,000 characters, markup, bidi controls and emoji come with a short, plain one', async () => {
    const account = phone()
    await registered(account)
    const rings = ringing(account)
    const name = `<img src=x onerror=alert(1)>\u202Egpj.exe\u0007 📞 ${'A\u0300'.repeat(5000)}`
    server.send(await server.invite({ headers: { From: `"${name}" <sip:+4681234567@pbx.invalid>;tag=far` }, body: recordedSdp('offer') }))
    const { displayName, number } = (await rings).remote
    expect(number).toBe('+4681234567')
    expect(displayName?.startsWith('<img src=x onerror=alert(1)>gpj.exe 📞')).toBe(true)
    expect([...(displayName ?? '')]).toHaveLength(120)
    expect(displayName).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it('cancelled because someone else took them say so', async () => {
    const account = phone()
    await registered(account)
    const rings = ringing(account)
    const invite = await server.invite({ callId: 'group', body: recordedSdp('offer') })
    server.send(invite)
    const end = ended(await rings)
    const cancel = invite
      .split('\r\n\r\n')[0]
      ?.replace(/^INVITE/, 'CANCEL')
      .replace('1 INVITE', '1 CANCEL')
      .replace(/Content-\w+: .*\r\n?/g, '')
    server.send(`${cancel?.trimEnd()}\r\nReason: SIP;cause=200;text="Call completed elsewhere"\r\nContent-Length: 0\r\n\r\n`)
    expect(await end).toEqual({ by: 'remote', status: 487, answeredElsewhere: true, trouble: null })
    await answers(487, 'INVITE')
  })

  it.each([
    ['no audio', recordedSdp('offer').replace('m=audio', 'm=video'), 488],
    [
      'no codec that we have',
      recordedSdp('offer')
        .replace(/ 111 63 9 0 8 13 110 126/, ' 96')
        .replace(/a=rtpmap:\d+ \S+/g, 'a=rtpmap:96 EVS/16000'),
      488,
    ],
    ['no encryption', recordedSdp('offer').replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 488],
    ['nonsense', 'hello', 488],
  ])('that offer %s are refused without ringing', async (_what, body, status) => {
    const account = phone()
    await registered(account)
    let rang = false
    account.onIncoming = () => {
      rang = true
    }
    server.send(await server.invite({ body }))
    await answers(status, 'INVITE')
    expect(rang).toBe(false)
  })

  it('in a flood: eight ring, four of them prepared, the rest hear busy', async () => {
    const account = phone()
    await registered(account)
    let rang = 0
    account.onIncoming = () => {
      rang += 1
    }
    for (let i = 0; i < 30; i += 1) server.send(await server.invite({ callId: `flood-${i}`, body: recordedSdp('offer') }))
    await until(() => server.got.filter(({ head }) => head.status === 486).length === 22)
    expect(rang).toBe(8)
    await pause(defaultLimits.prepareAfterMs + 150)
    expect(media.of('peer.answer')).toHaveLength(4)
  })

  it('that the media page cannot answer are refused with 488', async () => {
    media.override['peer.answer'] = () => {
      throw new Error('Failed to set remote offer sdp')
    }
    const account = phone()
    await registered(account)
    const rings = ringing(account)
    server.send(await server.invite({ body: recordedSdp('offer') }))
    expect(await ended(await rings)).toMatchObject({ by: 'local', status: 488, trouble: { code: 'sip.noCommonAudio' } })
    await answers(488, 'INVITE')
  })

  it('without an offer get ours, and their answer in the ACK', async () => {
    const account = phone()
    await registered(account)
    const rings = ringing(account)
    server.send(await server.invite({ callId: 'late' }))
    const call = await rings
    await call.answer()
    const ok = await answers(200, 'INVITE')
    expect(ok.body).toContain('m=audio')
    const uri = /<([^>]+)>/.exec(headerOf(ok.head, 'contact') ?? '')?.[1] ?? ''
    server.send(request('ACK', uri, { callId: 'late', body: recordedSdp('answer'), headers: { To: headerOf(ok.head, 'to') ?? '' } }))
    await until(() => media.of('peer.remote', call.id).length === 1)
  })

  it('carry no loopback address to a server elsewhere', async () => {
    const account = phone()
    await registered(account)
    await takenCall(account)
    const ok = await answers(200, 'INVITE')
    expect(ok.body).toContain('10.77.0.1')
    expect(ok.body).not.toMatch(/candidate.*(127\.0\.0\.1|::1)/)
  })
})

describe('in a call, the far end', () => {
  it('may put us on hold and take us back', async () => {
    const account = phone()
    await registered(account)
    const { call, inDialog } = await takenCall(account)
    inDialog('INVITE', recordedSdp('offer', 2).replace('a=sendrecv', 'a=sendonly'))
    await until(() => media.of('peer.answer', call.id).length === 2)
    await until(() => server.got.filter(({ head }) => head.status === 200 && headerOf(head, 'cseq') === '2 INVITE').length === 1)
  })

  it('may not make us dial by REFER', async () => {
    const account = phone()
    await registered(account)
    const { inDialog } = await takenCall(account)
    inDialog('REFER', '', { 'Refer-To': '<sip:+1900555@pbx.invalid>' })
    await answers(603, 'REFER')
    expect(server.count('INVITE')).toBe(0)
  })

  it('may offer something impossible without ending the call', async () => {
    const account = phone()
    await registered(account)
    const { call, inDialog } = await takenCall(account)
    let over = false
    call.onEnd = () => {
      over = true
    }
    inDialog('INVITE', recordedSdp('offer').replace('m=audio', 'm=video'))
    await answers(488, 'INVITE')
    expect(over).toBe(false)
  })
})

describe('outgoing calls', () => {
  it('play the network’s own audio before the answer, and take the answer of another branch', async () => {
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      const contact = ['Contact: <sip:pbx@pbx.invalid;transport=ws>']
      if (got.head.method !== 'INVITE') return null
      // One TCP segment may bring both; then there is nothing early to hear.
      setTimeout(() => server.send(reply(got, 200, contact, recordedSdp('answer', 2), 'two')), 30)
      return reply(got, 183, contact, recordedSdp('answer'), 'one')
    }
    const account = phone()
    await registered(account)
    const call = account.dial('606')
    const rang: boolean[] = []
    call.onRinging = (early) => rang.push(early)
    await new Promise<void>((resolve) => {
      call.onConnected = resolve
    })
    expect(rang).toEqual([true])
    expect(media.of('peer.remote', call.id).map(({ input }) => (input as { type: string }).type)).toEqual(['pranswer', 'answer'])
  })

  it('end at once for the rep when nobody answers the BYE', async () => {
    agreeable()
    const account = phone()
    await registered(account)
    const call = await connectedCall(account)
    server.respond = () => null
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
    await server.heard(({ head }) => head.method === 'BYE')
  })

  it('say the status that the network gave', async () => {
    server.respond = (got) => (got.head.method === 'REGISTER' ? server.granted(got) : got.head.method === 'INVITE' ? reply(got, 404) : null)
    const account = phone()
    await registered(account)
    expect(await ended(account.dial('12'))).toEqual({ by: 'remote', status: 404, answeredElsewhere: false, trouble: null })
  })

  it('try again when both sides re-negotiate at once', async () => {
    agreeable()
    const account = phone()
    await registered(account)
    const call = await connectedCall(account)
    let refused = 0
    server.respond = (got) =>
      got.head.method === 'INVITE' && ++refused === 1
        ? reply(got, 491)
        : reply(got, 200, ['Contact: <sip:pbx@pbx.invalid>'], recordedSdp('answer', 3))
    media.report({ peer: call.id, moreCandidates: true })
    await until(() => server.count('INVITE') === 3)
    expect(media.of('peer.rollback', call.id)).toHaveLength(1)
    expect(media.of('peer.offer', call.id).at(-1)?.input).toMatchObject({ iceRestart: true })
  })

  it('do not follow a redirection', async () => {
    server.respond = (got) =>
      got.head.method === 'REGISTER'
        ? server.granted(got)
        : got.head.method === 'INVITE'
          ? reply(got, 302, ['Contact: <sip:+1900555@evil.invalid>'])
          : null
    const account = phone()
    await registered(account)
    expect(await ended(account.dial('600'))).toMatchObject({ by: 'remote', status: 302 })
    expect(server.count('INVITE')).toBe(1)
  })
})

describe('the connection breaks during a call', () => {
  it('the call stays, and the far end learns the new way to us', async () => {
    agreeable()
    const account = phone()
    await registered(account)
    const call = await connectedCall(account)
    let over = false
    call.onEnd = () => {
      over = true
    }
    server.client?.terminate()
    await until(() => server.connections === 2)
    await until(() => server.count('INVITE') === 2)
    expect(over).toBe(false)
    await until(() => server.count('ACK') === 2)
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
    await server.heard(({ head }) => head.method === 'BYE')
  })

  it('a call that is hung up meanwhile is taken down when the connection is back', async () => {
    agreeable()
    const account = phone({ limits: { backoffFirstMs: 100, backoffMaxMs: 100 } })
    await registered(account)
    const call = await connectedCall(account)
    const end = ended(call)
    server.client?.terminate()
    await until(() => account.state.status !== 'registered')
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
    await server.heard(({ head }) => head.method === 'BYE')
  })

  it('a server that has forgotten the call and sends no audio: the call ends', async () => {
    agreeable()
    const account = phone()
    await registered(account)
    const call = await connectedCall(account)
    server.respond = (got) => (got.head.method === 'REGISTER' ? server.granted(got) : got.head.method === 'INVITE' ? reply(got, 481) : null)
    const end = ended(call)
    server.client?.terminate()
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.callDropped' } })
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
