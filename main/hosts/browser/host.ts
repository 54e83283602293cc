/**
 * The browser host: main in plain Node, its windows pages of a Chromium on this machine. It serves them, opens our own
 * Chromium where it can, and ends with it.
 */
/// <reference path="../../network/proxy-from-env.d.ts" />
import { type ChildProcess, spawn } from 'node:child_process'
import { getProxyForUrl } from 'proxy-from-env'
import { z } from 'zod'
import type { Bridge } from '../../bridge/bridge'
import type { Clock } from '../../clock'
import type { Log } from '../../log'
import type { Profile } from '../../profile/folder'
import { TroubleError } from '../../trouble'
import { words } from '../../words'
import type { Host, HostedApp, HostNotification, SecretStore } from '../host'
import { externalLink } from '../links'
import { builtFiles } from '../pages'
import { secretStore } from '../secrets'
import { watchWake } from '../wake'
import { findChromium, openWindow, whyNoWindow } from './chromium'
import { type DeliveredFile, Downloads } from './downloads'
import { entryPage } from './entry'
import { keyring } from './keyring'
import { BridgeServer } from './server'
import { keptSessions, Sessions } from './sessions'

const keptFile = 'browser.json'
const kept = z.object({ port: z.number().int().min(1).max(65_535).optional(), sessions: keptSessions.optional() })
const defaultPatience = 10_000

export interface BrowserHostOptions {
  profile: Profile
  log: Log
  clock: Clock
  /** The built renderer's folder. */
  pages: string
  /** Null: the port remembered from last time, else any. */
  port: number | null
  /** Ends the program; called when the rep has closed the last window and by `quit`. */
  exit: () => void
  /** How long main waits, in ms, for a page to come back once the last one of our own Chromium has gone; 10 s when absent. */
  patience?: number
}

export class BrowserHost implements Host {
  readonly kind = 'browser'
  readonly secrets: SecretStore
  readonly #options: BrowserHostOptions
  readonly #sessions: Sessions
  readonly #downloads = new Downloads()
  #kept: z.infer<typeof kept>
  #server: BridgeServer | null = null
  #app: HostedApp | null = null
  #bridge: Bridge | null = null
  readonly #children = new Set<ChildProcess>()
  #hadOwnPage = false
  #leaving: NodeJS.Timeout | null = null
  readonly #wakers = new Set<() => void>()

