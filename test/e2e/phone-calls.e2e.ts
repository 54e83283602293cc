/** What the window shows of several calls, and what it asks of main, driven by a main whose facts the test says itself. */
import type { Page } from '@playwright/test'
import { expect, test } from '@playwright/test'
import { TroubleError } from '../../main/trouble'
import { defaultSettings } from '../../preload/contract'
import { ringing, type ScriptedMain, scriptedAccount, scriptedCall, startScripted } from '../fixtures/scripted-main'

const party = (page: Page, name: string) => page.getByRole('group', { name, exact: true })
const button = (page: Page, name: string, of: string) => party(page, name).getByRole('button', { name: of, exact: true })
const accounts = [scriptedAccount('sales', 'Sales', { isDefault: true }), scriptedAccount('support', 'Support', { color: 'orange' })]

/** Runs a test's steps against a scripted main and takes it down whatever comes of them. */
async function withMain(
  steps: (main: ScriptedMain, page: Page) => Promise<void>,
  ...start: Parameters<typeof startScripted>
): Promise<void> {
  const main = await startScripted(...start)
  try {
    await steps(main, main.page)
  } finally {
    await main.close()
  }
}

test('two calls: the held one is a line with its time, one click takes it back, and neither changes its place', () =>
  withMain(
    async (main, page) => {
      main.call(scriptedCall('a', 'Anna Björk'))
      main.call(scriptedCall('b', 'Erik Lund', { accountId: 'support', accountLabel: 'Support' }))
      main.change('a', { hold: 'held' })
      await expect(party(page, 'Anna Björk').getByText(/^On hold/)).toBeVisible()
      await expect(party(page, 'Anna Björk')).toContainText(/On hold 0:0\d/)
      await expect(party(page, 'Erik Lund').getByText('Support')).toBeVisible()
      await expect(button(page, 'Anna Björk', 'Hold')).toHaveAttribute('aria-pressed', 'true')
      const names = () => page.getByRole('region', { name: 'Calls', exact: true }).getByRole('group', { name: /./ })
      expect(await names().evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))).toEqual(['Anna Björk', 'Erik Lund'])
      await button(page, 'Anna Björk', 'Resume').click()
      await expect.poll(() => main.of('call.hold')).toEqual([{ callId: 'a', held: false }])
      main.change('b', { hold: 'held' })
      main.change('a', { hold: 'resuming' })
      await expect(party(page, 'Anna Björk').getByText('Resuming…')).toBeVisible()
      await expect(button(page, 'Anna Björk', 'Resume')).toBeDisabled()
      main.change('a', { hold: 'none' })
      await expect(button(page, 'Anna Björk', 'Resume')).toHaveCount(0)
      await expect(button(page, 'Erik Lund', 'Resume')).toBeVisible()
      expect(await names().evaluateAll((all) => all.map((each) => each.getAttribute('aria-label')))).toEqual(['Anna Björk', 'Erik Lund'])
      // Each name once in each call.
      for (const [who, what] of [
        ['Anna Björk', ['Mute', 'Hold', 'Keypad', 'Transfer', 'Hang up']],
        ['Erik Lund', ['Hold', 'Transfer', 'Hang up', 'Resume']],
      ] as const)
        for (const name of what) await expect(button(page, who, name), `${name} of ${who}`).toHaveCount(1)
    },
    { accounts },
  ))

test('hold says what is so: holding until it is accepted, their hold as theirs, and what failed', () =>
  withMain(async (main, page) => {
    main.call(scriptedCall('a', 'Anna Björk'))
    const place = await button(page, 'Anna Björk', 'Hang up').boundingBox()
    main.on('call.hold', () => {
      throw new TroubleError('call.notConnected')
    })
    await button(page, 'Anna Björk', 'Hold').click()
    await expect(page.getByText('Wait until the call is connected.')).toBeVisible()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    main.change('a', { hold: 'holding' })
    await expect(party(page, 'Anna Björk').getByText('Holding…')).toBeVisible()
    await expect(button(page, 'Anna Björk', 'Hold')).toBeDisabled()
    await expect(party(page, 'Anna Björk').getByText(/^On hold/)).toHaveCount(0)
    main.change('a', { hold: 'held' })
    await expect(party(page, 'Anna Björk').getByText(/^On hold/)).toBeVisible()
    await expect(button(page, 'Anna Björk', 'Keypad')).toBeDisabled()
    // All its buttons are where they were.
    expect(await button(page, 'Anna Björk', 'Hang up').boundingBox()).toEqual(place)
    main.change('a', { hold: 'none', heldByRemote: true })
    await expect(party(page, 'Anna Björk').getByText('They have put you on hold')).toBeVisible()
  }))

