/** Key tones in order, with pauses, until the call ends. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type CallRig, callRig } from '../../test/fixtures/call-rig'
import type { ScriptedCall } from '../../test/fixtures/scripted-account'
import { TroubleError } from '../trouble'
import { pauseMs } from './keypad'

let rig: CallRig
let call: ScriptedCall
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] })
  rig = await callRig()
  call = rig.line.receive('+1')
  await rig.calls.answer(call.id)
  call.done.length = 0
})
afterEach(async () => {
  vi.useRealTimers()
  await rig.close()
})
const quiet = () => new Promise((done) => setImmediate(done))

test('a comma is a pause of two seconds, and the command resolves when all has been sent', async () => {
  let done = false
  const sent = rig.calls.dtmf(call.id, '12,,3#').then(() => {
    done = true
  })
  await quiet()
  expect(call.done).toEqual(['dtmf 12'])
  await vi.advanceTimersByTimeAsync(pauseMs)
  expect(call.done).toEqual(['dtmf 12'])
  expect(done).toBe(false)
  await vi.advanceTimersByTimeAsync(pauseMs)
  await sent
  expect(call.done).toEqual(['dtmf 12', 'dtmf 3#'])
})

test('a second sequence waits for the first', async () => {
  const all = [rig.calls.dtmf(call.id, '1,2'), rig.calls.dtmf(call.id, '3')]
  await vi.advanceTimersByTimeAsync(pauseMs)
  await Promise.all(all)
  expect(call.done).toEqual(['dtmf 1', 'dtmf 2', 'dtmf 3'])
})

test('a sequence that fails does not take the next with it', async () => {
  const { dtmf } = call
  call.dtmf = () => Promise.reject(new TroubleError('sip.tonesRefused', { status: 415 }))
  const first = rig.calls.dtmf(call.id, '1')
  const second = rig.calls.dtmf(call.id, '2')
  call.dtmf = dtmf
  await expect(first).rejects.toThrow('sip.tonesRefused')
  await second
  expect(call.done).toEqual(['dtmf 2'])
})

test('the end of the call ends the sequence, also in a pause', async () => {
  const sent = rig.calls.dtmf(call.id, '1,2')
  const next = rig.calls.dtmf(call.id, '3')
  const outcomes = Promise.allSettled([sent, next])
  await quiet()
  const timers = vi.getTimerCount()
  call.end()
  // The pause’s and the beat’s are gone.
  expect(vi.getTimerCount()).toBe(timers - 2)
  expect(await outcomes).toMatchObject([
    { status: 'rejected', reason: { trouble: { code: 'call.gone' } } },
    { status: 'rejected', reason: { trouble: { code: 'call.gone' } } },
  ])
  await vi.advanceTimersByTimeAsync(pauseMs * 2)
  expect(call.done).toEqual(['dtmf 1'])
})

test('no tones before the call can carry them', async () => {
  rig.calls.dial({ number: '600' })
  await expect(rig.calls.dtmf(rig.line.dialled[0]?.id ?? '', '1')).rejects.toThrow('call.notConnected')
})
