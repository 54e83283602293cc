/** What the guard and the policy do to calls over a real PBX: what the other end hears, and what stands in History. */
import type { Page } from '@playwright/test'
import type { SipAccount } from '../../main/telephony'
import { expect, test } from '../fixtures/app'
import type { Asterisk } from './asterisk/asterisk'
import { audioBothWays, dial, idle, otherPhone, pop, signIn, startPbx } from './pbx'

let pbx: Asterisk
test.beforeAll(async () => {
  pbx = await startPbx()
})
test.afterAll(() => pbx?.stop())

const go = (page: Page, screen: string) => page.getByRole('navigation').getByRole('button', { name: screen }).click()
const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true })

/** The final status that the caller hears; null: it was answered. */
const heard = (phone: SipAccount, number: string) =>
  new Promise<number | null>((done) => {
    const call = phone.dial(number)
    call.onConnected = () => {
      done(null)
      call.hangUp()
    }
    call.onEnd = ({ status }) => done(status)
  })

test('blocked callers hear busy, «do not disturb» its own answer, forwarded ones the other end; a flood is one line of History', async ({
  page,
}) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const bob = await otherPhone(pbx, 'bob')

  await go(page, 'Settings')
  const blocked = section(page, 'Protection').getByRole('textbox', { name: 'Blocked numbers' })
  await blocked.fill('101')
  await blocked.press('Enter')
  await expect(blocked).toHaveValue('')
  expect(await heard(bob, '100')).toBe(486)
  await section(page, 'Protection').getByRole('button', { name: 'Unblock 101' }).click()
  await expect(section(page, 'Protection').getByText('No number is blocked.')).toBeVisible()

  const disturb = section(page, 'Calls').getByLabel('Do not disturb')
  await disturb.selectOption('unavailable')
  await expect.poll(() => heard(bob, '100')).toBe(480)
  await disturb.selectOption('off')

  await section(page, 'Calls').getByLabel('Send calls elsewhere').selectOption('always')
  await section(page, 'Calls').getByLabel('Send them to').fill('600')
  await section(page, 'Calls').getByLabel('Send them to').press('Enter')
  await expect(section(page, 'Calls').getByText('Saved.')).toBeVisible()
  expect(await heard(bob, '100')).toBeNull()
  await idle(pbx)

  await section(page, 'Calls').getByLabel('Send calls elsewhere').selectOption('never')
  await disturb.selectOption('busy')
  // Three have been; twenty a minute are let through to the other rules.
  const statuses: (number | null)[] = []
  for (let n = 0; n < 26; n++) statuses.push(await heard(bob, '100'))
  expect(new Set(statuses)).toEqual(new Set([486]))
  await expect(pop(page)).toBeHidden()
  await go(page, 'History')
  await page.getByRole('gridcell', { name: 'Missed' }).first().click()
  await expect(page.getByText(/Calls came in faster .* were refused as busy/)).toBeVisible()
  await bob.stop()
})

test('the first call to a country is asked for, a country off the list and one call too many are refused, 911 passes them all', async ({
  page,
}) => {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  const question = page.getByRole('dialog', { name: 'Before this call' })
  await dial(page, '+371 2000 0000')
  await expect(question).toContainText('first call to Latvia (+371)')
  await question.getByRole('button', { name: 'Cancel' }).click()
  expect(await pbx.rx('core show channels count')).toContain('0 active channels')

  await dial(page, '+371 2000 0000')
  await question.getByRole('button', { name: 'Call anyway' }).click()
  await audioBothWays(page)
  await page.getByRole('button', { name: 'Hang up' }).first().click()
  await idle(pbx)

  await go(page, 'Settings')
  const perHour = section(page, 'Protection').getByLabel('Calls within an hour')
  await perHour.fill('1')
  await perHour.press('Enter')
  await section(page, 'Protection').getByRole('combobox', { name: 'Countries' }).selectOption('only')
  await go(page, 'Phone')
  await dial(page, '0037120000000')
  await expect(page.getByText('Calls to Latvia (+371) are not allowed')).toBeVisible()
  await go(page, 'Settings')
  await section(page, 'Protection').getByRole('combobox', { name: 'Countries' }).selectOption('all')
  await go(page, 'Phone')
  await dial(page, '+371 2000 0000')
  await expect(page.getByText('Calls within an hour have reached the limit of 1.')).toBeVisible()

  await dial(page, '9-1-1')
  await audioBothWays(page)
  await expect(page.getByText('say where you are').first()).toBeVisible()
  await page.getByRole('button', { name: 'Hang up' }).first().click()
  await idle(pbx)
})