test('a call that comes in while one is on says whom answering puts on hold, and can be sent elsewhere by keyboard alone', () =>
  withMain(async (main, page) => {
    main.call(scriptedCall('a', 'Anna Björk'))
    main.call(scriptedCall('b', 'Erik Lund', ringing))
    const pop = page.getByRole('dialog', { name: 'Incoming call' })
    await expect(pop.getByRole('button', { name: 'Answer', exact: true })).toHaveAccessibleDescription('Holds Anna Björk')
    await pop.getByRole('button', { name: 'Forward to…' }).focus()
    await page.keyboard.press('Enter')
    const field = pop.getByRole('textbox', { name: 'Forward to' })
    await expect(field).toBeFocused()
    await page.keyboard.type('2')
    await page.keyboard.press('Escape')
    await expect(field).toHaveCount(0)
    expect([main.of('call.decline'), main.of('call.answer')]).toEqual([[], []])
    await pop.getByRole('button', { name: 'Forward to…' }).click()
    await page.keyboard.type('201')
    await page.keyboard.press('Enter')
    await expect.poll(() => main.of('call.forward')).toMatchObject([{ callId: 'b', target: '201' }])
    expect([main.of('call.decline'), main.of('call.answer')]).toEqual([[], []])
  }))

test('transfer: a colleague found by name, asked first by Enter or handed over by its own button; two calls are connected', () =>
  withMain(
    async (main, page) => {
      main.call(scriptedCall('a', 'Anna Björk'))
      const panel = page.getByRole('dialog', { name: 'Transfer Anna Björk' })
      await button(page, 'Anna Björk', 'Transfer').click()
      const field = panel.getByRole('combobox', { name: 'Transfer to' })
      await expect(field).toBeFocused()
      await expect(panel.getByRole('option')).toHaveText([/Erik Lund.*Free · 201/, /Kim.*On the phone · 202/])
      await expect(panel.getByRole('button', { name: 'Transfer now' })).toBeDisabled()
      await page.keyboard.type('erik')
      await expect(panel.getByRole('option')).toHaveCount(1)
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await expect(field).toHaveValue('Erik Lund')
      expect(main.of('call.consult')).toEqual([])
      await page.keyboard.press('Enter')
      await expect.poll(() => main.of('call.consult')).toEqual([{ callId: 'a', target: '201', confirmed: false }])
      await expect(panel).toHaveCount(0)

      await button(page, 'Anna Björk', 'Transfer').click()
      await field.fill('+46 70 123 45 67')
      await panel.getByRole('button', { name: 'Transfer now' }).click()
      await expect.poll(() => main.of('call.transfer')).toEqual([{ callId: 'a', target: '+46 70 123 45 67', confirmed: false }])
      main.change('a', { transfer: { kind: 'blind', target: '+46 70 123 45 67', state: 'ringing' } })
      await expect(party(page, 'Anna Björk').getByText('Transferring to +46 70 123 45 67: ringing there…')).toBeVisible()
      main.change('a', { transfer: null, trouble: { code: 'transfer.busy', params: {} } })
      await expect(party(page, 'Anna Björk').getByText(/busy.*still yours/)).toBeVisible()

      main.call(scriptedCall('b', 'Erik Lund', { hold: 'held' }))
      await button(page, 'Anna Björk', 'Transfer').click()
      await panel.getByRole('button', { name: 'Connect with Erik Lund' }).click()
      await expect.poll(() => main.of('call.connect')).toEqual([{ callId: 'a', withCallId: 'b' }])
      await button(page, 'Anna Björk', 'Transfer').click()
      await page.keyboard.press('Escape')
      await expect(panel).toHaveCount(0)
      await expect(button(page, 'Anna Björk', 'Transfer')).toBeFocused()
    },
    {
      settings: {
        ...defaultSettings,
        country: 'SE',
        colleagues: ['Erik Lund', 'Kim'].map((name, n) => ({ id: `c${n}`, accountId: 'sales', number: `20${n + 1}`, name })),
      },
      colleagues: (['idle', 'busy'] as const).map((state, n) => ({ id: `c${n}`, state, caller: null, trouble: null })),
    },
  ))