  constructor(options: BrowserHostOptions) {
    this.#options = options
    const { profile, log, clock } = options
    this.secrets = secretStore(profile, keyring(log))
    this.#kept = kept.safeParse(profile.readJson(keptFile)).data ?? {}
    this.#sessions = new Sessions(clock, this.#kept.sessions ?? null, (sessions) => {
      this.#kept = { ...this.#kept, sessions }
      profile.writeJson(keptFile, this.#kept)
    })
  }

  /** Whether the page that holds audio (else any page) is in the Chromium that we started. */
  get ownChromium(): boolean {
    const pages = this.#server?.pages('media').concat(this.#server.pages('app')) ?? []
    return pages[0]?.session.own ?? this.#children.size > 0
  }

  /** Starts serving. Rejects with `host.portTaken` when a port was asked for and is in use. */
  async serve(app: HostedApp): Promise<void> {
    const { profile, log, port, pages } = this.#options
    this.#app = app
    this.#bridge = app.bridge
    this.#server = new BridgeServer({
      bridge: app.bridge,
      sessions: this.#sessions,
      downloads: this.#downloads,
      files: readPages(pages),
      entry: entryPage({
        title: words('host', 'entry.title'),
        heading: words('host', 'entry.heading'),
        lines: [words('host', 'entry.start'), words('host', 'entry.link')],
      }),
      log,
    })
    this.#server.onPages = () => this.#pagesChanged()
    const remembered = port === null ? this.#kept.port : undefined
    let bound: number
    try {
      bound = await this.#server.listen(port ?? remembered ?? 0)
    } catch (error) {
      if (remembered === undefined) throw new TroubleError('host.portTaken', { port: port ?? 0 }, String(error), { cause: error })
      log.warn({ port: remembered }, 'the remembered port is in use by another program')
      bound = await this.#server.listen(0)
    }
    // A port that was asked for once is no reason to move: the microphone's permission belongs to the origin.
    if (port === null && bound !== this.#kept.port) {
      this.#kept = { ...this.#kept, port: bound }
      profile.writeJson(keptFile, this.#kept)
    }
  }

  /** A fresh address, good for one browser within a minute. */
  link(own = false): string {
    return `${this.#serving().origin}/#${this.#sessions.issue(own)}`
  }

  /** Opens an app window in our own Chromium; where that cannot be, resolves to why, in the rep's words. */
  async openWindow(): Promise<string | null> {
    const chromium = findChromium()
    const why = whyNoWindow(chromium)
    if (why || !chromium) return words('host', `window.${why ?? 'noChromium'}`)
    const child = openWindow(
      chromium,
      this.#options.profile.writable ? this.#options.profile.folder : this.#options.profile.runtimeFolder,
      this.link(true),
    )
    this.#children.add(child)
    const started = await new Promise<Error | null>((done) => {
      child.once('spawn', () => done(null))
      child.once('error', done)
    })
    if (started) {
      this.#children.delete(child)
      return words('host', 'window.failed', { reason: started.message })
    }
    child.on('error', (error) => this.#options.log.warn({ err: error }, 'our Chromium'))
    child.once('exit', (code) => {
      this.#children.delete(child)
      this.#options.log.info({ code }, 'our Chromium ended')
      this.#pagesChanged()
    })
    return null
  }

  async showApp(): Promise<void> {
    const why = await this.openWindow()
    if (why) throw new TroubleError('host.cannotShow', { why })
  }

  showPop(): void {}
  ensureMedia(): void {}

  notify({ tag, title, body, callId }: HostNotification): void {
    this.#bridge?.emit('notification.show', { tag, title, body, callId })
  }

  closeNotification(tag: string): void {
    this.#bridge?.emit('notification.close', { tag })
  }

  async openExternal(url: string): Promise<void> {
    const href = externalLink(url)
    const [command, ...args] =
      process.platform === 'darwin'
        ? ['open', href]
        : process.platform === 'win32'
          ? ['rundll32', 'url.dll,FileProtocolHandler', href]
          : ['xdg-open', href]
    const child = spawn(command as string, args, { stdio: 'ignore', detached: true })
    await new Promise<void>((done, failed) => {
      child.once('spawn', done)
      child.once('error', (error) => failed(new TroubleError('host.badLink', { url: href.slice(0, 200) }, error.message)))
    })
    child.unref()
  }

  async proxyFor(url: string): Promise<string | null> {
    // The variables know http and https; a WebSocket goes the way of its HTTP.
    return getProxyForUrl(url.replace(/^ws/, 'http')) || null
  }

  async deliverFile(file: DeliveredFile): Promise<{ download: string; path: null }> {
    return { download: this.#downloads.offer(file), path: null }
  }

  onWake(listener: (why: 'network' | 'resume') => void): () => void {
    const stop = watchWake(this.#options.clock, listener)
    this.#wakers.add(stop)
    return () => {
      stop()
      this.#wakers.delete(stop)
    }
  }

  async quit(): Promise<void> {
    if (this.#leaving) clearTimeout(this.#leaving)
    for (const stop of this.#wakers) stop()
    for (const child of this.#children) child.kill()
    if (this.#server) {
      this.#server.onPages = null
      await this.#server.close()
    }
    await this.#downloads.close()
    this.#options.exit()
  }

  #serving(): BridgeServer {
    if (!this.#server) throw new Error('the browser host does not serve yet')
    return this.#server
  }

  /** Ends with the last page of our own Chromium, once no call is live; a browser opened by hand never ends main. */
  #pagesChanged(): void {
    const pages = this.#server?.pages('app') ?? []
    if (pages.some(({ session }) => session.own)) this.#hadOwnPage = true
    if (this.#leaving) clearTimeout(this.#leaving)
    this.#leaving = null
    if (pages.length > 0 || !this.#hadOwnPage) return
    const look = () => {
      if (this.#app?.hasLiveCalls()) this.#leaving = setTimeout(look, 1_000)
      else void this.#end()
    }
    this.#leaving = setTimeout(look, this.#options.patience ?? defaultPatience)
  }

  async #end(): Promise<void> {
    this.#options.log.info('the last window is closed')
    await this.#app?.shutdown().catch((error) => this.#options.log.error({ err: error }, 'shutting down failed'))
    await this.quit()
  }
}

function readPages(folder: string) {
  try {
    return builtFiles(folder)
  } catch (error) {
    throw new TroubleError('host.notBuilt', {}, String(error), { cause: error })
  }
}
