/**
 * Message waiting, colleagues' lines, directed pickup and fail-over against a real Asterisk, without a page. Delays are
 * printed: from what happens to what the listener hears.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../main/clock'
import { silentLog } from '../../main/log'
import {
  createSipAccount,
  type LineState,
  type MessageSummary,
  type SipAccount,
  type SipCall,
  type SipServer,
  webSocketConnector,
} from '../../main/telephony'
import { MediaStandIn } from '../fixtures/media-stand-in'
import { openPlainly } from '../fixtures/scripted-server'
import { Asterisk } from './asterisk/asterisk'

let pbx: Asterisk
let accounts: SipAccount[] = []
const second: Asterisk[] = []

beforeAll(async () => {
  pbx = await Asterisk.start()
  console.log(`against ${await pbx.version()}`)
})
afterAll(async () => {
  await pbx.stop()
  for (const other of second) await other.stop()
})
beforeEach(() => {
  accounts = []
})
afterEach(async () => {
  await Promise.all(accounts.map((account) => account.stop()))
})

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))
const until = async (condition: () => boolean | Promise<boolean>, every = 5) => {
  while (!(await condition())) await pause(every)
}
const serverAt = (name: string, url: string): SipServer => ({
  name,
  connector: webSocketConnector(url, openPlainly, { log: silentLog() }),
  protocol: 'WS',
})

async function phone(user: string, given: { servers?: SipServer[]; limits?: object } = {}): Promise<SipAccount> {
  const account = createSipAccount({
    config: {
      id: `presence-${user}`,
      user,
      domain: 'localhost',
      authUser: '',
      password: `${user}pw`,
      displayName: '',
      outboundProxy: '',
      ice: { servers: [], loopback: false },
      declineCode: 486,
      messageWaiting: true,
    },
    servers: given.servers ?? [serverAt('pbx', pbx.ws)],
    media: new MediaStandIn(),
    log: silentLog(),
    clock: systemClock,
    limits: { backoffFirstMs: 200, backoffMaxMs: 500, subscribeFirstMs: 200, subscribeSpreadMs: 50, ...given.limits },
  })
  accounts.push(account)
  return account
}
const registered = async (account: SipAccount) => {
  account.start()
  await until(() => account.state.status === 'registered')
  return account
}
const ringing = (account: SipAccount) =>
  new Promise<SipCall>((done) => {
    account.onIncoming = done
  })
const connected = (call: SipCall) =>
  new Promise<void>((done) => {
    call.onConnected = done
  })

/** Follows a line and tells how long each state took to arrive. */
function follow(account: SipAccount, target: string) {
  const seen: { line: LineState; at: number }[] = []
  account.watch(target, (line) => seen.push({ line, at: performance.now() }))
  return {
    seen,
    /** Resolves to ms since `began`. */
    is: async (state: LineState['state'], began: number) => {
      await until(() => seen.at(-1)?.line.state === state)
      return Math.round((seen.at(-1)?.at ?? 0) - began)
    },
  }
}

/** Somebody speaks into the mailbox for a while. */
const leaveMessage = (mailbox: string) => pbx.rx(`channel originate Local/*98${mailbox}@phones application Playback demo-thanks`)

describe('message waiting', () => {
  it.each([
    ['alice', '100', 'subscribed to'],
    ['bob', '101', 'told unasked'],
  ])('at %s, %s: a new message is shown (%s)', async (user, mailbox) => {
    const account = await phone(user)
    const seen: { summary: MessageSummary | null; at: number }[] = []
    account.onMessageWaiting = (summary) => seen.push({ summary, at: performance.now() })
    await registered(account)
    await until(() => seen.at(-1)?.summary?.waiting === false)
    await leaveMessage(mailbox)
    let stored = 0
    await until(async () => {
      if (
        stored === 0 &&
        /\s1$/m.test(
          (await pbx.rx('voicemail show users'))
            .split('\n')
            .find((line) => line.includes(mailbox))
            ?.trimEnd() ?? '',
        )
      )
        stored = performance.now()
      return seen.at(-1)?.summary?.waiting === true
    }, 20)
    const last = seen.at(-1)
    expect(last?.summary).toEqual({ waiting: true, fresh: 1, old: 0 })
    const delay = stored === 0 ? 0 : Math.max(Math.round((last?.at ?? 0) - stored), 0)
    console.log(`${user}: shown ${delay} ms after the console showed the message`)
  })
})

