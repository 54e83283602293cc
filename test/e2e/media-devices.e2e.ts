/**
 * Headsets that are unplugged in the middle of a call, and what else devices do. Devices are those of a sound server of the
 * test's own, so that Chromium itself sees them come and go; what arrives at the far end and what leaves each output is measured.
 */
import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import type { Settings } from '../../preload/contract'
import { type MediaBench, startMediaPage, until, watchTracks } from '../fixtures/media-page'
import { SoundServer } from '../fixtures/sound-server'

const ice = { servers: [], loopback: true }
const phone = { kind: 'phone' } as const
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

let bench: MediaBench | undefined
let sound: SoundServer | undefined
test.afterEach(async () => {
  await bench?.close()
  await sound?.stop()
  bench = undefined
  sound = undefined
})

async function startWithSound(): Promise<{ bench: MediaBench; sound: SoundServer }> {
  sound = await SoundServer.start()
  return { bench: undefined as never, sound }
}
async function openPage(prepare?: (context: BrowserContext) => Promise<void>): Promise<MediaBench> {
  bench = await startMediaPage({
    audible: true,
    without: ['--use-fake-device-for-media-stream'],
    ...(sound ? { env: sound.env } : {}),
    ...(prepare ? { prepare } : {}),
  })
  return bench
}

/** Two phones of one page: `b` hears what `a` sends. */
async function connect({ gateway, reports }: MediaBench) {
  const offer = await gateway.request('peer.offer', { peer: 'a', role: phone, ice, iceRestart: false })
  const answer = await gateway.request('peer.answer', { peer: 'b', role: phone, ice, sdp: offer.sdp, live: true })
  await gateway.request('peer.remote', { peer: 'a', type: 'answer', sdp: answer.sdp })
  await until(() => reports.some((report) => report.peer === 'b' && report.connection === 'connected'), 'connected')
}

/** The loudest frequency, Hz, of what arrives at the page's newest connected peer; 0: silence. */
const arriving = (page: Page) =>
  page.evaluate(async () => {
    const { testPeers } = globalThis as unknown as { testPeers: WeakRef<RTCPeerConnection>[] }
    const peer = testPeers.map((ref) => ref.deref()).findLast((one) => one?.connectionState === 'connected')
    const track = peer?.getReceivers()[0]?.track
    if (!track) return 0
    const context = new AudioContext()
    const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 })
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser)
    await new Promise((done) => setTimeout(done, 400))
    const levels = new Float32Array(analyser.frequencyBinCount)
    analyser.getFloatFrequencyData(levels)
    await context.close()
    const best = levels.reduce((most, level, at) => (level > (levels[most] ?? Number.NEGATIVE_INFINITY) ? at : most), 0)
    return (levels[best] ?? Number.NEGATIVE_INFINITY) < -70 ? 0 : (best * context.sampleRate) / analyser.fftSize
  })
const hears = (page: Page, hz: number) => until(async () => Math.abs((await arriving(page)) - hz) < 15, `${hz} Hz at the far end`)

/** What a rep would have chosen. */
const choice = (page: Page, kind: MediaDeviceKind, label: string) =>
  page.evaluate(
    async ([kind, label]) => {
      const found = (await navigator.mediaDevices.enumerateDevices()).find((one) => one.kind === kind && one.label === label)
      if (!found) throw new Error(`no ${kind} ${label}`)
      return { id: found.deviceId, label: found.label, group: found.groupId }
    },
    [kind, label] as const,
  )
const choose = (it: MediaBench, settings: Partial<Settings>) => it.choose(settings)
const codes = (it: MediaBench) => it.gateway.state.troubles.map((trouble) => `${trouble.code} ${trouble.params.label ?? ''}`.trim())

