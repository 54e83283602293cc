/** Connecting a CRM by hand, in the built app against a strict fake: from the token to forgetting it, and what goes wrong between. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Locator, Page } from '@playwright/test'
import { expect, type Main, openChromium, startMain, test } from '../fixtures/app'
import { create as createFreshdesk } from '../fixtures/crm/freshdesk'
import { create as createHubspot } from '../fixtures/crm/hubspot'
import { create, type FakePipedrive } from '../fixtures/crm/pipedrive'

test.skip(process.env.RINGBOOK_TEST_HOST === 'electron', 'the fake CRM is named in the environment of the browser host')
// A sync of hundreds of records, a start and a stop of the program, beside whatever else this machine does.
test.setTimeout(180_000)
const patient = { timeout: 60_000 }

interface Desk {
  main: Main
  context: BrowserContext
  page: Page
}
let fake: FakePipedrive
let desk: Desk | null = null

async function opened(profile: string, more: Record<string, string> = {}): Promise<Page> {
  const main = await startMain(profile, { env: { RINGBOOK_CRM_ORIGINS: JSON.stringify({ pipedrive: fake.origin, ...more }) } })
  const context = await openChromium()
  const page = context.pages()[0] ?? (await context.newPage())
  desk = { main, context, page }
  await page.goto(main.link)
  return page
}
async function closed(): Promise<void> {
  await desk?.context.close()
  await desk?.main.stop()
  desk = null
}
test.beforeEach(async () => {
  fake = await create({ people: 320, organizations: 40, deals: 60, leads: 10 }).start()
})
test.afterEach(async () => {
  await closed()
  // Throws when it was asked what the vendor would not understand.
  await fake.stop()
})

const go = (page: Page, screen: string) => page.getByRole('navigation').getByRole('button', { name: screen }).click()
const section = (page: Page) => page.getByRole('region', { name: 'CRM' })
const cardOf = (page: Page): Locator => section(page).getByRole('group', { name: /Pipedrive/ })
const formOf = (page: Page): Locator => section(page).getByRole('form')
const tokenField = (form: Locator) => form.getByLabel('Personal API token')

async function connect(page: Page, token = fake.token): Promise<void> {
  await go(page, 'Settings')
  await section(page).getByRole('button', { name: 'Connect your CRM' }).click()
  const form = formOf(page)
  await tokenField(form).fill(token)
  const file = form.getByRole('checkbox', { name: 'Keep the token in a file that only you can read' })
  if (await file.isVisible()) await file.check()
  await form.getByRole('button', { name: 'Check', exact: true }).click()
  await form.getByRole('button', { name: 'Connect', exact: true }).click()
  await expect(form).toBeHidden(patient)
}

/** Files of the profile that hold this text. */
function filesWith(profile: string, text: string): string[] {
  return readdirSync(profile, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(profile, name)
    return statSync(path).isFile() && readFileSync(path).includes(text)
  })
}

