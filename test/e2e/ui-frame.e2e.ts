/** The frame of the main window on the real app: what it says of the account, what covers what, and what the console says. */
import type { Page } from '@playwright/test'
import { expect, openChromium, startMain, test } from '../fixtures/app'

const pop = (page: Page) => page.getByRole('dialog', { name: 'Incoming call' })
const practice = (page: Page) => page.getByRole('button', { name: 'Practice incoming call' })
const box = async (page: Page, selector: string) => {
  const found = await page.locator(selector).first().boundingBox()
  if (!found) throw new Error(`nothing is shown at ${selector}`)
  return found
}

test('the account says nothing of Ready while main is away, and Escape puts its list away', async ({ app }) => {
  test.skip(app.host === 'electron', 'main lives as long as its windows there')
  const { page, main } = app
  await expect(practice(page)).toBeEnabled()
  const state = page.getByRole('button', { name: /Practice line/ })
  await state.click()
  const list = page.getByText('Practice line · Ready')
  await expect(list).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(list).toBeHidden()
  await expect(state).toBeFocused()
  await state.click()
  await expect(list).toBeVisible()
  await main?.kill()
  await expect(page.getByText('Practice line · Connecting…')).toBeVisible()
  await expect(list).toBeHidden()
})

test('several callers cover neither the calls that are on nor, in the smallest window, the navigation', async ({ app }) => {
  const { page } = app
  await expect(practice(page)).toBeEnabled()
  // With three callers as many as there may be at once.
  await page.getByLabel('Number or name').fill('600')
  await page.getByLabel('Number or name').press('Enter')
  await expect(page.getByRole('group', { name: '600' })).toBeVisible()
  for (const count of [1, 2, 3]) {
    await practice(page).evaluate((button: HTMLButtonElement) => button.click())
    await expect(pop(page).getByRole('button', { name: 'Answer' })).toHaveCount(count)
  }
  const calls = await box(page, '[data-calls]')
  const shown = await box(page, '[data-pop]')
  expect(shown.y).toBeGreaterThanOrEqual(calls.y + calls.height)
  expect(shown.y + shown.height).toBeLessThanOrEqual(680)
  await page.setViewportSize({ width: 380, height: 560 })
  const navigation = page.getByRole('navigation').getByRole('button', { name: 'History' })
  await navigation.click()
  await expect(navigation).toHaveAttribute('aria-current', 'page')
  await pop(page).getByRole('button', { name: 'Decline' }).last().click()
  await expect(pop(page).getByRole('button', { name: 'Decline' })).toHaveCount(2)
})

test('calls that begin, end and wait for their log never move the form that is being written', async ({ app }) => {
  const { page } = app
  await expect(practice(page)).toBeEnabled()
  await page.getByLabel('Number or name').fill('605')
  await page.getByLabel('Number or name').press('Enter')
  const notes = page.getByRole('form', { name: 'Log call' }).getByLabel('Notes')
  await notes.fill('They were busy')
  const place = await notes.boundingBox()
  await practice(page).evaluate((button: HTMLButtonElement) => button.click())
  await expect(pop(page)).toBeVisible()
  expect(await notes.boundingBox()).toEqual(place)
  await page.keyboard.press('Control+Shift+A')
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(1)
  await expect(page.getByRole('region', { name: 'Calls to log' }).getByRole('button')).toHaveCount(2)
  expect(await notes.boundingBox()).toEqual(place)
  await page.getByRole('button', { name: 'Hang up' }).evaluate((button: HTMLButtonElement) => button.click())
  // What is over goes by itself after a while.
  await expect(page.getByRole('region', { name: 'Calls', exact: true })).toHaveCount(0)
  expect(await notes.boundingBox()).toEqual(place)
  await expect(notes).toBeFocused()
})

test('nothing is refused and the console stays empty while the window opens', async ({ profile }) => {
  const main = await startMain(profile)
  const context = await openChromium()
  const page = context.pages()[0] ?? (await context.newPage())
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  // The page of a visitor without a cookie, then the app.
  await page.goto(new URL('/', main.link).href)
  await expect(page.getByRole('heading', { name: 'Open Ringbook from its own window' })).toBeVisible()
  await page.goto(main.link)
  for (const screen of ['History', 'Contacts', 'Settings', 'Phone']) {
    await page.getByRole('navigation').getByRole('button', { name: screen }).click()
    await page.waitForTimeout(300)
  }
  await expect(practice(page)).toBeEnabled()
  await context.close()
  await main.stop()
  expect(complaints).toEqual([])
})