test('an unplugged headset: sound goes on through the computer’s own, each loss is said and mended by itself', async () => {
  const { sound } = await startWithSound()
  await sound.output('Desk speakers')
  let headphones = await sound.output('Headset ears')
  let desk = await sound.microphone('Desk microphone', 500)
  let headset = await sound.microphone('Headset mouth', 900)
  await sound.makeDefault('source', 'Desk microphone')
  await sound.makeDefault('sink', 'Desk speakers')
  const it = await openPage()
  const { page, gateway } = it
  choose(it, {
    microphone: await choice(page, 'audioinput', 'Headset mouth'),
    speaker: await choice(page, 'audiooutput', 'Headset ears'),
  })
  await connect(it)
  await hears(page, 900)
  expect(codes(it)).toEqual([])
  expect(await sound.loudest('Headset ears', 700)).toBeGreaterThan(0.01)
  expect(await sound.loudest('Desk speakers', 500)).toBeLessThan(0.001)

  const unplugged = performance.now()
  await headset.unplug()
  await hears(page, 500)
  const moved = performance.now() - unplugged
  await until(() => codes(it).includes('media.microphoneReplaced Headset mouth'), 'the rep to be told of the microphone')
  await headphones.unplug()
  await until(() => codes(it).includes('media.speakerMissing Headset ears'), 'the rep to be told of the speaker')
  expect(codes(it)).toContain('media.microphoneReplaced Headset mouth')
  await until(async () => (await sound.loudest('Desk speakers', 500)) > 0.01, 'sound on the desk speakers')

  // Chromium keeps an output open for five seconds, and PulseAudio has moved it to the desk: sooner it would stay there.
  await pause(8000)
  headphones = await sound.output('Headset ears')
  await until(() => !codes(it).includes('media.speakerMissing Headset ears'), 'the speaker to be mended')
  expect(codes(it)).toEqual(['media.microphoneReplaced Headset mouth'])
  await until(async () => (await sound.loudest('Headset ears', 500)) > 0.01, 'sound in the headset again')
  await until(async () => (await sound.loudest('Desk speakers', 500)) < 0.001, 'silence on the desk')
  const back = performance.now()
  headset = await sound.microphone('Headset mouth', 900)
  await hears(page, 900)
  console.log(
    `unplugged: heard again after ${moved.toFixed(0)} ms; plugged in: taken again after ${(performance.now() - back).toFixed(0)} ms (each look takes 400 ms)`,
  )
  await until(() => codes(it).length === 0, 'all to be mended')

  // No microphone at all: the call stands, and gets one when it comes.
  await headset.unplug()
  await desk.unplug()
  await until(() => codes(it).includes('media.microphoneMissing'), 'the rep to be told that there is none')
  expect(await arriving(page)).toBe(0)
  expect((await gateway.request('peer.stats', { peer: 'a' })).connection).toBe('connected')
  desk = await sound.microphone('Desk microphone', 500)
  await hears(page, 500)
  await until(() => codes(it).join() === 'media.microphoneReplaced Headset mouth', 'the other trouble')
})

test('a system default that is changed during a call moves the call’s microphone', async () => {
  const { sound } = await startWithSound()
  await sound.output('Desk speakers')
  await sound.microphone('First', 500)
  await sound.microphone('Second', 900)
  await sound.makeDefault('source', 'First')
  const it = await openPage()
  choose(it, { microphone: null })
  await connect(it)
  await hears(it.page, 500)
  await sound.makeDefault('source', 'Second')
  await hears(it.page, 900)
  expect(codes(it)).toEqual([])
})

