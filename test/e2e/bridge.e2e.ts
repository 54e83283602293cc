/** The way between page and main in the browser host: real processes, real Chromium, the pages' own end of the bridge. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type BrowserContext, expect, type Frame, type Page, test } from '@playwright/test'
import { build } from 'vite'
import { chromiumPath, openChromium, testSwitches } from '../fixtures/app'
import type { AppHarness } from '../fixtures/bridge/pages/app/main'
import type { MediaHarness } from '../fixtures/bridge/pages/media/main'

const root = resolve(import.meta.dirname, '../..')
const fixtures = join(root, 'test/fixtures/bridge')
// Inside the tree, so that the built main finds the packages.
const built = join(root, 'out', `bridge-test-${process.pid}`)

test.beforeAll(async () => {
  await build({ configFile: false, root, logLevel: 'error', build: { ssr: join(fixtures, 'main.ts'), outDir: join(built, 'main') } })
  await build({
    configFile: false,
    root: join(fixtures, 'pages'),
    base: './',
    logLevel: 'error',
    build: {
      outDir: join(built, 'pages'),
      rollupOptions: { input: { app: join(fixtures, 'pages/app/index.html'), media: join(fixtures, 'pages/media/index.html') } },
    },
  })
})
test.afterAll(() => rmSync(built, { recursive: true, force: true }))

interface Main {
  readonly child: ChildProcess
  /** What has been said, parsed. */
  readonly said: { link?: string; window?: string; present?: boolean; own?: boolean; exit?: number }[]
  ask(what: unknown): void
  kill(): Promise<void>
}
let profile: string
let main: Main
let context: BrowserContext

