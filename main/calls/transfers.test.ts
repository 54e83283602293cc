/** Calls that are handed over, asked about, or asked to go elsewhere, over a scripted line. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { addContact, type CallRig, callRig } from '../../test/fixtures/call-rig'
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
const record = (id: string) => rig.journal.record(id)
const trouble = (code: string) => ({ trouble: { code } })
async function up(number: string): Promise<ScriptedCall> {
  const call = rig.line.receive(number)
  await rig.calls.answer(call.id)
  await quiet()
  return call
}
/** A consultation about a customer; rings unless it is answered here. */
async function consult(customer: ScriptedCall, target = '700', answered = true): Promise<ScriptedCall> {
  const { callId } = rig.calls.consult(customer.id, target)
  const call = rig.line.dialled.find(({ id }) => id === callId)
  if (!call) throw new Error('nothing was dialled')
  call.onRinging?.(false)
  if (answered) call.connect()
  await quiet()
  return call
}

test('a blind transfer: hold first, then its course, then the call has gone, with where to', async () => {
  addContact(rig.store, 'Eva Ek', '+4685550000')
  const call = await up('+1')
  const taken = Promise.withResolvers<void>()
  let tell: (status: number) => void = () => {}
  call.transferring = (_, onProgress) => {
    tell = onProgress
    return taken.promise
  }
  const done = rig.calls.transfer(call.id, '08-555 00 00')
  expect(call.hearsRep).toBe(false)
  expect(rig.shown(call.id)?.transfer).toEqual({ kind: 'blind', target: 'Eva Ek', state: 'asking' })
  await quiet()
  expect(call.done.slice(-2)).toEqual(['hold', 'transfer 085550000'])
  tell(100)
  expect(rig.shown(call.id)?.transfer?.state).toBe('trying')
  tell(180)
  expect(rig.shown(call.id)?.transfer?.state).toBe('ringing')
  taken.resolve()
  await done
  expect(record(call.id)).toMatchObject({ result: 'answered', transferredTo: 'Eva Ek', trouble: null, log: { state: 'draft' } })
  expect(rig.calls.live()).toEqual([])
})

test('a transfer that fails keeps the call, held and resumable, and says why', async () => {
  const call = await up('+1')
  call.transferring = () => Promise.reject(new TroubleError('transfer.underWay'))
  await expect(rig.calls.transfer(call.id, '700')).rejects.toThrow('transfer.underWay')
  expect(rig.shown(call.id)).toMatchObject({ transfer: null, hold: 'held', ...trouble('transfer.underWay') })
  await rig.calls.hold(call.id, false)
  expect(rig.shown(call.id)).toMatchObject({ hold: 'none', trouble: null })
  expect(call.hearsRep).toBe(true)
  expect(record(call.id)).toMatchObject({ result: null, transferredTo: null })
})

test('a far end that does not answer to hold is transferred all the same, after a while', async () => {
  const call = await up('+1')
  call.holding = () => new Promise(() => {})
  const done = rig.calls.transfer(call.id, '700')
  await quiet()
  expect(call.done).not.toContain('transfer 700')
  await vi.advanceTimersByTimeAsync(4_000)
  await done
  expect(record(call.id)).toMatchObject({ result: 'answered', transferredTo: '700' })
})

test('while a call is being handed over it is neither resumed nor handed over again', async () => {
  const call = await up('+1')
  const answer = Promise.withResolvers<void>()
  call.transferring = () => answer.promise
  const transfer = rig.calls.transfer(call.id, '700')
  await quiet()
  await expect(rig.calls.hold(call.id, false)).rejects.toThrow('transfer.underWay')
  await expect(rig.calls.transfer(call.id, '701')).rejects.toThrow('transfer.underWay')
  expect(() => rig.calls.consult(call.id, '701')).toThrow('transfer.underWay')
  rig.calls.hangUp(call.id)
  expect(rig.calls.live()).toEqual([])
  answer.reject(new TroubleError('sip.callOver'))
  await transfer
  expect(record(call.id)).toMatchObject({ result: 'answered', transferredTo: null })
})

