/** What the media page tells of a call's sound (codec, numbers, the echo's delay) and of the network it finds. */
import { expect, test } from '@playwright/test'
import type { Codec, PeerStats } from '../../preload/contract'
import { type MediaBench, startMediaPage, until } from '../fixtures/media-page'

const ice = { servers: [], loopback: true }
const phone = { kind: 'phone' } as const
const robot = (program: 'echo' | 'listen') => ({ kind: 'robot', program }) as const

let bench: MediaBench
const told: { peer: string; stats: PeerStats; at: number }[] = []
test.beforeAll(async () => {
  bench = await startMediaPage()
  bench.gateway.onStats((peer, stats) => told.push({ peer, stats, at: performance.now() }))
})
test.afterAll(() => bench.close())

/** The phone calls a robot; `reversed`: the robot calls the phone. */
async function call(name: string, codecs: Codec[] | undefined, { program = 'echo', reversed = false, theirs }: Options = {}) {
  const { gateway } = bench
  const ends = [
    { peer: name, role: phone, ice: codecs ? { ...ice, codecs } : ice },
    { peer: `${name}-robot`, role: robot(program), ice: theirs ? { ...ice, codecs: theirs } : ice },
  ] as const
  const [from, to] = reversed ? [ends[1], ends[0]] : ends
  const offer = await gateway.request('peer.offer', { ...from, iceRestart: false })
  const answer = await gateway.request('peer.answer', { ...to, sdp: offer.sdp, live: true })
  await gateway.request('peer.remote', { peer: from.peer, type: 'answer', sdp: answer.sdp })
  return { offer: offer.sdp, answer: answer.sdp }
}
interface Options {
  program?: 'echo' | 'listen'
  reversed?: boolean
  theirs?: Codec[]
}
async function hangUp(name: string) {
  for (const peer of [name, `${name}-robot`]) await bench.gateway.request('peer.close', { peer })
}
const stats = (peer: string) => bench.gateway.request('peer.stats', { peer })
/** The names of an SDP's codecs, in order. */
const codecsOf = (sdp: string) =>
  (/^m=audio \d+ \S+ (.*)$/m.exec(sdp)?.[1] ?? '')
    .trim()
    .split(' ')
    .map((payload) => new RegExp(`^a=rtpmap:${payload} ([^/\\s]+/\\d+)`, 'm').exec(sdp)?.[1] ?? payload)

for (const codec of ['opus', 'G722', 'PCMA', 'PCMU'] as const) {
  test(`a call in ${codec}, as the first of an account's preferences, is heard both ways`, async () => {
    for (const reversed of [false, true]) {
      const name = `${codec}-${reversed}`
      const others = (['opus', 'G722', 'PCMA', 'PCMU'] as const).filter((it) => it !== codec)
      const { offer, answer } = await call(name, [codec, ...others], { reversed })
      expect(codecsOf(reversed ? answer : offer)[0]?.split('/')[0]).toBe(codec)
      let seen: unknown
      const heard = async () => {
        const [here, there] = [await stats(name), await stats(`${name}-robot`)]
        seen = [here.codec, there.codec, here.energyReceived, there.energySent]
        const inCodec = [here.codec, there.codec].every((it) => it?.toLowerCase() === codec.toLowerCase())
        return inCodec && here.energyReceived > 0.0001 && there.energySent > 0.0001
      }
      await until(heard, `sound in ${codec}`).catch(() => {
        throw new Error(`no sound in ${codec}, reversed ${reversed}: ${JSON.stringify(seen)}`)
      })
      expect(await bench.gateway.request('peer.dtmf', { peer: name, tones: '1' })).toEqual({ sent: true })
      await hangUp(name)
    }
  })
}

test('a codec that is not wanted is neither offered nor accepted', async () => {
  const { offer, answer } = await call('narrow', ['PCMA'])
  expect(codecsOf(offer).filter((it) => /opus|G722|PCMU|red/i.test(it))).toEqual([])
  expect(codecsOf(offer)).toContain('telephone-event/8000')
  expect(codecsOf(answer)[0]).toBe('PCMA/8000')
  await hangUp('narrow')
  const { gateway } = bench
  const wide = await gateway.request('peer.offer', { peer: 'wide', role: phone, ice: { ...ice, codecs: ['opus'] }, iceRestart: false })
  await expect(
    gateway.request('peer.answer', { peer: 'n', role: phone, ice: { ...ice, codecs: ['PCMU'] }, sdp: wide.sdp, live: false }),
  ).rejects.toMatchObject({ trouble: { code: 'media.noCommonCodec' } })
  await gateway.request('peer.close', { peer: 'wide' })
})

test('an offer in reserve has the codecs of the account that takes it', async () => {
  const offers: string[][] = []
  for (const codecs of [['G722', 'PCMA'], ['opus'], ['G722', 'PCMA'], ['opus']] as Codec[][]) {
    const { sdp } = await bench.gateway.request('peer.offer', { peer: 'r', role: phone, ice: { ...ice, codecs }, iceRestart: false })
    await bench.gateway.request('peer.close', { peer: 'r' })
    offers.push(codecsOf(sdp).filter((it) => /opus|G722|PCM/.test(it)))
    // Until there is one in reserve.
    await new Promise((done) => setTimeout(done, 1200))
  }
  expect(offers).toEqual([['G722/8000', 'PCMA/8000'], ['opus/48000'], ['G722/8000', 'PCMA/8000'], ['opus/48000']])
})

