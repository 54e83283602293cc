/** Calls that were nobody's, once their number is somebody's. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addContact, type CallRig, callRig } from '../../test/fixtures/call-rig'
import { systemClock } from '../clock'
import { CallClaims } from './claims'
import { History } from './history'

let rig: CallRig
let claims: CallClaims
let history: History
beforeEach(async () => {
  rig = await callRig()
  claims = new CallClaims({
    jobs: rig.store.jobs,
    journal: rig.journal,
    logs: rig.logs,
    emit: (event, payload) => void rig.seen.push({ event, payload } as never),
  })
  history = new History({ jobs: rig.store.jobs, clock: systemClock, journal: rig.journal, display: (number) => number })
})
afterEach(() => rig.close())

function ended(number: string, dealId?: number): string {
  const { callId } = rig.calls.dial({ number, ...(dealId === undefined ? {} : { dealId }) })
  rig.line.dialled.at(-1)?.end({ status: 486 })
  return callId
}

test('earlier calls of the number get the name and are found by it; others are left alone', async () => {
  const before = ended('+46841000001')
  const other = ended('+46841000002')
  const anna = addContact(rig.store, 'Anna Björk', '+46841000001', 'Nordwind')
  await claims.numbers(['+46841000001'], anna)
  expect(rig.journal.record(before)).toMatchObject({ contactId: anna, contactName: 'Anna Björk', organization: 'Nordwind' })
  expect(rig.journal.record(other)).toMatchObject({ contactId: null })
  const found = await history.list({ filter: { text: 'bjork' }, cursor: null, limit: 9 })
  expect(found.rows.map(({ id }) => id)).toEqual([before])
  expect(rig.seen.at(-1)).toEqual({ event: 'history.changed', payload: { callId: null } })
})

test('the call that a contact was made from is theirs at once, and so is its log, whatever was typed into it', () => {
  const callId = ended('+46841000001')
  rig.logs.draft(callId, { outcome: 'busy', notes: 'typed', followUp: null, contactId: null, dealId: null }, 1)
  const anna = addContact(rig.store, 'Anna Björk', '+46841000001')
  claims.call(callId, anna)
  expect(rig.journal.record(callId)).toMatchObject({ contactId: anna, log: { contactId: anna, notes: 'typed', revision: 1 } })
  // The next keystroke still counts.
  expect(rig.logs.draft(callId, { outcome: 'busy', notes: 'typed on', followUp: null, contactId: anna, dealId: null }, 2)).toEqual({
    revision: 2,
  })
  const erik = addContact(rig.store, 'Erik Ek', '+46841000009')
  claims.call(callId, erik)
  expect(rig.journal.record(callId)?.log?.contactId).toBe(anna)
  claims.call('no such call', erik)
})

test('the calls of an organization are those of its people, of its own numbers and of its deals; a deal has its own', async () => {
  const anna = addContact(rig.store, 'Anna Björk', '+46841000001', 'Nordwind')
  const { db } = rig.store
  const organizationId = db.prepare<[number], number>('SELECT organization_id FROM contacts WHERE id = ?').pluck().get(anna) ?? 0
  db.prepare(
    "INSERT INTO phones (organization_id, e164, digits, suffix, raw, type) VALUES (?, '+46841000002', '46841000002', '1000002', 'x', 'main')",
  ).run(organizationId)
  const dealId = Number(
    db
      .prepare("INSERT INTO deals (title, status, organization_id, source, updated_at) VALUES ('Fleet', 'open', ?, 'test', 0)")
      .run(organizationId).lastInsertRowid,
  )
  const calls = [ended('+46841000001'), ended('+46841000002'), ended('+46841000003', dealId)]
  const logged = ended('+46841000004')
  rig.logs.save(logged, { outcome: 'busy', notes: '', followUp: null, contactId: null, dealId })
  ended('+46841000005')
  expect((await history.about({ organizationId }, 9)).map(({ id }) => id).toSorted()).toEqual([...calls, logged].toSorted())
  // Anna's log begins with the open deal of her organization.
  expect((await history.about({ dealId }, 9)).map(({ id }) => id).toSorted()).toEqual([calls[0], calls[2], logged].toSorted())
  expect(await history.about({ dealId }, 1)).toHaveLength(1)
})
