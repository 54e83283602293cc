/**
 * Sound for the practice line alone: the far ends' voices are made in the media page, which needs a Chromium. This opens
 * one without a window, on a profile of its own that is removed at the end.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { commands } from '../../preload/contract'
import { Bridge, type Handlers } from '../bridge/bridge'
import type { Clock } from '../clock'
import { chromiumArguments, findChromium } from '../hosts/browser/chromium'
import { BrowserHost } from '../hosts/browser/host'
import type { Log } from '../log'
import { BridgeMediaGateway } from '../media/gateway'
import { openProfile } from '../profile/folder'
import { defaultSettings } from '../settings/settings'
import type { MediaGateway } from '../telephony'
import { TroubleError } from '../trouble'

export interface Sound {
  media: MediaGateway
  close(): Promise<void>
}

/** How long a Chromium may take to bring up the page, in ms. */
const patience = 20_000

/** Null where no Chromium can be run: none found, run as root, or it did not come up. */
export async function openSound(options: {
  log: Log
  clock: Clock
  env: NodeJS.ProcessEnv
  pages: string
  signal: AbortSignal
}): Promise<Sound | null> {
  const { log, clock, env, pages, signal } = options
  const chromium = findChromium(env)
  // Chromium's sandbox does not run as root; whoever names a program of their own has seen to that.
  if (!chromium || (process.getuid?.() === 0 && !env.RINGBOOK_CHROMIUM)) return null
  const folder = mkdtempSync(join(tmpdir(), 'ringbook-practice-'))
  const bridge = new Bridge(log)
  const settings = defaultSettings()
  const media = new BridgeMediaGateway(bridge, () => settings, log)
  bridge.onConnection = (connection, present) => media.connectionChanged(connection, present)
  bridge.handle({ ...refusals(), ...media.handlers })
  const host = new BrowserHost({ profile: openProfile(folder), log, clock, pages, port: 0, exit: () => {} })
  await host.serve({ bridge, showScreen: () => {}, hasLiveCalls: () => false, shutdown: async () => {} })

  // The way in is a token: not in argv, which others can read.
  const entry = join(folder, 'open.html')
  writeFileSync(entry, `<!doctype html><meta http-equiv="refresh" content="0;url=${host.link()}">\n`, { mode: 0o600 })
  const words = ['--headless=new', ...chromiumArguments(join(folder, 'user-data'), null), pathToFileURL(entry).href]
  const child = spawn(chromium, words, { stdio: 'ignore', detached: process.platform !== 'win32' })
  child.on('error', (error) => log.warn({ err: error }, 'Chromium did not start'))
  const close = async () => {
    await ended(child)
    await host.quit()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  if (await present(media, child, signal)) return { media, close }
  await close()
  return null
}

function present(media: MediaGateway, child: ChildProcess, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = media.onPresence((here) => here && finish(true))
    const finish = (here: boolean) => {
      clearTimeout(timer)
      stop()
      resolve(here)
    }
    const timer = setTimeout(() => finish(media.present), patience)
    signal.addEventListener('abort', () => finish(false), { once: true })
    child.once('exit', () => finish(false))
    child.once('error', () => finish(false))
  })
}

function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const hard = setTimeout(() => child.kill('SIGKILL'), 3_000)
    child.once('exit', () => {
      clearTimeout(hard)
      resolve()
    })
    child.kill()
  })
}

/** There is no app behind this bridge: only the media page is served. */
function refusals(): Handlers {
  const refuse = () => {
    throw new TroubleError('bridge.wrongWindow')
  }
  return Object.fromEntries(Object.keys(commands).map((name) => [name, refuse])) as unknown as Handlers
}
