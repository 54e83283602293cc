/** What a SIP trace shows and what it must never show, also of messages that were written to get something past it. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../clock'
import { NumberMask } from './mask'
import { withoutSecrets } from './redact'
import { SipTrace, traceLimits } from './trace'

const sdp = (extra: string) => `v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 4000 UDP/TLS/RTP/SAVPF 111 0\r\n${extra}a=sendrecv\r\n`
function message(start: string, headers: string[], body = '', type = 'application/sdp'): string {
  const lines = [start, 'Via: SIP/2.0/WSS a1b2.invalid;branch=z9hG4bK1', 'Call-ID: abc', 'CSeq: 1 INVITE', ...headers]
  return `${lines.join('\r\n')}\r\n${body ? `Content-Type: ${type}\r\n` : ''}\r\n${body}`
}
const invite = 'INVITE sip:+4681234567@pbx.example SIP/2.0'

describe('secrets', () => {
  test('what an administrator needs stays, what is secret goes', () => {
    const shown = withoutSecrets(
      message(
        'SIP/2.0 401 Unauthorized',
        ['WWW-Authenticate: Digest realm="asterisk", nonce="n0nce-secret", opaque="0paque", algorithm=MD5, qop="auth"'],
        sdp('a=ice-ufrag:Jt6b\r\na=ice-pwd:icesecret\r\na=fingerprint:sha-256 6B:8B\r\na=crypto:1 AES inline:s3cret\r\n'),
      ),
    )
    expect(shown).toContain('WWW-Authenticate: Digest realm="asterisk", algorithm=MD5, qop="auth", nonce=[left out]')
    expect(shown).toContain('a=fingerprint:sha-256 6B:8B')
    expect(shown).toContain('a=ice-pwd [left out]')
    expect(shown).toContain('a=sendrecv')
    for (const secret of ['n0nce-secret', '0paque', 'icesecret', 's3cret']) expect(shown).not.toContain(secret)
  })

  const hidden = 'Zq7hunterZq7'
  test.each([
    ['lower case', message(invite, [`authorization:Digest username="a", response="${hidden}"`])],
    [
      'several',
      message(invite, ['Authorization: Digest a="b"', `AUTHORIZATION : Digest response="${hidden}"`, `Proxy-Authorization: ${hidden}`]),
    ],
    ['folded', message(invite, ['Authorization: Digest username="a",', `\tnonce="x",`, `  response="${hidden}"`])],
    ['folded by a bare LF', message(invite, [`Authorization: Digest username="a",\n cnonce="${hidden}"`])],
    ['folded below a line that is no header', message(invite, ['User-Agent: x', 'no header at all', ` ${hidden}`])],
    ['a line that is no header', message(invite, [`${hidden}`])],
    ['a header name with a space', message(invite, [`Authori zation: ${hidden}`])],
    ['a name of somebody’s own', message(invite, [`X-Api-Key: ${hidden}`, `X-Auth: ${hidden}`, `Cookie: session=${hidden}`])],
    ['a sign-in elsewhere', message(invite, [`X-Relay: Digest username="a", response="${hidden}"`, `X-More: Bearer ${hidden}`])],
    ['a password in a URI', message(`INVITE sip:bob:${hidden}@pbx.example SIP/2.0`, [`Contact: <sip:bob:${hidden}@pbx.example>`])],
    ['a header in a URI', message(invite, [`Refer-To: <sip:bob@pbx.example?Authorization=Digest%20${hidden}&Replaces=abc>`])],
    ['a next nonce', message('SIP/2.0 200 OK', [`Authentication-Info: nextnonce="${hidden}"`])],
    ['key tones', message('INFO sip:bob@pbx.example SIP/2.0', [], `Signal=${hidden}\r\nDuration=160\r\n`, 'application/dtmf-relay')],
    ['key tones said to be SDP', message('info sip:bob@pbx.example SIP/2.0', [], hidden)],
    ['a text message', message('MESSAGE sip:bob@pbx.example SIP/2.0', [], hidden, 'text/plain')],
    ['a body of two types', message(invite, ['Content-Type: text/plain'], hidden)],
    ['a compact content type', message(invite, ['c: text/plain'], '').replace(/$/, hidden)],
    ['a body of several parts', message(invite, [], `--x\r\n\r\n${hidden}\r\n--x--`, 'multipart/mixed;boundary=x')],
    ['SDP keys', message(invite, [], sdp(`a=crypto:1 AES_CM_128 inline:${hidden}\r\na=key-mgmt:mikey ${hidden}\r\nk=clear:${hidden}\r\n`))],
    ['SDP keys written oddly', message(invite, [], sdp(` a=ice-pwd:${hidden}\r\nA=ice-pwd:${hidden}\r\n`))],
    [
      'a fragment with a sign-in',
      message('NOTIFY sip:a@b SIP/2.0', [], `SIP/2.0 401 No\r\nAuthorization: ${hidden}\r\n`, 'message/sipfrag'),
    ],
    ['no SIP at all', hidden],
    ['no end of headers', `${invite}\r\nAuthorization: Digest response="${hidden}"`],
    ['bare line feeds', `${invite}\nAuthorization: Digest response="${hidden}"\n\n${hidden}`],
    ['a blank line before the end', message(invite, ['Authorization: Digest a="b",', '', ` response="${hidden}"`])],
  ])('%s', (_what, text) => {
    expect(text).toContain(hidden)
    expect(withoutSecrets(text)).not.toContain(hidden)
  })

  test('control characters cannot act on whoever reads the file', () => {
    expect(withoutSecrets(message(invite, ['Subject: a\u001b[2Jb\u202ec']))).toContain('a\\x1b[2Jb\\x202ec')
  })

  test('none of 3,000 messages made at random shows a secret that went in', () => {
    let seed = 20261120
    const random = (below: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      return Math.floor((seed / 2 ** 32) * below)
    }
    const pick = <T>(of: readonly T[]): T => of[random(of.length)] as T
    const vary = (text: string) => [...text].map((sign) => (random(2) ? sign.toUpperCase() : sign.toLowerCase())).join('')
    for (let round = 0; round < 3_000; round += 1) {
      const secrets: string[] = []
      const secret = () => {
        const made = `S${random(1e9).toString(36)}x${random(1e9).toString(36)}`
        secrets.push(made)
        return made
      }
      const fold = () => pick([' ', '\r\n ', '\r\n\t', '\n  ', '  '])
      const name = () =>
        vary(pick(['authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate', 'authentication-info']))
      const colon = () => pick([':', ': ', ' : ', '\t:\t', `:${fold()}`])
      const credentials = () =>
        `${pick(['Digest', 'digest', 'DIGEST'])} username="u",${fold()}realm="r",${fold()}nonce="${secret()}",${fold()}${vary('response')}=${pick(['"', ''])}${secret()}"`
      const headers = Array.from({ length: 1 + random(4) }, () =>
        pick([
          () => `${name()}${colon()}${credentials()}`,
          () => `X-Note: see ${vary('cnonce')} = "${secret()}"`,
          () => `m: <sip:a:${secret()}@b>`,
          () => `User-Agent: something`,
          () => secret(),
        ])(),
      )
      const [start, type, body] = pick([
        () => [invite, 'application/sdp', sdp(`a=${vary('ice-pwd')}:${secret()}\r\na=crypto:1 X inline:${secret()}\r\n`)],
        () => [pick(['INFO sip:a@b SIP/2.0', 'MESSAGE sip:a@b SIP/2.0']), pick(['application/sdp', 'text/plain']), secret()],
        () => [invite, pick(['application/dtmf', 'text/html', 'application/octet-stream']), secret()],
        () => ['SIP/2.0 200 OK', 'message/sipfrag', `SIP/2.0 100 Trying\r\n${name()}: ${credentials()}`],
      ])() as [string, string, string]
      const shown = withoutSecrets(message(start, headers, body, pick([type, vary(type), `${type};charset=utf-8`])))
      for (const one of secrets) expect(shown, `round ${round}`).not.toContain(one)
    }
  })
})

/** Slower than this by far when the time grows with the square of what was sent. */
const atMostMs = 3_000
function taken(action: () => unknown): number {
  const from = performance.now()
  action()
  return performance.now() - from
}

