/** Connections from the first token to the last row forgotten, against a fake Pipedrive over real HTTP and a real store. */
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConnectionInput } from '../../preload/contract'
import { cached, cachedObjects, expected, unbound } from '../../test/fixtures/crm/cached'
import { type Connected, connecting, settled } from '../../test/fixtures/crm/connecting'
import { create, type FakePipedrive, type FakePipedriveOptions } from '../../test/fixtures/crm/pipedrive'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { TroubleError } from '../trouble'
import type { ConnectionsNeeds } from './live-connection'

/** Machines under load must not fail a test. */
const patient = { timeout: 25_000 }

let folder: string
let store: Store
const closing: (() => Promise<unknown> | unknown)[] = []
const open = () => openStore({ file: join(folder, 'ringbook.sqlite'), log: silentLog(), clock: systemClock })
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-connections-'))
  store = await open()
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function fakeWith(options: FakePipedriveOptions = {}): Promise<FakePipedrive> {
  const fake = await create({ people: 1200, organizations: 200, deals: 300, leads: 40, ...options }).start()
  closing.push(() => fake.stop())
  return fake
}

function connectingTo(fake: { origin: string }, more: Partial<ConnectionsNeeds> = {}): Connected {
  const made = connecting(store, fake.origin, more)
  closing.push(() => made.connections.close())
  return made
}

const inputOf = (fake: FakePipedrive, more: Partial<ConnectionInput> = {}) =>
  ({ kind: 'pipedrive', domain: '', token: fake.token, label: '', keepToken: 'session', ...more }) as const

async function connected(fake: FakePipedrive, more: Partial<ConnectionsNeeds> = {}) {
  const made = connectingTo(fake, more)
  const { connectionId } = await made.connections.save({ ...inputOf(fake), user: null })
  return { ...made, id: connectionId, first: await settled(made.connections, connectionId) }
}

function expectSame(fake: FakePipedrive, id: string): void {
  for (const object of cachedObjects) expect(cached(store.db, id, object), object).toEqual(expected(fake, object))
  expect(unbound(store.db, id)).toEqual([])
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  return error instanceof TroubleError ? error.trouble.code : String(error)
}

