/** People, organizations, deals and leads on the real app: lists by keyboard, moving between records, contacts made and changed. */
import type { Page } from '@playwright/test'
import Database from 'better-sqlite3'
import { freshLink, startMain } from '../fixtures/app'
import { expect, test } from '../fixtures/directory'
import { connectPage } from '../fixtures/page-client'

const open = (page: Page, screen: string) => page.getByRole('navigation').getByRole('button', { name: screen }).click()
const tab = (page: Page, name: string) => page.getByRole('tab', { name, exact: true })
const panel = (page: Page) => page.getByRole('complementary', { name: 'Details of the selection' })

test('lists by keyboard: tabs by arrows, search by Ctrl+F, rows by arrows, Enter opens', async ({ page }) => {
  await open(page, 'Contacts')
  await tab(page, 'People').focus()
  await page.keyboard.press('ArrowRight')
  await expect(tab(page, 'Organizations')).toBeFocused()
  await expect(page.getByRole('grid', { name: 'Organizations' })).toBeVisible()
  await page.keyboard.press('Control+f')
  await page.keyboard.type('logistics nord')
  await expect(page.locator('main [data-key]')).toHaveCount(1)
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const card = panel(page).getByRole('article', { name: 'Nordwind Logistics' })
  await expect(card).toContainText('Key account')
  await expect(card.getByRole('button', { name: 'Call 08-465 004 00' })).toBeVisible()
  // Calls over its own number and with its people.
  await expect(card.getByRole('region', { name: 'Earlier calls' }).getByRole('listitem')).toHaveCount(3)
  await expect(card.getByRole('region', { name: 'Coming up' })).toContainText('Call')

  await tab(page, 'Deals').click()
  await expect(page.locator('main [data-key]')).toHaveCount(4)
  await page.getByLabel('Search deals').fill('björk renewal')
  await expect(page.locator('main [data-key]')).toHaveCount(1)
  await page.getByLabel('Search deals').fill('')
  await page.getByRole('button', { name: 'Mine' }).click()
  await expect(page.getByRole('row', { name: /Trailer lease/ })).toHaveCount(0)
  await page.getByRole('button', { name: 'Mine' }).click()
  await page.getByLabel('Status').selectOption('Won')
  await expect(page.locator('main [data-key]')).toHaveCount(1)
  await expect(page.getByRole('row', { name: /Pilot project/ })).toBeVisible()

  await tab(page, 'Leads').click()
  await expect(page.getByRole('row', { name: /Enquiry about tyres/ })).toBeVisible()
})

test('from a deal to its contact, to the organization, and back; an organization of 5,000 is paged', async ({ page }) => {
  await open(page, 'Contacts')
  await tab(page, 'Deals').click()
  await page.getByRole('row', { name: /Fleet renewal/ }).click()
  const side = panel(page)
  await expect(side.getByRole('article', { name: 'Fleet renewal' })).toContainText('€48,000')
  await side.getByRole('button', { name: 'Anna Björk' }).first().click()
  const anna = side.getByRole('article', { name: 'Anna Björk' })
  await expect(anna).toContainText('anna@nordwind.example')
  await expect(anna).toContainText('In Pipedrive')
  await expect(anna).toContainText('Sam Rep (you)')
  await expect(anna.getByRole('button', { name: 'Open in Pipedrive' })).toBeVisible()
  await anna.getByRole('button', { name: 'Nordwind Logistics' }).click()
  await expect(side.getByRole('article', { name: 'Nordwind Logistics' })).toBeVisible()
  await side.getByRole('button', { name: 'Back to Anna Björk' }).click()
  await side.getByRole('button', { name: 'Back to Fleet renewal' }).click()
  await expect(side.getByRole('article', { name: 'Fleet renewal' })).toBeVisible()

  await tab(page, 'Organizations').click()
  await page.getByRole('row', { name: 'Great Northern Insurance' }).click()
  const list = side.getByRole('region', { name: 'People' }).getByRole('listitem')
  await expect(list).toHaveCount(6)
  await side.getByRole('button', { name: 'Show more' }).click()
  await expect(list).toHaveCount(31)
  // So many are not counted to the last.
  await expect(side.getByRole('region', { name: 'People' }).getByRole('heading')).toContainText('more than 1,000')
  await side.getByRole('button', { name: 'Search everyone there' }).click()
  await expect(page.getByText('Only people of Great Northern Insurance')).toBeVisible()
  await page.getByLabel('Search contacts').fill('4999')
  await expect(page.getByRole('row', { name: /Person 4999/ })).toBeVisible()
  await page.getByLabel('Search contacts').fill('')
  await page.getByRole('button', { name: 'Show everyone' }).click()
  await expect(page.getByRole('row', { name: /Anna Björk/ })).toBeVisible()
})

test('what is shown of a CRM that is forgotten is not shown on', async ({ app, page }) => {
  test.skip(app.host === 'electron', 'it is forgotten from a second window')
  await open(page, 'Contacts')
  await tab(page, 'Deals').click()
  await page.getByRole('row', { name: /Fleet renewal/ }).click()
  const side = panel(page)
  await expect(side.getByRole('article', { name: 'Fleet renewal' })).toBeVisible()
  const other = await connectPage(freshLink(app.profile))
  const { state } = await other.send('app.snapshot', {})
  for (const { id } of state.connections) await other.send('connections.forget', { connectionId: id })
  other.close()
  await expect(side.getByText('That deal is no longer there.')).toBeVisible()
  await expect(side.getByRole('article')).toHaveCount(0)
})

