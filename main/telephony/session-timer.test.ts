/** Sessions that have to be refreshed (RFC 4028), with UPDATE (RFC 3311) too. Real sockets, scripted far end; a second lasts 2 ms. */
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
import { type Got, reply, request } from '../../test/fixtures/scripted-server'
import { headerOf, headersOf } from './message'
import type { SipAccount } from './port'

const limits = { timerSecondMs: 2 }
const contact = 'Contact: <sip:pbx@pbx.invalid;transport=ws>'
const invites = () => server.got.filter(({ head }) => head.method === 'INVITE')
const expires = ({ head }: Got) => headerOf(head, 'session-expires')
const okTo = (cseq: string) => server.heard(({ head }) => head.status === 200 && headerOf(head, 'cseq') === cseq)
let account: SipAccount

/** A call that comes in with these lines in its INVITE, taken all the way. */
async function comes(lines: Record<string, string>) {
  account = phone({ limits })
  await registered(account)
  const rings = ringing(account)
  server.send(await server.invite({ callId: 'timed', body: chromiumSdp('offer'), headers: lines }))
  const call = await rings
  await call.answer()
  const ok = await answers(200, 'INVITE')
  const uri = /<([^>]+)>/.exec(headerOf(ok.head, 'contact') ?? '')?.[1] ?? ''
  const says = (method: string, cseq: number, more: Record<string, string> = {}, body = '') =>
    server.send(
      request(method, uri, { callId: 'timed', body, headers: { To: headerOf(ok.head, 'to') ?? '', CSeq: `${cseq} ${method}`, ...more } }),
    )
  says('ACK', 1)
  return { call, ok, says }
}
/** A call that we make, whose 200 has these lines. */
async function goes(...lines: string[]) {
  account = phone({ limits })
  server.respond = (got) => {
    if (got.head.method === 'REGISTER') return server.granted(got)
    if (got.head.method === 'ACK') return null
    return got.head.method === 'INVITE' ? reply(got, 200, [contact, ...lines], chromiumSdp('answer')) : reply(got, 200)
  }
  await registered(account)
  return connectedCall(account)
}

describe('a far end that wants refreshes', () => {
  it('and makes them itself is answered so', async () => {
    const { ok } = await comes({ Supported: 'timer', 'Session-Expires': '1800;refresher=uac' })
    expect(expires(ok)).toBe('1800;refresher=uac')
    expect(headersOf(ok.head, 'require')).toContain('timer')
    expect(headersOf(ok.head, 'supported').join()).toMatch(/\btimer\b/)
  })

  it('that never come is gone: the call is ended and said to be dropped', async () => {
    const { call } = await comes({ Supported: 'timer', 'Session-Expires': '90;refresher=uac' })
    server.respond = (got) => reply(got, 200)
    expect(await ended(call)).toMatchObject({ by: 'network', trouble: { code: 'sip.sessionExpired' } })
    await server.heard(({ head }) => head.method === 'BYE')
  })

  it('that come, by INVITE or by UPDATE, keeps the call up', async () => {
    const { call, says } = await comes({ Supported: 'timer', 'Session-Expires': '90;refresher=uac' })
    let over = false
    call.onEnd = () => {
      over = true
    }
    for (let cseq = 2; cseq < 8; cseq += 2) {
      await pause(70)
      says('UPDATE', cseq, { Supported: 'timer', 'Session-Expires': '90;refresher=uac' })
      expect(expires(await okTo(`${cseq} UPDATE`))).toBe('90;refresher=uac')
      await pause(70)
      says('INVITE', cseq + 1, { Supported: 'timer', 'Session-Expires': '90;refresher=uac' }, chromiumSdp('offer', cseq))
      expect(expires(await okTo(`${cseq + 1} INVITE`))).toBe('90;refresher=uac')
      says('ACK', cseq + 1)
    }
    expect(over).toBe(false)
  })

  it('from us gets them at half time', async () => {
    server.respond = (got) => (got.head.method === 'REGISTER' ? server.granted(got) : null)
    const { call, ok } = await comes({ 'Session-Expires': '90' })
    // It knows no timer itself: a proxy wants it.
    expect(expires(ok)).toBe('90;refresher=uas')
    let over = false
    call.onEnd = () => {
      over = true
    }
    server.respond = (got) =>
      got.head.method === 'INVITE' ? reply(got, 200, [contact, 'Session-Expires: 90;refresher=uac'], chromiumSdp('answer')) : null
    await until(() => invites().length === 4)
    expect(invites().map(expires)).toEqual(Array(4).fill('90;refresher=uac'))
    expect(over).toBe(false)
  })

  it('more often than anybody may is told the least', async () => {
    account = phone({ limits })
    await registered(account)
    server.send(await server.invite({ body: chromiumSdp('offer'), headers: { Supported: 'timer', 'Session-Expires': '30' } }))
    expect(headerOf((await answers(422, 'INVITE')).head, 'min-se')).toBe('90')
  })

  it('more often than anybody may within a call is told so too, and the call goes on', async () => {
    const { says } = await comes({})
    says('UPDATE', 2, { Supported: 'timer', 'Session-Expires': '30' })
    expect(headerOf((await answers(422, 'UPDATE')).head, 'min-se')).toBe('90')
  })
})

