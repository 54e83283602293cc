/** In a browser opened by hand, which plays nothing before a click: the banner says so, and stays until there was one. */
import { rmSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { freshLink, openChromium, startMain, temporaryProfile } from '../fixtures/app'

// A trace looks at the page, and to Chromium each look is a click by the rep; so is every question or answer of Playwright's: the page tells by its console.
test.use({ trace: 'off' })

test('«Click once so that calls can ring» stays until the click', async () => {
  const profile = temporaryProfile()
  const main = await startMain(profile)
  const context = await openChromium({ audible: true, without: ['--autoplay-policy=no-user-gesture-required'] })
  try {
    const page = context.pages()[0] ?? (await context.newPage())
    // Told by the page itself, so that nobody needs to look at it meanwhile.
    const seen: string[] = []
    page.on('console', (message) => {
      const state = /^banner (\w+)$/.exec(message.text())?.[1]
      if (state) seen.push(state)
    })
    await page.addInitScript(() => {
      if (globalThis.window !== globalThis.window.top) return
      let last = ''
      setInterval(() => {
        const now = document.body?.innerText.includes('Click once so that calls can ring') ? 'shown' : 'away'
        if (now !== last) console.log(`banner ${now}`)
        last = now
      }, 50)
    })
    await page.goto(freshLink(profile))
    await expect.poll(() => seen.at(-1), { timeout: 30_000 }).toBe('shown')
    await new Promise((done) => setTimeout(done, 2_000))
    expect(seen.at(-1)).toBe('shown')
    await page.mouse.click(500, 600)
    await expect.poll(() => seen.at(-1), { timeout: 15_000 }).toBe('away')
  } finally {
    await context.close()
    await main.stop()
    rmSync(profile, { recursive: true, force: true })
  }
})
