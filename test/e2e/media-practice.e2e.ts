/** The practice line with real sound: SIP through the pipe, both ends' audio in the media page, also without any network. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from '@playwright/test'
import WebSocket from 'ws'
import { systemClock } from '../../main/clock'
import { silentLog } from '../../main/log'
import { createPracticeLine, type PracticeLine } from '../../main/practice/practice-line'
import { createSipAccount, type SipAccount, type SipCall, socketWire } from '../../main/telephony'
import { chromiumPath } from '../fixtures/app'
import { type MediaBench, startMediaPage, until } from '../fixtures/media-page'

const root = resolve(import.meta.dirname, '../..')
const log = silentLog()
const accountConfig = {
  id: 'practice',
  authUser: '',
  displayName: 'Rep',
  outboundProxy: '',
  ice: { servers: [], loopback: true },
  declineCode: 486 as const,
}

let bench: MediaBench
let line: PracticeLine
let account: SipAccount

test.beforeAll(async () => {
  bench = await startMediaPage()
  const { gateway } = bench
  line = createPracticeLine({
    media: gateway,
    clock: systemClock,
    log,
    callers: () => [{ displayName: 'Ada Byron', number: '+442079460001' }],
  })
  account = createSipAccount({
    config: { ...accountConfig, ...line.account },
    servers: [{ name: 'pbx.invalid', connector: line.connector, protocol: 'WS' }],
    media: gateway,
    log,
    clock: systemClock,
  })
  account.start()
  await until(() => account.state.status === 'registered', 'registered')
})
test.afterAll(async () => {
  await account.stop()
  line.close()
  await bench.close()
})
test.beforeEach(() => {
  bench.reports.length = 0
})
const children: ChildProcess[] = []
test.afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    // Asked to end, it takes its Chromium with it.
    const exited = new Promise((done) => child.once('exit', done))
    child.kill('SIGINT')
    await exited
  }
})

const firstAudio = async (call: SipCall, since: number) => {
  await until(() => bench.reports.some((report) => report.peer === call.id && report.flowing), 'first audio')
  return (bench.reports.find((report) => report.peer === call.id && report.flowing)?.at ?? Number.NaN) - since
}
const ended = (call: SipCall) =>
  new Promise<void>((done) => {
    call.onEnd = () => done()
  })
const stats = (call: SipCall) => bench.gateway.request('peer.stats', { peer: call.id })
const hangUp = async (call: SipCall) => {
  const end = ended(call)
  call.hangUp()
  await end
}
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

test('600 is called and echoes', async () => {
  const times: string[] = []
  for (let round = 0; round < 6; round++) {
    const begin = performance.now()
    const call = account.dial('600')
    times.push((await firstAudio(call, begin)).toFixed(0))
    await until(async () => {
      const now = await stats(call)
      return now.energyReceived > 0.001 && now.energySent > 0.001 && now.packetsSent > 10
    }, 'an echo')
    await hangUp(call)
    await pause(900)
  }
  console.log(`practice line, dial to first remote audio: ${times.join(', ')} ms`)
})

test('someone calls, greets and hears the rep', async () => {
  const times: string[] = []
  for (let round = 0; round < 6; round++) {
    const called = new Promise<SipCall>((done) => {
      account.onIncoming = done
    })
    await line.incoming()
    const call = await called
    expect(call.remote).toMatchObject({ displayName: 'Ada Byron', number: '+442079460001' })
    await pause(400)
    const begin = performance.now()
    await call.answer()
    times.push((await firstAudio(call, begin)).toFixed(0))
    await until(async () => (await stats(call)).energyReceived > 0.0001, 'the greeting')
    await until(async () => (await stats(call)).energySent > 0.001, 'the rep')
    await hangUp(call)
    await pause(900)
  }
  console.log(`practice line, answer to first remote audio: ${times.join(', ')} ms`)
})

test('601 speaks and hangs up', async () => {
  const call = account.dial('601')
  const end = ended(call)
  await firstAudio(call, 0)
  await until(async () => (await stats(call)).energyReceived > 0.001, 'the customer')
  await end
})

test('`ringbook practice` gives other clients the same, with sound', async () => {
  // As root Chromium runs only without its sandbox, which Ringbook itself never turns off.
  const chromium = test.info().outputPath('chromium')
  writeFileSync(chromium, `#!/bin/sh\nexec '${chromiumPath}' ${process.getuid?.() === 0 ? '--no-sandbox ' : ''}"$@"\n`, { mode: 0o700 })
  const cli = spawn(process.execPath, [join(root, 'out/main/cli.js'), 'practice'], { env: { ...process.env, RINGBOOK_CHROMIUM: chromium } })
  children.push(cli)
  const said = { out: '', err: '' }
  cli.stdout.on('data', (text) => {
    said.out += text
  })
  cli.stderr.on('data', (text) => {
    said.err += text
  })
  await until(() => said.err.includes('600') && said.out.includes('\n'), 'the line to be ready')
  expect(said.err).toContain('Calls have sound')
  const url = said.out.trim()
  const client = createSipAccount({
    config: { ...accountConfig, user: 'practice', domain: 'practice.invalid', password: /password ([\w-]+)/.exec(said.err)?.[1] ?? '' },
    servers: [
      {
        name: 'pbx.invalid',
        connector: async () => {
          const socket = new WebSocket(url, ['sip'])
          await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
          return socketWire(socket, { log, server: url })
        },
        protocol: 'WS',
      },
    ],
    media: bench.gateway,
    log,
    clock: systemClock,
  })
  client.start()
  await until(() => client.state.status === 'registered', 'registered')
  const call = client.dial('600')
  await firstAudio(call, 0)
  await until(async () => (await stats(call)).energyReceived > 0.001, 'an echo from the other Chromium')
  await hangUp(call)
  await client.stop()
  const exited = new Promise((done) => cli.once('exit', done))
  cli.kill('SIGINT')
  expect(await exited).toBe(0)
})

test('all of it works on a machine without any network', async () => {
  test.skip(process.env.RINGBOOK_WITHOUT_NETWORK === '1', 'this is that run')
  test.skip(process.platform !== 'linux', 'network namespaces are Linux’s')
  const isolate = process.getuid?.() === 0 ? ['-n'] : ['-rn']
  test.skip(spawnSync('unshare', [...isolate, 'ip', 'link', 'set', 'lo', 'up']).status !== 0, 'this machine allows no network namespace')
  const cli = join(root, 'node_modules/@playwright/test/cli.js')
  const inside = `ip link set lo up && exec "$0" "$1" test media-practice --project=e2e --reporter=line --output "$2"`
  const run = spawnSync('unshare', [...isolate, 'sh', '-c', inside, process.execPath, cli, test.info().outputPath('offline')], {
    cwd: root,
    encoding: 'utf8',
    timeout: 110_000,
    env: { ...process.env, RINGBOOK_WITHOUT_NETWORK: '1', TEST_WORKER_INDEX: undefined },
  })
  console.log(run.stdout.replace(/^/gm, '  (without a network) '))
  expect(run.status, run.stderr).toBe(0)
})
