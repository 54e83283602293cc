/** Several servers of one account, on real sockets: who is tried when, and when a better one is gone back to. */

import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer as createPlainServer } from 'node:net'
import { expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { privateAuthority } from '../../test/fixtures/certificates'
import { agreeable, cleanups, connectedCall, ended, pause, phone, registered, states, until } from '../../test/fixtures/scripted-phone'
import { openPlainly, reply, ScriptedServer } from '../../test/fixtures/scripted-server'
import { silentLog } from '../log'
import { createOutgoing } from '../network/outgoing'
import { trustedCertificates } from '../network/trust'
import { type SipServer, webSocketConnector } from './index'
import { headerOf } from './message'

const at = (port: number, name = `s${port}`): SipServer => ({
  name,
  connector: webSocketConnector(`ws://127.0.0.1:${port}`, openPlainly, { log: silentLog() }),
  protocol: 'WS',
})
const another = async () => {
  const made = await ScriptedServer.start()
  cleanups.push(() => made.stop())
  return made
}
/** A port that nothing listens on. */
const deadPort = async () => {
  const made = createPlainServer().listen(0, '127.0.0.1')
  await new Promise((done) => made.once('listening', done))
  const { port } = made.address() as AddressInfo
  await new Promise((done) => made.close(done))
  return port
}
const quickReturn = { failOverMs: 200, connectMs: 400, preferredMs: 60, preferredAgainMs: 30 }
const names = () => states.map(({ status, server }) => (server ? `${status} ${server}` : status))

it('one that refuses connections is left for the next at once, in the order given', async () => {
  const [second, third] = [await another(), await another()]
  const account = phone({ servers: [at(await deadPort(), 'one'), at(second.port, 'two'), at(third.port, 'three')] })
  await registered(account)
  expect(account.state).toMatchObject({ status: 'registered', server: 'two', trouble: null })
  expect(third.connections).toBe(0)
  expect(names()).not.toContain('offline')
})

it('one that takes the connection and then says nothing is left, whether before or after the WebSocket stands', async () => {
  const silent = await another()
  silent.respond = () => null
  const hanging = createPlainServer(() => undefined).listen(0, '127.0.0.1')
  await new Promise((done) => hanging.once('listening', done))
  cleanups.push(() => hanging.close())
  const good = await another()
  const account = phone({
    servers: [at((hanging.address() as AddressInfo).port, 'hangs'), at(silent.port, 'silent'), at(good.port, 'good')],
    limits: { failOverMs: 150 },
  })
  await registered(account)
  expect(account.state.server).toBe('good')
  expect(silent.count('REGISTER')).toBe(1)
})

it('one that says 503 is left, also when it did so at a refresh, and is let alone as long as it asks', async () => {
  const [first, second] = [await another(), await another()]
  let unwell = false
  first.respond = (got) => (unwell ? reply(got, 503, ['Retry-After: 3600']) : first.granted(got))
  const account = phone({ servers: [at(first.port, 'one'), at(second.port, 'two')], limits: quickReturn })
  await registered(account)
  expect(account.state.server).toBe('one')
  unwell = true
  account.reconnect()
  await until(() => account.state.server === 'two')
  const asked = first.got.length
  await pause(400)
  expect(first.got.length).toBe(asked)
})

it('one with a certificate that nobody trusts is left; with the account’s own authority it is taken', async () => {
  const authority = privateAuthority()
  const { key, cert } = authority.issue('DNS:localhost,IP:127.0.0.1')
  const https = createTlsServer({ key, cert }).listen(0, '127.0.0.1')
  await new Promise((done) => https.once('listening', done))
  const sockets = new WebSocketServer({ server: https, handleProtocols: () => 'sip' })
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      const text = String(data)
      const [, uri = ''] = /^Contact: (<[^>]+>)/im.exec(text) ?? []
      const head = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => new RegExp(`^${name}:.*$`, 'im').exec(text)?.[0] ?? '')
      socket.send(
        `SIP/2.0 200 OK\r\n${head.join('\r\n')};x\r\nContact: ${uri};expires=600\r\nContent-Length: 0\r\n\r\n`
          .replace(/(To: .*)/, '$1;tag=t')
          .replace(';x', ''),
      )
    })
  })
  cleanups.push(() => {
    for (const socket of sockets.clients) socket.terminate()
    sockets.close()
    https.close()
  })
  const outgoing = createOutgoing({
    configuredProxy: () => '',
    proxyFor: async () => null,
    log: silentLog(),
    trust: trustedCertificates(silentLog()),
  })
  const url = `wss://localhost:${(https.address() as AddressInfo).port}/`
  const tls = (own: string): SipServer => ({
    name: 'tls',
    connector: webSocketConnector(url, (to, protocols, signal) => outgoing.webSocket(to, protocols, { signal, authority: own }), {
      log: silentLog(),
    }),
    protocol: 'WSS',
  })
  const plain = await another()
  const strict = phone({ servers: [tls(''), at(plain.port, 'plain')] })
  await registered(strict)
  expect(strict.state.server).toBe('plain')
  await strict.stop()
  const trusting = phone({ servers: [tls(authority.cert), at(plain.port, 'plain')] })
  await registered(trusting)
  expect(trusting.state.server).toBe('tls')
})