test('nothing is handed over to a number that the guard refuses or has not been asked about', async () => {
  const call = await up('+1')
  rig.guard = {
    check: ({ origin, confirmed }) => {
      if (origin === 'transfer' && !confirmed) throw new TroubleError('guard.askTest')
      if (origin === 'consult') throw new TroubleError('guard.refusedTest')
      return { emergency: false }
    },
  }
  await expect(rig.calls.transfer(call.id, '+46900')).rejects.toThrow('guard.askTest')
  expect(() => rig.calls.consult(call.id, '+46900')).toThrow('guard.refusedTest')
  expect(rig.shown(call.id)).toMatchObject({ hold: 'none', transfer: null })
  expect(call.hearsRep).toBe(true)
  await rig.calls.transfer(call.id, '+46900', true)
  expect(call.done).toContain('transfer +46900')
})

test('a consultation holds the customer, has a record of its own and asks for no form', async () => {
  const customer = await up('+1')
  const colleague = await consult(customer)
  expect(rig.shown(customer.id)).toMatchObject({ hold: 'held' })
  expect(rig.shown(colleague.id)).toMatchObject({ consultsFor: customer.id, phase: 'connected' })
  expect([customer.hearsRep, colleague.hearsRep]).toEqual([false, true])
  await rig.calls.connect(customer.id, colleague.id)
  expect(customer.done.at(-1)).toBe('transfer to call 700')
  colleague.end()
  await quiet()
  expect(record(customer.id)).toMatchObject({ result: 'answered', transferredTo: '700', log: { state: 'draft' } })
  expect(record(colleague.id)).toMatchObject({ result: 'answered', transferredTo: null, log: null })
  expect(rig.logs.drafts().map(({ record: { id } }) => id)).toEqual([customer.id])
  expect(rig.calls.live()).toEqual([])
})

test('connect means the same whichever call is named first', async () => {
  const customer = await up('+1')
  const colleague = await consult(customer)
  await rig.calls.connect(colleague.id, customer.id)
  expect(customer.done.at(-1)).toBe('transfer to call 700')
})

test('where the customer’s side refuses, the colleague’s side is asked', async () => {
  const customer = await up('+1')
  const colleague = await consult(customer)
  customer.transferring = () => Promise.reject(new TroubleError('transfer.refused'))
  await rig.calls.connect(customer.id, colleague.id)
  expect(colleague.done.at(-1)).toBe('transfer to call +1')
  expect(record(customer.id)).toMatchObject({ transferredTo: '700' })
  // The customer’s far end hangs up by itself, or we do.
  await vi.advanceTimersByTimeAsync(3_000)
  expect(record(customer.id)).toMatchObject({ result: 'answered' })
  expect(rig.calls.live()).toEqual([])
})

test('when both sides refuse both calls are kept as they were', async () => {
  const customer = await up('+1')
  const colleague = await consult(customer)
  customer.transferring = () => Promise.reject(new TroubleError('transfer.refused'))
  colleague.transferring = () => Promise.reject(new TroubleError('transfer.failed'))
  await expect(rig.calls.connect(customer.id, colleague.id)).rejects.toThrow('transfer.failed')
  expect(rig.shown(customer.id)).toMatchObject({ hold: 'held', transfer: null, ...trouble('transfer.failed') })
  expect([customer.hearsRep, colleague.hearsRep]).toEqual([false, true])
})

test('after a time-out nobody else is asked: it may have happened', async () => {
  const customer = await up('+1')
  const colleague = await consult(customer)
  customer.transferring = () => Promise.reject(new TroubleError('transfer.timeout'))
  await expect(rig.calls.connect(customer.id, colleague.id)).rejects.toThrow('transfer.timeout')
  expect(colleague.done.join()).not.toContain('transfer')
})

test('connecting while the colleague’s phone still rings hands the customer to it', async () => {
  const customer = await up('+1')
  const colleague = await consult(customer, '700', false)
  await rig.calls.connect(customer.id, colleague.id)
  expect(colleague.done).toContain('hangUp')
  expect(customer.done.at(-1)).toBe('transfer 700')
  expect(record(customer.id)).toMatchObject({ result: 'answered', transferredTo: '700' })
  expect(record(colleague.id)).toMatchObject({ result: 'cancelled', log: null })
  expect(rig.calls.live()).toEqual([])
})

