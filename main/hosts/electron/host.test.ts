/** The Electron host over the stand-in for `electron`: what it asks of Electron, and what it refuses. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WebContents } from 'electron'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { frameChannel, helloChannel, type WindowKind } from '../../../preload/contract'
import * as standIn from '../../../test/fixtures/electron-stand-in'
import { Bridge, type Handlers } from '../../bridge/bridge'
import { systemClock } from '../../clock'
import { silentLog } from '../../log'
import { openProfile, type Profile } from '../../profile/folder'
import { ElectronHost, proxyOf } from './host'

vi.mock('electron', () => import('../../../test/fixtures/electron-stand-in'))

let profile: Profile
let host: ElectronHost
let bridge: Bridge
let live: boolean
let ended: string[]
let shown: unknown[][]
const own = standIn.session.defaultSession

beforeEach(() => {
  standIn.resetStandIn()
  live = false
  ended = []
  shown = []
  const folder = mkdtempSync(join(tmpdir(), 'ringbook-electron-'))
  mkdirSync(join(folder, 'pages/app'), { recursive: true })
  writeFileSync(join(folder, 'pages/app/index.html'), '<!doctype html><html><head></head></html>')
  writeFileSync(join(folder, 'secret.txt'), '')
  writeFileSync(join(folder, 'pages/app/ring.wav'), '0123456789')
  profile = openProfile(join(folder, 'profile'))
  bridge = new Bridge(silentLog())
  bridge.handle({ 'window.online': () => ({}), 'call.answer': () => ({}) } as Partial<Handlers> as Handlers)
  host = new ElectronHost({
    profile,
    log: silentLog(),
    clock: systemClock,
    pages: join(folder, 'pages'),
    preload: '/built/preload',
    exit: () => ended.push('exit'),
  })
  host.serve({
    bridge,
    showScreen: (...what) => shown.push(what),
    hasLiveCalls: () => live,
    shutdown: async () => void ended.push('shutdown'),
  })
})

function windowOf(kind: WindowKind): standIn.BrowserWindow {
  const found = standIn.BrowserWindow.all.findLast(({ options }) =>
    options.webPreferences?.additionalArguments?.includes(`--ringbook-window=${kind}`),
  )
  if (!found) throw new Error(`no ${kind} window`)
  return found
}
const contentsOf = (kind: WindowKind) => windowOf(kind).webContents as unknown as WebContents

describe('windows', () => {
  it('are sandboxed and isolated, each of them', () => {
    expect(standIn.BrowserWindow.all).toHaveLength(3)
    for (const { options, webContents } of standIn.BrowserWindow.all) {
      expect(options.webPreferences).toMatchObject({
        preload: '/built/preload/preload.cjs',
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInSubFrames: false,
        nodeIntegrationInWorker: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        webviewTag: false,
        devTools: false,
      })
      expect(webContents.url).toMatch(/^app:\/\/ringbook\/(app|pop|media)\/index\.html$/)
    }
  })

  it('that nobody sees keep their timers, and the audio one is never shown', () => {
    for (const kind of ['media', 'pop'] as const) {
      expect(windowOf(kind).options).toMatchObject({ show: false, webPreferences: { backgroundThrottling: false } })
      expect(windowOf(kind).visible).toBe(false)
    }
    expect(windowOf('media').options.focusable).toBe(false)
  })

  it('show a call on top, in the corner, without taking the focus', () => {
    host.showPop(true)
    const pop = windowOf('pop')
    expect(pop.options).toMatchObject({ alwaysOnTop: true, skipTaskbar: true, frame: false })
    expect(pop.asked).toEqual([
      ['setAlwaysOnTop', true, 'screen-saver'],
      ['setVisibleOnAllWorkspaces', true, { visibleOnFullScreen: true }],
      ['showInactive'],
    ])
    expect(pop.bounds).toEqual({ width: 400, height: 300, x: 1920 + 1280 - 400 - 16, y: 1000 - 300 - 16 })
    host.showPop(false)
    expect(pop.visible).toBe(false)
  })

  it('appear when there is something to see', async () => {
    expect(windowOf('app').visible).toBe(false)
    windowOf('app').emit('ready-to-show')
    expect(windowOf('app').visible).toBe(true)
    windowOf('app').minimized = true
    await host.showApp()
    expect(windowOf('app').minimized).toBe(false)
  })

  it('are opened again when a page dies or a hidden one is closed', () => {
    const media = windowOf('media')
    media.webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 5 })
    return vi
      .waitFor(() => expect(media.webContents.reloads).toBe(1))
      .then(() => {
        media.destroy()
        expect(windowOf('media')).not.toBe(media)
      })
  })

  it('end the program when the app’s is closed, subjects first', async () => {
    expect(windowOf('app').closeByHand()).toBe(true)
    await vi.waitFor(() => expect(ended).toEqual(['shutdown', 'exit']))
    expect(standIn.BrowserWindow.all.every(({ destroyed }) => destroyed)).toBe(true)
  })

  it('only hide during a call, and are back after it without taking the focus', async () => {
    live = true
    expect(windowOf('app').closeByHand()).toBe(false)
    expect(windowOf('app').visible).toBe(false)
    expect(ended).toEqual([])
    live = false
    await vi.waitFor(() => expect(windowOf('app').visible).toBe(true), 5_000)
    expect(windowOf('app').asked.at(-1)).toEqual(['showInactive'])
  })
})

describe('permissions', () => {
  type Request = NonNullable<typeof own.requestHandler>
  type Details = Parameters<Request>[3]
  const request = (kind: WindowKind | null, permission: Parameters<Request>[1], details: object): boolean | undefined => {
    let granted: boolean | undefined
    const contents = kind ? contentsOf(kind) : (new standIn.StandInContents() as unknown as WebContents)
    own.requestHandler?.(contents, permission, (answer) => (granted = answer), {
      isMainFrame: true,
      requestingUrl: 'app://ringbook/app/index.html',
      ...details,
    } as Details)
    return granted
  }
  type Check = NonNullable<typeof own.checkHandler>
  const check = (kind: WindowKind | null, permission: Parameters<Check>[1], origin: string, details: object) =>
    own.checkHandler?.(kind && contentsOf(kind), permission, origin, { isMainFrame: true, ...details })

  it('give our own pages the microphone', () => {
    for (const kind of ['app', 'media'] as const) {
      expect(request(kind, 'media', { mediaTypes: ['audio'], securityOrigin: 'app://ringbook/' })).toBe(true)
      expect(check(kind, 'media', 'app://ringbook/', { mediaType: 'audio' })).toBe(true)
      expect(check(kind, 'speaker-selection', 'app://ringbook', {})).toBe(true)
      expect(request(kind, 'clipboard-read', {})).toBe(true)
    }
  })

  it('give nobody else anything', () => {
    for (const details of [
      { mediaTypes: ['audio', 'video'] },
      { mediaTypes: ['video'] },
      { mediaTypes: [] },
      {},
      { mediaTypes: ['audio'], requestingUrl: 'https://evil.example/' },
      { mediaTypes: ['audio'], requestingUrl: 'app://ringbook.evil/' },
      { mediaTypes: ['audio'], securityOrigin: 'https://evil.example/' },
    ])
      expect([details, request('app', 'media', details)]).toEqual([details, false])
    expect(request(null, 'media', { mediaTypes: ['audio'] })).toBe(false)
    for (const permission of [
      'display-capture',
      'geolocation',
      'notifications',
      'hid',
      'usb',
      'serial',
      'fullscreen',
      'openExternal',
      'midi',
    ] as const) {
      expect([permission, request('app', permission, {})]).toEqual([permission, false])
      expect([permission, check('app', permission, 'app://ringbook/', {})]).toEqual([permission, false])
    }
    expect(check('app', 'media', 'app://ringbook/', { mediaType: 'video' })).toBe(false)
    expect(check('app', 'media', 'app://ringbook/', { mediaType: 'unknown' })).toBe(false)
    expect(check('app', 'media', 'https://evil.example/', { mediaType: 'audio' })).toBe(false)
    expect(check('app', 'media', 'app://ringbook/', { mediaType: 'audio', embeddingOrigin: 'https://evil.example/' })).toBe(false)
    expect(check('app', 'media', 'app://ringbook/', { mediaType: 'audio', securityOrigin: 'https://evil.example/' })).toBe(false)
    expect(check(null, 'media', 'app://ringbook/', { mediaType: 'audio' })).toBe(false)
    expect(own.deviceHandler?.({ deviceType: 'hid', origin: 'app://ringbook', device: {} as never })).toBe(false)
    const streams: unknown[] = []
    own.displayHandler?.({} as never, (given) => streams.push(given))
    expect(streams).toEqual([null])
  })
})

describe('navigation', () => {
  const tries = (event: string, ...values: object[]) => {
    let prevented = false
    windowOf('app').webContents.emit(event, { preventDefault: () => (prevented = true), ...values[0] }, ...values.slice(1))
    return prevented
  }
  it('goes nowhere, and opens nothing', () => {
    for (const url of ['https://evil.example/', 'file:///etc/passwd', 'app://ringbook/pop/index.html', 'app://evil/', 'about:blank'])
      expect([url, tries('will-navigate', { url })]).toEqual([url, true])
    expect(tries('will-navigate', { url: 'app://ringbook/app/index.html' })).toBe(false)
    expect(tries('will-frame-navigate', { url: 'https://evil.example/' })).toBe(true)
    expect(tries('will-redirect', { url: 'app://ringbook/app/index.html' })).toBe(true)
    expect(tries('will-attach-webview', {})).toBe(true)
    expect(windowOf('app').webContents.windowOpenHandler?.({ url: 'app://ringbook/app/index.html' } as never)).toEqual({ action: 'deny' })
    let prevented = false
    own.emit('will-download', { preventDefault: () => (prevented = true) })
    expect(prevented).toBe(true)
  })

  it('loads our own files and nothing from anywhere', async () => {
    const cancelled = (url: string) => {
      let answer: unknown
      own.beforeRequest?.({ url }, ({ cancel }) => (answer = cancel))
      return answer
    }
    expect(['https://evil.example/', 'http://127.0.0.1/', 'ws://127.0.0.1/', 'file:///etc/passwd', 'app://evil/'].map(cancelled)).toEqual(
      Array(5).fill(true),
    )
    expect(['app://ringbook/app/index.html', 'blob:app://ringbook/x', 'data:,'].map(cancelled)).toEqual([false, false, false])

    const ask = async (url: string, method = 'GET', range = '') =>
      (await own.schemeHandler?.({ url, method, headers: new Headers(range ? { range } : {}) } as Request)) as Response
    const page = await ask('app://ringbook/app/')
    const policy = page.headers.get('content-security-policy')
    expect(policy).toContain("script-src 'self';")
    expect(await page.text()).toContain(`nonce="${/'nonce-([^']+)'/.exec(policy ?? '')?.[1]}"`)
    for (const url of ['app://ringbook/../secret.txt', 'app://ringbook/%2e%2e/secret.txt', 'app://ringbook/app/..%2f..%2fsecret.txt'])
      expect((await ask(url)).status).toBe(404)
    expect((await ask('app://evil/app/')).status).toBe(403)
    const parts = await Promise.all(
      ['', 'bytes=2-4', 'bytes=8-', 'bytes=10-', 'lines=1-2'].map((range) => ask('app://ringbook/app/ring.wav', 'GET', range)),
    )
    expect(
      await Promise.all(parts.map(async (answer) => [answer.status, await answer.text(), answer.headers.get('content-range')])),
    ).toEqual([
      [200, '0123456789', null],
      [206, '234', 'bytes 2-4/10'],
      [206, '89', 'bytes 8-9/10'],
      [416, '', 'bytes */10'],
      [200, '0123456789', null],
    ])
    expect((await ask('app://ringbook/app/', 'POST')).status).toBe(403)
  })
})