test('numbers come every two seconds for a call that is up, and end with it', async () => {
  await call('numbers', undefined)
  const of = (peer: string) => told.filter((it) => it.peer === peer)
  await until(() => of('numbers').length >= 4, 'four of them')
  const gaps = of('numbers').flatMap((it, index, all) => (index === 0 ? [] : [it.at - (all[index - 1]?.at ?? 0)]))
  console.log(`between numbers: ${gaps.map((it) => it.toFixed(0)).join(', ')} ms`)
  expect(Math.min(...gaps)).toBeGreaterThan(1000)
  const last = of('numbers').at(-1)?.stats
  expect(last).toMatchObject({ connection: 'connected', codec: 'opus', packetsLost: 0 })
  for (const name of ['packetsSent', 'packetsReceived', 'jitterBufferDelay', 'jitterBufferEmitted', 'samplesReceived'] as const) {
    expect(last?.[name], name).toBeGreaterThan(0)
  }
  // From the far end's RTCP, which has come by now.
  expect(last?.roundTripTime).toBeGreaterThanOrEqual(0)
  expect(last?.lossAtFarEnd).toBe(0)
  expect(last?.jitter).toBeLessThan(1)
  expect(last?.concealedSamples).toBeLessThan(last?.samplesReceived ?? 0)
  expect(of('numbers-robot')).toEqual([])
  await hangUp('numbers')
  const count = told.length
  await new Promise((done) => setTimeout(done, 4500))
  expect(told.length).toBe(count)
})

test('the echo of a call is measured, whatever codec carries it, and the microphone is back after it', async () => {
  const measured = []
  for (const codec of ['opus', 'PCMU'] as const) {
    const name = `echo-${codec}`
    await call(name, [codec])
    await until(async () => (await stats(name)).energyReceived > 0, 'sound')
    for (let round = 0; round < 2; round++) {
      const { ms } = await bench.gateway.request('peer.echoDelay', { peer: name })
      measured.push(`${codec} ${ms?.toFixed(1)} ms`)
      // The practice line's robot says it again after 300 ms; the rest is packets, jitter buffers and Web Audio.
      expect(ms).toBeGreaterThan(300)
      expect(ms).toBeLessThan(1500)
    }
    const before = (await stats(name)).energyReceived
    await until(async () => (await stats(name)).energyReceived > before + 0.001, 'the microphone again')
    await hangUp(name)
  }
  console.log(`there and back: ${measured.join(', ')}`)
})

test('where nothing comes back, that is said; a call that ends meanwhile ends the measurement', async () => {
  await call('deaf', undefined, { program: 'listen' })
  expect(await bench.gateway.request('peer.echoDelay', { peer: 'deaf' })).toEqual({ ms: null })
  const cut = expect(bench.gateway.request('peer.echoDelay', { peer: 'deaf' })).rejects.toMatchObject({
    trouble: { code: 'media.cancelled' },
  })
  await new Promise((done) => setTimeout(done, 300))
  await hangUp('deaf')
  await cut
})

test('relay alone without a TURN server gives no candidate, and says so', async () => {
  const only = { ...ice, relayOnly: true }
  const offer = (servers: { url: string; username?: string; credential?: string }[]) =>
    bench.gateway.request('peer.offer', { peer: 'relay', role: phone, ice: { ...only, servers }, iceRestart: false })
  await expect(offer([])).rejects.toMatchObject({ trouble: { code: 'media.noRelay' } })
  await expect(offer([{ url: 'stun:127.0.0.1:9' }])).rejects.toMatchObject({ trouble: { code: 'media.noRelay' } })
  await expect(offer([{ url: 'turn:127.0.0.1:9?transport=tcp', username: 'u', credential: 'c' }])).rejects.toMatchObject({
    trouble: { code: 'media.noRelay' },
  })
  const { candidates } = await bench.gateway.request('ice.gather', { ice: only })
  expect(candidates).toEqual([])
})

test('what an ICE agent finds is listed by type and protocol, and what servers complain of by number', async () => {
  const begin = performance.now()
  const { candidates, errors } = await bench.gateway.request('ice.gather', {
    ice: { ...ice, servers: [{ url: 'stun:nowhere.invalid:3478' }] },
  })
  expect(performance.now() - begin).toBeLessThan(7500)
  expect(candidates.filter((it) => it.type === 'host' && it.protocol === 'udp' && it.address.startsWith('127.')).length).toBeGreaterThan(0)
  expect(candidates.every((it) => it.server === null)).toBe(true)
  expect(errors.length).toBeGreaterThan(0)
  expect(errors[0]).toMatchObject({ url: 'stun:nowhere.invalid:3478', code: 701 })
  expect(new Set(errors.map((it) => `${it.url} ${it.code}`)).size).toBe(errors.length)
})
