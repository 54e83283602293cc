/**
 * The rep's whole first path, on a fresh profile: sample contacts, a practice caller, the pop with a name, a conversation
 * with audio both ways, the form, History and the export.
 */
import samples from '../../resources/samples/contacts.json' with { type: 'json' }
import { expect, test } from '../fixtures/app'
import { peerAudio } from '../fixtures/audio'
import { answerLogAndExport } from '../fixtures/first-call'

test('a rep on a fresh machine is called, talks, logs the call, finds it and exports it', async ({ page }) => {
  await page.getByRole('button', { name: /sample contacts/i }).click()
  await page.getByRole('button', { name: 'Practice incoming call' }).click()
  const name = (await page.getByRole('dialog', { name: 'Incoming call' }).getByRole('heading').innerText()).trim()
  expect(samples.map((sample) => sample.name)).toContain(name)
  await answerLogAndExport(page, name, async () => {
    // Both ends are here. The rep's must hear sound and send some; the customer's, whose ear Chromium keeps no energy of (it is
    // heard by Web Audio alone), must get the packets and send its voice.
    const bothHear = async () => {
      const ends = await peerAudio(page)
      const flowing = ends.length === 2 && ends.every((end) => end.packetsSent > 25 && end.packetsReceived > 25 && end.energySent > 1e-6)
      return flowing && ends.some((end) => end.energyReceived > 1e-6)
    }
    await expect.poll(bothHear, { timeout: 30_000 }).toBe(true)
  })
})
