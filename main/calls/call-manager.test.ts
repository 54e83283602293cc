/** Live calls over a scripted line, with the real store, journal and logs. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { addContact, type CallRig, callRig } from '../../test/fixtures/call-rig'
import { TroubleError } from '../trouble'
import { beatMs, failedStaysMs } from './live-calls'

let rig: CallRig
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] })
  rig = await callRig()
})
afterEach(async () => {
  vi.useRealTimers()
  await rig.close()
})
const record = (id: string) => {
  const found = rig.journal.record(id)
  if (!found) throw new Error('the call is not recorded')
  return found
}
const names = () => rig.seen.map((each) => each.event)

test('an incoming call is on record when it is shown, with its caller, in the same tick', () => {
  const anna = addContact(rig.store, 'Anna Björk', '+46812345678', 'Nordwind')
  let recordedWhenShown: unknown = null
  const { push } = rig.seen
  rig.seen.push = (...events) => {
    recordedWhenShown ??= rig.store.db.prepare('SELECT count(*) FROM calls').pluck().get()
    return push.apply(rig.seen, events)
  }
  const call = rig.line.receive('+46812345678', { calledLine: 'Sales', displayName: 'A B' })
  expect(names()[0]).toBe('call.changed')
  expect(recordedWhenShown).toBe(1)
  expect(rig.shown(call.id)).toMatchObject({
    phase: 'ringing',
    calledLine: 'Sales',
    caller: { match: 'exact', networkName: 'A B', contacts: [{ name: 'Anna Björk' }] },
  })
  expect(record(call.id)).toMatchObject({ contactId: anna, organization: 'Nordwind', result: null, log: null, utcOffset: 60 })
  expect(rig.popShown).toBe(true)
  expect(rig.notices.get(`call:${call.id}`)).toMatchObject({ title: 'Anna Björk is calling', body: 'Nordwind · 08-123 456 78' })
  expect(rig.tones.get(call.id)).toBe('ring')
})

test('an answered call is timed by the monotonic clock, opens its form, and leaves the screen at its end', async () => {
  const call = rig.line.receive('+4681')
  rig.clock.pass(4_000)
  rig.clock.wallNow -= 3_600_000
  await rig.calls.answer(call.id)
  expect(rig.shown(call.id)).toMatchObject({ phase: 'connected', answeredAt: record(call.id).startedAt + 4_000 })
  expect(rig.tones.size).toBe(0)
  expect(rig.popShown).toBe(false)
  expect(rig.logs.drafts()).toMatchObject([{ record: { id: call.id }, log: { outcome: 'connected', state: 'draft' } }])
  rig.clock.pass(60_000)
  vi.advanceTimersByTime(beatMs)
  expect(record(call.id)).toMatchObject({ ringMs: 4_000, talkMs: 60_000, result: null })
  rig.clock.pass(500)
  call.end()
  expect(record(call.id)).toMatchObject({
    result: 'answered',
    ringMs: 4_000,
    talkMs: 60_500,
    answeredAt: record(call.id).startedAt + 4_000,
  })
  expect(rig.calls.live()).toEqual([])
  expect(names()).toContain('call.removed')
})

test('a missed call has no form, is told of, and leaves the screen', () => {
  const call = rig.line.receive('+4681')
  rig.clock.pass(7_000)
  call.end()
  expect(record(call.id)).toMatchObject({ result: 'missed', ringMs: 7_000, talkMs: 0, log: null, trouble: null })
  expect([...rig.notices.keys()]).toEqual([`missed:${call.id}`])
  expect(rig.calls.live()).toEqual([])
})

test.each([
  ['declined', { declined: true }, {}],
  ['answered-elsewhere', {}, { answeredElsewhere: true }],
] as const)('%s: no form, no missed mark', (result, { declined }: { declined?: boolean }, end) => {
  const call = rig.line.receive('+4681')
  if (declined) rig.calls.decline(call.id)
  else call.end(end)
  expect(record(call.id)).toMatchObject({ result, log: null, trouble: null })
  expect(rig.notices.size).toBe(0)
  expect(rig.calls.live()).toEqual([])
})

test.each([
  [486, 'busy', 'call.busy', 'busy'],
  [600, 'busy', 'call.busy', 'busy'],
  [603, 'declined', 'call.declined', 'no-answer'],
  [480, 'no-answer', 'call.notAvailable', 'no-answer'],
  [404, 'failed', 'call.unknownNumber', 'wrong-number'],
  [403, 'failed', 'call.forbidden', null],
  [488, 'failed', 'call.codec', null],
  [503, 'failed', 'call.overloaded', null],
  [500, 'failed', 'call.serverTrouble', null],
] as const)('an outgoing call that ends with SIP %i is %s, says why, and asks for a log', (status, result, code, outcome) => {
  const { callId } = rig.calls.dial({ number: '08-123 45' })
  const call = rig.line.dialled[0]
  expect(call?.remote.number).toBe('0812345')
  call?.end({ status })
  expect(rig.shown(callId)).toMatchObject({ phase: 'ended', result, trouble: { code } })
  expect(record(callId)).toMatchObject({ result, trouble: { code }, log: { state: 'draft', outcome } })
  vi.advanceTimersByTime(failedStaysMs + 1)
  expect(rig.calls.live()).toEqual([])
})

test('an outgoing call has its form before it has its end, so that a kill in between loses neither', () => {
  const { callId } = rig.calls.dial({ number: '604' })
  const draftsAtEnd: unknown[] = []
  const end = rig.journal.end.bind(rig.journal)
  vi.spyOn(rig.journal, 'end').mockImplementation((id, call) => {
    draftsAtEnd.push(record(id).log?.state)
    end(id, call)
  })
  rig.calls.hangUp(callId)
  rig.line.dialled[0]?.end({ by: 'local' })
  expect(draftsAtEnd).toEqual(['draft'])
  expect(record(callId)).toMatchObject({ result: 'cancelled', log: { state: 'draft', outcome: 'no-answer' } })
})

test('ringback sounds while it rings without early media, and stops for it', () => {
  const { callId } = rig.calls.dial({ number: '600' })
  expect(rig.tones.size).toBe(0)
  rig.line.dialled[0]?.onRinging?.(false)
  expect(rig.tones.get(callId)).toBe('ringback')
  rig.line.dialled[0]?.onRinging?.(true)
  expect(rig.tones.size).toBe(0)
  rig.line.dialled[0]?.end({ status: 486 })
  expect(rig.tones.get(callId)).toBe('busy')
  rig.calls.dismiss(callId)
  expect(rig.tones.size).toBe(0)
})

test('what the library makes up for a lost connection is a failure, whatever its number', () => {
  const { callId } = rig.calls.dial({ number: '604' })
  rig.line.dialled[0]?.end({ by: 'network', status: 408, trouble: { code: 'sip.callUnsent', params: {} } })
  expect(rig.shown(callId)).toMatchObject({ result: 'failed', trouble: { code: 'sip.callUnsent' } })
})

test('a call that ends with its account is cancelled, not failed', () => {
  const { callId } = rig.calls.dial({ number: '604' })
  rig.line.dialled[0]?.end({ by: 'local' })
  expect(record(callId)).toMatchObject({ result: 'cancelled', trouble: null })
})

test('cancelling is not a failure', () => {
  const { callId } = rig.calls.dial({ number: '604' })
  rig.line.dialled[0]?.onRinging?.(false)
  rig.calls.hangUp(callId)
  expect(record(callId)).toMatchObject({ result: 'cancelled', trouble: null, log: { outcome: 'no-answer' } })
  expect(rig.calls.live()).toEqual([])
})

test('a call that the network drops says so', async () => {
  const call = rig.line.receive('+4681')
  await rig.calls.answer(call.id)
  call.end({ by: 'network' })
  expect(rig.shown(call.id)).toMatchObject({ result: 'dropped', trouble: { code: 'call.dropped' } })
})

test('the first of several incoming calls rings, the next takes over, and in a call only a soft signal sounds', async () => {
  const first = rig.line.receive('+1')
  const second = rig.line.receive('+2')
  expect([...rig.tones]).toEqual([[first.id, 'ring']])
  await rig.calls.answer(first.id)
  expect([...rig.tones]).toEqual([[second.id, 'waiting']])
  await rig.calls.answer(second.id)
  expect(rig.tones.size).toBe(0)
  expect(first.done).toContain('mute')
  await vi.waitFor(() => expect(rig.shown(first.id)).toMatchObject({ hold: 'held', muted: false }))
})

test('an answer that fails leaves the call ringing and says why', async () => {
  const call = rig.line.receive('+1')
  call.answering = () => Promise.reject(new TroubleError('media.microphoneMissing'))
  await expect(rig.calls.answer(call.id)).rejects.toThrow('media.microphoneMissing')
  expect(rig.shown(call.id)).toMatchObject({ phase: 'ringing', trouble: { code: 'media.microphoneMissing' } })
  expect(rig.tones.get(call.id)).toBe('ring')
})

test('nothing is dialled without a microphone, an account or a number', () => {
  rig.media.microphone = 'denied'
  expect(() => rig.calls.dial({ number: '600' })).toThrow('media.microphoneDenied')
  rig.media.microphone = 'granted'
  expect(() => rig.calls.dial({ number: 'no such number' })).toThrow('call.badNumber')
  rig.line.become({ status: 'offline' })
  expect(() => rig.calls.dial({ number: '600' })).toThrow('call.accountOffline')
  expect(rig.line.dialled).toEqual([])
})

test('hanging up ends the call for the rep when telephony does not', async () => {
  const call = rig.line.receive('+1')
  await rig.calls.answer(call.id)
  call.hangUp = () => {}
  rig.calls.hangUp(call.id)
  vi.advanceTimersByTime(5_000)
  expect(rig.calls.live()).toEqual([])
  expect(record(call.id)).toMatchObject({ result: 'answered' })
})

test('a store that fails does not stop the call: it is shown, and written when the disk is there again', async () => {
  rig.store.db.pragma('query_only = ON')
  const call = rig.line.receive('+1')
  await rig.calls.answer(call.id)
  expect(rig.shown(call.id)).toMatchObject({ phase: 'connected' })
  expect(rig.logs.drafts()).toMatchObject([{ record: { id: call.id }, log: { outcome: 'connected' } }])
  expect(() => rig.logs.draft(call.id, { outcome: 'connected', notes: 'typed', followUp: null, contactId: null, dealId: null }, 1)).toThrow(
    'call.notKept',
  )
  rig.clock.pass(9_000)
  call.end()
  expect(rig.logs.drafts()).toMatchObject([{ record: { result: 'answered', talkMs: 9_000 }, log: { notes: 'typed' } }])
  expect(rig.store.db.prepare('SELECT count(*) FROM calls').pluck().get()).toBe(0)
  rig.store.db.pragma('query_only = OFF')
  vi.advanceTimersByTime(4_000)
  expect(rig.store.db.prepare('SELECT result, talk_ms FROM calls').get()).toEqual({ result: 'answered', talk_ms: 9_000 })
  expect(rig.store.db.prepare('SELECT notes, state FROM call_logs').get()).toEqual({ notes: 'typed', state: 'draft' })
})

test('quitting ends and records every call', async () => {
  const up = rig.line.receive('+1')
  await rig.calls.answer(up.id)
  const ringing = rig.line.receive('+2')
  rig.calls.close()
  expect(up.done).toContain('hangUp')
  expect(ringing.done).toContain('decline 480')
  expect(record(up.id).result).toBe('answered')
  expect(record(ringing.id).result).toBe('missed')
})

test('a call is not answered while no page could carry its sound: it rings on', async () => {
  const call = rig.line.receive('+4681')
  rig.media = { ...rig.media, present: false }
  await expect(rig.calls.answer(call.id)).rejects.toMatchObject({ trouble: { code: 'media.absent' } })
  expect(call.done).toEqual([])
  expect(rig.shown(call.id)).toMatchObject({ phase: 'ringing' })
  rig.media = { ...rig.media, present: true }
  await rig.calls.answer(call.id)
  expect(rig.shown(call.id)).toMatchObject({ phase: 'connected' })
})

test('what the rep dials is kept as it was dialled, even where a caller of that name would be withheld', () => {
  const { callId } = rig.calls.dial({ number: 'private' })
  rig.calls.refreshCallers()
  expect(rig.shown(callId)).toMatchObject({ caller: { raw: 'private', display: 'private', withheld: false } })
  expect(record(callId).number).toBe('private')
})
