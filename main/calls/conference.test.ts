/** Two calls and the rep together: made, muted, left, broken and mended, over a scripted line and media page. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type CallRig, callRig } from '../../test/fixtures/call-rig'
import type { ScriptedCall } from '../../test/fixtures/scripted-account'
import { TroubleError } from '../trouble'

let rig: CallRig
let one: ScriptedCall
let other: ScriptedCall
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] })
  rig = await callRig()
  one = await up('+1')
  other = await up('+2')
})
afterEach(async () => {
  vi.useRealTimers()
  await rig.close()
})
const quiet = () => new Promise((done) => setImmediate(done))
const refused = () => Promise.reject(new TroubleError('sip.holdRefused'))
const heard = () => [one.hearsRep, other.hearsRep]
const members = () => rig.conference?.map(({ peer }) => peer)
async function up(number: string): Promise<ScriptedCall> {
  const call = rig.line.receive(number)
  await rig.calls.answer(call.id)
  call.onMedia?.('flowing')
  await quiet()
  return call
}
const start = () => rig.calls.startConference(one.id, other.id)

test('both are resumed, hear the rep, and the media page is told who is in it', async () => {
  expect(heard()).toEqual([false, true])
  await start()
  expect(heard()).toEqual([true, true])
  expect(rig.conference).toEqual([
    { peer: one.id, muted: false },
    { peer: other.id, muted: false },
  ])
  for (const call of [one, other]) expect(rig.shown(call.id)).toMatchObject({ inConference: true, hold: 'none' })
})

test('a party is muted and heard again; a page that cannot leaves it as it was', async () => {
  await start()
  await rig.calls.muteParty(one.id, true)
  expect(rig.conference).toEqual([
    { peer: one.id, muted: true },
    { peer: other.id, muted: false },
  ])
  expect(rig.shown(one.id)).toMatchObject({ partyMuted: true })
  rig.mixing = () => Promise.reject(new TroubleError('media.timeout'))
  await expect(rig.calls.muteParty(one.id, false)).rejects.toThrow('media.timeout')
  expect(rig.shown(one.id)).toMatchObject({ partyMuted: true })
})

test.each([
  ['hangs up', () => one.end(), 'answered'],
  ['is dropped by the rep', () => rig.calls.hangUp(one.id), 'answered'],
  ['is lost', () => one.end({ by: 'network' }), 'dropped'],
] as const)('a party that %s leaves a plain call behind', async (_, leave, result) => {
  await start()
  await rig.calls.muteParty(other.id, true)
  leave()
  await quiet()
  expect(rig.conference).toEqual([])
  expect(rig.shown(other.id)).toMatchObject({ inConference: false, partyMuted: false, hold: 'none' })
  expect(other.hearsRep).toBe(true)
  expect(rig.journal.record(one.id)).toMatchObject({ result })
})

test('split: the one goes on, the other is held', async () => {
  await start()
  rig.calls.splitConference(one.id)
  expect(heard()).toEqual([true, false])
  await quiet()
  expect(rig.conference).toEqual([])
  expect(rig.shown(other.id)).toMatchObject({ inConference: false, hold: 'held' })
  expect(() => rig.calls.splitConference(one.id)).toThrow('conference.none')
})

test('the rep leaves: the two are connected, whichever of them may be asked, and each is shown as handed to the other', async () => {
  await start()
  one.transferring = () => Promise.reject(new TroubleError('transfer.refused'))
  await rig.calls.leaveConference()
  expect(other.done.at(-1)).toBe('transfer to call +1')
  await vi.advanceTimersByTimeAsync(3_000)
  expect(rig.calls.live()).toEqual([])
  expect(rig.journal.record(one.id)).toMatchObject({ result: 'answered', transferredTo: '+2' })
  expect(rig.journal.record(other.id)).toMatchObject({ result: 'answered', transferredTo: '+1' })
  expect(rig.conference).toEqual([])
})

test('leaving that fails keeps the conference, and everyone still hears everyone', async () => {
  await start()
  for (const call of [one, other]) call.transferring = () => Promise.reject(new TroubleError('transfer.refused'))
  await expect(rig.calls.connect(one.id, other.id)).rejects.toThrow('transfer.refused')
  expect(heard()).toEqual([true, true])
  expect(members()).toEqual([one.id, other.id])
  expect(rig.shown(one.id)).toMatchObject({ inConference: true, transfer: null, trouble: { code: 'transfer.refused' } })
})

test('a party that cannot be resumed: no conference, and the rep is with the one that he was with', async () => {
  one.holding = refused
  await expect(start()).rejects.toThrow('conference.notResumed')
  await quiet()
  expect(heard()).toEqual([false, true])
  expect(rig.shown(one.id)).toMatchObject({ inConference: false, hold: 'held' })
  expect(rig.shown(other.id)).toMatchObject({ inConference: false, hold: 'none' })
})

test('a media page that cannot mix: no conference, and only one hears the rep', async () => {
  rig.mixing = () => Promise.reject(new TroubleError('media.failed'))
  await expect(start()).rejects.toThrow('media.failed')
  await quiet()
  expect(heard()).toEqual([false, true])
  expect(rig.shown(one.id)).toMatchObject({ inConference: false, hold: 'held' })
})

test('a party that hangs up while it is being made: no conference, and the other call goes on', async () => {
  const late = Promise.withResolvers<void>()
  one.holding = () => late.promise
  const made = start()
  one.end()
  await expect(made).rejects.toThrow('conference.partyGone')
  late.resolve()
  await quiet()
  expect(rig.shown(other.id)).toMatchObject({ inConference: false, hold: 'none' })
  expect(other.hearsRep).toBe(true)
})

test('hold and resume are for all of it, and a further call holds it as one', async () => {
  await start()
  await rig.calls.hold(one.id, true)
  for (const call of [one, other]) expect(rig.shown(call.id)).toMatchObject({ hold: 'held', inConference: true })
  await rig.calls.hold(other.id, false)
  expect(heard()).toEqual([true, true])
  const third = await up('+3')
  expect([...heard(), third.hearsRep]).toEqual([false, false, true])
  await rig.calls.hold(one.id, false)
  await quiet()
  expect([...heard(), third.hearsRep]).toEqual([true, true, false])
  expect(members()).toEqual([one.id, other.id])
})

test('a new media page is told again, as often as it takes until both are heard', async () => {
  await start()
  rig.conference = null
  for (const call of [one, other]) call.onMedia?.('lost')
  rig.page(false)
  rig.mixing = () => Promise.reject(new TroubleError('media.unknownPeer'))
  rig.page(true)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(rig.conference).toBeNull()
  rig.mixing = async () => {}
  await vi.advanceTimersByTimeAsync(500)
  expect(members()).toEqual([one.id, other.id])
  rig.conference = null
  // The peers of the new page begin only now.
  for (const call of [one, other]) call.onMedia?.('flowing')
  await vi.advanceTimersByTimeAsync(500)
  expect(members()).toEqual([one.id, other.id])
  rig.conference = null
  await vi.advanceTimersByTimeAsync(60_000)
  expect(rig.conference).toBeNull()
})

test('a page that never learns it is given up, and the rep is told', async () => {
  await start()
  rig.mixing = () => Promise.reject(new TroubleError('media.unknownPeer'))
  rig.page(false)
  rig.page(true)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(rig.shown(one.id)).toMatchObject({ trouble: { code: 'conference.broken' } })
})

test('one conference at a time, of two connected calls that go nowhere', async () => {
  await expect(rig.calls.startConference(one.id, one.id)).rejects.toThrow('conference.sameCall')
  await start()
  const third = await up('+3')
  await expect(rig.calls.startConference(one.id, third.id)).rejects.toThrow('conference.exists')
  await expect(rig.calls.transfer(one.id, '700')).rejects.toThrow('transfer.inConference')
  await expect(rig.calls.muteParty(third.id, true)).rejects.toThrow('conference.none')
  const ringing = rig.line.receive('+4')
  await expect(rig.calls.startConference(one.id, ringing.id)).rejects.toThrow('call.notConnected')
})

test('of a consultation: the colleague stays in when the customer has been told', async () => {
  rig.calls.hangUp(other.id)
  const { callId } = rig.calls.consult(one.id, '700')
  const colleague = rig.line.dialled[0]
  colleague?.connect()
  await quiet()
  await rig.calls.startConference(one.id, callId)
  expect(rig.shown(callId)).toMatchObject({ inConference: true, consultsFor: null })
  colleague?.end()
  await quiet()
  expect(one.hearsRep).toBe(true)
})

test('a member whose place another call takes: that one is in it', async () => {
  await start()
  const successor = rig.line.receive('+9', { replaces: one.id })
  await quiet()
  await vi.advanceTimersByTimeAsync(500)
  expect(members()).toEqual([successor.id, other.id])
  expect([successor.hearsRep, other.hearsRep]).toEqual([true, true])
  expect(rig.shown(successor.id)).toMatchObject({ inConference: true })
})

test('a member that is held by its far end is shown so', async () => {
  await start()
  one.onRemoteHold?.(true)
  expect(rig.shown(one.id)).toMatchObject({ heldByRemote: true, inConference: true })
})
