/**
 * The three windows: the app's own, the screen-pop that stays on top without taking the focus, and the hidden one that
 * holds audio. Each is opened again when its page dies; none of them ends a call by going away.
 */
import { join } from 'node:path'
import { BrowserWindow, type BrowserWindowConstructorOptions, screen, type WebContents } from 'electron'
import type { WindowKind } from '../../../preload/contract'
import type { Log } from '../../log'
import { pageOf } from './addresses'

const popSize = { width: 400, height: 300 }
/** Distance of the screen-pop from the corner, in px. */
const popMargin = 16
/** A page that dies again within this time, in ms, is left for a moment before it is opened again. */
const crashPause = 1_000
/** How often a hidden app window looks whether its call has ended, in ms. */
const lookAgain = 500

const shapes: Record<WindowKind, BrowserWindowConstructorOptions> = {
  app: { width: 1000, height: 680, minWidth: 380, minHeight: 560, show: false, backgroundColor: '#00000000', title: 'Ringbook' },
  pop: {
    ...popSize,
    show: false,
    frame: false,
    resizable: false,
    maximizable: false,
    minimizable: false,
    fullscreenable: false,
    skipTaskbar: true,
    alwaysOnTop: true,
    title: 'Ringbook',
  },
  media: { width: 200, height: 100, show: false, focusable: false, skipTaskbar: true, title: 'Ringbook' },
}

/** The options of a window. `preload`: the built preload's path. */
export function windowOptions(kind: WindowKind, preload: string, developer: boolean): BrowserWindowConstructorOptions {
  return {
    ...shapes[kind],
    webPreferences: {
      preload,
      additionalArguments: [`--ringbook-window=${kind}`],
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      autoplayPolicy: 'no-user-gesture-required',
      // Its dictionaries would be fetched from a server that is not ours.
      spellcheck: false,
      devTools: developer,
      // Hidden windows keep their timers: the pop must paint at once, and audio must never wait.
      backgroundThrottling: kind === 'app',
    },
  }
}

export class Windows {
  readonly #open = new Map<WindowKind, BrowserWindow>()
  readonly #lastCrash = new Map<WindowKind, number>()
  #ending = false

  constructor(
    readonly options: {
      /** The folder of the built preload. */
      preload: string
      developer: boolean
      log: Log
      /** Whether the app window may go for good; otherwise closing only hides it. */
      mayClose: () => boolean
      /** The app window was closed for good. */
      onClosed: () => void
    },
  ) {}

  get(kind: WindowKind): BrowserWindow | null {
    return this.#open.get(kind) ?? null
  }

  /** Which window these web contents are; null for anything that is not ours. */
  kindOf(contents: WebContents): WindowKind | null {
    for (const [kind, window] of this.#open) if (!window.isDestroyed() && window.webContents.id === contents.id) return kind
    return null
  }

  /** Opens a window unless it is open; the app window is shown once it has something to show. */
  ensure(kind: WindowKind): BrowserWindow {
    const open = this.#open.get(kind)
    if (open && !open.isDestroyed()) return open
    const { preload, developer, log } = this.options
    const window = new BrowserWindow(windowOptions(kind, join(preload, 'preload.cjs'), developer))
    this.#open.set(kind, window)
    if (kind === 'app') this.#prepareApp(window)
    if (kind === 'pop') this.#preparePop(window)
    window.on('closed', () => {
      if (this.#open.get(kind) === window) this.#open.delete(kind)
      if (kind === 'app') this.options.onClosed()
      else if (!this.#ending) this.ensure(kind)
    })
    window.webContents.on('render-process-gone', (_event, { reason, exitCode }) => {
      if (this.#ending || window.isDestroyed()) return
      log.warn({ window: kind, reason, exitCode }, 'a page died')
      const now = performance.now()
      const again = now - (this.#lastCrash.get(kind) ?? Number.NEGATIVE_INFINITY) < crashPause
      this.#lastCrash.set(kind, now)
      setTimeout(() => !window.isDestroyed() && window.webContents.reload(), again ? crashPause : 0)
    })
    window.loadURL(pageOf(kind)).catch((error) => log.error({ window: kind, err: error }, 'a page could not be loaded'))
    return window
  }

  /** Brings the app window to the front. */
  showApp(): void {
    const window = this.ensure('app')
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }

  /** Shows the screen-pop in the corner of the screen in use, without taking the focus; or hides it. */
  showPop(visible: boolean): void {
    if (!visible) return void this.get('pop')?.hide()
    const window = this.ensure('pop')
    const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint())
    window.setBounds({
      ...popSize,
      x: workArea.x + workArea.width - popSize.width - popMargin,
      y: workArea.y + workArea.height - popSize.height - popMargin,
    })
    window.showInactive()
  }

  /** Closes all of them for good. */
  end(): void {
    this.#ending = true
    for (const window of this.#open.values()) if (!window.isDestroyed()) window.destroy()
    this.#open.clear()
  }

  #prepareApp(window: BrowserWindow): void {
    window.once('ready-to-show', () => window.show())
    window.on('close', (event) => {
      if (this.#ending || this.options.mayClose()) return
      event.preventDefault()
      window.hide()
      this.#showAfterCalls(window)
    })
  }

  /** Closed during a call, the window only hides; after the call it is back, behind, because the call's log waits in it. */
  #showAfterCalls(window: BrowserWindow): void {
    const timer = setInterval(() => {
      if (!window.isDestroyed() && !window.isVisible() && !this.options.mayClose()) return
      clearInterval(timer)
      if (!window.isDestroyed() && !window.isVisible()) window.showInactive()
    }, lookAgain)
  }

  #preparePop(window: BrowserWindow): void {
    window.setAlwaysOnTop(true, 'screen-saver')
    window.setVisibleOnAllWorkspaces(true, { visibleOnFullScreen: true })
  }
}