test('connects by hand, names who the rep is, syncs what changes, outlives a restart and is forgotten', async ({ profile }) => {
  let page = await opened(profile)
  await page.getByRole('listitem').filter({ hasText: 'Names from your CRM' }).getByRole('button', { name: 'Connect your CRM' }).click()
  const form = formOf(page)
  await expect(form).toBeInViewport()
  await form.getByRole('button', { name: 'Check', exact: true }).click()
  await expect(tokenField(form)).toBeFocused()
  await expect(tokenField(form)).toHaveAccessibleDescription(/Paste the token here/)
  await tokenField(form).fill(`  ${fake.token} `)
  const file = form.getByRole('checkbox', { name: 'Keep the token in a file that only you can read' })
  const inFile = await file.isVisible()
  if (inFile) await file.check()
  await expect(form.getByLabel('Who you are there')).toBeHidden()
  await form.getByRole('button', { name: 'Check', exact: true }).click()

  const me = fake.data.users[0]
  const other = fake.data.users.find(({ active, id }) => active && id !== me?.id)
  if (!me || !other) throw new Error('the fake has two users')
  await expect(form).toContainText(/This token opens .* and belongs to /, patient)
  const who = form.getByLabel('Who you are there')
  await expect(who).toHaveValue(new RegExp(me.name))
  await expect(form).toContainText('Needed, and given')
  await expect(form).toContainText('More than Ringbook needs')
  expect(filesWith(profile, fake.token)).toEqual([])
  await who.click()
  await who.fill(other.name)
  await page
    .getByRole('option', { name: new RegExp(other.name) })
    .first()
    .click()
  await form.getByRole('button', { name: 'Connect', exact: true }).click()

  const card = cardOf(page)
  await expect(card.getByRole('status')).toHaveText('Up to date', patient)
  await expect(card).toContainText(`You are ${other.name}`)
  await expect(card).toContainText('320 contacts, 40 organizations', patient)
  await expect(card).toContainText(/Last updated today \d/)
  await expect(page.locator('html')).not.toContainText(fake.token)
  if (inFile) expect(filesWith(profile, fake.token)).not.toEqual([])

  await go(page, 'Contacts')
  await expect(page.getByPlaceholder(/320 contacts/)).toBeVisible()
  fake.data.change('people', 42, { name: 'Åsa Changed-Name' })
  await go(page, 'Settings')
  await card.getByRole('button', { name: 'Sync now' }).click()
  await go(page, 'Contacts')
  await page.getByRole('searchbox').or(page.getByLabel('Search contacts')).first().fill('changed-name')
  await expect(page.getByText('Åsa Changed-Name').first()).toBeVisible(patient)

  await go(page, 'Settings')
  await card.getByRole('switch', { name: 'Its contacts name callers' }).uncheck({ force: true })
  await expect(card.getByRole('status')).toHaveText('Up to date', patient)
  await section(page).getByLabel('Sync every').selectOption({ label: '30 minutes' })
  await closed()

  fake.data.change('people', 43, { name: 'Changed Meanwhile' })
  page = await opened(profile)
  await expect(page.getByText('Names from your CRM')).toBeHidden()
  await go(page, 'Settings')
  const again = cardOf(page)
  await expect(again).toContainText(`You are ${other.name}`)
  await expect(again.getByRole('switch', { name: 'Its contacts name callers' })).not.toBeChecked()
  await expect(section(page).getByLabel('Sync every')).toHaveValue('30')
  if (inFile) {
    await go(page, 'Contacts')
    await page.getByLabel('Search contacts').first().fill('meanwhile')
    await expect(page.getByText('Changed Meanwhile').first()).toBeVisible(patient)
    await page.getByRole('button', { name: 'Clear search' }).click()
    await go(page, 'Settings')
  }

  await again.getByRole('button', { name: 'Forget…' }).click()
  await expect(again).toContainText(/320 contacts.* go from this computer/)
  await again.getByRole('button', { name: 'Keep it' }).press('Enter')
  await expect(again.getByRole('button', { name: 'Forget…' })).toBeFocused()
  await again.getByRole('button', { name: 'Forget…' }).click()
  await again.getByRole('button', { name: 'Forget', exact: true }).click()
  await expect(again).toBeHidden(patient)
  await expect(section(page).getByRole('button', { name: 'Connect your CRM' })).toBeVisible()
  await go(page, 'Contacts')
  await expect(page.getByText('No contacts yet')).toBeVisible(patient)
  await expect(page.getByRole('button', { name: 'Connect your CRM' })).toBeVisible()
  expect(filesWith(profile, fake.token)).toEqual([])
})

