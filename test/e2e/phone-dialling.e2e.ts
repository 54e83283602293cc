/** Calling from the top bar: accounts, the number called last, copied numbers, words for digits, and what the guard asks. */
import type { Page } from '@playwright/test'
import { expect, test } from '@playwright/test'
import { TroubleError } from '../../main/trouble'
import { defaultSettings } from '../../preload/contract'
import { ringing, type ScriptedMain, scriptedAccount, scriptedCall, startScripted } from '../fixtures/scripted-main'

const accounts = [
  scriptedAccount('support', 'Support', { color: 'orange' }),
  scriptedAccount('sales', 'Sales', { isDefault: true, voicemailNumber: '*97' }),
]
const field = (page: Page) => page.getByRole('combobox', { name: 'Number or name' })
const bar = (page: Page) => page.getByRole('banner')
const dialled = (main: ScriptedMain) => main.of('call.dial')

async function withMain(
  steps: (main: ScriptedMain, page: Page) => Promise<void>,
  ...start: Parameters<typeof startScripted>
): Promise<void> {
  const main = await startScripted(...start)
  main.on('call.dial', () => ({ callId: 'new' }))
  try {
    await steps(main, main.page)
  } finally {
    await main.close()
  }
}
/** As pressing Ctrl+V with this in the clipboard would, where the focus is. */
const paste = (page: Page, text: string) =>
  page.evaluate((words) => {
    const data = new DataTransfer()
    data.setData('text', words)
    const target = document.activeElement ?? document.body
    target.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  }, text)

test('the default account dials until another is chosen by key or menu; with one there is no choice', async () => {
  await withMain(
    async (main, page) => {
      const choice = (label: string) => bar(page).getByRole('button', { name: `Call with ${label}` })
      await expect(choice('Sales')).toBeVisible()
      await field(page).fill('600')
      await page.keyboard.press('Enter')
      await page.keyboard.press('Alt+2')
      await expect(choice('Support')).toBeVisible()
      await expect(field(page)).toHaveValue('')
      await field(page).fill('601')
      await page.keyboard.press('Enter')
      await page.reload()
      await choice('Support').click()
      await expect(page.getByRole('menuitemradio', { name: /Support/ })).toHaveAttribute('aria-checked', 'true')
      await page.getByRole('menuitemradio', { name: /Sales/ }).click()
      await field(page).fill('602')
      await page.keyboard.press('Enter')
      await expect
        .poll(() => dialled(main))
        .toMatchObject([
          { number: '600', accountId: 'sales', origin: 'typed' },
          { number: '601', accountId: 'support', origin: 'typed' },
          { number: '602', accountId: 'sales', origin: 'typed' },
        ])
    },
    { accounts },
  )
  await withMain(async (_main, page) => {
    await expect(field(page)).toBeVisible()
    await expect(bar(page).getByRole('button', { name: /^Call with/ })).toHaveCount(0)
  })
})

test('Enter in the empty field brings the last number back, a second one calls it; with none it says so', () =>
  withMain(async (main, page) => {
    await field(page).press('Enter')
    await expect(page.getByText('You have not called anybody yet.')).toBeVisible()
    main.on('call.last', () => ({ number: '+46 8 123 45 67', accountId: 'sales', contactId: 7 }))
    await field(page).press('Enter')
    await expect(field(page)).toHaveValue('+46 8 123 45 67')
    expect(dialled(main)).toEqual([])
    await field(page).press('Enter')
    await expect.poll(() => dialled(main)).toMatchObject([{ number: '+46 8 123 45 67', origin: 'redial', contactId: 7 }])
    await expect(field(page)).toHaveValue('')
    await bar(page).getByRole('button', { name: 'Redial' }).click()
    await expect(field(page)).toHaveValue('+46 8 123 45 67')
    await expect(field(page)).toBeFocused()
    // What is typed further is another number, of nobody known.
    await page.keyboard.type('8')
    await page.keyboard.press('Enter')
    await expect.poll(() => dialled(main)[1]).toEqual({ number: '+46 8 123 45 678', origin: 'typed', accountId: 'sales', confirmed: false })
  }))

