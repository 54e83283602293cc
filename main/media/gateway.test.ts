/** The gateway over a real bridge: a stand-in page speaks frames, as a window does. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defaultSettings, type EventFrame, type MediaState, type PeerReport, type ReplyFrame, type Settings } from '../../preload/contract'
import { Bridge, type Connection, type Handlers } from '../bridge/bridge'
import { silentLog } from '../log'
import { BridgeMediaGateway } from './gateway'

const settings: Settings = {
  ...defaultSettings,
  country: 'SE',
  theme: 'system',
  ringVolume: 0.7,
  toneVolume: 0.3,
}

const hello = { microphone: 'granted', mayRing: true, practiceAudio: true, troubles: [] }
const statistics = {
  connection: 'connected',
  codec: 'opus',
  packetsSent: 1,
  packetsReceived: 2,
  packetsLost: 0,
  energyReceived: 0.5,
  energySent: 0.5,
  jitter: null,
  roundTripTime: null,
  jitterBufferDelay: 0,
  jitterBufferEmitted: 0,
  concealedSamples: 0,
  samplesReceived: 0,
  lossAtFarEnd: null,
}

function setup() {
  const bridge = new Bridge(silentLog())
  const gateway = new BridgeMediaGateway(bridge, () => settings, silentLog())
  bridge.handle(gateway.handlers as Handlers)
  bridge.onConnection = (connection, present) => gateway.connectionChanged(connection, present)
  return { bridge, gateway }
}

class Page {
  readonly events: EventFrame[] = []
  readonly connection: Connection
  #lastId = 0
  readonly #waiting = new Map<number, (reply: ReplyFrame) => void>()
  onRequest: ((request: { request: number; operation: string; input: unknown }) => void) | null = null

  constructor(bridge: Bridge) {
    this.connection = bridge.connect('media', (frame) => {
      if ('id' in frame) return this.#waiting.get(frame.id)?.(frame)
      this.events.push(frame)
      if (frame.event === 'media.request') this.onRequest?.(frame.payload as { request: number; operation: string; input: unknown })
    })
  }

  send(command: string, input: unknown): Promise<ReplyFrame> {
    const id = ++this.#lastId
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.connection.receive({ id, command, input })
    })
  }

  reply(request: number, output: unknown) {
    return this.send('media.reply', { request, ok: true, output })
  }

  named(event: string) {
    return this.events.filter((frame) => frame.event === event)
  }
}

async function withPage() {
  const { bridge, gateway } = setup()
  const page = new Page(bridge)
  await page.send('media.hello', hello)
  return { bridge, gateway, page }
}

afterEach(() => vi.useRealTimers())

describe('the media gateway', () => {
  it('refuses while there is no page', async () => {
    const { gateway } = setup()
    await expect(gateway.request('peer.live', { peer: 'a' })).rejects.toMatchObject({ trouble: { code: 'media.absent' } })
  })

  it('answers a hello with the settings, and tells of presence and state', async () => {
    const { bridge, gateway } = setup()
    const states: MediaState[] = []
    const presence: boolean[] = []
    gateway.onState((state) => states.push(state))
    gateway.onPresence((present) => presence.push(present))
    const page = new Page(bridge)
    expect(gateway.present).toBe(false)
    expect(await page.send('media.hello', hello)).toMatchObject({ ok: true, output: { settings } })
    expect(gateway.present).toBe(true)
    await page.send('media.hello', { ...hello, microphone: 'denied' })
    expect(presence).toEqual([true])
    expect(states.map((state) => state.microphone)).toEqual(['granted', 'denied'])
    page.connection.close()
    expect(gateway.state).toMatchObject({ present: false, microphone: 'denied' })
    expect(presence).toEqual([true, false])
  })

  it('carries a request to the page and its reply back', async () => {
    const { gateway, page } = await withPage()
    page.onRequest = ({ request }) => void page.reply(request, statistics)
    await expect(gateway.request('peer.stats', { peer: 'a' })).resolves.toEqual(statistics)
    expect(page.named('media.request')[0]?.payload).toMatchObject({ operation: 'peer.stats', input: { peer: 'a' } })
  })

  it('passes on what the page says went wrong', async () => {
    const { gateway, page } = await withPage()
    page.onRequest = ({ request }) =>
      void page.send('media.reply', { request, ok: false, trouble: { code: 'media.badSdp', params: {}, detail: 'line 3' } })
    await expect(gateway.request('peer.live', { peer: 'a' })).rejects.toMatchObject({ trouble: { code: 'media.badSdp', detail: 'line 3' } })
  })

  it('refuses an output outside the contract', async () => {
    const { gateway, page } = await withPage()
    page.onRequest = ({ request }) => void page.reply(request, { sent: 'yes' })
    await expect(gateway.request('peer.dtmf', { peer: 'a', tones: '1' })).rejects.toMatchObject({ trouble: { code: 'media.badReply' } })
  })

  it('gives up after the time limit and tells the page', async () => {
    vi.useFakeTimers()
    const { gateway, page } = await withPage()
    const asked = expect(gateway.request('peer.live', { peer: 'a' })).rejects.toMatchObject({ trouble: { code: 'media.timeout' } })
    await vi.advanceTimersByTimeAsync(7999)
    expect(page.named('media.cancel')).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(1)
    await asked
    expect(page.named('media.cancel')).toHaveLength(1)
  })

  it('cancels by signal, before and during', async () => {
    const { gateway, page } = await withPage()
    await expect(gateway.request('peer.live', { peer: 'a' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      trouble: { code: 'media.cancelled' },
    })
    expect(page.named('media.request')).toHaveLength(0)
    const controller = new AbortController()
    const asked = gateway.request('peer.live', { peer: 'a' }, { signal: controller.signal })
    controller.abort()
    await expect(asked).rejects.toMatchObject({ trouble: { code: 'media.cancelled' } })
    const number = page.named('media.request').map((one) => (one.payload as { request: number }).request)[0] ?? Number.NaN
    expect(page.named('media.cancel')[0]?.payload).toEqual({ request: number })
    await expect(page.reply(number, {})).resolves.toMatchObject({ ok: true })
  })

  it('ends what is under way when the page goes away', async () => {
    const { gateway, page } = await withPage()
    const asked = gateway.request('peer.live', { peer: 'a' })
    page.connection.close()
    await expect(asked).rejects.toMatchObject({ trouble: { code: 'media.absent' } })
  })

  it('lets the newest of several pages hold audio and retires the older', async () => {
    const { bridge, gateway, page: old } = await withPage()
    const presence: boolean[] = []
    const reports: PeerReport[] = []
    gateway.onPresence((present) => presence.push(present))
    gateway.onReport((report) => reports.push(report))
    const asked = gateway.request('peer.live', { peer: 'a' })
    const young = new Page(bridge)
    await young.send('media.hello', hello)
    await expect(asked).rejects.toMatchObject({ trouble: { code: 'media.absent' } })
    expect(presence).toEqual([false, true])
    expect(old.named('media.retire')).toHaveLength(1)
    await old.send('media.report', { peer: 'a', connection: 'connected', flowing: true, moreCandidates: false })
    await young.send('media.report', { peer: 'b', connection: 'connected', flowing: true, moreCandidates: false })
    expect(reports.map((report) => report.peer)).toEqual(['b'])
    old.connection.close()
    expect(gateway.present).toBe(true)
    young.onRequest = ({ request }) => void young.reply(request, {})
    await expect(gateway.request('peer.live', { peer: 'a' })).resolves.toEqual({})
  })

  it('passes on troubles and their end', async () => {
    const { gateway, page } = await withPage()
    const heard: unknown[] = []
    const stop = gateway.onTrouble((trouble) => heard.push(trouble))
    await page.send('media.trouble', { peer: 'a', trouble: { code: 'media.microphoneLost', params: {} } })
    await page.send('media.trouble', { peer: 'a', trouble: null })
    stop()
    await page.send('media.trouble', { peer: 'a', trouble: null })
    expect(heard).toEqual([
      { peer: 'a', trouble: { code: 'media.microphoneLost', params: {} } },
      { peer: 'a', trouble: null },
    ])
  })
})
