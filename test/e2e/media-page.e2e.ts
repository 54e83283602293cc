/** What the media page finds out and how it behaves around calls: rings, permission, devices, a lost main, a second page. */
import { createSocket } from 'node:dgram'
import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { type MediaBench, startMediaPage, until, watchTracks } from '../fixtures/media-page'

// A trace looks at the page, and to Chromium each look is a click by the rep.
test.use({ trace: 'off' })

const ice = { servers: [], loopback: true }
const phone = { kind: 'phone' } as const

/** Catches what really leaves the page: the loudest sample of the ring's element and of what goes to the speaker from Web Audio. */
async function watchTones(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const heard: Record<string, number> = {}
    Object.assign(globalThis, { testHeard: heard })
    const measure = (name: string, analyser: AnalyserNode) => {
      const samples = new Float32Array(analyser.fftSize)
      setInterval(() => {
        analyser.getFloatTimeDomainData(samples)
        heard[name] = Math.max(heard[name] ?? 0, ...samples.map(Math.abs))
      }, 20)
    }
    const play = HTMLMediaElement.prototype.play
    HTMLMediaElement.prototype.play = function (this: HTMLAudioElement & { captureStream(): MediaStream }) {
      const name = this.src.split('/').pop()?.replace(/-.*/, '') ?? ''
      const started = play.call(this)
      void started.then(() => {
        if (!name || name in heard) return
        heard[name] = 0
        const context = new AudioContext()
        const analyser = new AnalyserNode(context)
        context.createMediaStreamSource(this.captureStream()).connect(analyser)
        measure(name, analyser)
      })
      return started
    }
    const connect = AudioNode.prototype.connect as (this: AudioNode, to: AudioNode) => AudioNode
    AudioNode.prototype.connect = function (this: AudioNode, to: AudioNode) {
      if (to instanceof AudioDestinationNode) {
        const analyser = new AnalyserNode(this.context)
        connect.call(this, analyser)
        measure('speaker', analyser)
      }
      return connect.call(this, to)
    } as typeof AudioNode.prototype.connect
  })
}

const forget = (page: Page) =>
  page.evaluate(() => {
    const { testHeard } = globalThis as unknown as { testHeard: Record<string, number> }
    for (const name of Object.keys(testHeard)) testHeard[name] = 0
  })
const heard = (page: Page) => page.evaluate(() => (globalThis as unknown as { testHeard: Record<string, number> }).testHeard)

let bench: MediaBench | undefined
const start = async (options: Parameters<typeof startMediaPage>[0] = {}) => {
  bench = await startMediaPage(options)
  return bench
}
test.afterEach(async () => {
  await bench?.close()
  bench = undefined
})

test('a page that was never clicked rings in its own Chromium, and each tone is heard', async () => {
  const { gateway, page } = await start({ audible: true, prepare: watchTones })
  expect(gateway.state).toMatchObject({ present: true, microphone: 'granted', mayRing: true, practiceAudio: true })
  const loudest: Record<string, number> = {}
  for (const tone of ['ring', 'waiting', 'ringback', 'busy', 'error'] as const) {
    await forget(page)
    const where = tone === 'ring' ? 'ring' : 'speaker'
    await gateway.request('tone.play', { key: 'a', tone })
    await until(async () => ((await heard(page))[where] ?? 0) > 0.02, tone)
    await new Promise((done) => setTimeout(done, 300))
    loudest[tone] = (await heard(page))[where] ?? 0
    expect((await heard(page))[where === 'ring' ? 'speaker' : 'ring'] ?? 0).toBe(0)
    await gateway.request('tone.play', { key: 'a', tone: null })
    await new Promise((done) => setTimeout(done, 100))
  }
  console.log('loudest sample of each tone:', loudest)
})

test('a ring goes on until the last call that wants it has stopped', async () => {
  const { gateway, page } = await start({
    prepare: async (context) => {
      await context.addInitScript(() => {
        const elements = new Set<HTMLMediaElement>()
        Object.assign(globalThis, { testElements: elements })
        const play = HTMLMediaElement.prototype.play
        HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
          elements.add(this)
          return play.call(this)
        }
      })
    },
  })
  const ringing = () =>
    page.evaluate(
      () => [...(globalThis as unknown as { testElements: Set<HTMLMediaElement> }).testElements].filter((it) => !it.paused).length,
    )
  for (const key of ['a', 'b']) await gateway.request('tone.play', { key, tone: 'ring' })
  await gateway.request('tone.play', { key: 'a', tone: null })
  await new Promise((done) => setTimeout(done, 4000))
  expect(await ringing()).toBe(1)
  await gateway.request('tone.play', { key: 'b', tone: null })
  expect(await ringing()).toBe(0)
})

test('where the browser wants a click first, that is said, and a click mends it', async () => {
  const { gateway, page } = await start({ audible: true, prepare: watchTones, without: ['--autoplay-policy=no-user-gesture-required'] })
  await until(() => !gateway.state.mayRing, 'the page to say so')
  await gateway.request('tone.play', { key: 'a', tone: 'ring' })
  await page.mouse.click(5, 5)
  await until(() => gateway.state.mayRing, 'the click to be noticed')
  await until(async () => ((await heard(page)).ring ?? 0) > 0.1, 'the ring that had been refused')
})