test('a colleague who answers in that moment is connected after all', async () => {
  const customer = await up('+1')
  const answer = Promise.withResolvers<void>()
  customer.holding = () => answer.promise
  const colleague = await consult(customer, '700', false)
  const done = rig.calls.connect(customer.id, colleague.id)
  colleague.connect()
  answer.resolve()
  await done
  expect(customer.done.at(-1)).toBe('transfer to call 700')
})

test.each([
  ['the colleague hangs up', (call: ScriptedCall) => call.end()],
  ['the rep ends the consultation', (call: ScriptedCall) => rig.calls.hangUp(call.id)],
  ['the network drops it', (call: ScriptedCall) => call.end({ by: 'network' })],
])('%s: the customer is there again', async (_, end) => {
  const customer = await up('+1')
  end(await consult(customer))
  await quiet()
  expect(rig.shown(customer.id)).toMatchObject({ hold: 'none' })
  expect(customer.hearsRep).toBe(true)
})

test.each([
  ['busy', { status: 486 }],
  ['no-answer', { status: 480 }],
  ['cancelled', { by: 'local' as const }],
])('a consultation that is %s drops back to the customer, says so, and sounds no tone in his ear', async (result, end) => {
  const customer = await up('+1')
  const colleague = await consult(customer, '700', false)
  colleague.end(end)
  await quiet()
  expect(record(colleague.id)).toMatchObject({ result, log: null })
  expect(customer.hearsRep).toBe(true)
  expect(rig.tones.size).toBe(0)
})

test('the customer is not resumed into another conversation', async () => {
  const customer = await up('+1')
  const colleague = await consult(customer)
  const other = await up('+3')
  colleague.end()
  await quiet()
  expect(rig.shown(customer.id)).toMatchObject({ hold: 'held' })
  expect([customer.hearsRep, other.hearsRep]).toEqual([false, true])
})

test('a customer who hangs up leaves the colleague on the line', async () => {
  const customer = await up('+1')
  const colleague = await consult(customer)
  customer.end()
  await quiet()
  expect(rig.shown(colleague.id)).toMatchObject({ consultsFor: null, phase: 'connected' })
  expect(colleague.hearsRep).toBe(true)
})

test('a customer who hangs up while being handed over ends the transfer', async () => {
  const customer = await up('+1')
  const kept = Promise.withResolvers<void>()
  customer.transferring = () => kept.promise
  const done = rig.calls.transfer(customer.id, '700')
  await quiet()
  customer.end()
  kept.reject(new TroubleError('call.gone'))
  await expect(done).rejects.toThrow('call.gone')
  expect(record(customer.id)).toMatchObject({ result: 'answered', transferredTo: null })
  expect(rig.calls.live()).toEqual([])
})

test('two customers of their own are each shown as handed to the other', async () => {
  const one = await up('+1')
  const other = await up('+2')
  await rig.calls.connect(one.id, other.id)
  expect([record(one.id)?.transferredTo, record(other.id)?.transferredTo]).toEqual(['+2', '+1'])
})

test('a call is not connected with one that still rings here, nor with itself', async () => {
  const call = await up('+1')
  const ringing = rig.line.receive('+2')
  await expect(rig.calls.connect(call.id, ringing.id)).rejects.toThrow('transfer.notAnswered')
  await expect(rig.calls.connect(call.id, call.id)).rejects.toThrow('transfer.sameCall')
  expect(call.hearsRep).toBe(true)
})

test('a far end that asks the call to go elsewhere is shown, and nothing is dialled before the rep agrees', async () => {
  const call = await up('+1')
  const referral = call.refer('700')
  expect(rig.shown(call.id)?.referral).toEqual({ target: '700', display: '700', warning: null, mayAccept: true })
  expect(rig.line.dialled).toEqual([])
  rig.calls.referral(call.id, true)
  await quiet()
  expect(rig.shown(call.id)).toMatchObject({ referral: null, hold: 'held' })
  expect(rig.shown(referral.accepted?.id ?? '')).toMatchObject({ direction: 'outgoing', phase: 'calling', caller: { raw: '700' } })
  expect(record(referral.accepted?.id ?? '')).toMatchObject({ number: '700' })
})

