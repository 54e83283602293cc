/** Recording on the real page, into real files by main's own recordings: both sides where they belong, and only while they may be heard. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { systemClock } from '../../main/clock'
import { silentLog } from '../../main/log'
import { Recordings } from '../../main/recordings/recordings'
import type { LiveCall } from '../../preload/contract'
import { type MediaBench, startMediaPage, until } from '../fixtures/media-page'

const ice = { servers: [], loopback: true }
const phone = { kind: 'phone' } as const
const robot = (program: 'echo' | 'prompt' | 'listen') => ({ kind: 'robot', program }) as const
const caller = { match: 'none', contacts: [], display: '+46 8 123 45 67', networkName: null, raw: '' } as unknown as LiveCall['caller']
const live = (id: string) => ({ id, phase: 'connected' as const, caller })
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

let bench: MediaBench
let recordings: Recordings
let folder: string
let told: string[]
const files = new Map<string, string>()
const settings = { recordingFolder: '', recordingFormat: 'wav' as 'wav' | 'webm', recordingNotice: false }

test.beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-recording-'))
  told = []
  files.clear()
  Object.assign(settings, { recordingFormat: 'wav', recordingNotice: false })
  bench = await startMediaPage({ handlers: { 'media.recorded': (piece) => recordings.take(piece) } })
  recordings = new Recordings({
    media: bench.gateway,
    settings: () => settings,
    ownFolder: join(folder, 'recordings'),
    exportFolder: join(folder, 'exports'),
    host: { deliverFile: async () => null },
    clock: systemClock,
    log: silentLog(),
    marks: { get: (id) => files.get(id) ?? null, set: (id, path) => (path === null ? files.delete(id) : files.set(id, path)) },
    onChange: (_, state) => told.push(state),
    onTrouble: (_, trouble) => told.push(trouble.code),
  })
})
test.afterEach(async () => {
  await recordings.close()
  await bench.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Two peers of one page: `a` is the rep's side. */
async function connect(far: Parameters<typeof robot>[0] | 'phone', a = 'a', b = 'b') {
  const { gateway } = bench
  const offer = await gateway.request('peer.offer', { peer: a, role: phone, ice, iceRestart: false })
  const role = far === 'phone' ? phone : robot(far)
  const answer = await gateway.request('peer.answer', { peer: b, role, ice, sdp: offer.sdp, live: true })
  await gateway.request('peer.remote', { peer: a, type: 'answer', sdp: answer.sdp })
  await until(() => bench.reports.some((report) => report.peer === a && report.flowing), 'first audio')
}

interface Sound {
  seconds: number
  /** Root mean square of each tenth of a second, left and right. */
  left: number[]
  right: number[]
}

