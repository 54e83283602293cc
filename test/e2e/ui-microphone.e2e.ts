/** The first call of a fresh profile, where nobody has been asked for the microphone yet. */
import { test as base, expect, type Page } from '@playwright/test'
import { freshLink, openChromium, startMain, temporaryProfile } from '../fixtures/app'

const test = base.extend<{ window: Page }>({
  window: async ({}, use) => {
    const profile = temporaryProfile()
    const main = await startMain(profile)
    // Asks as in front of a rep; what the rep answers is the test's.
    const context = await openChromium({ without: ['--use-fake-ui-for-media-stream'] })
    const page = context.pages()[0] ?? (await context.newPage())
    await page.exposeFunction('repAnswers', async (answer: string) => {
      if (answer === 'allow') await context.grantPermissions(['microphone'])
    })
    await page.addInitScript(() => {
      if (globalThis.window !== globalThis.window.top) return
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      let asked = 0
      Object.assign(globalThis, { testAnswer: 'dismiss', testAsked: () => asked })
      navigator.mediaDevices.getUserMedia = async (constraints) => {
        asked++
        const { testAnswer, repAnswers } = globalThis as unknown as { testAnswer: string; repAnswers(answer: string): Promise<void> }
        await repAnswers(testAnswer)
        if (testAnswer === 'allow') return real(constraints)
        throw new DOMException('dismissed', 'NotAllowedError')
      }
    })
    await page.goto(freshLink(profile))
    await expect(page.getByRole('banner').getByText('Ready')).toBeVisible()
    await expect(page.getByRole('button', { name: 'Allow microphone' })).toBeVisible()
    await use(page)
    await context.close()
    await main.stop()
  },
})

const dial = async (page: Page) => {
  await page.getByRole('combobox', { name: 'Number or name' }).fill('600')
  await page.keyboard.press('Enter')
}

test('dialling asks for it in the window, and the call goes out once it is allowed', async ({ window }) => {
  await expect(async () => {
    await window.evaluate(() => Object.assign(globalThis, { testAnswer: 'allow' }))
    await dial(window)
    await expect(window.getByRole('button', { name: 'Hang up' })).toBeVisible({ timeout: 5_000 })
  }).toPass()
  await expect(window.getByRole('group', { name: '600' }).first()).toContainText('Connected')
  await expect(window.getByText('may not use the microphone')).toHaveCount(0)
})

test('without it nothing is dialled, the reason is said, and the number stays', async ({ window }) => {
  await dial(window)
  await expect(window.getByRole('alert').filter({ hasText: 'Allow the microphone first' })).toBeVisible()
  await expect(window.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  await expect(window.getByRole('combobox', { name: 'Number or name' })).toHaveValue('600')
  expect(await window.evaluate(() => (globalThis as unknown as { testAsked(): number }).testAsked())).toBeGreaterThan(0)
})
