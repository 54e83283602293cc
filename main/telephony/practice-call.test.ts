/** A SIP account and the practice line's server, real SIP on both ends of the in-memory pipe. */
import { afterEach, describe, expect, it } from 'vitest'
import { MediaStandIn } from '../../test/fixtures/media-stand-in'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { TroubleError } from '../trouble'
import {
  type CallEnd,
  createPipe,
  createPracticeServer,
  createSipAccount,
  type PracticeCallee,
  type SipAccount,
  type SipCall,
} from './index'

const credentials = { user: 'rep', password: 'practice makes perfect' }
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function line(given: { password?: string; onCall?: (callee: PracticeCallee) => void } = {}) {
  const phoneMedia = new MediaStandIn()
  const robotMedia = new MediaStandIn()
  const server = createPracticeServer({
    domain: 'practice.invalid',
    credentials,
    media: robotMedia,
    clock: systemClock,
    log: silentLog(),
    onCall: given.onCall ?? ((callee) => callee.reject(404)),
    onTransfer: () => ({ ringsMs: 0, status: 404 }),
  })
  const account = createSipAccount({
    config: {
      id: 'practice',
      user: credentials.user,
      domain: 'practice.invalid',
      authUser: '',
      password: given.password ?? credentials.password,
      displayName: 'Rep',
      outboundProxy: '',
      ice: { servers: [], loopback: true },
      declineCode: 486,
    },
    servers: [
      {
        name: 'pbx.invalid',
        connector: async () => {
          const [ours, theirs] = createPipe()
          server.accept(theirs)
          return ours
        },
        protocol: 'WS',
      },
    ],
    media: phoneMedia,
    log: silentLog(),
    clock: systemClock,
    limits: { pageGoneMs: 200, backoffFirstMs: 20, backoffMaxMs: 50 },
  })
  cleanups.push(
    () => server.close(),
    () => account.stop(),
  )
  return { phoneMedia, robotMedia, server, account }
}

const registered = (account: SipAccount) =>
  new Promise<void>((resolve) => {
    account.onState = (state) => state.status === 'registered' && resolve()
    account.start()
  })
const connected = (call: SipCall) =>
  new Promise<void>((resolve) => {
    call.onConnected = resolve
  })
const ended = (call: SipCall) =>
  new Promise<CallEnd>((resolve) => {
    call.onEnd = resolve
  })
const incoming = (account: SipAccount) =>
  new Promise<SipCall>((resolve) => {
    account.onIncoming = resolve
  })
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('the first offer of a call', () => {
  const offers = (media: MediaStandIn) => media.asked.filter(({ operation }) => operation === 'peer.offer')

  it('is asked for within the dialling, before anything can be shown of the call, and once', async () => {
    const { account, phoneMedia } = line({ onCall: (callee) => void callee.answer('echo') })
    await registered(account)
    const call = account.dial('600')
    expect(offers(phoneMedia).map(({ peer }) => peer)).toEqual([call.id])
    await connected(call)
    expect(offers(phoneMedia)).toHaveLength(1)
    call.hangUp()
  })

  it('is asked for again of the next page when the first goes away over it', async () => {
    const { account, phoneMedia } = line({ onCall: (callee) => void callee.answer('echo') })
    await registered(account)
    phoneMedia.override['peer.offer'] = () => {
      phoneMedia.override = {}
      throw new TroubleError('media.absent')
    }
    const call = account.dial('600')
    await connected(call)
    expect(offers(phoneMedia)).toHaveLength(2)
    call.hangUp()
  })

  it('leaves nothing behind when the rep thinks better of it in the same moment', async () => {
    let rang = 0
    const { account, phoneMedia } = line({ onCall: () => (rang += 1) })
    await registered(account)
    const call = account.dial('600')
    const over = ended(call)
    call.hangUp()
    expect((await over).by).toBe('local')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(phoneMedia.asked.map(({ operation }) => operation)).toEqual(['peer.offer', 'peer.close'])
    expect(rang).toBe(0)
  })
})

