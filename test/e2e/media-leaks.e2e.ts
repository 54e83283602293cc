/** Many calls, held, in conference, measured, recorded and closed: the page's DOM nodes, listeners and heap stay where they were. */
import { expect, test } from '@playwright/test'
import { type MediaBench, startMediaPage } from '../fixtures/media-page'

// A trace keeps what the page lets go.
test.use({ trace: 'off' })

const ice = { servers: [], loopback: true }
const rounds = process.env.RINGBOOK_SOAK ? 100 : 30
/** None is left as a rule; room for one context that is let go of late. A node kept by each measurement or recording is ten and more. */
const audioSpare = 6
let bench: MediaBench
test.beforeAll(async () => {
  bench = await startMediaPage({ handlers: { 'media.recorded': async () => ({}) } })
})
test.afterAll(() => bench.close())

/** The far ends are the practice line's robots, which are to leave nothing behind either. */
async function answered(peer: string, sdp: string) {
  const role = { kind: 'robot', program: 'echo' } as const
  const answer = await bench.gateway.request('peer.answer', { peer: `${peer}-robot`, role, ice, sdp, live: true })
  await bench.gateway.request('peer.remote', { peer, type: 'answer', sdp: answer.sdp })
}

/** Two calls in a conference, one of them held and let go again; then all is closed. */
async function round(number: number) {
  const { gateway } = bench
  const names = [`a${number}`, `b${number}`]
  for (const peer of names) {
    await answered(peer, (await gateway.request('peer.offer', { peer, role: { kind: 'phone' }, ice, iceRestart: false })).sdp)
  }
  await gateway.request('conference.set', { members: names.map((peer) => ({ peer, muted: false })) })
  const [held = ''] = names
  await gateway.request('peer.hold', { peer: held, held: true })
  const { sdp } = await gateway.request('peer.offer', { peer: held, role: { kind: 'phone' }, ice, iceRestart: false })
  if (number % 2) await gateway.request('peer.rollback', { peer: held })
  else await answered(held, sdp)
  await gateway.request('peer.hold', { peer: held, held: false })
  await gateway.request('peer.stats', { peer: held })
  if (number % 3 === 1) {
    // Half of them are cut short by the end of their call.
    const measuring = gateway.request('peer.echoDelay', { peer: held }).catch(() => undefined)
    await new Promise((done) => setTimeout(done, 200))
    if (number % 2) await measuring
  }
  if (number % 3 === 2) {
    // Half of them end with their call, and nobody asks.
    const recording = `r${number}`
    await gateway.request('tone.play', { key: held, tone: 'waiting' })
    await gateway.request('recording.start', { recording, peer: held, format: number % 2 ? 'webm' : 'wav', notice: true })
    await new Promise((done) => setTimeout(done, 200))
    if (number % 4 === 1) await gateway.request('recording.stop', { recording })
    await gateway.request('tone.play', { key: held, tone: null })
  }
  if (number % 10 === 0) await gateway.request('ice.gather', { ice })
  if (number % 3 === 0) await gateway.request('conference.set', { members: [] })
  for (const peer of names) {
    await gateway.request('peer.close', { peer })
    await gateway.request('peer.close', { peer: `${peer}-robot` })
  }
}

test('many calls leave no node, no listener, no audio context and no heap behind', async () => {
  test.setTimeout(300_000)
  const session = await bench.context.newCDPSession(bench.page)
  await session.send('Performance.enable')
  const measure = async () => {
    await new Promise((done) => setTimeout(done, 2000))
    await session.send('HeapProfiler.collectGarbage')
    const { metrics } = await session.send('Performance.getMetrics')
    const of = (name: string) => metrics.find((it) => it.name === name)?.value ?? Number.NaN
    return {
      nodes: of('Nodes'),
      listeners: of('JSEventListeners'),
      heap: of('JSHeapUsedSize') / 1e6,
      audio: of('AudioHandlers'),
      contexts: of('ContextLifecycleStateObservers'),
      connections: of('RTCPeerConnections'),
    }
  }
  /** Closed connections and their audio nodes are let go of in their own time: measured until that has come, for a minute at most. */
  const settled = async (isOver: (now: Awaited<ReturnType<typeof measure>>) => boolean) => {
    let now = await measure()
    for (let turn = 1; turn < 4 || (turn < 30 && !isOver(now)); turn++) now = await measure()
    return now
  }
  // The first calls load and cache what every later one uses.
  for (let number = 0; number < 6; number++) await round(number)
  const before = await settled(({ audio }) => audio <= audioSpare)
  for (let number = 0; number < rounds; number++) await round(number)
  const after = await settled(({ audio, connections }) => audio <= before.audio + audioSpare && connections <= before.connections + 2)
  console.log(`${rounds * 2} calls, ${rounds} conferences: before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`)
  expect(after.nodes - before.nodes).toBeLessThanOrEqual(5)
  expect(after.listeners - before.listeners).toBeLessThanOrEqual(10)
  expect(after.heap - before.heap).toBeLessThan(2)
  expect(after.audio - before.audio).toBeLessThanOrEqual(audioSpare)
  expect(after.connections - before.connections).toBeLessThanOrEqual(2)
})