describe('a call that we make', () => {
  it('says that we can, asks for nothing, and refreshes when told to', async () => {
    await goes('Session-Expires: 90;refresher=uac', 'Require: timer')
    await until(() => invites().length === 3)
    expect(invites().map(expires)).toEqual([undefined, '90;refresher=uac', '90;refresher=uac'])
    expect(headersOf((invites()[0] as Got).head, 'supported').join()).toMatch(/\btimer\b/)
  })

  it('leaves it to a far end that will, and ends when it does not', async () => {
    const call = await goes('Session-Expires: 90;refresher=uas')
    expect(await ended(call)).toMatchObject({ by: 'network', trouble: { code: 'sip.sessionExpired' } })
    expect(invites()).toHaveLength(1)
  })

  it('whose refreshes nobody answers any more ends before the session does', async () => {
    const call = await goes('Session-Expires: 90;refresher=uac')
    server.respond = () => null
    expect(await ended(call)).toMatchObject({ by: 'network', trouble: { code: 'sip.sessionExpired' } })
    expect(invites()).toHaveLength(2)
  })

  it('whose refresh is refused as too soon is refreshed with the time that is wanted', async () => {
    await goes('Session-Expires: 90;refresher=uac')
    server.respond = (got) => {
      if (got.head.method !== 'INVITE') return null
      const asked = Number.parseInt(expires(got) ?? '0', 10)
      return asked < 120
        ? reply(got, 422, ['Min-SE: 120'])
        : reply(got, 200, [contact, `Session-Expires: ${asked};refresher=uac`], chromiumSdp('answer'))
    }
    await until(() => invites().length === 3)
    expect(expires(invites()[2] as Got)).toBe('120;refresher=uac')
    expect(headerOf(invites()[2]?.head as Got['head'], 'min-se')).toBe('120')
    expect(media.offering.size).toBeLessThan(2)
  })

  it('refused with 422 is made again with the time that is wanted', async () => {
    account = phone({ limits: { timerSecondMs: 1000 } })
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      if (got.head.method !== 'INVITE') return null
      return expires(got)
        ? reply(got, 200, [contact, 'Session-Expires: 1800;refresher=uac'], chromiumSdp('answer'), 'second')
        : reply(got, 422, ['Min-SE: 1800'])
    }
    await registered(account)
    const call = account.dial('600')
    await new Promise<void>((resolve) => {
      call.onConnected = resolve
    })
    expect(expires(invites()[1] as Got)).toBe('1800;refresher=uac')
    expect(headerOf((invites()[1] as Got).head, 'min-se')).toBe('1800')
    expect(media.asked.map(({ operation }) => operation)).toEqual(['peer.offer', 'peer.close', 'peer.offer', 'peer.remote'])
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
  })

  it('that is refused with 422 each time for a longer one is not made for ever', async () => {
    const account = phone()
    let least = 1_800
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      return got.head.method === 'INVITE' ? reply(got, 422, [`Min-SE: ${++least}`]) : null
    }
    await registered(account)
    expect(await ended(account.dial('600'))).toMatchObject({ by: 'remote', status: 422 })
    expect(server.count('INVITE')).toBeLessThan(6)
  })

  it('that is refused with 422 for ever is not made for ever', async () => {
    account = phone()
    server.respond = (got) =>
      got.head.method === 'REGISTER' ? server.granted(got) : got.head.method === 'INVITE' ? reply(got, 422, ['Min-SE: 1800']) : null
    await registered(account)
    expect(await ended(account.dial('600'))).toMatchObject({ by: 'remote', status: 422 })
    expect(invites()).toHaveLength(2)
  })
})

