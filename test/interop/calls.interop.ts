/** Calls through the whole product and a real Asterisk, with sound measured at the rep's end. */
import type { SipCall } from '../../main/telephony'
import samples from '../../resources/samples/contacts.json' with { type: 'json' }
import { expect, test } from '../fixtures/app'
import { peerAudio } from '../fixtures/audio'
import { answerLogAndExport } from '../fixtures/first-call'
import { startRelay } from '../fixtures/relay'
import type { Asterisk } from './asterisk/asterisk'
import { audioBothWays, dial, enterAccount, idle, otherPhone, packetsReceived, pop, ready, signIn, startPbx } from './pbx'

let pbx: Asterisk
test.beforeAll(async () => {
  pbx = await startPbx()
})
test.afterAll(() => pbx?.stop())

test('signing in over wss with a private authority, calling, hearing, being heard, hanging up', async ({ page }) => {
  await signIn(page, { server: pbx.wss, user: 'alice' })
  const call = await dial(page, '600')
  await audioBothWays(page)
  await expect(call).toContainText('Connected')
  await call.getByRole('button', { name: 'Hang up' }).click()
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeHidden()
  await idle(pbx)
})

test('a wrong password is said clearly, and not tried over and over', async ({ page }) => {
  await enterAccount(page, { server: pbx.ws, user: 'alice', password: 'wrong' })
  await expect(page.getByText('does not accept this user name and password').first()).toBeVisible()
  const before = pbx.log().match(/failed to authenticate/gi)?.length ?? 0
  expect(before).toBeGreaterThan(0)
  await page.waitForTimeout(4000)
  expect(pbx.log().match(/failed to authenticate/gi)?.length ?? 0).toBe(before)
  await expect(ready(page, 'alice')).toBeHidden()
})

test('an incoming call shows who it is from the contact cache, is answered and heard; the PBX hangs up', async ({ page }) => {
  await page.getByRole('button', { name: /sample contacts/i }).click()
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const contact = samples[0]
  const number = contact?.phones[0]?.raw.replace(/[^+\d]/g, '') ?? ''
  void pbx.callFrom(number, 'Not the name in the cache', '100')
  await expect(pop(page)).toBeVisible()
  await expect(pop(page).getByRole('heading')).toContainText(contact?.name ?? '')
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  const call = page.getByRole('group', { name: contact?.name ?? '' }).first()
  await audioBothWays(page)
  await pbx.rx('channel request hangup all')
  await expect(call.getByRole('button', { name: 'Hang up' })).toBeHidden()
  await expect(page.getByRole('form', { name: 'Log call' })).toBeVisible()
})

test('the whole first path over a PBX: called, answered, heard, logged, found in History, exported', async ({ page }) => {
  await page.getByRole('button', { name: /sample contacts/i }).click()
  await signIn(page, { server: pbx.wss, user: 'alice' })
  const contact = samples[5]
  void pbx.callFrom(contact?.phones[0]?.raw.replace(/[^+\d]/g, '') ?? '', 'Not the name in the cache', '100')
  const name = contact?.name ?? ''
  await expect(pop(page).getByRole('heading')).toContainText(name)
  await answerLogAndExport(page, name, () => audioBothWays(page))
  await idle(pbx)
})

test('declining an incoming call: the caller hears busy', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const bob = await otherPhone(pbx, 'bob')
  const heard = new Promise<number | null>((done) => {
    bob.dial('100').onEnd = ({ status }) => done(status)
  })
  await pop(page).getByRole('button', { name: 'Decline' }).click()
  expect(await heard).toBe(486)
  await expect(pop(page)).toBeHidden()
  await bob.stop()
})

test('a busy extension is said to be busy', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const call = await dial(page, '605')
  await expect(call).toContainText(/busy/i)
})

test('a call that rings is cancelled, and the PBX knows', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const call = await dial(page, '604')
  await expect(call).toContainText('Ringing')
  await call.getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
})

test('early media is heard before the answer', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await dial(page, '606')
  await expect.poll(() => packetsReceived(page)).toBeGreaterThan(25)
  await idle(pbx)
})

test('key tones reach the PBX: clicked, typed, and after a pause', async ({ page }) => {
  await pbx.rx('dialplan set global LASTDIGITS none')
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const call = await dial(page, '602')
  await audioOfPbx(call, page)
  await call.getByRole('button', { name: 'Keypad' }).click()
  for (const key of ['1', '2']) {
    await page.getByRole('button', { name: key, exact: true }).click()
    await page.waitForTimeout(250)
  }
  await page.keyboard.type(',9')
  // Letters are the digits they stand on.
  await page.keyboard.type('g')
  await expect.poll(() => pbx.rx('dialplan show globals')).toContain('LASTDIGITS=1294')
})

