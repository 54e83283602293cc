/** Colleagues and voicemail over accounts whose far end is the test. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Colleague, ColleagueState, Voicemail } from '../../preload/contract'
import { ScriptedAccount } from '../../test/fixtures/scripted-account'
import { silentLog } from '../log'
import { TroubleError } from '../trouble'
import { Colleagues } from './colleagues'

const bob: Colleague = { id: 'c-bob', accountId: 'office', number: '101', name: 'Bob' }
const eva: Colleague = { id: 'c-eva', accountId: 'office', number: '102', name: 'Eva' }
const services: Record<string, { label: string; voicemailNumber: string; pickupPrefix: string }> = {
  office: { label: 'Office', voicemailNumber: '*97', pickupPrefix: '**' },
  bare: { label: 'Bare', voicemailNumber: '', pickupPrefix: '' },
}
let chosen: Colleague[]
let dialled: { number: string; accountId: string }[]
let shown: { colleagues: ColleagueState[]; voicemail: Voicemail[]; times: number }
let office: ScriptedAccount
let colleagues: Colleagues

beforeEach(() => {
  chosen = [bob, eva]
  dialled = []
  shown = { colleagues: [], voicemail: [], times: 0 }
  office = new ScriptedAccount('office', () => 0)
  colleagues = new Colleagues({
    log: silentLog(),
    emit: (event, payload) => {
      shown.times += 1
      if (event === 'colleagues.changed') shown.colleagues = payload as ColleagueState[]
      if (event === 'voicemail.changed') shown.voicemail = payload as Voicemail[]
    },
    chosen: () => chosen,
    services: (id) => services[id] ?? null,
    dial: (wish) => {
      dialled.push(wish)
      return { callId: 'new' }
    },
  })
})
const settled = () => new Promise((done) => setTimeout(done, 80))
const idle = { state: 'idle', caller: null, trouble: null } as const
const ringing = { state: 'ringing', caller: 'Åsa (+4681)', trouble: null } as const

describe('colleagues', () => {
  it('are unknown until their account is there, then as their lines say, shown together', async () => {
    colleagues.choose()
    expect(colleagues.states()).toEqual([
      { id: 'c-bob', state: 'unknown', caller: null, trouble: null },
      { id: 'c-eva', state: 'unknown', caller: null, trouble: null },
    ])
    await settled()
    colleagues.lineIs('office', office)
    expect([...office.watched.keys()]).toEqual(['101', '102'])
    const before = shown.times
    office.watched.get('101')?.(idle)
    office.watched.get('102')?.(idle)
    office.watched.get('102')?.(ringing)
    expect(colleagues.states()).toEqual([
      { id: 'c-bob', ...idle },
      { id: 'c-eva', ...ringing },
    ])
    await settled()
    expect(shown).toMatchObject({ colleagues: colleagues.states(), times: before + 1 })
    office.watched.get('101')?.(idle)
    await settled()
    expect(shown.times).toBe(before + 1)
  })

  it('follow the settings: only what is new is watched, what is gone is let go, a new name disturbs nothing', async () => {
    colleagues.lineIs('office', office)
    colleagues.choose()
    office.watched.get('101')?.(ringing)
    const listener = office.watched.get('101')
    chosen = [
      { ...bob, name: 'Robert' },
      { ...eva, number: '103' },
    ]
    colleagues.choose()
    expect([...office.watched.keys()]).toEqual(['101', '103'])
    expect(office.watched.get('101')).toBe(listener)
    expect(colleagues.states()[0]).toEqual({ id: 'c-bob', ...ringing })
    await settled()
    chosen = []
    colleagues.choose()
    expect(office.watched.size).toBe(0)
    await settled()
    expect(shown.colleagues).toEqual([])
    listener?.(idle)
    expect(colleagues.states()).toEqual([])
  })

  it('are watched anew when their account is, and say so when it is gone', async () => {
    colleagues.choose()
    colleagues.lineIs('office', office)
    office.watched.get('101')?.(ringing)
    const again = new ScriptedAccount('office', () => 0)
    const old = office.watched.get('101')
    colleagues.lineIs('office', null)
    expect(office.watched.size).toBe(0)
    expect(colleagues.states()[0]).toMatchObject({ state: 'unknown', trouble: null })
    colleagues.lineIs('office', again)
    again.watched.get('101')?.(idle)
    old?.(ringing)
    expect(colleagues.states()[0]).toEqual({ id: 'c-bob', ...idle })
    chosen = [{ ...bob, accountId: 'gone' }]
    colleagues.choose()
    expect(colleagues.states()[0]).toMatchObject({ state: 'unknown', trouble: { code: 'colleagues.accountGone' } })
  })

  it('with a number that is none says so, and the others are watched', () => {
    chosen = [{ ...bob, number: 'a b c' }, eva]
    office.watch = (target, listener) => {
      if (target.includes(' ')) throw new TroubleError('call.badNumber', { number: target })
      return ScriptedAccount.prototype.watch.call(office, target, listener)
    }
    colleagues.lineIs('office', office)
    colleagues.choose()
    expect(colleagues.states()[0]).toMatchObject({ state: 'unknown', trouble: { code: 'call.badNumber' } })
    expect([...office.watched.keys()]).toEqual(['102'])
  })

  it('are picked up on their own account, with its code', () => {
    colleagues.choose()
    expect(colleagues.pickUp('c-bob')).toEqual({ callId: 'new' })
    expect(dialled).toEqual([{ number: '**101', accountId: 'office' }])
    expect(() => colleagues.pickUp('nobody')).toThrow('colleagues.gone')
    chosen = [
      { ...bob, accountId: 'bare' },
      { ...eva, accountId: 'gone' },
    ]
    colleagues.choose()
    expect(() => colleagues.pickUp('c-bob')).toThrow('colleagues.noPickup')
    expect(() => colleagues.pickUp('c-eva')).toThrow('colleagues.accountGone')
  })
})

describe('voicemail', () => {
  it('is shown by account, taken back with it, and listened to by its number', async () => {
    colleagues.lineIs('office', office)
    office.onMessageWaiting?.({ waiting: true, fresh: 2, old: 1 })
    expect(colleagues.voicemail()).toEqual([{ accountId: 'office', waiting: true, fresh: 2, old: 1 }])
    await settled()
    expect(shown.voicemail).toEqual(colleagues.voicemail())
    colleagues.lineIs('office', null)
    office.onMessageWaiting?.({ waiting: true, fresh: 9, old: 9 })
    await settled()
    expect(shown.voicemail).toEqual([])
    expect(colleagues.listen('office')).toEqual({ callId: 'new' })
    expect(dialled).toEqual([{ number: '*97', accountId: 'office' }])
    expect(() => colleagues.listen('bare')).toThrow('colleagues.noVoicemailNumber')
  })
})
