/** Calls that ring while the connection breaks. Real sockets, scripted far end. */
import { describe, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import { ended, phone, registered, ringing, server, until } from '../../test/fixtures/scripted-phone'
import { reply } from '../../test/fixtures/scripted-server'
import { headerOf } from './message'

const cut = async () => {
  const { connections } = server
  server.client?.terminate()
  await until(() => server.connections > connections)
}

describe('a call that nobody has answered when the connection breaks', () => {
  it('and that rings here is over once its far end knows nothing of it', async () => {
    const account = phone()
    await registered(account)
    const rings = ringing(account)
    server.send(await server.invite({ callId: 'in', body: chromiumSdp('offer') }))
    const end = ended(await rings)
    server.respond = (got) => (got.head.method === 'REGISTER' ? server.granted(got) : reply(got, 481))
    await cut()
    expect(await end).toEqual({ by: 'remote', status: 487, answeredElsewhere: false, trouble: null })
    const asked = await server.heard(({ head }) => head.method === 'OPTIONS')
    expect(headerOf(asked.head, 'call-id')).toBe('in')
    expect(headerOf(asked.head, 'cseq')).toBe('0 OPTIONS')
  })

  it('and that rings here rings on while the far end knows it, and is asked about until it is answered', async () => {
    const account = phone({ limits: { stillCallsMs: 30 } })
    await registered(account)
    const rings = ringing(account)
    server.send(await server.invite({ callId: 'in', body: chromiumSdp('offer') }))
    const call = await rings
    server.respond = (got) => (got.head.method === 'REGISTER' ? server.granted(got) : reply(got, 500))
    await cut()
    await until(() => server.count('OPTIONS') > 2)
    await call.answer()
    const asked = server.count('OPTIONS')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(server.count('OPTIONS')).toBe(asked)
  })

  it('and that rings there is cancelled and over: its answer could not reach us', async () => {
    const account = phone()
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      return got.head.method === 'INVITE' ? reply(got, 180, ['Contact: <sip:pbx@pbx.invalid>'], '', 'early') : reply(got, 200)
    }
    await registered(account)
    const call = account.dial('600')
    await new Promise<void>((rings) => {
      call.onRinging = () => rings()
    })
    const end = ended(call)
    await cut()
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.callDropped' } })
    await server.heard(({ head }) => head.method === 'CANCEL')
  })

  it('is over after a while when it cannot register again', async () => {
    const account = phone({ limits: { farewellMs: 60 } })
    await registered(account)
    const rings = ringing(account)
    server.send(await server.invite({ callId: 'in', body: chromiumSdp('offer') }))
    const end = ended(await rings)
    server.respond = () => null
    server.client?.terminate()
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.callDropped' } })
  })
})
