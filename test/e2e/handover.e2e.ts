/**
 * The page that holds audio goes away during a call: reloaded, closed with another one open, crashed, and for good. The call
 * goes on by re-INVITE, or ends in words when nobody comes within 20 s.
 */
import type { Page } from '@playwright/test'
import { expect, type RunningApp, test } from '../fixtures/app'
import { peerAudio } from '../fixtures/audio'

test.skip(process.env.RINGBOOK_TEST_HOST === 'electron', 'Electron has a media window of its own; its hand-over is tested with it')

/** Calls the echo and waits until it is heard. */
async function callTheEcho(page: Page): Promise<void> {
  await expect(page.getByRole('banner').getByText('Ready')).toBeVisible()
  await page.getByRole('combobox', { name: 'Number or name' }).fill('600')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Hang up' })).toBeVisible()
  await heard(page)
}

/** Waits until the phone's end plays sound; resolves to ms waited. */
async function heard(page: Page): Promise<number> {
  const began = performance.now()
  await expect
    .poll(async () => (await peerAudio(page)).some((end) => end.packetsReceived > 20 && end.energyReceived > 1e-6), {
      timeout: 30_000,
      intervals: [50],
    })
    .toBe(true)
  return performance.now() - began
}

async function hangUp(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Hang up' }).click()
  await expect(page.getByRole('button', { name: 'Hang up' })).toBeHidden()
  await expect(page.getByRole('form', { name: 'Log call' })).toBeVisible()
}

const told = (what: string, ms: number) =>
  console.log(`${what}: heard again after ${ms.toFixed(0)} ms (with the packets that the proof needs)`)
/** Another page of the same browser, opened once the first one (if it still lives) holds audio. */
const another = async (app: RunningApp) => {
  if (!app.page.isClosed()) await expect(app.page.locator('iframe')).toBeAttached()
  const page = await app.context.newPage()
  await page.goto(new URL(app.main?.link ?? '').origin)
  return page
}

test('a page that is reloaded during a call takes it up again', async ({ page }) => {
  await callTheEcho(page)
  page.on('dialog', (dialog) => void dialog.accept())
  await page.reload()
  await expect(page.getByRole('button', { name: 'Hang up' })).toBeVisible()
  told('reload', await heard(page))
  await hangUp(page)
})

test('a page that is closed during a call leaves it to another', async ({ app }) => {
  const other = await another(app)
  await expect(other.getByRole('combobox', { name: 'Number or name' })).toBeVisible()
  await callTheEcho(app.page)
  await app.page.close({ runBeforeUnload: false })
  await expect(other.getByRole('button', { name: 'Hang up' })).toBeVisible()
  told('close', await heard(other))
  await hangUp(other)
})

test('a page that crashes during a call leaves it to another', async ({ app }) => {
  const other = await another(app)
  await expect(other.getByRole('combobox', { name: 'Number or name' })).toBeVisible()
  // The other page shares the first one's process, unless it is another site's: a crash would take both.
  await callTheEcho(app.page)
  const crashed = app.page.waitForEvent('crash')
  void app.page.goto('chrome://crash').catch(() => {})
  await crashed
  const here = other.isClosed() ? await another(app) : other
  await here.reload().catch(() => {})
  await expect(here.getByRole('button', { name: 'Hang up' })).toBeVisible()
  told('crash', await heard(here))
  await hangUp(here)
})

test('without any page a call is kept for 20 s and then ended as dropped', async ({ app }) => {
  await callTheEcho(app.page)
  // A blank page keeps the browser open.
  const blank = await app.context.newPage()
  await app.page.close({ runBeforeUnload: false })
  await blank.waitForTimeout(24_000)
  const page = await another(app)
  await page.getByRole('navigation').getByRole('button', { name: 'History' }).click()
  await expect(page.getByRole('row').filter({ hasText: '600' })).toContainText('Cut off')
  await expect(page.getByRole('form', { name: 'Log call' })).toBeVisible()
})