describe('a new connection', () => {
  it('tells whose account a token opens, keeps nothing of a check, then fetches everything', async () => {
    const fake = await fakeWith()
    const { connections, secrets, events, changed } = connectingTo(fake)
    const identity = await connections.check(inputOf(fake))
    expect(identity.users.length).toBe(fake.data.users.filter(({ active }) => active).length)
    expect(connections.list()).toEqual([])
    expect(secrets.values.size).toBe(0)

    const { connectionId } = await connections.save({ ...inputOf(fake), user: identity.users[1] ?? null })
    expect(connectionId).toMatch(/^pipedrive-[0-9a-f]{8}$/)
    expect(secrets.values.get(`crm-token:${connectionId}`)).toBe(fake.token)
    const done = await settled(connections, connectionId)
    expect(done).toMatchObject({ status: 'idle', complete: true, trouble: null, callerId: true, user: identity.users[1], progress: null })
    expect(done.syncedAt).toBeGreaterThan(Date.now() - 60_000)
    expectSame(fake, connectionId)
    await expect.poll(() => connections.list()[0]?.counts, patient).toEqual({ contacts: 1200, organizations: 200, deals: 300, leads: 40 })
    expect(changed()).toBeGreaterThan(0)
    // Twice a second at most.
    const gaps = events.slice(1).map(({ at }, index) => at - (events[index]?.at ?? 0))
    expect(Math.min(...gaps, 1_000)).toBeGreaterThan(480)
    await expect.poll(() => events.at(-1)?.list, patient).toEqual(connections.list())
  })

  it('shows names that a stranger chose without what steers text, and cut', async () => {
    const fake = await fakeWith({ people: 5 })
    const [, user] = fake.data.users
    if (!user) throw new Error('a fake without users')
    Object.assign(user, { name: `Ann\u202E\u0000 ${'x'.repeat(100_000)}` })
    const { connections } = connectingTo(fake)
    const { users } = await connections.check(inputOf(fake))
    const shown = users.find(({ name }) => name.startsWith('Ann x'))
    expect(shown?.name).toMatch(/^Ann x{100,}…?$/)
    expect(shown?.name.length).toBeLessThanOrEqual(200)
  })

  it('keeps its token out of the profile', async () => {
    const fake = await fakeWith({ people: 20 })
    const { id } = await connected(fake)
    store.db.pragma('wal_checkpoint(TRUNCATE)')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /sqlite/.test(name))
    expect(files.length).toBeGreaterThan(0)
    for (const file of files) expect(readFileSync(join(folder, file)).includes(fake.token), file).toBe(false)
    expect(store.db.prepare('SELECT id FROM connections').pluck().all()).toEqual([id])
  })

  it('shows how far it is, with a total and a time, where the CRM can be counted', async () => {
    const fake = await fakeWith({ people: 3000 })
    fake.inject({ kind: 'delay', ms: 60 }, { times: Number.POSITIVE_INFINITY })
    const { connections, events } = connectingTo(fake)
    const { connectionId } = await connections.save({ ...inputOf(fake), user: null })
    await settled(connections, connectionId)
    const seen = events.flatMap(({ list }) => (list[0]?.progress ? [list[0].progress] : []))
    expect(seen.length).toBeGreaterThan(0)
    for (const { done, total } of seen) if (total !== null) expect(done).toBeLessThanOrEqual(total)
  })

  it('is refused with a wrong token, without one, with one that is none, and twice for one account', async () => {
    const fake = await fakeWith({ people: 5 })
    const { connections, secrets } = connectingTo(fake)
    expect(await codeOf(connections.save({ ...inputOf(fake, { token: 'wrong' }), user: null }))).toBe('crm.refused')
    expect(await codeOf(connections.save({ ...inputOf(fake, { token: 'a b\r\nx-evil: 1' }), user: null }))).toBe('crm.badToken')
    expect(await codeOf(connections.check({ kind: 'pipedrive', domain: '', label: '', keepToken: 'session' }))).toBe('crm.tokenNeeded')
    expect(await codeOf(connections.check(inputOf(fake, { kind: 'nocrm' })))).toBe('crm.unknownKind')
    expect(await codeOf(connections.check(inputOf(fake, { id: 'pipedrive-00000000' })))).toBe('crm.gone')
    expect(secrets.values.size).toBe(0)
    const { connectionId } = await connections.save({ ...inputOf(fake), user: null })
    await settled(connections, connectionId)
    expect(await codeOf(connections.save({ ...inputOf(fake), user: null }))).toBe('crm.already')
  })
})

