/** What becomes of incoming calls: blocked, hidden, unwanted now, sent elsewhere, too many, too fast. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defaultSettings, type Settings } from '../../preload/contract'
import { TurnedClock } from '../../test/fixtures/call-rig'
import { parseNumber } from '../contacts/numbers'
import { silentLog } from '../log'
import { floodEndsMs, mostInAll, mostOfOneCaller, tellEveryMs } from './flood'
import { CallPolicy, mostRinging } from './policy'
import type { IncomingRequest } from './port'

let settings: Settings
let policy: CallPolicy
let forwardable: boolean
let told: [string, number][]
let clock: TurnedClock
beforeEach(() => {
  vi.useFakeTimers()
  clock = new TurnedClock()
  settings = { ...defaultSettings, country: 'SE' }
  forwardable = true
  told = []
  policy = new CallPolicy({
    clock,
    log: silentLog(),
    settings: () => settings,
    mayForward: () => forwardable,
    e164: (number, country) => parseNumber(number, country).e164,
    flooded: (callId, why) => void told.push([callId, Number(why.params.count)]),
  })
})
afterEach(() => {
  policy.close()
  vi.useRealTimers()
})

let ids = 0
function incoming(number: string, more: Partial<IncomingRequest> = {}) {
  const remote = { number, displayName: null, withheld: number === '' }
  const e164 = parseNumber(number, 'SE').e164
  return policy.incoming({ id: `call-${ids++}`, remote, e164, account: 'line', ringing: 0, live: 0, asksAutoAnswer: false, ...more })
}
/** `ring`, `autoAnswer`, `→ TARGET`, or status, code and result. */
function outcome(number: string, more: Partial<IncomingRequest> = {}): string {
  const decision = incoming(number, more)
  if (decision.action === 'forward') return `→ ${decision.target}`
  return decision.action === 'refuse' ? `${decision.status} ${decision.why.code} ${decision.result}` : decision.action
}
const blockedWord = '486 guard.blocked declined'

test('an ordinary call rings', () => {
  expect(outcome('0812345678')).toBe('ring')
  expect(outcome('')).toBe('ring')
})

test.each([
  ['+46812345678', '0812345678'],
  ['08-123 456 78', '+46812345678'],
  ['0046 8 123 456 78', '0812345678'],
  ['601', '601'],
  ['Anna', 'anna'],
  ['+371*', '+37120000000'],
  ['00371*', '+37120000000'],
  ['+46 8*', '0812345678'],
  ['6*', '601'],
  ['spam*', 'Spammer'],
])('blocked %s refuses %s, in History as declined', (entry, caller) => {
  settings = { ...settings, blocked: ['+1555', entry] }
  expect(outcome(caller)).toBe(blockedWord)
})

test.each([
  ['+46812345678', '0812345679'],
  ['60', '601'],
  ['601', '6012'],
  ['*', '0812345678'],
  ['+*', '+37120000000'],
  ['+372*', '+37120000000'],
  ['', '0812345678'],
])('blocked «%s» does not refuse %s', (entry, caller) => {
  settings = { ...settings, blocked: [entry] }
  expect(outcome(caller)).toBe('ring')
  expect(outcome('')).toBe('ring')
})

test('a change of the list counts from the next call on', () => {
  expect(outcome('601')).toBe('ring')
  settings = { ...settings, blocked: ['601'] }
  expect(outcome('601')).toBe(blockedWord)
  settings = { ...settings, blocked: [] }
  expect(outcome('601')).toBe('ring')
})

test('hidden numbers are refused when the rep says so', () => {
  settings = { ...settings, anonymousCalls: 'decline' }
  expect(outcome('')).toBe('486 guard.anonymous declined')
  expect(outcome('0812345678')).toBe('ring')
})

test('do not disturb refuses as busy or as unavailable; the calls count as missed', () => {
  settings = { ...settings, doNotDisturb: 'busy' }
  expect(outcome('601')).toBe('486 guard.doNotDisturb missed')
  expect(outcome('601', { asksAutoAnswer: true })).toBe('486 guard.doNotDisturb missed')
  settings = { ...settings, doNotDisturb: 'unavailable' }
  expect(outcome('601')).toBe('480 guard.doNotDisturb missed')
})

test('more calls than the rep wants hear busy', () => {
  expect(outcome('601', { live: 3 })).toBe('ring')
  expect(outcome('601', { live: 4 })).toBe('486 call.limit missed')
  settings = { ...settings, callLimit: 8 }
  expect(outcome('601', { live: 6, ringing: mostRinging })).toBe('486 call.tooMany missed')
})

