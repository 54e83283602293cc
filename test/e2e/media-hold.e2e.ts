/** Hold on the media page: both ways silent at once, and descriptions that say so, whoever offers. */
import { expect, test } from '@playwright/test'
import { farAccept, farAnswer, farClose, farHears, farOffer, prepareFarEnds, repHears, repTone } from '../fixtures/far-end'
import { type MediaBench, startMediaPage, until } from '../fixtures/media-page'

const ice = { servers: [], loopback: true }
const phone = { kind: 'phone' } as const
const farTone = 1300
/** dB; a tone at its own level measures about -20, an absent one below -90. */
const audible = -50
const silent = -75

let bench: MediaBench
test.beforeAll(async () => {
  bench = await startMediaPage({ prepare: prepareFarEnds })
})
test.afterAll(() => bench.close())

const direction = (sdp: string) => /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(sdp)?.[1]

async function offer(peer: string) {
  const { sdp } = await bench.gateway.request('peer.offer', { peer, role: phone, ice, iceRestart: false })
  return sdp
}
/** Offers to the far end and takes its answer; returns both directions. */
async function negotiate(peer: string, far?: RTCRtpTransceiverDirection) {
  const ours = await offer(peer)
  const theirs = await farAnswer(bench.page, peer, farTone, ours, far)
  await bench.gateway.request('peer.remote', { peer, type: 'answer', sdp: theirs })
  return [direction(ours), direction(theirs)]
}
/** The far end offers, and we answer. */
async function negotiated(peer: string, far?: RTCRtpTransceiverDirection) {
  const theirs = await farOffer(bench.page, peer, farTone, far)
  const { sdp } = await bench.gateway.request('peer.answer', { peer, role: phone, ice, sdp: theirs, live: true })
  await farAccept(bench.page, peer, sdp)
  return [direction(theirs), direction(sdp)]
}
const hold = (peer: string, held: boolean) => bench.gateway.request('peer.hold', { peer, held })
const heardBothWays = async (peer: string) => {
  await until(async () => (await farHears(bench.page, peer, repTone)) > audible, 'the far end hears the rep')
  await until(async () => (await repHears(bench.page, farTone)) > audible, 'the rep hears the far end')
}
async function expectSilence(peer: string, ways: 'both' | 'rep-to-far' = 'both') {
  await until(async () => (await farHears(bench.page, peer, repTone)) < silent, 'the far end hears nothing')
  if (ways === 'both') await until(async () => (await repHears(bench.page, farTone)) < silent, 'the rep hears nothing')
  // Not for a moment only: comfort noise and late packets have had their time.
  for (let look = 0; look < 8; look++) {
    await new Promise((done) => setTimeout(done, 60))
    expect(await farHears(bench.page, peer, repTone)).toBeLessThan(silent)
    if (ways === 'both') expect(await repHears(bench.page, farTone)).toBeLessThan(silent)
  }
}
async function hangUp(peer: string) {
  await bench.gateway.request('peer.close', { peer })
  await farClose(bench.page, peer)
}

test('hold silences both ways at once, before any description, and lets both be heard again', async () => {
  expect(await negotiate('a')).toEqual(['sendrecv', 'sendrecv'])
  await heardBothWays('a')
  await hold('a', true)
  await expectSilence('a')
  expect(await negotiate('a')).toEqual(['sendonly', 'recvonly'])
  await expectSilence('a')
  await hold('a', false)
  expect(await negotiate('a')).toEqual(['sendrecv', 'sendrecv'])
  await heardBothWays('a')
  await hangUp('a')
})

test('a far end that ignores the hold is not heard, and is at once when the hold is over', async () => {
  await negotiate('a')
  await heardBothWays('a')
  await hold('a', true)
  // Nothing was agreed yet: it still sends.
  await expectSilence('a')
  await hold('a', false)
  await heardBothWays('a')
  await hangUp('a')
})