describe('later syncs', () => {
  it('bring what was changed, merged and archived, and once a day what was deleted without a word', async () => {
    const fake = await fakeWith()
    const { connections, id } = await connected(fake, { sweepEveryMs: 0 })
    const { data } = fake
    data.change('people', 7, { name: 'Changed name', phones: [{ value: '+372 5123 4567', type: 'mobile', field: null }] })
    data.add('people', { name: 'Quite new', organizationId: 3 })
    data.remove('people', 11)
    data.merge('people', 20, 21)
    data.merge('organizations', 5, 6)
    data.remove('deals', 9)
    data.archive('deals', 10)
    data.remove('leads', 2)
    fake.log.length = 0
    connections.sync(id)
    expect(await settled(connections, id)).toMatchObject({ status: 'idle', trouble: null })
    expectSame(fake, id)
  })

  it('ask for little when nothing has changed', async () => {
    const fake = await fakeWith({ people: 3000 })
    const { connections, id } = await connected(fake)
    fake.log.length = 0
    connections.sync(id)
    await settled(connections, id)
    // One page for each kind of record; none of everything.
    expect(fake.log.length).toBeLessThan(12)
    expect(fake.asked('/persons').length).toBe(1)
  })

  it('never run two at once for one connection', async () => {
    const fake = await fakeWith({ people: 600 })
    const { connections, id } = await connected(fake)
    fake.inject({ kind: 'delay', ms: 50 }, { times: Number.POSITIVE_INFINITY })
    fake.log.length = 0
    for (let press = 0; press < 10; press++) connections.sync(id)
    connections.sync()
    await settled(connections, id)
    expect(fake.asked('/persons').length).toBe(1)
  })

  it('begin by the clock, as often as the settings say, and at once when they say more often', async () => {
    const fake = await fakeWith({ people: 5 })
    let minutes = 60
    const { connections, id } = await connected(fake, { syncMinutes: () => minutes })
    connections.start()
    const asked = () => fake.asked('/persons').length
    const before = asked()
    // An hour has passed since, as the settings now see it.
    store.db.prepare('UPDATE connections SET synced_at = synced_at - 120000').run()
    await connections.close()
    const again = connectingTo(fake, { syncMinutes: () => minutes, startAfterMs: 3_600_000 })
    again.secrets.values.set(`crm-token:${id}`, fake.token)
    again.connections.start()
    await new Promise((done) => setTimeout(done, 200))
    expect(asked()).toBe(before)
    minutes = 1
    again.connections.settingsChanged()
    await expect.poll(asked, patient).toBe(before + 1)
  })

  it('wait while a call is on, and begin when it is over', async () => {
    const fake = await fakeWith({ people: 5 })
    const { connections, id } = await connected(fake)
    await connections.close()
    const before = fake.log.length
    let busy = 0
    const again = connectingTo(fake, { startAfterMs: 0, inCall: () => ++busy < 2 })
    again.secrets.values.set(`crm-token:${id}`, fake.token)
    again.connections.start()
    await expect.poll(() => fake.log.length, patient).toBeGreaterThan(before)
    expect(busy).toBeGreaterThanOrEqual(2)
  })

  it('can be cancelled in the middle, and go on from there', async () => {
    const fake = await fakeWith({ people: 4000 })
    fake.inject({ kind: 'delay', ms: 80 }, { times: Number.POSITIVE_INFINITY, path: '/persons' })
    const { connections } = connectingTo(fake)
    const { connectionId } = await connections.save({ ...inputOf(fake), user: null })
    await expect.poll(() => fake.asked('/persons').length, patient).toBeGreaterThan(6)
    await connections.cancel(connectionId)
    expect(connections.list()[0]).toMatchObject({ status: 'idle', trouble: null, complete: false, progress: null })
    // What had left by then may still arrive.
    const later = () => new Promise((done) => setTimeout(done, 300))
    await later()
    const asked = fake.asked('/persons').length
    await later()
    expect(fake.asked('/persons').length).toBe(asked)
    fake.heal()
    connections.sync(connectionId)
    expect(await settled(connections, connectionId)).toMatchObject({ status: 'idle', complete: true })
    expectSame(fake, connectionId)
    // Pages that had been written were not fetched again; the one in the middle was.
    expect(fake.asked('/persons').length).toBeLessThan(16)
  })
})

