/** How a call sounds: the codec that the account prefers, and what the rep is told when the network loses packets on the way. */
import type { Codec } from '../../preload/contract'
import { expect, freshLink, openChromium, startMain, temporaryProfile, test } from '../fixtures/app'
import { peerAudio } from '../fixtures/audio'
import { connectPage } from '../fixtures/page-client'
import { Asterisk } from './asterisk/asterisk'
import { FarPbx } from './far-pbx'
import { audioBothWays, dial, signIn } from './pbx'

test('each codec that an account may prefer is spoken with the PBX', async () => {
  const pbx = await Asterisk.start()
  const main = await startMain(temporaryProfile())
  const client = await connectPage(main.link)
  const context = await openChromium()
  const page = context.pages()[0] ?? (await context.newPage())
  try {
    const wanted: Codec[] = ['PCMU', 'PCMA', 'G722', 'opus']
    const account = { label: 'PBX', server: pbx.ws, user: 'alice', password: 'alicepw', keepPassword: 'session' } as const
    const registered = async () =>
      (await client.send('app.snapshot', {})).state.accounts.some(({ kind, status }) => kind === 'sip' && status === 'registered')
    const { state } = await client.send('app.snapshot', {})
    await page.goto(freshLink(state.host.profile))
    await page.getByLabel('Number or name').waitFor()
    let id: string | undefined
    for (const first of wanted) {
      const codecs = [first, ...wanted.filter((codec) => codec !== first)]
      id = (await client.send('accounts.save', { ...account, codecs, ...(id ? { id } : {}) })).accountId
      await expect.poll(registered).toBe(true)
      const call = await dial(page, '607')
      await audioBothWays(page)
      const spoken = await pbx.rx('core show channels concise')
      const channel = /^(PJSIP\/alice-[^!]+)!/m.exec(spoken)?.[1] ?? ''
      const format = /NativeFormats: \(([^)]*)\)/.exec(await pbx.rx(`core show channel ${channel}`))?.[1]
      console.log(`${first}: Asterisk speaks ${format}`)
      expect(format).toBe({ PCMU: 'ulaw', PCMA: 'alaw', G722: 'g722', opus: 'opus' }[first])
      await call.getByRole('button', { name: 'Hang up' }).click()
      await expect(call.getByRole('button', { name: 'Hang up' })).toBeHidden()
      for (const { record } of (await client.send('app.snapshot', {})).state.drafts) await client.send('log.skip', { callId: record.id })
    }
  } finally {
    client.close()
    await context.close()
    await main.stop()
    await pbx.stop()
  }
})

test.describe('on a network that loses packets', () => {
  test.skip(!process.env.RINGBOOK_OWN_NETWORK, 'packets can be lost in a network of the test’s own only')

  let far: FarPbx
  // Main is told of the authority when it starts.
  test.beforeAll(async () => {
    far = await FarPbx.start()
  })
  test.afterAll(() => far?.stop())
  test.afterEach(() => far.mend())

  test('the rep is told once it lasts, no longer when it is over, and History keeps what was heard', async ({ page }) => {
    await signIn(page, { server: far.pbx.wss, user: 'alice' })
    const call = await dial(page, '607')
    await audioBothWays(page)
    const warning = page.getByText('Your network is losing packets')
    await page.waitForTimeout(5_000)
    await expect(warning).toBeHidden()
    let from = performance.now()
    far.lose(15)
    await expect(warning).toBeVisible({ timeout: 60_000 })
    console.log(`15 % lost: said after ${((performance.now() - from) / 1000).toFixed(1)} s`)
    await expect(page.getByRole('button', { name: /^Sound quality: (Fair|Poor)/ })).toBeVisible({ timeout: 30_000 })
    from = performance.now()
    far.restore()
    await expect(warning).toBeHidden({ timeout: 60_000 })
    console.log(`nothing lost: taken back after ${((performance.now() - from) / 1000).toFixed(1)} s`)
    expect((await peerAudio(page)).length).toBe(1)
    await call.getByRole('button', { name: 'Hang up' }).click()
    await page
      .getByRole('navigation')
      .getByRole('button', { name: /History/ })
      .click()
    await page.getByRole('grid', { name: 'Calls' }).locator('[data-key]').first().click()
    const sound = page.getByRole('region', { name: 'Sound quality' })
    await expect(sound).toContainText('opus')
    const lost = /Loss\s*([\d.,]+)/i.exec((await sound.textContent()) ?? '')?.[1] ?? '0'
    console.log(`kept: ${await sound.textContent()}`)
    expect(Number(lost.replace(',', '.'))).toBeGreaterThan(1)
  })
})
