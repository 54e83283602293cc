/** Asking CRMs while it rings: whom, how often, how long, and what becomes of it in the live call, its record and its form. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { addContact, type CallRig, callRig } from '../../test/fixtures/call-rig'
import { silentLog } from '../log'
import { TroubleError } from '../trouble'
import type { Crm, CrmConnection, CrmHttp, CrmRecord } from './crm'
import { RingingLookups, refreshEveryMs, ringingLimitMs } from './ringing'

const unknown = '+46846500499'
let rig: CallRig
let ringing: RingingLookups
let asked: string[]
let answer: (what: string, send: Parameters<Crm['search']>[0]) => Promise<CrmRecord[]>
let connections: CrmConnection[]
let claims: Set<string>
let enabled: boolean
let written: [string, CrmRecord[]][]
/** What the cache does before it writes. */
let busy: Promise<void>
const http: CrmHttp = {
  send: async (_request, { signal }) => {
    if (signal?.aborted) throw signal.reason
    return { status: 200, headers: {}, body: new Uint8Array() }
  },
}
function connection(id: string, more: Partial<CrmConnection> = {}): CrmConnection {
  const ask = (what: string, send: Parameters<Crm['search']>[0]) => {
    asked.push(`${id} ${what}`)
    return answer(what, send)
  }
  const crm: Pick<Crm, 'search' | 'refresh'> = {
    search: (send, number) => ask(`search ${number.e164} ${number.national} ${number.digits}`, send),
    refresh: (send, contactId) => ask(`refresh ${contactId}`, send),
  }
  return { id, crm: crm as Crm, config: {}, callerId: true, userId: null, http, ...more }
}

beforeEach(async () => {
  rig = await callRig()
  asked = []
  written = []
  busy = Promise.resolve()
  claims = new Set()
  enabled = true
  connections = [connection('crm-1')]
  answer = async () => []
  ringing = new RingingLookups({
    crms: {
      open: () => connections,
      claimSearch: (id, number) => {
        const key = `${id} ${number}`
        return !claims.has(key) && claims.add(key) !== undefined
      },
    },
    clock: rig.clock,
    log: silentLog(),
    enabled: () => enabled,
    externalId: (id) =>
      rig.store.db.prepare<[number], string | null>('SELECT external_id FROM contacts WHERE id = ?').pluck().get(id) ?? null,
    write: async ({ id }, records) => {
      await busy
      written.push([id, records])
      for (const record of records) {
        if (record.object === 'contacts' && 'name' in record) cached(record.name, record.phones[0]?.raw ?? '', id)
      }
    },
    calls: rig.calls,
  })
})
afterEach(async () => {
  ringing.close()
  await rig.close()
})

function cached(name: string, number: string, source: string): number {
  const id = addContact(rig.store, name, number)
  rig.store.db.prepare('UPDATE contacts SET source = ?, external_id = ? WHERE id = ?').run(source, `x${id}`, id)
  return id
}
const contact = (name: string, number = unknown): CrmRecord => ({
  object: 'contacts',
  id: 'new',
  name,
  organizationId: null,
  organization: null,
  jobTitle: null,
  phones: [{ raw: number, type: 'work' }],
  emails: [],
  note: '',
  country: null,
  ownerId: null,
  labels: [],
  updatedAt: 1,
})
const settled = () => new Promise((done) => setTimeout(done, 30))

test('a cache that is busy keeps no card «asking»; what came is shown when it is written', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  busy = promise
  answer = async () => [contact('Made a minute ago')]
  const call = rig.line.receive(unknown)
  await vi.waitFor(() => expect(rig.shown(call.id)?.caller.asking).toBe(true))
  await vi.waitFor(() => expect(rig.shown(call.id)?.caller.asking).toBe(false), { timeout: 4 * ringingLimitMs })
  expect(rig.shown(call.id)?.caller.match).toBe('none')
  resolve()
  await vi.waitFor(() => expect(rig.shown(call.id)?.caller).toMatchObject({ match: 'exact', contacts: [{ name: 'Made a minute ago' }] }))
}, 30_000)

