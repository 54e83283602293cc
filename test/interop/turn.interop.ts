/**
 * Sound through a TURN server (RFC 8656), the whole product against coturn and Asterisk: where the rep's firewall lets nothing else
 * through, where the account asks for it, and what is said when the server refuses. Set-up times are printed.
 */
import { readFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import type { SipAccountInput } from '../../preload/contract'
import { expect, freshLink, test } from '../fixtures/app'
import { firstPacketAt } from '../fixtures/audio'
import { connectPage } from '../fixtures/page-client'
import { FarPbx } from './far-pbx'
import { audioBothWays, dial, idle, pop, ready } from './pbx'
import { TurnServer, turnUser } from './turn-server'

test.skip(!process.env.RINGBOOK_OWN_NETWORK, 'sound can be blocked in a network of the test’s own only')

let far: FarPbx
let turn: TurnServer
test.beforeAll(async () => {
  far = await FarPbx.start()
  // The account brings the PBX's authority itself.
  delete process.env.NODE_EXTRA_CA_CERTS
  turn = await TurnServer.start(far.pid, far.authority)
})
test.afterEach(() => turn?.unblock())
test.afterAll(async () => {
  await turn?.stop()
  await far?.stop()
})

const go = (page: Page, screen: string) => page.getByRole('navigation').getByRole('button', { name: screen }).click()

/** Enters the account in Settings, with the certificate that signed the PBX's and one ICE server, and waits until it is ready. */
async function enter(page: Page, ice: { url: string; password: string; relayOnly: boolean; echoNumber?: string }): Promise<void> {
  await go(page, 'Settings')
  await page.getByRole('button', { name: 'Add SIP account' }).click()
  const form = page.getByRole('form', { name: 'Add SIP account' })
  await form.getByLabel('Server', { exact: true }).fill(far.pbx.wss)
  await form.getByLabel('User', { exact: true }).fill('alice')
  await form.getByLabel('Password', { exact: true }).fill('alicepw')
  await form.getByRole('button', { name: 'Network', exact: true }).click()
  await form.getByLabel('Own certificate authority').fill(far.authority.cert)
  await form.getByRole('button', { name: 'Add a server', exact: true }).click()
  await form.getByLabel('Address of server 1').fill(ice.url)
  await form.getByLabel('User of server 1').fill(turnUser.username)
  await form.getByLabel('Password of server 1').fill(ice.password)
  if (ice.relayOnly) await form.getByLabel('Send sound through TURN only').check()
  if (ice.echoNumber) {
    await form.getByRole('button', { name: 'Services of the phone system' }).click()
    await form.getByLabel('Echo number').fill(ice.echoNumber)
  }
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(form).toBeHidden()
  await go(page, 'Phone')
  await expect(ready(page, 'alice')).toBeVisible()
}

/** An account with servers as given, without the form. */
async function add(page: Page, profile: string, more: Partial<SipAccountInput>): Promise<void> {
  const client = await connectPage(freshLink(profile))
  const account = { label: 'Office', server: far.pbx.wss, user: 'alice', password: 'alicepw', authority: far.authority.cert }
  await client.send('accounts.save', { ...account, keepPassword: 'session', ...more })
  client.close()
  await expect(ready(page, 'alice').or(ready(page, 'Office')).first()).toBeVisible()
}

/** The local end of the candidate pair that carries the call's sound, by W3C webrtc-stats. */
async function way(page: Page): Promise<{ type: string; relayProtocol: string | null } | null> {
  for (const frame of page.frames()) {
    const found = await frame.evaluate(async () => {
      const peers = (globalThis as unknown as { testPeers?: WeakRef<RTCPeerConnection>[] }).testPeers ?? []
      for (const ref of peers.toReversed()) {
        const peer = ref.deref()
        if (peer?.connectionState !== 'connected') continue
        const all = await peer.getStats()
        for (const transport of all.values()) {
          if (transport.type !== 'transport' || !transport.selectedCandidatePairId) continue
          const local = all.get(all.get(transport.selectedCandidatePairId)?.localCandidateId ?? '')
          if (local) return { type: String(local.candidateType), relayProtocol: (local.relayProtocol as string | undefined) ?? null }
        }
      }
      return null
    })
    if (found) return found
  }
  return null
}

/** Calls the PBX's echo: what is heard has gone there and come back. */
async function callEcho(page: Page, what: string, expected: { type: string; relayProtocol: string | null }): Promise<void> {
  await page.getByLabel('Number or name').fill('600')
  const from = Date.now()
  await page.getByLabel('Number or name').press('Enter')
  await audioBothWays(page)
  expect(await way(page)).toEqual(expected)
  console.log(`${what}: first packet of sound ${Math.round(((await firstPacketAt(page)) ?? Number.NaN) - from)} ms after Enter`)
  await page.getByRole('group', { name: '600' }).getByRole('button', { name: 'Hang up' }).click()
  await idle(far.pbx)
}

const overUdp = { type: 'relay', relayProtocol: 'udp' }
const overTcp = { type: 'relay', relayProtocol: 'tcp' }

test('an account that allows TURN alone, entered in Settings, calls and is called over UDP', async ({ page }) => {
  await enter(page, { url: turn.udp, password: turnUser.credential, relayOnly: true })
  await callEcho(page, 'TURN alone, over UDP', overUdp)
  void far.pbx.call('alice', 'Echo')
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  await audioBothWays(page)
  expect(await way(page)).toEqual(overUdp)
  await far.pbx.rx('channel request hangup all')
  await idle(far.pbx)
})

test('a firewall lets UDP through to the TURN server alone: the call finds its way', async ({ page, profile }) => {
  turn.block()
  await add(page, profile, { iceServers: [{ url: turn.udp, ...turnUser }] })
  await callEcho(page, 'all other UDP blocked', overUdp)
})

test('a firewall lets no UDP through at all: the call goes through TURN over TCP', async ({ page, profile }) => {
  turn.block({ tcpOnly: true })
  await add(page, profile, { iceServers: [{ url: turn.tcp, ...turnUser }] })
  await callEcho(page, 'all UDP blocked', overTcp)
})

const check = (page: Page, title: string | RegExp) =>
  page.getByRole('list', { name: 'Self-checks' }).getByRole('listitem').filter({ hasText: title })

const turnCheck = (page: Page, url: string) => page.locator('[data-check="turn"]').filter({ hasText: url })

async function checkEverything(page: Page): Promise<void> {
  await go(page, 'Help')
  await page.getByRole('button', { name: /^Check (everything|again)$/ }).click()
  await expect(page.getByRole('button', { name: 'Copy report' })).toBeVisible({ timeout: 90_000 })
}

test('a wrong TURN password where TURN alone is allowed: the call and the self-checks say so', async ({ page }) => {
  await enter(page, { url: turn.udp, password: 'not the one', relayOnly: true, echoNumber: '600' })
  const call = await dial(page, '600')
  await expect(call).toContainText(`The TURN server ${turn.udp} does not accept its user name and password`)
  await checkEverything(page)
  await expect(turnCheck(page, turn.udp)).toContainText('does not accept its user name and password')
  await expect(check(page, /Ways for sound of .*alice/)).toContainText('no TURN server answered')
  await expect(check(page, /Echo call with .*alice/)).toContainText('does not accept its user name and password')
})

test('a wrong TURN password behind a firewall: the rep is told while it is silent', async ({ page, profile }) => {
  turn.block()
  await add(page, profile, { iceServers: [{ url: turn.udp, ...turnUser, credential: 'not the one' }] })
  const call = await dial(page, '600')
  await expect(call).toContainText('Connecting sound')
  const from = performance.now()
  await expect(call.getByRole('alert')).toContainText('the network may block it')
  console.log(`no way for sound: said ${Math.round(performance.now() - from)} ms after the answer`)
  if (process.env.RINGBOOK_SOAK) {
    // ICE gives up, the re-INVITE for a new way is accepted, and the words stay until the call is ended.
    await page.waitForTimeout(25_000)
    await expect(call.getByRole('alert')).toContainText('the network may block it')
    await expect(call).toContainText('no way for its sound was found', { timeout: 60_000 })
    console.log(`no way for sound: ended ${Math.round((performance.now() - from) / 1000)} s after the answer`)
    return
  }
  await call.getByRole('button', { name: 'Hang up' }).click()
})

test('the self-checks name every way for sound, every TURN server that fails, and the delay of the PBX’s echo', async ({
  page,
  profile,
}) => {
  turn.translate()
  const iceServers = [
    { url: turn.stun },
    { url: turn.udp, ...turnUser },
    { url: turn.tcp, ...turnUser },
    { url: turn.closed, ...turnUser },
    { url: turn.refusing, ...turnUser, credential: 'not the one' },
  ]
  await add(page, profile, { iceServers, echoNumber: '600' })
  await checkEverything(page)
  const { host } = new URL(far.pbx.wss)
  await expect(check(page, `Certificate of ${host}`)).toContainText('Ringbook test authority issued it')
  await expect(check(page, `Connection to ${host}`)).toContainText('took the connection for SIP')
  await expect(check(page, 'Sign-in of «Office»')).toContainText('signed in and ready')
  await expect(check(page, 'Clock')).toContainText('agrees with')
  await expect(check(page, 'Ways for sound of «Office»')).toContainText(/[1-9]\d* direct, [1-9]\d* found by STUN, [1-9]\d* through TURN/)
  for (const url of [turn.udp, turn.tcp]) await expect(turnCheck(page, url)).toContainText('works: sound can go through it')
  await expect(turnCheck(page, turn.closed)).toContainText('cannot be reached')
  await expect(turnCheck(page, turn.refusing)).toContainText('does not accept its user name and password')
  const echo = check(page, 'Echo call with «Office»')
  await expect(echo).toContainText(/came back after \d+ ms/)
  for (const text of [await check(page, 'Ways for sound of «Office»').innerText(), await echo.innerText()])
    console.log(text.replaceAll('\n', ' '))
})

test('an INVITE does not wait for TURN beyond its time, answering or not', async ({ page, profile }) => {
  const relay = { url: turn.udp, ...turnUser }
  const sets = {
    'no server': { user: 'alice', password: 'alicepw' },
    TURN: { user: 'bob', password: 'bobpw', iceServers: [relay] },
    'TURN alone': { user: 'carol', password: 'carolpw', iceServers: [relay], relayOnly: true },
    'TURN that never answers': { user: 'alice', password: 'alicepw', iceServers: [{ url: turn.silent, ...turnUser }] },
  }
  const client = await connectPage(freshLink(profile))
  await client.send('trace.set', { on: true })
  const clicks: { what: string; at: number }[] = []
  for (const [what, set] of Object.entries(sets)) {
    const account = { label: what, server: far.pbx.wss, authority: far.authority.cert, keepPassword: 'session' as const, ...set }
    const { accountId } = await client.send('accounts.save', account)
    await expect
      .poll(async () => (await client.send('app.snapshot', {})).state.accounts.find(({ id }) => id === accountId)?.status)
      .toBe('registered')
    for (let n = 0; n < 2; n++) {
      // The offer in reserve is made anew in the meantime.
      await page.waitForTimeout(1_500)
      clicks.push({ what, at: Date.now() })
      const { callId } = await client.send('call.dial', { number: '600', accountId, origin: 'typed' })
      await expect
        .poll(async () => (await client.send('app.snapshot', {})).state.calls.find(({ id }) => id === callId)?.phase)
        .toBe('connected')
      await client.send('call.hangUp', { callId })
    }
  }
  client.close()
  await go(page, 'Help')
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save SIP trace' }).click()])
  const sent = [...readFileSync(await download.path(), 'utf8').matchAll(/^(\S+) {2}→ sent to [^\n]*\n {4}INVITE /gm)].map(([, at]) =>
    Date.parse(at ?? ''),
  )
  for (const what of Object.keys(sets)) {
    const times = clicks.filter((click) => click.what === what).map(({ at }) => (sent.find((one) => one >= at) ?? Number.NaN) - at)
    console.log(`from the click to the INVITE with ${what}: ${times.join(', ')} ms`)
    // Chromium itself gives a silent server ten seconds.
    for (const ms of times) expect(ms).toBeLessThan(8_000)
  }
})

test.describe('with TURN over TLS', () => {
  const home = process.env.HOME
  test.beforeAll(() => {
    // Chromium asks the certificates of the person who runs it; those of the account are main's.
    process.env.HOME = turn.homeThatTrusts(far.authority)
  })
  test.afterAll(() => {
    process.env.HOME = home
  })

  test('a private authority that the computer trusts is enough', async ({ page, profile }) => {
    turn.block({ tcpOnly: true })
    await add(page, profile, { iceServers: [{ url: turn.tls, ...turnUser }] })
    await callEcho(page, 'TURN over TLS', { type: 'relay', relayProtocol: 'tls' })
  })
})

test('TURN over TLS with a certificate that the computer does not trust is not used, and the self-checks say so', async ({
  page,
  profile,
}) => {
  await add(page, profile, { iceServers: [{ url: turn.tls, ...turnUser }] })
  await checkEverything(page)
  await expect(turnCheck(page, turn.tls)).toContainText('this computer does not trust its certificate')
})
