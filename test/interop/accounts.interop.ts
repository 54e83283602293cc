/** Two accounts signed in at once: which of them calls is the rep's choice, which is called is said; a second call waits for the first. */
import type { Page } from '@playwright/test'
import { expect, test } from '../fixtures/app'
import type { Asterisk } from './asterisk/asterisk'
import { dial, enterAccount, idle, pop, signIn, startPbx } from './pbx'
import { expectHeard, repMicrophone } from './voices'

let pbx: Asterisk
test.beforeAll(async () => {
  pbx = await startPbx()
})
test.afterAll(() => pbx?.stop())
test.use({ switches: repMicrophone() })

const group = (page: Page, name: string) => page.getByRole('group', { name, exact: true })
/** Accounts that nobody has named are called after their user and server. */
const label = (user: string) => `${user}@127.0.0.1`

async function both(page: Page): Promise<void> {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await enterAccount(page, { server: pbx.ws, user: 'bob' })
  await page.getByRole('navigation').getByRole('button', { name: 'Phone' }).click()
  await expect.poll(() => pbx.rx('pjsip show contacts')).toMatch(/alice\/sip:[\s\S]*bob\/sip:/)
}

test('each calls when it is chosen, and each is called, under its own label', async ({ page }) => {
  await both(page)
  for (const user of ['alice', 'bob']) {
    await page.getByRole('button', { name: /^Call with/ }).click()
    await page.getByRole('menuitemradio', { name: label(user) }).click()
    const call = await dial(page, '611')
    await expectHeard(page, pbx, `called by ${user}`, { rep: ['611'], '611': ['rep'] })
    await expect(call).toContainText(label(user))
    expect(await pbx.rx('core show channels concise')).toMatch(new RegExp(`^PJSIP/${user}-`, 'm'))
    await call.getByRole('button', { name: 'Hang up' }).click()
    await idle(pbx)
  }
  for (const [user, extension] of [
    ['alice', '100'],
    ['bob', '101'],
  ] as const) {
    await pbx.speakerCalls('612', 'Caller', extension)
    await expect(pop(page)).toContainText(label(user))
    await pop(page).getByRole('button', { name: 'Decline' }).click()
    await expect(pop(page)).toBeHidden()
    await pbx.rx('channel request hangup all')
    await idle(pbx)
  }
})

test('a call that waits, for the other account: answered, the first is held in silence; swapped back, the second is', async ({ page }) => {
  await both(page)
  await dial(page, '611')
  await expectHeard(page, pbx, 'the first', { rep: ['611'], '611': ['rep'] })
  await pbx.speakerCalls('612', 'Caller', '101')
  await expect(pop(page)).toContainText('Caller')
  // It only waits: the first goes on.
  await expectHeard(page, pbx, 'one waits', { rep: ['611'], '611': ['rep'] })
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  await expect(group(page, '611')).toHaveAttribute('data-hold', 'held')
  await expectHeard(page, pbx, 'answered', { rep: ['612'], '611': [], '612': ['rep'] })
  await group(page, '611').getByRole('button', { name: 'Resume' }).click()
  await expect(group(page, 'Caller')).toHaveAttribute('data-hold', 'held')
  await expectHeard(page, pbx, 'swapped back', { rep: ['611'], '611': ['rep'], '612': [] })
  await pbx.rx('channel request hangup all')
  await idle(pbx)
})
