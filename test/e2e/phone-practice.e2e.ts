/** The phone's controls on the real program, over the practice line. */
import type { Page } from '@playwright/test'
import { expect, type RunningApp, test } from '../fixtures/app'

const field = (page: Page) => page.getByLabel('Number or name')
const party = (page: Page, name: string) => page.getByRole('group', { name, exact: true })
const pop = (page: Page) => page.getByRole('dialog', { name: 'Incoming call' })

async function ready({ page }: RunningApp): Promise<void> {
  await expect(page.getByRole('button', { name: 'Practice incoming call' })).toBeEnabled()
}
async function dial(page: Page, number: string): Promise<void> {
  await field(page).fill(number)
  await field(page).press('Enter')
  await expect(party(page, number).getByText('Connected', { exact: true })).toBeVisible()
}

/** Shows the newest call of History in the side panel. */
async function openNewest(page: Page): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name: 'History' }).click()
  await page.getByRole('grid', { name: 'Calls' }).locator('[data-key]').first().click()
  await page.getByRole('tab', { name: 'Details' }).click()
}

test('a call is held and resumed, and a second one puts the first on hold', async ({ app }) => {
  const { page } = app
  await ready(app)
  await dial(page, '600')
  const hold = party(page, '600').getByRole('button', { name: 'Hold', exact: true })
  await hold.click()
  await expect(party(page, '600').getByText(/^On hold/)).toBeVisible()
  await expect(hold).toHaveAttribute('aria-pressed', 'true')
  await hold.click()
  await expect(party(page, '600').getByText('Connected', { exact: true })).toBeVisible()
  await expect(hold).toHaveAttribute('aria-pressed', 'false')
  await dial(page, '601')
  await expect(party(page, '600').getByText(/^On hold/)).toBeVisible()
  await party(page, '600').getByRole('button', { name: 'Resume' }).click()
  await expect(party(page, '600').getByText('Connected', { exact: true })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Hang up' })).not.toHaveCount(0)
})

test('the last number comes back by Enter and is called by a second Enter', async ({ app }) => {
  const { page } = app
  await ready(app)
  await field(page).press('Enter')
  await expect(page.getByText('You have not called anybody yet.')).toBeVisible()
  await dial(page, '600')
  await party(page, '600').getByRole('button', { name: 'Hang up' }).click()
  await expect(party(page, '600')).toHaveCount(0)
  await field(page).press('Enter')
  await expect(field(page)).toHaveValue('600')
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  await field(page).press('Enter')
  await expect(party(page, '600').getByText('Connected', { exact: true })).toBeVisible()
})

test('answering and hanging up by keyboard leaves the focus where the rep goes on: the call, then the log', async ({ app }) => {
  const { page } = app
  await ready(app)
  await page.getByRole('button', { name: 'Practice incoming call' }).click()
  await pop(page).getByRole('button', { name: 'Answer', exact: true }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Hang up' })).toBeVisible()
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('group')
  // Hung up before it is connected it would be a call declined, without a log.
  await expect(page.locator('[data-calls] [data-phase="connected"]')).toBeVisible()
  await page.getByRole('button', { name: 'Hang up' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('form', { name: 'Log call' }).getByLabel('Notes')).toBeFocused()
})

test('do-not-disturb refuses a caller, says so for as long as it is on, and outlives a reload', async ({ app }) => {
  const { page } = app
  await ready(app)
  const disturb = page.getByRole('banner').getByRole('button', { name: 'Do not disturb', exact: true })
  await disturb.click()
  await expect(disturb).toHaveAttribute('aria-pressed', 'true')
  await page.reload()
  await expect(disturb).toHaveAttribute('aria-pressed', 'true')
  await expect(page.getByRole('banner').getByText('Do not disturb')).toBeVisible()
  await ready(app)
  await page.getByRole('button', { name: 'Practice incoming call' }).click()
  await page.waitForTimeout(2_000)
  await expect(pop(page)).toHaveCount(0)
  await disturb.click()
  await expect(disturb).toHaveAttribute('aria-pressed', 'false')
  await page.getByRole('button', { name: 'Practice incoming call' }).click()
  await expect(pop(page)).toBeVisible()
})

test('a call that is on is measured, and History keeps what was heard', async ({ app }) => {
  const { page } = app
  await ready(app)
  await dial(page, '600')
  await expect(page.getByRole('button', { name: /^Sound quality: / })).toBeVisible({ timeout: 30_000 })
  await page.waitForTimeout(4_000)
  await party(page, '600').getByRole('button', { name: 'Hang up' }).click()
  await expect(party(page, '600')).toHaveCount(0)
  await openNewest(page)
  const sound = page.getByRole('region', { name: 'Sound quality' })
  await expect(sound).toContainText('MOS')
  await expect(sound).toContainText('opus')
})

test('a recording is seen while it lasts, stands in History and can be deleted', async ({ app }) => {
  const { page } = app
  await ready(app)
  await dial(page, '600')
  await party(page, '600').getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitemcheckbox', { name: 'Record' }).click()
  await page.getByRole('dialog', { name: 'Before you record' }).getByRole('button', { name: 'Start recording' }).click()
  await expect(party(page, '600').getByText('Recording', { exact: true })).toBeVisible()
  await page.waitForTimeout(3_000)
  await party(page, '600').getByRole('button', { name: 'Hang up' }).click()
  await expect(party(page, '600')).toHaveCount(0)
  await openNewest(page)
  const recording = page.getByRole('region', { name: 'Recording' })
  const download = page.waitForEvent('download')
  await recording.getByRole('button', { name: 'Save…' }).click()
  expect((await download).suggestedFilename()).toMatch(/\.(webm|wav)$/)
  await recording.getByRole('button', { name: 'Delete' }).click()
  await expect(recording.getByRole('button', { name: 'Keep' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(recording.getByRole('button', { name: 'Delete' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(recording.getByRole('button', { name: 'Keep' })).toBeFocused()
  await recording.getByRole('button', { name: 'Delete' }).click()
  await expect(recording).toHaveCount(0)
})

test('two calls become a conference and two calls again', async ({ app }) => {
  const { page } = app
  await ready(app)
  await dial(page, '600')
  await dial(page, '601')
  await party(page, '601').getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Conference with 600' }).click()
  await expect(party(page, 'Conference')).toBeVisible()
  await party(page, '600').getByRole('button', { name: 'Split' }).focus()
  await page.keyboard.press('Enter')
  await expect(party(page, 'Conference')).toHaveCount(0)
  // Not on the one who now waits.
  await expect(party(page, '600')).toBeFocused()
  await expect(party(page, '600').getByRole('button', { name: 'Hold', exact: true })).toHaveAttribute('aria-pressed', 'false')
})
