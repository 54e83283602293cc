/** Spoiled frames in great number over a real WebSocket, in and out of dialogs: no crash, no hang, and the phone still is one. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import { mutated, seeded } from '../../test/fixtures/mutations'
import { agreeable, media, pause, phone, registered, ringing, server, takenCall, until } from '../../test/fixtures/scripted-phone'
import { request } from '../../test/fixtures/scripted-server'
import { tortureMessages } from '../../test/fixtures/torture'
import { headerOf } from './message'

const frames = process.env.RINGBOOK_SOAK ? 20_000 : 500
const uncaught: unknown[] = []
const note = (error: unknown) => void uncaught.push(error)
beforeEach(() => {
  process.on('uncaughtExceptionMonitor', note)
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('uncaughtExceptionMonitor', note)
  process.off('unhandledRejection', note)
})

it(`${frames} of them`, { timeout: 1_800_000 }, async () => {
  const seed = Number(process.env.RINGBOOK_SEED ?? 4475)
  const random = seeded(seed)
  const account = phone()
  await registered(account)
  const { call } = await takenCall(account)
  const contact = await server.contact()
  let rang = 0
  account.onIncoming = (incoming) => {
    rang += 1
    // As a rep would: some are answered, some declined, some left to ring; none for long.
    const choice = random()
    if (choice < 0.3) incoming.answer().catch(() => undefined)
    if (choice < 0.6) setTimeout(() => (choice < 0.3 ? incoming.hangUp() : incoming.decline()), 20)
    else setTimeout(() => incoming.hangUp(), 200)
  }
  const ok = await server.heard(({ head }) => head.status === 200 && headerOf(head, 'cseq')?.endsWith('INVITE') === true)
  const to = headerOf(ok.head, 'to') ?? ''
  let cseq = 1000
  const inDialog = (method: string, body = '', more: Record<string, string> = {}) => {
    cseq += 1
    return request(method, contact, { callId: 'taken', body, headers: { To: to, CSeq: `${cseq} ${method}`, ...more } })
  }
  const sdp = chromiumSdp('offer')
  const sources = [
    () => request('INVITE', contact, { body: sdp }),
    () =>
      request('INVITE', contact, {
        body: sdp,
        headers: { Replaces: 'taken;to-tag=a;from-tag=far', 'Session-Expires': '90;refresher=uac' },
      }),
    () => request('OPTIONS', contact),
    () => request('MESSAGE', contact),
    () =>
      request('NOTIFY', contact, {
        headers: { Event: 'message-summary', 'Subscription-State': 'active', 'Content-Type': 'application/simple-message-summary' },
        body: 'Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n',
      }),
    () => inDialog('INVITE', sdp.replace('a=sendrecv', 'a=sendonly')),
    () => inDialog('UPDATE', '', { 'Session-Expires': '90;refresher=uac', Supported: 'timer' }),
    () => inDialog('INFO', 'Signal=1\r\nDuration=160\r\n', { 'Content-Type': 'application/dtmf-relay' }),
    () => inDialog('REFER', '', { 'Refer-To': '<sip:+4687654321@pbx.invalid>', 'Referred-By': '<sip:boss@pbx.invalid>' }),
    () =>
      inDialog('NOTIFY', 'SIP/2.0 180 Ringing\r\n', {
        Event: 'refer',
        'Subscription-State': 'active;expires=60',
        'Content-Type': 'message/sipfrag;version=2.0',
      }),
    () => ok.text.replace(/^SIP\/2\.0 200 \S+/, 'SIP/2.0 200 OK'),
    () => {
      const sent = server.got.filter(({ head }) => head.status === null)
      return sent[Math.floor(random() * sent.length)]?.text.replace(/^[^\r]+/, 'SIP/2.0 200 OK') ?? ''
    },
  ]
  const torture = tortureMessages(contact)
  const loop = monitorEventLoopDelay({ resolution: 10 })
  loop.enable()
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  agreeable()
  for (let at = 0; at < frames; at++) {
    const source = random() < 0.8 ? sources[at % sources.length]?.() : torture[Math.floor(random() * torture.length)]?.text
    server.send(mutated(source ?? '', random))
    // The scripted server would keep all it heard for ever; the phone is what is measured.
    if (server.got.length > 4000) server.got.splice(10, server.got.length - 1000)
    if (at % 50 === 49) await pause(5)
    // A frame may well end the call or the connection; a phone lives on.
    if (at % 500 === 499) await until(() => account.state.status === 'registered')
  }
  await until(() => account.state.status === 'registered')
  loop.disable()
  expect(uncaught).toEqual([])

  const before2 = server.count('REGISTER')
  account.reconnect()
  await until(() => server.count('REGISTER') > before2)
  await until(() => account.state.status === 'registered')
  call.hangUp()
  await until(() => media.listeners <= 8)
  const rings = ringing(account)
  server.send(await server.invite({ callId: 'the-last', body: sdp }))
  expect((await rings).remote.number).toBe('+4681234567')
  // Transactions and dialogs that wait for nobody last 32 s (RFC 3261, timers H and L): what is kept after that is kept for ever.
  if (frames > 1000) await pause(40_000)
  globalThis.gc?.()
  const grown = (process.memoryUsage().heapUsed - before) / 1_000_000
  console.info(
    `${frames} spoiled frames (seed ${seed}): longest stall ${Math.round(loop.max / 1e6)} ms, ${rang} calls rang, ${server.connections} connections, heap ${grown.toFixed(1)} MB more`,
  )
})
