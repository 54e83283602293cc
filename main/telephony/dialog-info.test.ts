/** Line states as servers write them (RFC 4235), and as hostile ones do. */
import { describe, expect, it } from 'vitest'
import { LineDialogs, readDialogInfo } from './dialog-info'
import { readMessageSummary } from './message-summary'

const document = (inside: string, { version = 0, state = 'full' } = {}) =>
  `<?xml version="1.0"?>\n<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="${version}" state="${state}" entity="sip:101@pbx">${inside}</dialog-info>`
const dialog = (id: string, state: string, more = '', inside = '') => `<dialog id="${id}" ${more}><state>${state}</state>${inside}</dialog>`
const read = (text: string) => {
  const info = readDialogInfo(text)
  if (!info) throw new Error('not read')
  return info
}
const lineAfter = (...documents: string[]) => {
  const line = new LineDialogs()
  for (const each of documents) line.take(read(each))
  return line.state
}

describe('a line', () => {
  it.each([
    ['', 'idle'],
    [dialog('a', 'terminated'), 'idle'],
    [dialog('a', 'confirmed'), 'busy'],
    [dialog('a', 'early', 'direction="recipient"'), 'ringing'],
    [dialog('a', 'early'), 'ringing'],
    [dialog('a', 'early', 'direction="initiator"'), 'busy'],
    [dialog('a', 'trying', 'direction="initiator"'), 'busy'],
    [dialog('a', 'confirmed') + dialog('b', 'early', 'direction="recipient"'), 'ringing'],
  ])('that says %j is %s', (inside, state) => {
    expect(lineAfter(document(inside)).state).toBe(state)
  })

  it('tells who rings there, cleaned', () => {
    const remote = (display: string, uri: string) =>
      `<local><identity>sip:101@pbx</identity></local><remote><identity display="${display}">${uri}</identity><target uri="sip:x@y"/></remote>`
    const ringing = (display: string, uri: string) =>
      lineAfter(document(dialog('a', 'early', 'direction="recipient"', remote(display, uri)))).caller
    expect(ringing('&#197;sa &amp; Co', 'sip:+4681234567@pbx')).toBe('Åsa & Co (+4681234567)')
    expect(ringing('', 'sip:100@pbx')).toBe('100')
    expect(ringing('100', 'sip:100@pbx')).toBe('100')
    expect(ringing('evil\u202e\u0007gnp', 'nonsense')).toBe('evil gnp')
    expect(ringing('x'.repeat(5000), 'sip:1@pbx')?.length).toBeLessThan(300)
  })

  it('is read with a prefix for the namespace, and with unknown elements', () => {
    const text = `<d:dialog-info xmlns:d="urn:ietf:params:xml:ns:dialog-info" version="3" state="full" entity="sip:a@b"><x xmlns="other">
      <state>early</state></x><d:dialog id="1"><d:state code="200">confirmed</d:state><y xmlns="other"/></d:dialog></d:dialog-info>`
    expect(read(text).dialogs).toMatchObject([{ id: '1', state: 'confirmed' }])
  })
})

describe('versions (RFC 4235 §4.3)', () => {
  it('partial ones change one dialog of several', () => {
    const line = new LineDialogs()
    expect(line.take(read(document(dialog('a', 'confirmed') + dialog('b', 'early'), { version: 4 })))).toBe(true)
    expect(line.take(read(document(dialog('b', 'terminated'), { version: 5, state: 'partial' })))).toBe(true)
    expect(line.state.state).toBe('busy')
    expect(line.take(read(document(dialog('a', 'terminated'), { version: 6, state: 'partial' })))).toBe(true)
    expect(line.state.state).toBe('idle')
  })

  it('an old one changes nothing; after a gap, and before a full one, the whole state is needed', () => {
    const line = new LineDialogs()
    expect(line.take(read(document(dialog('a', 'early'), { state: 'partial' })))).toBe(false)
    expect(line.take(read(document(dialog('a', 'early'), { version: 7 })))).toBe(true)
    expect(line.take(read(document(dialog('a', 'terminated'), { version: 7, state: 'partial' })))).toBe(true)
    expect(line.take(read(document('', { version: 6 })))).toBe(true)
    expect(line.state.state).toBe('ringing')
    expect(line.take(read(document(dialog('a', 'terminated'), { version: 9, state: 'partial' })))).toBe(false)
    expect(line.state.state).toBe('ringing')
  })

  it('a server that does not count is believed', () => {
    expect(lineAfter(document(dialog('a', 'confirmed')), document('')).state).toBe('idle')
  })
})

