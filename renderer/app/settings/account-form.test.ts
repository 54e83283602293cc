/** SIP accounts as people type them. */
import { describe, expect, it } from 'vitest'
import { sipAccountInput } from '../../../preload/contract'
import { blank, completeServer, entryOf, faultsOf, fieldOf, groupOf, inputOf, moved, splitAddress } from './account-form'

const good = { ...blank, server: 'pbx.example.com:8089/ws', user: 'alice', password: 'secret' }

describe('a server', () => {
  it('may be typed without its scheme', () => {
    expect(completeServer(' pbx.example.com ')).toBe('wss://pbx.example.com')
    expect(completeServer('pbx.example.com:8089/ws')).toBe('wss://pbx.example.com:8089/ws')
    expect(completeServer('https://pbx.example.com/ws')).toBe('wss://pbx.example.com/ws')
    expect(completeServer('ws://127.0.0.1:8088/ws')).toBe('ws://127.0.0.1:8088/ws')
    expect(completeServer('')).toBe('')
  })

  it.each([
    ['', 'serverMissing'],
    ['wss://', 'serverUnreadable'],
    ['pbx example com', 'serverUnreadable'],
    ['sip:pbx.example.com', 'serverUnreadable'],
    ['udp://pbx.example.com', 'serverNotWss'],
    ['ws://pbx.example.com', 'serverNotSafe'],
    ['ws://127.0.0.1.example.com', 'serverNotSafe'],
    ['wss://alice:secret@pbx.example.com', 'serverHasPassword'],
  ])('%j is refused as %s', (server, fault) => {
    expect(faultsOf({ ...good, server }, false).server).toBe(fault)
  })

  it.each(['pbx.example.com', 'wss://pbx.example.com:8089/ws', 'ws://127.0.0.1:8088/ws', 'ws://[::1]:8088'])('%j is taken', (server) => {
    expect(faultsOf({ ...good, server }, false)).toEqual({})
  })
})

describe('an entry', () => {
  it('says each thing that is missing at its own field', () => {
    expect(faultsOf(blank, false)).toEqual({ server: 'serverMissing', user: 'userMissing', password: 'passwordMissing' })
    expect(faultsOf({ ...good, password: '' }, true)).toEqual({})
    expect(faultsOf({ ...good, iceServers: [{ url: 'http://x', username: '', credential: '', hasCredential: false }] }, false)).toEqual({
      'iceServers.0': 'iceUnreadable',
    })
  })

  it('takes a whole address in the user field apart', () => {
    expect(splitAddress({ ...good, user: 'sip:alice@example.com' })).toMatchObject({ user: 'alice', domain: 'example.com' })
    expect(splitAddress({ ...good, user: 'alice@example.com', domain: 'kept.example' })).toMatchObject({
      user: 'alice',
      domain: 'kept.example',
    })
    expect(splitAddress(good)).toEqual(good)
  })

  it('becomes what the contract takes, with a name of its own when none was given', () => {
    const input = inputOf(good, undefined, true)
    expect(sipAccountInput.parse(input)).toEqual(input)
    expect(input).toMatchObject({ label: 'alice@pbx.example.com', server: 'wss://pbx.example.com:8089/ws', keepPassword: 'keyring' })
    expect(inputOf({ ...good, user: 'x'.repeat(100) }, undefined, true).label.length).toBe(60)
  })

  it('keeps a password in a file only when that was ticked and there is no keyring', () => {
    expect(inputOf(good, undefined, false).keepPassword).toBe('session')
    expect(inputOf({ ...good, plainFile: true }, undefined, false).keepPassword).toBe('plain-file')
    expect(inputOf({ ...good, plainFile: true }, undefined, true).keepPassword).toBe('keyring')
  })

  it('leaves secrets alone that were not typed anew', () => {
    const entry = entryOf({
      ...sipAccountInput.omit({ password: true, keepPassword: true }).parse({ label: 'Sales', server: 'wss://a.example', user: 'a' }),
      id: 'one',
      hasPassword: true,
      iceServers: [{ url: 'turn:t.example', username: 'u', hasCredential: true }],
    })
    const input = inputOf(entry, 'one', true)
    expect(input).not.toHaveProperty('password')
    expect(input.iceServers).toEqual([{ url: 'turn:t.example', username: 'u' }])
  })

  it('shows what main refuses beside the field that it concerns', () => {
    expect(fieldOf({ code: 'account.badServer', params: {} }, good)).toBe('server')
    expect(fieldOf({ code: 'bridge.badInput', params: { field: 'user' } }, good)).toBe('user')
    expect(fieldOf({ code: 'bridge.badInput', params: { field: 'iceServers.1.url' } }, good)).toBe('iceServers.1')
    expect(fieldOf({ code: 'bridge.badInput', params: { field: 'nothing' } }, good)).toBeNull()
    expect(fieldOf({ code: 'account.emergencyCode', params: { field: 'echoNumber', number: '112' } }, good)).toBe('echoNumber')
    expect(fieldOf({ code: 'store.full', params: {} }, good)).toBeNull()
  })
})

