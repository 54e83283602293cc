/** Handing calls over by REFER, and what far ends make of it. Real sockets, scripted far end. */
import { describe, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import {
  agreeable,
  connectedCall,
  ended,
  media,
  pause,
  phone,
  registered,
  server,
  takenCall,
  until,
} from '../../test/fixtures/scripted-phone'
import { reply } from '../../test/fixtures/scripted-server'
import { headerOf } from './message'
import type { SipAccount, SipCall } from './port'

const contact = ['Contact: <sip:pbx@pbx.invalid;transport=ws>']
const refers = () => server.got.filter(({ head }) => head.method === 'REFER')
let account: SipAccount

/** A call, and what its far end says to REFER. */
async function call(refer: number | null = 202, limits = {}) {
  account = phone({ limits })
  await registered(account)
  const taken = await takenCall(account)
  server.respond = (got) => {
    if (got.head.method === 'ACK') return null
    if (got.head.method === 'INVITE') return reply(got, 200, contact, chromiumSdp('answer', 2).replace('a=sendrecv', 'a=recvonly'))
    if (got.head.method === 'REFER') return refer === null ? null : reply(got, refer)
    return reply(got, 200)
  }
  const notify = (fragment: string, state = 'active;expires=60', event = 'refer') =>
    taken.inDialog('NOTIFY', fragment, { Event: event, 'Subscription-State': state, 'Content-Type': 'message/sipfrag;version=2.0' })
  return { ...taken, notify }
}
function transferring(call: SipCall, to: Parameters<SipCall['transfer']>[0] = { target: '101' }) {
  const progress: number[] = []
  let outcome: string | null = null
  const done = call
    .transfer(to, (status) => progress.push(status))
    .then(
      () => {
        outcome = 'done'
        return outcome
      },
      (error: { trouble?: { code: string } }) => {
        outcome = error.trouble?.code ?? String(error)
        return outcome
      },
    )
  return {
    progress,
    done,
    get outcome() {
      return outcome
    },
  }
}

describe('a blind transfer', () => {
  it('says who refers whom, hears how it goes, and ends the call when it is done', async () => {
    const { call: on, notify } = await call()
    const end = ended(on)
    const transfer = transferring(on, { target: '+46 8 123'.replaceAll(' ', '') })
    const refer = await server.heard(({ head }) => head.method === 'REFER')
    expect(headerOf(refer.head, 'refer-to')).toBe('<sip:+468123@pbx.invalid>')
    expect(headerOf(refer.head, 'referred-by')).toBe('<sip:alice@pbx.invalid>')
    notify('SIP/2.0 100 Trying\r\n')
    notify('SIP/2.0 180 Ringing\r\n')
    await until(() => transfer.progress.length === 2)
    expect(transfer.outcome).toBeNull()
    notify('SIP/2.0 200 OK\r\n', 'terminated;reason=noresource')
    expect(await transfer.done).toBe('done')
    expect(transfer.progress).toEqual([100, 180, 200])
    expect(await end).toMatchObject({ by: 'local', trouble: null })
    await server.heard(({ head }) => head.method === 'BYE')
  })

  it.each([
    ['SIP/2.0 486 Busy Here', 'transfer.busy'],
    ['SIP/2.0 600 Busy Everywhere', 'transfer.busy'],
    ['SIP/2.0 404 Not Found', 'transfer.unknownNumber'],
    ['SIP/2.0 480 Temporarily Unavailable', 'transfer.noAnswer'],
    ['SIP/2.0 603 Decline', 'transfer.declined'],
    ['SIP/2.0 503 Service Unavailable', 'transfer.failed'],
  ])('whose target answers %s keeps the call, held as it was', async (fragment, code) => {
    const { call: on, notify } = await call()
    await on.hold(true)
    const transfer = transferring(on)
    await until(() => refers().length === 1)
    notify('SIP/2.0 100 Trying\r\n')
    notify(`${fragment}\r\n`, 'terminated;reason=noresource')
    expect(await transfer.done).toBe(code)
    expect([...media.held]).toEqual([on.id])
    expect(server.count('BYE')).toBe(0)
    await on.hold(false)
    expect([...media.held]).toEqual([])
  })

  it.each([
    [403, 'transfer.notAllowed'],
    [405, 'transfer.notAllowed'],
    [501, 'transfer.notAllowed'],
    [488, 'transfer.refused'],
    [302, 'transfer.refused'],
    [481, 'sip.callOver'],
  ])('refused with %i keeps the call', async (status, code) => {
    const { call: on } = await call(status)
    expect(await transferring(on).done).toBe(code)
    await on.hold(true)
    expect(server.count('BYE')).toBe(0)
  })

  it('of which nothing more is heard is given up, and the call is kept', async () => {
    const { call: on } = await call(202, { transferQuietMs: 60 })
    expect(await transferring(on).done).toBe('transfer.timeout')
    expect(server.count('BYE')).toBe(0)
    await on.hold(true)
    expect(transferring(on).outcome).toBeNull()
  })

  it('that rings on for ever is given up after its time', async () => {
    const { call: on, notify } = await call(202, { transferQuietMs: 50, transferMs: 250 })
    const transfer = transferring(on)
    await until(() => refers().length === 1)
    notify('SIP/2.0 180 Ringing\r\n')
    await pause(120)
    expect(transfer.outcome).toBeNull()
    expect(await transfer.done).toBe('transfer.timeout')
  })

  it('whose reports end without a result is over when the far end hangs up, and given up when it does not', async () => {
    const { call: on, notify } = await call(202, { transferQuietMs: 100 })
    const transfer = transferring(on)
    await until(() => refers().length === 1)
    notify('SIP/2.0 100 Trying\r\n', 'terminated;reason=noresource')
    expect(await transfer.done).toBe('transfer.timeout')
    expect(server.count('BYE')).toBe(0)
  })

  it('after which the far end hangs up without a word is done', async () => {
    const { call: on, inDialog } = await call()
    const end = ended(on)
    const transfer = transferring(on)
    await until(() => refers().length === 1)
    await pause(30)
    inDialog('BYE')
    expect(await transfer.done).toBe('done')
    expect(await end).toMatchObject({ by: 'remote', trouble: null })
  })

  it('that the far end never took, hanging up instead, is not', async () => {
    const { call: on, inDialog } = await call(null)
    const transfer = transferring(on)
    await until(() => refers().length === 1)
    inDialog('BYE')
    expect(await transfer.done).toBe('sip.callOver')
  })

  it('is broken off when the rep hangs up', async () => {
    const { call: on } = await call()
    const transfer = transferring(on)
    await until(() => refers().length === 1)
    on.hangUp()
    expect(await transfer.done).toBe('sip.callOver')
  })

  it('to nonsense, or a second one meanwhile, is refused at once', async () => {
    const { call: on } = await call()
    expect(await transferring(on, { target: 'a b' }).done).toBe('call.badNumber')
    transferring(on)
    expect(await transferring(on).done).toBe('transfer.underWay')
    await pause(30)
    expect(refers()).toHaveLength(1)
  })

  it('without a connection is refused at once', async () => {
    const { call: on } = await call(202, { backoffFirstMs: 5_000, backoffMaxMs: 5_000 })
    server.client?.terminate()
    await until(() => account.state.status !== 'registered')
    expect(await transferring(on).done).toBe('transfer.offline')
  })

  it('takes no news of an earlier one for its own', async () => {
    const { call: on, notify } = await call(202, { transferQuietMs: 200 })
    expect(await transferring(on).done).toBe('transfer.timeout')
    const transfer = transferring(on)
    await until(() => refers().length === 2)
    const [first, second] = refers().map(({ head }) => Number.parseInt(headerOf(head, 'cseq') ?? '', 10))
    notify('SIP/2.0 200 OK\r\n', 'terminated;reason=noresource', `refer;id=${first}`)
    notify('SIP/2.0 100 Trying\r\n', 'active;expires=60', `refer;id=${second}`)
    await until(() => transfer.progress.length > 0)
    expect([transfer.progress, transfer.outcome]).toEqual([[100], null])
    notify('SIP/2.0 200 OK\r\n', 'terminated;reason=noresource', `refer;id=${second}`)
    expect(await transfer.done).toBe('done')
  })

  it('takes no other package’s NOTIFY for news, and answers it', async () => {
    const { call: on, notify } = await call(202, { transferQuietMs: 200 })
    const transfer = transferring(on)
    await until(() => refers().length === 1)
    notify('SIP/2.0 200 OK\r\n', 'active', 'dialog')
    await server.heard(({ head }) => head.status === 489)
    expect(await transfer.done).toBe('transfer.timeout')
  })
})

describe('an attended transfer', () => {
  it('names the other call’s dialog and its far end', async () => {
    const { call: on, notify } = await call()
    const respond = server.respond
    agreeable()
    const other = await connectedCall(account)
    server.respond = respond
    await on.hold(true)
    const end = ended(on)
    const transfer = transferring(on, { call: other })
    const refer = await server.heard(({ head }) => head.method === 'REFER')
    const invite = server.got.find(({ head }) => head.method === 'INVITE' && headerOf(head, 'to')?.includes('600'))
    const callId = headerOf(invite?.head ?? refer.head, 'call-id')
    const tag = /;tag=(.+)/.exec(headerOf(invite?.head ?? refer.head, 'from') ?? '')?.[1]
    const [, uri, replaces] = /^<(.*)\?Replaces=(.*)>$/.exec(headerOf(refer.head, 'refer-to') ?? '') ?? []
    expect(uri).toBe('sip:pbx@pbx.invalid;transport=ws')
    expect(decodeURIComponent(replaces ?? '')).toBe(`${callId};to-tag=far;from-tag=${tag}`)
    notify('SIP/2.0 200 OK\r\n', 'terminated;reason=noresource')
    expect(await transfer.done).toBe('done')
    expect(await end).toMatchObject({ by: 'local' })
  })

  it('that fails says so and keeps both calls', async () => {
    const { call: on, notify } = await call()
    const respond = server.respond
    agreeable()
    const other = await connectedCall(account)
    server.respond = respond
    const transfer = transferring(on, { call: other })
    await until(() => refers().length === 1)
    notify('SIP/2.0 481 Call/Transaction Does Not Exist\r\n', 'terminated;reason=noresource')
    expect(await transfer.done).toBe('transfer.failed')
    expect(server.count('BYE')).toBe(0)
  })

  it('to itself, to a call that rings, or to one of another phone system is refused at once', async () => {
    const { call: on } = await call()
    expect(await transferring(on, { call: on }).done).toBe('transfer.otherNotConnected')
    const ringsYet = account.dial('604')
    expect(await transferring(on, { call: ringsYet }).done).toBe('transfer.otherNotConnected')
    agreeable()
    const elsewhere = phone({ config: { id: 'a2', domain: 'other.invalid' } })
    await registered(elsewhere)
    const there = await connectedCall(elsewhere)
    expect(await transferring(on, { call: there }).done).toBe('transfer.otherServer')
    expect(refers()).toHaveLength(0)
  })
})
