/** Who is calling, from headers as different phone systems write them. */
import { describe, expect, it } from 'vitest'
import { calledLine, cleanText, remoteParty } from './identity'
import { type Head, readHead } from './message'

function head(lines: string[]): Head {
  const found = readHead(`INVITE sip:alice@x SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`)
  if (!found) throw new Error('the test’s message is malformed')
  return found
}

describe('the remote party', () => {
  it.each([
    [['From: "Åsa" <sip:+4681@x>;tag=1'], { number: '+4681', displayName: 'Åsa', withheld: false }],
    [['f: sip:+4681@x;tag=1'], { number: '+4681', displayName: null, withheld: false }],
    [['From: Bob Smith <sip:bob@x>;tag=1'], { number: 'bob', displayName: 'Bob Smith', withheld: false }],
    [['From: "+4681" <sip:+4681@x>;tag=1'], { number: '+4681', displayName: null, withheld: false }],
    [['From: "A \\"B\\" C" <sip:%2B4681@x>;tag=1'], { number: '+4681', displayName: 'A "B" C', withheld: false }],
    [
      ['From: <sip:trunk@x>;tag=1', 'P-Asserted-Identity: "Åsa" <sip:asa@x>, <tel:+4681;ext=2>'],
      { number: '+4681', displayName: 'Åsa', withheld: false },
    ],
    [
      ['From: <sip:1@x>;tag=1', 'Remote-Party-ID: "Eva" <sip:4690@x>;party=calling;privacy=off'],
      { number: '4690', displayName: 'Eva', withheld: false },
    ],
    [['From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=1'], { number: '', displayName: null, withheld: true }],
    [
      ['From: <sip:anonymous@x>;tag=1', 'Privacy: id', 'P-Asserted-Identity: <sip:+4681@x>'],
      { number: '', displayName: null, withheld: true },
    ],
    [['From: <sip:anonymous@x>;tag=1', 'P-Asserted-Identity: <sip:+4681@x>'], { number: '+4681', displayName: null, withheld: false }],
    [['From: nonsense'], { number: '', displayName: null, withheld: true }],
  ])('%j', (lines, party) => {
    expect(remoteParty(head(lines))).toEqual(party)
  })
})

describe('the headers that an account trusts, in its order', () => {
  const lines = [
    'From: "Trunk" <sip:1000@x>;tag=1',
    'P-Asserted-Identity: "Åsa" <sip:+4681@x;user=phone>',
    'Remote-Party-ID: "Eva" <sip:+4682@x>;party=calling;privacy=off;screen=yes',
  ]
  it.each([
    [['p-asserted-identity', 'remote-party-id', 'from'], '+4681', 'Åsa'],
    [['remote-party-id', 'p-asserted-identity', 'from'], '+4682', 'Eva'],
    [['from', 'p-asserted-identity'], '1000', 'Trunk'],
    [['from'], '1000', 'Trunk'],
    [['remote-party-id'], '+4682', 'Eva'],
  ] as const)('%j', (trusted, number, displayName) => {
    expect(remoteParty(head([...lines]), trusted)).toEqual({ number, displayName, withheld: false })
  })
  it('what is left out is not believed, not even for want of anything else', () => {
    expect(remoteParty(head(['From: "Bank" <sip:+4681@x>;tag=1']), ['p-asserted-identity'])).toEqual({
      number: '',
      displayName: null,
      withheld: true,
    })
    const spoofed = ['From: <sip:anonymous@anonymous.invalid>;tag=1', 'P-Asserted-Identity: <sip:+4681@x>']
    expect(remoteParty(head(spoofed), ['from']).withheld).toBe(true)
    expect(remoteParty(head(['From: <sip:1@x>;tag=1', 'P-Asserted-Identity: "Bank" <sip:2@x>']), ['from']).displayName).toBeNull()
  })
  it('falls through a header that names nobody', () => {
    const nothing = ['From: <sip:+4681@x>;tag=1', 'P-Asserted-Identity: <sip:anonymous@x>', 'Remote-Party-ID: rubbish']
    expect(remoteParty(head(nothing)).number).toBe('+4681')
  })
})

describe('numbers in URIs', () => {
  it.each([
    ['<sip:%2B46%208-1@x;user=phone>', '+46 8-1'],
    ['<tel:+46-8-465-004-01;ext=12>', '+46-8-465-004-01'],
    ['<tel:0846500401;phone-context=+46>', '+460846500401'],
    ['<sip:2079460123;phone-context=%2B44@x;user=phone>', '+442079460123'],
    ['<tel:4012;phone-context=+46>', '4012'],
    ['<tel:4012;phone-context=pbx.example.com>', '4012'],
    ['<sips:+4681:secret@x>', '+4681'],
    ['"<sip:evil@x>" <sip:+4681@x>', '+4681'],
    ['<sip:+4681@x?Subject=hello%20%3Csip:2@x%3E>', '+4681'],
    ['<sip:%00%E2%80%AE+4681@x>', '+4681'],
    ['<sip:%zz@x>', '%zz'],
  ])('%s', (value, number) => {
    expect(remoteParty(head(['From: <sip:trunk@x>;tag=1', `P-Asserted-Identity: ${value}`])).number).toBe(number)
  })
})

