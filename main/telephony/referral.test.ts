/** Far ends that ask us to call somebody else, honestly and otherwise. Real sockets, scripted far end. */
import { describe, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import { answers, ended, pause, phone, registered, server, takenCall, until } from '../../test/fixtures/scripted-phone'
import { type Got, reply, request } from '../../test/fixtures/scripted-server'
import { headerOf } from './message'
import type { IncomingReferral, SipAccount } from './port'
import { readReferredBy, readReferTo } from './refer-to'

let account: SipAccount
async function call(limits = {}) {
  account = phone({ limits })
  await registered(account)
  const taken = await takenCall(account)
  const asked: IncomingReferral[] = []
  taken.call.onReferral = (referral) => asked.push(referral)
  const refer = (to: string, extra: Record<string, string> = {}) => taken.inDialog('REFER', '', { 'Refer-To': to, ...extra })
  return { ...taken, asked, refer }
}
/** What the far end of the new call does, step by step. */
function newCall(...steps: number[]) {
  const waiting: Got[] = []
  server.respond = (got) => {
    if (got.head.method === 'ACK') return null
    if (got.head.method !== 'INVITE') return reply(got, 200)
    waiting.push(got)
    return steps.map((status) =>
      status === 200
        ? reply(got, 200, ['Contact: <sip:new@pbx.invalid;transport=ws>'], chromiumSdp('answer'), 'new')
        : reply(got, status, ['Contact: <sip:new@pbx.invalid>'], '', 'new'),
    )
  }
  return waiting
}
const reports = () => server.got.filter(({ head }) => head.method === 'NOTIFY').map(({ body }) => body.trim())
const states = () =>
  server.got.filter(({ head }) => head.method === 'NOTIFY').map(({ head }) => headerOf(head, 'subscription-state')?.split(';')[0])

describe('a REFER within a call', () => {
  it('is shown, and nothing is dialled before the rep says so; its course is reported', async () => {
    const { asked, refer } = await call()
    newCall(180, 200)
    refer('"Help desk" <sip:101@pbx.invalid>', { 'Referred-By': '<sip:boss@pbx.invalid>' })
    await answers(202, 'REFER')
    await until(() => asked.length === 1 && reports().length === 1)
    expect(asked[0]?.target).toBe('101')
    await pause(50)
    expect(server.count('INVITE')).toBe(0)
    const made = asked[0]?.accept()
    expect(made?.direction).toBe('outgoing')
    expect(made?.remote.number).toBe('101')
    const invite = await server.heard(({ head }) => head.method === 'INVITE')
    expect(invite.head.requestUri).toBe('sip:101@pbx.invalid')
    expect(headerOf(invite.head, 'referred-by')).toBe('<sip:boss@pbx.invalid>')
    await until(() => reports().length === 3)
    expect(reports()).toEqual(['SIP/2.0 100 Trying', 'SIP/2.0 180 Ringing', 'SIP/2.0 200 OK'])
    expect(states()).toEqual(['active', 'active', 'terminated'])
    expect(server.got.filter(({ head }) => head.method === 'NOTIFY').every(({ head }) => headerOf(head, 'event') === 'refer;id=2')).toBe(
      true,
    )
  })

  it('whose target is busy is reported so', async () => {
    const { asked, refer } = await call()
    newCall(486)
    refer('<sip:101@pbx.invalid>')
    await until(() => asked.length === 1)
    asked[0]?.accept()
    await until(() => reports().length === 2)
    expect(reports()[1]).toMatch(/^SIP\/2\.0 486 /)
    expect(states()[1]).toBe('terminated')
  })

  it('is refused by the rep, once', async () => {
    const { asked, refer } = await call()
    server.respond = (got) => reply(got, 200)
    refer('<sip:101@pbx.invalid>')
    await until(() => asked.length === 1)
    asked[0]?.refuse()
    await until(() => reports().length === 2)
    expect(reports()[1]).toBe('SIP/2.0 603 Decline')
    expect(() => asked[0]?.accept()).toThrow('transfer.referralGone')
    refer('<sip:102@pbx.invalid>')
    await until(() => asked.length === 2)
  })

  it('is one at a time', async () => {
    const { asked, refer } = await call()
    server.respond = (got) => reply(got, 200)
    refer('<sip:101@pbx.invalid>')
    refer('<sip:102@pbx.invalid>')
    await answers(486, 'REFER')
    expect(asked.map(({ target }) => target)).toEqual(['101'])
  })

  it('is taken back when nobody decides', async () => {
    const { asked, refer } = await call({ referralMs: 60 })
    server.respond = (got) => reply(got, 200)
    refer('<sip:101@pbx.invalid>')
    await until(() => asked.length === 1)
    await new Promise<void>((resolve) => {
      if (asked[0]) asked[0].onGone = resolve
    })
    await until(() => reports().length === 2)
    expect(reports()[1]).toBe('SIP/2.0 408 Request Timeout')
    expect(() => asked[0]?.accept()).toThrow('transfer.referralGone')
  })

  it('is taken back when the call ends', async () => {
    const { call: on, asked, refer, inDialog } = await call()
    server.respond = (got) => reply(got, 200)
    refer('<sip:101@pbx.invalid>')
    await until(() => asked.length === 1)
    let gone = false
    if (asked[0]) {
      asked[0].onGone = () => {
        gone = true
      }
    }
    const end = ended(on)
    inDialog('BYE')
    await end
    expect(gone).toBe(true)
  })

  it('that wants no reports gets none', async () => {
    const { asked, refer } = await call()
    newCall(200)
    refer('<sip:101@pbx.invalid>', { 'Refer-Sub': 'false' })
    const taken = await answers(202, 'REFER')
    expect(headerOf(taken.head, 'refer-sub')).toBe('false')
    asked[0]?.accept()
    await server.heard(({ head }) => head.method === 'INVITE')
    await pause(50)
    expect(reports()).toEqual([])
  })

  it('with Replaces takes the place of that call, and can smuggle nothing in', async () => {
    const { asked, refer } = await call()
    newCall(200)
    refer(
      `<sip:bob@bobs.invalid;transport=ws?Replaces=${encodeURIComponent('abc@x;to-tag=t1;from-tag=f1')}&Evil=${encodeURIComponent('x\r\nEvil: yes')}&body=x>`,
    )
    await until(() => asked.length === 1)
    expect(asked[0]?.target).toBe('bob@bobs.invalid')
    asked[0]?.accept()
    const invite = await server.heard(({ head }) => head.method === 'INVITE')
    expect(invite.head.requestUri).toBe('sip:bob@bobs.invalid;transport=ws')
    expect(headerOf(invite.head, 'replaces')).toBe('abc@x;to-tag=t1;from-tag=f1')
    expect(invite.text).not.toMatch(/evil/i)
  })

  it.each([
    'javascript:alert(1)',
    '<javascript:alert(1)>',
    '<mailto:someone@pbx.invalid>',
    '<http://pbx.invalid/>',
    '<sip:pbx.invalid>',
    '<sip:@pbx.invalid>',
    '<sip:101@pbx.invalid;method=BYE>',
    '<sip:101@exa mple>',
    '<sip:101@bad_host!>',
    `<sip:${'9'.repeat(5000)}@pbx.invalid>`,
    '<tel:not-a-number>',
    '<sip:%ff@pbx.invalid>',
    '<sip:112%3b0900123456@pbx.invalid>',
    '<sip:112%400900123456@pbx.invalid>',
    '<sip:112%3f0900123456@pbx.invalid>',
    `<sip:bob@pbx.invalid?Replaces=${encodeURIComponent('a\r\nEvil: yes;to-tag=a;from-tag=b')}>`,
    '<sip:bob@pbx.invalid?Replaces=nonsense>',
    '<sip:1@pbx.invalid>, <sip:2@pbx.invalid>',
  ])('to %s is refused and shown to nobody', async (to) => {
    const { asked, refer } = await call()
    refer(to)
    await answers(400, 'REFER')
    expect(asked).toEqual([])
    expect(server.count('INVITE')).toBe(0)
  })

  it('that names two targets is refused', async () => {
    const { asked, inDialog } = await call()
    inDialog('REFER', '', { 'Refer-To': '<sip:101@pbx.invalid>\r\nRefer-To: <sip:102@pbx.invalid>' })
    await answers(400, 'REFER')
    expect(asked).toEqual([])
  })
})

it('a REFER outside of any call is refused', async () => {
  account = phone()
  await registered(account)
  server.send(request('REFER', await server.contact(), { headers: { 'Refer-To': '<sip:+1900555@pbx.invalid>' } }))
  await answers(405, 'REFER')
  server.send(
    request('REFER', await server.contact(), { headers: { To: '<sip:alice@pbx.invalid>;tag=none', 'Refer-To': '<sip:1@pbx.invalid>' } }),
  )
  await answers(481, 'REFER')
  expect(server.count('INVITE')).toBe(0)
})

describe('reading a Refer-To', () => {
  it.each([
    ['<sip:101@pbx.invalid>', 'sip:101@pbx.invalid', '101'],
    ['sip:101@pbx.invalid', 'sip:101@pbx.invalid', '101'],
    ['<sips:bob@PBX.invalid>', 'sip:bob@pbx.invalid', 'bob'],
    ['<tel:+46-8-123.456>', 'sip:+468123456@pbx.invalid', '+468123456'],
    ['Some One <sip:bob:secret@pbx.invalid;user=phone>', 'sip:bob@pbx.invalid', 'bob'],
    ['<sip:bob@elsewhere.invalid:5080;gr=x>', 'sip:bob@elsewhere.invalid:5080;gr=x', 'bob@elsewhere.invalid:5080'],
    ['<sip:a%E2%80%AEb@pbx.invalid>', 'sip:a%E2%80%AEb@pbx.invalid', 'ab'],
  ])('%s', (value, uri, shown) => {
    expect(readReferTo(value, 'pbx.invalid')).toEqual({ uri, shown, replaces: null })
  })

  it('passes a Referred-By on only when it is one', () => {
    expect(readReferredBy('"Boss" <sip:boss@pbx.invalid>;cid=1')).toBe('"Boss" <sip:boss@pbx.invalid>')
    expect(readReferredBy('<javascript:x>')).toBeNull()
    expect(readReferredBy(undefined)).toBeNull()
  })
})
