/** A call that is started from a deal or lead carries it into its log, also past a program that was killed. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addContact, type CallRig, callRig } from '../../test/fixtures/call-rig'
import { recoverInterrupted } from './recovery'

let rig: CallRig
beforeEach(async () => {
  rig = await callRig()
})
afterEach(() => rig.close())

function addDeal(title: string, contactId: number | null, kind = 'deal', status = 'open'): number {
  return Number(
    rig.store.db
      .prepare('INSERT INTO deals (title, kind, status, contact_id, source, updated_at) VALUES (?, ?, ?, ?, ?, 0)')
      .run(title, kind, status, contactId, 'test').lastInsertRowid,
  )
}
const logOf = (callId: string) => rig.journal.record(callId)?.log

test('the deal of the call is the deal of its log, not the contact’s first open one', () => {
  const anna = addContact(rig.store, 'Anna Björk', '+46812345678')
  const other = addDeal('Older', anna)
  const deal = addDeal('Fleet renewal', anna)
  const { callId } = rig.calls.dial({ number: '+46812345678', contactId: anna, dealId: deal })
  rig.line.dialled[0]?.end({ status: 486 })
  expect(logOf(callId)).toMatchObject({ contactId: anna, dealId: deal })
  const plain = rig.calls.dial({ number: '+46812345678' })
  rig.line.dialled[1]?.end({ status: 486 })
  expect(logOf(plain.callId)).toMatchObject({ dealId: other })
})

test('a lead without a person is carried by a call to a number that nobody has', () => {
  const lead = addDeal('Enquiry', null, 'lead')
  const { callId } = rig.calls.dial({ number: '+46841000001', dealId: lead })
  rig.line.dialled[0]?.end({ status: 486 })
  expect(logOf(callId)).toMatchObject({ contactId: null, dealId: lead })
})

test('a killed program leaves the deal with the call, and the form that opens at the next start has it', () => {
  const deal = addDeal('Fleet renewal', null)
  const { callId } = rig.calls.dial({ number: '+46841000001', dealId: deal })
  expect(logOf(callId)).toBeNull()
  expect(recoverInterrupted(rig.journal, rig.logs)).toBe(1)
  expect(logOf(callId)).toMatchObject({ state: 'draft', dealId: deal })
})

test('a log that is opened later has the deal too; a deal that is gone is nobody’s trouble', () => {
  const deal = addDeal('Fleet renewal', null)
  const { callId } = rig.calls.dial({ number: '+46841000001', dealId: deal })
  expect(rig.logs.open(callId).log.dealId).toBe(deal)
  const gone = rig.calls.dial({ number: '+46841000002', dealId: 4711 })
  rig.line.dialled[1]?.end({ status: 486 })
  expect(logOf(gone.callId)).toMatchObject({ state: 'draft', dealId: null })
})