test('the far end holds: its music is heard, the rep is not, and both again after it', async () => {
  await negotiate('a')
  expect(await negotiated('a', 'sendonly')).toEqual(['sendonly', 'recvonly'])
  await until(async () => (await repHears(bench.page, farTone)) > audible, 'the music on hold')
  await expectSilence('a', 'rep-to-far')
  expect(await negotiated('a', 'sendrecv')).toEqual(['sendrecv', 'sendrecv'])
  await heardBothWays('a')
  await hangUp('a')
})

test('both sides hold: inactive, whoever came second, and each lets go by himself', async () => {
  await negotiate('a')
  await negotiated('a', 'sendonly')
  await hold('a', true)
  expect((await negotiate('a', 'sendonly'))[0]).toBe('inactive')
  await expectSilence('a')
  // They let go first: we still hold.
  expect(await negotiated('a', 'sendrecv')).toEqual(['sendrecv', 'sendonly'])
  // They hold again, and we let go first.
  expect(await negotiated('a', 'inactive')).toEqual(['inactive', 'inactive'])
  await hold('a', false)
  expect(await negotiate('a', 'sendonly')).toEqual(['sendrecv', 'sendonly'])
  await until(async () => (await repHears(bench.page, farTone)) > audible, 'the music on hold')
  expect(await negotiated('a', 'sendrecv')).toEqual(['sendrecv', 'sendrecv'])
  await heardBothWays('a')
  await hangUp('a')
})

test('held in a call that came in, the offer and the answer say so too', async () => {
  expect(await negotiated('a')).toEqual(['sendrecv', 'sendrecv'])
  await heardBothWays('a')
  await hold('a', true)
  // A session refresh by the far end in the meantime.
  expect(await negotiated('a')).toEqual(['sendrecv', 'sendonly'])
  expect(await negotiate('a')).toEqual(['sendonly', 'recvonly'])
  await hold('a', false)
  expect(await negotiate('a')).toEqual(['sendrecv', 'sendrecv'])
  await heardBothWays('a')
  await hangUp('a')
})

test('a refused hold is taken back: the call is stable, and both are heard as before', async () => {
  await negotiate('a')
  await hold('a', true)
  expect(direction(await offer('a'))).toBe('sendonly')
  await bench.gateway.request('peer.rollback', { peer: 'a' })
  await hold('a', false)
  await heardBothWays('a')
  const states = await bench.page.evaluate(async () => {
    const peers = (globalThis as unknown as { testPeers: WeakRef<RTCPeerConnection>[] }).testPeers
    return peers
      .map((it) => it.deref())
      .filter((it) => it?.connectionState === 'connected')
      .map((it) => [it?.signalingState, it?.getTransceivers()[0]?.direction, it?.getTransceivers()[0]?.currentDirection].join(' '))
  })
  expect(states).toEqual(['stable sendrecv sendrecv', 'stable sendrecv sendrecv'])
  expect(await negotiate('a')).toEqual(['sendrecv', 'sendrecv'])
  await heardBothWays('a')
  await hangUp('a')
})

test('mute and hold do not undo each other', async () => {
  const mute = (muted: boolean) => bench.gateway.request('peer.mute', { peer: 'a', muted })
  await negotiate('a')
  await heardBothWays('a')
  await mute(true)
  await hold('a', true)
  await hold('a', false)
  await until(async () => (await repHears(bench.page, farTone)) > audible, 'the rep hears the far end')
  await expectSilence('a', 'rep-to-far')
  await hold('a', true)
  await mute(false)
  await expectSilence('a')
  await hold('a', false)
  await heardBothWays('a')
  await hangUp('a')
})

test('a call that is on hold when it moves to this page begins silent and says so', async () => {
  const { sdp } = await bench.gateway.request('peer.offer', { peer: 'a', role: phone, ice, iceRestart: false, held: true })
  expect(direction(sdp)).toBe('sendonly')
  const answer = await farAnswer(bench.page, 'a', farTone, sdp)
  await bench.gateway.request('peer.remote', { peer: 'a', type: 'answer', sdp: answer })
  await until(() => bench.reports.some((it) => it.peer === 'a' && it.connection === 'connected'), 'connected')
  await expectSilence('a')
  await hold('a', false)
  await negotiate('a')
  await heardBothWays('a')
  await hangUp('a')
})