test('it rings on every ringer at once and nowhere else; tones of a call are in the ear; a missing ringer is skipped and said', async () => {
  const { sound } = await startWithSound()
  for (const label of ['Headset ears', 'Desk speakers', 'Meeting room']) await sound.output(label)
  let hall = await sound.output('Hall bell')
  await sound.makeDefault('sink', 'Meeting room')
  const it = await openPage()
  const { gateway, page } = it
  const [ears, desk, bell] = await Promise.all(
    ['Headset ears', 'Desk speakers', 'Hall bell'].map((label) => choice(page, 'audiooutput', label)),
  )
  if (!ears || !desk || !bell) throw new Error('outputs are missing')
  choose(it, { speaker: ears, ringers: [desk, bell], waitingVolume: 1, toneVolume: 1 })
  const levels = async (ms = 2500) => {
    const all = ['Headset ears', 'Desk speakers', 'Meeting room', ...(hallIsThere ? ['Hall bell'] : [])]
    return Object.fromEntries(await Promise.all(all.map(async (label) => [label, await sound.loudest(label, ms)] as const)))
  }
  let hallIsThere = true
  await gateway.request('tone.play', { key: 'call', tone: 'ring' })
  const ring = await levels()
  console.log('ring:', ring)
  for (const label of ['Desk speakers', 'Hall bell']) expect(ring[label]).toBeGreaterThan(0.1)
  for (const label of ['Headset ears', 'Meeting room']) expect(ring[label]).toBeLessThan(0.001)

  // No call is up: what only the sound server knows is looked for four times a minute.
  await hall.unplug()
  hallIsThere = false
  await until(() => codes(it).join() === 'media.ringerMissing Hall bell', 'the rep to be told')
  // The sound server itself moves what played there to its default, until the page has looked.
  let fewer: Record<string, number> = {}
  const quiet = () => ['Headset ears', 'Meeting room'].every((label) => (fewer[label] ?? 1) < 0.001)
  await until(async () => {
    fewer = await levels()
    return quiet()
  }, 'the ring to leave the other outputs')
  expect(fewer['Desk speakers']).toBeGreaterThan(0.1)
  // Chromium keeps an output open for some seconds; one that is back sooner is not opened anew (docs/audio.md).
  await pause(15_000)
  hall = await sound.output('Hall bell')
  hallIsThere = true
  await until(() => codes(it).length === 0, 'it to be mended')
  await until(async () => (await sound.loudest('Hall bell', 2500)) > 0.1, 'the bell again')

  // A further call while one is up: in the ear, and soft at its loudest.
  await gateway.request('tone.play', { key: 'call', tone: 'waiting' })
  await pause(500)
  const waiting = await levels(4500)
  console.log('waiting at full volume:', waiting)
  expect(waiting['Headset ears']).toBeGreaterThan(0.05)
  expect(waiting['Headset ears']).toBeLessThan(0.13)
  for (const label of ['Desk speakers', 'Hall bell', 'Meeting room']) expect(waiting[label]).toBeLessThan(0.001)
  await gateway.request('tone.play', { key: 'call', tone: 'ringback' })
  const ringback = await levels(4500)
  expect(ringback['Headset ears']).toBeGreaterThan(0.3)
  for (const label of ['Desk speakers', 'Hall bell', 'Meeting room']) expect(ringback[label]).toBeLessThan(0.001)

  // With none of the ringers there it rings on the speaker.
  await gateway.request('tone.play', { key: 'call', tone: 'ring' })
  choose(it, { speaker: ears, ringers: [{ id: 'x', label: 'At home' }] })
  await until(async () => (await sound.loudest('Headset ears', 2500)) > 0.1, 'the ring on the speaker')
  expect(codes(it)).toEqual(['media.ringerMissing At home'])
})

/** Chromium's own fake devices, and what a browser tells a page of others, by a script that runs before the page's own. */
async function openFake(options: { prepare?: (context: BrowserContext) => Promise<void>; switches?: string[] } = {}): Promise<MediaBench> {
  bench = await startMediaPage(options)
  return bench
}
const liveTracks = (page: Page) =>
  page.evaluate(() => {
    const { testTracks } = globalThis as unknown as { testTracks: MediaStreamTrack[] }
    return testTracks.filter((track) => track.readyState === 'live').map((track) => ({ label: track.label, ...track.getSettings() }))
  })

test('echo cancellation, noise suppression and gain are switched in the middle of a call, each by itself', async () => {
  const it = await openFake({ prepare: watchTracks })
  await connect(it)
  const off = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
  for (const change of [{ echoCancellation: false }, { noiseSuppression: false }, { autoGainControl: false }, off, {}]) {
    choose(it, change)
    const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...change }
    await until(async () => {
      const tracks = await liveTracks(it.page)
      // The source and one copy for each of the two phones; nothing else stays open.
      return (
        tracks.length === 3 &&
        tracks.every((track) => Object.entries(wanted).every(([name, value]) => track[name as keyof typeof wanted] === value))
      )
    }, JSON.stringify(wanted))
  }
  const before = (await it.gateway.request('peer.stats', { peer: 'b' })).energyReceived
  await until(async () => (await it.gateway.request('peer.stats', { peer: 'b' })).energyReceived > before + 0.0001, 'sound after all of it')
  expect(codes(it)).toEqual([])
})

test('a default device that Chromium does not follow by itself is opened anew (what Windows and macOS tell is played by a script)', async () => {
  const it = await openFake({
    prepare: async (context) => {
      await watchTracks(context)
      await context.addInitScript(() => {
        const list = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices)
        Object.assign(globalThis, { testDefault: 'Default - Built-in' })
        navigator.mediaDevices.enumerateDevices = async () => {
          const { testDefault } = globalThis as unknown as { testDefault: string }
          const entry = { kind: 'audioinput', deviceId: 'default', groupId: testDefault, label: testDefault } as MediaDeviceInfo
          return [entry, ...(await list()).filter((one) => !(one.kind === 'audioinput' && one.deviceId === 'default'))]
        }
      })
    },
  })
  await connect(it)
  const opened = () => it.page.evaluate(() => (globalThis as unknown as { testTracks: MediaStreamTrack[] }).testTracks.length)
  await until(async () => (await liveTracks(it.page)).length === 3)
  const before = await opened()
  const change = (label: string) =>
    it.page.evaluate((label) => {
      Object.assign(globalThis, { testDefault: label })
      navigator.mediaDevices.dispatchEvent(new Event('devicechange'))
    }, label)
  await change('Default - Built-in')
  await pause(500)
  expect(await opened()).toBe(before)
  await change('Default - Headset')
  await until(
    async () => (await opened()) === before + 3 && (await liveTracks(it.page)).length === 3,
    'a new source, and a copy for each phone',
  )
  expect(codes(it)).toEqual([])
})

