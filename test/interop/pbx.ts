/** One Asterisk for a file of tests, and Ringbook signed in to it the way a rep does. */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'
import { systemClock } from '../../main/clock'
import { silentLog } from '../../main/log'
import { createSipAccount, type SipAccount, webSocketConnector } from '../../main/telephony'
import { peerAudio } from '../fixtures/audio'
import { privateAuthority } from '../fixtures/certificates'
import { MediaStandIn } from '../fixtures/media-stand-in'
import { openPlainly } from '../fixtures/scripted-server'
import { Asterisk } from './asterisk/asterisk'

const authority = privateAuthority()

/** With wss by a private authority; main, started by tests from this process, trusts it as a company's machine would. */
export async function startPbx(): Promise<Asterisk> {
  const file = join(tmpdir(), `ringbook-authority-${process.pid}.pem`)
  writeFileSync(file, authority.cert)
  process.env.NODE_EXTRA_CA_CERTS = file
  const pbx = await Asterisk.start({ certificate: authority.issue('DNS:localhost,IP:127.0.0.1') })
  console.log(`against ${await pbx.version()}`)
  return pbx
}

/** Enters the account in Settings. */
export async function enterAccount(page: Page, account: { server: string; user: string; password?: string }): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Add SIP account' }).click()
  const form = page.getByRole('form', { name: 'Add SIP account' })
  await form.getByLabel('Server', { exact: true }).fill(account.server)
  await form.getByLabel('User', { exact: true }).fill(account.user)
  await form.getByLabel('Password', { exact: true }).fill(account.password ?? `${account.user}pw`)
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(form).toBeHidden()
}

/** Enters it and waits until it is ready. */
export async function signIn(page: Page, account: { server: string; user: string }): Promise<void> {
  await enterAccount(page, account)
  await page.getByRole('navigation').getByRole('button', { name: 'Phone' }).click()
  await expect(ready(page, account.user)).toBeVisible()
}

/** The top bar's words while the account is registered. */
export function ready(page: Page, user: string) {
  return page.getByRole('status').filter({ hasText: 'Ready' }).filter({ hasText: user }).first()
}

export async function dial(page: Page, number: string) {
  await page.getByLabel('Number or name').fill(number)
  await page.getByLabel('Number or name').press('Enter')
  return page.getByRole('group', { name: number })
}

export function pop(page: Page) {
  return page.getByRole('dialog', { name: 'Incoming call' })
}

/** Waits until the rep hears and is heard: packets both ways and sound in them, from where the statistics live. */
export async function audioBothWays(page: Page): Promise<void> {
  await expect
    .poll(
      async () => {
        const [peer, ...more] = await peerAudio(page)
        return (
          more.length === 0 &&
          peer !== undefined &&
          peer.packetsSent > 25 &&
          peer.packetsReceived > 25 &&
          peer.energySent > 1e-6 &&
          peer.energyReceived > 1e-6
        )
      },
      { timeout: 60_000 },
    )
    .toBe(true)
}

export async function packetsReceived(page: Page): Promise<number> {
  return (await peerAudio(page)).reduce((most, peer) => Math.max(most, peer.packetsReceived), 0)
}

/** Another phone at the same PBX, without a page: signalling alone, its descriptions from a recording stand-in. */
export async function otherPhone(pbx: Asterisk, user: string): Promise<SipAccount> {
  const account = createSipAccount({
    config: {
      id: `other-${user}`,
      user,
      domain: 'localhost',
      authUser: '',
      password: `${user}pw`,
      displayName: '',
      outboundProxy: '',
      ice: { servers: [], loopback: false },
      declineCode: 486,
    },
    servers: [{ name: 'pbx.invalid', connector: webSocketConnector(pbx.ws, openPlainly, { log: silentLog() }), protocol: 'WS' }],
    media: new MediaStandIn(),
    log: silentLog(),
    clock: systemClock,
  })
  await new Promise<void>((done) => {
    account.onState = ({ status }) => status === 'registered' && done()
    account.start()
  })
  return account
}

/** The PBX has no channel left. */
export async function idle(pbx: Asterisk): Promise<void> {
  await expect.poll(() => pbx.rx('core show channels count'), { timeout: 30_000 }).toContain('0 active channels')
}
