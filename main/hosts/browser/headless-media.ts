/**
 * A media page without a window, for the practice line when it runs alone: a Chromium of its own that nobody sees, with
 * one page of ours and no microphone. It is ended with the line.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Settings } from '../../../preload/contract'
import { defaultSettings } from '../../../preload/contract'
import { Bridge, type Handlers } from '../../bridge/bridge'
import type { Clock } from '../../clock'
import type { Log } from '../../log'
import { BridgeMediaGateway } from '../../media/gateway'
import type { MediaGateway } from '../../telephony/port'
import { TroubleError } from '../../trouble'
import { builtFiles } from '../pages'
import { chromiumArguments } from './chromium'
import { Downloads } from './downloads'
import { BridgeServer } from './server'
import { Sessions } from './sessions'

/** Milliseconds until the page must have said hello. */
const PATIENCE = 20_000

/** Nobody listens here: only that they are settings matters. */
const nobodys: Settings = {
  ...defaultSettings,
  country: 'US',
  theme: 'system',
  ringVolume: 0,
  toneVolume: 0,
  closedCards: [],
}

export interface HeadlessMedia {
  readonly gateway: MediaGateway
  close(): Promise<void>
}

/**
 * `chromium`: the program; `pages`: the folder of the built renderer. Rejects with a TroubleError `practice.noBrowser` when
 * it ends or says nothing (as root Chromium refuses to run: its sandbox cannot).
 */
export async function openHeadlessMedia(options: { chromium: string; pages: string; clock: Clock; log: Log }): Promise<HeadlessMedia> {
  const { chromium, clock, log } = options
  const bridge = new Bridge(log)
  const gateway = new BridgeMediaGateway(bridge, () => nobodys, log)
  // The one page here is the media page, which sends nothing else.
  bridge.handle(gateway.handlers as Handlers)
  bridge.onConnection = (connection, present) => gateway.connectionChanged(connection, present)

  const sessions = new Sessions(clock, null, () => {})
  const files = new Map(builtFiles(options.pages))
  const page = files.get('/media/index.html')
  if (!page) throw new Error(`no media page in ${options.pages}`)
  // Where the entry page leads, once the token has been traded.
  files.set('/app/index.html', page)
  const entry = '<!doctype html><meta charset="utf-8"><title>Ringbook</title><body><script src="/entry.js"></script>'
  const server = new BridgeServer({ bridge, sessions, downloads: new Downloads(), files, entry, log })
  await server.listen(0)

  const folder = mkdtempSync(join(tmpdir(), 'ringbook-practice-'))
  const redirect = join(folder, 'open.html')
  const address = `${server.origin}/#${sessions.issue(true)}`
  writeFileSync(redirect, `<!doctype html><meta http-equiv="refresh" content="0;url=${address}">\n`, { mode: 0o600 })
  const child = spawn(chromium, [...hidden, ...chromiumArguments(join(folder, 'user-data'), null), pathToFileURL(redirect).href], {
    stdio: 'ignore',
    detached: process.platform !== 'win32',
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  const close = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) child.kill()
    await gone
    await server.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }

  const hello = new Promise<boolean>((resolve) => {
    const stop = gateway.onPresence((present) => {
      if (!present) return
      stop()
      resolve(true)
    })
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE)
  })
  const here = await Promise.race([hello, late, gone.then(() => false)])
  clearTimeout(timer)
  if (here) return { gateway, close }
  await close()
  throw new TroubleError('practice.noBrowser')
}

/**
 * Without a window. A page that may not use the microphone is shown only some of this machine's addresses, and those behind
 * mDNS names; so it may, and the only microphone there is makes beeps: the real one is out of reach.
 */
const hidden = ['--headless=new', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']
