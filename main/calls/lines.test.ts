/** Several calls at once: who hears the rep, who is on hold, and what the screen says of it, over a scripted line. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type CallRig, callRig } from '../../test/fixtures/call-rig'
import type { ScriptedCall } from '../../test/fixtures/scripted-account'
import { TroubleError } from '../trouble'

let rig: CallRig
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] })
  rig = await callRig()
})
afterEach(async () => {
  vi.useRealTimers()
  await rig.close()
})
const quiet = () => new Promise((done) => setImmediate(done))
const refused = () => Promise.reject(new TroubleError('sip.holdRefused'))
const trouble = (code: string) => ({ trouble: { code } })
async function up(number: string): Promise<ScriptedCall> {
  const call = rig.line.receive(number)
  await rig.calls.answer(call.id)
  await quiet()
  return call
}

test('hold is «holding» until the far end has accepted, and the microphone is off at once', async () => {
  const call = await up('+1')
  const answer = Promise.withResolvers<void>()
  call.holding = () => answer.promise
  const held = rig.calls.hold(call.id, true)
  expect(call.hearsRep).toBe(false)
  expect(rig.shown(call.id)).toMatchObject({ hold: 'holding', muted: false })
  await quiet()
  expect(rig.shown(call.id)).toMatchObject({ hold: 'holding' })
  answer.resolve()
  await held
  expect(rig.shown(call.id)).toMatchObject({ hold: 'held' })
  const back = Promise.withResolvers<void>()
  call.holding = () => back.promise
  const resumed = rig.calls.hold(call.id, false)
  expect(rig.shown(call.id)).toMatchObject({ hold: 'resuming' })
  back.resolve()
  await resumed
  expect(rig.shown(call.id)).toMatchObject({ hold: 'none', trouble: null })
  expect(call.hearsRep).toBe(true)
})

test('a refused hold is rolled back and said, when there is nobody else', async () => {
  const call = await up('+1')
  call.holding = refused
  await expect(rig.calls.hold(call.id, true)).rejects.toThrow('sip.holdRefused')
  expect(rig.shown(call.id)).toMatchObject({ hold: 'none', muted: false, ...trouble('sip.holdRefused') })
  expect(call.hearsRep).toBe(true)
})

test('who cannot be held hears nothing of the other call, is shown as muted, and is turned to by being unmuted', async () => {
  const first = await up('+1')
  first.holding = refused
  const second = await up('+2')
  expect(first.hearsRep).toBe(false)
  expect(second.hearsRep).toBe(true)
  expect(rig.shown(first.id)).toMatchObject({ hold: 'none', muted: true, ...trouble('hold.refusedMuted') })
  await rig.calls.mute(first.id, false)
  await quiet()
  expect(rig.shown(first.id)).toMatchObject({ hold: 'none', muted: false, trouble: null })
  expect(first.hearsRep).toBe(true)
  expect(rig.shown(second.id)).toMatchObject({ hold: 'held' })
  expect(second.hearsRep).toBe(false)
})

test('one that refused hold stays muted when the other call has ended: nobody is resumed by itself', async () => {
  const first = await up('+1')
  first.holding = refused
  const second = await up('+2')
  second.end()
  await quiet()
  expect(rig.shown(first.id)).toMatchObject({ hold: 'none', muted: true })
  expect(first.hearsRep).toBe(false)
})

test('answering a second call does not wait for the first to be held, and leaves it held at the end', async () => {
  const first = await up('+1')
  const late = Promise.withResolvers<void>()
  first.holding = () => late.promise
  const second = await up('+2')
  expect(rig.shown(second.id)).toMatchObject({ phase: 'connected' })
  expect(rig.shown(first.id)).toMatchObject({ hold: 'holding' })
  expect(first.hearsRep).toBe(false)
  late.resolve()
  await quiet()
  expect(rig.shown(first.id)).toMatchObject({ hold: 'held' })
  second.end()
  await quiet()
  expect(rig.shown(first.id)).toMatchObject({ hold: 'held' })
  expect(first.hearsRep).toBe(false)
})

test('a hold that is accepted after the call has ended changes nothing, and its command ends', async () => {
  const call = await up('+1')
  const late = Promise.withResolvers<void>()
  call.holding = () => late.promise
  const held = rig.calls.hold(call.id, true)
  call.end()
  await expect(held).rejects.toThrow('call.gone')
  const seen = rig.seen.length
  late.resolve()
  await quiet()
  expect(rig.seen).toHaveLength(seen)
  expect(rig.calls.live()).toEqual([])
})

test('of quick changes of mind the last one counts, and one request is under way at a time', async () => {
  const call = await up('+1')
  const waiting: (() => void)[] = []
  let most = 0
  let now = 0
  call.holding = async () => {
    most = Math.max(most, ++now)
    await new Promise<void>((resolve) => waiting.push(resolve))
    now--
  }
  const wishes = [true, false, true, false, true].map((held) => rig.calls.hold(call.id, held))
  expect(call.hearsRep).toBe(false)
  while (waiting.length > 0) {
    waiting.shift()?.()
    await quiet()
  }
  await Promise.all(wishes)
  expect(most).toBe(1)
  expect(rig.shown(call.id)).toMatchObject({ hold: 'held' })
  expect(call.done.filter((each) => each === 'hold' || each === 'resume')).toEqual(['hold'])
})

test('two calls swapped back and forth: one hears the rep, the other is held', async () => {
  const first = await up('+1')
  const second = await up('+2')
  for (let n = 0; n < 5; n++) {
    void rig.calls.hold(first.id, false)
    void rig.calls.hold(second.id, false)
  }
  await rig.calls.hold(first.id, false)
  await quiet()
  expect([first.hearsRep, second.hearsRep]).toEqual([true, false])
  expect(rig.shown(first.id)).toMatchObject({ hold: 'none' })
  expect(rig.shown(second.id)).toMatchObject({ hold: 'held' })
})

test('a refused resume leaves the call held, with words, and its microphone off', async () => {
  const call = await up('+1')
  await rig.calls.hold(call.id, true)
  call.holding = refused
  await expect(rig.calls.hold(call.id, false)).rejects.toThrow('sip.holdRefused')
  expect(rig.shown(call.id)).toMatchObject({ hold: 'held', ...trouble('hold.resumeRefused') })
  expect(call.hearsRep).toBe(false)
  call.holding = async () => {}
  await rig.calls.hold(call.id, false)
  expect(rig.shown(call.id)).toMatchObject({ hold: 'none', trouble: null })
  expect(call.hearsRep).toBe(true)
})

test('a call that the rep turns away from while it rings is held as soon as it is answered', async () => {
  const { callId } = rig.calls.dial({ number: '600' })
  const dialled = rig.line.dialled[0]
  dialled?.onRinging?.(false)
  expect(rig.tones.get(callId)).toBe('ringback')
  const second = await up('+2')
  expect(rig.tones.size).toBe(0)
  dialled?.connect()
  expect(dialled?.hearsRep).toBe(false)
  await quiet()
  expect(rig.shown(callId)).toMatchObject({ phase: 'connected', hold: 'held' })
  expect(second.hearsRep).toBe(true)
})

test('what the rep muted stays muted over a hold', async () => {
  const call = await up('+1')
  await rig.calls.mute(call.id, true)
  await rig.calls.hold(call.id, true)
  await rig.calls.hold(call.id, false)
  expect(rig.shown(call.id)).toMatchObject({ muted: true, hold: 'none' })
  expect(call.hearsRep).toBe(false)
  await rig.calls.mute(call.id, false)
  expect(call.hearsRep).toBe(true)
})

test('unmuting a held call does not let it hear the rep before it is resumed', async () => {
  const call = await up('+1')
  await rig.calls.mute(call.id, true)
  await rig.calls.hold(call.id, true)
  await rig.calls.mute(call.id, false)
  expect(call.muted).toBe(true)
  await rig.calls.hold(call.id, false)
  expect(call.hearsRep).toBe(true)
})

test('the far end’s hold is shown beside our own', async () => {
  const call = await up('+1')
  call.onRemoteHold?.(true)
  await rig.calls.hold(call.id, true)
  expect(rig.shown(call.id)).toMatchObject({ hold: 'held', heldByRemote: true })
  call.onRemoteHold?.(false)
  expect(rig.shown(call.id)).toMatchObject({ hold: 'held', heldByRemote: false })
})

test.each([['holding'], ['held'], ['resuming']] as const)('a call that dies while %s is ended and kept as dropped', async (state) => {
  const call = await up('+1')
  const never = () => new Promise<void>(() => {})
  if (state === 'holding') call.holding = never
  const wish = rig.calls.hold(call.id, true).catch(() => 'gone')
  await quiet()
  call.holding = never
  if (state === 'resuming') void rig.calls.hold(call.id, false).catch(() => undefined)
  expect(rig.shown(call.id)).toMatchObject({ hold: state })
  call.end({ by: 'network', trouble: { code: 'sip.callDropped', params: {} } })
  await wish
  expect(rig.shown(call.id)).toMatchObject({ phase: 'ended', hold: 'none', result: 'dropped' })
  expect(rig.journal.record(call.id)).toMatchObject({ result: 'dropped', trouble: { code: 'sip.callDropped' } })
})

test('calls beyond the limit are refused: what comes in hears busy and is kept as missed, what the rep dials is refused in words', async () => {
  rig.callLimit = 2
  await up('+1')
  await up('+2')
  const third = rig.line.receive('+3')
  expect(third.done).toEqual(['decline 486'])
  expect(rig.calls.live()).toHaveLength(2)
  expect(rig.journal.record(third.id)).toMatchObject({ result: 'missed', trouble: { code: 'call.limit', params: { count: 2 } } })
  expect(() => rig.calls.dial({ number: '600' })).toThrow('call.limitReached')
  expect(rig.line.dialled).toEqual([])
})

test('an emergency call goes over another line when the chosen one could not be started', () => {
  rig.brokenAccounts = [{ id: 'broken', kind: 'sip', status: 'refused', isDefault: true }]
  rig.guard = { check: ({ number }) => ({ emergency: number === '112' }) }
  expect(() => rig.calls.dial({ number: '601' })).toThrow('account.passwordNeeded')
  expect(() => rig.calls.dial({ number: '601', accountId: 'broken' })).toThrow('account.passwordNeeded')
  const call = rig.calls.dial({ number: '112' })
  expect(rig.shown(call.callId)).toMatchObject({ accountId: 'line', emergency: true })
  expect(rig.shown(rig.calls.dial({ number: '112', accountId: 'broken' }).callId)).toMatchObject({ accountId: 'line' })
})

test('an emergency call knows no limit, no question and no microphone, and the others are held', async () => {
  rig.callLimit = 1
  const customer = await up('+1')
  rig.guard = { check: ({ number }) => ({ emergency: number === '112' }) }
  rig.media.microphone = 'denied'
  const { callId } = rig.calls.dial({ number: '112' })
  await quiet()
  expect(rig.shown(callId)).toMatchObject({ emergency: true, phase: 'calling' })
  expect(customer.hearsRep).toBe(false)
  rig.line.become({ status: 'offline' })
  expect(() => rig.calls.dial({ number: '112' })).toThrow('call.emergencyNoLine')
  rig.line.become({ status: 'registered' })
  rig.accountKind = 'practice'
  expect(() => rig.calls.dial({ number: '112' })).toThrow('call.emergencyNoLine')
})

test('the guard is asked with the number, where it comes from and whether the rep has agreed, before anything is dialled', () => {
  const asked: unknown[] = []
  rig.guard = {
    check: (wish) => {
      asked.push(wish)
      if (!wish.confirmed) throw new TroubleError('guard.askTest')
      return { emergency: false }
    },
  }
  expect(() => rig.calls.dial({ number: '+44 20 7946 0018', origin: 'clipboard' })).toThrow('guard.askTest')
  expect(rig.line.dialled).toEqual([])
  rig.calls.dial({ number: '+44 20 7946 0018', origin: 'typed', confirmed: true })
  expect(asked).toEqual([
    { number: '+442079460018', e164: '+442079460018', account: 'line', origin: 'clipboard', confirmed: false },
    { number: '+442079460018', e164: '+442079460018', account: 'line', origin: 'typed', confirmed: true },
  ])
})

test('the number dialled last is the latest outgoing one, also after a restart', async () => {
  expect(rig.calls.last()).toBeNull()
  rig.calls.dial({ number: '600' })
  rig.clock.pass(1000)
  rig.calls.dial({ number: '+46 8 123 456 78' })
  rig.clock.pass(1000)
  await up('+1')
  expect(rig.calls.last()).toEqual({ number: '+46812345678', accountId: 'line', contactId: null })
  const { CallJournal } = await import('./journal')
  const { silentLog } = await import('../log')
  const reopened = new CallJournal(rig.store, (number) => number, silentLog())
  expect(reopened.lastDialled()).toEqual({ number: '+46812345678', accountId: 'line', contactId: null })
  reopened.close()
})
