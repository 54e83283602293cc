/**
 * Somebody types without pause while calls come in: nothing is answered, declined or dialled, and every character is there.
 * Typing means digits, Enter and Escape: the keys that would do something to a call elsewhere.
 */
import type { Page } from '@playwright/test'
import { expect, type RunningApp, test } from '../fixtures/app'

const keys = ['1', '6', 'Enter', '0', 'Escape', '5', '#', 'Enter', '*', '9']

const pop = (page: Page) => page.getByRole('dialog', { name: 'Incoming call' })
const waitingCalls = (page: Page) => pop(page).getByRole('button', { name: 'Answer' })

/** Makes a practice caller ring without touching the focus. */
async function ring(page: Page): Promise<void> {
  await page.evaluate(() => {
    const button = [...document.querySelectorAll('button')].find((each) => each.textContent?.includes('Practice incoming call'))
    if (!button) throw new Error('the page has no practice button')
    button.click()
  })
}

/** Types until `enough` calls ring, at least `rounds` times through the keys; answers with the characters that must be there. */
async function typeOn(page: Page, rounds: number, newline: string, enough: () => Promise<boolean>): Promise<string> {
  let typed = ''
  for (let round = 0; round < rounds || !(await enough()); round++) {
    expect(round).toBeLessThan(200)
    for (const key of keys) {
      await page.keyboard.press(key)
      if (key.length === 1) typed += key
      else if (key === 'Enter') typed += newline
    }
  }
  return typed
}

async function ready({ page }: RunningApp): Promise<void> {
  await expect(page.getByRole('button', { name: 'Practice incoming call' })).toBeEnabled()
}

test('typing in the dial field while three calls come in', async ({ app }) => {
  const { page } = app
  await ready(app)
  await ring(page)
  await expect(waitingCalls(page)).toHaveCount(1)
  const field = page.getByLabel('Number or name')
  await field.focus()
  await ring(page)
  let rung = 2
  const typed = await typeOn(page, 4, '', async () => {
    const count = await waitingCalls(page).count()
    if (count === rung && rung < 3) {
      rung++
      await ring(page)
    }
    return count === 3
  })
  await expect(field).toHaveValue(typed.slice(0, 120))
  await expect(field).toBeFocused()
  await expect(waitingCalls(page)).toHaveCount(3)
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
})

test('typing in Notes while three calls come in', async ({ app }) => {
  const { page } = app
  await ready(app)
  await ring(page)
  await waitingCalls(page).click()
  const hangUp = page.getByRole('button', { name: 'Hang up' })
  await expect(hangUp).toHaveCount(1)
  const notes = page.getByRole('form', { name: 'Log call' }).getByLabel('Notes')
  await notes.focus()
  let rung = 0
  const typed = await typeOn(page, 4, '\n', async () => {
    const count = await waitingCalls(page).count()
    if (count === rung && rung < 3) {
      rung++
      await ring(page)
    }
    return count === 3
  })
  await expect(notes).toHaveValue(typed)
  await expect(notes).toBeFocused()
  await expect(waitingCalls(page)).toHaveCount(3)
  await expect(hangUp).toHaveCount(1)

  // Every character is on the disk as well, a moment later.
  await page.waitForTimeout(500)
  page.once('dialog', (dialog) => void dialog.accept())
  await page.reload()
  await expect(page.getByRole('form', { name: 'Log call' }).getByLabel('Notes')).toHaveValue(typed)
})

test('Enter and Escape answer and decline when no control has the focus and nobody is typing', async ({ app }) => {
  const { page } = app
  await ready(app)
  await ring(page)
  await expect(waitingCalls(page)).toHaveCount(1)
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true)
  await page.keyboard.press('Escape')
  await expect(pop(page)).toBeHidden()
  await ring(page)
  await expect(waitingCalls(page)).toHaveCount(1)
  await page.waitForTimeout(800)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(1)
  await page.getByLabel('Number or name').focus()
  await ring(page)
  await expect(waitingCalls(page)).toHaveCount(1)
  await page.keyboard.press('Control+Shift+D')
  await expect(pop(page)).toBeHidden()
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(1)
})