test('calls go elsewhere: all of them, or those that would hear busy, or those that nobody answers', () => {
  settings = { ...settings, forwarding: { when: 'always', to: '+46 8 999 99 99', afterSeconds: 20 } }
  expect(outcome('601')).toBe('→ +46 8 999 99 99')
  settings = { ...settings, doNotDisturb: 'unavailable', blocked: ['602'] }
  expect(outcome('601')).toBe('→ +46 8 999 99 99')
  expect(outcome('602')).toBe(blockedWord)
  expect(incoming('601')).toMatchObject({ otherwise: { action: 'refuse', status: 480, why: { code: 'guard.doNotDisturb' } } })
  expect(policy.unanswered()).toBeNull()

  settings = { ...settings, doNotDisturb: 'off', forwarding: { when: 'busy', to: '610', afterSeconds: 20 } }
  expect(outcome('601', { live: 3 })).toBe('ring')
  expect(outcome('601', { live: 4 })).toBe('→ 610')
  settings = { ...settings, doNotDisturb: 'busy' }
  expect(outcome('601')).toBe('→ 610')
  settings = { ...settings, doNotDisturb: 'unavailable' }
  expect(outcome('601')).toBe('480 guard.doNotDisturb missed')

  settings = { ...settings, doNotDisturb: 'off', forwarding: { when: 'noAnswer', to: '610', afterSeconds: 15 } }
  expect(outcome('601')).toBe('ring')
  expect(policy.unanswered()).toEqual({ afterMs: 15_000, target: '610' })
})

test('a call is not sent back to its caller, to nowhere, to an emergency number, or where the guard says no', () => {
  const to = (target: string) => {
    settings = { ...settings, forwarding: { when: 'always', to: target, afterSeconds: 20 } }
  }
  to('08-999 99 99')
  expect(outcome('+4689999999')).toBe('ring')
  to('610')
  expect(outcome('610')).toBe('ring')
  to('')
  expect(outcome('601')).toBe('ring')
  to('112')
  expect(outcome('601')).toBe('ring')
  settings = { ...settings, forwarding: { when: 'noAnswer', to: '1 1 2', afterSeconds: 20 } }
  expect(policy.unanswered()).toBeNull()
  to('+37120000000')
  forwardable = false
  expect(outcome('601')).toBe('ring')
})

test('a call answers itself only when it asks to, shows its number, and no other is up', () => {
  expect(outcome('601', { asksAutoAnswer: true })).toBe('autoAnswer')
  expect(outcome('601', { asksAutoAnswer: true, live: 1, ringing: 1 })).toBe('autoAnswer')
  expect(outcome('601', { asksAutoAnswer: true, live: 1 })).toBe('ring')
  expect(outcome('', { asksAutoAnswer: true })).toBe('ring')
})

test('a caller who does not stop is refused, in one record that counts', () => {
  for (let n = 0; n < mostOfOneCaller; n++) {
    expect(outcome('+46812345678')).toBe('ring')
    clock.pass(1_000)
  }
  const first = incoming('+46812345678', { id: 'first' })
  expect(first).toMatchObject({
    action: 'refuse',
    status: 486,
    result: 'missed',
    recorded: true,
    why: { code: 'guard.flood', params: { count: 1 } },
  })
  for (let n = 0; n < 50; n++) expect(incoming('08 123 456 78')).toMatchObject({ action: 'refuse', recorded: false })
  expect(outcome('601')).toBe('ring')
  expect(told).toEqual([])
  vi.advanceTimersByTime(tellEveryMs)
  expect(told).toEqual([['first', 51]])
  incoming('+46812345678')
  policy.close()
  expect(told.at(-1)).toEqual(['first', 52])

  clock.pass(floodEndsMs + 1)
  expect(outcome('+46812345678')).toBe('ring')
})

test('callers who differ each time are bounded together, and the next flood has a record of its own', () => {
  const flood = (size: number) => Array.from({ length: size }, (_, n) => incoming(`+4670${1_000_000 + n}`))
  const decisions = flood(5_000)
  expect(decisions.filter(({ action }) => action === 'ring')).toHaveLength(mostInAll)
  expect(decisions.filter((decision) => decision.action === 'refuse' && decision.recorded)).toHaveLength(1)
  vi.advanceTimersByTime(tellEveryMs)
  expect(told.map(([, count]) => count)).toEqual([5_000 - mostInAll])
  clock.pass(floodEndsMs + 1)
  expect(flood(mostInAll + 2).filter((decision) => decision.action === 'refuse' && decision.recorded)).toHaveLength(1)
})
