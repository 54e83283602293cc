/** Calls that take another's place, go elsewhere, or ask to be answered by themselves. Real sockets, scripted far end. */
import { describe, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import { answers, ended, phone, registered, ringing, server, takenCall, until } from '../../test/fixtures/scripted-phone'
import { reply, request } from '../../test/fixtures/scripted-server'
import { asksAutoAnswer } from './auto-answer'
import { headerOf, readHead, tagOf } from './message'
import type { SipAccount, SipCall } from './port'

let account: SipAccount
const comes = async (callId: string, headers: Record<string, string>) =>
  server.send(await server.invite({ callId, body: chromiumSdp('offer'), headers }))
const final = (callId: string) =>
  server.heard(
    ({ head }) => (head.status ?? 0) >= 200 && headerOf(head, 'call-id') === callId && headerOf(head, 'cseq')?.endsWith('INVITE') === true,
  )
/** An incoming call that is up, and the Replaces value that means it. */
async function up(): Promise<{ call: SipCall; replaces: string }> {
  const { call } = await takenCall(account)
  const ok = await answers(200, 'INVITE')
  return { call, replaces: `taken;to-tag=${tagOf(headerOf(ok.head, 'to'))};from-tag=far` }
}

describe('an INVITE with Replaces', () => {
  it('rings as the call that takes the other’s place, and ends that one when it is answered', async () => {
    account = phone()
    await registered(account)
    const { call: old, replaces } = await up()
    const rings = ringing(account)
    await comes('new', { Replaces: replaces, Require: 'replaces' })
    const call = await rings
    expect(call.replaces).toBe(old.id)
    const end = ended(old)
    server.respond = (got) => reply(got, 200)
    await call.answer()
    expect(await end).toEqual({ by: 'local', status: null, answeredElsewhere: false, trouble: null })
    const bye = await server.heard(({ head }) => head.method === 'BYE')
    expect(headerOf(bye.head, 'call-id')).toBe('taken')
  })

  it('may be declined, and the other call goes on', async () => {
    account = phone()
    await registered(account)
    const { call: old, replaces } = await up()
    let over = false
    old.onEnd = () => {
      over = true
    }
    const rings = ringing(account)
    await comes('new', { Replaces: replaces })
    ;(await rings).decline()
    await final('new')
    expect(over).toBe(false)
  })

  it('whose other call has ended meanwhile is a call like any other', async () => {
    account = phone()
    await registered(account)
    const { call: old, replaces } = await up()
    const rings = ringing(account)
    await comes('new', { Replaces: replaces })
    const call = await rings
    old.hangUp()
    await call.answer()
    expect((await final('new')).head.status).toBe(200)
  })

  it('takes the place of a call of ours that still rings, which is cancelled', async () => {
    account = phone()
    server.respond = (got) => {
      if (got.head.method === 'REGISTER') return server.granted(got)
      return got.head.method === 'INVITE' ? reply(got, 180, ['Contact: <sip:pbx@pbx.invalid>'], '', 'early') : reply(got, 200)
    }
    await registered(account)
    const old = account.dial('600')
    await new Promise<void>((resolve) => {
      old.onRinging = () => resolve()
    })
    const { head } = await server.heard((got) => got.head.method === 'INVITE')
    const rings = ringing(account)
    await comes('new', { Replaces: `${headerOf(head, 'call-id')};to-tag=${tagOf(headerOf(head, 'from'))};from-tag=early;early-only` })
    const call = await rings
    expect(call.replaces).toBe(old.id)
    const end = ended(old)
    await call.answer()
    expect(await end).toMatchObject({ by: 'local', trouble: null })
    await server.heard((got) => got.head.method === 'CANCEL')
  })

  it.each([
    ['that means no call', () => 'nothing;to-tag=a;from-tag=b', 481],
    ['whose tags are those of no call', (replaces: string) => replaces.replace('from-tag=far', 'from-tag=near'), 481],
    ['for a call that must not be up yet', (replaces: string) => `${replaces};early-only`, 486],
    ['that is malformed', () => 'x', 400],
  ])('%s is refused without ringing', async (_what, value, status) => {
    account = phone()
    await registered(account)
    const { replaces } = await up()
    let rang = false
    account.onIncoming = () => {
      rang = true
    }
    await comes('new', { Replaces: value(replaces) })
    expect((await final('new')).head.status).toBe(status)
    expect(rang).toBe(false)
  })

  it('for a call that rings here is refused: nobody has answered it', async () => {
    account = phone()
    await registered(account)
    const rings = ringing(account)
    await comes('old', {})
    await rings
    const ring = await answers(180, 'INVITE')
    await comes('new', { Replaces: `old;to-tag=${tagOf(headerOf(ring.head, 'to'))};from-tag=far` })
    expect((await final('new')).head.status).toBe(481)
  })
})

describe('redirecting', () => {
  it('sends the caller elsewhere', async () => {
    account = phone()
    await registered(account)
    const rings = ringing(account)
    await comes('in', {})
    const call = await rings
    const end = ended(call)
    call.redirect('+4681234')
    expect(await end).toEqual({ by: 'local', status: 302, answeredElsewhere: false, trouble: null })
    const moved = await final('in')
    expect(moved.head.status).toBe(302)
    expect(headerOf(moved.head, 'contact')).toBe('<sip:+4681234@pbx.invalid>')
  })

  it('to nonsense, or of a call that is up, is refused and changes nothing', async () => {
    account = phone()
    await registered(account)
    const { call } = await takenCall(account)
    expect(() => call.redirect('600')).toThrow('call.notRinging')
    const rings = ringing(account)
    await comes('in', {})
    const other = await rings
    expect(() => other.redirect('a b')).toThrow('call.badNumber')
    await other.answer()
  })
})

describe('answering by itself', () => {
  const head = (line: string) => readHead(request('INVITE', 'sip:alice@pbx.invalid').replace('\r\n\r\n', `\r\n${line}\r\n\r\n`))
  it.each([
    ['Call-Info: <sip:pbx@pbx.invalid>;answer-after=0', true],
    ['Call-Info: <sip:pbx>; answer-after = 0', true],
    ['Call-Info: <sip:pbx@pbx.invalid>;answer-after=5', false],
    ['Call-Info: <http://x/y>;purpose=icon', false],
    ['Alert-Info: <http://www.notused.com>;info=alert-autoanswer;delay=0', true],
    ['Alert-Info: info=alert-autoanswer', true],
    ['Alert-Info: ring-answer', true],
    ['Alert-Info: <http://x/bell.wav>', false],
    ['Answer-Mode: Auto', true],
    ['Answer-Mode: Auto;require', true],
    ['Answer-Mode: Manual', false],
    ['Subject: auto answer', false],
  ])('%s', (line, asks) => {
    const message = head(line)
    expect(message && asksAutoAnswer(message)).toBe(asks)
  })

  it('is said only where the account allows it', async () => {
    account = phone({ config: { autoAnswer: true } })
    await registered(account)
    let rings = ringing(account)
    await comes('asks', { 'Answer-Mode': 'Auto' })
    expect((await rings).asksAutoAnswer).toBe(true)
    rings = ringing(account)
    await comes('asks-not', {})
    expect((await rings).asksAutoAnswer).toBe(false)
    await account.stop()
    const wary = phone()
    await until(() => wary.state.status === 'registered')
    rings = ringing(wary)
    await comes('asks-in-vain', { 'Answer-Mode': 'Auto' })
    expect((await rings).asksAutoAnswer).toBe(false)
  })
})
