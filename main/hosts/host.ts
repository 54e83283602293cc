/**
 * What main asks of a desktop. Two hosts implement it: `electron/` (the product) and `browser/` (the same main in plain
 * Node, its windows in a Chromium). Main never learns which one it has except by `kind`.
 */
import type { EventPayload, SecretKeeping } from '../../preload/contract'
import type { Bridge } from '../bridge/bridge'

/** What a host sees of the app that it runs. */
export interface HostedApp {
  readonly bridge: Bridge
  /** Brings a screen to the front of every page: a notification's click. */
  showScreen(screen: EventPayload<'window.show'>['screen'], callId: string | null): void
  hasLiveCalls(): boolean
  shutdown(): Promise<void>
}

export interface HostNotification {
  /** Notifications with the same tag replace each other. */
  tag: string
  title: string
  body: string
  /** What a click brings to the front. */
  callId: string | null
}

/** Keeps passwords and tokens. Names are ours (`sip-password:ACCOUNT`); values never reach a log, a renderer or argv. */
export interface SecretStore {
  get(name: string): Promise<string | null>
  /** `keyring` rejects with a TroubleError where the machine has none; `session` forgets at exit; `plain-file` is 0600. */
  set(name: string, value: string, keep: 'keyring' | 'session' | 'plain-file'): Promise<void>
  delete(name: string): Promise<void>
  keeping(): Promise<SecretKeeping>
}

export interface Host {
  readonly kind: 'electron' | 'browser'
  /** The page runs in a Chromium that Ringbook started with its own switches (rings unclicked, practice audio offline). */
  readonly ownChromium: boolean
  readonly secrets: SecretStore
  /** Opens the main window, or brings it to the front. */
  showApp(): Promise<void>
  /** Opens or closes the window that shows incoming calls; the browser host shows them in the page and does nothing. */
  showPop(visible: boolean): void
  /** Makes sure that a media page exists (Electron: a hidden window; browser: the pages elect one themselves). */
  ensureMedia(): void
  notify(notification: HostNotification): void
  closeNotification(tag: string): void
  openExternal(url: string): Promise<void>
  /** The proxy for a URL as the system has it, `http://host:port`, or null for a direct connection. */
  proxyFor(url: string): Promise<string | null>
  /** Hands a file over to the rep; the host moves or deletes it, so it must be a copy of its own. Resolves to where it can be fetched or was saved, null when cancelled. */
  deliverFile(file: { name: string; mime: string; path: string }): Promise<{ download: string | null; path: string | null } | null>
  /** Network up, resume from sleep: time to reconnect at once. Returns the function that stops listening. */
  onWake(listener: (why: 'network' | 'resume') => void): () => void
  /** Ends the host; main has already shut its subjects down. */
  quit(): Promise<void>
}
