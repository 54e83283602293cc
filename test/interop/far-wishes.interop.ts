/** What a far end may do within a call, by a real Asterisk: refuse a hold, hold us, ask us to call another, send another in its place. */
import type { Page } from '@playwright/test'
import { headerOf, readHead, tagOf } from '../../main/telephony/message'
import { expect, test } from '../fixtures/app'
import { peerAudio } from '../fixtures/audio'
import { startRelay } from '../fixtures/relay'
import { reply } from '../fixtures/scripted-server'
import type { Asterisk } from './asterisk/asterisk'
import { dial, idle, pop, signIn, startPbx } from './pbx'
import { expectHeard, repMicrophone } from './voices'

let pbx: Asterisk
test.beforeAll(async () => {
  pbx = await startPbx()
})
test.afterAll(() => pbx?.stop())
test.use({ switches: repMicrophone() })

const group = (page: Page, name: string) => page.getByRole('group', { name, exact: true })

test('a hold that is refused is said and rolled back: sound goes on both ways, and the next hold is taken', async ({ page }) => {
  const relay = await startRelay(pbx.ws)
  let refused = 0
  // As a far end that takes no hold would: the PBX hears nothing of it.
  relay.intercept = (message, towards) => {
    if (towards !== 'pbx' || refused > 0 || !/^INVITE /.test(message) || !/^a=sendonly/m.test(message)) return null
    refused += 1
    const head = readHead(message)
    return head && reply({ head, text: message, body: '' }, 488)
  }
  await signIn(page, { server: relay.url, user: 'alice' })
  const call = await dial(page, '611')
  await expectHeard(page, pbx, 'before', { rep: ['611'], '611': ['rep'] })
  const hold = call.getByRole('button', { name: 'Hold', exact: true })
  await hold.click()
  await expect(
    page
      .getByText(/hold/i)
      .filter({ hasText: /refused|not|could/i })
      .first(),
  ).toBeVisible()
  expect(refused).toBe(1)
  await expect(call).toHaveAttribute('data-hold', 'none')
  await expectHeard(page, pbx, 'after a refused hold', { rep: ['611'], '611': ['rep'] })
  // Nothing is left in have-local-offer: another offer can be made.
  await hold.click()
  await expect(call).toHaveAttribute('data-hold', 'held')
  await expectHeard(page, pbx, 'the next hold', { rep: [], '611': [] })
  await call.getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
  await relay.close()
})

test('held by the far end: that is said, its music is heard, and afterwards it is spoken with again', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'dora' })
  const call = await dial(page, '622')
  await expect(call).toContainText('They have put you on hold')
  const before = await energy(page)
  await page.waitForTimeout(2000)
  const music = (await energy(page)) - before
  console.log(`held by the far end, 2 s of music: energy ${music}`)
  expect(music).toBeGreaterThan(1e-4)
  await expect(call).not.toContainText('They have put you on hold', { timeout: 30_000 })
  await expectHeard(page, pbx, 'no longer held', { rep: ['613'], '613': ['rep'] })
  await call.getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
})

async function energy(page: Page): Promise<number> {
  return (await peerAudio(page)).reduce((sum, peer) => sum + peer.energyReceived, 0)
}

test('a REFER of the far end asks the rep: refused, the call goes on', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const call = await dial(page, '621')
  await expect(call).toContainText(/asks you to call 612/)
  await call.getByRole('button', { name: 'Refuse' }).click()
  await expect.poll(() => pbx.rx('dialplan show globals')).toContain('TRANSFERRED=FAILURE')
  await expectHeard(page, pbx, 'refused', { rep: ['613'], '613': ['rep'] })
  await call.getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
})

test('a REFER of the far end asks the rep: accepted, the new call is placed, and heard', async ({ page }) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const call = await dial(page, '621')
  await expect(call).toContainText(/asks you to call 612/)
  await expect(group(page, '612')).toHaveCount(0)
  await call.getByRole('button', { name: 'Call 612' }).click()
  await expect(group(page, '612')).toContainText('Connected')
  await expectHeard(page, pbx, 'accepted', { rep: ['612'], '612': ['rep'] })
  await pbx.rx('channel request hangup all')
  await idle(pbx)
})

test('an INVITE with Replaces goes on in the place of the call it names, without ringing', async ({ page }) => {
  const relay = await startRelay(pbx.ws)
  let replaces = ''
  relay.onMessage = (message, towards) => {
    const head = towards === 'main' ? readHead(message) : null
    if (head?.status !== 200 || !/^CSeq: \d+ INVITE/im.test(message)) return
    // To-tag: of the one who gets the INVITE with Replaces (RFC 3891 §3), who made this call.
    replaces = `${headerOf(head, 'call-id')};to-tag=${tagOf(headerOf(head, 'from'))};from-tag=${tagOf(headerOf(head, 'to'))}`
  }
  await signIn(page, { server: relay.url, user: 'alice' })
  await dial(page, '611')
  await expectHeard(page, pbx, 'the first party', { rep: ['611'], '611': ['rep'] })
  await pbx.rx(`dialplan set global REPLACED ${replaces}`)
  await pbx.speakerCalls('613', 'Third', '623')
  await expectHeard(page, pbx, 'the one in its place', { rep: ['613'], '613': ['rep'] })
  await expect(pop(page)).toBeHidden()
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(1)
  await pbx.rx('channel request hangup all')
  await idle(pbx)
  await relay.close()
})