describe('the bridge', () => {
  const from = (kind: WindowKind, frame: object | null = null) => ({
    sender: windowOf(kind).webContents,
    senderFrame: frame ?? windowOf(kind).webContents.mainFrame,
  })
  const replies = (kind: WindowKind) => windowOf(kind).webContents.sent.map(([, frame]) => frame)
  const online = { id: 1, command: 'window.online', input: {} }

  it('knows a window by its contents, whatever its page says', async () => {
    standIn.ipcMain.emit(helloChannel, from('pop'))
    standIn.ipcMain.emit(frameChannel, from('pop'), { id: 1, command: 'window.online', input: {} })
    await vi.waitFor(() => expect(replies('pop')).toMatchObject([{ id: 1, ok: false, trouble: { code: 'bridge.wrongWindow' } }]))
    standIn.ipcMain.emit(frameChannel, from('pop'), { id: 2, command: 'call.answer', input: { callId: 'x' } })
    await vi.waitFor(() => expect(replies('pop')[1]).toEqual({ id: 2, ok: true, output: {} }))
  })

  it('hears no frame inside a page, no other page, and no contents that are not ours', async () => {
    standIn.ipcMain.emit(helloChannel, from('app'))
    standIn.ipcMain.emit(frameChannel, from('app', { url: 'app://ringbook/app/index.html' }), online)
    standIn.ipcMain.emit(frameChannel, { sender: windowOf('app').webContents, senderFrame: null }, online)
    const stranger = new standIn.StandInContents()
    stranger.go('app://ringbook/app/index.html')
    standIn.ipcMain.emit(helloChannel, { sender: stranger, senderFrame: stranger.mainFrame })
    standIn.ipcMain.emit(frameChannel, { sender: stranger, senderFrame: stranger.mainFrame }, online)
    windowOf('app').webContents.go('https://evil.example/')
    standIn.ipcMain.emit(frameChannel, from('app'), online)
    windowOf('app').webContents.go('app://ringbook/app/index.html?x#y')
    standIn.ipcMain.emit(frameChannel, from('app'), { ...online, id: 5 })
    await vi.waitFor(() => expect(replies('app')).toEqual([{ id: 5, ok: true, output: {} }]))
    expect(stranger.sent).toEqual([])
  })

  it('forgets a page that was loaded again or died, and feeds the new one once', () => {
    const present: [WindowKind, boolean][] = []
    bridge.onConnection = ({ window }, is) => present.push([window, is])
    for (let load = 0; load < 3; load++) standIn.ipcMain.emit(helloChannel, from('media'))
    bridge.emit('media.cancel', { request: 1 })
    expect(replies('media')).toHaveLength(1)
    windowOf('media').webContents.emit('render-process-gone', {}, { reason: 'crashed', exitCode: 1 })
    expect(present).toEqual([
      ['media', true],
      ['media', false],
      ['media', true],
      ['media', false],
      ['media', true],
      ['media', false],
    ])
  })
})

