/** Calls that change hands at a real Asterisk: the third party is heard, and the rep no more. */
import type { Page } from '@playwright/test'
import { expect, test } from '../fixtures/app'
import type { Asterisk } from './asterisk/asterisk'
import { idle, pop, signIn, startPbx } from './pbx'
import { expectHeard, repMicrophone } from './voices'

let pbx: Asterisk
test.beforeAll(async () => {
  pbx = await startPbx()
})
test.afterAll(() => pbx?.stop())
test.use({ switches: repMicrophone() })

const group = (page: Page, name: string) => page.getByRole('group', { name, exact: true })

/** 611 has called and is spoken with. */
async function customer(page: Page) {
  await signIn(page, { server: pbx.ws, user: 'alice' })
  void pbx.speakerCalls('611', 'Customer', '100')
  await pop(page).getByRole('button', { name: 'Answer' }).click()
  await expectHeard(page, pbx, 'the customer', { rep: ['611'], '611': ['rep'] })
  return group(page, 'Customer')
}

async function transfer(page: Page, to: string, how: 'Transfer now' | 'Ask first') {
  await group(page, 'Customer').getByRole('button', { name: 'Transfer', exact: true }).click()
  await page.getByRole('combobox', { name: 'Transfer to' }).fill(to)
  await page.getByRole('button', { name: how }).click()
}

test('after a blind transfer the customer and the third party hear each other', async ({ page }) => {
  await customer(page)
  await transfer(page, '612', 'Transfer now')
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  await expectHeard(page, pbx, 'handed over at once', { '611': ['612'], '612': ['611'] })
  await pbx.rx('channel request hangup all')
  await idle(pbx)
})

test('asked first: the customer hears nothing of it; connected, the two hear each other', async ({ page }) => {
  await customer(page)
  await transfer(page, '612', 'Ask first')
  await expectHeard(page, pbx, 'asking', { rep: ['612'], '611': [], '612': ['rep'] })
  await page.getByRole('button', { name: 'Connect them' }).click()
  await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
  await expectHeard(page, pbx, 'handed over after asking', { '611': ['612'], '612': ['611'] })
  await pbx.rx('channel request hangup all')
  await idle(pbx)
})

test('the third party is busy: said, the customer is still there, and resumed he hears and is heard', async ({ page }) => {
  const call = await customer(page)
  await transfer(page, '605', 'Ask first')
  await expect(page.getByText(/busy/i).first()).toBeVisible()
  // He is dropped back to the customer.
  await expect(call).toHaveAttribute('data-hold', 'none')
  await expectHeard(page, pbx, 'back from a busy colleague', { rep: ['611'], '611': ['rep'] })
  await call.getByRole('button', { name: 'Hang up' }).click()
  await idle(pbx)
})
