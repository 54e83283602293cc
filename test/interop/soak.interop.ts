/**
 * Calls in a row, out and in, ended by either side, through the whole product and Asterisk: none fails, and nothing is left
 * of them in main or in the page. `npm test` makes a few, the soak its full count.
 */

import { join } from 'node:path'
import { test as base, expect } from '@playwright/test'
import Database from 'better-sqlite3'
import { freshLink, openChromium, startMain, temporaryProfile } from '../fixtures/app'
import { peerAudio } from '../fixtures/audio'
import { inspectable, MainInspector, pageHolds, watchHeld } from '../fixtures/inspector'
import { connectPage } from '../fixtures/page-client'
import { Asterisk } from './asterisk/asterisk'
import { idle, pop } from './pbx'

const calls = process.env.RINGBOOK_SOAK ? 300 : 20
/** Caches fill and code is compiled during the first ones. */
const warmUp = process.env.RINGBOOK_SOAK ? 20 : 10

base(`${calls} calls in a row`, async () => {
  base.setTimeout(calls * 30_000 + 120_000)
  const pbx = await Asterisk.start()
  const profile = temporaryProfile()
  await fillRecent(profile)
  const main = await startMain(profile, { env: inspectable })
  const inspector = await MainInspector.open(main)
  const client = await connectPage(main.link)
  await client.send('accounts.save', { label: 'PBX', server: pbx.ws, user: 'alice', password: 'alicepw', keepPassword: 'session' })
  const context = await openChromium()
  await watchHeld(context)
  const page = context.pages()[0] ?? (await context.newPage())
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  try {
    await page.goto(freshLink(profile))
    await page.getByLabel('Number or name').waitFor()
    await expect.poll(async () => (await client.send('app.snapshot', {})).state.media.present).toBe(true)
    await expect
      .poll(async () =>
        (await client.send('app.snapshot', {})).state.accounts.some(({ kind, status }) => kind === 'sip' && status === 'registered'),
      )
      .toBe(true)

    const heard = () =>
      expect.poll(async () => (await peerAudio(page)).some((peer) => peer.packetsReceived > 10 && peer.packetsSent > 10)).toBe(true)
    const over = async () => {
      await expect
        .poll(async () => (await client.send('app.snapshot', {})).state.calls.filter(({ phase }) => phase !== 'ended').length)
        .toBe(0)
      for (const { record } of (await client.send('app.snapshot', {})).state.drafts) await client.send('log.skip', { callId: record.id })
      await expect(page.getByRole('button', { name: 'Hang up' })).toHaveCount(0)
    }
    const one = async (at: number) => {
      if (at % 2 === 0) {
        // Not typed: Chromium keeps a node of every text that a field has held, up to a thousand, for its undo.
        await client.send('call.dial', { number: '607', confirmed: true })
      } else {
        await pbx.callFrom(`+4681234${String(at).padStart(4, '0')}`, `Caller ${at}`, '100')
        await pop(page).getByRole('button', { name: 'Answer' }).click()
      }
      await heard()
      if (at % 4 < 2) await page.getByRole('button', { name: 'Hang up' }).click()
      else await pbx.rx('channel request hangup all')
      await over()
    }
    const failures: string[] = []
    const look = async (waitMs: number) => {
      await idle(pbx)
      await page.waitForTimeout(waitMs)
      return { main: await inspector.holds(), page: await pageHolds(page) }
    }
    const fresh = await look(0)
    let before = fresh
    for (let at = 0; at < calls; at++) {
      await one(at).catch(async (error: unknown) => {
        failures.push(`${at}: ${String(error).slice(0, 300)}`)
        await pbx.rx('channel request hangup all')
        await over().catch(() => undefined)
      })
      if (at === warmUp - 1) before = await look(12_000)
      if (at % 50 === 49) console.log(`${at + 1} calls, ${failures.length} failed, main ${inspector.rss().toFixed(0)} MB`)
    }
    // SIP transactions that wait for nobody end after 32 s (RFC 3261, timers H and L).
    const after = await look(36_000)
    console.log(`${calls} calls, failures: ${failures.length}`)
    console.log(`before: ${JSON.stringify(rounded(fresh))}`)
    console.log(`after ${warmUp} calls: ${JSON.stringify(rounded(before))}`)
    console.log(`after ${calls} calls: ${JSON.stringify(rounded(after))}`)
    expect(failures).toEqual([])
    expect(errors).toEqual([])
    const more = calls - warmUp
    expect(after.main.sockets).toBeLessThanOrEqual(before.main.sockets)
    expect(after.main.timers).toBeLessThanOrEqual(fresh.main.timers + 2)
    expect(after.main.heap - before.main.heap).toBeLessThan(3 + more * 0.02)
    expect(after.page.peers).toBe(before.page.peers)
    expect(after.page.timers).toBeLessThanOrEqual(before.page.timers + 2)
    // A line of recent calls may be longer than another.
    expect(after.page.nodes - before.page.nodes).toBeLessThan(60)
    expect(after.page.listeners - before.page.listeners).toBeLessThan(10)
    expect(after.page.heap - before.page.heap).toBeLessThan(3 + more * 0.02)
  } finally {
    client.close()
    inspector.close()
    await context.close()
    await main.stop()
    await pbx.stop()
  }
})

/** The list of recent calls is full from the start, so that what grows is a leak. */
async function fillRecent(profile: string): Promise<void> {
  await (await startMain(profile)).stop()
  const store = new Database(join(profile, 'ringbook.sqlite'))
  const add = store.prepare(
    `INSERT INTO calls (id, account_id, account_label, direction, number, started_at, utc_offset, answered_at, talk_ms, result)
     VALUES (?, 'practice', 'Practice line', 'outgoing', ?, ?, 0, ?, 61000, 'answered')`,
  )
  for (let at = 0; at < 30; at++)
    add.run(`old-${at}`, `+4681239${String(at).padStart(3, '0')}`, Date.now() - 3_600_000 * (at + 1), Date.now())
  store.close()
}

function rounded<T extends object>(looks: T): T {
  return JSON.parse(JSON.stringify(looks, (_key, value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value))) as T
}
