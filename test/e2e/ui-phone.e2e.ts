/** The phone's own controls on the real app: dial field, keypad, log form, several calls, the window kept on top. */
import type { Page } from '@playwright/test'
import { expect, type RunningApp, test } from '../fixtures/app'

const field = (page: Page) => page.getByLabel('Number or name')
const pop = (page: Page) => page.getByRole('dialog', { name: 'Incoming call' })
const form = (page: Page) => page.getByRole('form', { name: 'Log call' })

async function ready({ page }: RunningApp): Promise<void> {
  await expect(page.getByRole('button', { name: 'Practice incoming call' })).toBeEnabled()
}
async function dial(page: Page, text: string): Promise<void> {
  await field(page).fill(text)
  await field(page).press('Enter')
}

test('a name only opens suggestions; a highlighted suggestion is dialled; a pasted number works', async ({ app }) => {
  const { page } = app
  await ready(app)
  await page.getByRole('button', { name: /sample contacts/i }).click()
  await expect(page.getByRole('button', { name: /sample contacts/i })).toBeHidden()
  await page.keyboard.press('Control+k')
  await expect(field(page)).toBeFocused()
  await page.keyboard.type('a')
  const options = page.getByRole('option')
  await expect(options.first()).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(options.first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(options).toHaveCount(0)
  await expect(field(page)).toHaveValue('a')

  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  // «Details» of a trouble is a group as well, without a name.
  const calls = page.getByRole('region', { name: 'Calls', exact: true }).getByRole('group', { name: /./ })
  await expect(calls).toHaveCount(1)
  await expect(field(page)).toHaveValue('')
  await calls.getByRole('button', { name: 'Hang up' }).click()
  await expect(calls).toHaveCount(0)

  await dial(page, '\u202a(6 0-0)\u202c ')
  await expect(page.getByRole('group', { name: '600' }).getByText('Connected')).toBeVisible()
})

test('digits are keys of the call only while the keypad is open and has the focus, and Escape never hangs up', async ({ app }) => {
  const { page } = app
  await ready(app)
  await dial(page, '600')
  const call = page.getByRole('group', { name: '600' })
  await expect(call.getByText('Connected')).toBeVisible()
  const keypad = page.getByRole('dialog', { name: 'Keys for this call' })
  await page.keyboard.type('42')
  await expect(field(page)).toHaveValue('42')
  await call.getByRole('button', { name: 'Keypad' }).click()
  await page.keyboard.type('12#')
  await expect(keypad.getByRole('status', { name: 'Sent' })).toHaveText('••#')
  await keypad.getByRole('button', { name: '5' }).click()
  await expect(keypad.getByRole('status', { name: 'Sent' })).toHaveText('•••5')
  await form(page).getByLabel('Notes').click()
  await page.keyboard.type('99')
  await expect(keypad.getByRole('status', { name: 'Sent' })).toHaveText('•••5')
  await keypad.getByRole('button', { name: '5' }).focus()
  await page.keyboard.press('Escape')
  await expect(keypad).toBeHidden()
  for (let press = 0; press < 5; press++) await page.keyboard.press('Escape')
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeVisible()
  await call.getByRole('button', { name: 'Mute' }).click()
  await expect(call.getByRole('button', { name: 'Mute' })).toHaveAttribute('aria-pressed', 'true')
  await expect(form(page).getByLabel('Notes')).toHaveValue('99')
})

test('the form takes outcomes by key, keeps its draft over a reload, and saves with one keystroke', async ({ app }) => {
  const { page } = app
  await ready(app)
  await dial(page, '605')
  await expect(page.getByText('605 is busy', { exact: false })).toBeVisible()
  const outcome = form(page).getByRole('radiogroup', { name: 'Outcome' })
  await expect(outcome.getByRole('radio', { name: 'Busy' })).toBeChecked()
  const notes = form(page).getByLabel('Notes')
  await notes.fill('Try again at 3')
  await notes.press('Alt+3')
  await expect(outcome.getByRole('radio', { name: 'Voicemail' })).toBeChecked()
  await expect(notes).toHaveValue('Try again at 3')
  await outcome.getByRole('radio', { name: 'Voicemail' }).focus()
  await page.keyboard.press('2')
  await expect(outcome.getByRole('radio', { name: 'Left message' })).toBeChecked()
  await page.keyboard.press('Enter')
  await expect(notes).toBeVisible()
  await form(page).getByRole('radiogroup', { name: 'Follow-up' }).getByRole('radio', { name: 'In 3 days' }).check()
  await form(page).getByLabel('Kind').selectOption('meeting')
  await page.waitForTimeout(500)
  await page.reload()
  await expect(outcome.getByRole('radio', { name: 'Left message' })).toBeChecked()
  await expect(form(page).getByRole('radio', { name: 'In 3 days' })).toBeChecked()
  await expect(form(page).getByLabel('Kind')).toHaveValue('meeting')
  await notes.press('Control+Enter')
  await expect(form(page)).toBeHidden()
  await expect(page.getByText('Saved', { exact: true }).first()).toBeVisible()
})

test('a form that goes while it is being written in is not kept in memory, and leaves the focus free for the next call', async ({
  app,
}) => {
  const { page } = app
  await ready(app)
  await dial(page, '605')
  const notes = form(page).getByLabel('Notes')
  await notes.fill('Try again at 3')
  await page.evaluate(() => {
    const { activeElement } = document
    if (!(activeElement instanceof HTMLTextAreaElement) || !activeElement.form) throw new Error('the notes do not have the focus')
    Object.assign(window, { testForm: new WeakRef(activeElement.form) })
  })
  await notes.press('Control+Enter')
  await expect(form(page)).toBeHidden()
  const session = await app.context.newCDPSession(page)
  const kept = async () => {
    await session.send('HeapProfiler.collectGarbage')
    return page.evaluate(() => (window as unknown as { testForm: WeakRef<Element> }).testForm.deref() !== undefined)
  }
  await expect.poll(kept).toBe(false)
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true)
})

