/** Settings on the real app: a SIP account with what is wrong in words, devices with meter and tone, and what is kept. */
import type { Page } from '@playwright/test'
import { expect, test } from '../fixtures/app'

const open = (page: Page, screen: string) =>
  page
    .getByRole('navigation')
    .getByRole('link', { name: screen })
    .or(page.getByRole('navigation').getByRole('button', { name: screen }))
    .click()

test('a wrong server is told beside its field, and one that does not answer in a sentence with the next try', async ({ page }) => {
  await open(page, 'Settings')
  await page.getByRole('button', { name: 'Add SIP account' }).click()
  const form = page.getByRole('form', { name: 'Add SIP account' })
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(form.getByLabel('Server')).toHaveAccessibleDescription(/Enter the server/)
  await expect(form.getByLabel('User')).toHaveAccessibleDescription(/Enter the user/)
  await expect(form.getByLabel('Server')).toBeFocused()

  await form.getByLabel('Server').fill('ws://pbx.example.com')
  await form.getByLabel('User').fill('sip:alice@pbx.example.com')
  await form.getByLabel('Password', { exact: true }).fill('not the one')
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(form.getByLabel('Server')).toHaveAccessibleDescription(/unprotected/)
  await expect(form.getByLabel('User')).toHaveValue('alice')

  // Nothing listens on port 9 here.
  await form.getByLabel('Server').fill('wss://127.0.0.1:9/ws')
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(form).toBeHidden()
  const account = page.getByRole('group', { name: /alice@/ })
  await expect(account).toContainText('Not connected')
  await expect(account).toContainText(/Next try at/)
  await expect(account.getByRole('button', { name: 'Try now' })).toBeVisible()
  await expect(account).not.toContainText('not the one')

  await account.getByRole('button', { name: 'Edit' }).click()
  const edit = page.getByRole('form', { name: 'Edit SIP account' })
  await expect(edit.getByLabel('Server')).toHaveValue('wss://127.0.0.1:9/ws')
  await expect(edit.getByLabel('Password', { exact: true })).toHaveValue('')
  await edit.getByRole('button', { name: 'Cancel' }).click()
  await account.getByRole('button', { name: 'Remove' }).click()
  await account.getByRole('button', { name: 'Remove' }).click()
  await expect(account).toBeHidden()
  await expect(page.getByRole('group', { name: 'Practice line' })).toContainText('Ready')
})

test('the level meter moves and lets the microphone go, and a test tone plays', async ({ page }) => {
  await open(page, 'Settings')
  await expect(page.getByRole('button', { name: 'Test microphone' })).toBeVisible()
  await page.evaluate(() => {
    const opened: MediaStreamTrack[] = []
    Object.assign(window, { opened })
    const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      const stream = await original(constraints)
      opened.push(...stream.getTracks())
      return stream
    }
  })
  const live = () =>
    page.evaluate(() => (window as unknown as { opened: MediaStreamTrack[] }).opened.filter((track) => track.readyState === 'live').length)
  expect(await live()).toBe(0)
  await page.getByRole('button', { name: 'Test microphone' }).click()
  const meter = page.getByRole('meter', { name: 'Microphone level' })
  await expect.poll(async () => Number(await meter.getAttribute('aria-valuenow'))).toBeGreaterThan(20)
  expect(await live()).toBe(1)
  await page.getByRole('button', { name: 'Stop test' }).click()
  await expect(meter).toBeHidden()
  expect(await live()).toBe(0)

  await page.getByRole('button', { name: 'Test microphone' }).click()
  await expect(meter).toBeVisible()
  await open(page, 'History')
  await expect.poll(live).toBe(0)

  await open(page, 'Settings')
  await page.getByRole('button', { name: 'Play test tone on Speaker' }).click()
  await expect(page.getByText('Playing…')).toBeVisible()
  await expect(page.getByText('Playing…')).toBeHidden()
  await expect(page.getByText('This output could not be used.')).toBeHidden()
})

test('a device, the country and the theme are kept; a wrong proxy is told beside its field', async ({ page }) => {
  await open(page, 'Settings')
  const microphone = page.getByLabel('Microphone', { exact: true })
  const device = microphone.locator('option').nth(1)
  await expect(device).toHaveText(/\S/)
  const label = (await device.innerText()).trim()
  await microphone.selectOption({ index: 1 })

  await page.getByLabel('Country', { exact: true }).click()
  await page.getByLabel('Country', { exact: true }).fill('Swe')
  await page.getByRole('option', { name: 'Sweden (+46)' }).click()
  await page.getByText('Dark', { exact: true }).click()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')

  await page.getByLabel('Proxy').fill('socks5://proxy.example')
  await page.getByLabel('Proxy').press('Enter')
  await expect(page.getByLabel('Proxy')).toHaveAccessibleDescription(/begins with http/)
  await page.getByLabel('Proxy').fill('http://127.0.0.1:3128')
  await page.getByLabel('Proxy').press('Enter')
  await expect(page.getByText('Saved.')).toBeVisible()

  await page.reload()
  await open(page, 'Settings')
  await expect(page.getByLabel('Country', { exact: true })).toHaveValue('Sweden (+46)')
  await expect(page.getByLabel('Proxy')).toHaveValue('http://127.0.0.1:3128')
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await expect(microphone.locator('option:checked')).toHaveText(label)
})

test('an emergency number is refused as a code of the phone system, beside its field', async ({ page }) => {
  await page.getByRole('navigation').getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Add SIP account' }).click()
  const form = page.getByRole('form', { name: 'Add SIP account' })
  await form.getByLabel('Server', { exact: true }).fill('wss://127.0.0.1:9/ws')
  await form.getByLabel('User', { exact: true }).fill('alice')
  await form.getByLabel('Password', { exact: true }).fill('alicepw')
  const services = form.getByRole('button', { name: 'Services of the phone system' })
  await services.click()
  await form.getByLabel('Echo number').fill('112')
  await services.click()
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(form.getByLabel('Echo number')).toHaveAccessibleDescription(/112 is an emergency number/)
  await expect(form.getByLabel('Echo number')).toBeFocused()
  await form.getByLabel('Echo number').fill('600')
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(form).toBeHidden()
})