describe('privacy', () => {
  const asserted = 'P-Asserted-Identity: "Åsa" <sip:+4681@x>'
  it.each(['id', 'header;id', 'user;critical', 'ID'])('Privacy: %s hides what the network vouches for', (privacy) => {
    const lines = ['From: <sip:anonymous@anonymous.invalid>;tag=1', `Privacy: ${privacy}`, asserted]
    expect(remoteParty(head(lines))).toEqual({ number: '', displayName: null, withheld: true })
  })
  it('and none hides nothing', () => {
    expect(remoteParty(head(['From: <sip:anonymous@x>;tag=1', 'Privacy: none', asserted])).number).toBe('+4681')
  })
  it.each([
    ['full', '', null],
    ['uri', '', null],
    ['name', '+4682', null],
    ['off', '+4682', 'Eva'],
  ])('Remote-Party-ID with privacy=%s', (privacy, number, displayName) => {
    const lines = ['From: <sip:anonymous@x>;tag=1', `Remote-Party-ID: "Eva" <sip:+4682@x>;party=calling;privacy=${privacy}`]
    expect(remoteParty(head(lines))).toEqual({ number, displayName, withheld: number === '' })
  })
  it('a Remote-Party-ID about the called party is not about the caller', () => {
    expect(remoteParty(head(['From: <sip:1@x>;tag=1', 'Remote-Party-ID: <sip:2@x>;party=called'])).number).toBe('1')
  })
})

describe('the called line', () => {
  it.each([
    [['To: <sip:alice@x>'], null],
    [['To: <sip:ALICE@x>'], null],
    [['To: <sip:sales@x>'], 'sales'],
    [['To: <sip:alice@x>', 'P-Called-Party-ID: <sip:+46850@x>'], '+46850'],
    [['To: <sip:alice@x>', 'Diversion: <sip:201@x>;reason=no-answer, <sip:200@x>;reason=busy'], '200'],
    [['To: <sip:alice@x>', 'History-Info: <sip:300@x>;index=1', 'History-Info: <sip:alice@x>;index=1.1'], '300'],
    [['To: <sip:alice@x>', 'Diversion: "Queue, Sales" <sip:201@x>', 'Diversion: <tel:+46850>;reason=unconditional'], '+46850'],
    [['To: <sip:alice@x>', 'Diversion: "Queue, \\"Sales\\"\u202e" <sip:300@x>;reason=unconditional'], 'Queue, "Sales" (300)'],
    [['To: <sip:alice@x>', 'Diversion: <sip:200@x>;reason=busy;privacy=full'], null],
    [['To: <sip:alice@x>', 'Diversion: <sip:anonymous@x>', 'P-Called-Party-ID: <sip:+46850@x>'], '+46850'],
    [['To: <sip:alice@x>', 'History-Info: <sip:alice@x>;index=1.1, <sip:300@x>;index=1'], '300'],
    [['To: <sip:alice@x>', 'History-Info: <sip:b@x>;index=1.10, <sip:a@x>;index=1.9'], 'a'],
    [['To: <sip:alice@x>', 'History-Info: <sip:302@x?Reason=SIP%3Bcause%3D302>;index=1;rc=1'], '302'],
    [['To: <sip:alice@x>', 'History-Info: <sip:300@x?Privacy=history>;index=1, <sip:301@x>;index=1.1'], null],
    [['To: <sip:alice@x>', 'History-Info: <sip:alice@x>;index=1, <sip:alice@10.0.0.5>;index=1.1'], null],
    [['To: <sip:alice@x>', 'History-Info: <sip:300@x>;index=x.y', 'History-Info: <sip:301@x>'], '300'],
  ])('%j → %j', (lines, line) => {
    expect(calledLine(head(lines), ['alice', ''])).toBe(line)
  })
  it('is what the caller addressed where the account trusts no other header', () => {
    const lines = ['Diversion: <sip:200@x>', 'History-Info: <sip:300@x>;index=1', 'P-Called-Party-ID: <sip:400@x>']
    expect(calledLine(head(['To: <sip:alice@x>', ...lines]), ['alice'], false)).toBeNull()
    expect(calledLine(head(['To: <sip:sales@x>', ...lines]), ['alice'], false)).toBe('sales')
  })
})

it('cleans text without cutting characters in two', () => {
  expect(cleanText(`a\u200b\u202eb\u0000\n c${'\u0301'.repeat(50)}`)).toBe('ab c\u0301\u0301\u0301')
  expect(cleanText('📞'.repeat(200))).toBe('📞'.repeat(120))
  expect(cleanText('\ud83d broken')).toBe('broken')
})

it('reads headers of any make in one pass', () => {
  const spaces = ' '.repeat(30_000)
  const lines = [
    'From: <sip:1@x>;tag=1',
    `P-Asserted-Identity: a,${spaces}x, "Lind, Åsa" <sip:+4681@x>`,
    `Diversion: ${',"'.repeat(15_000)}`,
    `History-Info: ${'<sip:'.repeat(6_000)}`,
    'To: <sip:alice@x>',
  ]
  expect(remoteParty(head(lines))).toEqual({ number: '+4681', displayName: 'Lind, Åsa', withheld: false })
  expect(calledLine(head(lines), ['alice'])).toBeNull()
})
