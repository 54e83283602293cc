/** The media page by itself: two peers of it call each other, as the rep and the practice line's far end do. */
import { expect, test } from '@playwright/test'
import { type MediaBench, startMediaPage, until, watchTracks } from '../fixtures/media-page'

const ice = { servers: [], loopback: true }
const phone = { kind: 'phone' } as const
const robot = (program: 'echo' | 'prompt' | 'greeting' | 'listen') => ({ kind: 'robot', program }) as const

let bench: MediaBench
test.beforeAll(async () => {
  bench = await startMediaPage({ prepare: watchTracks })
})
test.afterAll(() => bench.close())
test.beforeEach(() => {
  bench.reports.length = 0
  bench.troubles.length = 0
})

/** The phone calls a robot. Returns milliseconds from the request for an offer. */
async function call(name: string, program: 'echo' | 'prompt' | 'greeting' | 'listen' = 'echo') {
  const { gateway } = bench
  const begin = performance.now()
  const offer = await gateway.request('peer.offer', { peer: name, role: phone, ice, iceRestart: false })
  const offered = performance.now() - begin
  const answer = await gateway.request('peer.answer', { peer: `${name}-robot`, role: robot(program), ice, sdp: offer.sdp, live: true })
  const answered = performance.now() - begin
  await gateway.request('peer.remote', { peer: name, type: 'answer', sdp: answer.sdp })
  await until(() => bench.reports.some((report) => report.peer === name && report.flowing), 'first audio')
  const flowing = (bench.reports.find((report) => report.peer === name && report.flowing)?.at ?? Number.NaN) - begin
  return { offered, answered, flowing, offer, answer }
}

async function hangUp(...names: string[]) {
  for (const name of names) {
    await bench.gateway.request('peer.close', { peer: name })
    await bench.gateway.request('peer.close', { peer: `${name}-robot` })
  }
}

/** A robot's ear is muted, and counts no energy: what an echo sends is what it has heard. */
const stats = (peer: string) => bench.gateway.request('peer.stats', { peer })
/** What of the page holds a microphone or is still alive. */
const openMicrophones = () =>
  bench.page.evaluate(
    () => (globalThis as unknown as { testTracks: MediaStreamTrack[] }).testTracks.filter((it) => it.readyState === 'live').length,
  )

test('a call is heard both ways, and how fast is printed', async () => {
  const times = []
  for (let round = 0; round < 6; round++) {
    const name = `round-${round}`
    const { offered, answered, flowing } = await call(name)
    times.push(`offer ${offered.toFixed(0)}, answer ${answered.toFixed(0)}, first audio ${flowing.toFixed(0)} ms`)
    await until(async () => {
      const [here, there] = [await stats(name), await stats(`${name}-robot`)]
      return here.energyReceived > 0 && here.energySent > 0 && there.energySent > 0 && here.packetsReceived > 10 && here.codec === 'opus'
    }, 'energy both ways')
    await hangUp(name)
    await new Promise((done) => setTimeout(done, 900))
  }
  console.log(`media page, phone and robot in one page:\n  ${times.join('\n  ')}`)
})

test('the customer speaks, and says so at the end', async () => {
  await call('spoken', 'prompt')
  await until(() => bench.reports.some((report) => report.peer === 'spoken-robot' && report.promptEnded === true), 'the end of the prompt')
  expect((await stats('spoken')).energyReceived).toBeGreaterThan(0)
  await hangUp('spoken')
})

test('after a greeting the rep hears themselves', async () => {
  await call('greeted', 'greeting')
  await until(
    () => bench.reports.some((report) => report.peer === 'greeted-robot' && report.promptEnded === true),
    'the end of the greeting',
  )
  const before = (await stats('greeted')).energyReceived
  await until(async () => (await stats('greeted')).energyReceived > before + 0.001, 'the echo')
  await hangUp('greeted')
})

test('a prepared answer sends nothing, plays nothing and holds no microphone before the rep answers', async () => {
  const { gateway } = bench
  const offer = await gateway.request('peer.offer', { peer: 'ringing-robot', role: robot('echo'), ice, iceRestart: false })
  const answer = await gateway.request('peer.answer', { peer: 'ringing', role: phone, ice, sdp: offer.sdp, live: false })
  await gateway.request('peer.remote', { peer: 'ringing-robot', type: 'answer', sdp: answer.sdp })
  await new Promise((done) => setTimeout(done, 1500))
  expect(bench.reports.filter((report) => report.peer === 'ringing' && report.flowing)).toEqual([])
  expect((await stats('ringing')).packetsSent).toBe(0)
  expect((await stats('ringing')).energySent).toBe(0)
  expect((await stats('ringing-robot')).packetsReceived).toBe(0)
  expect(await openMicrophones()).toBe(0)
  const begin = performance.now()
  await gateway.request('peer.live', { peer: 'ringing' })
  await until(() => bench.reports.some((report) => report.peer === 'ringing' && report.flowing), 'first audio')
  console.log(`answer to first audio, the far end waiting: ${((bench.reports.find((it) => it.flowing)?.at ?? 0) - begin).toFixed(0)} ms`)
  await until(async () => (await stats('ringing-robot')).energySent > 0 && (await stats('ringing')).energyReceived > 0, 'energy both ways')
  await hangUp('ringing')
})