test('a premium number is dialled for a far end only when the rep has seen the warning and agreed', async () => {
  const call = await up('+1')
  let verdict: TroubleError | null = new TroubleError('guard.askTest')
  rig.guard = {
    check: ({ confirmed, origin }) => {
      if (origin === 'referral' && verdict && !confirmed) throw verdict
      return { emergency: false }
    },
  }
  const referral = call.refer('+46900')
  expect(rig.shown(call.id)?.referral).toMatchObject({ mayAccept: true, warning: { code: 'guard.askTest' } })
  expect(() => rig.calls.referral(call.id, true)).toThrow('guard.askTest')
  expect(referral.accepted).toBeNull()
  rig.calls.referral(call.id, true, true)
  expect(referral.accepted).not.toBeNull()
  verdict = new TroubleError('guard.refusedTest')
  const second = call.refer('+46900')
  expect(rig.shown(call.id)?.referral).toMatchObject({ mayAccept: false, warning: { code: 'guard.refusedTest' } })
  rig.calls.referral(call.id, false)
  expect(second.refused).toBe(true)
  expect(rig.shown(call.id)?.referral).toBeNull()
})

test('hostile text in a referral is cleaned, and what is no number cannot be accepted', async () => {
  const call = await up('+1')
  call.refer('90 0\u202e<script>\n'.repeat(50))
  const shown = rig.shown(call.id)?.referral
  expect(shown?.target).not.toMatch(/[\u202e\n]/)
  expect(shown?.target.length).toBeLessThanOrEqual(200)
  expect(shown).toMatchObject({ mayAccept: false, warning: { code: 'call.badNumber' } })
  expect(() => rig.calls.referral(call.id, true, true)).toThrow('call.badNumber')
})

test('a second referral is refused while one waits; one that is gone, or whose call has ended, cannot be accepted', async () => {
  const call = await up('+1')
  const first = call.refer('700')
  const second = call.refer('701')
  expect([first.refused, second.refused]).toEqual([false, true])
  first.onGone?.()
  expect(rig.shown(call.id)?.referral).toBeNull()
  expect(() => rig.calls.referral(call.id, true)).toThrow('transfer.referralGone')
  const third = call.refer('702')
  call.end()
  expect(() => rig.calls.referral(call.id, true)).toThrow('call.gone')
  expect(third.accepted).toBeNull()
  expect(rig.calls.live()).toEqual([])
})

test('a consultation’s customer who is replaced by somebody else is still the one consulted for', async () => {
  const customer = await up('+1')
  const colleague = await consult(customer)
  const successor = rig.line.receive('+9', { replaces: customer.id })
  await quiet()
  expect(rig.shown(colleague.id)).toMatchObject({ phase: 'connected' })
  expect(successor.hearsRep).toBe(false)
  colleague.end()
  await quiet()
  expect(successor.hearsRep).toBe(true)
})

test('a program killed in the middle of a hold and a transfer leaves no call without its end and its form, and opens none for a consultation', async () => {
  const held = await up('+1')
  held.holding = () => new Promise(() => {})
  void rig.calls.hold(held.id, true).catch(() => undefined)
  const going = await up('+2')
  going.transferring = () => new Promise(() => {})
  void rig.calls.transfer(going.id, '700').catch(() => undefined)
  const asking = await consult(held)
  await quiet()
  // What the next run finds: the database as it is now, and nobody who remembers the calls.
  const { CallJournal } = await import('./journal')
  const { CallLogs } = await import('./logs')
  const { recoverInterrupted } = await import('./recovery')
  const { silentLog } = await import('../log')
  const log = silentLog()
  const journal = new CallJournal(rig.store, (number) => number, log)
  const logs = new CallLogs({ store: rig.store, clock: rig.clock, log, emit: () => {}, journal })
  expect(recoverInterrupted(journal, logs)).toBe(3)
  for (const call of [held, going]) {
    expect(journal.record(call.id)).toMatchObject({
      result: 'interrupted',
      transferredTo: null,
      log: { state: 'draft', outcome: 'connected' },
    })
  }
  expect(journal.record(asking.id)).toMatchObject({ result: 'interrupted', log: null })
  logs.close()
  journal.close()
})