it('only when all have failed does it wait, says why, and begins again with the first', async () => {
  const [first, second] = [await another(), await another()]
  const order: string[] = []
  first.respond = (got) => {
    order.push('one')
    return reply(got, 500)
  }
  second.respond = (got) => {
    order.push('two')
    return reply(got, 500)
  }
  const account = phone({ servers: [at(first.port, 'one'), at(second.port, 'two')] })
  await until(() => order.length >= 6)
  expect(order.slice(0, 6)).toEqual(['one', 'two', 'one', 'two', 'one', 'two'])
  expect(states.find(({ status }) => status === 'offline')).toMatchObject({ trouble: { code: 'sip.registrationFailed' } })
  expect(account.state.status).not.toBe('registered')
})

it('a wrong password is told and not carried from server to server', async () => {
  const [first, second] = [await another(), await another()]
  first.respond = (got) => reply(got, 403)
  const account = phone({ servers: [at(first.port, 'one'), at(second.port, 'two')] })
  await until(() => account.state.status === 'refused')
  expect(second.connections).toBe(0)
})

it('the preferred one is gone back to when it was well twice, and the binding at the other is given back', async () => {
  const port = await deadPort()
  const second = await another()
  const account = phone({ servers: [at(port, 'one'), at(second.port, 'two')], limits: quickReturn })
  await registered(account)
  expect(account.state.server).toBe('two')
  const first = await ScriptedServer.start({ port })
  cleanups.push(() => first.stop())
  first.respond = (got) => (got.head.method === 'OPTIONS' ? reply(got, 200) : first.granted(got))
  await until(() => account.state.server === 'one')
  expect(first.count('OPTIONS')).toBe(2)
  const goodbye = await second.heard(({ head }) => /expires=0/.test(headerOf(head, 'contact') ?? ''))
  expect(goodbye.head.method).toBe('REGISTER')
})

it('one that answers OPTIONS with a failure is not well', async () => {
  const [first, second] = [await another(), await another()]
  first.respond = (got) => reply(got, 503)
  const account = phone({ servers: [at(first.port, 'one'), at(second.port, 'two')], limits: quickReturn })
  await registered(account)
  await until(() => first.count('OPTIONS') >= 3)
  expect(account.state.server).toBe('two')
  expect(second.count('REGISTER')).toBe(1)
})

it('never during a call', async () => {
  const port = await deadPort()
  const { server } = await import('../../test/fixtures/scripted-phone')
  agreeable()
  const account = phone({ servers: [at(port, 'one'), at(server.port, 'two')], limits: quickReturn })
  await registered(account)
  const call = await connectedCall(account)
  const first = await ScriptedServer.start({ port })
  cleanups.push(() => first.stop())
  first.respond = (got) => (got.head.method === 'OPTIONS' ? reply(got, 200) : first.granted(got))
  await pause(500)
  expect(first.connections).toBe(0)
  const end = ended(call)
  call.hangUp()
  await end
  await until(() => account.state.server === 'one')
})

it('a preferred server that says it is well and then fails is looked at less and less', async () => {
  const [first, second] = [await another(), await another()]
  const looks: number[] = []
  first.respond = (got) => {
    if (got.head.method !== 'OPTIONS') return reply(got, 500)
    looks.push(performance.now())
    return reply(got, 200)
  }
  const account = phone({ servers: [at(first.port, 'one'), at(second.port, 'two')], limits: { ...quickReturn, preferredMs: 100 } })
  await until(() => looks.length >= 8)
  expect(account.state.server === 'one').toBe(false)
  const pauses = [2, 4, 6].map((index) => (looks[index] ?? 0) - (looks[index - 1] ?? 0))
  expect(pauses[1]).toBeGreaterThan(pauses[0] ?? 0)
  expect(pauses[2]).toBeGreaterThan(pauses[1] ?? 0)
})

it('one that refuses an account which the other had taken is left again', async () => {
  const port = await deadPort()
  const second = await another()
  const account = phone({ servers: [at(port, 'one'), at(second.port, 'two')], limits: quickReturn })
  await registered(account)
  const first = await ScriptedServer.start({ port })
  cleanups.push(() => first.stop())
  first.respond = (got) => reply(got, got.head.method === 'OPTIONS' ? 200 : 403)
  await first.heard(({ head }) => head.method === 'REGISTER')
  await until(() => account.state.status === 'registered' && account.state.server === 'two')
  expect(names()).not.toContain('refused one')
})

it('a call that is on when its server dies goes on through the next: re-INVITE there', async () => {
  const { server } = await import('../../test/fixtures/scripted-phone')
  agreeable()
  const second = await another()
  second.respond = (got) => {
    if (got.head.method === 'REGISTER') return second.granted(got)
    return got.head.method === 'ACK' ? null : reply(got, 200, ['Contact: <sip:pbx@pbx.invalid;transport=ws>'], got.body)
  }
  const account = phone({ servers: [at(server.port, 'one'), at(second.port, 'two')] })
  await registered(account)
  const call = await connectedCall(account)
  let over = false
  call.onEnd = () => {
    over = true
  }
  server.client?.terminate()
  await second.heard(({ head }) => head.method === 'INVITE')
  expect(account.state.server).toBe('two')
  expect(over).toBe(false)
})

it('a changed network asks the server at once and gives calls a new path', async () => {
  const { server, media } = await import('../../test/fixtures/scripted-phone')
  agreeable()
  const account = phone()
  await registered(account)
  await connectedCall(account)
  const before = server.count('REGISTER')
  account.networkChanged()
  await until(() => server.count('INVITE') >= 2)
  expect(server.count('REGISTER')).toBe(before + 1)
  expect(media.asked.filter(({ operation }) => operation === 'peer.offer').at(-1)?.input).toMatchObject({ iceRestart: true })
})
