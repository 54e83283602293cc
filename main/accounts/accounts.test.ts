/** Accounts on a real database file, over a scripted network. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Account, type SipAccountInput, sipAccountInput } from '../../preload/contract'
import { privateAuthority } from '../../test/fixtures/certificates'
import { ScriptedAccount } from '../../test/fixtures/scripted-account'
import { SessionSecrets } from '../../test/fixtures/secrets'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import type { SipAccountConfig } from '../telephony/port'
import { Accounts } from './accounts'

let folder: string
let store: Store
let secrets: SessionSecrets
let shown: Account[]
let lines: { sip: ScriptedAccount; config: SipAccountConfig; servers: readonly URL[]; authority: string }[]
let rang: string[]
let busy: string[]
let emergency: string[]
let accounts: Accounts

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-accounts-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  secrets = new SessionSecrets()
  accounts = begin()
  await settled()
})
afterEach(async () => {
  await accounts.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

function begin(): Accounts {
  lines = []
  rang = []
  busy = []
  emergency = ['112', '999']
  const made = new Accounts({
    store,
    log: silentLog(),
    secrets,
    emit: (event, payload) => {
      if (event === 'accounts.changed') shown = payload as Account[]
    },
    clock: systemClock,
    connect: (config, servers, authority) => {
      const sip = new ScriptedAccount(config.id, () => 0)
      lines.push({ sip, config, servers, authority })
      return sip
    },
    practice: { label: 'Practice line', user: 'you', password: 'none', domain: 'practice.invalid' },
    incoming: (call, account) => rang.push(`${account.label} ${call.remote.number}`),
    inCall: (id) => busy.includes(id),
    isEmergency: (number) => emergency.includes(number),
  })
  made.start()
  return made
}
/** Starting an account asks the keyring first. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 10))
const line = (id: string) => {
  const found = lines.findLast(({ sip }) => sip.id === id)
  if (!found) throw new Error('no such line was made')
  return found
}
const entered = (more: Partial<SipAccountInput> = {}): SipAccountInput =>
  sipAccountInput.parse({
    label: 'Office',
    server: 'wss://pbx.example.com:8089/ws',
    user: 'anna',
    domain: '',
    authUser: '',
    password: 'geheim-4711',
    displayName: 'Anna',
    outboundProxy: '',
    iceServers: [],
    declineCode: 486,
    keepPassword: 'session',
    ...more,
  })

test('a fresh profile has the practice line, registered, as its default', () => {
  expect(accounts.list()).toMatchObject([{ id: 'practice', kind: 'practice', status: 'registered', isDefault: true }])
  expect(line('practice')).toMatchObject({ servers: [], config: { ice: { loopback: true } } })
  expect(accounts.default()?.sip).toBe(line('practice').sip)
})

test('the first real account becomes the default; its secrets stand in no row and no view', async () => {
  const turn = { url: 'turn:turn.example.com', username: 'anna', credential: 'turn-secret-1' }
  const { accountId } = await accounts.save(entered({ iceServers: [turn, { url: 'stun:stun.example.com' }] }))
  expect(accounts.default()?.id).toBe(accountId)
  expect(line(accountId)).toMatchObject({
    config: {
      password: 'geheim-4711',
      domain: 'pbx.example.com',
      authUser: 'anna',
      ice: { servers: [turn, { url: 'stun:stun.example.com' }], loopback: false },
    },
  })
  expect(secrets.kept.get(`sip-password:${accountId}`)).toEqual({ value: 'geheim-4711', keep: 'session' })
  const view = await accounts.details(accountId)
  expect(view).toMatchObject({ hasPassword: true, iceServers: [{ hasCredential: true }, { hasCredential: false }] })
  for (const place of [JSON.stringify(view), JSON.stringify(shown), JSON.stringify(store.db.prepare('SELECT * FROM accounts').all())])
    expect(place).not.toMatch(/geheim|turn-secret/)
  await store.jobs.run('write', 'store.checkpoint', null)
  for (const end of ['', '-wal']) expect(readFileSync(store.file + end).includes('geheim')).toBe(false)
})

test('a change restarts the account and keeps the secrets that were not entered again', async () => {
  const turn = { url: 'turn:turn.example.com', username: 'anna' }
  const { accountId } = await accounts.save(entered({ iceServers: [{ ...turn, credential: 'kept' }] }))
  const first = line(accountId).sip
  const { password: _, ...unchanged } = entered({ id: accountId, label: 'Office 2', user: 'berta', iceServers: [turn] })
  await accounts.save(unchanged)
  expect(first.done).toEqual(['start', 'stop'])
  expect(line(accountId).sip).not.toBe(first)
  expect(line(accountId).config).toMatchObject({
    user: 'berta',
    password: 'geheim-4711',
    ice: { servers: [{ ...turn, credential: 'kept' }] },
  })
  expect(accounts.list().map((account) => account.label)).toEqual(['Practice line', 'Office 2'])
})

test.each([
  ['ws://pbx.example.com', 'account.insecureServer'],
  ['https://pbx.example.com', 'account.badServer'],
  ['wss://', 'account.badServer'],
  ['wss://anna:pw@pbx.example.com', 'account.secretInServer'],
  ['javascript:alert(1)', 'account.badServer'],
])('the server %s is refused with %s, and nothing is kept', async (server, code) => {
  await expect(accounts.save(entered({ server }))).rejects.toThrow(code)
  expect(accounts.list()).toHaveLength(1)
  expect(secrets.kept.size).toBe(0)
})

test.each(['ws://127.0.0.1:8088/ws', 'ws://[::1]:8088/ws', 'pbx.example.com'])('the server %s is taken', async (server) => {
  await accounts.save(entered({ server }))
  expect(accounts.list()).toHaveLength(2)
})

test('an account whose password is not kept says so until it is entered', async () => {
  const { accountId } = await accounts.save(entered())
  await accounts.stop()
  secrets.kept.clear()
  accounts = begin()
  await settled()
  expect(accounts.list()[1]).toMatchObject({
    id: accountId,
    status: 'refused',
    trouble: { code: 'account.passwordNeeded' },
    isDefault: true,
  })
  expect(() => accounts.default()).toThrow(expect.objectContaining({ trouble: { code: 'account.passwordNeeded', params: {} } }))
  expect(accounts.get('gone')).toBeNull()
  await accounts.save(entered({ id: accountId }))
  expect(accounts.list()[1]).toMatchObject({ status: 'registered', trouble: null })
})

test('accounts come back at the next start, with their order and default', async () => {
  const { accountId: office } = await accounts.save(entered())
  await accounts.save(entered({ label: 'Home', user: 'home' }))
  accounts.setDefault('practice')
  await accounts.stop()
  accounts = begin()
  await settled()
  expect(accounts.list().map(({ label, status, isDefault }) => [label, status, isDefault])).toEqual([
    ['Practice line', 'registered', true],
    ['Office', 'registered', false],
    ['Home', 'registered', false],
  ])
  expect(line(office).config.password).toBe('geheim-4711')
})

test('removing ends the account, its secrets and its place as default', async () => {
  const { accountId } = await accounts.save(entered())
  const { sip } = line(accountId)
  await accounts.remove(accountId)
  expect(sip.done).toEqual(['start', 'stop'])
  expect(secrets.kept.size).toBe(0)
  expect(shown.map((account) => account.id)).toEqual(['practice'])
  expect(accounts.default()?.id).toBe('practice')
  await expect(accounts.remove(accountId)).rejects.toThrow('account.gone')
  await expect(accounts.remove('practice')).rejects.toThrow('account.notEditable')
})

test('when the default goes, another real account takes its place before the practice line', async () => {
  const { accountId } = await accounts.save(entered())
  const { accountId: home } = await accounts.save(entered({ label: 'Home', user: 'home' }))
  await accounts.remove(accountId)
  expect(accounts.default()?.id).toBe(home)
})

test('an account that was spoilt in the file is left out, and the others work', async () => {
  const { accountId } = await accounts.save(entered())
  await accounts.save(entered({ label: 'Home', user: 'home' }))
  store.write(() => store.db.prepare("UPDATE accounts SET config = '{' WHERE id = ?").run(accountId))
  await accounts.stop()
  accounts = begin()
  await settled()
  expect(accounts.list().map(({ label, status }) => [label, status])).toEqual([
    ['Practice line', 'registered'],
    ['Home', 'registered'],
  ])
})

test('states and calls are passed on under the label that the account has now', async () => {
  const { accountId } = await accounts.save(entered())
  line(accountId).sip.become({ status: 'offline', trouble: { code: 'sip.unreachable', params: {} }, retryAt: 5 })
  expect(shown[1]).toMatchObject({ status: 'offline', trouble: { code: 'sip.unreachable' }, retryAt: 5 })
  line(accountId).sip.receive('+4681')
  expect(rang).toEqual(['Office +4681'])
  accounts.networkChanged()
  expect(line(accountId).sip.done).toContain('networkChanged')
  expect(line('practice').sip.done).toContain('networkChanged')
})

test('a call that is on keeps its account from being changed or removed', async () => {
  const { accountId } = await accounts.save(entered())
  const { sip } = line(accountId)
  busy = [accountId]
  const inCall = { trouble: { code: 'account.inCall', params: { account: 'Office' } } }
  await expect(accounts.save(entered({ id: accountId, password: 'new', label: 'Other' }))).rejects.toMatchObject(inCall)
  await expect(accounts.save(entered({ id: accountId, user: 'berta' }))).rejects.toMatchObject(inCall)
  await expect(accounts.remove(accountId)).rejects.toMatchObject(inCall)
  expect(sip.done).toEqual(['start'])
  expect(secrets.kept.get(`sip-password:${accountId}`)?.value).toBe('geheim-4711')
  busy = []
  await accounts.save(entered({ id: accountId, label: 'Other' }))
  expect(accounts.list()).toMatchObject([{ id: 'practice' }, { label: 'Other' }])
})

test('an account whose keyring answers late is started once, however often the rep asks', async () => {
  const { accountId } = await accounts.save(entered())
  await accounts.stop()
  let unlock = () => {}
  const get = secrets.get
  const locked = new Promise<void>((resolve) => {
    unlock = resolve
  })
  secrets.get = async (name) => {
    await locked
    return get(name)
  }
  accounts = begin()
  accounts.reconnect(accountId)
  accounts.reconnect(accountId)
  expect(() => accounts.default()).toThrow(
    expect.objectContaining({ trouble: { code: 'call.accountConnecting', params: { account: 'Office' } } }),
  )
  unlock()
  await settled()
  expect(lines.filter(({ sip }) => sip.id === accountId)).toHaveLength(1)
  expect(accounts.default()?.status).toBe('registered')
})

test('how an account looks and what its services are called changes during a call and without a new registration', async () => {
  const { accountId } = await accounts.save(entered())
  const { sip } = line(accountId)
  busy = [accountId]
  const { password: _, ...same } = entered({ id: accountId, label: 'Sales', color: 'pink', voicemailNumber: '*97', pickupPrefix: '*8' })
  await accounts.save(same)
  expect(sip.done).toEqual(['start'])
  expect(shown[1]).toMatchObject({ label: 'Sales', color: 'pink', voicemailNumber: '*97', server: null })
  expect(accounts.services(accountId)).toMatchObject({ label: 'Sales', voicemailNumber: '*97', pickupPrefix: '*8' })
  line(accountId).sip.receive('+4681')
  expect(rang).toEqual(['Sales +4681'])
  await accounts.save({ ...same, password: 'geheim-4711' })
  expect(sip.done).toEqual(['start'])
})

test('a change of how the password is kept is applied though it was not entered again', async () => {
  const turn = { url: 'turn:turn.example.com', username: 'anna' }
  const { accountId } = await accounts.save(entered({ iceServers: [{ ...turn, credential: 'kept' }] }))
  const { password: _, ...same } = entered({ id: accountId, keepPassword: 'plain-file', iceServers: [turn] })
  await accounts.save(same)
  expect(secrets.kept.get(`sip-password:${accountId}`)).toEqual({ value: 'geheim-4711', keep: 'plain-file' })
  expect(secrets.kept.get(`ice-credentials:${accountId}`)).toMatchObject({ keep: 'plain-file' })
  expect(line(accountId).sip.done).toEqual(['start'])
})

test('several servers go to telephony in their order, with the authority; the one in use is shown', async () => {
  const { cert } = privateAuthority()
  const { accountId } = await accounts.save(
    entered({ moreServers: ['two.example.com', 'wss://three.example.com:444/ws'], authority: `issued by\n${cert}` }),
  )
  expect(line(accountId).servers.map(String)).toEqual([
    'wss://pbx.example.com:8089/ws',
    'wss://two.example.com/',
    'wss://three.example.com:444/ws',
  ])
  expect(line(accountId).authority).toBe(cert)
  expect(line(accountId).config.domain).toBe('pbx.example.com')
  line(accountId).sip.become({ status: 'registered', server: 'two.example.com' })
  expect(shown[1]?.server).toBe('two.example.com')
  await expect(accounts.save(entered({ id: accountId, moreServers: ['ws://far.example.com'] }))).rejects.toThrow('account.insecureServer')
  await expect(accounts.save(entered({ id: accountId, authority: 'nonsense' }))).rejects.toThrow('account.authorityUnreadable')
  expect(line(accountId).sip.done).toEqual(['start'])
})

test('codecs and a relay alone go to the calls of the account', async () => {
  const { accountId } = await accounts.save(entered({ codecs: ['PCMA', 'opus'], relayOnly: true }))
  expect(line(accountId).config.ice).toMatchObject({ codecs: ['PCMA', 'opus'], relayOnly: true })
})

test('whoever follows the lines of accounts hears of each new one and of its end', async () => {
  const heard: string[] = []
  accounts.onLine = (id, sip) => heard.push(`${id === 'practice' ? id : 'office'} ${sip ? 'on' : 'off'}`)
  const { accountId } = await accounts.save(entered())
  await accounts.save(entered({ id: accountId, user: 'berta' }))
  await accounts.remove(accountId)
  expect(heard).toEqual(['office on', 'office off', 'office on', 'office off'])
})

test('no code that is dialled without asking is an emergency number, neither when it is saved nor in another country later', async () => {
  for (const field of ['voicemailNumber', 'pickupPrefix', 'doNotDisturbOn', 'doNotDisturbOff', 'echoNumber'] as const)
    await expect(accounts.save(entered({ [field]: '112' }))).rejects.toMatchObject({
      trouble: { code: 'account.emergencyCode', params: { field, number: '112' } },
    })
  expect(accounts.list()).toHaveLength(1)
  const { accountId } = await accounts.save(entered({ doNotDisturbOn: '*78', voicemailNumber: '110', echoNumber: '600' }))
  expect(accounts.services(accountId)).toMatchObject({ doNotDisturbOn: '*78', voicemailNumber: '110', echoNumber: '600' })
  emergency.push('110')
  expect(accounts.services(accountId)).toMatchObject({ doNotDisturbOn: '*78', voicemailNumber: '', echoNumber: '600' })
})

test('an account may say the country of its numbers; the practice line says none', async () => {
  const { accountId } = await accounts.save(entered({ country: 'DE' }))
  expect(accounts.countryOf(accountId)).toBe('DE')
  expect(accounts.countryOf('practice')).toBeNull()
  expect(accounts.countryOf('gone')).toBeNull()
})
