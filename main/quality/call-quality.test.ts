/** A call's sound as it is sampled, told, warned of and kept, on a real database. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LiveCall, PeerStats } from '../../preload/contract'
import { type CallRig, callRig } from '../../test/fixtures/call-rig'
import { silentLog } from '../log'
import { CallQuality, keepEveryMs } from './call-quality'
import { mostSamples } from './samples'
import { lasting } from './warning'

let rig: CallRig
let quality: CallQuality
let hear: (peer: string, stats: PeerStats) => void
let presence: (present: boolean) => void
const follow = (id: string) => quality.follow(shown(id))
const shown = (id: string): LiveCall => {
  const call = rig.shown(id)
  if (!call) throw new Error('the call is not shown')
  return call
}
beforeEach(async () => {
  rig = await callRig()
  quality = make()
})
afterEach(async () => {
  quality.close()
  await rig.close()
})
const make = () =>
  new CallQuality({
    store: rig.store,
    clock: rig.clock,
    log: silentLog(),
    emit: (event, payload) => void rig.seen.push({ event, payload } as (typeof rig.seen)[number]),
    media: {
      onStats: (listener) => {
        hear = listener
        return () => {}
      },
      onPresence: (listener) => {
        presence = listener
        return () => {}
      },
    },
  })

const nothing: PeerStats = {
  connection: 'connected',
  codec: 'opus',
  packetsSent: 0,
  packetsReceived: 0,
  packetsLost: 0,
  energyReceived: 0,
  energySent: 0,
  jitter: 0.004,
  roundTripTime: 0.05,
  jitterBufferDelay: 0,
  jitterBufferEmitted: 0,
  concealedSamples: 0,
  samplesReceived: 0,
  lossAtFarEnd: 0,
}
let stats = nothing
let end = () => {}
/** Two seconds of the call: so many packets, so many of them lost. */
function pass(id: string, { lost = 0, packets = 100, ...more }: Partial<PeerStats> & { lost?: number; packets?: number } = {}): void {
  rig.clock.pass(2_000)
  stats = {
    ...stats,
    jitter: nothing.jitter,
    roundTripTime: nothing.roundTripTime,
    packetsReceived: stats.packetsReceived + packets - lost,
    packetsLost: stats.packetsLost + lost,
    // 40 ms in the buffer.
    jitterBufferDelay: stats.jitterBufferDelay + 96_000 * 0.04,
    jitterBufferEmitted: stats.jitterBufferEmitted + 96_000,
    ...more,
  }
  hear(id, stats)
}
async function answered(): Promise<string> {
  stats = nothing
  const call = rig.line.receive('+4681')
  end = () => call.end()
  await rig.calls.answer(call.id)
  follow(call.id)
  hear(call.id, stats)
  return call.id
}
const told = () => rig.seen.flatMap((each) => (each.event === 'call.quality' ? [each.payload] : []))
const row = (id: string) => rig.store.db.prepare('SELECT * FROM call_quality WHERE call_id = ?').get(id)

test('each interval is told with its own loss and its score', async () => {
  const id = await answered()
  expect(told()).toEqual([])
  pass(id)
  pass(id, { lost: 10 })
  pass(id)
  expect(told().map(({ callId, codec, warning }) => [callId, codec, warning])).toEqual(Array(3).fill([id, 'opus', null]))
  const [first, second, third] = told().map(({ sample }) => sample)
  expect(first).toMatchObject({ atMs: 2_000, roundTrip: 50, jitter: 4, loss: 0 })
  expect(first?.mos).toBeCloseTo(4.41, 2)
  expect(second).toMatchObject({ atMs: 4_000, loss: 0.1 })
  // 93.2 − 95 · 10 / 35.1
  expect(second?.mos).toBeCloseTo(3.4, 1)
  expect(third?.mos).toBe(first?.mos)
})

test('peers that are no call, or one that is not up, are nobody’s', async () => {
  const call = rig.line.receive('+4681')
  follow(call.id)
  for (let n = 0; n < 3; n++) {
    pass(call.id)
    pass('robot')
  }
  expect(told()).toEqual([])
})

test('a media page that counts anew makes no false loss, and no gap is charged to the network', async () => {
  const id = await answered()
  pass(id, { lost: 5 })
  stats = nothing
  hear(id, { ...nothing, packetsReceived: 20 })
  stats = { ...nothing, packetsReceived: 20 }
  pass(id)
  expect(told().map(({ sample }) => sample.loss)).toEqual([0.05, 0])
  presence(false)
  presence(true)
  pass(id, { lost: 90 })
  expect(told()).toHaveLength(2)
  pass(id)
  expect(told().at(-1)?.sample.loss).toBe(0)
})

test('packets that arrive late after all are not lost, and too few say nothing', async () => {
  const id = await answered()
  pass(id, { lost: 4 })
  pass(id, { packetsLost: 1 })
  expect(told().at(-1)?.sample.loss).toBe(0)
  pass(id, { packets: 5 })
  expect(told().at(-1)?.sample).toMatchObject({ mos: null, loss: 0 })
})

