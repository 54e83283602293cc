/** What the self-checks make of the media page's answers, and how an echo call behaves beside the rep's calls. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { defaultSettings, type MediaState } from '../../preload/contract'
import { MediaStandIn } from '../../test/fixtures/media-stand-in'
import { ScriptedAccount } from '../../test/fixtures/scripted-account'
import { TroubleError } from '../trouble'
import { devicesCheck, echoCheck, iceChecks, type MediaCheckNeeds, microphoneCheck } from './media'
import { type Check, runChecks } from './run'
import type { CheckedAccount } from './servers'

function make(more: Partial<MediaCheckNeeds> = {}, microphone: MediaState['microphone'] = 'granted') {
  const page = new MediaStandIn()
  const callListeners = new Set<() => void>()
  const state: MediaState = { present: true, microphone, mayRing: true, practiceAudio: true, troubles: [] }
  const needs: MediaCheckNeeds = {
    media: Object.assign(page, { state }),
    settings: () => ({ ...defaultSettings, country: 'SE' }),
    inCall: () => false,
    mayCall: () => 'yes',
    echo: true,
    onCall: (listener) => {
      callListeners.add(listener)
      return () => callListeners.delete(listener)
    },
    ...more,
  }
  return { page, needs, callListeners }
}
function account(more: Partial<CheckedAccount> = {}): CheckedAccount & { scripted: ScriptedAccount } {
  const scripted = new ScriptedAccount('a', () => 0)
  const ice = { servers: [], loopback: false }
  const about = { id: 'a', kind: 'sip' as const, label: 'Office', servers: [], authority: '', ice, echoNumber: '*43' }
  return { ...about, state: () => ({ status: 'registered', trouble: null }), sip: scripted, scripted, ...more }
}
const run = async (checks: Check[], signal = new AbortController().signal) =>
  (await runChecks(checks, { signal, onChange: () => undefined })).map(({ state, finding }) => `${state} ${finding?.code}`)
/** The check by itself: what it needs is taken to be well. */
const alone = ({ needs: _needs, ...check }: Check): Check => check

test.each([
  ['granted', 'ok help.microphoneGranted'],
  ['denied', 'failed media.microphoneDenied'],
  ['missing', 'failed media.microphoneMissing'],
  ['unknown', 'warning help.microphoneUnasked'],
] as const)('a microphone that is %s', async (microphone, expected) => {
  expect(await run([microphoneCheck(make({}, microphone).needs)])).toEqual([expected])
})

test.each([
  [
    'what is in use',
    { microphones: ['Headset'], speakers: ['Headset'], microphone: 'Headset', speaker: 'Headset' },
    null,
    'ok help.devices',
  ],
  [
    'what is missing',
    { microphones: ['Built-in'], speakers: ['Built-in'], microphone: 'Built-in', speaker: 'Built-in' },
    'Headset',
    'warning help.deviceMissing',
  ],
  [
    'that there is no microphone',
    { microphones: [], speakers: ['Built-in'], microphone: null, speaker: null },
    null,
    'failed help.devicesNoMicrophone',
  ],
])('devices: says %s', async (_what, list, chosen, expected) => {
  const { page, needs } = make({
    settings: () => ({ ...defaultSettings, country: 'SE', microphone: chosen === null ? null : { id: 'x', label: chosen } }),
  })
  page.override['devices.list'] = () => list
  expect(await run([devicesCheck(needs)])).toEqual([expected])
})

describe('ways for sound', () => {
  const url = 'turn:turn.example:3478'
  const relay = { type: 'relay', protocol: 'udp', address: '192.0.2.1', server: url }
  const host = { type: 'host', protocol: 'udp', address: '10.0.0.1', server: null }
  const error = (code: number) => ({ url, code, text: 'x' })
  test.each([
    ['a relay', [host, relay], [], ['ok help.ice', 'ok help.turnWorks']],
    ['wrong credentials', [host], [error(401)], ['warning help.iceServersSilent', 'failed help.turnRefused']],
    ['nobody there', [host], [error(701)], ['warning help.iceServersSilent', 'failed help.turnUnreachable']],
    ['no room', [host], [error(508)], ['warning help.iceServersSilent', 'failed help.turnFull']],
    ['another error', [host], [error(300)], ['warning help.iceServersSilent', 'failed help.turnError']],
    ['nothing at all', [], [], ['failed help.iceNone', 'failed help.turnUnreachable']],
    ['nobody there over TLS', [host], [error(701)], ['warning help.iceServersSilent', 'failed help.turnsUnreachable']],
  ])('%s', async (what, candidates, errors, expected) => {
    const url = what.endsWith('TLS') ? 'turns:turn.example:5349' : 'turn:turn.example:3478'
    const { page, needs } = make()
    page.override['ice.gather'] = () => ({ candidates, errors })
    const checked = account({ ice: { servers: [{ url, username: 'u', credential: 'hunter2' }], loopback: false } })
    const list = await runChecks(iceChecks(checked, needs), { signal: new AbortController().signal, onChange: () => undefined })
    expect(list.map(({ state, finding }) => `${state} ${finding?.code}`)).toEqual(expected)
    expect(JSON.stringify(list)).not.toContain('hunter2')
    // The TURN server is asked alone, and only for relays.
    expect(page.of('ice.gather').at(-1)?.input).toMatchObject({ ice: { relayOnly: true, servers: [{ url }] } })
  })
})

