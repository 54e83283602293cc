/** Hold and resume, ours and the far end's. Real sockets, scripted far end. */
import { beforeEach, describe, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import { answers, ended, media, pause, phone, registered, server, takenCall, until } from '../../test/fixtures/scripted-phone'
import { type Got, reply } from '../../test/fixtures/scripted-server'
import { headerOf } from './message'
import type { SipAccount } from './port'

const contact = ['Contact: <sip:pbx@pbx.invalid;transport=ws>']
const directed = (kind: 'offer' | 'answer', direction: string) => chromiumSdp(kind, 2).replace('a=sendrecv', `a=${direction}`)
const direction = (body: string) => /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(body)?.[1]
const invites = () => server.got.filter(({ head }) => head.method === 'INVITE')
/** What the far end says to each of our re-INVITEs in turn, the last for ever; an answer fits the offer. */
function says(...responses: (number | 'nothing' | { answer: string })[]) {
  let count = 0
  server.respond = (got) => {
    if (got.head.method === 'ACK') return null
    if (got.head.method !== 'INVITE') return reply(got, 200)
    const response = responses[Math.min(count++, responses.length - 1)] ?? 200
    if (response === 'nothing') return null
    if (typeof response === 'number' && response >= 300) return reply(got, response)
    return reply(got, 200, contact, directed('answer', typeof response === 'object' ? response.answer : fitting(got)))
  }
}
const fitting = (got: Got) =>
  ({ sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' })[direction(got.body) ?? ''] ?? 'sendrecv'

let account: SipAccount
async function call(limits = {}) {
  account = phone({ limits })
  await registered(account)
  return takenCall(account)
}
const stable = () => expect([...media.offering]).toEqual([])

describe('holding', () => {
  it('gates the microphone first, offers sendonly, and is done only when the far end has accepted', async () => {
    const { call: on } = await call()
    says('nothing')
    let done = false
    const holding = on.hold(true).then(() => {
      done = true
    })
    const invite = await server.heard(({ head }) => head.method === 'INVITE')
    expect(direction(invite.body)).toBe('sendonly')
    expect(media.asked.slice(-2).map(({ operation }) => operation)).toEqual(['peer.hold', 'peer.offer'])
    await pause(60)
    expect(done).toBe(false)
    server.send(reply(invite, 200, contact, directed('answer', 'recvonly')))
    await holding
    says(200)
    await on.hold(false)
    expect(direction(invites().at(-1)?.body ?? '')).toBe('sendrecv')
    expect([...media.held]).toEqual([])
    stable()
  })

  it.each([488, 403, 500, 606])('refused with %i leaves the call as it was, and it can be held later', async (status) => {
    const { call: on } = await call()
    says(status)
    await expect(on.hold(true)).rejects.toMatchObject({ trouble: { code: 'sip.holdRefused', params: { status } } })
    expect([...media.held]).toEqual([])
    stable()
    expect(media.of('peer.rollback', on.id)).toHaveLength(1)
    expect(invites()).toHaveLength(1)
    says(200)
    await on.hold(true)
    expect([...media.held]).toEqual([on.id])
    says(488)
    await expect(on.hold(false)).rejects.toMatchObject({ trouble: { code: 'sip.holdRefused' } })
    expect([...media.held]).toEqual([on.id])
    stable()
  })

  it('that is never answered is given up; an answer that comes too late is put right', async () => {
    const { call: on } = await call({ holdMs: 80 })
    says('nothing')
    await expect(on.hold(true)).rejects.toMatchObject({ trouble: { code: 'sip.holdTimeout' } })
    await until(() => media.offering.size === 0)
    expect([...media.held]).toEqual([])
    const [first] = invites()
    says(200)
    if (first) server.send(reply(first, 200, contact, directed('answer', 'recvonly')))
    await until(() => invites().length === 2)
    expect(direction(invites()[1]?.body ?? '')).toBe('sendrecv')
    await until(() => server.count('ACK') === 2)
    await on.hold(true)
    stable()
  })

  it('that meets the far end’s own wish is tried again', async () => {
    const { call: on } = await call()
    says(491, 491, 200)
    await on.hold(true)
    expect(invites()).toHaveLength(3)
    expect(invites().map(({ body }) => direction(body))).toEqual(['sendonly', 'sendonly', 'sendonly'])
    stable()
  })

  it('that meets it for ever is given up', async () => {
    const { call: on } = await call()
    says(491)
    await expect(on.hold(true)).rejects.toMatchObject({ trouble: { code: 'sip.holdCrossed' } })
    expect([...media.held]).toEqual([])
    stable()
  })

  it('without a connection is refused at once', async () => {
    const { call: on } = await call({ backoffFirstMs: 5_000, backoffMaxMs: 5_000 })
    server.client?.terminate()
    await until(() => account.state.status !== 'registered')
    await expect(on.hold(true)).rejects.toMatchObject({ trouble: { code: 'sip.holdOffline' } })
    expect([...media.held]).toEqual([])
  })

  it('whose connection breaks meanwhile is given up at once, leaves no offer open, and stands in the way of nothing', async () => {
    const { call: on } = await call()
    says('nothing')
    const holding = on.hold(true).catch((error: { trouble: { code: string } }) => error.trouble.code)
    await until(() => invites().length === 1)
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      return got.head.method === 'INVITE' ? reply(got, 200, contact, directed('answer', fitting(got))) : null
    }
    server.client?.terminate()
    await until(() => server.connections === 2)
    expect(await holding).toBe('sip.holdOffline')
    // The way back to us, told on the new connection.
    await until(() => invites().length === 2)
    await until(() => media.offering.size === 0)
    expect([...media.held]).toEqual([])
    await on.hold(true)
    expect([...media.held]).toEqual([on.id])
    stable()
  })

  it('whose connection breaks after 100 Trying is given up as well', async () => {
    const { call: on } = await call()
    says('nothing')
    const holding = on.hold(true).catch((error: { trouble: { code: string } }) => error.trouble.code)
    const invite = await server.heard(({ head }) => head.method === 'INVITE')
    server.send(reply(invite, 100))
    await pause(30)
    server.client?.terminate()
    expect(await holding).toBe('sip.holdOffline')
    expect([...media.held]).toEqual([])
  })

  it('answered by a redirection is refused, and can be tried again', async () => {
    const { call: on } = await call()
    says(302)
    await expect(on.hold(true)).rejects.toMatchObject({ trouble: { code: 'sip.holdRefused' } })
    expect([...media.held]).toEqual([])
    says(200)
    await on.hold(true)
    stable()
  })

  it('wished and unwished at once: the last wish counts', async () => {
    const { call: on } = await call()
    says(200)
    await Promise.all([on.hold(true), on.hold(false), on.hold(true), on.hold(false)])
    expect([...media.held]).toEqual([])
    expect(direction(invites().at(-1)?.body ?? chromiumSdp('offer'))).toBe('sendrecv')
    await Promise.all([on.hold(false), on.hold(true)])
    expect([...media.held]).toEqual([on.id])
    expect(direction(invites().at(-1)?.body ?? '')).toBe('sendonly')
    stable()
  })

  it('lets the far end wait with a change of its own, and takes it afterwards', async () => {
    const { call: on, inDialog } = await call()
    says('nothing')
    const holding = on.hold(true)
    await until(() => invites().length === 1)
    inDialog('INVITE', directed('offer', 'sendrecv'))
    await answers(491, 'INVITE')
    inDialog('ACK')
    const [ours] = invites()
    if (ours) server.send(reply(ours, 200, contact, directed('answer', 'recvonly')))
    await holding
    inDialog('INVITE', directed('offer', 'sendrecv'))
    const ok = await server.heard(({ head }) => head.status === 200 && headerOf(head, 'cseq') === '3 INVITE')
    expect(direction(ok.body)).toBe('sendonly')
    stable()
  })

  it('waits until the far end’s own change is acknowledged', async () => {
    const { call: on, inDialog } = await call()
    says(200)
    inDialog('INVITE', directed('offer', 'sendrecv'))
    await until(() => server.got.some(({ head }) => head.status === 200 && headerOf(head, 'cseq') === '2 INVITE'))
    const holding = on.hold(true)
    await pause(60)
    expect(invites()).toHaveLength(0)
    inDialog('ACK')
    await holding
    expect(invites()).toHaveLength(1)
    stable()
  })
})

describe('a held call', () => {
  let held: Awaited<ReturnType<typeof call>>
  beforeEach(async () => {
    held = await call()
    says(200)
    await held.call.hold(true)
  })

  it('stays held through an ICE restart', async () => {
    media.report({ peer: held.call.id, moreCandidates: true })
    await until(() => invites().length === 2)
    expect(direction(invites()[1]?.body ?? '')).toBe('sendonly')
    await until(() => media.offering.size === 0)
  })

  it('stays held in another media page, which makes it so', async () => {
    media.setPresent(false)
    media.asked.length = 0
    media.setPresent(true)
    await until(() => invites().length === 3)
    expect(media.asked[0]).toMatchObject({ operation: 'peer.offer', input: { held: true } })
    expect(
      invites()
        .slice(1)
        .map(({ body }) => direction(body.slice(body.lastIndexOf('m=audio 5')))),
    ).toEqual(['sendonly', 'sendonly'])
    expect([...media.held]).toEqual([held.call.id])
  })

  it('stays held when the connection was lost', async () => {
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      return got.head.method === 'INVITE' ? reply(got, 200, contact, directed('answer', fitting(got))) : null
    }
    server.client?.terminate()
    await until(() => invites().length === 2)
    expect(direction(invites()[1]?.body ?? '')).toBe('sendonly')
  })

  it('sends key tones by INFO, for no audio of ours need reach anybody', async () => {
    await held.call.dtmf('12')
    expect(media.of('peer.dtmf')).toHaveLength(0)
    expect(server.got.filter(({ head }) => head.method === 'INFO').map(({ body }) => /Signal=(.)/.exec(body)?.[1])).toEqual(['1', '2'])
  })

  it('ends like any other', async () => {
    const end = ended(held.call)
    held.call.hangUp()
    expect(await end).toMatchObject({ by: 'local', trouble: null })
    await expect(held.call.hold(false)).rejects.toMatchObject({ trouble: { code: 'sip.callOver' } })
  })
})

describe('the far end holds', () => {
  const heard = (on: { onRemoteHold: ((held: boolean) => void) | null }) => {
    const said: boolean[] = []
    on.onRemoteHold = (held) => said.push(held)
    return said
  }
  const answered = (cseq: number) => server.heard(({ head }) => head.status === 200 && headerOf(head, 'cseq') === `${cseq} INVITE`)

  it('and resumes: both are said, and its music is still received', async () => {
    const { call: on, inDialog } = await call()
    const said = heard(on)
    inDialog('INVITE', directed('offer', 'sendonly'))
    expect(direction((await answered(2)).body)).toBe('recvonly')
    inDialog('ACK')
    await until(() => said.length === 1)
    // The library takes no INVITE in the turn of the event loop that brought the ACK.
    await pause(30)
    inDialog('INVITE', directed('offer', 'sendrecv'))
    await answered(3)
    inDialog('ACK')
    await until(() => said.length === 2)
    expect(said).toEqual([true, false])
  })

  it.each([
    ['inactive', directed('offer', 'inactive')],
    [
      'the address 0.0.0.0',
      directed('offer', 'sendrecv')
        .replace('c=IN IP4 10.77.0.1', 'c=IN IP4 0.0.0.0')
        .replace(/a=ice-.*\r\n/g, ''),
    ],
  ])('by %s', async (_how, body) => {
    const { call: on, inDialog } = await call()
    const said = heard(on)
    inDialog('INVITE', body)
    await until(() => said.length === 1)
    expect(said).toEqual([true])
  })

  it('is not what 0.0.0.0 means before candidates are known', async () => {
    const { call: on, inDialog } = await call()
    const said = heard(on)
    inDialog('INVITE', directed('offer', 'sendrecv').replace('c=IN IP4 10.77.0.1', 'c=IN IP4 0.0.0.0'))
    await answered(2)
    expect(said).toEqual([])
  })

  it('in its answer to an offer of ours', async () => {
    const { call: on } = await call()
    const said = heard(on)
    says({ answer: 'sendonly' })
    media.report({ peer: on.id, moreCandidates: true })
    await until(() => said.length === 1)
    expect(said).toEqual([true])
  })

  it('while we do: nothing goes either way, and each resumes for itself', async () => {
    const { call: on, inDialog } = await call()
    const said = heard(on)
    says(200)
    await on.hold(true)
    inDialog('INVITE', directed('offer', 'sendonly'))
    expect(direction((await answered(2)).body)).toBe('inactive')
    inDialog('ACK')
    await until(() => said.length === 1)
    says({ answer: 'sendonly' })
    await on.hold(false)
    expect(direction(invites().at(-1)?.body ?? '')).toBe('sendrecv')
    expect(said).toEqual([true])
  })
})
