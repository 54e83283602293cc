/** A conference of the whole product with two far ends at a real Asterisk: who hears whom, measured at every end. */
import type { Page } from '@playwright/test'
import { expect, test } from '../fixtures/app'
import type { Asterisk } from './asterisk/asterisk'
import { dial, idle, signIn, startPbx } from './pbx'
import { expectHeard, repMicrophone } from './voices'

let pbx: Asterisk
test.beforeAll(async () => {
  pbx = await startPbx()
})
test.afterAll(() => pbx?.stop())
test.use({ switches: repMicrophone() })

const group = (page: Page, name: string) => page.getByRole('group', { name, exact: true })

/** Calls both, the second while the first waits. */
async function callBoth(page: Page): Promise<void> {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  await dial(page, '611')
  await expectHeard(page, pbx, 'the first call', { rep: ['611'], '611': ['rep'] })
  await dial(page, '612')
  await expect(group(page, '611')).toContainText('On hold')
  await expectHeard(page, pbx, 'the first on hold', { rep: ['612'], '611': [], '612': ['rep'] })
}

async function join(page: Page): Promise<void> {
  await group(page, '612').getByRole('button', { name: 'More' }).click()
  await page.getByRole('menuitem', { name: 'Conference with 611' }).click()
  await expectHeard(page, pbx, 'conference', { rep: ['611', '612'], '611': ['rep', '612'], '612': ['rep', '611'] })
}

test('three hear one another; a muted party is heard by nobody; when one leaves, the other goes on with the rep', async ({ page }) => {
  await callBoth(page)
  await join(page)
  const mute = group(page, '612').getByRole('button', { name: 'Mute' })
  await mute.click()
  await expectHeard(page, pbx, '612 muted', { '611': ['rep'], '612': ['rep', '611'] })
  await mute.click()
  await expectHeard(page, pbx, '612 unmuted', { '611': ['rep', '612'], '612': ['rep', '611'] })
  await pbx.rx(`channel request hangup ${await pbx.speakerChannel('611')}`)
  await expect(group(page, '611').getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Leave' })).toHaveCount(0)
  await expectHeard(page, pbx, '611 has left', { rep: ['612'], '612': ['rep'] })
  await group(page, '612').getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
})

test('the rep leaves: the two are connected by the PBX and hear each other without him', async ({ page }) => {
  await callBoth(page)
  await join(page)
  await page.getByRole('button', { name: 'Leave' }).click()
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  await expectHeard(page, pbx, 'the rep has left', { '611': ['612'], '612': ['611'] })
  await pbx.rx('channel request hangup all')
  await idle(pbx)
})