test('a caller that the cache does not know is asked of every connection, and named in the live call, its record and its form', async () => {
  connections = [connection('crm-1'), connection('crm-2'), connection('crm-off', { callerId: false })]
  const replies = new Map<string, (records: CrmRecord[]) => void>()
  answer = () => new Promise((resolve) => replies.set(asked.at(-1) ?? '', resolve))
  const call = rig.line.receive(unknown)
  // Nothing is asked before it is shown.
  expect(asked).toEqual([])
  expect(rig.shown(call.id)?.caller).toMatchObject({ match: 'none', asking: false })
  await vi.waitFor(() =>
    expect(asked).toEqual([`crm-1 search ${unknown} 846500499 46846500499`, `crm-2 search ${unknown} 846500499 46846500499`]),
  )
  expect(rig.shown(call.id)?.caller.asking).toBe(true)
  await rig.calls.answer(call.id)
  call.connect()
  expect(rig.logs.drafts()[0]?.log.contactId).toBeNull()
  replies.get(asked[0] ?? '')?.([contact('Made a minute ago')])
  await vi.waitFor(() =>
    expect(rig.shown(call.id)?.caller).toMatchObject({ match: 'exact', contacts: [{ name: 'Made a minute ago' }], asking: true }),
  )
  expect(rig.journal.record(call.id)?.contactName).toBe('Made a minute ago')
  expect(rig.logs.drafts()[0]?.log.contactId).toBe(rig.shown(call.id)?.caller.contacts[0]?.id)
  replies.get(asked[1] ?? '')?.([])
  await vi.waitFor(() => expect(rig.shown(call.id)?.caller.asking).toBe(false))
  expect(written.map(([id]) => id)).toEqual(['crm-1'])
})

test('twice the same number within the hour: once', async () => {
  rig.line.receive(unknown)
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  const again = rig.line.receive(unknown)
  await settled()
  expect(asked).toHaveLength(1)
  expect(rig.shown(again.id)?.caller.asking).toBe(false)
})

test('a known contact is refreshed by its own connection, not searched, and not again for a while', async () => {
  connections = [connection('crm-1'), connection('crm-2')]
  const id = cached('Anna', unknown, 'crm-2')
  const first = rig.line.receive(unknown)
  await vi.waitFor(() => expect(asked).toEqual([`crm-2 refresh x${id}`]))
  expect(rig.shown(first.id)?.caller.asking).toBe(false)
  first.end({})
  rig.line.receive(unknown).end({})
  await settled()
  expect(asked).toHaveLength(1)
  rig.clock.pass(refreshEveryMs)
  rig.line.receive(unknown)
  await vi.waitFor(() => expect(asked).toHaveLength(2))
})

test('a call that goes out asks as well', async () => {
  rig.calls.dial({ number: unknown })
  await vi.waitFor(() => expect(asked).toHaveLength(1))
})

test('nobody is asked for withheld, internal and emergency numbers, for contacts of no CRM, or when caller ID is off', async () => {
  addContact(rig.store, 'Imported', '+46846500411')
  rig.line.receive('', { withheld: true })
  rig.line.receive('anonymous')
  rig.line.receive('4012')
  rig.line.receive('+46846500411')
  rig.guard = { check: () => ({ emergency: true }) }
  rig.calls.dial({ number: '+46112112112' })
  enabled = false
  rig.line.receive(unknown)
  await settled()
  expect(asked).toEqual([])
})

test('a CRM that refuses, fails or is silent says nothing: the caller stays as he was, and the asking ends in time', async () => {
  connections = [connection('crm-1'), connection('crm-2')]
  answer = (what, send) => {
    if (asked.at(-1)?.startsWith('crm-1')) return Promise.reject(new TroubleError('network.offline'))
    expect(what).toContain('search')
    return send({ path: '/never' }).then(() => new Promise<never>(() => {}))
  }
  const began = performance.now()
  const call = rig.line.receive(unknown)
  await vi.waitFor(() => expect(rig.shown(call.id)?.caller.asking).toBe(true))
  await vi.waitFor(() => expect(rig.shown(call.id)?.caller.asking).toBe(false), { timeout: 20_000, interval: 50 })
  expect(performance.now() - began).toBeGreaterThanOrEqual(ringingLimitMs - 50)
  expect(rig.shown(call.id)).toMatchObject({ phase: 'ringing', trouble: null, caller: { match: 'none', display: '08-465 004 99' } })
  expect(written).toEqual([])
}, 30_000)

test('the rep chooses one of several: the live call, its record and its form follow at once', async () => {
  const [anna, erik] = [cached('Anna', unknown, 'crm-1'), cached('Erik', unknown, 'crm-1')]
  const call = rig.line.receive(unknown)
  const first = rig.shown(call.id)?.caller.contacts[0]?.id
  const other = first === anna ? erik : anna
  const deal = Number(
    rig.store.db
      .prepare("INSERT INTO deals (title, status, contact_id, source, updated_at) VALUES ('Fleet', 'open', ?, 'crm-1', 0)")
      .run(first === anna ? erik : anna).lastInsertRowid,
  )
  await rig.calls.answer(call.id)
  call.connect()
  const { log } = rig.logs.drafts()[0] ?? {}
  rig.logs.draft(call.id, { outcome: 'connected', notes: 'typed', followUp: null, contactId: log?.contactId ?? null, dealId: null }, 1)
  rig.calls.chosen(unknown, other)
  expect(rig.shown(call.id)?.caller.contacts[0]?.id).toBe(other)
  expect(rig.journal.record(call.id)?.contactId).toBe(other)
  expect(rig.logs.drafts()[0]?.log).toMatchObject({ contactId: other, dealId: deal, notes: 'typed', revision: 1 })
})