test('a far end that sends nothing is not taken for audio', async () => {
  const { gateway } = bench
  const offer = await gateway.request('peer.offer', { peer: 'mute-a', role: phone, ice, iceRestart: false })
  const inactive = await gateway.request('peer.answer', {
    peer: 'mute-b',
    role: robot('listen'),
    ice,
    sdp: offer.sdp.replace('a=sendrecv', 'a=sendonly'),
    live: true,
  })
  await gateway.request('peer.remote', { peer: 'mute-a', type: 'answer', sdp: inactive.sdp })
  await until(() => bench.reports.some((report) => report.peer === 'mute-a' && report.connection === 'connected'), 'connected')
  await new Promise((done) => setTimeout(done, 1000))
  expect(bench.reports.filter((report) => report.peer === 'mute-a' && report.flowing)).toEqual([])
  await gateway.request('peer.close', { peer: 'mute-a' })
  await gateway.request('peer.close', { peer: 'mute-b' })
})

test('muting one call mutes that call alone', async () => {
  await call('one')
  await call('two')
  await bench.gateway.request('peer.mute', { peer: 'one', muted: true })
  await new Promise((done) => setTimeout(done, 1000))
  const before = [await stats('one'), await stats('two')]
  await new Promise((done) => setTimeout(done, 1500))
  const after = [await stats('one'), await stats('two')]
  const gained = after.map((it, index) => it.energyReceived - (before[index]?.energyReceived ?? 0))
  expect(gained[0]).toBeLessThan(0.0001)
  expect(gained[1]).toBeGreaterThan(0.0001)
  await bench.gateway.request('peer.mute', { peer: 'one', muted: false })
  await until(async () => (await stats('one')).energyReceived > (after[0]?.energyReceived ?? 0) + 0.0001, 'sound again')
  await hangUp('one', 'two')
})

test('key tones go out as telephone-events, and are refused when the far end knows none', async () => {
  await call('keys')
  expect(await bench.gateway.request('peer.dtmf', { peer: 'keys', tones: '12#' })).toEqual({ sent: true })
  const { gateway } = bench
  const offer = await gateway.request('peer.offer', { peer: 'no-keys', role: phone, ice, iceRestart: false })
  const deaf = offer.sdp
    .split('\r\n')
    .filter((line) => !/telephone-event/.test(line))
    .join('\r\n')
  const answer = await gateway.request('peer.answer', { peer: 'no-keys-robot', role: robot('listen'), ice, sdp: deaf, live: true })
  const plain = answer.sdp
    .split('\r\n')
    .filter((line) => !/telephone-event/.test(line))
    .join('\r\n')
  await gateway.request('peer.remote', { peer: 'no-keys', type: 'answer', sdp: plain })
  await until(() => bench.reports.some((report) => report.peer === 'no-keys' && report.connection === 'connected'))
  expect(await gateway.request('peer.dtmf', { peer: 'no-keys', tones: '5' })).toEqual({ sent: false })
  await hangUp('keys', 'no-keys')
})

test('an ICE restart changes the path while sound goes on', async () => {
  const { gateway } = bench
  const { offer } = await call('moved')
  const again = await gateway.request('peer.offer', { peer: 'moved', role: phone, ice, iceRestart: true })
  expect(again.sdp).toMatch(/^a=candidate:/m)
  expect(fragment(again.sdp)).not.toBe(fragment(offer.sdp))
  const answer = await gateway.request('peer.answer', { peer: 'moved-robot', role: robot('echo'), ice, sdp: again.sdp, live: true })
  await gateway.request('peer.remote', { peer: 'moved', type: 'answer', sdp: answer.sdp })
  const before = (await stats('moved')).packetsReceived
  await until(async () => (await stats('moved')).packetsReceived > before + 25, 'sound after the restart')
  await hangUp('moved')
})