describe('registering', () => {
  it('signs in with digest', async () => {
    const { account, server } = line()
    await registered(account)
    expect(server.registered).toBe(true)
  })

  it('says that the password is wrong, once', async () => {
    const { account, server } = line({ password: 'wrong' })
    const states: string[] = []
    await new Promise<void>((resolve) => {
      account.onState = (state) => {
        states.push(state.status)
        if (state.status === 'refused') resolve()
      }
      account.start()
    })
    expect(account.state.trouble?.code).toBe('sip.passwordRefused')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(states).toEqual(['connecting', 'refused'])
    expect(server.registered).toBe(false)
  })

  it('gives up a connection that never comes about, and tries again', async () => {
    let attempts = 0
    const account = createSipAccount({
      config: {
        id: 'slow',
        user: 'rep',
        domain: 'pbx.invalid',
        authUser: '',
        password: '',
        displayName: '',
        outboundProxy: '',
        ice: { servers: [], loopback: false },
        declineCode: 486,
      },
      servers: [
        {
          name: 'pbx.invalid',
          connector: () => {
            attempts += 1
            return new Promise(() => {})
          },
          protocol: 'WSS',
        },
      ],
      media: new MediaStandIn(),
      log: silentLog(),
      clock: systemClock,
      limits: { connectMs: 30, backoffFirstMs: 20, backoffMaxMs: 20 },
    })
    cleanups.push(() => account.stop())
    account.start()
    await until(() => attempts > 2)
    expect(account.state.trouble).toMatchObject({ code: 'sip.unreachable', params: { server: 'pbx.invalid' } })
  })

  it('refuses to dial what makes no user part', async () => {
    const { account } = line()
    await registered(account)
    expect(() => account.dial('a%ff')).toThrow(expect.objectContaining({ trouble: expect.objectContaining({ code: 'call.badNumber' }) }))
  })

  it('takes the registration back at the end', async () => {
    const { account, server } = line()
    await registered(account)
    await account.stop()
    expect(server.registered).toBe(false)
  })
})

describe('outgoing calls', () => {
  it('rings, connects and is hung up by us', async () => {
    let robotEnded = 0
    const extensions: string[] = []
    const { account, phoneMedia, robotMedia } = line({
      onCall: (callee) => {
        extensions.push(callee.extension)
        callee.onEnd = () => {
          robotEnded += 1
        }
        callee.ring()
        setTimeout(() => void callee.answer('echo'), 20)
      },
    })
    await registered(account)
    const call = account.dial('600')
    const rang: boolean[] = []
    call.onRinging = (early) => rang.push(early)
    await connected(call)
    expect(extensions).toEqual(['600'])
    expect(rang).toEqual([false])
    expect(phoneMedia.asked.map(({ operation }) => operation)).toEqual(['peer.offer', 'peer.remote'])
    expect(robotMedia.asked[0]?.input).toMatchObject({ role: { kind: 'robot', program: 'echo' }, live: true })
    const end = ended(call)
    call.hangUp()
    expect(await end).toEqual({ by: 'local', status: null, answeredElsewhere: false, trouble: null })
    await until(() => robotEnded === 1)
    expect(phoneMedia.of('peer.close', call.id)).toHaveLength(1)
  })

  it('ends when the far end hangs up', async () => {
    const { account } = line({
      onCall: (callee) => void callee.answer('prompt').then(() => setTimeout(() => callee.hangUp(), 30)),
    })
    await registered(account)
    const call = account.dial('601')
    expect(await ended(call)).toMatchObject({ by: 'remote', status: null })
  })

  it('hears that the far end is busy', async () => {
    const { account } = line({ onCall: (callee) => callee.reject(486) })
    await registered(account)
    expect(await ended(account.dial('605'))).toEqual({ by: 'remote', status: 486, answeredElsewhere: false, trouble: null })
  })

  it('is cancelled while it rings, at once for us and soon for the far end', async () => {
    let over = false
    const { account } = line({
      onCall: (callee) => {
        callee.onEnd = () => {
          over = true
        }
        callee.ring()
      },
    })
    await registered(account)
    const call = account.dial('604')
    await new Promise<void>((resolve) => {
      call.onRinging = () => resolve()
    })
    let end: CallEnd | null = null
    call.onEnd = (given) => {
      end = given
    }
    call.hangUp()
    expect(end).toMatchObject({ by: 'local' })
    await until(() => over)
  })

  it('is given up before anything was sent when the page makes no offer', async () => {
    const { account, phoneMedia } = line()
    await registered(account)
    phoneMedia.override['peer.offer'] = () => 'hang'
    const call = account.dial('600')
    const end = ended(call)
    await new Promise((resolve) => setTimeout(resolve, 20))
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local', trouble: null })
  })

  it('refuses what cannot be dialled', async () => {
    const { account } = line()
    await registered(account)
    expect(() => account.dial('a b')).toThrow('call.badNumber')
  })
})

