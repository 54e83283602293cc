/** Contacts made from unknown callers on the practice line, and offered to a (fake) CRM over real HTTP. */
import { expect, freshLink, openChromium, startMain, temporaryProfile, test } from '../fixtures/app'
import { create as fakePipedrive } from '../fixtures/crm/pipedrive'
import { connectPage } from '../fixtures/page-client'

test('an unknown caller is made a contact while it rings, and the call, its log and the next call have the name', async ({ page }) => {
  await page.getByRole('button', { name: 'Practice incoming call' }).click()
  const pop = page.getByRole('dialog', { name: 'Incoming call' })
  await pop.getByRole('button', { name: 'Create contact' }).click()
  const form = page.getByRole('form', { name: 'New contact' })
  await expect(form.getByLabel('Number 1', { exact: true })).not.toHaveValue('')
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('Maja Lind')
  await form.getByRole('combobox', { name: 'Organization' }).fill('Lind & Co')
  await form.getByRole('button', { name: 'Save' }).click()
  await expect(form).toBeHidden()
  await expect(pop.getByRole('heading', { name: 'Maja Lind' })).toBeVisible()
  await pop.getByRole('button', { name: 'Answer' }).click()
  const log = page.getByRole('form', { name: 'Log call' })
  await expect(log.getByLabel('Linked to').locator('option:checked')).toHaveText('Maja Lind')
  await page.getByRole('button', { name: 'Hang up' }).click()
  await log.getByRole('button', { name: 'Save log' }).click()
  await page.getByRole('navigation').getByRole('button', { name: 'History' }).click()
  await expect(page.getByRole('row', { name: /Maja Lind/ })).toBeVisible()
})

test('an unknown caller is made a contact from the log form, while notes are being typed', async ({ page }) => {
  await page.getByRole('button', { name: 'Practice incoming call' }).click()
  await page.getByRole('dialog', { name: 'Incoming call' }).getByRole('button', { name: 'Answer' }).click()
  const log = page.getByRole('form', { name: 'Log call' })
  await log.getByLabel('Notes').fill('Wants a quote')
  await log.getByRole('button', { name: 'Create contact' }).click()
  const form = page.getByRole('form', { name: 'New contact' })
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('Maja Lind')
  await page.keyboard.press('Control+Enter')
  await expect(form).toBeHidden()
  await expect(log.getByLabel('Notes')).toHaveValue('Wants a quote')
  await expect(log.getByLabel('Linked to').locator('option:checked')).toHaveText('Maja Lind')
  await log.getByLabel('Notes').press('End')
  await page.keyboard.type(' by Friday')
  await expect(log.getByText('Draft kept')).toBeVisible()
  await page.reload()
  await expect(log.getByLabel('Notes')).toHaveValue('Wants a quote by Friday')
  await expect(log.getByLabel('Linked to').locator('option:checked')).toHaveText('Maja Lind')
  await page.getByRole('button', { name: 'Hang up' }).click()
})

test('a contact is offered to the CRM: refused and kept with the reason, tried again, then the CRM’s; a change follows', async () => {
  const fake = await fakePipedrive({ people: 20, organizations: 5, deals: 5, leads: 2 }).start()
  const profile = temporaryProfile()
  const main = await startMain(profile, { env: { RINGBOOK_CRM_ORIGINS: JSON.stringify({ pipedrive: fake.origin }) } })
  const client = await connectPage(main.link)
  const { connectionId } = await client.send('connections.save', {
    kind: 'pipedrive',
    domain: '',
    token: fake.token,
    label: '',
    keepToken: 'session',
    user: null,
  })
  const synced = async () => {
    const { state } = await client.send('app.snapshot', {})
    return state.connections.find(({ id }) => id === connectionId)?.complete
  }
  await expect.poll(synced, { timeout: 60_000 }).toBe(true)
  const context = await openChromium()
  const page = context.pages()[0] ?? (await context.newPage())
  await page.goto(freshLink(profile))
  await page.getByRole('navigation').getByRole('button', { name: 'Contacts' }).click()
  await expect(page.getByRole('tab', { name: 'Leads' })).toBeVisible()

  // The company does not let this token write.
  fake.inject({ kind: 'error', status: 403 }, { path: '/persons', times: Number.POSITIVE_INFINITY })
  await page.getByRole('button', { name: 'New contact' }).click()
  const form = page.getByRole('form', { name: 'New contact' })
  await form.getByRole('textbox', { name: 'Name', exact: true }).fill('Maja Lind')
  await form.getByLabel('Number 1', { exact: true }).fill('070-174 06 05')
  await form.getByLabel('Also create in Pipedrive').check()
  await form.getByRole('button', { name: 'Save' }).click()
  const card = page.getByRole('article', { name: 'Maja Lind' })
  await expect(card.getByText('Only here')).toBeVisible()
  await expect(card.getByRole('status')).toContainText('Pipedrive')
  fake.heal()
  await card.getByRole('button', { name: 'Try again' }).click()
  await expect(card.getByText('In Pipedrive', { exact: true })).toBeVisible()
  const there = [...fake.data.people.byId()].find(({ name }) => name === 'Maja Lind')
  expect(there?.phones.map(({ value }) => value)).toEqual(['070-174 06 05'])

  await card.getByRole('button', { name: 'Edit' }).click()
  const edit = page.getByRole('form', { name: 'Edit contact' })
  await edit.getByLabel('Job title').fill('Director')
  await edit.getByLabel('Also change it in Pipedrive').check()
  await edit.getByRole('button', { name: 'Save' }).click()
  await expect.poll(() => [...fake.data.people.byId()].find(({ name }) => name === 'Maja Lind')?.jobTitle).toBe('Director')
  await expect(card.getByText('In Pipedrive', { exact: true })).toBeVisible()
  await expect(card).toContainText('Director')
  client.close()
  await context.close()
  await main.stop()
  await fake.stop()
})