describe('secrets', () => {
  it('are encrypted by the system, in a file of the rep’s own', async () => {
    await host.secrets.set('sip-password:1', 'hunter2', 'keyring')
    const file = profile.path('secrets.encrypted.json')
    expect(readFileSync(file, 'utf8')).not.toContain('hunter2')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(await host.secrets.get('sip-password:1')).toBe('hunter2')
    if (process.platform === 'linux')
      expect(await host.secrets.keeping()).toEqual({
        available: true,
        name: 'Electron safeStorage (gnome_libsecret)',
        plainFileInUse: false,
      })
    await host.secrets.delete('sip-password:1')
    expect(await host.secrets.get('sip-password:1')).toBeNull()
  })

  it.runIf(process.platform === 'linux')('are refused where the system does not encrypt', async () => {
    standIn.safeStorage.backend = 'basic_text'
    await expect(host.secrets.set('a', 'hunter2', 'keyring')).rejects.toMatchObject({ trouble: { code: 'host.noKeyring' } })
    expect(existsSync(profile.path('secrets.encrypted.json'))).toBe(false)
    await host.secrets.set('a', 'hunter2', 'session')
    expect(await host.secrets.get('a')).toBe('hunter2')
    expect(await host.secrets.keeping()).toMatchObject({ available: false, plainFileInUse: false })
  })
})