async function audioOfPbx(call: ReturnType<typeof pop>, page: Parameters<typeof packetsReceived>[0]) {
  await expect(call).toContainText('Connected')
  // After the prompt's beep.
  await expect.poll(() => packetsReceived(page)).toBeGreaterThan(20)
  await page.waitForTimeout(1000)
}

test('in a ring group the call that another answered leaves no missed mark and no form', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const bob = await otherPhone(pbx, 'bob')
  const rings = new Promise<SipCall>((done) => {
    bob.onIncoming = done
  })
  void pbx.callFrom('0812345678', 'Group caller', '200')
  await expect(pop(page)).toBeVisible()
  const theirs = await rings
  await theirs.answer()
  await expect(pop(page)).toBeHidden()
  await page.getByRole('navigation').getByRole('button', { name: 'History' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'Answered elsewhere' })).toHaveCount(1)
  await expect(page.getByRole('row').filter({ hasText: 'Missed' })).toHaveCount(0)
  await expect(page.getByRole('form', { name: 'Log call' })).toHaveCount(0)
  theirs.hangUp()
  await bob.stop()
})

test('the PBX is killed and comes back while nothing goes on: ready again by itself', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await pbx.kill()
  await expect(ready(page, 'alice')).toBeHidden()
  await pbx.boot()
  await expect(ready(page, 'alice')).toBeVisible({ timeout: 90_000 })
  const call = await dial(page, '600')
  await audioBothWays(page)
  await call.getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
})

test('the signalling breaks during a call: sound goes on, and hanging up still ends it at the PBX', async ({ page }) => {
  const relay = await startRelay(pbx.ws)
  await signIn(page, { server: relay.url, user: 'alice' })
  const call = await dial(page, '600')
  await audioBothWays(page)
  const before = await packetsReceived(page)
  relay.cut()
  await expect.poll(() => packetsReceived(page)).toBeGreaterThan(before + 50)
  await expect(ready(page, 'alice')).toBeVisible({ timeout: 90_000 })
  const after = await packetsReceived(page)
  await expect.poll(() => packetsReceived(page)).toBeGreaterThan(after + 50)
  expect(await pbx.rx('core show channels count')).toContain('1 active channel')
  await call.getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
  await relay.close()
})

test('the PBX itself is killed during a call: the rep is told, hanging up works, and the next call too', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const call = await dial(page, '600')
  await audioBothWays(page)
  await pbx.kill()
  await expect(ready(page, 'alice')).toBeHidden()
  const hangUp = call.getByRole('button', { name: 'Hang up' })
  // It may have ended by itself, as soon as it was certain that no sound comes any more.
  if (await hangUp.isVisible()) await hangUp.click()
  await expect(hangUp).toBeHidden()
  await pbx.boot()
  await expect(ready(page, 'alice')).toBeVisible({ timeout: 90_000 })
  await dial(page, '600')
  await audioBothWays(page)
})

test('the page is reloaded during a call, twice: the call goes on with sound, muted where it was muted', async ({ page }) => {
  page.on('dialog', (dialog) => void dialog.accept())
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await dial(page, '600')
  await audioBothWays(page)
  const call = page.getByRole('group', { name: '600' })
  for (let round = 0; round < 2; round++) {
    await page.reload()
    await expect(call.getByRole('button', { name: 'Hang up' })).toBeVisible()
    await audioBothWays(page)
  }
  await call.getByRole('button', { name: 'Mute' }).click()
  await page.reload()
  await expect(call.getByRole('button', { name: 'Mute' })).toHaveAttribute('aria-pressed', 'true')
  await expect.poll(() => packetsReceived(page)).toBeGreaterThan(50)
  const [peer] = await peerAudio(page)
  expect(peer?.energyReceived ?? 1).toBeLessThan(1e-5)
  await call.getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
})

test('the page of an answered call is closed and another opened: the caller is still heard', async ({ page, app }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  void pbx.callFrom('0812345678', 'A patient caller', '100')
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  await audioBothWays(page)
  const address = new URL(page.url()).origin
  const other = await app.context.newPage()
  await page.close({ runBeforeUnload: false })
  await other.goto(address)
  const hangUp = other.getByRole('group', { name: 'A patient caller' }).getByRole('button', { name: 'Hang up' })
  await expect(hangUp).toBeVisible()
  await expect.poll(() => packetsReceived(other)).toBeGreaterThan(50)
  await hangUp.click()
  await idle(pbx)
})
