/** History on the real app: what was called stands there, can be found, opened, exported, and stays put while calls come in. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import Database from 'better-sqlite3'
import { expect, openChromium, startMain, temporaryProfile, test } from '../fixtures/app'

const open = (page: Page, screen: string) =>
  page
    .getByRole('navigation')
    .getByRole('link', { name: screen })
    .or(page.getByRole('navigation').getByRole('button', { name: screen }))
    .click()
const calls = (page: Page) => page.getByRole('grid', { name: 'Calls' }).locator('[data-key]')

/** Dials the practice line's busy number; again when the page's sound was not there yet. */
async function dialBusy(page: Page) {
  await expect(async () => {
    await page.getByRole('combobox', { name: 'Number or name' }).fill('605')
    await page.keyboard.press('Enter')
    await page.waitForTimeout(700)
    const tooEarly = page.getByRole('alert').filter({ hasText: 'handles sound' })
    if (await tooEarly.isVisible()) {
      await tooEarly.getByRole('button', { name: 'Dismiss' }).click()
      throw new Error('no sound yet')
    }
  }).toPass()
}

async function declineOne(page: Page) {
  await open(page, 'Phone')
  await page.getByRole('button', { name: 'Practice incoming call' }).click()
  const pop = page.getByRole('dialog', { name: 'Incoming call' })
  await pop.getByRole('button', { name: 'Decline' }).click()
  await expect(pop).toBeHidden()
}

test('calls stand in History by result, are found, opened by keyboard and exported as filtered', async ({ page }) => {
  await dialBusy(page)
  await open(page, 'History')
  await expect(calls(page).filter({ hasText: '605' })).toContainText('Busy')
  await declineOne(page)
  await open(page, 'History')
  await expect(calls(page)).toHaveCount(2)
  await expect(calls(page).first()).toContainText('Declined')

  await page.getByLabel('Result').selectOption('busy')
  await expect(calls(page)).toHaveCount(1)
  await expect(calls(page)).toContainText('605')

  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'JSON' }).click()])
  const exported = JSON.parse(readFileSync(await download.path(), 'utf8')) as unknown[]
  expect(exported).toHaveLength(1)
  expect(JSON.stringify(exported)).toContain('605')
  await expect(page.getByText('1 call exported')).toBeVisible()

  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect(calls(page)).toHaveCount(2)
  await page.getByLabel('Search calls').fill('nobody of this name')
  await expect(page.getByText('No call matches')).toBeVisible()
  await page.getByLabel('Search calls').fill('605')
  await expect(calls(page)).toHaveCount(1)

  await page.getByLabel('Search calls').press('ArrowDown')
  await expect(calls(page).first()).toBeFocused()
  await page.keyboard.press('Enter')
  const details = page.getByRole('region', { name: 'Call', exact: true })
  await expect(details).toContainText('605 is busy')
  await expect(calls(page).first()).toHaveAttribute('aria-selected', 'true')
  await page.keyboard.press('Escape')
  await expect(details).toBeHidden()
  await expect(calls(page).first()).toBeFocused()

  // What was searched for is still there after a look elsewhere.
  await open(page, 'Contacts')
  await open(page, 'History')
  await expect(page.getByLabel('Search calls')).toHaveValue('605')
  await expect(calls(page)).toHaveCount(1)
})

test('a call that is not logged is marked, and its mark opens the form', async ({ page }) => {
  await page.getByRole('button', { name: 'Practice incoming call' }).click()
  const pop = page.getByRole('dialog', { name: 'Incoming call' })
  await pop.getByRole('button', { name: 'Answer' }).click()
  // Hung up before the call is up it would be a declined one, which asks for no log.
  await expect(page.getByRole('form', { name: 'Log call' })).toBeVisible()
  await page.getByRole('button', { name: 'Hang up' }).click()
  await open(page, 'History')
  await page.getByRole('button', { name: 'Not logged only' }).click()
  await expect(calls(page)).toHaveCount(1)
  await page.getByRole('button', { name: /^Not logged: write the log/ }).click()
  const form = page.getByRole('form', { name: 'Log call' })
  await form.getByLabel('Notes').fill('Wants a second offer')
  await form.getByRole('button', { name: 'Save log' }).click()
  await expect(page.getByText('No call matches')).toBeVisible()
  await page.getByRole('button', { name: 'Clear filters' }).first().click()
  await expect(calls(page).first()).toContainText('Wants a second offer')
})

test('20,000 calls: only what is on screen is in the page, and a new call does not move what is read', async () => {
  test.slow()
  const profile = temporaryProfile()
  await (await startMain(profile)).stop()
  const store = new Database(join(profile, 'ringbook.sqlite'))
  const add = store.prepare(
    `INSERT INTO calls (id, account_id, account_label, direction, number, e164, contact_name, started_at, utc_offset, answered_at, talk_ms, result)
     VALUES (?, 'practice', 'Practice line', 'outgoing', ?, NULL, ?, ?, 0, ?, 61000, 'answered')`,
  )
  const newest = Date.now() - 86_400_000
  store.transaction(() => {
    for (let at = 0; at < 20_000; at++) {
      const started = newest - at * 1_800_000
      add.run(`old-${at}`, `+46812${String(at).padStart(5, '0')}`, `Person ${at}`, started, started + 5000)
    }
  })()
  store.close()

  const main = await startMain(profile)
  const context = await openChromium()
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    await page.goto(main.link)
    await open(page, 'History')
    await expect(calls(page).first()).toContainText('Person 0')
    await calls(page).first().focus()
    for (let page_ = 0; page_ < 6; page_++) {
      const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-key') ?? '')
      const before = await focused()
      await page.keyboard.press('End')
      // Moved on, and not merely lost.
      await expect.poll(async () => (await focused()) !== before && (await focused())).toMatch(/^old-/)
      // The next page arrives when the end is on screen.
      await expect
        .poll(() => page.evaluate(() => Number(document.activeElement?.closest('[role="grid"]')?.getBoundingClientRect().bottom)))
        .toBeGreaterThan(2000)
    }
    expect(await calls(page).count()).toBeLessThan(60)
    const key = await page.evaluate(() => document.activeElement?.getAttribute('data-key'))
    expect(Number(key?.slice(4))).toBeGreaterThan(200)

    const place = () => page.evaluate(() => Math.round(document.activeElement?.getBoundingClientRect().top ?? 0))
    const other = await context.newPage()
    const main2 = await other.goto(new URL('/', main.link).href)
    expect(main2?.ok()).toBe(true)
    const read = await place()
    await declineOne(other)
    await other.close()
    await page.waitForTimeout(1000)
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-key'))).toBe(key)
    expect(Math.abs((await place()) - read)).toBeLessThanOrEqual(2)
    await page.keyboard.press('Home')
    await expect(calls(page).first()).toContainText('Declined')
  } finally {
    await context.close()
    await main.stop()
  }
})