test('a copied number is shown and asked about, never dialled by itself; a star code is no number', () =>
  withMain(async (main, page) => {
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await paste(page, 'Anna Björk, +46 8 123 45 67 or 08-765 43 21')
    const ask = page.getByRole('dialog', { name: 'Call from clipboard' })
    await expect(ask.getByRole('button')).toHaveText(['Call +46 8 123 45 67', 'Call 08-765 43 21', 'Cancel'])
    await expect(ask.getByRole('button', { name: 'Cancel' })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(ask).toHaveCount(0)
    expect(dialled(main)).toEqual([])
    await paste(page, '*21*081234567#')
    await expect(page.getByText('There is no telephone number in what was copied.')).toBeVisible()
    await paste(page, '+46 8 123 45 67')
    await ask.getByRole('button', { name: 'Call +46 8 123 45 67' }).click()
    await expect.poll(() => dialled(main)).toMatchObject([{ number: '+46 8 123 45 67', origin: 'clipboard' }])
    // In a field, pasting is pasting.
    await field(page).focus()
    await paste(page, '600')
    await expect(ask).toHaveCount(0)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.evaluate(() => navigator.clipboard.writeText('Tel. 08-765 43 21'))
    await bar(page).getByRole('button', { name: 'Call from clipboard' }).click()
    await expect(ask.getByRole('button', { name: 'Cancel' })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(bar(page).getByRole('button', { name: 'Call from clipboard' })).toBeFocused()
    await page.keyboard.press('Enter')
    await ask.getByRole('button', { name: 'Call 08-765 43 21' }).click()
    await expect.poll(() => dialled(main)).toHaveLength(2)
    // And a code that was pasted is told apart from one that was typed.
    await page.evaluate(() => navigator.clipboard.writeText('*21#'))
    await field(page).press('Control+v')
    await expect(field(page)).toHaveValue('*21#')
    await field(page).press('Enter')
    await field(page).fill('')
    await field(page).pressSequentially('*22#')
    await field(page).press('Enter')
    await expect
      .poll(() => dialled(main).slice(2))
      .toMatchObject([
        { number: '*21#', origin: 'clipboard' },
        { number: '*22#', origin: 'typed' },
      ])
  }))

test('a word in a number is dialled as its digits', () =>
  withMain(async (main, page) => {
    await field(page).fill('1-800-FLOWERS')
    await field(page).press('Enter')
    await expect.poll(() => dialled(main)).toMatchObject([{ number: '1-800-3569377' }])
  }))

test('what the guard asks is asked, with «no» at hand; «Call anyway» sends the same again; a refusal is only told', () =>
  withMain(async (main, page) => {
    main.on('call.dial', ({ confirmed }) => {
      if (!confirmed) throw new TroubleError('guard.askCountry', { country: 'Togo', code: '228' })
      return { callId: 'new' }
    })
    const ask = page.getByRole('dialog', { name: 'Before this call' })
    await field(page).fill('+228 22 123 456')
    await field(page).press('Enter')
    await expect(ask).toContainText('This is your first call to Togo (+228). Call there?')
    await expect(ask.getByRole('button', { name: 'Cancel' })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(ask).toHaveCount(0)
    expect(dialled(main)).toHaveLength(1)
    await expect(field(page)).toHaveValue('+228 22 123 456')
    await field(page).press('Enter')
    // A caller is within reach all the while.
    main.call(scriptedCall('in', 'Anna Björk', ringing))
    await page.getByRole('dialog', { name: 'Incoming call' }).getByRole('button', { name: 'Decline' }).click()
    await expect.poll(() => main.of('call.decline')).toEqual([{ callId: 'in' }])
    await ask.getByRole('button', { name: 'Call anyway' }).click()
    await expect.poll(() => dialled(main).at(-1)).toMatchObject({ number: '+228 22 123 456', origin: 'typed', confirmed: true })
    await expect(field(page)).toHaveValue('')
    main.remove('in')

    main.on('call.dial', () => {
      throw new TroubleError('guard.refusedPremium', { number: '0939 123' })
    })
    await page.waitForTimeout(800)
    await field(page).fill('0939 123')
    await field(page).press('Enter')
    await expect(page.getByText(/0939 123 costs more/)).toBeVisible()
    await expect(ask).toHaveCount(0)
  }))

test('keys of a call: letters and pasted sequences become tones, what was sent is hidden, and only the open keypad hears them', () =>
  withMain(async (main, page) => {
    main.call(scriptedCall('a', 'Anna Björk'))
    const sent = () => main.of('call.dtmf').map((each) => (each as { tones: string }).tones)
    await page.getByRole('button', { name: 'Keypad' }).click()
    const keypad = page.getByRole('dialog', { name: 'Keys for this call' })
    await page.keyboard.type('1a#')
    await paste(page, '12 34,,5')
    await expect.poll(sent).toEqual(['1', '2', '#', '1234,,5'])
    await expect(keypad.getByRole('status', { name: 'Sent' })).toHaveText('•••••••••5')
    await paste(page, 'PIN: 1234')
    await expect(keypad.getByText(/Only digits, letters/)).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page.getByRole('button', { name: 'Keypad' })).toBeFocused()
    await page.keyboard.type('99')
    expect(sent()).toHaveLength(4)
  }))

test('colleagues, voicemail, do-not-disturb and forwarding: said in words, one click each', () =>
  withMain(
    async (main, page) => {
      const list = page.getByRole('region', { name: 'Colleagues' })
      await expect(list.getByRole('listitem')).toHaveText([/Erik Lund.*Free/, /Åsa Öberg.*Ringing · Anna/, /Kim.*State not known/])
      await list.getByRole('button', { name: "Pick up Åsa Öberg's call" }).click()
      await expect.poll(() => main.of('colleague.pickUp')).toEqual([{ colleagueId: 'c1' }])
      await expect(list.getByRole('button', { name: "Pick up Erik Lund's call" })).toHaveCount(0)
      await list.getByRole('button', { name: 'Call 201', exact: true }).click()
      await expect.poll(() => dialled(main)).toMatchObject([{ number: '201', accountId: 'sales', origin: 'click' }])

      await bar(page).getByRole('button', { name: 'Voicemail: 3 new messages' }).click()
      await expect.poll(() => main.of('voicemail.listen')).toEqual([{ accountId: 'sales' }])
      main.bridge.emit('voicemail.changed', [{ accountId: 'sales', waiting: false, fresh: 0, old: 4 }])
      await expect(bar(page).getByRole('button', { name: /^Voicemail/ })).toHaveCount(0)

      const disturb = bar(page).getByRole('button', { name: 'Do not disturb', exact: true })
      await expect(bar(page).getByText('Ready')).toBeVisible()
      await disturb.click()
      await expect(disturb).toHaveAttribute('aria-pressed', 'true')
      await expect(bar(page).getByText('Do not disturb')).toBeVisible()
      await expect(bar(page).getByText('Ready')).toHaveCount(0)
      await disturb.click()
      await expect(bar(page).getByText('Ready')).toBeVisible()
      // How callers are refused is the rep's choice of last time.
      main.state.settings = { ...main.state.settings, doNotDisturbAs: 'unavailable' }
      main.bridge.emit('settings.changed', main.state.settings)
      await disturb.click()
      await expect.poll(() => main.state.settings.doNotDisturb).toBe('unavailable')
      await disturb.click()
      await expect(bar(page).getByText('Ready')).toBeVisible()

      await expect(page.getByText('All calls are forwarded to +46 8 555 00.')).toBeVisible()
      await page.getByRole('button', { name: 'Turn off' }).click()
      await expect(page.getByText(/forwarded to/)).toHaveCount(0)
      expect(main.state.settings).toMatchObject({ doNotDisturb: 'off', forwarding: { when: 'never', to: '+46 8 555 00' } })
    },
    {
      settings: {
        ...defaultSettings,
        country: 'SE',
        forwarding: { when: 'always', to: '+46 8 555 00', afterSeconds: 20 },
        colleagues: ['Erik Lund', 'Åsa Öberg', 'Kim'].map((name, n) => ({ id: `c${n}`, accountId: 'sales', number: `20${n + 1}`, name })),
      },
      colleagues: [
        { id: 'c0', state: 'idle', caller: null, trouble: null },
        { id: 'c1', state: 'ringing', caller: 'Anna', trouble: null },
      ],
      voicemail: [{ accountId: 'sales', waiting: true, fresh: 3, old: 1 }],
    },
  ))

test('after Answer and Hang up by keyboard the focus is where the rep goes on, and a focus elsewhere is left alone', () =>
  withMain(async (main, page) => {
    const pop = page.getByRole('dialog', { name: 'Incoming call' })
    const group = page.getByRole('group', { name: 'Anna Björk' })
    main.on('call.answer', () => main.change('a', { phase: 'connected', answeredAt: Date.now(), media: 'flowing' }))
    main.on('call.hangUp', () => main.change('a', { phase: 'ended', result: 'answered' }))
    main.call(scriptedCall('a', 'Anna Björk', ringing))
    await pop.getByRole('button', { name: 'Answer', exact: true }).focus()
    await page.keyboard.press('Enter')
    await expect(group).toBeFocused()
    await page.keyboard.press('Tab')
    await expect(group.getByRole('button', { name: 'Mute' })).toBeFocused()
    await group.getByRole('button', { name: 'Hang up' }).focus()
    await page.keyboard.press('Enter')
    await expect(field(page)).toBeFocused()
    main.remove('a')
    main.call(scriptedCall('a', 'Anna Björk', ringing))
    await field(page).focus()
    await page.keyboard.press('Control+Shift+A')
    await expect(group.getByRole('button', { name: 'Hang up' })).toBeVisible()
    await expect(field(page)).toBeFocused()
  }))
