/** The Help screen on the real app: self-checks of good and broken accounts, and the SIP trace. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Locator, Page } from '@playwright/test'
import type { SipAccountInput } from '../../preload/contract'
import { expect, freshLink, test } from '../fixtures/app'
import { privateAuthority } from '../fixtures/certificates'
import { connectPage } from '../fixtures/page-client'
import { reply, ScriptedServer } from '../fixtures/scripted-server'

const openHelp = (page: Page) => page.getByRole('navigation').getByRole('button', { name: 'Help' }).click()
const checks = (page: Page) => page.getByRole('list', { name: 'Self-checks' }).getByRole('listitem')
const check = (page: Page, title: string | RegExp): Locator => checks(page).filter({ hasText: title })

/** Runs them all and waits until they have ended. */
async function checkEverything(page: Page): Promise<void> {
  await openHelp(page)
  await page.getByRole('button', { name: /^Check (everything|again)$/ }).click()
  await expect(page.getByRole('button', { name: 'Copy report' })).toBeVisible({ timeout: 90_000 })
}

async function addAccount(profile: string, label: string, server: string, more: Partial<SipAccountInput> = {}): Promise<void> {
  const client = await connectPage(freshLink(profile))
  await client.send('accounts.save', { label, server, user: 'alice', password: 'not the one', keepPassword: 'session', ...more })
  client.close()
}

test('a fresh installation is looked at step by step, without a trace in History', async ({ page }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write', 'microphone'])
  await expect(page.getByRole('banner').or(page.locator('header')).first()).toContainText('Ready')
  await checkEverything(page)
  await expect(check(page, 'Sign-in of «Practice line»')).toContainText('signed in and ready')
  await expect(check(page, 'Microphone permission')).toContainText('may use the microphone')
  await expect(check(page, 'Microphone and speakers')).toContainText(/In use: microphone|usual microphone/)
  await expect(check(page, 'Ways for sound of «Practice line»')).toContainText(/Ways for sound: [1-9]\d* direct/)
  await expect(check(page, 'Echo call with «Practice line»')).toContainText(/came back after \d+ ms/)
  await expect(check(page, 'Database and disk')).toContainText(/MB are free/)
  await expect(check(page, 'Clock')).toContainText('There is no server to ask')
  await expect(checks(page).first()).toContainText('1')

  await page.getByRole('button', { name: 'Copy report' }).click()
  await expect(page.getByText('Report copied.')).toBeVisible()
  const report = await page.evaluate(() => navigator.clipboard.readText())
  expect(report).toMatch(/^Ringbook \S+ \(browser\), checked 20/)
  expect(report).toMatch(/^1\. Sign-in of «Practice line»: Good$/m)

  await expect(page.getByRole('dialog', { name: 'Incoming call' })).toBeHidden()
  await expect(page.getByRole('form', { name: 'Log call' })).toBeHidden()
  await page.getByRole('navigation').getByRole('button', { name: 'History' }).click()
  await expect(page.getByRole('row').filter({ hasText: '600' })).toHaveCount(0)
})

test('accounts that cannot work say why, in a sentence each, and the rest is checked all the same', async ({ page, profile }) => {
  const certificate = privateAuthority().issue('DNS:localhost,IP:127.0.0.1')
  const stranger = createServer(certificate).listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const refusing = await ScriptedServer.start()
  refusing.respond = (request) =>
    request.head.method === 'REGISTER' ? reply(request, 401, ['WWW-Authenticate: Digest realm="pbx", nonce="abc", algorithm=MD5']) : null
  await addAccount(profile, 'Nowhere', 'wss://pbx.nowhere.invalid/ws')
  const strangerHost = `127.0.0.1:${(stranger.address() as AddressInfo).port}`
  await addAccount(profile, 'Stranger', `wss://${strangerHost}/ws`)
  await addAccount(profile, 'Closed', 'wss://127.0.0.1:9/ws')
  await addAccount(profile, 'Password', `ws://127.0.0.1:${refusing.port}/`)

  await checkEverything(page)
  await expect(check(page, 'Find pbx.nowhere.invalid')).toContainText('was not found. Check the address')
  await expect(check(page, 'Certificate of pbx.nowhere.invalid')).toContainText(/needs check \d+, which failed/)
  await expect(check(page, `Certificate of ${strangerHost}`)).toContainText(
    /issued by Ringbook test authority.*add its certificate in the account/,
  )
  await expect(check(page, /Certificate of 127\.0\.0\.1:9(?!\d)/)).toContainText('takes no connections there')
  await expect(check(page, `Connection to 127.0.0.1:${refusing.port}`)).toContainText('took the connection for SIP')
  await expect(check(page, 'Sign-in of «Password»')).toContainText('does not accept this user name and password')
  await expect(check(page, 'Echo call with «Password»')).toContainText(/needs check \d+, which failed/)
  await expect(check(page, 'Sign-in of «Practice line»')).toContainText('Good')
  await expect(page.getByText(/checks found something wrong/)).toBeVisible()
  await expect(page.getByRole('main')).not.toContainText('not the one')
  stranger.closeAllConnections()
  stranger.close()
  await refusing.stop()
})

test('an echo call is not made while a call is on, and that call goes on', async ({ page }) => {
  await page.getByRole('textbox', { name: 'Number or name' }).or(page.getByLabel('Number or name')).first().fill('600')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Hang up' })).toBeVisible()
  await checkEverything(page)
  await expect(check(page, 'Echo call with «Practice line»')).toContainText('because a call is on')
  await expect(page.getByRole('button', { name: 'Hang up' })).toBeVisible()
})

test('a SIP trace is off until asked for, says so while on, and is saved without secrets or numbers', async ({ page }) => {
  await openHelp(page)
  const trace = page.getByRole('switch', { name: 'Keep a SIP trace' })
  await expect(trace).not.toBeChecked()
  await page.getByRole('button', { name: 'Save SIP trace' }).click()
  await expect(page.getByText('There is nothing in the trace yet')).toBeVisible()
  await trace.click()
  await expect(trace).toBeChecked()
  await page.getByRole('navigation').getByRole('button', { name: 'Phone' }).click()
  await expect(page.getByText('A SIP trace is being kept')).toBeVisible()
  await page.getByLabel('Number or name').first().fill('+46 8 463 00 00')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Hang up' }).click()
  await page.getByRole('button', { name: 'Open Help' }).click()
  await expect(trace).toBeChecked()
  const save = async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save SIP trace' }).click()])
    return readFileSync(await download.path(), 'utf8')
  }
  const masked = await save()
  expect(masked).toMatch(/→ sent to practice\.invalid {2}\(account 1\)\n {4}INVITE sip:number-\d+@practice\.invalid SIP\/2\.0/)
  expect(masked).not.toMatch(/46846300|response=|ice-pwd:|nonce="/)
  await page.getByRole('checkbox', { name: /Hide telephone numbers/ }).click()
  const open = await save()
  expect(open).toContain('INVITE sip:+4684630000@practice.invalid SIP/2.0')
  expect(open).not.toMatch(/response="|ice-pwd:|nonce="/)
  await trace.click()
  await expect(page.getByText('A SIP trace is being kept')).toBeHidden()
})
