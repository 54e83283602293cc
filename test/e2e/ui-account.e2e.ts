/** The account's form: three fields for the simple case, the rest under disclosures that open where something is wrong. */
import { expect, test } from '../fixtures/app'

test('what is wrong under a disclosure opens it; all that was entered comes back', async ({ page }) => {
  await page.getByRole('navigation').getByRole('button', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Add SIP account' }).click()
  const form = page.getByRole('form', { name: 'Add SIP account' })
  await expect(form.getByRole('textbox')).toHaveCount(3)
  // Nothing listens on port 9 here.
  await form.getByLabel('Server', { exact: true }).fill('wss://127.0.0.1:9/ws')
  await form.getByLabel('User', { exact: true }).fill('alice')
  await form.getByLabel('Password', { exact: true }).fill('not the one')
  for (const name of ['Calls', 'Network']) await form.getByRole('button', { name, exact: true }).click()
  await form.getByText('Pink', { exact: true }).click()
  await form.getByRole('button', { name: 'Move Opus down' }).click()
  await form.getByRole('checkbox', { name: 'G.711 µ-law' }).uncheck()
  await form.getByRole('button', { name: 'Add a further server' }).click()
  const further = form.getByLabel('Further server 1', { exact: true })
  await further.fill('ws://pbx2.example.com')
  await form.getByRole('button', { name: 'Network', exact: true }).click()
  await expect(further).toBeHidden()
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(further).toBeFocused()
  await expect(further).toHaveAccessibleDescription(/unprotected/)
  await further.fill('127.0.0.1:10/ws')
  await form.getByLabel('Own certificate authority').fill('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(form.getByLabel('Own certificate authority')).toHaveAccessibleDescription(/no certificate/)
  await form.getByLabel('Own certificate authority').fill('')
  await form.getByRole('button', { name: 'Save account' }).click()
  await expect(form).toBeHidden()

  await page
    .getByRole('group', { name: /alice@/ })
    .getByRole('button', { name: 'Edit' })
    .click()
  const edit = page.getByRole('form', { name: 'Edit SIP account' })
  for (const name of ['Calls', 'Services of the phone system', 'Network']) await edit.getByRole('button', { name, exact: true }).click()
  await expect(edit.getByRole('radio', { name: 'Pink' })).toBeChecked()
  await expect(edit.getByRole('group', { name: 'Sound formats' }).getByRole('listitem')).toHaveText([
    'G.722',
    'Opus',
    'G.711 A-law',
    'G.711 µ-law',
  ])
  await expect(edit.getByRole('checkbox', { name: 'G.711 µ-law' })).not.toBeChecked()
  await expect(edit.getByLabel('Further server 1', { exact: true })).toHaveValue('wss://127.0.0.1:10/ws')
  await expect(edit.getByLabel('Pick-up code')).toHaveValue('**')
})
