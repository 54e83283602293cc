/**
 * The rep's whole first path, on a fresh profile: sample contacts, a practice caller, the pop with a name, a conversation
 * with audio both ways, the form, History and the export.
 */
import { readFileSync } from 'node:fs'
import samples from '../../resources/samples/contacts.json' with { type: 'json' }
import { expect, test } from '../fixtures/app'
import { peerAudio } from '../fixtures/audio'

test('a rep on a fresh machine is called, talks, logs the call, finds it and exports it', async ({ page }) => {
  await page.getByRole('button', { name: /sample contacts/i }).click()
  await page.getByRole('button', { name: 'Practice incoming call' }).click()

  const pop = page.getByRole('dialog', { name: 'Incoming call' })
  await expect(pop).toBeVisible()
  const name = (await pop.getByRole('heading').innerText()).trim()
  expect(samples.map((sample) => sample.name)).toContain(name)
  await pop.getByRole('button', { name: 'Answer' }).click()
  await expect(pop).toBeHidden()

  const call = page.getByRole('group', { name }).first()
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeVisible()
  // Both ends are here. The rep's must hear sound and send some; the customer's, whose ear Chromium keeps no energy of (it is
  // heard by Web Audio alone), must get the packets and send its voice.
  const bothHear = async () => {
    const ends = await peerAudio(page)
    const flowing = ends.length === 2 && ends.every((end) => end.packetsSent > 25 && end.packetsReceived > 25 && end.energySent > 1e-6)
    return flowing && ends.some((end) => end.energyReceived > 1e-6)
  }
  await expect.poll(bothHear, { timeout: 30_000 }).toBe(true)

  const form = page.getByRole('form', { name: 'Log call' })
  await form.getByLabel('Notes').fill('Asked for a quote, "two pages" at most;\n=SUM(1) is not a formula here')
  await page.waitForTimeout(1100)
  await call.getByRole('button', { name: 'Hang up' }).click()
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeHidden()
  await form.getByRole('button', { name: 'Save log' }).click()
  await expect(form).toBeHidden()

  await page.getByRole('navigation').getByRole('button', { name: 'History' }).click()
  const row = page.getByRole('row').filter({ hasText: name })
  await expect(row).toHaveCount(1)
  await expect(row).toContainText('Connected')
  await expect(row).toContainText(/\D0:(0[1-9]|[1-5]\d)/)

  await page.getByRole('button', { name: /export/i }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /CSV/ }).click()])
  const csv = readFileSync(await download.path(), 'utf8')
  expect(csv.startsWith('\uFEFF')).toBe(true)
  expect(csv).toContain(name)
  expect(csv).toContain('"Asked for a quote, ""two pages"" at most;\n=SUM(1) is not a formula here"')
})