test('a refused re-INVITE leaves the call as it was', async () => {
  const { gateway } = bench
  await call('refused')
  await gateway.request('peer.offer', { peer: 'refused', role: phone, ice, iceRestart: true })
  await gateway.request('peer.rollback', { peer: 'refused' })
  const before = (await stats('refused')).packetsReceived
  await until(async () => (await stats('refused')).packetsReceived > before + 25, 'sound after the rollback')
  await hangUp('refused')
})

test('rubbish is refused by name, and the next call is as good as ever', async () => {
  const { gateway } = bench
  const answerTo = (sdp: string) => gateway.request('peer.answer', { peer: 'rubbish', role: phone, ice, sdp, live: false })
  const { sdp } = await gateway.request('peer.offer', { peer: 'rubbish-robot', role: robot('listen'), ice, iceRestart: false })
  await expect(answerTo('')).rejects.toMatchObject({ trouble: { code: 'media.noAudio' } })
  await expect(answerTo('hello')).rejects.toMatchObject({ trouble: { code: 'media.noAudio' } })
  await expect(answerTo(`m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=fingerprint:sha-256 00\r\n${'\u0000a='.repeat(5000)}`)).rejects.toMatchObject({
    trouble: { code: 'media.badSdp' },
  })
  await expect(answerTo(sdp.replace(/a=fingerprint.*\r\n/, ''))).rejects.toMatchObject({ trouble: { code: 'media.notEncrypted' } })
  await expect(answerTo(sdp.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'))).rejects.toMatchObject({ trouble: { code: 'media.notEncrypted' } })
  const plainAnswer = sdp.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP')
  await expect(gateway.request('peer.remote', { peer: 'rubbish-robot', type: 'answer', sdp: plainAnswer })).rejects.toMatchObject({
    trouble: { code: 'media.notEncrypted' },
  })
  const strange = sdp.replace(/^a=(rtpmap|fmtp|rtcp-fb):.*\r\n/gm, '').replace(/^(m=audio \d+ \S+) .*$/m, '$1 96')
  await expect(answerTo(`${strange}a=rtpmap:96 SPEEX-NG/16000\r\n`)).rejects.toMatchObject({ trouble: { code: 'media.noCommonCodec' } })
  await expect(gateway.request('peer.remote', { peer: 'rubbish-robot', type: 'answer', sdp: 'm=audio 1 x y' })).rejects.toMatchObject({
    trouble: { code: 'media.badSdp' },
  })
  for (const operation of ['peer.live', 'peer.stats', 'peer.rollback'] as const) {
    await expect(gateway.request(operation, { peer: 'nobody' })).rejects.toMatchObject({ trouble: { code: 'media.unknownPeer' } })
  }
  await expect(gateway.request('peer.close', { peer: 'nobody' })).resolves.toEqual({})
  await hangUp('rubbish')
  await call('after-rubbish')
  await hangUp('after-rubbish')
})

test('a hang-up in the middle of anything ends it', async () => {
  const { gateway } = bench
  for (let round = 0; round < 20; round++) {
    const peer = `cut-${round}`
    const offer = gateway.request('peer.offer', { peer, role: phone, ice, iceRestart: false }).catch((error) => error.trouble.code)
    if (round % 3) await new Promise((done) => setTimeout(done, round % 5))
    await gateway.request('peer.close', { peer })
    const outcome = await offer
    expect(typeof outcome === 'string' ? outcome : 'offered').toMatch(/^(offered|media\.cancelled)$/)
  }
  const controller = new AbortController()
  const cancelled = gateway.request('peer.offer', { peer: 'cut', role: phone, ice, iceRestart: false }, { signal: controller.signal })
  controller.abort()
  await expect(cancelled).rejects.toMatchObject({ trouble: { code: 'media.cancelled' } })
  // An offer from the reserve may have been quicker than its cancellation; main closes every peer that it asked for.
  await gateway.request('peer.close', { peer: 'cut' })
  await until(async () => (await openMicrophones()) === 0, 'no microphone')
})

test('a hundred calls leave nothing behind', async () => {
  test.setTimeout(180_000)
  for (let round = 0; round < 100; round++) {
    await call(`many-${round}`, round % 2 ? 'echo' : 'greeting')
    await hangUp(`many-${round}`)
  }
  await until(async () => (await openMicrophones()) === 0, 'no microphone')
  const left = await bench.page.evaluate(() => {
    const peers = (globalThis as unknown as { testPeers: WeakRef<RTCPeerConnection>[] }).testPeers
    return peers.filter((it) => it.deref() && it.deref()?.signalingState !== 'closed').length
  })
  // The reserve's own, which waits for the next call; two while it is being renewed.
  expect(left).toBeLessThanOrEqual(2)
})

const fragment = (sdp: string) => /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1]
