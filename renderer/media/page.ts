/** The media page put together: parts that own one thing each, and the bridge that tells them what main wants. */
import { type Bridge, type EventPayload, mediaOperations, type Settings, type Trouble } from '../../preload/contract'
import { Devices } from './devices'
import { Audience } from './findings'
import { Microphone } from './microphone'
import { Outputs } from './outputs'
import { Peers } from './peers'
import { Recordings } from './recordings'
import { Reserve } from './reserve'
import { Robots } from './robot'
import { Tones } from './tones'
import { troubleOf } from './trouble'

/** Milliseconds that calls are kept alive while main cannot be reached; main keeps them as long (it then hangs up). */
const ORPHANED = 20_000

/** Runs the page on that bridge for as long as it lives. */
export async function runMediaPage(bridge: Bridge): Promise<void> {
  let retired = false
  let connected = false
  let orphaned: ReturnType<typeof setTimeout> | undefined
  const running = new Map<number, AbortController>()
  // Main being away is no news to it; whatever is unsaid then is said by the next hello.
  const tell = (sent: Promise<unknown>) => void sent.catch(() => undefined)

  const devices = new Devices()
  const reserve = new Reserve()
  /** Of audio as a whole, told by each hello. */
  const troubles: { microphone: Trouble[]; outputs: Trouble[] } = { microphone: [], outputs: [] }
  const outputs = new Outputs(devices, (now) => {
    troubles.outputs = now
    void hello()
  })
  const audience = new Audience(devices, {
    change: () => void hello(),
    allowed: () => {
      reserve.renew()
      microphone.permissionChanged()
      outputs.permissionChanged()
    },
    click: () => {
      outputs.retry()
      peers.retry()
      tones.update()
    },
  })
  const microphone = new Microphone(
    devices,
    () => audience.allowed,
    (trouble) => {
      troubles.microphone = trouble ? [trouble] : []
      void hello()
    },
  )
  const tones = new Tones(outputs, () => audience.refused())
  const recordings = new Recordings((piece) => bridge.send('media.recorded', piece))
  const peers = new Peers(
    {
      reserve,
      microphone,
      outputs,
      robots: new Robots(),
      report: (report) => tell(bridge.send('media.report', report)),
      stats: (peer, stats) => tell(bridge.send('media.stats', { peer, stats })),
      trouble: (peer, trouble) => tell(bridge.send('media.trouble', { peer, trouble })),
      refused: () => audience.refused(),
    },
    tones,
    recordings,
  )

  const quiet = () => {
    for (const controller of running.values()) controller.abort()
    tones.stopAll()
    // First: a call that is closed ends its recording as if all were well.
    recordings.stopAll()
    peers.closeAll()
  }
  const apply = (settings: Settings) => {
    outputs.apply(settings)
    tones.apply(settings)
    microphone.apply(settings)
  }
  const hello = async () => {
    if (retired || !connected) return
    try {
      apply((await bridge.send('media.hello', { ...audience.findings, troubles: [...troubles.microphone, ...troubles.outputs] })).settings)
    } catch {
      // Main went away again; its return brings the next hello.
    }
  }

  bridge.on('settings.changed', apply)
  bridge.on('media.cancel', ({ request }) => running.get(request)?.abort())
  bridge.on('media.retire', () => {
    retired = true
    quiet()
  })
  bridge.on('media.request', ({ request, operation, input }: EventPayload<'media.request'>) => {
    const controller = new AbortController()
    running.set(request, controller)
    const perform = async () => {
      const work = peers.operations[operation] as (input: unknown, signal: AbortSignal) => Promise<unknown>
      return work(mediaOperations[operation].input.parse(input), controller.signal)
    }
    perform()
      .then(
        (output) => bridge.send('media.reply', { request, ok: true, output }),
        (error: unknown) => bridge.send('media.reply', { request, ok: false, trouble: troubleOf(error) }),
      )
      .catch(() => undefined)
      .finally(() => running.delete(request))
  })

  requestIdleCallback(rehearse)
  await audience.start()
  bridge.onConnection((now) => {
    connected = now
    clearTimeout(orphaned)
    if (now) {
      // The browser host connects a retired page again once its place is free.
      retired = false
      // To main a page that says hello knows of no peer: what is left of before would be nobody's.
      quiet()
      void hello()
    } else {
      tones.stopAll()
      orphaned = setTimeout(quiet, ORPHANED)
    }
  })
  window.addEventListener('pagehide', quiet)
}

/** Lets the checks of what main asks be made, which is done at their first use: the first call need not wait for it. */
function rehearse(): void {
  for (const { input } of Object.values(mediaOperations)) input.safeParse({})
  const peer = { peer: '', role: { kind: 'phone' }, ice: { servers: [], loopback: false }, sdp: '' }
  mediaOperations['peer.offer'].input.safeParse({ ...peer, iceRestart: false })
  mediaOperations['peer.answer'].input.safeParse({ ...peer, live: false })
  mediaOperations['peer.remote'].input.safeParse({ ...peer, type: 'answer' })
}
