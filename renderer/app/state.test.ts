import { describe, expect, it } from 'vitest'
import { type Bridge, type CallRecord, defaultSettings, type EventName, type LiveCall, type Snapshot } from '../../preload/contract'
import { createAppStore, feedStore, keptSamples, type LoggedCall } from './state'

const call = (id: string, phase: LiveCall['phase'] = 'ringing'): LiveCall => ({
  id,
  accountId: 'practice',
  accountLabel: 'Practice line',
  direction: 'incoming',
  phase,
  caller: {
    raw: '600',
    e164: null,
    display: '600',
    country: null,
    withheld: false,
    networkName: null,
    match: 'none',
    contacts: [],
    organization: null,
    people: [],
    sharedBy: 0,
    lastCalls: [],
    asking: false,
  },
  calledLine: null,
  muted: false,
  startedAt: 0,
  answeredAt: null,
  elapsedMs: 0,
  talkMs: 0,
  media: 'none',
  hold: 'none',
  heldByRemote: false,
  inConference: false,
  partyMuted: false,
  consultsFor: null,
  transfer: null,
  referral: null,
  recording: 'off',
  autoAnswered: false,
  emergency: false,
  result: null,
  trouble: null,
})
const snapshot = (calls: LiveCall[], drafts: LoggedCall[] = []): Snapshot => ({
  host: { kind: 'browser', ownChromium: true, version: '1', profile: '/p' },
  accounts: [],
  crmKinds: [],
  connections: [],
  calls,
  drafts,
  settings: {
    ...defaultSettings,
    country: 'SE',
    theme: 'dark',
    ringVolume: 1,
    toneVolume: 1,
  },
  media: { present: true, microphone: 'granted', mayRing: true, practiceAudio: true, troubles: [] },
  secrets: { available: true, name: 'x', plainFileInUse: false },
  samples: 'offered',
  contactCount: 3,
  troubles: [],
  colleagues: [],
  voicemail: [],
  traceSince: null,
})
const waiting = (callId: string): LoggedCall => ({
  record: { id: callId } as CallRecord,
  log: {
    callId,
    state: 'draft',
    outcome: null,
    notes: '',
    followUp: null,
    contactId: null,
    dealId: null,
    revision: 0,
    savedAt: null,
  },
})

/** A bridge whose answers and events the test sends by hand. */
function handBridge() {
  const listeners = new Map<string, (payload: never, seq: number) => void>()
  const asked: ((answer: { seq: number; state: Snapshot }) => void)[] = []
  const refused: ((error: Error) => void)[] = []
  let connection: ((connected: boolean) => void) | null = null
  const bridge: Bridge = {
    window: 'app',
    send: () =>
      new Promise((resolve, reject) => {
        asked.push(resolve as never)
        refused.push(reject)
      }),
    on: (name, listener) => {
      listeners.set(name, listener as never)
      return () => listeners.delete(name)
    },
    onConnection: (listener) => {
      connection = listener
      return () => {
        connection = null
      }
    },
  }
  return {
    bridge,
    asked,
    refused,
    connect: (connected: boolean) => connection?.(connected),
    emit: (name: EventName, payload: unknown, seq: number) => listeners.get(name)?.(payload as never, seq),
  }
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))
const ids = (store: ReturnType<typeof createAppStore>) => store.getState().calls.map((each) => `${each.id}:${each.phase}`)

