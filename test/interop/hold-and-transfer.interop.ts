/** Hold and transfer through the whole product and a real Asterisk, with sound measured at the rep's end. */
import type { Page } from '@playwright/test'
import type { SipCall } from '../../main/telephony'
import { expect, test } from '../fixtures/app'
import { type PeerAudio, peerAudio } from '../fixtures/audio'
import type { Asterisk } from './asterisk/asterisk'
import { audioBothWays, dial, idle, otherPhone, pop, signIn, startPbx } from './pbx'

let pbx: Asterisk
test.beforeAll(async () => {
  pbx = await startPbx()
})
test.afterAll(() => pbx?.stop())

/** What went each way while that time passed. */
async function during(page: Page, ms: number): Promise<Omit<PeerAudio, 'connection'>> {
  const [before] = await peerAudio(page)
  await page.waitForTimeout(ms)
  const [after] = await peerAudio(page)
  if (!before || !after) throw new Error('no call is up')
  return {
    packetsSent: after.packetsSent - before.packetsSent,
    packetsReceived: after.packetsReceived - before.packetsReceived,
    energySent: after.energySent - before.energySent,
    energyReceived: after.energyReceived - before.energyReceived,
  }
}

test('a held call hears nothing of the rep and is not heard; resumed, both are', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const call = await dial(page, '600')
  await audioBothWays(page)
  const hold = call.getByRole('button', { name: 'Hold', exact: true })
  await hold.click()
  await expect(call).toContainText('On hold')
  await page.waitForTimeout(500)
  const held = await during(page, 1500)
  // The echo comes back only of what is sent.
  expect(held.energyReceived).toBeLessThan(1e-6)
  console.log('held, 1.5 s:', JSON.stringify(held))
  await hold.click()
  await expect(call).not.toContainText('On hold')
  await expect.poll(async () => (await during(page, 500)).energyReceived, { timeout: 30_000 }).toBeGreaterThan(1e-6)
  await call.getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
})

test('music on hold of the PBX is heard when the other party holds, and that is said', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const bob = await otherPhone(pbx, 'bob')
  const theirs = bob.dial('100')
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  const call = page.getByRole('group', { name: 'Bob' }).first()
  // That phone has no audio: nothing of it is ever heard.
  await expect(call).toHaveAttribute('data-phase', 'connected')
  await theirs.hold(true)
  await expect.poll(async () => (await during(page, 1000)).energyReceived, { timeout: 30_000 }).toBeGreaterThan(1e-6)
  const music = await during(page, 1500)
  console.log('music on hold, 1.5 s:', JSON.stringify(music))
  await theirs.hold(false)
  await expect.poll(async () => (await during(page, 1000)).packetsReceived, { timeout: 30_000 }).toBe(0)
  theirs.hangUp()
  await idle(pbx)
  await bob.stop()
})

test('a blind transfer frees the rep, and the caller goes where he was sent', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const bob = await otherPhone(pbx, 'bob')
  const theirs = bob.dial('100')
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  const call = page.getByRole('group', { name: 'Bob' }).first()
  // That phone has no audio: nothing of it is ever heard.
  await expect(call).toHaveAttribute('data-phase', 'connected')
  await call.getByRole('button', { name: 'Transfer', exact: true }).click()
  await page.getByRole('combobox', { name: 'Transfer to' }).fill('607')
  await page.getByRole('button', { name: 'Transfer now' }).click()
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeHidden()
  await expect.poll(() => pbx.rx('core show channels verbose'), { timeout: 30_000 }).toMatch(/PJSIP\/bob\S*\s+phones\s+607/)
  await expect(page.getByRole('form', { name: 'Log call' })).toBeVisible()
  theirs.hangUp()
  await idle(pbx)
  await bob.stop()
})

test('a transfer to a number that does not exist is said, and the call is still there', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const bob = await otherPhone(pbx, 'bob')
  const theirs = bob.dial('100')
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  const call = page.getByRole('group', { name: 'Bob' }).first()
  // That phone has no audio: nothing of it is ever heard.
  await expect(call).toHaveAttribute('data-phase', 'connected')
  await call.getByRole('button', { name: 'Transfer', exact: true }).click()
  await page.getByRole('combobox', { name: 'Transfer to' }).fill('999')
  await page.getByRole('button', { name: 'Transfer now' }).click()
  await expect(page.getByText(/not transferred|could not be transferred|still yours/i).first()).toBeVisible()
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeVisible()
  theirs.hangUp()
  await idle(pbx)
  await bob.stop()
})

test('asked first and then connected, the two others speak with each other', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const [bob, carol] = [await otherPhone(pbx, 'bob'), await otherPhone(pbx, 'carol')]
  const atCarol = new Promise<SipCall>((done) => {
    carol.onIncoming = done
  })
  const theirs = bob.dial('100')
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  const call = page.getByRole('group', { name: 'Bob' }).first()
  // That phone has no audio: nothing of it is ever heard.
  await expect(call).toHaveAttribute('data-phase', 'connected')
  await call.getByRole('button', { name: 'Transfer', exact: true }).click()
  await page.getByRole('combobox', { name: 'Transfer to' }).fill('102')
  await page.getByRole('button', { name: 'Ask first' }).click()
  const third = await atCarol
  await third.answer()
  await page.getByRole('button', { name: 'Connect them' }).click()
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  await expect
    .poll(async () => (await pbx.rx('core show channels concise')).split('\n').filter((line) => /^PJSIP\/(bob|carol)-/.test(line)).length, {
      timeout: 30_000,
    })
    .toBe(2)
  theirs.hangUp()
  await idle(pbx)
  await Promise.all([bob.stop(), carol.stop()])
})