describe('a message as long as the wire takes', () => {
  test.each([
    ['many words', 'a-'.repeat(120_000)],
    ['many addresses', 'sip:'.repeat(60_000)],
    ['many lines', 'sip:a-nonce \r\nX-B: '.repeat(12_000)],
  ])('of %s is cut, and holds nothing up', (_what, value) => {
    for (const text of [message(invite, [`X-A: ${value}`]), message(invite, [], value), message(`OPTIONS ${value} SIP/2.0`, [])]) {
      let shown = ''
      expect(taken(() => (shown = withoutSecrets(text)))).toBeLessThan(atMostMs)
      expect(shown).toContain(' left out]')
      expect(shown.length).toBeLessThan(70_000)
    }
  })

  test('nor when its numbers are hidden', async () => {
    const long = withoutSecrets(
      message(invite, [`Subject: ${'.'.repeat(100_000)}`], '.'.repeat(100_000), 'application/simple-message-summary'),
    )
    const from = performance.now()
    await new NumberMask().all([long])
    expect(performance.now() - from).toBeLessThan(atMostMs)
  })

  test('is not cut in the middle of a secret', () => {
    for (let at = 3_900; at < 4_000; at += 1) {
      const shown = withoutSecrets(message(invite, [`Contact: ${'x'.repeat(at)} <sip:bob:hunter2hunter2@pbx.example>, ${'y'.repeat(500)}`]))
      expect(shown).not.toContain('hunt')
    }
  })
})