describe('what a CRM does wrong', () => {
  it.each([
    ['a web page instead of data', { kind: 'html', status: 200 }, 'crm.badReply', 'failed'],
    ['errors without end', { kind: 'error', status: 404 }, 'crm.rejected', 'failed'],
    ['another answer than was asked for', { kind: 'body', body: { data: 'none' } }, 'crm.badReply', 'failed'],
    ['JSON that is none', { kind: 'body', body: '{"data": [' }, 'crm.badReply', 'failed'],
    ['half an answer, as if it were all', { kind: 'half', quiet: true }, 'crm.badReply', 'failed'],
    ['a token that is not accepted any more', { kind: 'error', status: 401 }, 'crm.refused', 'refused'],
    ['no right to read', { kind: 'error', status: 403 }, 'crm.notAllowed', 'failed'],
  ] as const)('%s is a sentence on the connection, and nothing is lost', async (_what, fault, code, status) => {
    const fake = await fakeWith({ people: 1200 })
    const { connections, id } = await connected(fake)
    const before = cached(store.db, id, 'contacts')
    fake.data.change('people', 5, { name: 'Changed meanwhile' })
    fake.inject(fault, { times: Number.POSITIVE_INFINITY, path: '/persons' })
    connections.sync(id)
    expect(await settled(connections, id)).toMatchObject({ status, trouble: { code } })
    expect(cached(store.db, id, 'contacts')).toEqual(before)
    expect(connections.open().length).toBe(status === 'refused' ? 0 : 1)
    fake.heal()
    connections.sync(id)
    expect(await settled(connections, id)).toMatchObject({ status: 'idle', trouble: null })
    expectSame(fake, id)
  })

  it('a redirect to another host is not followed, and the token stays here', async () => {
    const seen: string[] = []
    const thief = createServer((request, response) => {
      seen.push(JSON.stringify(request.headers))
      response.end('{}')
    }).listen(0, '127.0.0.1')
    await once(thief, 'listening')
    closing.push(() => thief.close())
    const fake = await fakeWith({ people: 5 })
    const { connections, id } = await connected(fake)
    fake.inject({ kind: 'redirect', to: `http://127.0.0.1:${(thief.address() as AddressInfo).port}/` }, { times: Number.POSITIVE_INFINITY })
    connections.sync(id)
    expect(await settled(connections, id)).toMatchObject({ status: 'failed', trouble: { code: 'crm.redirected' } })
    expect(await codeOf(connections.check(inputOf(fake, { id })))).toBe('crm.redirected')
    expect(seen).toEqual([])
  })

  it('pages without end are noticed', async () => {
    const fake = await fakeWith({ people: 600, organizations: 0, deals: 0, leads: 0 })
    const { connections, id } = await connected(fake)
    fake.data.change('people', 5, { name: 'Changed' })
    fake.inject({ kind: 'endless' }, { times: Number.POSITIVE_INFINITY, path: '/persons' })
    connections.sync(id)
    const failed = await settled(connections, id)
    expect(failed.status).toBe('failed')
    expect(['crm.endlessPages', 'crm.badReply']).toContain(failed.trouble?.code)
    expect(fake.asked('/persons').length).toBeLessThan(100)
    fake.heal()
    connections.sync(id)
    expect(await settled(connections, id)).toMatchObject({ status: 'idle' })
    expectSame(fake, id)
  })

  it('what passes (a 500, a cut, a short pause) is not even noticed', async () => {
    const fake = await fakeWith()
    fake.inject({ kind: 'error', status: 500 }, { path: '/persons', skip: 1 })
    fake.inject({ kind: 'cut', after: true }, { path: '/organizations' })
    fake.inject({ kind: 'half' }, { path: '/deals' })
    const { first, id } = await connected(fake)
    expect(first).toMatchObject({ status: 'idle', trouble: null, complete: true })
    expectSame(fake, id)
  })

  it('a day that is spent is waited for, with the time on the connection', async () => {
    const fake = await fakeWith({ people: 600 })
    const { connections, id } = await connected(fake)
    fake.inject({ kind: 'limited', why: 'daily' }, { times: Number.POSITIVE_INFINITY })
    fake.log.length = 0
    connections.sync(id)
    const waiting = await settled(connections, id)
    expect(waiting).toMatchObject({ status: 'waiting', trouble: { code: 'crm.dailyLimit' } })
    expect(waiting.resumesAt).toBeGreaterThan(Date.now())
    // Nor by hand, again and again.
    for (let press = 0; press < 3; press++) {
      connections.sync(id)
      await settled(connections, id)
    }
    expect(fake.log.length).toBe(1)
    await connections.cancel(id)
    expect(connections.list()[0]?.status).toBe('idle')
  })
})

