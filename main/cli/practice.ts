/** `ringbook practice`: the practice line alone, for other SIP clients on this computer, until Ctrl+C. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock'
import { findChromium } from '../hosts/browser/chromium'
import { type HeadlessMedia, openHeadlessMedia } from '../hosts/browser/headless-media'
import { createLog, type Log } from '../log'
import { createPracticeLine } from '../practice/practice-line'
import { servePractice } from '../practice/serve'
import type { MediaGateway } from '../telephony'
import { TroubleError } from '../trouble'
import { words } from '../words'
import { type Command, textOf, UsageError } from './command'

/** The robots' voices are made in a media page; where none can be opened there are none. */
const noMedia: MediaGateway = {
  present: false,
  request: () => Promise.reject(new TroubleError('media.absent')),
  onReport: () => () => {},
  onStats: () => () => {},
  onPresence: () => () => {},
}

export const practiceCommand: Command = {
  options: { port: { type: 'string' } },
  takes: [],
  async run(call) {
    const { out, err, signal, clock } = call.terminal
    const port = textOf(call, 'port') ?? '0'
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError(words('cli', 'badPort', { text: port }))
    const log = createLog(undefined, 'warn')
    const sound = await openSound(call.terminal.env, clock, log)
    const line = createPracticeLine({ media: sound?.gateway ?? noMedia, clock, log, callers: () => [] })
    try {
      const served = await servePractice(line, Number(port), log)
      out(`${served.url}\n`)
      err(`${words('cli', 'practice.ready', { url: served.url })}\n`)
      err(`${words('cli', 'practice.account', line.account)}\n${words('cli', sound ? 'practice.sound' : 'practice.noSound')}\n`)
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await served.close()
      err(`${words('cli', 'closed')}\n`)
      return 0
    } finally {
      line.close()
      await sound?.close()
    }
  },
}

/** A media page in a Chromium without a window; null where there is no Chromium, or it does not run. */
async function openSound(env: NodeJS.ProcessEnv, clock: Clock, log: Log): Promise<HeadlessMedia | null> {
  const chromium = findChromium(env)
  // From the built program's chunks, from its entry, and from the sources.
  const pages = ['../renderer', '../../renderer', '../../out/renderer']
    .map((path) => join(import.meta.dirname, path))
    .find((path) => existsSync(join(path, 'media/index.html')) && existsSync(join(path, 'assets')))
  if (!chromium || !pages) return null
  try {
    return await openHeadlessMedia({ chromium, pages, clock, log })
  } catch (error) {
    log.debug({ err: error }, 'no media page could be opened')
    return null
  }
}
