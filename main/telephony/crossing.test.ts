/** When two things happen at once: our word and the network's, or the media page's, cross on the way. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { chromiumSdp, MediaStandIn } from '../../test/fixtures/media-stand-in'
import { type Got, openPlainly, reply, request, ScriptedServer } from '../../test/fixtures/scripted-server'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { TroubleError } from '../trouble'
import { type CallEnd, createSipAccount, type SipAccount, type SipCall, type TelephonyLimits, webSocketConnector } from './index'
import { headerOf } from './message'

let server: ScriptedServer
let media: MediaStandIn
let account: SipAccount

beforeEach(async () => {
  server = await ScriptedServer.start()
  media = new MediaStandIn()
})
afterEach(async () => {
  await account.stop()
  await server.stop()
  expect(media.listeners).toBe(0)
})

async function phone(limits: Partial<TelephonyLimits> = {}): Promise<void> {
  const config = { id: 'a', user: 'alice', domain: 'pbx.invalid', authUser: '', password: '', displayName: '', outboundProxy: '' }
  account = createSipAccount({
    config: { ...config, ice: { servers: [], loopback: false }, declineCode: 486 },
    servers: [
      {
        name: 'pbx.invalid',
        connector: webSocketConnector(`ws://127.0.0.1:${server.port}`, openPlainly, { log: silentLog() }),
        protocol: 'WS',
      },
    ],
    media,
    log: silentLog(),
    clock: systemClock,
    limits: { stopMs: 50, maxPrepared: 0, ...limits },
  })
  account.start()
  await until(() => account.state.status === 'registered')
}
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}
const ended = (call: SipCall) =>
  new Promise<CallEnd>((resolve) => {
    call.onEnd = resolve
  })
const heard = (method: string) => server.heard(({ head }) => head.method === method)
const status = (code: number, method: string) =>
  server.heard(({ head }) => head.status === code && headerOf(head, 'cseq')?.endsWith(method) === true)
const contact = ['Contact: <sip:pbx@pbx.invalid;transport=ws>']
const ring = async (): Promise<SipCall> => {
  const call = new Promise<SipCall>((resolve) => {
    account.onIncoming = resolve
  })
  server.send(
    await server.invite({ callId: 'in', headers: { Via: 'SIP/2.0/WS pbx.invalid;branch=z9hG4bKin' }, body: chromiumSdp('offer') }),
  )
  return call
}
const cancel = async () =>
  server.send(
    request('CANCEL', await server.contact(), {
      callId: 'in',
      headers: { Via: 'SIP/2.0/WS pbx.invalid;branch=z9hG4bKin', CSeq: '1 CANCEL' },
    }),
  )

describe('we hang up', () => {
  it('while 200 is on its way: it is acknowledged, and the call taken down', async () => {
    let invite: Got | null = null
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      if (got.head.method === 'INVITE') {
        invite = got
        return reply(got, 180, contact)
      }
      // The CANCEL came too late: someone has picked up.
      if (got.head.method === 'CANCEL' && invite) return [reply(got, 200), reply(invite, 200, contact, chromiumSdp('answer'))]
      return got.head.method === 'BYE' ? reply(got, 200) : null
    }
    await phone()
    const call = account.dial('600')
    await new Promise<void>((resolve) => {
      call.onRinging = () => resolve()
    })
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local', trouble: null })
    await heard('ACK')
    await heard('BYE')
  })

  it('while the page makes the offer: nothing is ever sent', async () => {
    media.override = { 'peer.offer': () => 'hang' }
    await phone()
    const call = account.dial('600')
    const end = ended(call)
    await until(() => media.of('peer.offer').length > 0)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local', trouble: null })
    expect(media.of('peer.close', call.id)).toHaveLength(1)
    expect(server.count('INVITE')).toBe(0)
  })

  it('in the turn in which we dialled: nothing is ever sent', async () => {
    await phone()
    const call = account.dial('600')
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local', trouble: null })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(server.count('INVITE')).toBe(0)
  })

  it('while the page makes the answer: the caller hears that we are not there', async () => {
    media.override = { 'peer.answer': () => 'hang' }
    await phone()
    const call = await ring()
    const end = ended(call)
    const answered = call.answer()
    await until(() => media.of('peer.answer').length > 0)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
    await expect(answered).rejects.toThrow()
    await status(480, 'INVITE')
    expect(server.got.filter(({ head }) => head.status === 200 && headerOf(head, 'cseq')?.endsWith('INVITE'))).toEqual([])
  })
})

describe('the far end', () => {
  it('gives up while the page makes the answer: the call was missed', async () => {
    media.override = { 'peer.answer': () => 'hang' }
    await phone()
    const call = await ring()
    const end = ended(call)
    const answered = call.answer()
    await until(() => media.of('peer.answer').length > 0)
    await cancel()
    expect(await end).toMatchObject({ by: 'remote', status: 487, trouble: null })
    await answered.catch(() => undefined)
    await status(200, 'CANCEL')
    await status(487, 'INVITE')
  })

  it('answers twice, from two branches: the second is acknowledged and taken down', async () => {
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      if (got.head.method === 'INVITE')
        return [reply(got, 200, contact, chromiumSdp('answer'), 'one'), reply(got, 200, contact, chromiumSdp('answer'), 'two')]
      return got.head.method === 'BYE' ? reply(got, 200) : null
    }
    await phone()
    const call = account.dial('600')
    await new Promise<void>((resolve) => {
      call.onConnected = resolve
    })
    const bye = await heard('BYE')
    expect(headerOf(bye.head, 'to')).toContain('tag=two')
    const end = ended(call)
    call.hangUp()
    await end
  })

  it('answers with what no page can use: acknowledged, taken down, and said', async () => {
    media.override = {
      'peer.remote': () => {
        throw new Error('the page cannot use it')
      },
    }
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      if (got.head.method === 'INVITE') return reply(got, 200, contact, chromiumSdp('answer'))
      return got.head.method === 'BYE' ? reply(got, 200) : null
    }
    await phone()
    const call = account.dial('600')
    const end = await ended(call)
    expect(end.trouble?.code).toBe('general.unexpected')
    await heard('ACK')
    await heard('BYE')
  })
})

describe('the page is reloaded', () => {
  /** The page hangs at its first `operation` until `reload` takes it away; a new one is there a moment later. */
  function hangsFirst(operation: 'peer.offer' | 'peer.answer'): () => Promise<void> {
    let cutOff: (error: Error) => void = () => {}
    const ask = media.request.bind(media)
    const cut = new Promise<never>((_resolve, reject) => {
      cutOff = reject
    })
    media.request = (asked, input, options) => {
      const first = asked === operation && media.of(operation).length === 0
      const answer = ask(asked, input, options)
      return first ? Promise.race([answer.then(() => cut), cut]) : answer
    }
    return async () => {
      await until(() => media.of(operation).length > 0)
      media.setPresent(false)
      cutOff(new TroubleError('media.absent'))
      setTimeout(() => media.setPresent(true), 30)
    }
  }
  const hungUp = async (call: SipCall) => {
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local', trouble: null })
  }

  it('while it makes the offer: the new page makes it', async () => {
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      if (got.head.method === 'INVITE') return reply(got, 200, contact, chromiumSdp('answer'))
      return got.head.method === 'ACK' ? null : reply(got, 200)
    }
    const reload = hangsFirst('peer.offer')
    await phone()
    const call = account.dial('600')
    const up = new Promise<void>((resolve) => {
      call.onConnected = resolve
    })
    await reload()
    await up
    await hungUp(call)
  })

  it('while it makes the answer: the new page makes it', async () => {
    const reload = hangsFirst('peer.answer')
    await phone()
    const call = await ring()
    const answered = call.answer()
    await reload()
    await answered
    await status(200, 'INVITE')
    await hungUp(call)
  })
})
