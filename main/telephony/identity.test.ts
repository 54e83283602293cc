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

describe('the called line', () => {
  it.each([
    [['To: <sip:alice@x>'], null],
    [['To: <sip:ALICE@x>'], null],
    [['To: <sip:sales@x>'], 'sales'],
    [['To: <sip:alice@x>', 'P-Called-Party-ID: <sip:+46850@x>'], '+46850'],
    [['To: <sip:alice@x>', 'Diversion: <sip:201@x>;reason=no-answer, <sip:200@x>;reason=busy'], '200'],
    [['To: <sip:alice@x>', 'History-Info: <sip:300@x>;index=1', 'History-Info: <sip:alice@x>;index=1.1'], '300'],
  ])('%j → %j', (lines, line) => {
    expect(calledLine(head(lines), ['alice', ''])).toBe(line)
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
