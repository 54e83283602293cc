/** Drafts and logs on a real database file, also after the program was ended in the middle. */
import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CallLogFields } from '../../preload/contract'
import { addContact, type CallRig, callRig } from '../../test/fixtures/call-rig'
import type { ScriptedCall } from '../../test/fixtures/scripted-account'
import { silentLog } from '../log'
import { CallJournal } from './journal'
import { CallLogs } from './logs'
import { recoverInterrupted } from './recovery'

let rig: CallRig
let call: ScriptedCall
beforeEach(async () => {
  rig = await callRig()
  call = rig.line.receive('+4681')
  await rig.calls.answer(call.id)
})
afterEach(() => rig.close())
const typed = (notes: string, more: Partial<CallLogFields> = {}): CallLogFields => ({
  outcome: 'connected',
  notes,
  followUp: null,
  contactId: null,
  dealId: null,
  ...more,
})

test('the newest revision is kept, an older one is ignored', () => {
  expect(rig.logs.draft(call.id, typed('two'), 2)).toEqual({ revision: 2 })
  expect(rig.logs.draft(call.id, typed('one'), 1)).toEqual({ revision: 2 })
  expect(rig.logs.drafts()[0]?.log).toMatchObject({ notes: 'two', revision: 2 })
})

test('a draft that arrives late never unsaves a saved log', () => {
  rig.logs.draft(call.id, typed('first'), 1)
  const saved = rig.logs.save(call.id, typed('final'))
  expect(saved).toMatchObject({ state: 'saved', revision: 2, notes: 'final' })
  rig.logs.draft(call.id, typed('first and'), 2)
  expect(rig.journal.record(call.id)?.log).toMatchObject({ state: 'saved', notes: 'final' })
  rig.logs.draft(call.id, typed('edited later'), 3)
  expect(rig.journal.record(call.id)?.log).toMatchObject({ state: 'saved', notes: 'edited later', savedAt: saved.savedAt })
  expect(rig.logs.drafts()).toEqual([])
})

test('skipping keeps what was typed and can be taken back by opening', () => {
  rig.logs.draft(call.id, typed('half a'), 1)
  expect(rig.logs.skip(call.id).state).toBe('skipped')
  expect(rig.logs.drafts()).toEqual([])
  expect(rig.logs.open(call.id).log.notes).toBe('half a')
  expect(rig.logs.save(call.id, typed('half a sentence')).state).toBe('saved')
  expect(rig.logs.skip(call.id).state).toBe('saved')
})

test('a missed call gets a form when the rep opens one', () => {
  const missed = rig.line.receive('+99')
  missed.end()
  expect(() => rig.logs.save(missed.id, typed(''))).toThrow('call.noLog')
  expect(rig.logs.open(missed.id)).toMatchObject({ record: { result: 'missed' }, log: { state: 'draft', outcome: null } })
  expect(() => rig.logs.open('no-such-call')).toThrow('call.unknown')
})

test('saving checks the follow-up, the contact and the deal, and keeps what was typed even so', () => {
  const due = (dueOn: string) => typed('n', { followUp: { kind: 'call', dueOn } })
  expect(() => rig.logs.save(call.id, due('2026-11-19'))).toThrow('call.followUpBeforeCall')
  expect(() => rig.logs.save(call.id, due('2099-01-01'))).toThrow('call.followUpTooFar')
  expect(() => rig.logs.save(call.id, typed('n', { contactId: 999 }))).toThrow('call.contactGone')
  expect(() => rig.logs.save(call.id, typed('kept', { dealId: 999 }))).toThrow('call.dealGone')
  expect(rig.logs.drafts()[0]?.log).toMatchObject({ state: 'draft', notes: 'kept', dealId: null })
  expect(rig.logs.save(call.id, due('2026-11-20')).followUp).toEqual({ kind: 'call', dueOn: '2026-11-20' })
})

test('the waiting form hears how the call ended, also when its outcome stays', () => {
  rig.logs.draft(call.id, typed('while talking'), 1)
  rig.clock.pass(4000)
  call.end()
  const told = rig.seen.findLast((each) => each.event === 'drafts.changed')
  expect(told?.payload).toMatchObject([{ record: { id: call.id, result: 'answered', talkMs: 4000 }, log: { notes: 'while talking' } }])
})

test('a contact that was deleted while the form was open does not lose the notes', () => {
  const anna = addContact(rig.store, 'Anna', '+1')
  rig.logs.draft(call.id, typed('about Anna', { contactId: anna }), 1)
  rig.store.write(() => rig.store.db.prepare('DELETE FROM contacts').run())
  rig.logs.draft(call.id, typed('about Anna B', { contactId: anna }), 2)
  expect(rig.logs.drafts()[0]?.log).toMatchObject({ notes: 'about Anna B', contactId: null })
})

test('saving with a contact makes it the contact of the call', () => {
  const anna = addContact(rig.store, 'Anna', '+1', 'Nordwind')
  rig.logs.save(call.id, typed('', { contactId: anna }))
  expect(rig.journal.record(call.id)).toMatchObject({ contactId: anna, contactName: 'Anna', organization: 'Nordwind' })
  rig.store.write(() => rig.store.db.prepare('DELETE FROM contacts').run())
  expect(rig.journal.record(call.id)).toMatchObject({ contactId: null, contactName: 'Anna', organization: 'Nordwind' })
})

test('calls that were on when the program ended were interrupted, with their drafts open', () => {
  const ringing = rig.line.receive('+99')
  const { callId: outgoing } = rig.calls.dial({ number: '604' })
  rig.logs.draft(call.id, typed('in the middle of'), 1)
  // A second journal on the same file is what the next start sees.
  const journal = new CallJournal(rig.store, (number) => number, silentLog())
  const logs = new CallLogs({ store: rig.store, clock: rig.clock, log: silentLog(), emit: () => {}, journal })
  expect(recoverInterrupted(journal, logs)).toBe(3)
  expect(journal.record(call.id)).toMatchObject({
    result: 'interrupted',
    trouble: { code: 'call.interrupted' },
    answeredAt: expect.any(Number),
    log: { state: 'draft', notes: 'in the middle of', outcome: 'connected' },
  })
  expect(journal.record(ringing.id)).toMatchObject({ result: 'interrupted', log: null })
  expect(journal.record(outgoing)).toMatchObject({ result: 'interrupted', log: { state: 'draft', outcome: null } })
  expect(recoverInterrupted(journal, logs)).toBe(0)
  expect(journal.record('rehearsal')).toBeNull()
})

test.each([
  ['on', false],
  ['over', true],
])('what is typed stays on the screen when the database breaks while the call is %s', async (_when, over) => {
  rig.logs.draft(call.id, typed('one'), 1)
  if (over) call.end()
  const { store } = rig
  store.db.pragma('wal_checkpoint(TRUNCATE)')
  const file = openSync(store.file, 'r+')
  for (let at = 4_096; at < statSync(store.file).size; at += 4_096) writeSync(file, Buffer.alloc(4_000, 0x5a), 0, 4_000, at)
  closeSync(file)
  store.db.pragma('shrink_memory')
  expect(() => rig.logs.draft(call.id, typed('two'), 2)).toThrow('call.notKept')
  expect(rig.logs.drafts()).toMatchObject([{ record: { id: call.id, number: '+4681' }, log: { notes: 'two', revision: 2 } }])
  expect(store.troubles).toMatchObject([{ code: 'store.damagedNow' }])
  expect(() => rig.logs.save(call.id, typed('three'))).toThrow('call.notKept')
})
