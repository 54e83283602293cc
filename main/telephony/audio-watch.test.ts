/** Audio that stops, and audio that is merely silent. Real sockets, scripted far end and media page. */
import { beforeEach, describe, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import { ended, media, pause, phone, registered, server, takenCall, until } from '../../test/fixtures/scripted-phone'
import { reply } from '../../test/fixtures/scripted-server'
import type { SipCall } from './port'

const contact = ['Contact: <sip:pbx@pbx.invalid;transport=ws>']
let call: SipCall
let inDialog: Awaited<ReturnType<typeof takenCall>>['inDialog']
let troubles: (string | null)[]
let over: boolean
let status: number

beforeEach(async () => {
  const account = phone({ limits: { silentMs: 60, audioGoneMs: 150, firstAudioMs: 400 } })
  await registered(account)
  ;({ call, inDialog } = await takenCall(account))
  troubles = []
  over = false
  status = 200
  call.onTrouble = (trouble) => troubles.push(trouble?.code ?? null)
  call.onEnd = () => {
    over = true
  }
  server.respond = (got) => {
    if (got.head.method === 'ACK') return null
    return got.head.method === 'INVITE'
      ? reply(got, status, status === 200 ? contact : [], status === 200 ? chromiumSdp('answer') : '')
      : reply(got, 200)
  }
})
/** Measurements as they come about every two seconds, here every 20 ms. */
async function measured(times: number, stats: (index: number) => Parameters<typeof media.measure>[1]): Promise<void> {
  for (let index = 0; index < times; index++) {
    media.measure(call.id, stats(index))
    await pause(20)
  }
}
const restarts = () => media.of('peer.offer', call.id).filter(({ input }) => (input as { iceRestart: boolean }).iceRestart).length

describe('no packets come', () => {
  beforeEach(() => media.report({ peer: call.id, connection: 'connected', flowing: true }))

  it('and no report: a new way is looked for once, and said until something comes', async () => {
    await measured(3, (index) => ({ packetsReceived: index + 1 }))
    await measured(12, () => ({ packetsReceived: 3 }))
    expect(restarts()).toBe(1)
    expect(troubles).toEqual(['sip.audioSilent'])
    await measured(12, () => ({ packetsReceived: 3 }))
    // It may well have nothing to say: its ICE consent stands.
    expect(over).toBe(false)
    expect(restarts()).toBe(1)
    await measured(2, (index) => ({ packetsReceived: 4 + index }))
    expect(troubles).toEqual(['sip.audioSilent', null])
  })

  it('but the far end reports what it hears: it is silent, and left alone', async () => {
    await measured(12, (index) => ({ packetsReceived: 3, roundTripTime: 0.02 + index / 1000 }))
    expect(restarts()).toBe(0)
    expect(troubles).toEqual([])
  })

  it('while we hold, or the far end does: nothing need come', async () => {
    server.respond = (got) =>
      got.head.method === 'INVITE' ? reply(got, 200, contact, chromiumSdp('answer').replace('a=sendrecv', 'a=recvonly')) : null
    await call.hold(true)
    await measured(8, () => ({ packetsReceived: 3 }))
    server.respond = (got) => (got.head.method === 'INVITE' ? reply(got, 200, contact, chromiumSdp('answer')) : null)
    await call.hold(false)
    await until(() => server.count('ACK') === 2)
    inDialog('INVITE', chromiumSdp('offer', 2).replace('a=sendrecv', 'a=sendonly'))
    await until(() => server.got.filter(({ head }) => head.status === 200).length === 2)
    await measured(8, () => ({ packetsReceived: 3 }))
    expect(restarts()).toBe(0)
    expect(troubles).toEqual([])
  })

  it('and the far end knows nothing of the call any more: it ends, and is said to be dropped', async () => {
    status = 481
    const end = ended(call)
    await measured(6, () => ({ packetsReceived: 3 }))
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.callDropped' } })
  })

  it('and ICE says that nobody is there: the call ends after its time', async () => {
    const end = ended(call)
    await measured(6, () => ({ packetsReceived: 3 }))
    media.report({ peer: call.id, connection: 'failed', flowing: false })
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.audioGone' } })
    expect(troubles).toEqual(['sip.audioSilent', 'sip.audioLost'])
  })
})

it('a call that the server has forgotten goes on while audio comes, and ends when that stops', async () => {
  let packets = 0
  let flows = true
  media.override['peer.stats'] = () => ({ packetsReceived: flows ? ++packets : packets })
  status = 481
  const end = ended(call)
  media.report({ peer: call.id, moreCandidates: true })
  await until(() => packets >= 3)
  flows = false
  expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.callDropped' } })
  expect(packets).toBeGreaterThanOrEqual(3)
})

describe('a call that is answered', () => {
  it('and never gets an audio connection: that is said, not taken back by the re-INVITE for a new way, and ends the call', async () => {
    const end = ended(call)
    media.report({ peer: call.id, connection: 'connecting', flowing: false })
    await until(() => troubles.length === 1)
    expect(troubles).toEqual(['sip.audioBlocked'])
    media.report({ peer: call.id, connection: 'failed', flowing: false })
    await until(() => restarts() === 1)
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.audioNeverCame' } })
    expect(troubles).toEqual(['sip.audioBlocked'])
  })

  it('and gets it late: it is taken back', async () => {
    await until(() => troubles.length === 1)
    media.report({ peer: call.id, connection: 'connected', flowing: true })
    await until(() => troubles.length === 2)
    expect(troubles).toEqual(['sip.audioBlocked', null])
  })

  it('and gets it in time: nothing is said', async () => {
    media.report({ peer: call.id, connection: 'connected', flowing: true })
    await pause(450)
    expect(troubles).toEqual([])
  })
})

it('a connection that fails is said to be lost until it is back, whatever the far end accepts meanwhile', async () => {
  media.report({ peer: call.id, connection: 'connected', flowing: true })
  media.report({ peer: call.id, connection: 'failed', flowing: false })
  await until(() => restarts() === 1)
  await pause(60)
  expect(troubles.at(-1)).toBe('sip.audioLost')
  media.report({ peer: call.id, connection: 'connected', flowing: true })
  expect(troubles.at(-1)).toBe(null)
})