describe('a colleague’s line', () => {
  it('goes idle, ringing, busy and idle with the colleague’s phone', async () => {
    const alice = await registered(await phone('alice'))
    const bob = await registered(await phone('bob'))
    const line = follow(alice, '101')
    await line.is('idle', 0)
    const rings = ringing(bob)
    let began = performance.now()
    void pbx.callFrom('0812345678', 'Caller', '101')
    const call = await rings
    began = performance.now()
    console.log(`ringing: ${await line.is('ringing', began)} ms after the phone rang`)
    const up = connected(call)
    await call.answer()
    await up
    began = performance.now()
    console.log(`busy: ${await line.is('busy', began)} ms after the answer`)
    began = performance.now()
    call.hangUp()
    console.log(`idle: ${await line.is('idle', began)} ms after the end`)
    expect(line.seen.map(({ line: { state } }) => state)).toEqual(['unknown', 'idle', 'ringing', 'busy', 'idle'])
  })

  it('that nobody has is told in words', async () => {
    const alice = await registered(await phone('alice'))
    const line = follow(alice, '999')
    await until(() => line.seen.at(-1)?.line.trouble !== null && line.seen.length > 1)
    expect(line.seen.at(-1)?.line).toMatchObject({
      state: 'unknown',
      trouble: { code: 'colleagues.unknownLine', params: { number: '999' } },
    })
  })

  it('that rings is picked up: the caller speaks with us, the colleague’s phone falls silent', async () => {
    const alice = await registered(await phone('alice'))
    const bob = await registered(await phone('bob'))
    const line = follow(alice, '101')
    await line.is('idle', 0)
    const rings = ringing(bob)
    void pbx.callFrom('0812345678', 'Caller', '101')
    const atBob = await rings
    const silent = new Promise<void>((done) => {
      atBob.onEnd = () => done()
    })
    await line.is('ringing', 0)
    const picked = alice.dial('**101')
    await Promise.all([connected(picked), silent])
    await line.is('idle', 0)
    picked.hangUp()
  })

  it('comes back after the PBX was restarted, and so does the registration', async () => {
    const alice = await registered(await phone('alice'))
    const bob = await registered(await phone('bob'))
    const line = follow(alice, '101')
    await line.is('idle', 0)
    await pbx.kill()
    await line.is('unknown', 0)
    await pbx.boot()
    const began = performance.now()
    await until(() => alice.state.status === 'registered' && bob.state.status === 'registered')
    console.log(`watched again ${await line.is('idle', began)} ms after the PBX was up`)
    const rings = ringing(bob)
    void pbx.callFrom('0812345678', 'Caller', '101')
    const call = await rings
    await line.is('ringing', 0)
    call.decline()
  })
})

describe('a feature code without sound', () => {
  it('is carried out by the PBX; no media page is asked', async () => {
    const media = new MediaStandIn()
    media.present = false
    const alice = await registered(await phone('alice'))
    const call = alice.dial('*78', { silent: true })
    await new Promise<void>((done) => {
      call.onEnd = () => done()
    })
    expect(await pbx.rx('dialplan show globals')).toContain('DND=on')
  })
})

describe('two servers', () => {
  it('the second takes over when the first dies, and the first again when it is back', async () => {
    const other = await Asterisk.start()
    second.push(other)
    const alice = await phone('alice', {
      servers: [serverAt('first', pbx.ws), serverAt('second', other.ws)],
      limits: { preferredMs: 1000, preferredAgainMs: 500 },
    })
    await registered(alice)
    expect(alice.state.server).toBe('first')
    let began = performance.now()
    await pbx.kill()
    await until(() => alice.state.status === 'registered' && alice.state.server === 'second')
    console.log(`at the second ${Math.round(performance.now() - began)} ms after the first died`)
    expect(await other.rx('pjsip show contacts')).toContain('alice/sip:')
    const call = alice.dial('600')
    await connected(call)
    await pbx.boot()
    began = performance.now()
    await pause(3000)
    expect(alice.state.server).toBe('second')
    call.hangUp()
    await until(() => alice.state.status === 'registered' && alice.state.server === 'first')
    console.log(`back at the first ${Math.round(performance.now() - began)} ms after it was up (3000 of them in a call)`)
    expect(await other.rx('pjsip show contacts')).not.toContain('alice/sip:')
  })
})
