/** The Electron host: the desktop as the product has it. */
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { app, dialog, ipcMain, Notification, powerMonitor, safeStorage, session, shell } from 'electron'
import type { Clock } from '../../clock'
import type { Log } from '../../log'
import type { Profile } from '../../profile/folder'
import type { Host, HostedApp, HostNotification, SecretStore } from '../host'
import { externalLink } from '../links'
import { builtFiles } from '../pages'
import { secretStore } from '../secrets'
import { watchWake } from '../wake'
import { serveIpc } from './ipc'
import { safeKeeper } from './keeper'
import { lockDown } from './lockdown'
import { restrictPermissions } from './permissions'
import { serveScheme } from './scheme'
import { Windows } from './windows'

export interface ElectronHostOptions {
  profile: Profile
  log: Log
  clock: Clock
  /** The folders of the built pages and of the built preload. */
  pages: string
  preload: string
  /** Ends the program. */
  exit: () => void
}

export class ElectronHost implements Host {
  readonly kind = 'electron'
  readonly ownChromium = true
  readonly secrets: SecretStore
  readonly #options: ElectronHostOptions
  readonly #windows: Windows
  readonly #notifications = new Map<string, Notification>()
  #app: HostedApp | null = null
  #ending = false

  /** To be made once Electron is ready. */
  constructor(options: ElectronHostOptions) {
    this.#options = options
    this.secrets = secretStore(options.profile, safeKeeper(safeStorage, options.profile))
    this.#windows = new Windows({
      preload: options.preload,
      developer: !app.isPackaged,
      log: options.log,
      mayClose: () => !this.#app?.hasLiveCalls(),
      onClosed: () => {
        if (process.platform !== 'darwin') void this.end()
      },
    })
  }

  /** Opens the windows on the app. */
  serve(hosted: HostedApp): void {
    this.#app = hosted
    const own = session.defaultSession
    lockDown(app, own)
    restrictPermissions(own, (contents) => this.#windows.kindOf(contents) !== null)
    serveScheme(own, builtFiles(this.#options.pages))
    serveIpc(ipcMain, hosted.bridge, (contents) => this.#windows.kindOf(contents), this.#options.log)
    app.on('activate', () => this.#windows.showApp())
    app.on('before-quit', (event) => {
      if (this.#ending) return
      event.preventDefault()
      void this.end()
    })
    // The windows end the program themselves; on macOS it stays without any.
    app.on('window-all-closed', () => {})
    this.#windows.ensure('media')
    this.#windows.ensure('app')
    this.#windows.ensure('pop')
  }

  async showApp(): Promise<void> {
    this.#windows.showApp()
  }

  showPop(visible: boolean): void {
    this.#windows.showPop(visible)
  }

  ensureMedia(): void {
    // Before `serve` nothing is locked down yet; it opens this window itself.
    if (this.#app) this.#windows.ensure('media')
  }

  notify({ tag, title, body, callId }: HostNotification): void {
    if (!Notification.isSupported()) return
    this.closeNotification(tag)
    const notification = new Notification({ title, body })
    notification.on('click', () => {
      this.#windows.showApp()
      this.#app?.showScreen('phone', callId)
    })
    notification.on('close', () => {
      if (this.#notifications.get(tag) === notification) this.#notifications.delete(tag)
    })
    this.#notifications.set(tag, notification)
    notification.show()
  }

  closeNotification(tag: string): void {
    this.#notifications.get(tag)?.close()
    this.#notifications.delete(tag)
  }

  async openExternal(url: string): Promise<void> {
    await shell.openExternal(externalLink(url))
  }

  async proxyFor(url: string): Promise<string | null> {
    // Proxy scripts know http and https; a WebSocket goes the way of its HTTP.
    return proxyOf(await session.defaultSession.resolveProxy(url.replace(/^ws/, 'http')))
  }

  async deliverFile(file: { name: string; mime: string; path: string }): Promise<{ download: null; path: string } | null> {
    try {
      const window = this.#windows.get('app')
      const options = { defaultPath: join(app.getPath('downloads'), file.name) }
      const { canceled, filePath } = await (window ? dialog.showSaveDialog(window, options) : dialog.showSaveDialog(options))
      if (canceled || !filePath) return null
      await copyFile(file.path, filePath)
      return { download: null, path: filePath }
    } finally {
      await rm(file.path, { force: true })
    }
  }

  onWake(listener: (why: 'network' | 'resume') => void): () => void {
    const resumed = () => listener('resume')
    powerMonitor.on('resume', resumed)
    // Electron has no event for the network; the addresses are watched as in the other host.
    const stop = watchWake(this.#options.clock, (why) => why === 'network' && listener(why))
    return () => {
      powerMonitor.off('resume', resumed)
      stop()
    }
  }

  async quit(): Promise<void> {
    this.#ending = true
    for (const notification of this.#notifications.values()) notification.close()
    this.#windows.end()
    this.#options.exit()
  }

  /** Ends everything in order: main's subjects, then the windows. */
  async end(): Promise<void> {
    if (this.#ending) return
    this.#ending = true
    await this.#app?.shutdown().catch((error) => this.#options.log.error({ err: error }, 'shutting down failed'))
    await this.quit()
  }
}

/** The first usable entry of a proxy list (`PROXY host:port; DIRECT`), as a URL; null for a direct connection. */
export function proxyOf(list: string): string | null {
  for (const entry of list.split(';')) {
    const [kind, address] = entry.trim().split(/\s+/, 2)
    if (kind === 'DIRECT') return null
    if (kind === 'PROXY' && address) return `http://${address}`
    if (kind === 'HTTPS' && address) return `https://${address}`
  }
  return null
}