test('a consultation can be connected once it is answered, ended, or made a conference', () =>
  withMain(async (main, page) => {
    main.call(scriptedCall('a', 'Anna Björk', { hold: 'held' }))
    main.call(scriptedCall('b', 'Erik Lund', { consultsFor: 'a', phase: 'ringing', answeredAt: null, talkMs: 0 }))
    await expect(button(page, 'Erik Lund', 'Connect them')).toBeDisabled()
    await expect(button(page, 'Erik Lund', 'Back to Anna Björk')).toBeEnabled()
    main.change('b', { phase: 'connected', answeredAt: Date.now() })
    await button(page, 'Erik Lund', 'Connect them').click()
    await expect.poll(() => main.of('call.connect')).toEqual([{ callId: 'a', withCallId: 'b' }])
    await button(page, 'Erik Lund', 'Make it a conference').click()
    await expect.poll(() => main.of('conference.start')).toEqual([{ callIds: ['a', 'b'] }])
    await button(page, 'Erik Lund', 'Back to Anna Björk').click()
    await expect.poll(() => main.of('call.hangUp')).toEqual([{ callId: 'b' }])
  }))

test('a conference: each party by itself, and the rep for all of it', () =>
  withMain(async (main, page) => {
    main.call(scriptedCall('a', 'Anna Björk'))
    main.call(scriptedCall('b', 'Erik Lund', { hold: 'held' }))
    await button(page, 'Anna Björk', 'More').click()
    await page.getByRole('menuitem', { name: 'Conference with Erik Lund' }).click()
    await expect.poll(() => main.of('conference.start')).toEqual([{ callIds: ['a', 'b'] }])
    main.change('a', { inConference: true })
    main.change('b', { inConference: true, hold: 'none' })
    // The buttons that had the focus are gone: it is with what took their place.
    await expect(party(page, 'Conference')).toBeFocused()
    await button(page, 'Anna Björk', 'Mute').click()
    await expect.poll(() => main.of('conference.mute')).toEqual([{ callId: 'a', muted: true }])
    main.change('a', { partyMuted: true })
    await expect(button(page, 'Anna Björk', 'Mute')).toHaveAttribute('aria-pressed', 'true')
    await expect(party(page, 'Anna Björk').getByText('Muted by you')).toBeVisible()
    await button(page, 'Conference', 'Mute').click()
    await expect.poll(() => main.of('call.mute')).toHaveLength(2)
    await button(page, 'Erik Lund', 'Split').click()
    await expect.poll(() => main.of('conference.split')).toEqual([{ callId: 'b' }])
    await button(page, 'Erik Lund', 'Hang up').click()
    await expect.poll(() => main.of('call.hangUp')).toEqual([{ callId: 'b' }])
    await button(page, 'Conference', 'Leave').click()
    await expect.poll(() => main.of('conference.leave')).toEqual([{}])
    await button(page, 'Conference', 'End for all').click()
    await expect.poll(() => main.of('call.hangUp')).toHaveLength(3)
  }))

test('the far end’s wish that the rep call elsewhere is said with its warning, and nothing happens before a word', () =>
  withMain(async (main, page) => {
    const referral = {
      target: 'sip:+46939123@x',
      display: '+46 939 123',
      warning: { code: 'guard.askPremium', params: { number: '+46 939 123' } },
      mayAccept: true,
    }
    main.call(scriptedCall('a', 'Erik Lund', { referral }))
    await expect(party(page, 'Erik Lund').getByText('Erik Lund asks you to call +46 939 123.')).toBeVisible()
    await expect(party(page, 'Erik Lund').getByText(/costs more/)).toBeVisible()
    expect(main.of('call.referral')).toEqual([])
    await button(page, 'Erik Lund', 'Call +46 939 123').click()
    await button(page, 'Erik Lund', 'Refuse').click()
    await expect
      .poll(() => main.of('call.referral'))
      .toEqual([
        { callId: 'a', accept: true, confirmed: true },
        { callId: 'a', accept: false, confirmed: false },
      ])
  }))

