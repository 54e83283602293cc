/** `ringbook practice`: the practice line alone, for other SIP clients on this computer, until Ctrl+C. */
import { createLog } from '../log'
import { createPracticeLine } from '../practice/practice-line'
import { servePractice } from '../practice/serve'
import type { MediaGateway } from '../telephony'
import { TroubleError } from '../trouble'
import { words } from '../words'
import { type Command, textOf, UsageError } from './command'
import { openSound } from './practice-sound'

/** Where no Chromium can be run: calls that need a voice are refused. */
const noMedia: MediaGateway = {
  present: false,
  request: () => Promise.reject(new TroubleError('media.absent')),
  onReport: () => () => {},
  onPresence: () => () => {},
}

export const practiceCommand: Command = {
  options: { port: { type: 'string' } },
  takes: [],
  async run(call) {
    const { out, err, signal, clock, env, pages } = call.terminal
    const port = textOf(call, 'port') ?? '0'
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError(words('cli', 'badPort', { text: port }))
    const log = createLog(undefined, 'warn')
    const sound = await openSound({ log, clock, env, pages, signal })
    const line = createPracticeLine({ media: sound?.media ?? noMedia, clock, log, callers: () => [] })
    try {
      const served = await servePractice(line, Number(port), log)
      out(`${served.url}\n`)
      err(`${words('cli', 'practice.ready', { url: served.url })}\n`)
      err(`${words('cli', 'practice.account', line.account)}\n`)
      if (!sound) err(`${words('cli', 'practice.noSound')}\n`)
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