test('says what is wrong with a token or an answer in sentences, and loses nothing that was typed', async ({ profile }) => {
  const page = await opened(profile)
  await go(page, 'Settings')
  await section(page).getByRole('button', { name: 'Connect your CRM' }).click()
  const form = formOf(page)
  const check = form.getByRole('button', { name: 'Check', exact: true })
  const token = tokenField(form)
  await token.fill('not-the-token')
  await check.click()
  await expect(token).toHaveAccessibleDescription(/Pipedrive does not accept the token/, patient)
  await expect(token).toHaveValue('not-the-token')
  await expect(token).toBeFocused()

  await token.fill('zwei wörter')
  await check.click()
  await expect(token).toHaveAccessibleDescription(/This is not a token/)

  await token.fill(fake.token)
  fake.inject({ kind: 'html', status: 200 }, { times: Number.POSITIVE_INFINITY })
  await check.click()
  await expect(form.getByRole('alert')).toContainText('answered with something that is not data', patient)
  fake.heal()
  fake.inject({ kind: 'redirect', to: 'http://elsewhere.example/' }, { times: Number.POSITIVE_INFINITY })
  await check.click()
  await expect(form.getByRole('alert')).toContainText('Ringbook gives your token to nobody else', patient)
  fake.heal()

  // What was typed for one CRM does not go to another.
  await form.getByText('HubSpot', { exact: true }).click()
  await expect(form.getByLabel('Access token')).toHaveValue('')
  await expect(form).toContainText('crm.objects.contacts.read')
  await form.getByText('Pipedrive', { exact: true }).click()
  await expect(token).toHaveValue(fake.token)

  const port = Number(new URL(fake.origin).port)
  await fake.stop()
  await check.click()
  await expect(form.getByRole('alert')).toContainText('takes no connections there', patient)
  await expect(token).toHaveValue(fake.token)
  await fake.start(port)
  await check.click()
  await expect(form.getByLabel('Who you are there')).toBeVisible(patient)
  await expect(form.getByRole('alert')).toBeHidden()

  // Another token has not been checked.
  await token.fill(`${fake.token}x`)
  await expect(form.getByLabel('Who you are there')).toBeHidden()
  await expect(check).toBeVisible()
  await token.fill(fake.token)
  await form.getByRole('button', { name: 'Connect', exact: true }).click()
  await expect(cardOf(page).getByRole('status')).toHaveText('Up to date', patient)

  await section(page).getByRole('button', { name: 'Connect another CRM' }).click()
  await tokenField(form).fill(fake.token)
  await check.click()
  await form.getByRole('button', { name: 'Connect', exact: true }).click()
  await expect(form.getByRole('alert')).toContainText('is connected already', patient)
})

test('leads from a revoked token to a new one, and changes who the rep is', async ({ profile }) => {
  const page = await opened(profile)
  await connect(page)
  const card = cardOf(page)
  await expect(card.getByRole('status')).toHaveText('Up to date', patient)
  const banner = page.getByRole('alert').filter({ hasText: 'does not accept the token' })
  fake.inject({ kind: 'error', status: 401 }, { times: Number.POSITIVE_INFINITY })
  await card.getByRole('button', { name: 'Sync now' }).click()
  await expect(card.getByRole('status')).toHaveText('Not connected', patient)
  await expect(card).toContainText('Pipedrive does not accept the token')
  await expect(banner).toBeHidden()
  await go(page, 'Phone')
  await expect(banner).toContainText('Pipedrive')
  await banner.getByRole('button', { name: 'Enter a new token' }).click()

  const form = formOf(page)
  await expect(tokenField(form)).toBeFocused()
  fake.heal()
  await tokenField(form).fill(fake.token)
  await form.getByRole('button', { name: 'Check', exact: true }).click()
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(card.getByRole('status')).toHaveText('Up to date', patient)
  await go(page, 'Phone')
  await expect(banner).toBeHidden()

  // A trouble that passes by itself is told where the connection stands, and nowhere else.
  await go(page, 'Settings')
  fake.inject({ kind: 'error', status: 503 }, { times: Number.POSITIVE_INFINITY })
  await card.getByRole('button', { name: 'Sync now' }).click()
  await expect(card.getByRole('status')).toHaveText('Not updated', patient)
  await expect(card).toContainText('has a problem of its own (503)')
  await go(page, 'Phone')
  await expect(page.getByRole('alert')).toHaveCount(0)
  fake.heal()

  await go(page, 'Settings')
  await card.getByRole('button', { name: 'Edit' }).click()
  await expect(form).toContainText('Needed, and given', patient)
  const asked = fake.asked('/v1/users/me').length
  await form.getByLabel('Name of the connection').fill('Nordwind')
  await form.getByLabel('Who you are there').click()
  await page.getByRole('option', { name: 'Nobody in particular' }).click()
  await form.getByRole('button', { name: 'Save', exact: true }).click()
  const renamed = section(page).getByRole('group', { name: 'Nordwind' })
  await expect(renamed).toContainText('You have not said who you are there')
  expect(fake.asked('/v1/users/me')).toHaveLength(asked)
})