test('a recording is seen on every screen, is asked about the first time only, and a weak network is said in words', () =>
  withMain(async (main, page) => {
    main.call(scriptedCall('a', 'Anna Björk'))
    const more = button(page, 'Anna Björk', 'More')
    await more.click()
    await page.getByRole('menuitemcheckbox', { name: 'Record' }).click()
    const ask = page.getByRole('dialog', { name: 'Before you record' })
    await expect(ask.getByRole('note')).toContainText('everybody on a call must agree')
    await expect(ask.getByRole('button', { name: 'Cancel' })).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(ask).toHaveCount(0)
    expect(main.of('recording.start')).toEqual([])
    await more.click()
    await page.getByRole('menuitemcheckbox', { name: 'Record' }).click()
    await ask.getByRole('button', { name: 'Start recording' }).click()
    await expect.poll(() => main.of('recording.start')).toEqual([{ callId: 'a' }])
    main.change('a', { recording: 'on' })
    for (const screen of ['History', 'Contacts', 'Settings', 'Phone']) {
      await page.getByRole('navigation').getByRole('button', { name: screen }).click()
      await expect(party(page, 'Anna Björk').getByText('Recording', { exact: true })).toBeVisible()
    }
    await more.click()
    await expect(page.getByRole('menuitemcheckbox', { name: 'Record' })).toHaveAttribute('aria-checked', 'true')
    await page.getByRole('menuitemcheckbox', { name: 'Record' }).click()
    await expect.poll(() => main.of('recording.stop')).toEqual([{ callId: 'a' }])

    const quality = (mos: number, warning: 'loss' | null) =>
      main.bridge.emit('call.quality', {
        callId: 'a',
        sample: { atMs: 2000, mos, roundTrip: 41.6, jitter: 3.26, loss: 0.082 },
        codec: 'opus',
        warning,
      })
    quality(4.3, null)
    await expect(page.getByRole('button', { name: 'Sound quality: Good, MOS 4.3' })).toBeVisible()
    quality(3.1, 'loss')
    const mark = page.getByRole('button', { name: 'Sound quality: Poor, MOS 3.1' })
    await expect(party(page, 'Anna Björk').getByText(/Your network is losing packets/)).toBeVisible()
    await mark.click()
    await expect(page.getByRole('dialog', { name: 'Sound quality' })).toContainText(/42 ms.*3.3 ms.*8.2 %.*opus/)
    await page.keyboard.press('Escape')
    await expect(mark).toBeFocused()
    quality(4.3, null)
    await expect(page.getByText(/Your network is losing packets/)).toHaveCount(0)
    // On hold nothing is heard: what was measured before is not said any more.
    quality(3.1, 'loss')
    await expect(page.getByText(/Your network is losing packets/)).toBeVisible()
    main.change('a', { hold: 'held' })
    await expect(page.getByText(/Your network is losing packets/)).toHaveCount(0)
  }))

test('four calls with long and right-to-left names fit the smallest window, buttons within reach', () =>
  withMain(
    async (main, page) => {
      const long = `Maximiliane ${'von Hohenzollern-Sigmaringen '.repeat(4)}`.slice(0, 120).trim()
      for (const [n, name] of ['Anna Björk', 'محمد عبد الله بن عبد العزيز', 'Kim Min-jun'].entries())
        main.call(scriptedCall(`h${n}`, name, { hold: 'held' }))
      main.call(scriptedCall('b', long))
      for (const name of ['Mute', 'Hold', 'Keypad', 'Transfer', 'More', 'Hang up']) {
        const box = await button(page, long, name).boundingBox()
        expect(box && box.x >= 0 && box.x + box.width <= 380 && box.y + box.height <= 560 - 50, `${name} ${JSON.stringify(box)}`).toBe(true)
      }
      // And with somebody calling, forwarding said, and a recording on each line.
      main.state.settings = { ...main.state.settings, forwarding: { when: 'noAnswer', to: '+46 8 999 99 99', afterSeconds: 20 } }
      main.bridge.emit('settings.changed', main.state.settings)
      for (const n of [0, 1, 2]) main.change(`h${n}`, { recording: 'on' })
      main.call(scriptedCall('r', 'Erik Lund', ringing))
      const answer = page.getByRole('dialog', { name: 'Incoming call' }).getByRole('button', { name: 'Answer', exact: true })
      await expect(answer).toBeInViewport({ ratio: 1 })
      await expect(button(page, long, 'Hang up')).toBeInViewport({ ratio: 1 })
      main.remove('r')
      await button(page, 'Kim Min-jun', 'Resume').click()
      await expect.poll(() => main.of('call.hold')).toEqual([{ callId: 'h2', held: false }])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(380)
    },
    {},
    { viewport: { width: 380, height: 560 } },
  ))