test('hiding numbers in a long trace leaves main its turns', async () => {
  const messages = Array.from({ length: 5_000 }, (_, n) =>
    withoutSecrets(
      message(
        invite,
        [`From: "Anna Lind ${n % 500}" <sip:+46700${n}@x>;tag=1`],
        sdp('a=candidate:1 1 udp 2122 192.168.1.1 50000 typ host\r\n'.repeat(20)),
      ),
    ),
  )
  let longest = 0
  let last = performance.now()
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  await new NumberMask().all(messages)
  clearInterval(beat)
  expect(longest).toBeLessThan(1_000)
})

describe('numbers', () => {
  const call = [
    message('INVITE sip:+46812345678@pbx.example SIP/2.0', [
      'From: "Åsa Lind" <sip:1001@pbx.example>;tag=abc1',
      'To: <sip:+46812345678@pbx.example;user=phone>',
      'Contact: <sip:aabbccddeeff@ffeeddccbbaa.invalid;transport=wss>',
      'P-Asserted-Identity: "Lind, Åsa" <sip:1001@pbx.example>, <tel:+46-8-123-456-78>',
      'X-Customer: Åsa Lind, 08-12345678',
      'Reason: SIP;cause=200;text="taken by Åsa Lind"',
    ]),
    message('SIP/2.0 200 OK', ['f: Åsa Lind <sip:1001@pbx.example>;tag=abc1', 't: <tel:+46812345678>;tag=z', 'i: +46812345678@10.0.0.1']),
    message(
      'NOTIFY sip:aabbccddeeff@ffeeddccbbaa.invalid SIP/2.0',
      [],
      '<dialog-info entity="sip:1002@pbx.example"><dialog><remote><identity display="Åsa Lind">sip:1001@pbx.example</identity></remote><state>early</state></dialog></dialog-info>',
      'application/dialog-info+xml',
    ),
  ].map(withoutSecrets)

  test('the same number is the same word everywhere, and the call can still be followed', async () => {
    const masked = await new NumberMask().all(call)
    const all = masked.join('\n')
    for (const personal of ['12345678', '1001', '1002', 'Lind', 'Åsa', '123-456', '+46']) expect(all).not.toContain(personal)
    const dialled = /INVITE sip:(number-\d+)@/.exec(all)?.[1] ?? '?'
    expect(masked[0]).toContain(`To: <sip:${dialled}@pbx.example`)
    expect(masked[0]).toContain(`<tel:${dialled}>`)
    expect(masked[1]).toContain(`<tel:${dialled}>;tag=z`)
    expect(masked[1]).toContain(`i: ${dialled}@10.0.0.1`)
    const caller = /From: "name-\d+" <sip:(number-\d+)@/.exec(all)?.[1] ?? '?'
    expect(masked[2]).toContain(`sip:${caller}@pbx.example</identity>`)
    expect(all).toContain('<sip:aabbccddeeff@ffeeddccbbaa.invalid;transport=wss>')
    expect(all).toContain('tag=abc1')
    expect(all).toContain('<state>early</state>')
  })

  test.each([
    ['a quote that never ends', 'From: "Karl Hemlig <sip:5551234@x>;tag=1'],
    ['a comma in a bare name', 'From: Hemlig, Karl <sip:5551234@x>;tag=1'],
    ['an angle in a name', 'From: "Karl < Hemlig" <sip:5551234@x>;tag=1'],
    ['no scheme', 'From: Karl Hemlig 5551234'],
    ['escapes', 'From: "Karl \\"Hemlig\\"" <sip:%35%35%351234@x>;tag=1'],
    ['unknown headers', 'X-Called: 555 1234 Hemlig'],
  ])('hidden also with %s', async (_what, header) => {
    const masked = (await new NumberMask().all([withoutSecrets(message(invite, [header]))])).join('\n')
    expect(masked).not.toMatch(/Hemlig|555|1234@/)
  })
})

