/** What becomes of a call before it rings, and of one that takes another's place, over a scripted line. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type CallRig, callRig } from '../../test/fixtures/call-rig'
import type { ScriptedCall } from '../../test/fixtures/scripted-account'
import { TroubleError } from '../trouble'
import { autoAnswerToneMs } from './incoming-calls'

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
const record = (id: string) => rig.journal.record(id)
async function up(number: string): Promise<ScriptedCall> {
  const call = rig.line.receive(number)
  await rig.calls.answer(call.id)
  await quiet()
  return call
}

test('the policy refuses a call without a sound, and History says why', () => {
  rig.policy.incoming = ({ number }) =>
    number === '+1'
      ? { action: 'refuse', status: 480, why: { code: 'call.tooMany', params: {} } }
      : { action: 'refuse', status: 603, why: { code: 'call.tooMany', params: {} }, result: 'declined' }
  const first = rig.line.receive('+1')
  const second = rig.line.receive('+2')
  expect([first.done, second.done]).toEqual([['decline 480'], ['decline 603']])
  expect(record(first.id)).toMatchObject({ result: 'missed', trouble: { code: 'call.tooMany' }, log: null })
  expect(record(second.id)).toMatchObject({ result: 'declined' })
  expect([rig.calls.live(), [...rig.tones], rig.notices.size, rig.popShown]).toEqual([[], [], 0, false])
})

test('the policy sees who calls, and how many calls there are', async () => {
  await up('+1')
  rig.line.receive('+2')
  const seen: unknown[] = []
  rig.policy.incoming = (arrival) => {
    seen.push(arrival)
    return { action: 'ring' }
  }
  rig.line.receive('+46812345678')
  expect(seen).toMatchObject([
    { number: '+46812345678', e164: '+46812345678', account: 'line', ringing: 1, live: 2, asksAutoAnswer: false },
  ])
})

test('a policy that fails lets it ring', () => {
  rig.policy.incoming = () => {
    throw new Error('broken')
  }
  const call = rig.line.receive('+1')
  expect(rig.shown(call.id)).toMatchObject({ phase: 'ringing' })
})

test('a call that is always forwarded is sent on and kept, with where to', () => {
  rig.policy.incoming = () => ({ action: 'forward', target: '+46 8 555 00 00', otherwise: { action: 'ring' } })
  const call = rig.line.receive('+1')
  expect(call.done).toEqual(['redirect +4685550000'])
  expect(record(call.id)).toMatchObject({ result: 'declined', transferredTo: '08-555 00 00', trouble: null })
  expect(rig.calls.live()).toEqual([])
})

test('what may not be forwarded rings, or is refused, as the policy says', () => {
  rig.policy.incoming = () => ({ action: 'forward', target: '+46900', otherwise: { action: 'ring' } })
  rig.guard = {
    check: ({ origin, confirmed }) => {
      if (origin === 'forward' && confirmed) throw new TroubleError('guard.refusedTest')
      return { emergency: false }
    },
  }
  const call = rig.line.receive('+1')
  expect(call.done).toEqual([])
  expect(rig.shown(call.id)).toMatchObject({ phase: 'ringing' })
  const undisturbed = { action: 'refuse', status: 480, why: { code: 'guard.doNotDisturb', params: {} } } as const
  for (const target of ['+46900', 'no such number']) {
    rig.policy.incoming = () => ({ action: 'forward', target, otherwise: undisturbed })
    const other = rig.line.receive('+2')
    expect(other.done).toEqual(['decline 480'])
    expect(record(other.id)).toMatchObject({ result: 'missed', transferredTo: null, trouble: { code: 'guard.doNotDisturb' } })
  }
})

test('a call that nobody answers is forwarded when its time is up, unless the rep has changed his mind or answered', async () => {
  let target: string | null = '700'
  rig.policy.unanswered = () => (target === null ? null : { afterMs: 20_000, target })
  const sent = rig.line.receive('+1')
  vi.advanceTimersByTime(19_999)
  expect(sent.done).toEqual([])
  vi.advanceTimersByTime(1)
  expect(sent.done).toEqual(['redirect 700'])
  expect(record(sent.id)).toMatchObject({ result: 'declined', transferredTo: '700' })
  expect(rig.notices.size).toBe(0)
  const kept = rig.line.receive('+2')
  target = null
  vi.advanceTimersByTime(20_000)
  expect(kept.done).toEqual([])
  target = '700'
  const answered = await up('+3')
  vi.advanceTimersByTime(20_000)
  expect(answered.done).not.toContain('redirect 700')
})

test('the rep sends a ringing call elsewhere, past the guard', () => {
  const call = rig.line.receive('+1')
  rig.guard = {
    check: ({ number, confirmed }) => {
      if (number === '900') throw new TroubleError('guard.refusedTest')
      if (!confirmed) throw new TroubleError('guard.askTest')
      return { emergency: false }
    },
  }
  expect(() => rig.calls.forward(call.id, '700')).toThrow('guard.askTest')
  expect(() => rig.calls.forward(call.id, '900')).toThrow('guard.refusedTest')
  expect(() => rig.calls.forward(call.id, 'no number at all')).toThrow('call.badNumber')
  expect(rig.shown(call.id)).toMatchObject({ phase: 'ringing' })
  rig.calls.forward(call.id, '700', true)
  expect(call.done).toEqual(['redirect 700'])
  expect(record(call.id)).toMatchObject({ result: 'declined', transferredTo: '700' })
  expect(rig.calls.live()).toEqual([])
})

test('a call that asks for it is answered at once where that is allowed, with a short tone and no pop', async () => {
  rig.policy.incoming = ({ asksAutoAnswer }) => ({ action: asksAutoAnswer ? 'autoAnswer' : 'ring' })
  const call = rig.line.receive('+1', { asksAutoAnswer: true })
  await quiet()
  expect(rig.shown(call.id)).toMatchObject({ phase: 'connected', autoAnswered: true })
  expect([rig.popShown, rig.notices.size]).toEqual([false, 0])
  expect(rig.tones.get(call.id)).toBe('waiting')
  vi.advanceTimersByTime(autoAnswerToneMs)
  expect(rig.tones.size).toBe(0)
  const second = rig.line.receive('+2', { asksAutoAnswer: true })
  await quiet()
  expect(rig.shown(second.id)).toMatchObject({ phase: 'ringing', autoAnswered: false })
})

test('an automatic answer that fails rings, and is told of', async () => {
  rig.policy.incoming = () => ({ action: 'autoAnswer' })
  const call = rig.line.receive('+1', { answering: () => Promise.reject(new TroubleError('media.timeout')) })
  await quiet()
  expect(rig.shown(call.id)).toMatchObject({ phase: 'ringing', autoAnswered: false, trouble: { code: 'media.timeout' } })
  expect(rig.tones.get(call.id)).toBe('ring')
  expect(rig.notices.size).toBe(1)
})

test('a call that takes the place of another goes on unasked, with a record of its own and no missed call', async () => {
  const old = await up('+1')
  const call = rig.line.receive('+2', { replaces: old.id })
  expect([rig.tones.size, rig.popShown, rig.notices.size]).toEqual([0, false, 0])
  await quiet()
  expect(rig.shown(call.id)).toMatchObject({ phase: 'connected', hold: 'none' })
  expect(call.hearsRep).toBe(true)
  expect(old.over).toBe(true)
  expect(rig.calls.live().map(({ id }) => id)).toEqual([call.id])
  expect([record(old.id)?.result, record(call.id)?.result]).toEqual(['answered', null])
})

test('the old dialog’s end is no loss, whatever telephony makes of it, and what was held stays held', async () => {
  const held = await up('+1')
  const other = await up('+2')
  const answer = Promise.withResolvers<void>()
  const call = rig.line.receive('+3', { replaces: held.id, answering: () => answer.promise })
  held.end({ by: 'network', trouble: { code: 'sip.callDropped', params: {} } })
  answer.resolve()
  await quiet()
  expect(record(held.id)).toMatchObject({ result: 'answered', trouble: null })
  expect(rig.shown(call.id)).toMatchObject({ phase: 'connected', hold: 'held' })
  expect([call.hearsRep, other.hearsRep]).toEqual([false, true])
})

test('a call that cannot take the place leaves the old one as it was', async () => {
  const old = await up('+1')
  const call = rig.line.receive('+2', { replaces: old.id, answering: () => Promise.reject(new TroubleError('media.timeout')) })
  await quiet()
  expect(old.hearsRep).toBe(true)
  expect(rig.shown(old.id)).toMatchObject({ phase: 'connected' })
  expect(call.done).toContain('decline 480')
  expect(record(call.id)?.result).toBe('declined')
  expect(rig.notices.size).toBe(0)
})

test('it takes no place of one that has gone: it rings', async () => {
  const old = await up('+1')
  old.end()
  const call = rig.line.receive('+2', { replaces: old.id })
  expect(rig.shown(call.id)).toMatchObject({ phase: 'ringing' })
})