describe('what stands under the disclosures', () => {
  const view = (more: object = {}) => ({
    ...sipAccountInput
      .omit({ password: true, keepPassword: true })
      .parse({ label: 'Sales', server: 'wss://a.example', user: 'a', ...more }),
    id: 'one',
    hasPassword: true,
    iceServers: [],
  })

  it('comes back as it went, whatever was chosen', () => {
    const chosen = {
      color: 'pink',
      moreServers: ['wss://b.example', 'wss://c.example/ws'],
      authority: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----',
      codecs: ['PCMA', 'opus'],
      autoAnswer: true,
      callerHeaders: ['from', 'p-asserted-identity'],
      calledLineHeaders: false,
      messageWaiting: false,
      voicemailNumber: '*97',
      pickupPrefix: '*8',
      doNotDisturbOn: '*78',
      doNotDisturbOff: '*79',
      echoNumber: '600',
    }
    expect(inputOf(entryOf(view(chosen)), 'one', true)).toMatchObject(chosen)
    expect(entryOf(view(chosen)).codecs).toEqual([
      { codec: 'PCMA', on: true },
      { codec: 'opus', on: true },
      { codec: 'G722', on: false },
      { codec: 'PCMU', on: false },
    ])
  })

  it('keeps the headers that are not believed behind those that are', () => {
    expect(entryOf(view({ callerHeaders: ['from'] })).callerHeaders).toEqual([
      { header: 'from', on: true },
      { header: 'p-asserted-identity', on: false },
      { header: 'remote-party-id', on: false },
    ])
    const none = good.callerHeaders.map(({ header }) => ({ header, on: false }))
    expect(faultsOf({ ...good, callerHeaders: none }, false)).toEqual({ callerHeaders: 'callerHeaderMissing' })
  })

  it('needs nothing to be opened for the simple case', () => {
    expect(inputOf(good, undefined, true)).toMatchObject({
      color: 'blue',
      moreServers: [],
      authority: '',
      codecs: ['opus', 'G722', 'PCMA', 'PCMU'],
      pickupPrefix: '**',
      messageWaiting: true,
      autoAnswer: false,
      relayOnly: false,
    })
  })

  it('completes further servers as the first, and leaves empty lines out', () => {
    expect(inputOf({ ...good, moreServers: ['', 'b.example/ws', ' '] }, undefined, true).moreServers).toEqual(['wss://b.example/ws'])
    expect(faultsOf({ ...good, moreServers: ['b.example', 'ws://c.example'] }, false)).toEqual({ 'moreServers.1': 'serverNotSafe' })
  })

  it('says at its field what is wrong with it', () => {
    const turn = { url: 'turn:t.example', username: '', credential: '', hasCredential: false }
    expect(faultsOf({ ...good, voicemailNumber: '* 97' }, false)).toEqual({ voicemailNumber: 'codeUnreadable' })
    expect(faultsOf({ ...good, codecs: good.codecs.map(({ codec }) => ({ codec, on: false })) }, false)).toEqual({ codecs: 'codecMissing' })
    expect(faultsOf({ ...good, authority: 'words' }, false)).toEqual({ authority: 'authorityUnreadable' })
    expect(faultsOf({ ...good, authority: '-----BEGIN EC PRIVATE KEY-----' }, false)).toEqual({ authority: 'authorityHasKey' })
    expect(faultsOf({ ...good, relayOnly: true }, false)).toEqual({ relayOnly: 'relayNeedsTurn' })
    expect(faultsOf({ ...good, relayOnly: true, iceServers: [turn] }, false)).toEqual({})
  })

  it('moves up and down, and not beyond its ends', () => {
    expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c'])
    expect(moved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'c', 'b'])
    expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c'])
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'b', 'c'])
  })

  it('opens where a refusal of main belongs', () => {
    expect(fieldOf({ code: 'account.authorityExpired', params: { name: 'x', day: '2020-01-01' } }, good)).toBe('authority')
    expect(fieldOf({ code: 'bridge.badInput', params: { field: 'moreServers.1' } }, good)).toBe('moreServers.1')
    const two = { ...good, moreServers: ['b.example', 'c.example:99'] }
    expect(fieldOf({ code: 'account.badServer', params: { server: 'wss://c.example:99' } }, two)).toBe('moreServers.1')
    expect(fieldOf({ code: 'account.badServer', params: { server: 'pbx.example.com:8089' } }, two)).toBe('server')
    expect(['server', 'codecs', 'echoNumber', 'moreServers.1', 'relayOnly'].map(groupOf)).toEqual([
      null,
      'calls',
      'services',
      'network',
      'network',
    ])
  })
})