describe('what no honest server sends', () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 9 }, (_, n) => `<!ENTITY b${n} "${`&${n === 0 ? 'a' : `b${n - 1}`};`.repeat(10)}">`).join('')}]>`
  it.each([
    ['nothing', ''],
    ['no XML', 'Messages-Waiting: yes'],
    ['another document', '<presence xmlns="urn:ietf:params:xml:ns:pidf"/>'],
    ['no version', '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" state="full"/>'],
    ['an unknown state', '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="1" state="maybe"/>'],
    ['a foreign namespace', '<dialog-info xmlns="urn:evil" version="1" state="full"/>'],
    ['an end that never comes', document('<dialog id="a"><state>early')],
    ['a billion laughs', document(dialog('&b8;', 'early')).replace('<dialog-info', `${bomb}<dialog-info`)],
    [
      'a file of this machine',
      document('<dialog id="a">&x;</dialog>').replace('<dialog-info', '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><dialog-info'),
    ],
    ['an unknown entity', document('<dialog id="&evil;"/>')],
    ['a thousand levels', document('<a>'.repeat(1000) + '</a>'.repeat(1000))],
    ['too much of it', document(' '.repeat(70_000))],
    ['comments that never end', document('<!--'.repeat(15_000))],
    ['two roots', document('') + document('').replace(/^<\?.*\n/, '')],
    ['a CDATA section', document('<dialog id="a"><state><![CDATA[early]]></state></dialog>')],
  ])('%s is not taken', (_, text) => {
    expect(readDialogInfo(text)).toBeNull()
  })

  it('ten thousand dialogs are cut, over one document and over many', () => {
    const many = Array.from({ length: 1200 }, (_, n) => dialog(`d${n}`, 'early')).join('')
    expect(read(document(many)).dialogs.length).toBe(64)
    const line = new LineDialogs()
    line.take(read(document('', { version: 1 })))
    for (let n = 0; n < 500; n++) line.take(read(document(dialog(`d${n}`, 'early'), { version: n + 2, state: 'partial' })))
    for (let n = 0; n < 64; n++) line.take(read(document(dialog(`d${n}`, 'terminated'), { version: n + 502, state: 'partial' })))
    expect(line.state.state).toBe('idle')
  })

  it('states that nobody has defined are no call', () => {
    expect(lineAfter(document(dialog('a', 'dancing'))).state).toBe('idle')
    expect(lineAfter(document(dialog('__proto__', 'confirmed'))).state).toBe('busy')
  })
})

describe('waiting messages (RFC 3842)', () => {
  it.each([
    ['Messages-Waiting: yes\r\nMessage-Account: sip:100@pbx\r\nVoice-Message: 2/8 (0/2)\r\n', { waiting: true, fresh: 2, old: 8 }],
    ['messages-waiting : NO\nvoice-message: 0/0', { waiting: false, fresh: 0, old: 0 }],
    ['Messages-Waiting: yes\r\n', { waiting: true, fresh: null, old: null }],
    ['Messages-Waiting: yes\r\nVoice-Message: 99999999999/1\r\n', { waiting: true, fresh: null, old: null }],
    ['Messages-Waiting: yes\r\nVoice-Message: 9999999999/1\r\n', { waiting: true, fresh: 9999, old: 1 }],
    ['Voice-Message: 2/8\r\n', null],
    ['Messages-Waiting: perhaps\r\n', null],
    ['', null],
  ])('%j', (body, summary) => {
    expect(readMessageSummary(body)).toEqual(summary)
  })
})