test('a call from a deal carries it into the log form, and past a killed program', async ({ app, page }) => {
  await open(page, 'Contacts')
  await tab(page, 'Deals').click()
  await page.getByLabel('Search deals').fill('trailer')
  // A deal without a person: its organization's number is called.
  await page
    .getByRole('row', { name: /Trailer lease/ })
    .getByRole('button', { name: /^Call / })
    .click()
  const form = page.getByRole('form', { name: 'Log call' })
  await expect.poll(() => deals(app.profile)).toEqual([2])
  await app.main?.kill()
  const again = await startMain(app.profile)
  await page.goto(again.link)
  await expect(form.getByLabel('Linked to')).toContainText('Deal: Trailer lease')
  await expect(form.getByLabel('Linked to').locator('option:checked')).toContainText('Trailer lease')
  await form.getByRole('button', { name: 'Save log' }).click()
  await expect(form).toBeHidden()
  const db = new Database(`${app.profile}/ringbook.sqlite`, { readonly: true })
  expect(db.prepare("SELECT deal_id FROM call_logs WHERE state = 'saved' AND call_id NOT LIKE 'call-%'").pluck().all()).toEqual([2])
  db.close()
  await again.stop()
})

/** Deals of calls that this run has made. */
function deals(profile: string): unknown[] {
  const db = new Database(`${profile}/ringbook.sqlite`, { readonly: true })
  const found = db.prepare("SELECT deal_id FROM calls WHERE direction = 'outgoing' AND id NOT LIKE 'call-%'").pluck().all()
  db.close()
  return found
}

test('an unknown number in History becomes a contact in two clicks, and its earlier calls get the name', async ({ page }) => {
  await open(page, 'History')
  await page.getByRole('button', { name: 'Create contact for 08-410 000 77' }).first().click()
  const form = page.getByRole('form', { name: 'New contact' })
  await expect(form.getByLabel('Number 1', { exact: true })).toHaveValue('08-410 000 77')
  await expect(form.getByRole('textbox', { name: 'Name', exact: true })).toBeFocused()
  await page.keyboard.type('Maja Lind')
  await form.getByRole('combobox', { name: 'Organization' }).fill('Nord')
  await page.getByRole('option', { name: 'Nordwind Logistics' }).click()
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form).toBeHidden()
  await expect(page.getByRole('row', { name: /Maja Lind/ })).toHaveCount(2)
  await page
    .getByRole('row', { name: /Maja Lind/ })
    .first()
    .click()
  const card = panel(page).getByRole('article', { name: 'Maja Lind' })
  await expect(card).toContainText('Nordwind Logistics')
  await expect(card).toContainText('Only here')
  await expect(card.getByRole('button', { name: 'Create in Pipedrive' })).toBeVisible()
})

test('a contact of the CRM is changed here, shown so, and given up again; a local one can be removed', async ({ page }) => {
  await open(page, 'Contacts')
  await page.getByLabel('Search contacts').fill('anna')
  await page.getByRole('row', { name: /Anna Björk/ }).click()
  const side = panel(page)
  await side.getByRole('button', { name: 'Edit' }).click()
  const form = side.getByRole('form', { name: 'Edit contact' })
  await form.getByLabel('Job title').fill('Director')
  // Another record, another screen: what was typed is kept.
  await open(page, 'Phone')
  await open(page, 'Contacts')
  await side.getByRole('button', { name: 'Edit' }).click()
  await expect(form.getByLabel('Job title')).toHaveValue('Director')
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form).toContainText('A contact needs a name.')
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('Anna Björk')
  await page.keyboard.press('Control+Enter')
  await expect(side.getByText('Changed here, not yet in Pipedrive')).toBeVisible()
  await expect(side.getByRole('article')).toContainText('Director')
  await side.getByRole('button', { name: 'Use Pipedrive’s form' }).click()
  await expect(side.getByText('In Pipedrive', { exact: true })).toBeVisible()
  await expect(side.getByRole('article')).toContainText('Head of buying')

  await page.getByRole('button', { name: 'New contact' }).click()
  const created = page.getByRole('form', { name: 'New contact' })
  await created.getByRole('textbox', { name: 'Name', exact: true }).fill('Temp Orary')
  await created.getByRole('button', { name: 'Save' }).click()
  await expect(side.getByRole('article', { name: 'Temp Orary' })).toBeVisible()
  await side.getByRole('button', { name: 'Edit' }).click()
  await side.getByRole('button', { name: 'Remove contact' }).click()
  await side.getByRole('button', { name: 'Remove', exact: true }).click()
  await page.getByLabel('Search contacts').fill('orary')
  await expect(page.getByText('Nobody found')).toBeVisible()
})

test('very full and narrow: forty numbers, a name of 120 characters, Korean, Polish, Arabic', async ({ page }) => {
  await page.setViewportSize({ width: 380, height: 560 })
  await open(page, 'Contacts')
  const side = panel(page)
  for (const [text, name] of [
    ['forty', 'Forty Numbers'],
    ['hohenlohe', 'Maximilian'],
    ['김민', '김민준'],
    ['wisniewski', 'Łukasz Wiśniewski'],
    ['ياسمين', 'ياسمين الحداد'],
  ] as const) {
    await page.getByLabel('Search contacts').fill(text)
    await page.getByRole('row', { name: new RegExp(name) }).click()
    await expect(side.getByRole('article', { name: new RegExp(name) })).toBeVisible()
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true)
    if (text === 'forty') await expect(side.getByRole('list', { name: 'Numbers' }).getByRole('button')).toHaveCount(40)
    await side.getByRole('button', { name: 'Close panel' }).click()
  }
})
