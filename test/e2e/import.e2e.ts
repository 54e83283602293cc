/** Importing contacts on the real app: preview, another mapping, report, undo; by file, by drop, by keyboard; and files that are none. */
import type { Page } from '@playwright/test'
import { expect, test } from '../fixtures/app'

const open = (page: Page, screen: string) =>
  page
    .getByRole('navigation')
    .getByRole('link', { name: screen })
    .or(page.getByRole('navigation').getByRole('button', { name: screen }))
    .click()
const rows = (page: Page) => page.getByRole('grid', { name: 'Contacts' }).locator('[data-key]')
const shots = process.env.RINGBOOK_SHOTS

async function choose(page: Page, name: string, text: string | Buffer): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose file…' }).click()])
  await chooser.setFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
}
/** Drops a file on the window, as the system would. */
const drop = (page: Page, name: string, text: string) =>
  page.evaluate(
    ([file, content]) => {
      const data = new DataTransfer()
      data.items.add(new File([content ?? ''], file ?? ''))
      const target = document.querySelector('main') ?? document.body
      for (const type of ['dragover', 'drop'])
        target.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }))
    },
    [name, text],
  )
const shoot = async (page: Page, name: string) => {
  if (!shots) return
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const size of [
      { width: 1000, height: 680 },
      { width: 380, height: 560 },
    ]) {
      await page.setViewportSize(size)
      await page.waitForTimeout(150)
      await page.screenshot({ path: `${shots}/${name}-${colorScheme}-${size.width}.png` })
    }
  }
  await page.setViewportSize({ width: 1000, height: 680 })
}

const csv = [
  'Kontakt;Firma;Durchwahl;Mobil;Bemerkung;Kundennr',
  'Jürgen Weiß;Köhler & Söhne;+49 30 23125014;0171 3920012;möchte angerufen werden;1001',
  'Łukasz Wójcik;Zakład Ślusarski;+48 22 123 45 67;;;1002',
  '김민준;한빛전자;+82 2 1234 5678;;;1003',
  'ليلى الحسن;شركة النور;+971 4 123 4567;;;1004',
  '"Bo Ek;Sund;+46 8 465 004 02;;;1005',
].join('\r\n')

test('a CSV is looked at, its columns told otherwise, imported, and taken back as one step', async ({ page }) => {
  await open(page, 'Contacts')
  await page.getByRole('button', { name: 'Import…' }).click()
  await expect(page.getByRole('heading', { name: 'Import contacts' })).toBeFocused()
  await shoot(page, 'choose')
  await choose(page, 'kunden.csv', csv)
  const first = page.getByRole('region', { name: 'The first contacts, as they will be' })
  await expect(first.getByRole('listitem')).toHaveCount(4)
  await expect(page.getByLabel('«Kontakt» means')).toHaveValue('name')
  await expect(page.getByLabel('«Durchwahl» means')).toHaveValue('ignore')
  await expect(page.getByLabel('Columns end with')).toHaveValue(';')
  await expect(page.getByRole('list', { name: 'Lines left out' })).toContainText('Line 6')
  await shoot(page, 'preview')

  await expect(first).not.toContainText('+493023125014')
  await page.getByLabel('«Durchwahl» means').selectOption('phone-work')
  await expect(first).toContainText('+493023125014')
  await page.getByLabel('Text encoding').selectOption('windows-1252')
  await expect(first).toContainText('JÃ¼rgen')
  await page.getByLabel('Text encoding').selectOption('utf-8')
  await expect(first).toContainText('Jürgen Weiß')
  await page.getByLabel('«Durchwahl» means').selectOption('phone-work')
  await page.getByLabel('«Bemerkung» means').selectOption('title')
  await page.getByRole('button', { name: 'Import', exact: true }).click()

  await expect(page.getByText('4 contacts added')).toBeVisible()
  await expect(page.getByText('1 line left out')).toBeVisible()
  await shoot(page, 'report')
  await page.getByRole('button', { name: 'Show contacts' }).click()
  await expect(rows(page)).toHaveCount(4)
  await page.getByLabel('Search contacts').fill('23125014')
  await rows(page).first().click()
  await expect(page.getByRole('region', { name: 'Contact', exact: true })).toContainText('möchte angerufen werden')
  await page.getByLabel('Search contacts').fill('')

  // A second file completes one of them and adds another; taken back, the first import is as it was.
  await page.getByRole('button', { name: 'Import…' }).click()
  await drop(page, 'mehr.csv', 'Name,Phone,Email\nJürgen Weiß,+49 30 23125014,jw@koehler.example\nNora Neu,+49 30 23125015,\n')
  await expect(first).toContainText('jw@koehler.example')
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await expect(page.getByText('1 contact added')).toBeVisible()
  await expect(page.getByText('1 was already there')).toBeVisible()
  await page.getByRole('button', { name: 'Undo this import' }).click()
  await expect(page.getByText('1 contact removed. 1 is as it was before.')).toBeVisible()
  await page.getByRole('button', { name: 'Show contacts' }).click()
  await expect(rows(page)).toHaveCount(4)

  // After a reload the earlier import can still be taken back.
  await page.reload()
  await open(page, 'Contacts')
  await page.getByRole('button', { name: 'Import…' }).click()
  await shoot(page, 'earlier')
  await page.getByRole('button', { name: 'Undo the import of kunden.csv' }).click()
  await page.getByRole('button', { name: 'Undo import' }).click()
  await expect(page.getByText('4 contacts removed.')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByText('No contacts yet')).toBeVisible()
})

test('cards come in too, and the whole way is one of keys', async ({ page }) => {
  await open(page, 'Contacts')
  await page.getByRole('button', { name: 'Import…' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Import contacts' })).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Choose file…' })).toBeFocused()
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Enter')])
  const photo = `PHOTO;ENCODING=b:${'A'.repeat(3_000_000)}`
  const card = `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Anna Björk\r\nORG:Nordwind\r\n${photo}\r\nTEL;TYPE=CELL:+46701740605\r\nTEL;TYPE=WORK:+46846500401\r\nEND:VCARD\r\n`
  await chooser.setFiles({ name: 'anna.vcf', mimeType: 'text/vcard', buffer: Buffer.from(card) })
  await expect(page.getByRole('region', { name: 'The first contacts, as they will be' })).toContainText('+46846500401')
  await expect(page.getByRole('table')).toHaveCount(0)
  await page.getByRole('button', { name: 'Import', exact: true }).press('Enter')
  await expect(page.getByText('1 contact added')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(rows(page)).toHaveCount(1)
})

test('what is no file of contacts is said so, and given up in the middle leaves nothing', async ({ page, profile }) => {
  await open(page, 'Contacts')
  await page.getByRole('button', { name: 'Import…' }).click()
  await choose(page, 'page.csv', '<!DOCTYPE html><p>hello</p>')
  await expect(page.getByRole('alert')).toContainText('no file of contacts')
  await choose(page, 'odd.csv', 'Colour,Size\nred,4')
  await expect(page.getByText('Nobody yet: choose which column holds the name')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Import', exact: true })).toBeDisabled()
  const { readdirSync } = await import('node:fs')
  expect(readdirSync(`${profile}/imports`)).toHaveLength(1)
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => readdirSync(`${profile}/imports`)).toEqual([])
})
