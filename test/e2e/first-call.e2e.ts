/**
 * The rep's whole first path, on a fresh profile: sample contacts, a practice caller, the pop with a name, a conversation
 * with audio both ways, the form, History and the export.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from '../fixtures/app'
import { peerAudio } from '../fixtures/audio'

test('a rep on a fresh machine is called, talks, logs the call, finds it and exports it', async ({ page }) => {
  await page.getByRole('button', { name: /sample contacts/i }).click()
  await page.getByRole('button', { name: 'Practice incoming call' }).click()

  const pop = page.getByRole('dialog', { name: 'Incoming call' })
  await expect(pop).toBeVisible()
  const heading = pop.getByRole('heading')
  await expect(heading).toHaveText(/\p{L}{2,}/u)
  const name = (await heading.first().innerText()).trim()
  await pop.getByRole('button', { name: 'Answer' }).click()
  await expect(pop).toBeHidden()

  const call = page.getByRole('group', { name }).first()
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeVisible()
  await expect
    .poll(
      async () => {
        const peers = await peerAudio(page)
        return peers.length >= 2 && peers.every((peer) => peer.packetsReceived > 25 && peer.packetsSent > 25)
      },
      { timeout: 20_000 },
    )
    .toBe(true)
  const loudest = Math.max(...(await peerAudio(page)).map((peer) => peer.energyReceived))
  expect(loudest).toBeGreaterThan(0)

  const form = page.getByRole('form', { name: 'Log call' })
  await form.getByLabel('Notes').fill('Asked for a quote, "two pages" at most;\n=SUM(1) is not a formula here')
  await page.waitForTimeout(1100)
  await call.getByRole('button', { name: 'Hang up' }).click()
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeHidden()
  await form.getByRole('button', { name: 'Save log' }).click()
  await expect(form).toBeHidden()

  await page
    .getByRole('navigation')
    .getByRole('link', { name: 'History' })
    .or(page.getByRole('navigation').getByRole('button', { name: 'History' }))
    .click()
  const row = page.getByRole('row').or(page.getByRole('listitem')).or(page.getByRole('option')).filter({ hasText: name }).first()
  await expect(row).toContainText('Connected')
  await expect(row).toContainText(/0:0[1-9]|0:[1-5]\d/)

  await page.getByRole('button', { name: /export/i }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: /CSV/ }).click()])
  const csv = readFileSync(await download.path(), 'utf8')
  expect(csv.startsWith('\uFEFF')).toBe(true)
  expect(csv).toContain(name)
  expect(csv).toContain('"Asked for a quote, ""two pages"" at most;\n=SUM(1) is not a formula here"')
})