describe('the echo call', () => {
  const dialled = async (checked: ReturnType<typeof account>) => {
    await vi.waitFor(() => expect(checked.scripted.dialled).toHaveLength(1))
    const [call] = checked.scripted.dialled
    if (!call) throw new Error('nothing was dialled')
    return call
  }
  test.each([
    [120, 'ok help.echoGood'],
    [900, 'warning help.echoSlow'],
    [null, 'failed help.echoSilent'],
  ])('of %s ms, hung up afterwards', async (ms, expected) => {
    const { page, needs } = make()
    const checked = account()
    checked.scripted.start()
    page.override['peer.echoDelay'] = () => ({ ms })
    const done = run([alone(echoCheck(checked, needs, []))])
    const call = await dialled(checked)
    expect(call.remote.number).toBe('*43')
    call.onConnected?.()
    call.onMedia?.('flowing')
    expect(await done).toEqual([expected])
    expect(call.done).toContain('hangUp')
    expect(page.of('peer.echoDelay', call.id)).toHaveLength(1)
  })
  test('that is refused says with what status', async () => {
    const { needs } = make()
    const checked = account()
    checked.scripted.start()
    const done = run([alone(echoCheck(checked, needs, []))])
    ;(await dialled(checked)).end({ status: 404 })
    expect(await done).toEqual(['failed help.echoRefused'])
  })
  test('ends at once when a call begins, and when the checks are stopped', async () => {
    for (const how of ['call', 'stop'] as const) {
      const { page, needs, callListeners } = make()
      const checked = account()
      checked.scripted.start()
      page.override['peer.echoDelay'] = () => 'hang'
      const stop = new AbortController()
      const done = run([alone(echoCheck(checked, needs, []))], stop.signal)
      const call = await dialled(checked)
      call.onConnected?.()
      call.onMedia?.('flowing')
      await vi.waitFor(() => expect(page.of('peer.echoDelay')).toHaveLength(1))
      if (how === 'call') for (const listener of callListeners) listener()
      else stop.abort()
      expect(await done).toEqual([how === 'call' ? 'skipped help.echoInterrupted' : 'skipped help.cancelled'])
      await vi.waitFor(() => expect(call.done).toContain('hangUp'))
      expect(callListeners.size).toBe(0)
    }
  })
  test.each([
    ['a call is on', { inCall: () => true }, {}, 'help.echoInCall'],
    ['it is not wanted', { echo: false }, {}, 'help.echoNotAsked'],
    ['there is no number', {}, { echoNumber: '' }, 'help.echoNoNumber'],
  ])('is not made when %s', async (_what, more, about, code) => {
    const checked = account(about)
    expect(await run([alone(echoCheck(checked, make(more).needs, []))])).toEqual([`skipped ${code}`])
    expect(checked.scripted.dialled).toEqual([])
  })
  test.each([
    ['emergency', 'help.echoEmergency'],
    ['refused', 'help.echoGuarded'],
  ] as const)('is not made to a number that is %s', async (verdict, code) => {
    const checked = account()
    const asked: string[][] = []
    const { needs } = make({
      mayCall: (...wish) => {
        asked.push(wish)
        return verdict
      },
    })
    expect(await run([alone(echoCheck(checked, needs, []))])).toEqual([`failed ${code}`])
    expect(asked).toEqual([['*43', checked.id]])
    expect(checked.scripted.dialled).toEqual([])
  })
  test('is not made without the microphone, and tells what the account says when it cannot dial', async () => {
    const checked = account()
    expect(await run([alone(echoCheck(checked, make({}, 'unknown').needs, []))])).toEqual(['skipped help.echoNoMicrophone'])
    const dial = () => {
      throw new TroubleError('sip.notRegistered')
    }
    expect(await run([alone(echoCheck({ ...checked, sip: { dial } }, make().needs, []))])).toEqual(['failed sip.notRegistered'])
  })
})

test('every finding has its sentence, and every sentence is used', () => {
  const sentences = JSON.parse(readFileSync(join(import.meta.dirname, '../../resources/locales/en/trouble/help.json'), 'utf8')) as object
  const sources = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  const text = sources.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8')).join('\n')
  const used = new Set([...text.matchAll(/'help\.(\w+)'/g)].map(([, key = '']) => key))
  expect([...used].sort()).toEqual(Object.keys(sentences).sort())
})
