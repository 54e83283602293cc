/**
 * Ringbook's own Chromium: finds one on the machine and starts it as an app window with its own user data and the
 * switches that a phone needs. The way in (a one-time token) is never in argv: it is in a 0600 file that redirects.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { shortHash } from '../../profile/folder'

/**
 * The switches of every Chromium that shows Ringbook, tests included.
 *
 * @param page what the app window opens; null for a browser that is driven from outside.
 */
export function chromiumArguments(userData: string | null, page: string | null): string[] {
  return [
    ...(userData === null ? [] : [`--user-data-dir=${userData}`]),
    ...(page === null ? [] : [`--app=${page}`]),
    // Calls ring in a page that nobody has clicked yet.
    '--autoplay-policy=no-user-gesture-required',
    // The practice line's two peers connect on a machine without any network.
    '--allow-loopback-in-peer-connection',
    // A window behind others keeps its timers and its audio.
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
    '--disable-features=IntensiveWakeUpThrottling,Translate,MediaRouter,OptimizationHints',
    // Nothing leaves for anywhere but the page's own server.
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-default-apps',
    '--disable-domain-reliability',
    '--disable-sync',
    '--disable-breakpad',
    '--no-pings',
    '--no-first-run',
    '--no-default-browser-check',
    // Nothing worth a keyring is kept in it, and a keyring's question would stand before the window.
    '--password-store=basic',
    '--use-mock-keychain',
    '--class=Ringbook',
  ]
}

const onPath = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'microsoft-edge-stable',
  'microsoft-edge',
  'brave-browser',
  'brave',
]

/** The Chromium to use: RINGBOOK_CHROMIUM, else the first known one of this machine; null when there is none. */
export function findChromium(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string | null {
  return candidates(env, platform).find(isExecutable) ?? null
}

function candidates(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] {
  if (env.RINGBOOK_CHROMIUM) return [env.RINGBOOK_CHROMIUM]
  if (platform === 'darwin')
    return ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Brave Browser'].flatMap((name) =>
      ['/Applications', join(env.HOME ?? '/', 'Applications')].map((folder) => `${folder}/${name}.app/Contents/MacOS/${name}`),
    )
  if (platform === 'win32')
    return [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA]
      .filter((folder) => folder !== undefined)
      .flatMap((folder) =>
        [
          'Google\\Chrome\\Application\\chrome.exe',
          'Chromium\\Application\\chrome.exe',
          'Microsoft\\Edge\\Application\\msedge.exe',
          'BraveSoftware\\Brave-Browser\\Application\\brave.exe',
        ].map((file) => `${folder}\\${file}`),
      )
  return onPath.flatMap((name) => (env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Why no window can be opened here, as a key of `host.json`; null when one can. */
export function whyNoWindow(
  chromium: string | null,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  uid: number | undefined = process.getuid?.(),
): 'noDisplay' | 'noChromium' | 'asRoot' | null {
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return 'noDisplay'
  if (!chromium) return 'noChromium'
  // Chromium's sandbox does not run as root, and Ringbook does not run without the sandbox.
  if (platform === 'linux' && uid === 0) return 'asRoot'
  return null
}

/** Opens an app window at `address` (which holds a token) in our own Chromium. */
export function openWindow(chromium: string, folder: string, address: string): ChildProcess {
  const own = chromiumFolder(chromium, folder)
  mkdirSync(own, { recursive: true, mode: 0o700 })
  const redirect = join(own, 'open.html')
  rmSync(redirect, { force: true })
  writeFileSync(redirect, `<!doctype html><title>Ringbook</title><meta http-equiv="refresh" content="0;url=${address}">\n`, {
    mode: 0o600,
    flag: 'wx',
  })
  const child = spawn(chromium, chromiumArguments(join(own, 'user-data'), pathToFileURL(redirect).href), {
    stdio: 'ignore',
    // A group of its own: Ctrl+C in the terminal is for main, which closes the window itself.
    detached: process.platform !== 'win32',
  })
  // The token is used up within moments; the file need not wait for its sixty seconds.
  setTimeout(() => rmSync(redirect, { force: true }), 60_000).unref()
  return child
}

/** Snap packages see no hidden folders: what they are given has to be in their own. */
function chromiumFolder(chromium: string, folder: string): string {
  let real = chromium
  try {
    real = realpathSync(chromium)
  } catch {
    // An unreadable link is no snap.
  }
  const snap = /^\/snap\/|\/usr\/bin\/snap$/.test(real) || real.startsWith('/var/lib/snapd/')
  return snap && process.env.HOME
    ? join(process.env.HOME, 'snap', 'chromium', 'common', `ringbook-${shortHash(folder)}`)
    : join(folder, 'browser')
}