test('shows how far a slow sync is, cancels it, and goes on where it stopped', async ({ profile }) => {
  await fake.stop()
  fake = await create({ people: 2600, organizations: 40, deals: 60, leads: 10 }).start()
  const page = await opened(profile)
  fake.inject({ kind: 'delay', ms: 2_500 }, { times: Number.POSITIVE_INFINITY, path: '/api/v2/persons' })
  await connect(page)
  const card = cardOf(page)
  await expect(card.getByRole('progressbar')).toBeVisible(patient)
  await expect(card).toContainText(/Contacts: [\d,]+ so far/, patient)
  await card.getByRole('button', { name: 'Cancel sync' }).click()
  await expect(card.getByRole('status')).toHaveText('Not finished yet', patient)
  await expect(card).toContainText('It goes on where it stopped.')
  await expect(card.getByRole('progressbar')).toBeHidden()
  fake.heal()
  const people = () => fake.asked('/api/v2/persons').length
  const before = people()
  await card.getByRole('button', { name: 'Sync now' }).click()
  await expect(card.getByRole('status')).toHaveText('Up to date', patient)
  await expect(card).toContainText('2,600 contacts', patient)
  expect(people()).toBeGreaterThan(before)
})

test('connects each kind of CRM by what its form asks for', async ({ profile }) => {
  const hubspot = await createHubspot({ people: 30, organizations: 10, deals: 12, leads: 0 }).start()
  const freshdesk = await createFreshdesk({ people: 30, organizations: 10 }).start()
  try {
    const page = await opened(profile, { hubspot: hubspot.origin, freshdesk: freshdesk.origin })
    await go(page, 'Settings')
    const form = formOf(page)
    await section(page).getByRole('button', { name: 'Connect your CRM' }).click()
    await form.getByText('HubSpot', { exact: true }).click()
    await form.getByLabel('Access token').fill(hubspot.token)
    await form.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(form.getByLabel('Who you are there')).toHaveValue('Nobody in particular', patient)
    await form.getByRole('button', { name: 'Connect', exact: true }).click()
    const first = section(page).getByRole('group', { name: /HubSpot/ })
    await expect(first.getByRole('status')).toHaveText('Up to date', patient)
    await expect(first).toContainText('30 contacts, 10 organizations', patient)

    await section(page).getByRole('button', { name: 'Connect another CRM' }).click()
    await form.getByText('Freshdesk', { exact: true }).click()
    await form.getByRole('button', { name: 'Check', exact: true }).click()
    const domain = form.getByLabel("Your company's address")
    await expect(domain).toHaveAccessibleDescription(/own part of the address/)
    await form.getByLabel('API key').fill(freshdesk.token)
    await domain.fill('no company/')
    await form.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(domain).toHaveAccessibleDescription(/is not the address of a company/, patient)
    await domain.fill('https://acme.freshdesk.com/a/dashboard')
    await form.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(domain).toHaveValue('acme')
    await expect(form.getByLabel('Who you are there')).not.toHaveValue('Nobody in particular', patient)
    await form.getByRole('button', { name: 'Connect', exact: true }).click()
    const second = section(page).getByRole('group', { name: /Freshdesk/ })
    await expect(second.getByRole('status')).toHaveText('Up to date', patient)
    await expect(second).toContainText('30 contacts and 10 organizations', patient)

    await go(page, 'Help')
    await page.getByRole('checkbox', { name: /echo/i }).uncheck()
    await page.getByRole('button', { name: 'Check everything' }).click()
    const checks = page.locator('[data-check="crm"]')
    await expect(checks).toHaveCount(2)
    for (const check of await checks.all()) await expect(check).toContainText('It was reached and accepts the token', patient)
  } finally {
    await closed()
    await hubspot.stop()
    await freshdesk.stop()
  }
})