test('several logs wait as a list, and another answered call does not take the form away from who is writing', async ({ app }) => {
  const { page } = app
  await ready(app)
  await dial(page, '605')
  const notes = form(page).getByLabel('Notes')
  await notes.fill('first')
  await page.evaluate(() =>
    [...document.querySelectorAll('button')].find((each) => each.textContent?.includes('Practice incoming call'))?.click(),
  )
  await expect(pop(page)).toBeVisible()
  await notes.pressSequentially(' and more')
  await page.keyboard.press('Control+Shift+A')
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(1)
  const waiting = page.getByRole('region', { name: 'Calls to log' }).getByRole('button')
  await expect(waiting).toHaveCount(2)
  await page.keyboard.type(', still here')
  await expect(notes).toBeFocused()
  await expect(notes).toHaveValue('first and more, still here')
  await waiting.first().click()
  await expect(notes).toHaveValue('')
  await waiting.nth(1).click()
  await expect(notes).toHaveValue('first and more, still here')
})

test('the window kept on top shows a call and answers it', async ({ app }) => {
  test.skip(app.host === 'electron', 'Electron has a window of its own for this')
  const { page } = app
  await ready(app)
  const open = page.getByRole('button', { name: 'Keep on top' })
  await open.click()
  await expect(open).toHaveAttribute('aria-pressed', 'true')
  await page.getByRole('button', { name: 'Practice incoming call' }).click()
  await expect(pop(page)).toBeVisible()
  const inWindow = (name: string) =>
    page.evaluate((wanted) => {
      const other = (window as unknown as { documentPictureInPicture: { window: Window | null } }).documentPictureInPicture.window
      const button = [...(other?.document.querySelectorAll('button') ?? [])].find((each) => each.textContent?.startsWith(wanted))
      if (!other || !button) return null
      const colour = other.getComputedStyle(button).backgroundColor
      button.click()
      return colour
    }, name)
  expect(await inWindow('Answer')).toBe('rgb(24, 122, 64)')
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(1)
  await expect(pop(page)).toBeHidden()
  const held = page.locator('[data-calls] [data-hold="held"]')
  await expect(page.locator('[data-calls] [data-phase="connected"]')).toBeVisible()
  await inWindow('Hold')
  await expect(held).toHaveCount(1)
  await inWindow('Hold')
  await expect(held).toHaveCount(0)
  await expect.poll(() => inWindow('Hang up')).not.toBeNull()
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
})
