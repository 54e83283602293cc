/**
 * Signalling against a real Asterisk, without a page: descriptions come from a recording stand-in for the media page, so that
 * nothing is heard here. Calls with audio are in calls.interop.ts.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type WebSocket from 'ws'
import { systemClock } from '../../main/clock'
import { silentLog } from '../../main/log'
import { createOutgoing } from '../../main/network/outgoing'
import { trustedCertificates } from '../../main/network/trust'
import {
  type CallEnd,
  createSipAccount,
  type SipAccount,
  type SipAccountConfig,
  type SipCall,
  webSocketConnector,
} from '../../main/telephony'
import { privateAuthority } from '../fixtures/certificates'
import { MediaStandIn } from '../fixtures/media-stand-in'
import { Asterisk } from './asterisk/asterisk'

const authority = privateAuthority()
let pbx: Asterisk
let accounts: SipAccount[] = []

beforeAll(async () => {
  pbx = await Asterisk.start({ certificate: authority.issue('DNS:localhost,IP:127.0.0.1') })
  console.log(`against ${await pbx.version()}`)
})
afterAll(() => pbx.stop())
beforeEach(() => {
  accounts = []
})
afterEach(async () => {
  await Promise.all(accounts.map((account) => account.stop()))
})

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await pause(20)
}

function phone(
  user: string,
  given: { password?: string; url?: string; trustAuthority?: boolean; trusts?: Partial<SipAccountConfig> } = {},
) {
  const media = new MediaStandIn()
  let socket: WebSocket | null = null
  const outgoing = createOutgoing({
    configuredProxy: () => '',
    proxyFor: async () => null,
    log: silentLog(),
    trust: trustedCertificates(silentLog(), given.trustAuthority === false ? [] : [authority.cert]),
  })
  const account = createSipAccount({
    config: {
      id: `interop-${user}`,
      user,
      domain: 'localhost',
      authUser: '',
      password: given.password ?? `${user}pw`,
      displayName: '',
      outboundProxy: '',
      ice: { servers: [], loopback: false },
      declineCode: 486,
      ...given.trusts,
    },
    servers: [
      {
        name: 'pbx.invalid',
        connector: webSocketConnector(
          given.url ?? pbx.ws,
          async (url, protocols, signal) => {
            socket = await outgoing.webSocket(url, protocols, { signal })
            return socket
          },
          { log: silentLog() },
        ),
        protocol: (given.url ?? pbx.ws).startsWith('wss:') ? 'WSS' : 'WS',
      },
    ],
    media,
    log: silentLog(),
    clock: systemClock,
    limits: { backoffFirstMs: 200, backoffMaxMs: 500, ringingMs: 500 },
  })
  const states: string[] = []
  account.onState = ({ status }) => states.push(status)
  accounts.push(account)
  account.start()
  return { account, media, states, breakConnection: () => socket?.terminate() }
}
const registered = async (given: ReturnType<typeof phone>) => {
  await until(() => given.account.state.status === 'registered')
  return given
}
const ended = (call: SipCall) =>
  new Promise<CallEnd>((done) => {
    call.onEnd = done
  })
const connected = (call: SipCall) =>
  new Promise<void>((done) => {
    call.onConnected = done
  })
const ringing = (account: SipAccount) =>
  new Promise<SipCall>((done) => {
    account.onIncoming = done
  })

describe('registering', () => {
  it('over ws on loopback; the PBX has the contact, and has it no more after the end', async () => {
    const { account } = await registered(phone('alice'))
    expect(await pbx.rx('pjsip show contacts')).toContain('alice/sip:')
    await account.stop()
    expect(await pbx.rx('pjsip show contacts')).not.toContain('alice/sip:')
  })

  it('over wss with a certificate of a private authority', async () => {
    await registered(phone('alice', { url: pbx.wss }))
  })

  it('not over wss when nobody knows the authority, and says so', async () => {
    const { account } = phone('alice', { url: pbx.wss, trustAuthority: false })
    await until(() => account.state.status === 'offline')
    expect(account.state.trouble?.code).toBe('network.certificateUnknownIssuer')
  })

  it('with a wrong password: told once, clearly', async () => {
    const { account, states } = phone('alice', { password: 'wrong' })
    await until(() => account.state.status === 'refused')
    expect(account.state.trouble?.code).toBe('sip.passwordRefused')
    await pause(2000)
    expect(states).toEqual(['connecting', 'refused'])
  })
})

describe('outgoing calls', () => {
  it('connect and are hung up by us', async () => {
    const { account } = await registered(phone('alice'))
    const call = account.dial('600')
    await connected(call)
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
    await until(async () => /0 active channels/.test(await pbx.rx('core show channels count')))
  })

  it.each([
    ['605', 486],
    ['999', 404],
  ])('to %s end with %i', async (extension, status) => {
    const { account } = await registered(phone('alice'))
    expect(await ended(account.dial(extension))).toMatchObject({ by: 'remote', status, trouble: null })
  })

  it('are cancelled while they ring', async () => {
    const { account } = await registered(phone('alice'))
    const call = account.dial('604')
    await new Promise<void>((done) => {
      call.onRinging = () => done()
    })
    call.hangUp()
    await until(async () => /0 active channels/.test(await pbx.rx('core show channels count')))
  })

  it('hear the network’s announcement, then that it was rejected', async () => {
    const { account, media } = await registered(phone('alice'))
    const call = account.dial('606')
    const early: boolean[] = []
    call.onRinging = (given) => early.push(given)
    expect((await ended(call)).status).toBeGreaterThanOrEqual(400)
    expect(early).toEqual([true])
    expect(media.of('peer.remote', call.id)[0]?.input).toMatchObject({ type: 'pranswer' })
  })

  it('give the PBX key tones by INFO where RTP events were not agreed', async () => {
    const { account, media } = await registered(phone('alice'))
    media.override['peer.dtmf'] = () => ({ sent: false })
    await pbx.rx('dialplan set global LASTDIGITS none')
    const call = account.dial('602')
    await connected(call)
    await pause(1000)
    await call.dtmf('1294')
    await until(async () => /LASTDIGITS=1294/.test(await pbx.rx('dialplan show globals')))
  })
})

describe('incoming calls', () => {
  it('come with number and name, are answered, and end when the PBX hangs up', async () => {
    const { account } = await registered(phone('alice'))
    const rings = ringing(account)
    void pbx.callFrom('0812345678', 'Åsa Lind', '100')
    const call = await rings
    expect(call.remote).toEqual({ number: '0812345678', displayName: 'Åsa Lind', withheld: false })
    const up = connected(call)
    await call.answer()
    await up
    const end = ended(call)
    await pbx.rx('channel request hangup all')
    expect(await end).toMatchObject({ by: 'remote', status: null })
  })

  it('say who calls and which queue was called by what the account trusts', async () => {
    const trusting = await registered(phone('erin'))
    const rings = ringing(trusting.account)
    void pbx.callFrom('0812345678', 'Åsa Lind', '300')
    const call = await rings
    expect(call.remote).toEqual({ number: '0812345678', displayName: 'Åsa Lind', withheld: false })
    expect(call.calledLine).toBe('Sales queue (300)')
    const end = ended(call)
    await pbx.rx('channel request hangup all')
    await end
    await trusting.account.stop()

    const doubting = await registered(phone('erin', { trusts: { callerHeaders: ['from'], calledLineHeaders: false } }))
    const ringsAgain = ringing(doubting.account)
    void pbx.callFrom('0812345678', 'Åsa Lind', '300')
    const again = await ringsAgain
    expect(again.remote.number).toBe('trunk')
    expect(again.calledLine).toBeNull()
    await pbx.rx('channel request hangup all')
  })

  it('are declined: the caller hears busy', async () => {
    const alice = await registered(phone('alice'))
    const bob = await registered(phone('bob'))
    const rings = ringing(alice.account)
    const fromBob = bob.account.dial('100')
    const end = ended(fromBob)
    ;(await rings).decline()
    expect(await end).toMatchObject({ by: 'remote', status: 486 })
  })

  it('in a ring group: the one who does not answer learns that another did', async () => {
    const alice = await registered(phone('alice'))
    const bob = await registered(phone('bob'))
    const [atAlice, atBob] = [ringing(alice.account), ringing(bob.account)]
    void pbx.callFrom('0812345678', 'Group caller', '200')
    const [mine, theirs] = await Promise.all([atAlice, atBob])
    const end = ended(mine)
    await theirs.answer()
    expect(await end).toMatchObject({ by: 'remote', answeredElsewhere: true })
    theirs.hangUp()
  })

  it('given up by the caller are not answered elsewhere', async () => {
    const alice = await registered(phone('alice'))
    const bob = await registered(phone('bob'))
    const rings = ringing(alice.account)
    const fromBob = bob.account.dial('100')
    const end = ended(await rings)
    fromBob.hangUp()
    expect(await end).toMatchObject({ by: 'remote', answeredElsewhere: false })
  })
})

describe('the connection breaks while a call rings', () => {
  const broken = async ({ account, states, breakConnection }: ReturnType<typeof phone>) => {
    const before = states.length
    breakConnection()
    await until(() => states.length > before && account.state.status === 'registered')
  }

  it('here: it rings on while the PBX knows it, and ends with it', async () => {
    const alice = await registered(phone('alice'))
    const rings = ringing(alice.account)
    void pbx.callFrom('0812345678', 'Åsa Lind', '100')
    const call = await rings
    let end: CallEnd | null = null
    call.onEnd = (how) => {
      end = how
    }
    await broken(alice)
    await pause(2_500)
    expect(end).toBeNull()
    await pbx.rx('channel request hangup all')
    await until(() => end !== null)
    // By its CANCEL where that found the way, else because it is not known any more.
    console.log(`the end came as ${JSON.stringify(end)}`)
  })

  it('there: it is over, for its answer could not come', async () => {
    const alice = await registered(phone('alice'))
    const bob = await registered(phone('bob'))
    const rings = ringing(bob.account)
    const call = alice.account.dial('101')
    const end = ended(call)
    const atBob = ended(await rings)
    await broken(alice)
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.callDropped' } })
    expect(await atBob).toMatchObject({ by: 'remote' })
  })
})

describe('the PBX restarts', () => {
  it('while a call rings here: it ends', async () => {
    const alice = await registered(phone('alice'))
    const rings = ringing(alice.account)
    void pbx.callFrom('0812345678', 'Åsa Lind', '100')
    const end = ended(await rings)
    await pbx.kill()
    await pbx.boot()
    expect(await end).toMatchObject({ by: 'network', trouble: { code: 'sip.callDropped' } })
  })

  it('while nothing goes on: registered again by itself, and callable', async () => {
    const { account, states } = await registered(phone('alice'))
    await pbx.kill()
    await until(() => account.state.status !== 'registered')
    await pbx.boot()
    await until(() => account.state.status === 'registered')
    expect(states).toContain('offline')
    const rings = ringing(account)
    void pbx.call('alice')
    ;(await rings).decline()
  })

  it('during a call: hang-up works, before and after it is back', async () => {
    const { account, media } = await registered(phone('alice'))
    const call = account.dial('600')
    await connected(call)
    // The far end's audio still arrives, as it does from a media server that was not restarted.
    let packets = 0
    media.override['peer.stats'] = () => ({
      connection: 'connected',
      codec: 'opus',
      packetsSent: 0,
      packetsReceived: ++packets,
      packetsLost: 0,
      energyReceived: 0,
      energySent: 0,
      jitter: null,
      roundTripTime: null,
    })
    let over = false
    call.onEnd = () => {
      over = true
    }
    await pbx.kill()
    await pbx.boot()
    await until(() => account.state.status === 'registered')
    await until(() => packets >= 2)
    expect(over).toBe(false)
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
    await connected(account.dial('600'))
  })
})