describe('a connection that is changed', () => {
  it('takes a name, who the rep is and whether it names callers, without asking the CRM, and keeps them', async () => {
    const fake = await fakeWith({ people: 5 })
    const { connections, id, first } = await connected(fake)
    const asked = fake.log.length
    const user = { id: '1002', name: 'Maria', email: null }
    connections.change({ connectionId: id, user, callerId: false, label: 'Ours' })
    expect(connections.list()[0]).toMatchObject({ user, callerId: false, label: 'Ours', account: first.account })
    expect(fake.log.length).toBe(asked)
    expect(connections.open()[0]).toMatchObject({ id, callerId: false, userId: '1002' })
    await connections.close()
    const again = connectingTo(fake)
    expect(again.connections.list()[0]).toMatchObject({ user, callerId: false, label: 'Ours', complete: true, syncedAt: first.syncedAt })
    await expect(async () => again.connections.change({ connectionId: 'none' })).rejects.toMatchObject({ trouble: { code: 'crm.gone' } })
  })

  it('takes a new token for the same account, and keeps what is cached', async () => {
    const fake = await fakeWith({ people: 50 })
    const { connections, id, secrets } = await connected(fake)
    secrets.values.set(`crm-token:${id}`, 'revoked')
    await connections.close()
    const again = connectingTo(fake)
    again.secrets.values.set(`crm-token:${id}`, 'revoked')
    again.connections.sync(id)
    expect(await settled(again.connections, id)).toMatchObject({ status: 'refused', trouble: { code: 'crm.refused' } })
    await again.connections.save({ ...inputOf(fake, { id }), user: null })
    expect(await settled(again.connections, id)).toMatchObject({ status: 'idle', trouble: null, complete: true })
    expect(again.secrets.values.get(`crm-token:${id}`)).toBe(fake.token)
    expectSame(fake, id)
  })

  it('keeps whom the rep chose, nobody in particular too, and its token to where it went before', async () => {
    const fake = await fakeWith({ people: 5 })
    const { connections, id } = await connected(fake)
    expect(connections.list()[0]?.user).toBeNull()
    const { token: _, ...kept } = inputOf(fake, { id })
    await connections.save(kept)
    expect(connections.list()[0]?.user).toBeNull()
    const { user } = await connections.prove(id, new AbortController().signal)
    expect(user).not.toBeNull()
    await connections.save({ ...kept, user })
    await connections.save(kept)
    expect(connections.list()[0]?.user).toEqual(user)
    const asked = fake.log.length
    expect(await codeOf(connections.check({ ...kept, domain: 'elsewhere' }))).toBe('crm.tokenNeeded')
    expect(await codeOf(connections.check({ ...kept, kind: 'hubspot' }))).toBe('crm.gone')
    expect(await codeOf(connections.prove(id, AbortSignal.abort(new Error('enough'))))).toContain('enough')
    expect(fake.log.filter(({ path }) => path === '/v1/users/me').length).toBeGreaterThan(0)
    await settled(connections, id)
    expect(fake.log.slice(asked).filter(({ path }) => path === '/v1/users/me')).toEqual([])
  })

  it('says so when its token is not on this computer', async () => {
    const fake = await fakeWith({ people: 5 })
    const { connections, id } = await connected(fake)
    await connections.close()
    const again = connectingTo(fake)
    again.connections.sync(id)
    expect(await settled(again.connections, id)).toMatchObject({ status: 'failed', trouble: { code: 'crm.noToken' } })
  })
})

describe('a connection that is forgotten', () => {
  it('leaves nothing: no row, no cursor, no token; other sources stay', async () => {
    const fake = await fakeWith()
    const { connections, id, secrets } = await connected(fake)
    store.db.prepare("INSERT INTO contacts (name, sort_name, search, source, updated_at) VALUES ('Mine', 'mine', 'mine', 'local', 1)").run()
    expect(connections.claimSearch(id, '+4930123456')).toBe(true)
    await connections.forget(id)
    expect(connections.list()).toEqual([])
    expect(secrets.values.size).toBe(0)
    const count = (table: string) => store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
    for (const table of [
      'connections',
      'organizations',
      'deals',
      'phones',
      'sync_cursors',
      'crm_budgets',
      'crm_users',
      'crm_stages',
      'number_searches',
    ])
      expect(count(table), table).toBe(0)
    expect(count('contacts')).toBe(1)
    expect(await codeOf(connections.forget(id))).toBe('crm.gone')
  })

  it('is forgotten in the middle of a sync too', async () => {
    const fake = await fakeWith({ people: 4000 })
    const { connections } = connectingTo(fake)
    const { connectionId } = await connections.save({ ...inputOf(fake), user: null })
    await expect.poll(() => fake.asked('/persons').length, patient).toBeGreaterThan(1)
    await connections.forget(connectionId)
    expect(store.db.prepare('SELECT count(*) FROM contacts').pluck().get()).toBe(0)
    expect(connections.list()).toEqual([])
  })

  it('goes at the next start when the program was killed in the middle', async () => {
    const fake = await fakeWith({ people: 50 })
    const { connections, id } = await connected(fake)
    await connections.close()
    store.db.prepare('DELETE FROM connections WHERE id = ?').run(id)
    const again = connectingTo(fake, { startAfterMs: 0 })
    again.connections.start()
    await expect.poll(() => store.db.prepare('SELECT count(*) FROM contacts').pluck().get(), patient).toBe(0)
  })

  it('stays when the secret store does not let the token go', async () => {
    const fake = await fakeWith({ people: 5 })
    const { connections, id, secrets } = await connected(fake)
    const remove = secrets.delete
    secrets.delete = async () => {
      throw new TroubleError('host.noKeyring')
    }
    expect(await codeOf(connections.forget(id))).toBe('host.noKeyring')
    expect(connections.list().map((one) => one.id)).toEqual([id])
    secrets.delete = remove
    connections.sync(id)
    expect((await settled(connections, id)).status).toBe('idle')
    await connections.forget(id)
    expect(connections.list()).toEqual([])
  })
})
