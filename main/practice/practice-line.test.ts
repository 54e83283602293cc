/** The practice line as the softphone meets it: real SIP through the pipe or a WebSocket, the media page a stand-in. */
import { afterEach, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { MediaStandIn } from '../../test/fixtures/media-stand-in'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { type CallEnd, type Connector, createSipAccount, type SipAccount, type SipCall, socketWire } from '../telephony'
import { createPracticeLine, type PracticeContact, type PracticeLine } from './practice-line'
import { servePractice } from './serve'

const log = silentLog()
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const people: PracticeContact[] = Array.from({ length: 12 }, (_, index) => ({
  displayName: `Person ${index}`,
  number: `+4687650${100 + index}`,
}))

async function ready(callers: readonly PracticeContact[] = people, connector?: (line: PracticeLine) => Connector) {
  const robotMedia = new MediaStandIn()
  const line = createPracticeLine({ media: robotMedia, clock: systemClock, log, callers: () => callers })
  const account = createSipAccount({
    config: {
      ...line.account,
      id: 'practice',
      authUser: '',
      displayName: 'Rep',
      outboundProxy: '',
      ice: { servers: [], loopback: true },
      declineCode: 486,
    },
    servers: [{ name: 'pbx.invalid', connector: connector?.(line) ?? line.connector, protocol: 'WS' }],
    media: new MediaStandIn(),
    log,
    clock: systemClock,
  })
  cleanups.push(
    () => line.close(),
    () => account.stop(),
  )
  await registered(account)
  return { line, account, robotMedia }
}

const registered = (account: SipAccount) =>
  new Promise<void>((resolve, reject) => {
    account.onState = (state) => {
      if (state.status === 'registered') resolve()
      if (state.status === 'refused') reject(new Error(state.trouble?.code))
    }
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
const ringing = (call: SipCall) =>
  new Promise<void>((resolve) => {
    call.onRinging = () => resolve()
  })
const incoming = (account: SipAccount) =>
  new Promise<SipCall>((resolve) => {
    account.onIncoming = resolve
  })
const robotOf = (media: MediaStandIn) => media.asked.find(({ input }) => (input as { role?: { kind: string } }).role?.kind === 'robot')

describe('dialling on the practice line', () => {
  it('600 answers and echoes', async () => {
    const { account, robotMedia } = await ready()
    await connected(account.dial('600'))
    expect(robotOf(robotMedia)?.input).toMatchObject({ role: { kind: 'robot', program: 'echo' } })
  })

  it('601 rings, speaks, and hangs up when it has spoken', async () => {
    const { account, robotMedia } = await ready()
    const call = account.dial('601')
    const end = ended(call)
    await ringing(call)
    await connected(call)
    const robot = robotOf(robotMedia)
    expect(robot?.input).toMatchObject({ role: { program: 'prompt' } })
    robotMedia.report({ peer: robot?.peer ?? '', connection: 'connected', flowing: true, moreCandidates: false, promptEnded: true })
    expect(await end).toMatchObject({ by: 'remote', trouble: null })
  })

  it('604 only rings', async () => {
    const { account } = await ready()
    const call = account.dial('604')
    await ringing(call)
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
  })

  it('605 is busy, and nobody else is there', async () => {
    const { account } = await ready()
    expect(await ended(account.dial('605'))).toMatchObject({ by: 'remote', status: 486 })
    expect(await ended(account.dial('606'))).toMatchObject({ by: 'remote', status: 404 })
  })

  it('a whole number, as of a contact, reaches the customer', async () => {
    const { account } = await ready()
    const call = account.dial('+4687650100')
    await connected(call)
    const end = ended(call)
    call.hangUp()
    expect(await end).toMatchObject({ by: 'local' })
  })
})

describe('a practice caller', () => {
  it('is a contact, another one each time', async () => {
    const { line, account } = await ready()
    const numbers = new Set<string>()
    for (let round = 0; round < 8; round++) {
      const called = incoming(account)
      await line.incoming()
      const call = await called
      expect(people).toContainEqual({ displayName: call.remote.displayName, number: call.remote.number })
      numbers.add(call.remote.number)
      const end = ended(call)
      call.decline()
      await end
    }
    expect(numbers.size).toBe(8)
  })

  it('differs from the last one even where there are two contacts', async () => {
    const { line, account } = await ready(people.slice(0, 2))
    let last = ''
    for (let round = 0; round < 6; round++) {
      const called = incoming(account)
      await line.incoming()
      const call = await called
      expect(call.remote.number).not.toBe(last)
      last = call.remote.number
      const end = ended(call)
      call.decline()
      await end
    }
  })

  it('is an unknown, fictional number where there are no contacts', async () => {
    const { line, account } = await ready([])
    const called = incoming(account)
    await line.incoming()
    const call = await called
    expect(call.remote).toMatchObject({ number: expect.stringMatching(/^\+12025550[1]\d\d$/), displayName: null })
  })

  it('greets when answered', async () => {
    const { line, account, robotMedia } = await ready()
    const called = incoming(account)
    await line.incoming()
    const call = await called
    const up = connected(call)
    await call.answer()
    await up
    expect(robotOf(robotMedia)?.input).toMatchObject({ role: { kind: 'robot', program: 'greeting' } })
  })

  it('says why none can call', async () => {
    const { line, account, robotMedia } = await ready()
    robotMedia.present = false
    await expect(line.incoming()).rejects.toMatchObject({ trouble: { code: 'media.absent' } })
    await account.stop()
    await expect(line.incoming()).rejects.toMatchObject({ trouble: { code: 'practice.notReady' } })
  })
})

describe('over a WebSocket', () => {
  it('serves other clients with the same numbers', async () => {
    let url = ''
    const socketTo = (line: PracticeLine): Connector => {
      const served = servePractice(line, 0, log)
      cleanups.push(async () => (await served).close())
      return async () => {
        url = (await served).url
        const socket = new WebSocket(url, ['sip'])
        await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
        return socketWire(socket, { log, server: url })
      }
    }
    const { account } = await ready(people, socketTo)
    await connected(account.dial('600'))
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
    expect(await refused(url, { origin: 'https://example.com' })).toBe(401)
    expect(await refused(url, { headers: { host: 'rebound.example' } })).toBe(401)
  })

  it('names a port that is taken', async () => {
    const { line } = await ready()
    const first = await servePractice(line, 0, log)
    cleanups.push(() => first.close())
    await expect(servePractice(line, Number(new URL(first.url).port), log)).rejects.toMatchObject({
      trouble: { code: 'practice.portTaken' },
    })
  })
})

const refused = (url: string, options: WebSocket.ClientOptions) =>
  new Promise<number>((resolve) => {
    const socket = new WebSocket(url, ['sip'], options)
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      socket.terminate()
    })
    socket.once('open', () => {
      resolve(101)
      socket.terminate()
    })
    socket.on('error', () => undefined)
  })

describe('holding and handing over', () => {
  async function up(account: SipAccount, extension: string): Promise<SipCall> {
    const call = account.dial(extension)
    await connected(call)
    return call
  }

  it('is held and resumed', async () => {
    const { account } = await ready()
    const call = await up(account, '600')
    await call.hold(true)
    await call.hold(false)
    call.hangUp()
  })

  it('takes a call elsewhere, with its course, and it is gone', async () => {
    const { account } = await ready()
    const call = await up(account, '600')
    await call.hold(true)
    const heard: number[] = []
    const over = ended(call)
    await call.transfer({ target: '601' }, (status) => heard.push(status))
    expect(heard).toEqual([100, 180, 200])
    expect(await over).toMatchObject({ by: 'local', trouble: null })
  })

  it('keeps the call that goes to a busy extension or to none', async () => {
    const { account } = await ready()
    const call = await up(account, '600')
    await expect(call.transfer({ target: '605' }, () => {})).rejects.toMatchObject({ trouble: { code: 'transfer.busy' } })
    await expect(call.transfer({ target: '699' }, () => {})).rejects.toMatchObject({ trouble: { code: 'transfer.unknownNumber' } })
    await call.hold(true)
    call.hangUp()
  })

  it('connects two calls, and both are gone', async () => {
    const { account } = await ready()
    const [customer, colleague] = [await up(account, '600'), await up(account, '600')]
    const over = Promise.all([ended(customer), ended(colleague)])
    await customer.transfer({ call: colleague }, () => {})
    expect(await over).toMatchObject([{ by: 'local' }, { by: 'remote' }])
  })
})
