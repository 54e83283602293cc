/** Contacts on the real app: import with its report, search by names and digits, and the person in the side panel. */
import type { Page } from '@playwright/test'
import { expect, test } from '../fixtures/app'

const open = (page: Page, screen: string) =>
  page
    .getByRole('navigation')
    .getByRole('link', { name: screen })
    .or(page.getByRole('navigation').getByRole('button', { name: screen }))
    .click()
const rows = (page: Page) => page.getByRole('grid', { name: 'Contacts' }).locator('[data-key]')

/** Chooses a file in Contacts, takes it as it is shown, and comes back to the list. */
async function importFile(page: Page, name: string, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Import…' }).click()
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose file…' }).click()])
  await chooser.setFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
  await page.getByRole('button', { name: 'Import', exact: true }).click()
}

const longName = `Maximilian ${'von und zu Hohenlohe '.repeat(5)}Waldenburg`.slice(0, 120)
const csv = [
  'Name,Company,Email,Phone',
  'Anna Björk,Nordwind Logistics,anna@nordwind.example,+46 8 123 45 67',
  'Łukasz Wiśniewski,Zażółć sp. z o.o.,,+48 22 123 45 67',
  '김민준,한빛소프트,,+82 2-312-3456',
  'ياسمين الحداد,شركة النور,,+20 2 27350123',
  `${longName},,,+49 30 123456`,
  ',,,',
  'Too,many,fields,+46 8 1,here',
].join('\r\n')

test('a CSV is imported with a report of what was left out, and people are found by parts of names and by digits', async ({ page }) => {
  await open(page, 'Contacts')
  await expect(page.getByText('No contacts yet')).toBeVisible()
  await importFile(page, 'people.csv', csv)
  await expect(page.getByText('5 contacts added')).toBeVisible()
  await expect(page.getByRole('list', { name: 'Lines left out' })).toContainText('Line 8')
  await page.getByRole('button', { name: 'Show contacts' }).click()
  await expect(rows(page)).toHaveCount(5)

  const search = page.getByLabel('Search contacts')
  for (const [text, found] of [
    ['bjork ann', 'Anna Björk'],
    ['nordwind', 'Anna Björk'],
    ['123 45 67', '+46 8'],
    ['wiśniewski', 'Łukasz'],
    ['김민', '김민준'],
    ['ياسمين', 'ياسمين الحداد'],
  ] as const) {
    await search.fill(text)
    await expect(rows(page).filter({ hasText: found })).toHaveCount(1)
    if (text !== '123 45 67') await expect(rows(page)).toHaveCount(1)
  }
  await search.fill('zzz')
  await expect(page.getByText('Nobody found')).toBeVisible()
  await search.fill('')
  await expect(rows(page)).toHaveCount(5)

  // On a narrow window a name of 120 characters wraps instead of widening the page.
  await page.setViewportSize({ width: 380, height: 640 })
  const wide = await rows(page).filter({ hasText: 'Hohenlohe' }).boundingBox()
  expect(wide?.height).toBeGreaterThan(60)
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
  await page.setViewportSize({ width: 1000, height: 680 })

  await rows(page).filter({ hasText: 'Anna Björk' }).click()
  const card = page.getByRole('region', { name: 'Contact', exact: true })
  await expect(card.getByRole('heading', { name: 'Anna Björk' })).toBeVisible()
  await expect(card).toContainText('anna@nordwind.example')
  await expect(card.getByRole('button', { name: /^Call .*123 45 67/ })).toBeVisible()
})

test('sample contacts are offered, added once, and not offered again', async ({ page }) => {
  await open(page, 'Contacts')
  await page.getByRole('button', { name: 'Add sample contacts' }).click()
  await expect(rows(page).first()).toBeVisible()
  await expect(page.getByRole('button', { name: 'Add sample contacts' })).toBeHidden()
  await page.reload()
  await open(page, 'Phone')
  await expect(page.getByRole('button', { name: 'Practice incoming call' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Add sample contacts' })).toBeHidden()
})

test('first-run cards that were declined or closed stay away after a reload', async ({ page }) => {
  const cards = page.getByRole('region', { name: 'Getting started' })
  await cards.getByRole('button', { name: 'No, thanks' }).click()
  await cards.getByRole('button', { name: 'Close «Try a call first»' }).click()
  await cards.getByRole('button', { name: 'Close «Call the world»' }).click()
  await cards.getByRole('button', { name: 'Close «Names from your CRM»' }).click()
  await expect(cards).toBeHidden()
  await page.reload()
  await expect(page.getByRole('button', { name: 'Practice incoming call' })).toBeVisible()
  await expect(cards).toBeHidden()
})

test('the list stands where it was left when the rep comes back, and closing the card leads back to its row', async ({ page }) => {
  await open(page, 'Contacts')
  const people = Array.from({ length: 300 }, (_, at) => `Person ${String(at).padStart(3, '0')},+46 8 465 ${String(10_000 + at)}`)
  await importFile(page, 'many.csv', ['Name,Phone', ...people].join('\r\n'))
  await expect(page.getByText('300 contacts added')).toBeVisible()
  await page.getByRole('button', { name: 'Show contacts' }).click()
  await rows(page).first().focus()
  for (let press = 0; press < 8; press++) {
    await page.keyboard.press('PageDown')
    await page.waitForTimeout(150)
  }
  const there = page.locator('[data-key]:focus')
  const name = (await there.getAttribute('aria-label')) ?? ''
  expect(name).not.toBe('Person 000')
  const top = (await there.boundingBox())?.y
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Close panel' }).click()
  await expect(page.getByRole('row', { name, exact: true })).toBeFocused()
  await open(page, 'Phone')
  await open(page, 'Contacts')
  const row = page.getByRole('row', { name, exact: true })
  await expect(row).toBeInViewport()
  await expect.poll(async () => Math.abs(((await row.boundingBox())?.y ?? 0) - (top ?? 0))).toBeLessThan(30)
  await expect(row).toHaveAttribute('tabindex', '0')
})
