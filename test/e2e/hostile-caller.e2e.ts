/** What a server or a caller may send, seen from the rep's chair: no crash, no markup, a readable name, and the next call as good as ever. */
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, freshLink, openChromium, startMain, test } from '../fixtures/app'
import { connectPage } from '../fixtures/page-client'
import { request, ScriptedServer } from '../fixtures/scripted-server'

const audio = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 UDP/TLS/RTP/SAVPF 111',
  'a=rtpmap:111 opus/48000/2',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=setup:actpass',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=candidate:1 1 udp 2113937151 127.0.0.1 40000 typ host',
  'a=mid:0',
  '',
].join('\r\n')

const cleanups: (() => unknown)[] = []
test.afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

test('hostile messages and names end nothing, run nothing and are read as plain text', async ({ profile }) => {
  const server = await ScriptedServer.start()
  cleanups.push(() => server.stop())
  const main = await startMain(profile)
  cleanups.push(() => main.stop())
  const client = await connectPage(main.link)
  cleanups.push(() => client.close())
  const registered = new Promise<void>((done) =>
    client.on('accounts.changed', (all) => all.some(({ kind, status }) => kind === 'sip' && status === 'registered') && done()),
  )
  await client.send('accounts.save', {
    label: 'Hostile',
    server: `ws://127.0.0.1:${server.port}`,
    user: 'alice',
    password: 'a password',
    keepPassword: 'session',
  })
  await registered
  const context = await openChromium()
  cleanups.push(() => context.close())
  const page = context.pages()[0] ?? (await context.newPage())
  const alerts: string[] = []
  const errors: string[] = []
  page.on('dialog', (dialog) => {
    alerts.push(dialog.message())
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(freshLink(profile))
  await expect(page.getByRole('banner').getByText('Ready')).toBeVisible()
  const pop = page.getByRole('dialog', { name: 'Incoming call' })

  const name = `<img src=x onerror=alert(1)><script>alert(2)</script>\u202Egnp.exe\u2066 🦊🏳️‍🌈 ${'Ann '.repeat(2500)}`
  server.send(await server.invite({ headers: { From: `"${name}" <sip:+4681234567@pbx.invalid>;tag=x` }, body: audio }))
  await expect(pop).toBeVisible()
  const heading = await pop.getByRole('heading').innerText()
  expect(heading.length).toBeLessThan(200)
  expect(heading).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/)
  await expect(pop.locator('img[src="x"], script')).toHaveCount(0)
  await page.screenshot({ path: test.info().outputPath('hostile-name.png') })
  await pop.getByRole('button', { name: 'Decline' }).click()
  await expect(pop).toBeHidden()

  const contact = await server.contact()
  server.send(
    'rubbish',
    '\u0000\u0001\u0002',
    Buffer.from([0xff, 0xfe, 0x00]),
    'INVITE sip:alice@pbx.invalid SIP/2.0\r\n\r\n',
    `${'INVITE '.repeat(2000)}\r\n\r\n`,
    request('PRACK', contact),
    request('OPTIONS', 'tel:+4681234567'),
    request('INVITE', contact, { body: 'v=0\r\nm=audio nonsense' }),
    request('INVITE', contact, { body: audio.replace('m=audio', 'm=video') }),
    request('INVITE', contact, { body: audio.replace('111 opus/48000/2', '111 whalesong/8000') }),
    request('INVITE', contact, { body: 'x'.repeat(5_000_000) }),
    request('INVITE', contact, { headers: { Subject: 'y'.repeat(5_000_000) }, body: audio }),
    `SIP/2.0 200 OK\r\nVia: SIP/2.0/WS x;branch=z9hG4bK${randomBytes(4).toString('hex')}\r\nCSeq: 1 INVITE\r\n\r\n`,
  )
  await page.waitForTimeout(3_000)
  for (const { id } of (await client.send('app.snapshot', {})).state.calls)
    await client.send('call.decline', { callId: id }).catch(() => undefined)
  await expect(pop).toBeHidden()

  server.send(await server.invite({ body: audio }))
  await expect(pop.getByRole('heading')).toContainText('Åsa Lind')
  await pop.getByRole('button', { name: 'Decline' }).click()
  await expect(pop).toBeHidden()
  expect(server.connections).toBe(1)
  expect(alerts).toEqual([])
  expect(errors).toEqual([])
  const { state } = await client.send('app.snapshot', {})
  expect(state.accounts.find(({ kind }) => kind === 'sip')?.status).toBe('registered')
  const log = readdirSync(join(profile, 'logs'))
    .map((file) => readFileSync(join(profile, 'logs', file), 'utf8'))
    .join('')
  expect(log.split('\n').every((line) => line.length < 2_000)).toBe(true)
  expect(log).toContain('"msg"')
  expect(log).not.toContain('a password')
})