test.each([
  ['loss', { lost: 6 }, { lost: 3, packets: 120 }],
  ['delay', { roundTripTime: 0.5 }, { roundTripTime: 0.35 }],
  ['jitter', { jitter: 0.06 }, { jitter: 0.04 }],
  ['silence', { packets: 0 }, null],
] as const)('%s is warned of when it has lasted, and taken back when it has gone for as long', async (kind, bad, between) => {
  const id = await answered()
  const warnings = (change: Parameters<typeof pass>[1], times: number) => {
    const from = told().length
    for (let n = 0; n < times; n++) pass(id, change)
    return told()
      .slice(from)
      .map(({ warning }) => warning)
  }
  expect(warnings({}, 5)).toEqual(Array(5).fill(null))
  expect(warnings(bad, lasting - 1)).toEqual(Array(lasting - 1).fill(null))
  expect(warnings({}, 1)).toEqual([null])
  expect(warnings(bad, lasting + 2)).toEqual([...Array(lasting - 1).fill(null), kind, kind, kind])
  if (between) expect(warnings(between, 5)).toEqual(Array(5).fill(kind))
  expect(warnings({}, lasting + 1)).toEqual([...Array(lasting - 1).fill(kind), null, null])
})

test('nothing is counted while the call is held, either way, and a warning goes with the hold', async () => {
  const id = await answered()
  for (let n = 0; n < lasting; n++) pass(id, { lost: 20 })
  expect(told().at(-1)?.warning).toBe('loss')
  quality.follow({ ...shown(id), hold: 'holding' })
  expect(told().at(-1)?.warning).toBe(null)
  const before = told().length
  for (let n = 0; n < 5; n++) pass(id, { packets: 0 })
  quality.follow({ ...shown(id), hold: 'none', heldByRemote: true })
  pass(id, { lost: 50 })
  expect(told()).toHaveLength(before)
  quality.follow(shown(id))
  pass(id, { lost: 50 })
  pass(id)
  expect(
    told()
      .slice(before)
      .map(({ sample, warning }) => [sample.loss, warning]),
  ).toEqual([[0, null]])
})

test('it is kept every ten seconds, so that a killed program loses little, and whole at the end', async () => {
  const id = await answered()
  for (let n = 0; n < 4; n++) pass(id)
  expect(row(id)).toBeUndefined()
  pass(id)
  expect(5 * 2_000).toBe(keepEveryMs)
  expect(row(id)).toMatchObject({ codec: 'opus', loss: 0, round_trip_ms: 50, jitter_ms: 4 })
  pass(id, { lost: 50 })
  rig.clock.pass(500)
  end()
  follow(id)
  expect(row(id)).toMatchObject({ loss: expect.closeTo(0.5 / 6, 5) })
  expect(quality.samples(id)).toHaveLength(6)
  expect(quality.samples(id)[5]).toMatchObject({ atMs: 12_000, loss: 0.5 })
  expect(rig.journal.record(id)?.quality).toMatchObject({ codec: 'opus', worstMos: expect.closeTo(1.61, 2), samples: [] })
  // Nothing more comes of it.
  pass(id)
  expect(quality.samples(id)).toHaveLength(6)
})

test('a call of any length keeps at most 120 points, spread over all of it, and its true mean and worst', async () => {
  const id = await answered()
  for (let n = 0; n < 5_000; n++) pass(id, n === 4_321 ? { lost: 60 } : {})
  const samples = quality.samples(id)
  expect(samples.length).toBeGreaterThan(mostSamples / 2)
  expect(samples.length).toBeLessThanOrEqual(mostSamples)
  expect(samples[0]?.atMs).toBe(2_000)
  expect(samples.at(-1)?.atMs).toBeGreaterThan(5_000 * 2_000 * 0.95)
  const steps = samples.slice(1).map((sample, index) => sample.atMs - (samples[index]?.atMs ?? 0))
  expect(new Set(steps).size).toBe(1)
  quality.close()
  expect(row(id)).toMatchObject({ loss: expect.closeTo(0.6 / 5_000, 7), mos: expect.closeTo(4.41, 2), worst_mos: expect.closeTo(1.46, 2) })
  expect(make().samples(id)).toHaveLength(samples.length)
})

test('a call without a sound of its own leaves nothing', async () => {
  const id = await answered()
  end()
  follow(id)
  expect(row(id)).toBeUndefined()
  expect(quality.samples(id)).toEqual([])
  expect(rig.journal.record(id)?.quality).toBeNull()
})

test('samples that somebody spoiled in the file are left out', async () => {
  const id = await answered()
  pass(id)
  quality.close()
  rig.store.write(() => rig.store.db.prepare("UPDATE call_quality SET samples = '[{]'").run())
  expect(quality.samples(id)).toEqual([])
})