test('a microphone that the system mutes, that ends, or that another program has is told, and mended', async () => {
  const it = await openFake({ prepare: watchTracks })
  await connect(it)
  await until(async () => (await liveTracks(it.page)).length === 3)
  const mute = (muted: boolean) =>
    it.page.evaluate((muted) => {
      const [source] = (globalThis as unknown as { testTracks: MediaStreamTrack[] }).testTracks.filter(
        (track) => track.readyState === 'live',
      )
      if (!source) throw new Error('no microphone is open')
      Object.defineProperty(source, 'muted', { configurable: true, value: muted })
      source.dispatchEvent(new Event(muted ? 'mute' : 'unmute'))
    }, muted)
  await mute(true)
  await until(() => codes(it).some((code) => code.startsWith('media.microphoneMuted')), 'the mute to be told')
  await mute(false)
  await until(() => codes(it).length === 0, 'it to be mended')

  const seen: string[] = []
  it.gateway.onState(({ troubles }) => seen.push(troubles[0]?.code ?? ''))
  await it.page.evaluate(() => {
    const { testTracks } = globalThis as unknown as { testTracks: MediaStreamTrack[] }
    const open = navigator.mediaDevices.getUserMedia
    // Taken by another program for a moment.
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('in use', 'NotReadableError'))
    setTimeout(() => {
      navigator.mediaDevices.getUserMedia = open
    }, 1000)
    const [source] = testTracks.filter((track) => track.readyState === 'live')
    source?.stop()
    source?.dispatchEvent(new Event('ended'))
  })
  await until(() => seen.includes('media.microphoneLost') && seen.includes('media.microphoneBusy'), 'both to be told')
  await until(async () => codes(it).length === 0 && (await liveTracks(it.page)).length === 3, 'the microphone again')
})

test('a computer without any microphone calls all the same, says so, and takes the first that comes', async () => {
  const it = await openFake({
    prepare: async (context) => {
      await watchTracks(context)
      await context.addInitScript(() => {
        const open = navigator.mediaDevices.getUserMedia
        const list = navigator.mediaDevices.enumerateDevices
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'))
        navigator.mediaDevices.enumerateDevices = () => Promise.resolve([])
        Object.assign(globalThis, {
          testPlug: () => {
            Object.assign(navigator.mediaDevices, { getUserMedia: open, enumerateDevices: list })
            navigator.mediaDevices.dispatchEvent(new Event('devicechange'))
          },
        })
      })
    },
  })
  expect(it.gateway.state.microphone).toBe('missing')
  await connect(it)
  await until(() => codes(it).join() === 'media.microphoneMissing', 'the rep to be told')
  await it.page.evaluate(() => (globalThis as unknown as { testPlug(): void }).testPlug())
  const energy = async () => (await it.gateway.request('peer.stats', { peer: 'b' })).energyReceived
  await until(async () => (await energy()) > 0.0001, 'sound at the far end')
  await until(() => codes(it).length === 0 && it.gateway.state.microphone === 'granted', 'it to be mended')
})

test('a chosen microphone that will not open is named, and the usual one is used', async () => {
  const it = await openFake()
  const listed = await it.gateway.request('devices.list', {})
  console.log('devices:', listed)
  const label = listed.microphones.at(-1) ?? ''
  const chosen = await choice(it.page, 'audioinput', label)
  await it.page.evaluate((id) => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
    navigator.mediaDevices.getUserMedia = (asked) => {
      const audio = asked?.audio as MediaTrackConstraints
      const exact = (audio.deviceId as ConstrainDOMStringParameters | undefined)?.exact
      return exact === id ? Promise.reject(new DOMException('in use', 'NotReadableError')) : open(asked)
    }
  }, chosen.id)
  choose(it, { microphone: chosen })
  await connect(it)
  await until(() => codes(it).join() === `media.microphoneRefused ${label}`, 'the rep to be told')
  await until(async () => (await it.gateway.request('peer.stats', { peer: 'b' })).energyReceived > 0.0001, 'sound all the same')
})
