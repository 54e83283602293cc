/**
 * The PBX dies (SIGKILL) and comes back, in each state that a call can be in: every call is ended and said, is in History as
 * what it was, leaves no ghost behind, and the account is ready again without a click. How long that takes is printed.
 */
import type { Page } from '@playwright/test'
import { expect, test } from '../fixtures/app'
import { startRelay } from '../fixtures/relay'
import type { Asterisk } from './asterisk/asterisk'
import { audioBothWays, dial, idle, packetsReceived, pop, ready, signIn, startPbx } from './pbx'

let pbx: Asterisk
test.beforeAll(async () => {
  pbx = await startPbx()
})
test.afterAll(() => pbx?.stop())

const group = (page: Page, name: string) => page.getByRole('group', { name, exact: true })

async function talking(page: Page, number: string): Promise<void> {
  await dial(page, number)
  await expect(group(page, number)).toContainText('Connected')
  await expect.poll(() => packetsReceived(page)).toBeGreaterThan(10)
}

/** Kills and restarts the PBX and waits until nothing of the calls is left and the account is ready. */
async function restart(page: Page, state: string, results: string[]): Promise<void> {
  const from = performance.now()
  const since = () => ((performance.now() - from) / 1000).toFixed(1)
  await pbx.kill()
  await expect(ready(page, 'alice')).toBeHidden()
  await pbx.boot()
  const booted = since()
  const [back, over] = await Promise.all([
    expect(ready(page, 'alice')).toBeVisible({ timeout: 60_000 }).then(since),
    expect(page.locator('[data-call]:not([data-phase="ended"])')).toHaveCount(0, { timeout: 80_000 }).then(since),
  ])
  console.log(`PBX killed while ${state}: up again after ${booted} s, account ready after ${back} s, calls over after ${over} s`)
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  await expect(pop(page)).toBeHidden()
  // Nothing counts on.
  const before = await page.locator('[data-call]').allInnerTexts()
  await page.waitForTimeout(1200)
  expect(await page.locator('[data-call]').allInnerTexts()).toEqual(before)
  await page.getByRole('navigation').getByRole('button', { name: 'History' }).click()
  const rows = page.getByRole('grid', { name: 'Calls' }).locator('[data-key]')
  await expect(rows).toHaveCount(results.length)
  const shown = await rows.allInnerTexts()
  console.log(state, JSON.stringify(shown))
  for (const [at, result] of results.entries()) await expect(rows.nth(at)).toContainText(result)
}

test('ringing here', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  void pbx.callFrom('0812345678', 'Somebody', '100').catch(() => undefined)
  await expect(pop(page)).toBeVisible()
  await restart(page, 'it rings here', ['Missed'])
})

test('ringing here, and the connection alone breaks: it rings on, and can be answered', async ({ page }) => {
  const relay = await startRelay(pbx.ws)
  await signIn(page, { server: relay.url, user: 'alice' })
  void pbx.callFrom('0812345678', 'Somebody', '100').catch(() => undefined)
  await expect(pop(page)).toBeVisible()
  const asked: string[] = []
  relay.onMessage = (message) => {
    const status = /^SIP\/2\.0 (\d+)/.exec(message)?.[1]
    if (status && /^CSeq: \d+ OPTIONS/im.test(message)) asked.push(status)
  }
  relay.cut()
  // Asked twice, the PBX still knows of it.
  await expect.poll(() => asked.length, { timeout: 40_000 }).toBeGreaterThan(1)
  console.log(`a call that rings on: its PBX answers ${asked.join(', ')}`)
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  await audioBothWays(page)
  await group(page, 'Somebody').getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
  await relay.close()
})

test('ringing there', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const call = await dial(page, '604')
  await expect(call).toContainText('Ringing')
  await restart(page, 'it rings there', ['Not connected'])
})

test('connected', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await talking(page, '607')
  await restart(page, 'connected', ['Cut off'])
})

test('on hold', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await talking(page, '607')
  await group(page, '607').getByRole('button', { name: 'Hold', exact: true }).click()
  await expect(group(page, '607')).toContainText('On hold')
  await restart(page, 'on hold', ['Cut off'])
})

test('a consultation', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await talking(page, '607')
  await group(page, '607').getByRole('button', { name: 'Transfer', exact: true }).click()
  await page.getByRole('combobox', { name: 'Transfer to' }).fill('611')
  await page.getByRole('button', { name: 'Ask first' }).click()
  await expect(group(page, '611')).toContainText('Connected')
  await restart(page, 'the rep consults', ['Cut off', 'Cut off'])
})

test('a conference', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await talking(page, '607')
  await talking(page, '611')
  await group(page, '611').getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Conference with 607' }).click()
  await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible()
  await restart(page, 'three are in conference', ['Cut off', 'Cut off'])
  await expect(page.getByRole('button', { name: 'Leave' })).toHaveCount(0)
})

test('a transfer asked for', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await talking(page, '607')
  await group(page, '607').getByRole('button', { name: 'Transfer', exact: true }).click()
  await page.getByRole('combobox', { name: 'Transfer to' }).fill('604')
  await page.getByRole('button', { name: 'Transfer now' }).click()
  await restart(page, 'a transfer is asked for', ['Cut off'])
})
