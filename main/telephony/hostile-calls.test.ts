/** What the far end may do to a call: each of these stalled, looped or ended a phone once. Real sockets, scripted far end. */
import { describe, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import {
  agreeable,
  answers,
  connectedCall,
  ended,
  media,
  pause,
  phone,
  registered,
  ringing,
  server,
  takenCall,
  until,
} from '../../test/fixtures/scripted-phone'
import { reply, request } from '../../test/fixtures/scripted-server'
import { defaultLimits } from './index'
import { headerOf } from './message'

describe('incoming calls', () => {
  it('from a tel: URI ring, and are answered under the name they came with', async () => {
    const account = phone()
    await registered(account)
    const rings = ringing(account)
    server.send(await server.invite({ headers: { From: '<tel:+46701234567;phone-context=x>;tag=far' }, body: chromiumSdp('offer') }))
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
    server.send(await server.invite({ headers: { From: `"${name}" <sip:+4681234567@pbx.invalid>;tag=far` }, body: chromiumSdp('offer') }))
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
    const invite = await server.invite({ callId: 'group', body: chromiumSdp('offer') })
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
    ['no audio', chromiumSdp('offer').replace('m=audio', 'm=video'), 488],
    [
      'no codec that we have',
      chromiumSdp('offer')
        .replace(/ 111 63 9 0 8 13 110 126/, ' 96')
        .replace(/a=rtpmap:\d+ \S+/g, 'a=rtpmap:96 EVS/16000'),
      488,
    ],
    ['no encryption', chromiumSdp('offer').replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 488],
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
    for (let i = 0; i < 30; i += 1) server.send(await server.invite({ callId: `flood-${i}`, body: chromiumSdp('offer') }))
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
    server.send(await server.invite({ body: chromiumSdp('offer') }))
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
    server.send(request('ACK', uri, { callId: 'late', body: chromiumSdp('answer'), headers: { To: headerOf(ok.head, 'to') ?? '' } }))
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
    inDialog('INVITE', chromiumSdp('offer', 2).replace('a=sendrecv', 'a=sendonly'))
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
    inDialog('INVITE', chromiumSdp('offer').replace('m=audio', 'm=video'))
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
      setTimeout(() => server.send(reply(got, 200, contact, chromiumSdp('answer', 2), 'two')), 30)
      return reply(got, 183, contact, chromiumSdp('answer'), 'one')
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
        : reply(got, 200, ['Contact: <sip:pbx@pbx.invalid>'], chromiumSdp('answer', 3))
    media.report({ peer: call.id, moreCandidates: true })
    await until(() => server.count('INVITE') === 3)
    expect(media.of('peer.rollback', call.id)).toHaveLength(1)
    expect(media.of('peer.offer', call.id).at(-1)?.input).toMatchObject({ iceRestart: true })
  })

  it('outlive an answer to a re-INVITE that nobody can use, and do not ask for ever', async () => {
    agreeable()
    const account = phone()
    await registered(account)
    const call = await connectedCall(account)
    let over = false
    call.onEnd = () => {
      over = true
    }
    media.override['peer.remote'] = () => {
      throw new Error('Failed to set remote answer sdp: Called with SDP without ice-ufrag and ice-pwd')
    }
    media.report({ peer: call.id, moreCandidates: true })
    await until(() => server.count('INVITE') === 4)
    await pause(200)
    expect(server.count('INVITE')).toBe(4)
    expect(media.of('peer.rollback', call.id)).toHaveLength(3)
    expect(over).toBe(false)
    expect(server.count('BYE')).toBe(0)
    delete media.override['peer.remote']
    media.report({ peer: call.id, moreCandidates: true })
    await until(() => server.count('INVITE') === 5)
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

  it('a call that rings at the far end is ended, and taken down when the connection is back: no answer can come', async () => {
    const account = phone()
    await registered(account)
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      return got.head.method === 'INVITE' ? reply(got, 180, ['Contact: <sip:pbx@pbx.invalid;transport=ws>']) : null
    }
    const call = account.dial('600')
    await new Promise<void>((resolve) => {
      call.onRinging = () => resolve()
    })
    const end = ended(call)
    server.client?.terminate()
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.callDropped' } })
    await server.heard(({ head }) => head.method === 'CANCEL')
  })

  it('a call that rings here rings on while the far end knows it, and no longer', async () => {
    const account = phone({ limits: { ringingMs: 40 } })
    await registered(account)
    let known = true
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      return got.head.method === 'OPTIONS' ? reply(got, known ? 200 : 481) : null
    }
    const rings = ringing(account)
    server.send(await server.invite({ callId: 'rings', body: chromiumSdp('offer') }))
    const call = await rings
    const end = ended(call)
    let over = false
    void end.then(() => {
      over = true
    })
    await answers(180, 'INVITE')
    server.client?.terminate()
    await until(() => server.count('OPTIONS') >= 3)
    expect(over).toBe(false)
    known = false
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.callDropped' } })
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
