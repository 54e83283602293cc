/** When the browser host ends by itself: with the last page of its own Chromium, and never during a call. */
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Bridge } from '../../bridge/bridge'
import { systemClock } from '../../clock'
import { silentLog } from '../../log'
import { openProfile } from '../../profile/folder'
import { BrowserHost } from './host'

let host: BrowserHost
let live: boolean
let ended: string[]
const patience = 400

beforeEach(async () => {
  live = false
  ended = []
  const folder = mkdtempSync(join(tmpdir(), 'ringbook-ending-'))
  mkdirSync(join(folder, 'pages/app'), { recursive: true })
  writeFileSync(join(folder, 'pages/app/index.html'), '<head>')
  host = new BrowserHost({
    profile: openProfile(join(folder, 'profile')),
    log: silentLog(),
    clock: systemClock,
    pages: join(folder, 'pages'),
    port: null,
    exit: () => ended.push('exit'),
    patience,
  })
  await host.serve({
    bridge: new Bridge(silentLog()),
    showScreen: () => {},
    hasLiveCalls: () => live,
    shutdown: async () => void ended.push('shutdown'),
  })
})
afterEach(() => host.quit())

async function page(own: boolean): Promise<WebSocket> {
  const [origin, body] = host.link(own).split('/#') as [string, string]
  const { headers } = await fetch(`${origin}/session`, { method: 'POST', body, headers: { origin } })
  const cookie = headers.get('set-cookie')?.split(';')[0] as string
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/bridge?window=app`, { headers: { cookie, origin } })
  await once(socket, 'open')
  return socket
}
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))

it('ends once the last page of its own Chromium has gone, main’s subjects first', async () => {
  ;(await page(true)).terminate()
  await expect.poll(() => ended, { timeout: 10_000 }).toEqual(['shutdown', 'exit'])
})

it('stays when the page comes back, as after a reload', async () => {
  ;(await page(true)).terminate()
  const back = await page(true)
  await wait(3 * patience)
  expect(ended).toEqual([])
  back.terminate()
})

it('stays while a call is live, and ends after it', async () => {
  live = true
  ;(await page(true)).terminate()
  await wait(3 * patience)
  expect(ended).toEqual([])
  live = false
  await expect.poll(() => ended, { timeout: 10_000 }).toEqual(['shutdown', 'exit'])
})

it('is not ended by a browser that was opened by hand', async () => {
  ;(await page(false)).terminate()
  await wait(3 * patience)
  expect(ended).toEqual([])
})
