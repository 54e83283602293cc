/** The torture messages of RFC 4475 over a real WebSocket: each is answered as it should be, and none disturbs the phone. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import { pause, phone, registered, ringing, server, until } from '../../test/fixtures/scripted-phone'
import { type Reaction, tortureMessages } from '../../test/fixtures/torture'
import { headerOf } from './message'
import type { SipAccount, SipCall } from './port'

let account: SipAccount
let rang: SipCall[]
const uncaught: unknown[] = []
const note = (error: unknown) => void uncaught.push(error)

beforeEach(async () => {
  process.on('uncaughtExceptionMonitor', note)
  account = phone()
  await registered(account)
  rang = []
  account.onIncoming = (call) => void rang.push(call)
})
afterEach(() => void process.off('uncaughtExceptionMonitor', note))

const busy = () => server.got.filter(({ head }) => head.status === 486).length

/** What comes back within a moment; a phone that is silent then stays silent. */
async function reaction(text: string): Promise<Reaction> {
  const from = server.got.length
  const before = rang.length
  server.send(text)
  // A ping behind it: what is answered to it comes after whatever the message led to.
  const ping = `sync-${from}-${Math.random().toString(36).slice(2)}`
  server.send(await server.invite({ callId: ping, headers: { 'Content-Type': 'text/plain' }, body: 'x' }))
  await server.heard(({ head }) => (head.status ?? 0) >= 300 && headerOf(head, 'call-id') === ping)
  if (rang.length > before) return 'rings'
  const final = server.got.slice(from).find(({ head }) => head.status !== null && head.status >= 200 && headerOf(head, 'call-id') !== ping)
  return final?.head.status ?? 'nothing'
}

it('each torture message gets its due', async () => {
  const messages = tortureMessages(await server.contact())
  expect(messages).toHaveLength(49)
  const wrong: string[] = []
  for (const message of messages) {
    const got = await reaction(message.text)
    if (!message.meant.includes(got)) wrong.push(`${message.section} ${message.name}: ${got}, meant ${message.meant.join(' or ')}`)
    for (const call of rang.splice(0)) {
      const refusals = busy()
      call.decline(486)
      await until(() => busy() > refusals)
    }
  }
  expect(wrong).toEqual([])
  expect(uncaught).toEqual([])
  expect(account.state.status).toBe('registered')

  // The registration is not only said to be alive: the server is asked, and a call still comes in.
  const before = server.count('REGISTER')
  account.reconnect()
  await until(() => server.count('REGISTER') > before)
  await pause(50)
  expect(account.state.status).toBe('registered')
  const rings = ringing(account)
  server.send(await server.invite({ body: chromiumSdp('offer') }))
  expect((await rings).remote.number).toBe('+4681234567')
})