test('without permission the microphone is never asked for, and the call says what is missing', async () => {
  const { gateway, page } = await start({ prepare: watchTracks, without: ['--use-fake-ui-for-media-stream'] })
  expect(gateway.state.microphone).toBe('unknown')
  const offer = await gateway.request('peer.offer', { peer: 'a', role: phone, ice: { servers: [], loopback: false }, iceRestart: false })
  expect(offer.sdp).toContain('.local')
  await until(() => gateway.state.troubles.some((it) => it.code === 'media.microphoneDenied'), 'the trouble')
  await gateway.request('peer.close', { peer: 'a' })
  await bench?.context.grantPermissions(['microphone'])
  await until(() => gateway.state.microphone === 'granted', 'the permission to be noticed')
  await until(async () => {
    const again = await gateway.request('peer.offer', { peer: 'b', role: phone, ice, iceRestart: false })
    await gateway.request('peer.close', { peer: 'b' })
    return /^a=candidate:.* (127\.0\.0\.1|::1) /m.test(again.sdp) && !again.sdp.includes('.local')
  }, 'addresses that a server can reach')
  expect(await live(page)).toBe(0)
})

test('a network without loopback leaves none in what goes to a server', async () => {
  const { gateway } = await start()
  const { sdp } = await gateway.request('peer.offer', { peer: 'a', role: phone, ice: { servers: [], loopback: false }, iceRestart: false })
  expect(sdp).not.toMatch(/^(a=candidate:.*|c=IN IP\d) (127\.|::1)/m)
  expect(sdp).not.toMatch(/ tcp /i)
})

test('a server that does not answer is waited for half a second at most; a later answer asks for an ICE restart', async () => {
  const { gateway, reports } = await start()
  const server = await stunServer(1000)
  const ask = { servers: [{ url: `stun:127.0.0.1:${server.port}` }], loopback: true }
  const begin = performance.now()
  const { sdp, incomplete } = await gateway.request('peer.offer', { peer: 'a', role: phone, ice: ask, iceRestart: false })
  console.log(`offer with a STUN server that is silent: ${(performance.now() - begin).toFixed(0)} ms`)
  expect(incomplete).toBe(true)
  expect(sdp).toMatch(/^a=candidate:/m)
  expect(sdp).not.toContain('srflx')
  await until(() => reports.some((it) => it.peer === 'a' && it.moreCandidates), 'the late answer')
  const again = await gateway.request('peer.offer', { peer: 'a', role: phone, ice: ask, iceRestart: false })
  expect(again.incomplete).toBe(false)
  expect(again.sdp).toMatch(/ 203\.0\.113\.9 \d+ typ srflx/)
  server.close()
})

test('a server that answers is in the first offer', async () => {
  const { gateway } = await start()
  const server = await stunServer(0)
  const ask = { servers: [{ url: `stun:127.0.0.1:${server.port}` }], loopback: true }
  const begin = performance.now()
  const { sdp, incomplete } = await gateway.request('peer.offer', { peer: 'a', role: phone, ice: ask, iceRestart: false })
  console.log(`offer with a STUN server that answers: ${(performance.now() - begin).toFixed(0)} ms`)
  expect(incomplete).toBe(false)
  expect(sdp).toMatch(/ 203\.0\.113\.9 \d+ typ srflx/)
  expect(sdp).toContain('c=IN IP4 203.0.113.9')
  server.close()
})

test('the page comes back after main was away, without anything of before', async () => {
  const { gateway, page, bridge } = await start({ prepare: watchTracks })
  await gateway.request('peer.offer', { peer: 'a', role: phone, ice, iceRestart: false })
  await until(async () => (await live(page)) === 2)
  const presence: boolean[] = []
  gateway.onPresence((present) => presence.push(present))
  bench?.dropSockets()
  await until(() => presence.includes(true), 'the page to come back')
  expect(presence).toEqual([false, true])
  await expect(gateway.request('peer.stats', { peer: 'a' })).rejects.toMatchObject({ trouble: { code: 'media.unknownPeer' } })
  expect(await live(page)).toBe(0)
  expect(bridge.seq).toBeGreaterThan(0)
})

test('a second page takes over and the first falls silent', async () => {
  const { gateway, page, context, address } = await start({ prepare: watchTracks })
  await gateway.request('peer.offer', { peer: 'a', role: phone, ice, iceRestart: false })
  await until(async () => (await live(page)) === 2)
  const second = await context.newPage()
  await second.goto(address)
  await until(async () => (await live(page)) === 0, 'the first page to let go')
  await expect(gateway.request('peer.stats', { peer: 'a' })).rejects.toMatchObject({ trouble: { code: 'media.unknownPeer' } })
})

/** Answers binding requests (RFC 8489) with 203.0.113.9, once that many milliseconds have passed since it was opened. */
async function stunServer(silentFor: number): Promise<{ port: number; close(): void }> {
  const socket = createSocket('udp4')
  const opened = performance.now()
  socket.on('message', (request, from) => {
    if (performance.now() - opened < silentFor) return
    const answer = Buffer.alloc(32)
    answer.writeUInt16BE(0x0101, 0)
    answer.writeUInt16BE(12, 2)
    request.copy(answer, 4, 4, 20)
    // XOR-MAPPED-ADDRESS (RFC 8489 §14.2), the port as it was seen.
    answer.writeUInt16BE(0x0020, 20)
    answer.writeUInt16BE(8, 22)
    answer.writeUInt16BE(1, 24)
    answer.writeUInt16BE(from.port ^ 0x2112, 26)
    for (const [index, byte] of [203, 0, 113, 9].entries()) answer[28 + index] = byte ^ (request[4 + index] ?? 0)
    socket.send(answer, from.port, from.address)
  })
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))
  return { port: socket.address().port, close: () => socket.close() }
}

const live = (page: Page) =>
  page.evaluate(
    () => (globalThis as unknown as { testTracks: MediaStreamTrack[] }).testTracks.filter((it) => it.readyState === 'live').length,
  )