/** A WAV file of ours, read by its own header alone. */
function readWav(path: string): Sound {
  const bytes = readFileSync(path)
  expect(bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ')
  expect([bytes.readUInt16LE(20), bytes.readUInt16LE(22), bytes.readUInt32LE(24), bytes.readUInt16LE(34)]).toEqual([1, 2, 16_000, 16])
  expect(bytes.readUInt32LE(4)).toBe(bytes.readUInt32LE(40) + 36)
  expect(bytes.length).toBe(44 + bytes.readUInt32LE(40))
  const frames = bytes.readUInt32LE(40) / 4
  const side = (offset: number) =>
    loudness(
      Array.from({ length: frames }, (_, n) => bytes.readInt16LE(44 + n * 4 + offset) / 32_768),
      16_000,
    )
  return { seconds: frames / 16_000, left: side(0), right: side(2) }
}

function loudness(samples: readonly number[], rate: number): number[] {
  const step = rate / 10
  return Array.from({ length: Math.floor(samples.length / step) }, (_, n) =>
    Math.sqrt(samples.slice(n * step, (n + 1) * step).reduce((sum, value) => sum + value * value, 0) / step),
  )
}

/** Decoded by the browser, as a player would. */
async function readWebm(page: Page, path: string): Promise<Sound> {
  const decoded = await page.evaluate(async (base64) => {
    const bytes = await (await fetch(`data:application/octet-stream;base64,${base64}`).catch(() => null))?.arrayBuffer()
    const raw = bytes ?? Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer
    const buffer = await new OfflineAudioContext(2, 1, 16_000).decodeAudioData(raw)
    return {
      seconds: buffer.duration,
      sides: [0, 1].map((side) => [...buffer.getChannelData(Math.min(side, buffer.numberOfChannels - 1))]),
      channels: buffer.numberOfChannels,
    }
  }, readFileSync(path).toString('base64'))
  expect(decoded.channels).toBe(2)
  const [left = [], right = []] = decoded.sides
  return { seconds: decoded.seconds, left: loudness(left, 16_000), right: loudness(right, 16_000) }
}

const loudest = (tenths: readonly number[]) => Math.max(0, ...tenths)
const path = () => files.get('a') ?? ''

for (const format of ['wav', 'webm'] as const) {
  test(`${format}: the rep is left, the far end right, and it is as long as the call`, async () => {
    settings.recordingFormat = format
    // The far end says a sentence and hears; the microphone beeps once a second.
    await connect('prompt')
    const began = performance.now()
    await recordings.start(live('a'))
    await until(() => told.at(-1) === 'on', 'the first piece on the disk')
    const onDisk = performance.now() - began
    await pause(7000)
    await recordings.stop('a')
    const seconds = (performance.now() - began) / 1000
    expect(told).toEqual(['starting', 'on', 'off'])
    const sound = format === 'wav' ? readWav(path()) : await readWebm(bench.page, path())
    console.log(
      `${format}: first piece on the disk after ${onDisk.toFixed(0)} ms; ${sound.seconds.toFixed(2)} s of ${seconds.toFixed(2)} s; loudest left ${loudest(sound.left).toFixed(3)}, right ${loudest(sound.right).toFixed(3)}`,
    )
    // Nothing is lost but the moment in which it begins and ends.
    expect(sound.seconds).toBeGreaterThan(seconds - 0.75)
    expect(sound.seconds).toBeLessThan(seconds + 0.5)
    expect(loudest(sound.left)).toBeGreaterThan(0.01)
    expect(loudest(sound.right)).toBeGreaterThan(0.01)
    // The beep is short, the sentence is long: each channel is one of them.
    const busy = (tenths: readonly number[]) => tenths.filter((value) => value > 0.005).length / tenths.length
    expect(busy(sound.right)).toBeGreaterThan(busy(sound.left))
  })
}

/** The longest run of tenths of a second without a sound, in seconds. */
function longestSilence(tenths: readonly number[]): number {
  let [longest, run] = [0, 0]
  for (const value of tenths) {
    run = value < 0.0005 ? run + 1 : 0
    longest = Math.max(longest, run)
  }
  return longest / 10
}

test('a muted rep is silent in the recording, a held call is silent on both sides, and the file goes on', async () => {
  // The far end speaks for six seconds; the microphone beeps once a second.
  await connect('prompt')
  const { gateway } = bench
  await recordings.start(live('a'))
  await pause(1000)
  await gateway.request('peer.hold', { peer: 'a', held: true })
  await pause(2000)
  await gateway.request('peer.hold', { peer: 'a', held: false })
  await pause(1500)
  await recordings.stop('a')
  const held = readWav(path())
  console.log(`held for 2 s: longest silence left ${longestSilence(held.left)} s, right ${longestSilence(held.right)} s`)
  // Between its own words it is silent for less than a second.
  expect(longestSilence(held.left)).toBeGreaterThanOrEqual(1.5)
  expect(longestSilence(held.right)).toBeGreaterThanOrEqual(1.5)
  expect(loudest(held.right.slice(0, 8))).toBeGreaterThan(0.01)
  expect(loudest(held.right.slice(-10))).toBeGreaterThan(0.01)
  expect(held.seconds).toBeGreaterThan(4)

  await recordings.start(live('a'))
  await pause(1500)
  await gateway.request('peer.mute', { peer: 'a', muted: true })
  await pause(2500)
  await gateway.request('peer.mute', { peer: 'a', muted: false })
  await pause(1500)
  await recordings.stop('a')
  const muted = readWav(path())
  console.log(`muted for 2.5 s: longest silence left ${longestSilence(muted.left)} s`)
  expect(longestSilence(muted.left)).toBeGreaterThanOrEqual(1.8)
  expect(loudest(muted.left.slice(0, 15))).toBeGreaterThan(0.01)
  expect(loudest(muted.left.slice(-13))).toBeGreaterThan(0.01)
})

test('the far end hears the notice, also from a muted rep, and silence after it; the notice is in the recording', async () => {
  settings.recordingNotice = true
  await connect('phone')
  const { gateway } = bench
  await gateway.request('peer.mute', { peer: 'a', muted: true })
  const heard = async () => (await gateway.request('peer.stats', { peer: 'b' })).energyReceived
  await pause(500)
  const before = await heard()
  await pause(700)
  expect((await heard()) - before).toBeLessThan(1e-6)
  await recordings.start(live('a'))
  await pause(3000)
  const notice = (await heard()) - before
  await pause(700)
  const after = await heard()
  await pause(1000)
  expect((await heard()) - after).toBeLessThan(1e-6)
  expect(notice).toBeGreaterThan(0.001)
  await gateway.request('peer.mute', { peer: 'a', muted: false })
  await until(async () => (await heard()) > after + 0.0001, 'the rep again, by his own microphone')
  await recordings.stop('a')
  const { left } = readWav(path())
  console.log(
    `energy of the notice at the far end: ${notice.toFixed(4)}; loudest in the recording: ${loudest(left.slice(0, 20)).toFixed(3)}`,
  )
  expect(loudest(left.slice(0, 20))).toBeGreaterThan(0.01)
})

test('a microphone that is replaced goes on in the recording', async () => {
  await connect('echo')
  await recordings.start(live('a'))
  await pause(1500)
  bench.choose({ noiseSuppression: false, echoCancellation: false })
  await pause(3500)
  await recordings.stop('a')
  expect(loudest(readWav(path()).left.slice(30))).toBeGreaterThan(0.01)
})

test('a call that ends ends its recording, with the last of it on the disk', async () => {
  await connect('prompt')
  await recordings.start(live('a'))
  await pause(2300)
  await bench.gateway.request('peer.close', { peer: 'a' })
  await until(() => told.at(-1) === 'off', 'the end')
  await recordings.stop('a')
  const { seconds } = readWav(path())
  expect(seconds).toBeGreaterThan(1.8)
  expect(told).toEqual(['starting', 'on', 'off'])
})

test('a page that crashes leaves a file that can be heard, and the rep is told', async () => {
  for (const format of ['wav', 'webm'] as const) {
    told = []
    settings.recordingFormat = format
    await connect('prompt', 'a', `b-${format}`)
    await recordings.start(live('a'))
    await until(() => told.at(-1) === 'on', 'the first piece')
    await pause(2500)
    await bench.page.close()
    await until(() => told.at(-1) === 'recording.interrupted', 'the rep to be told')
    bench.reports.length = 0
    const page = await bench.context.newPage()
    await page.goto(bench.address)
    await until(() => bench.gateway.present)
    Object.assign(bench, { page })
    const sound = format === 'wav' ? readWav(path()) : await readWebm(page, path())
    expect(sound.seconds).toBeGreaterThan(1.5)
    expect(loudest(sound.right)).toBeGreaterThan(0.01)
  }
})