describe('the store', () => {
  it('neither loses nor doubles an event between the snapshot and the feed', async () => {
    const main = handBridge()
    const store = createAppStore()
    feedStore(main.bridge, store)
    main.emit('call.changed', call('old', 'ringing'), 4)
    main.emit('call.changed', call('old', 'connected'), 6)
    main.emit('call.changed', call('new'), 7)
    expect(store.getState().ready).toBe(false)
    main.asked[0]?.({ seq: 5, state: snapshot([call('old', 'early')]) })
    await settled()
    expect(ids(store)).toEqual(['old:connected', 'new:ringing'])
    main.emit('call.removed', { callId: 'old' }, 8)
    expect(ids(store)).toEqual(['new:ringing'])
    expect(store.getState().settings.theme).toBe('dark')
  })

  it('starts again with a new snapshot after a reconnect, even of a main that counts from the beginning', async () => {
    const main = handBridge()
    const store = createAppStore()
    feedStore(main.bridge, store)
    main.asked[0]?.({ seq: 900, state: snapshot([call('a')]) })
    await settled()
    main.connect(false)
    expect(store.getState().connected).toBe(false)
    expect(ids(store)).toEqual(['a:ringing'])
    main.connect(true)
    main.emit('call.changed', call('b'), 2)
    main.asked[1]?.({ seq: 1, state: snapshot([]) })
    await settled()
    expect(ids(store)).toEqual(['b:ringing'])
    main.emit('call.changed', call('c'), 3)
    expect(ids(store)).toEqual(['b:ringing', 'c:ringing'])
  })

  it('does not believe a snapshot that a reconnect has overtaken', async () => {
    const main = handBridge()
    const store = createAppStore()
    feedStore(main.bridge, store)
    main.connect(false)
    main.connect(true)
    main.asked[0]?.({ seq: 1, state: snapshot([call('ghost')]) })
    await settled()
    expect(store.getState().ready).toBe(false)
    main.asked[1]?.({ seq: 1, state: snapshot([]) })
    await settled()
    expect(ids(store)).toEqual([])
    expect(store.getState().ready).toBe(true)
  })

  it('asks again when the snapshot was refused', async () => {
    const main = handBridge()
    const store = createAppStore()
    feedStore(main.bridge, store, { retryMs: 1 })
    main.refused[0]?.(new Error('still starting'))
    await new Promise((resolve) => setTimeout(resolve, 20))
    main.asked[1]?.({ seq: 1, state: snapshot([]) })
    await settled()
    expect(store.getState().ready).toBe(true)
  })

  it('opens the form of a new log, but never while another is being written', async () => {
    const main = handBridge()
    const store = createAppStore()
    feedStore(main.bridge, store)
    main.asked[0]?.({ seq: 1, state: snapshot([], [waiting('a')]) })
    await settled()
    store.setState({ writing: true, chosenLog: 'a', panelSide: 'log' })
    main.emit('drafts.changed', [waiting('b'), waiting('a')], 2)
    expect(store.getState().chosenLog).toBe('a')
    store.setState({ writing: false, panelSide: 'details' })
    main.emit('drafts.changed', [waiting('c'), waiting('b'), waiting('a')], 3)
    expect(store.getState()).toMatchObject({ chosenLog: null, panelSide: 'log', sheetOpen: true })
  })

  it('knows since when a call is on hold and recorded only where it saw that begin', async () => {
    let time = 100
    const main = handBridge()
    const store = createAppStore()
    feedStore(main.bridge, store, { now: () => time })
    main.asked[0]?.({ seq: 1, state: snapshot([{ ...call('a', 'connected'), hold: 'held' }, call('b', 'connected')]) })
    await settled()
    const since = () => store.getState().calls.map((each) => [each.heldSince, each.recordedSince])
    expect(since()).toEqual([
      [null, null],
      [null, null],
    ])
    time = 200
    main.emit('call.changed', { ...call('b', 'connected'), hold: 'holding' }, 2)
    expect(since()[1]).toEqual([null, null])
    main.emit('call.changed', { ...call('b', 'connected'), hold: 'held', recording: 'on' }, 3)
    time = 300
    main.emit('call.changed', { ...call('b', 'connected'), hold: 'held', recording: 'on', muted: true }, 4)
    expect(since()[1]).toEqual([200, 200])
    main.emit('call.changed', call('b', 'connected'), 5)
    expect(since()[1]).toEqual([null, null])
  })

  it('keeps the latest samples of a call, and nothing of one that has gone', async () => {
    const main = handBridge()
    const store = createAppStore()
    feedStore(main.bridge, store)
    main.asked[0]?.({ seq: 1, state: snapshot([call('a', 'connected')]) })
    await settled()
    const sample = (atMs: number) => ({ atMs, mos: 4, roundTrip: 20, jitter: 2, loss: 0 })
    for (let n = 0; n < keptSamples + 5; n++)
      main.emit('call.quality', { callId: 'a', sample: sample(n), codec: 'opus', warning: n % 2 ? 'loss' : null }, n + 2)
    const kept = store.getState().quality.a
    expect(kept?.samples.map((each) => each.atMs)).toEqual(Array.from({ length: keptSamples }, (_, n) => n + 5))
    expect(kept).toMatchObject({ codec: 'opus', warning: null })
    main.emit('call.removed', { callId: 'a' }, 900)
    main.emit('call.quality', { callId: 'a', sample: sample(1), codec: null, warning: null }, 901)
    expect(store.getState().quality).toEqual({})
  })
})