describe('the trace', () => {
  function make() {
    const events: unknown[] = []
    const delivered: { name: string; text: string }[] = []
    const trace = new SipTrace({
      clock: systemClock,
      folder: mkdtempSync(join(tmpdir(), 'ringbook-trace-')),
      version: '1.2.3',
      label: (id) => `Account ${id}`,
      emit: (event, payload) => events.push([event, payload]),
      host: {
        deliverFile: async ({ name, path }) => {
          delivered.push({ name, text: readFileSync(path, 'utf8') })
          return { download: '/x', path: null }
        },
      },
    })
    const add = (text: string, sent = true) => trace.tracer({ accountId: 'a', sent, text, server: 'pbx.example:443' })
    return { trace, add, events, delivered }
  }

  test('is off until switched on, keeps what it has when switched off, and begins anew', async () => {
    const { trace, add, events, delivered } = make()
    add(message(invite, []))
    await expect(trace.save(false)).rejects.toMatchObject({ trouble: { code: 'help.traceEmpty' } })
    trace.set(true)
    trace.set(true)
    expect(events).toEqual([['trace.changed', { since: trace.since }]])
    add(message(invite, ['Authorization: Digest response="hunter2"']))
    add(message('SIP/2.0 200 OK', []), false)
    trace.set(false)
    add(message(invite, []))
    expect(await trace.save(false)).toEqual({ messages: 2, download: '/x', path: null })
    expect(delivered[0]?.name).toMatch(/^ringbook-sip-trace-.*\.txt$/)
    expect(delivered[0]?.text).toMatch(/Z {2}→ sent to pbx\.example:443 {2}\(Account a\)\n {4}INVITE sip:/)
    expect(delivered[0]?.text).toMatch(/Z {2}← received from pbx\.example:443 {2}\(Account a\)\n {4}SIP\/2\.0 200 OK/)
    expect(delivered[0]?.text).not.toContain('hunter2')
    await trace.save(true)
    expect(delivered[1]?.text).not.toMatch(/Account a|4681234567/)
    trace.set(true)
    await expect(trace.save(false)).rejects.toMatchObject({ trouble: { code: 'help.traceEmpty' } })
  })

  test('stays within its bounds, the oldest going first', async () => {
    const { trace, add } = make()
    trace.set(true)
    for (let index = 0; index < traceLimits.messages + 10; index += 1) add(message(`INVITE sip:${index}@x SIP/2.0`, []))
    const { messages, text } = await trace.text(false)
    expect(messages).toBe(traceLimits.messages)
    expect(text).toContain('10 older ones did not fit')
    expect(text).not.toContain('INVITE sip:9@x')
    for (let index = 0; index < 60; index += 1) add(message(invite, [`X-Long: ${'y'.repeat(200_000)}`]))
    expect((await trace.text(false)).text.length).toBeLessThan(traceLimits.characters * 1.1)
  })

  test('a hostile message cannot pass for two', async () => {
    const { trace, add } = make()
    trace.set(true)
    add(message(invite, [], 'v=0\r\n2026-01-01T00:00:00.000Z  → sent to x  (y)\r\n'), false)
    expect((await trace.text(false)).text.match(/^2026-\S+ {2}[→←]/gm)).toHaveLength(1)
  })
})
