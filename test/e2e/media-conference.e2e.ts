/** A conference mixed by the media page: who hears whom, told by each party's own tone in what every other one receives. */
import { expect, test } from '@playwright/test'
import { farAccept, farAnswer, farClose, farHears, farOffer, prepareFarEnds, repHears, repTone } from '../fixtures/far-end'
import { type MediaBench, startMediaPage, until } from '../fixtures/media-page'

const ice = { servers: [], loopback: true }
const phone = { kind: 'phone' } as const
/** Hz; none is a multiple of another. */
const tones = { rep: repTone, anna: 1030, bert: 1730, cleo: 2590 }
type Party = keyof typeof tones
type Far = Exclude<Party, 'rep'>
/** dB; a tone at its own level measures about -20, an absent one below -90. */
const audible = -50
const silent = -75

let bench: MediaBench
test.beforeAll(async () => {
  bench = await startMediaPage({ prepare: prepareFarEnds })
})
test.afterAll(() => bench.close())

async function call(...names: Far[]) {
  for (const peer of names) {
    const { sdp } = await bench.gateway.request('peer.offer', { peer, role: phone, ice, iceRestart: false })
    await bench.gateway.request('peer.remote', { peer, type: 'answer', sdp: await farAnswer(bench.page, peer, tones[peer], sdp) })
  }
}
const conference = (...members: (Far | { peer: Far; muted: boolean })[]) =>
  bench.gateway.request('conference.set', { members: members.map((it) => (typeof it === 'string' ? { peer: it, muted: false } : it)) })
async function hangUp(...names: Far[]) {
  for (const peer of names) await bench.gateway.request('peer.close', { peer })
  await farClose(bench.page, ...names)
}
const hears = (who: Party, whom: Party) => (who === 'rep' ? repHears(bench.page, tones[whom]) : farHears(bench.page, who, tones[whom]))

/** Who hears whom, and that nobody hears anyone else: given for each ear the voices in it. */
async function expectHeard(expected: Partial<Record<Party, Party[]>>) {
  const everyone = Object.keys(tones) as Party[]
  const wrong = async () => {
    const found: string[] = []
    for (const [ear, voices] of Object.entries(expected) as [Party, Party[]][]) {
      for (const voice of everyone) {
        if (voice === 'rep' && ear === 'rep') continue
        const level = await hears(ear, voice)
        const right = voices.includes(voice) ? level > audible : level < silent
        if (!right) found.push(`${ear} hears ${voice} at ${level.toFixed(0)} dB`)
      }
    }
    return found
  }
  let last: string[] = []
  await until(async () => {
    last = await wrong()
    return last.length === 0
  }, 'everyone to hear whom they should').catch((error: Error) => {
    throw new Error(`${error.message}: ${last.join(', ')}`)
  })
  // And it stays so. A click (a packet that came late on a busy machine) has every tone in it, for one look at most.
  const looks: string[][] = []
  for (let look = 0; look < 4; look++) {
    await new Promise((done) => setTimeout(done, 100))
    looks.push((await wrong()).map((it) => it.replace(/ at .*/, '')))
  }
  expect(looks[0]?.filter((it) => looks.every((look) => look.includes(it)))).toEqual([])
}

test('three parties hear one another, and apart again when it is dissolved', async () => {
  await call('anna', 'bert')
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep'], bert: ['rep'] })
  await conference('anna', 'bert')
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep', 'bert'], bert: ['rep', 'anna'] })
  await conference()
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep'], bert: ['rep'] })
  await hangUp('anna', 'bert')
})

test('four parties; a muted one is heard by nobody and hears everybody', async () => {
  await call('anna', 'bert', 'cleo')
  await conference('anna', { peer: 'bert', muted: true }, 'cleo')
  await expectHeard({ rep: ['anna', 'cleo'], anna: ['rep', 'cleo'], bert: ['rep', 'anna', 'cleo'], cleo: ['rep', 'anna'] })
  await conference('anna', 'bert', 'cleo')
  await expectHeard({ rep: ['anna', 'bert', 'cleo'], anna: ['rep', 'bert', 'cleo'], bert: ['rep', 'anna', 'cleo'] })
  await hangUp('anna', 'bert', 'cleo')
})