describe('incoming calls', () => {
  it('ring with the caller’s name, are prepared silently and answered at once', async () => {
    const { account, server, phoneMedia } = line()
    await registered(account)
    const ringing = incoming(account)
    const caller = server.call({ displayName: 'Åsa Lind', number: '+4681234567' }, 'prompt')
    const call = await ringing
    expect(call.remote).toEqual({ number: '+4681234567', displayName: 'Åsa Lind', withheld: false })
    expect(call.calledLine).toBeNull()
    await until(() => phoneMedia.of('peer.answer', call.id).length === 1)
    expect(phoneMedia.of('peer.answer', call.id)[0]?.input).toMatchObject({ live: false })
    const up = connected(call)
    await call.answer()
    await up
    expect(caller?.state).toBe('answered')
    expect(phoneMedia.of('peer.answer', call.id)).toHaveLength(1)
    expect(phoneMedia.of('peer.live', call.id)).toHaveLength(1)
    const end = ended(call)
    caller?.hangUp()
    expect(await end).toMatchObject({ by: 'remote' })
  })

  it('are declined with the account’s code', async () => {
    const { account, server } = line()
    await registered(account)
    const ringing = incoming(account)
    const caller = server.call({ displayName: null, number: '0701234567' }, 'prompt')
    const call = await ringing
    const status = new Promise((resolve) => {
      if (caller) caller.onEnd = resolve
    })
    call.decline()
    expect(await status).toBe(486)
  })

  it('end as missed when the caller gives up', async () => {
    const { account, server } = line()
    await registered(account)
    const ringing = incoming(account)
    const caller = server.call({ displayName: null, number: '0701234567' }, 'prompt')
    const call = await ringing
    const end = ended(call)
    await new Promise((resolve) => setTimeout(resolve, 20))
    caller?.hangUp()
    expect(await end).toEqual({ by: 'remote', status: 487, answeredElsewhere: false, trouble: null })
  })
})

describe('the media page goes away during a call', () => {
  it('comes back: the call goes on with a new offer, still muted', async () => {
    const { account, phoneMedia, robotMedia } = line({ onCall: (callee) => void callee.answer('echo') })
    await registered(account)
    const call = account.dial('600')
    await connected(call)
    await call.mute(true)
    const media: string[] = []
    call.onMedia = (state) => media.push(state)
    phoneMedia.setPresent(false)
    expect(media).toEqual(['lost'])
    phoneMedia.asked.length = 0
    phoneMedia.setPresent(true)
    await until(() => phoneMedia.of('peer.remote', call.id).length === 1)
    expect(phoneMedia.asked.map(({ operation }) => operation)).toEqual(['peer.offer', 'peer.mute', 'peer.remote'])
    // The call's own, then aside and back.
    expect(robotMedia.of('peer.answer')).toHaveLength(3)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
  })

  it('stays away: the call ends by itself', async () => {
    const { account, phoneMedia } = line({ onCall: (callee) => void callee.answer('echo') })
    await registered(account)
    const call = account.dial('600')
    await connected(call)
    const end = ended(call)
    phoneMedia.setPresent(false)
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.audioPageGone' } })
  })
})

it('falls back to INFO when key tones were not negotiated', async () => {
  const { account, phoneMedia } = line({ onCall: (callee) => void callee.answer('echo') })
  await registered(account)
  const call = account.dial('600')
  await connected(call)
  phoneMedia.override['peer.dtmf'] = () => ({ sent: false })
  await call.dtmf('12#')
  expect(phoneMedia.of('peer.dtmf')).toHaveLength(1)
})