async function startMain(): Promise<Main> {
  const child = spawn(process.execPath, [join(built, 'main/main.js'), profile, join(built, 'pages')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const said: Main['said'] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)))
  await expect.poll(() => linkOf({ said })).toBeTruthy()
  return {
    child,
    said,
    ask: (what) => child.stdin.write(`${JSON.stringify(what)}\n`),
    kill: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
const linkOf = ({ said }: Pick<Main, 'said'>) => said.findLast(({ link }) => link)?.link
/** A fresh link of the running main. */
async function freshLink(): Promise<string> {
  const before = main.said.length
  main.ask('link')
  await expect.poll(() => main.said.length).toBeGreaterThan(before)
  return linkOf(main) as string
}
const openWindows = (kind: string) =>
  main.said.reduce((count, { window, present }) => count + (window === kind ? (present ? 1 : -1) : 0), 0)

test.beforeEach(async () => {
  profile = mkdtempSync(join(tmpdir(), 'ringbook-bridge-'))
  main = await startMain()
  context = await openChromium()
})
test.afterEach(async () => {
  await context.close()
  if (main.child.exitCode === null && main.child.signalCode === null) await main.kill()
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
})

async function openApp(link?: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(link ?? ((linkOf(main) as string).split('#')[0] as string))
  await page.waitForFunction(() => 'harness' in window && (window.harness as AppHarness).connection[0])
  return page
}
/** What the page's harness holds. */
const of = <T>(page: Page, read: (harness: AppHarness) => T | Promise<T>) =>
  page.evaluate(`(${read.toString()})(window.harness)`) as Promise<T>
const mediaFrame = (page: Page): Frame | undefined => page.frames().find((frame) => frame.url().includes('/media/'))
const told = async (page: Page) =>
  (await mediaFrame(page)?.evaluate(() => (window as unknown as { harness?: MediaHarness }).harness?.told)) ?? null

test('a link lets a page in once, and no token stays in its address', async () => {
  const link = linkOf(main) as string
  const page = await openApp(link)
  expect(new URL(page.url())).toMatchObject({ pathname: '/app/', hash: '' })
  expect(await of(page, ({ early }) => early)).toEqual({})
  // The script cannot read the cookie; the page stays in when it is loaded again, and a second page is let in by it.
  expect(await page.evaluate(() => document.cookie)).toBe('')
  await page.reload()
  await page.waitForFunction(() => 'harness' in window && (window.harness as AppHarness).connection[0])
  await openApp()
  await expect.poll(() => openWindows('app')).toBe(2)

  const stranger = await openChromium()
  const other = await stranger.newPage()
  await other.goto(link)
  await expect(other.getByText('--print-link')).toBeVisible()
  expect(new URL(other.url()).hash).toBe('')
  await other.goto(await freshLink())
  await expect.poll(() => openWindows('app')).toBe(3)
  // A page that is in already uses a fresh link up instead of leaving it in its address.
  const spent = await freshLink()
  await page.goto(spent)
  await expect.poll(() => new URL(page.url()).hash).toBe('')
  await other.context().clearCookies()
  await other.goto(spent)
  await expect(other.getByText('--print-link')).toBeVisible()
  await stranger.close()
})

test('our own Chromium opens by a file, is known as ours, and shows no token to other users', async () => {
  // What a test adds: no display, no microphone, and (as root) no sandbox.
  const wrapper = join(profile, 'chromium')
  writeFileSync(wrapper, `#!/bin/sh\necho $$ > '${profile}/pid'\nexec '${chromiumPath}' --headless=new ${testSwitches.join(' ')} "$@"\n`, {
    mode: 0o755,
  })
  main.ask({ open: wrapper })
  await expect.poll(() => openWindows('media')).toBe(1)
  expect(main.said.findLast(({ window }) => window === 'media')).toMatchObject({ present: true, own: true })
  const pid = Number(readFileSync(join(profile, 'pid'), 'utf8'))
  const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  expect(line).toContain('--autoplay-policy=no-user-gesture-required')
  expect(line.join(' ')).not.toContain('127.0.0.1')
  process.kill(pid)
  await expect.poll(() => openWindows('app')).toBe(0)
  await expect.poll(() => main.said.some(({ exit }) => exit !== undefined)).toBe(true)
})

test('commands are answered, troubles arrive as such, events carry their number', async () => {
  const page = await openApp(linkOf(main))
  expect(await of(page, ({ send }) => send('window.online', {}))).toEqual({})
  expect(await of(page, ({ send }) => send('call.answer', { callId: '1' }))).toBe('media.absent')
  expect(await of(page, ({ send }) => send('call.answer', { callId: '' }))).toBe('bridge.badInput')
  main.ask({ event: 'window.show', payload: { screen: 'history', callId: null } })
  main.ask({ event: 'media.cancel', payload: { request: 1 } })
  main.ask({ event: 'window.show', payload: { screen: 'contacts', callId: null } })
  await expect
    .poll(() => of(page, ({ shown }) => shown))
    .toEqual([
      ['history', 1],
      ['contacts', 3],
    ])
  await of(page, ({ stopListening }) => stopListening())
  main.ask({ event: 'window.show', payload: { screen: 'phone', callId: null } })
  await of(page, ({ send }) => send('window.online', {}))
  expect(await of(page, ({ shown }) => shown.length)).toBe(2)
})

test('a killed main: what was on its way fails at once, and the page is back by itself when main is', async () => {
  const page = await openApp(linkOf(main))
  const asked = of(page, ({ send }) => send('call.hangUp', { callId: '1' }))
  await of(page, ({ send }) => send('window.online', {}))
  await main.kill()
  expect(await asked).toBe('bridge.lost')
  await expect.poll(() => of(page, ({ connection }) => connection)).toEqual([true, false])
  expect(await of(page, ({ send }) => send('window.online', {}))).toBe('bridge.lost')
  main = await startMain()
  await expect.poll(() => of(page, ({ connection }) => connection)).toEqual([true, false, true])
  expect(await of(page, ({ send }) => send('window.online', {}))).toEqual({})
  await expect.poll(() => openWindows('media')).toBe(1)
})

test('a media page that could not be loaded, or whose script was lost, is loaded again', async () => {
  // As when main is killed while the frame loads: first nothing answers, then the page comes without its script.
  const refused: string[] = []
  const refuseOnce = (what: string, isIt: (path: string) => boolean) =>
    context.route(
      (url) => isIt(url.pathname),
      (route) => {
        if (refused.includes(what)) return route.continue()
        refused.push(what)
        return route.abort('connectionrefused')
      },
    )
  await refuseOnce('page', (path) => path === '/media/')
  await refuseOnce('script', (path) => path.startsWith('/assets/media-'))
  const page = await openApp(linkOf(main))
  await expect.poll(() => told(page).catch(() => null)).toEqual(['connected'])
  expect(refused).toEqual(['page', 'script'])
})

test('of several pages one holds audio, and the next takes over when it goes', async () => {
  const first = await openApp(linkOf(main))
  const second = await openApp()
  const third = await openApp()
  await expect.poll(() => told(first)).toEqual(['connected'])
  expect([mediaFrame(second), mediaFrame(third)]).toEqual([undefined, undefined])
  await first.close()
  await expect.poll(() => told(second)).toEqual(['connected'])
  expect(mediaFrame(third)).toBeUndefined()
  await second.reload()
  await expect.poll(async () => [await told(second), await told(third)].filter(Boolean)).toEqual([['connected']])
  const holder = mediaFrame(second) ? second : third
  await of(holder, ({ leave }) => leave())
  await expect.poll(() => told(holder === second ? third : second)).toEqual(['connected'])
  expect(mediaFrame(holder)).toBeUndefined()
  expect(openWindows('media')).toBe(1)
})

test('a page that crashes hands audio on', async () => {
  const first = await openApp(linkOf(main))
  await expect.poll(() => told(first)).toEqual(['connected'])
  const second = await openApp()
  const crashing = await context.newCDPSession(first)
  const began = performance.now()
  crashing.send('Page.crash').catch(() => {})
  await expect.poll(() => told(second), { intervals: [20] }).toEqual(['connected'])
  console.log(`audio was handed on ${Math.round(performance.now() - began)} ms after the crash`)
  await expect.poll(() => openWindows('media')).toBe(1)
})

test('a second browser takes audio over, and the first has it back when that one goes', async () => {
  const first = await openApp(linkOf(main))
  await expect.poll(() => told(first)).toEqual(['connected'])
  const other = await openChromium()
  const second = await other.newPage()
  await second.goto(await freshLink())
  await expect.poll(() => told(second)).toEqual(['connected'])
  await expect.poll(() => told(first)).toEqual(['connected', 'lost', 'retired'])
  main.ask({ event: 'media.cancel', payload: { request: 7 } })
  await expect.poll(() => told(second)).toEqual(['connected', 'cancel 7'])
  expect(await told(first)).toEqual(['connected', 'lost', 'retired'])
  await other.close()
  await expect.poll(() => told(first)).toEqual(['connected', 'lost', 'retired', 'connected'])
})

test('a hidden page shows what main notifies, and takes it away again', async () => {
  const page = await context.newPage()
  await page.addInitScript(() => {
    // Headless Chromium shows no notifications: what would be shown is noted.
    const shown: { title: string; tag: string; closed: boolean; click(): void }[] = []
    class Noted {
      static permission = 'granted'
      onclick: (() => void) | null = null
      readonly entry: (typeof shown)[number]
      constructor(title: string, options: NotificationOptions) {
        this.entry = { title, tag: options.tag ?? '', closed: false, click: () => this.onclick?.() }
        shown.push(this.entry)
      }
      close() {
        this.entry.closed = true
      }
    }
    Object.assign(window, { Notification: Noted, notifications: shown })
    Object.defineProperty(document, 'hidden', { get: () => (window as unknown as { isHidden?: boolean }).isHidden ?? false })
  })
  await page.goto(linkOf(main) as string)
  await page.waitForFunction(() => 'harness' in window && (window.harness as AppHarness).connection[0])
  const notifications = () =>
    page.evaluate(() =>
      (window as unknown as { notifications: { title: string; closed: boolean }[] }).notifications.map(({ title, closed }) => [
        title,
        closed,
      ]),
    )
  const notify = (title: string) => main.ask({ event: 'notification.show', payload: { tag: 'call', title, body: '', callId: '9' } })
  notify('seen already')
  await of(page, ({ send }) => send('window.online', {}))
  await page.evaluate(() => Object.assign(window, { isHidden: true }))
  notify('Ada')
  await expect.poll(notifications).toEqual([['Ada', false]])
  await page.evaluate(() => (window as unknown as { notifications: { click(): void }[] }).notifications[0]?.click())
  expect(await of(page, ({ clicked }) => clicked)).toEqual(['9'])
  notify('Ben')
  main.ask({ event: 'notification.close', payload: { tag: 'call' } })
  await expect.poll(notifications).toEqual([
    ['Ada', true],
    ['Ben', true],
  ])
})