test('the rep mutes himself: the others go on hearing each other', async () => {
  await call('anna', 'bert')
  await conference('anna', 'bert')
  for (const peer of ['anna', 'bert']) await bench.gateway.request('peer.mute', { peer, muted: true })
  await expectHeard({ rep: ['anna', 'bert'], anna: ['bert'], bert: ['anna'] })
  for (const peer of ['anna', 'bert']) await bench.gateway.request('peer.mute', { peer, muted: false })
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep', 'bert'], bert: ['rep', 'anna'] })
  await hangUp('anna', 'bert')
})

test('one is dropped, one leaves of his own: whoever is left talks to the rep alone', async () => {
  await call('anna', 'bert', 'cleo')
  await conference('anna', 'bert', 'cleo')
  await hangUp('cleo')
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep', 'bert'], bert: ['rep', 'anna'] })
  await conference('anna')
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep'], bert: ['rep'] })
  await conference('anna', 'bert')
  await expectHeard({ anna: ['rep', 'bert'], bert: ['rep', 'anna'] })
  await hangUp('bert')
  await expectHeard({ rep: ['anna'], anna: ['rep'] })
  await hangUp('anna')
})

test('a member on hold neither hears nor is heard, and is back after it', async () => {
  await call('anna', 'bert')
  await conference('anna', 'bert')
  await bench.gateway.request('peer.hold', { peer: 'anna', held: true })
  await expectHeard({ rep: ['bert'], anna: [], bert: ['rep'] })
  await bench.gateway.request('peer.hold', { peer: 'anna', held: false })
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep', 'bert'], bert: ['rep', 'anna'] })
  await hangUp('anna', 'bert')
})

test('a member who puts us on hold: the rep hears the music, the others do not', async () => {
  await call('anna', 'bert')
  await conference('anna', 'bert')
  await expectHeard({ bert: ['rep', 'anna'] })
  const offered = async (direction: RTCRtpTransceiverDirection) => {
    const sdp = await farOffer(bench.page, 'anna', tones.anna, direction)
    const answer = await bench.gateway.request('peer.answer', { peer: 'anna', role: phone, ice, sdp, live: true })
    await farAccept(bench.page, 'anna', answer.sdp)
  }
  await offered('sendonly')
  await expectHeard({ rep: ['anna', 'bert'], anna: [], bert: ['rep'] })
  await offered('sendrecv')
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep', 'bert'], bert: ['rep', 'anna'] })
  await hangUp('anna', 'bert')
})

test('another microphone comes into the mix by itself', async () => {
  await call('anna', 'bert')
  await conference('anna', 'bert')
  await expectHeard({ anna: ['rep', 'bert'] })
  const before = await bench.page.evaluate(() => {
    const source = testFar.microphones.at(-1)
    source?.stop()
    source?.dispatchEvent(new Event('ended'))
    return testFar.microphones.length
  })
  await until(() => bench.page.evaluate((before) => testFar.microphones.length > before, before), 'another microphone')
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep', 'bert'], bert: ['rep', 'anna'] })
  await conference()
  await expectHeard({ rep: ['anna', 'bert'], anna: ['rep'], bert: ['rep'] })
  await hangUp('anna', 'bert')
})

test('who is no call of ours is refused, and the conference stays as it was', async () => {
  await call('anna', 'bert')
  await conference('anna', 'bert')
  await expect(conference('anna', 'cleo')).rejects.toMatchObject({ trouble: { code: 'media.unknownPeer' } })
  await expectHeard({ anna: ['rep', 'bert'], bert: ['rep', 'anna'] })
  await hangUp('anna', 'bert')
})

test('the mix has no gaps to speak of: tones in it stay as they are for seconds', async () => {
  await call('anna', 'bert')
  await conference('anna', 'bert')
  await expectHeard({ anna: ['rep', 'bert'], bert: ['rep', 'anna'] })
  const levels: number[] = []
  let clicks = 0
  for (let look = 0; look < 100; look++) {
    levels.push(Math.min(await hears('anna', 'bert'), await hears('anna', 'rep')))
    if ((await farHears(bench.page, 'anna', 3300)) > -95) clicks++
    await new Promise((done) => setTimeout(done, 50))
  }
  console.log(
    `in the mix: ${Math.min(...levels).toFixed(1)} to ${Math.max(...levels).toFixed(1)} dB, a click in ${clicks} of ${levels.length} looks`,
  )
  expect(levels.filter((level) => level < audible).length).toBeLessThan(levels.length / 10)
  await hangUp('anna', 'bert')
})