describe('the desktop', () => {
  it('is told of calls, and a click leads to them', () => {
    host.notify({ tag: 'call:1', title: 'Ada', body: 'is calling', callId: '1' })
    host.notify({ tag: 'call:1', title: 'Ada', body: 'called', callId: '1' })
    const [first, second] = standIn.Notification.shown
    expect([first?.closed, second?.closed]).toEqual([true, false])
    second?.emit('click')
    expect(shown).toEqual([['phone', '1']])
    expect(windowOf('app').visible).toBe(true)
    host.closeNotification('call:1')
    expect(second?.closed).toBe(true)
  })

  it('opens pages and letters outside, and nothing else', async () => {
    await host.openExternal('https://crm.example/deal/1')
    for (const url of ['file:///etc/passwd', 'javascript:alert(1)', 'smb://x/y', 'nonsense'])
      await expect(host.openExternal(url)).rejects.toMatchObject({ trouble: { code: 'host.badLink' } })
    expect(standIn.callsOf('shell.openExternal')).toEqual([['https://crm.example/deal/1']])
  })

  it('saves a file where the rep says, or not at all', async () => {
    const export1 = profile.path('export-1')
    writeFileSync(export1, 'a;b')
    expect(await host.deliverFile({ name: 'calls.csv', mime: 'text/csv', path: export1 })).toBeNull()
    expect(existsSync(export1)).toBe(false)
    writeFileSync(export1, 'a;b')
    standIn.dialog.answer = { canceled: false, filePath: profile.path('saved.csv') }
    expect(await host.deliverFile({ name: 'calls.csv', mime: 'text/csv', path: export1 })).toEqual({
      download: null,
      path: profile.path('saved.csv'),
    })
    expect(readFileSync(profile.path('saved.csv'), 'utf8')).toBe('a;b')
    expect(standIn.callsOf('dialog.showSaveDialog')[0]).toEqual([{ defaultPath: '/paths/downloads/calls.csv' }])
  })

  it('names its proxy, for a WebSocket too', async () => {
    own.proxies = 'SOCKS5 s:1080; PROXY p:8080; DIRECT'
    expect(await host.proxyFor('wss://sip.example/ws')).toBe('http://p:8080')
    expect(standIn.callsOf('session.resolveProxy')).toEqual([['https://sip.example/ws']])
    expect([proxyOf('DIRECT'), proxyOf('HTTPS p:443'), proxyOf('SOCKS s:1'), proxyOf('')]).toEqual([null, 'https://p:443', null, null])
  })

  it('says when it wakes', () => {
    const why: string[] = []
    const stop = host.onWake((what) => why.push(what))
    standIn.powerMonitor.emit('resume')
    stop()
    standIn.powerMonitor.emit('resume')
    expect(why).toEqual(['resume'])
  })

  it('quits in order, once', async () => {
    let prevented = 0
    standIn.app.emit('before-quit', { preventDefault: () => prevented++ })
    standIn.app.emit('before-quit', { preventDefault: () => prevented++ })
    await vi.waitFor(() => expect(ended).toEqual(['shutdown', 'exit']))
    expect(prevented).toBe(1)
  })
})