describe('UPDATE', () => {
  it('is among what we say that we take', async () => {
    agreeable()
    account = phone()
    await registered(account)
    await connectedCall(account)
    expect(headerOf((invites()[0] as Got).head, 'allow')).toMatch(/\bUPDATE\b/)
  })

  it('without an offer refreshes the way to the far end', async () => {
    account = phone()
    await registered(account)
    const { call, inDialog } = await takenCall(account)
    inDialog('UPDATE', '', { Contact: '<sip:moved@pbx.invalid;transport=ws>' })
    await answers(200, 'UPDATE')
    call.hangUp()
    expect((await server.heard(({ head }) => head.method === 'BYE')).head.requestUri).toBe('sip:moved@pbx.invalid;transport=ws')
  })

  it('with an offer is answered like any other, and holds', async () => {
    account = phone()
    await registered(account)
    const { call, inDialog } = await takenCall(account)
    const said: boolean[] = []
    call.onRemoteHold = (held) => said.push(held)
    inDialog('UPDATE', chromiumSdp('offer', 2).replace('a=sendrecv', 'a=sendonly'))
    const ok = await answers(200, 'UPDATE')
    expect(ok.body).toContain('a=recvonly')
    expect(said).toEqual([true])
    await pause(50)
    inDialog('UPDATE', chromiumSdp('offer', 3))
    await server.heard(({ head }) => head.status === 200 && headerOf(head, 'cseq') === '3 UPDATE')
    await until(() => said.length === 2)
    // And nothing is left behind that would keep us from an offer of our own.
    server.respond = (got) =>
      got.head.method === 'INVITE' ? reply(got, 200, [contact], chromiumSdp('answer').replace('a=sendrecv', 'a=recvonly')) : null
    await call.hold(true)
    expect(server.got.some(({ head }) => head.status === 100 && headerOf(head, 'cseq')?.endsWith('UPDATE'))).toBe(false)
  })

  it('with an impossible offer is refused, and the call goes on', async () => {
    account = phone()
    await registered(account)
    const { call, inDialog } = await takenCall(account)
    inDialog('UPDATE', chromiumSdp('offer', 2).replace('m=audio', 'm=video'))
    await answers(488, 'UPDATE')
    await pause(50)
    server.respond = (got) =>
      got.head.method === 'INVITE' ? reply(got, 200, [contact], chromiumSdp('answer').replace('a=sendrecv', 'a=recvonly')) : null
    await call.hold(true)
  })

  it('of a call that we do not know is refused', async () => {
    account = phone()
    await registered(account)
    server.send(request('UPDATE', await server.contact(), { headers: { To: '<sip:alice@pbx.invalid>;tag=none' } }))
    await server.heard(({ head }) => (head.status === 481 || head.status === 405) && headerOf(head, 'cseq')?.endsWith('UPDATE') === true)
  })
})
