/**
 * The app window's copy of main's facts, and what the rep has on screen. Fed by the bridge alone: a snapshot, then every
 * event after it; nothing here decides anything about a call.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import {
  type Bridge,
  defaultSettings,
  type EventName,
  type EventPayload,
  type LiveCall,
  type QualitySample,
  type SelfCheck,
  type Snapshot,
  type Trouble,
} from '../../preload/contract'

export type Screen = 'phone' | 'history' | 'contacts' | 'help' | 'settings'
export const screens: readonly Screen[] = ['phone', 'history', 'contacts', 'help', 'settings']

/** A live call with the moment it was received, so that its timers count on without asking main. */
export interface ShownCall extends LiveCall {
  /** `performance.now()` when this state of the call arrived, ms. */
  receivedAt: number
  /** Since when it is on hold, as `performance.now()`; null: it is not, or nobody here saw it begin. */
  heldSince: number | null
  /** Since when it is recorded, likewise. */
  recordedSince: number | null
}
/** What main has measured of a call's audio so far. */
export interface ShownQuality {
  /** The latest `keptSamples`, oldest first. */
  samples: QualitySample[]
  codec: string | null
  warning: EventPayload<'call.quality'>['warning']
}
/** Samples kept for a call: four minutes at one each two seconds. */
export const keptSamples = 120
/** What the rep is asked: by the dialling guard, which of the copied numbers to call, or whether recording is agreed. */
export type Asking = { kind: 'guard'; trouble: Trouble } | { kind: 'clipboard'; numbers: readonly string[] } | { kind: 'recording' }
/** A question that must be answered before something is done. */
export type Question = Asking & {
  id: number
  /** «Yes», for the clipboard the number that was chosen, or null: no. */
  answer: (yes: string | null) => void
}
/** Something that a command answered, told until the rep takes note of it. */
export interface Notice {
  id: number
  trouble: Trouble
}

/** A call and what the rep says of it. */
export type LoggedCall = Snapshot['drafts'][number]

export interface AppState extends Omit<Snapshot, 'calls'> {
  /** False until the first snapshot is here. */
  ready: boolean
  /** Why the first snapshot has not come, in words; it is asked for again all the time. */
  startTrouble: Trouble | null
  /** False while main cannot be reached. */
  connected: boolean
  calls: ShownCall[]
  /** By call. */
  quality: Readonly<Record<string, ShownQuality>>
  /** The course of the self-checks, once they were run. */
  selfChecks: SelfCheck[]
  /** Grows when a call record changed; lists that show history ask again. */
  historyRevision: number
  /** Grows when contacts changed. */
  contactsRevision: number
  /** What lists should look at: `window.show` with a call, or a choice of the rep. */
  focusedCallId: string | null
  screen: Screen
  /** What Settings is to open once it is shown: the form of a new CRM connection, or of this one; null: nothing. */
  askedConnection: 'new' | { id: string } | null
  /** What stands in the dial field. */
  dialText: string
  /** The account that the rep chose for new calls; null: the default one. */
  dialAccount: string | null
  /** What the rep is being asked, the oldest first. */
  questions: Question[]
  /** The reminder about consent was shown since the window was opened. */
  consentShown: boolean
  /** The waiting log the rep chose or is writing; null: the newest. */
  chosenLog: string | null
  /** The focus is in the log form: nothing that happens may take it away. */
  writing: boolean
  /** Logs of earlier calls that History opened again. */
  opened: LoggedCall[]
  /** The log saved last: a quiet word and the contact stay in its place until something else needs it. */
  savedLog: { callId: string; name: string; contactId: number | null } | null
  /** Which side of the panel is shown when both are there. */
  panelSide: 'log' | 'details'
  /** On narrow windows the panel is a sheet that can be put away. */
  sheetOpen: boolean
  notices: Notice[]
  /** The form of a new contact is open. */
  composing: Composing | null
  /** A contact that was just made on the Contacts screen: shown there. */
  createdContact: number | null
  /** Contacts that a CRM is being told of right now, by this window. */
  offering: readonly number[]
  /** Which list of Contacts is open, and whose people it shows alone. */
  directoryTab: DirectoryTab
  peopleOf: { id: number; name: string } | null
}
/** A new contact that is being written; `callId`: the call it is made from. */
export interface Composing {
  callId: string | null
  number: string
  name: string
}
export const directoryTabs = ['people', 'organizations', 'deals', 'leads'] as const
export type DirectoryTab = (typeof directoryTabs)[number]
export type AppStore = StoreApi<AppState>

const empty: AppState = {
  ready: false,
  startTrouble: null,
  connected: true,
  host: { kind: 'browser', ownChromium: false, version: '', profile: '' },
  accounts: [],
  crmKinds: [],
  connections: [],
  calls: [],
  quality: {},
  selfChecks: [],
  drafts: [],
  settings: {
    ...defaultSettings,
    country: 'US',
    theme: 'system',
    ringVolume: 1,
    toneVolume: 1,
  },
  media: { present: false, microphone: 'unknown', mayRing: true, practiceAudio: true, troubles: [] },
  secrets: { available: false, name: '', plainFileInUse: false },
  samples: 'declined',
  contactCount: 0,
  troubles: [],
  colleagues: [],
  voicemail: [],
  traceSince: null,
  historyRevision: 0,
  contactsRevision: 0,
  focusedCallId: null,
  screen: 'phone',
  askedConnection: null,
  dialText: '',
  dialAccount: null,
  questions: [],
  consentShown: false,
  chosenLog: null,
  writing: false,
  opened: [],
  savedLog: null,
  panelSide: 'log',
  sheetOpen: false,
  notices: [],
  composing: null,
  createdContact: null,
  offering: [],
  directoryTab: 'people',
  peopleOf: null,
}

/** A new store; `initial` is what outlives a reload of the page (the screen that was open). */
export function createAppStore(initial: Partial<AppState> = {}): AppStore {
  return createStore<AppState>(() => ({ ...empty, ...initial }))
}

/** A call as it is shown, after what is known of it already. `before` undefined: it was not on the screen; then `fresh` says that it began just now. */
function shownCall(call: LiveCall, before: ShownCall | undefined, now: number, fresh: boolean): ShownCall {
  const since = (is: boolean, was: boolean, at: number | null) => (!is ? null : was ? at : before || fresh ? now : null)
  return {
    ...call,
    receivedAt: now,
    heldSince: since(call.hold === 'held', before?.hold === 'held', before?.heldSince ?? null),
    recordedSince: since(call.recording === 'on', before?.recording === 'on', before?.recordedSince ?? null),
  }
}

/** What is measured of the calls that are there. */
function qualityOf(state: AppState, calls: readonly LiveCall[]): AppState['quality'] {
  return Object.fromEntries(Object.entries(state.quality).filter(([callId]) => calls.some((call) => call.id === callId)))
}

/** The state after a snapshot: main's facts replaced whole, what the rep has on screen kept. */
export function withSnapshot(state: AppState, snapshot: Snapshot, now: number): AppState {
  const { calls, drafts, ...facts } = snapshot
  return {
    ...withDrafts(state, drafts),
    ...facts,
    ready: true,
    startTrouble: null,
    connected: true,
    calls: calls.map((call) =>
      shownCall(
        call,
        state.calls.find((other) => other.id === call.id),
        now,
        false,
      ),
    ),
    quality: qualityOf(state, calls),
    historyRevision: state.historyRevision + 1,
    contactsRevision: state.contactsRevision + 1,
  }
}

/** The logs that can be written, those that wait first, each once. */
export function writableLogs(state: Pick<AppState, 'drafts' | 'opened'>): LoggedCall[] {
  const waiting = new Set(state.drafts.map((draft) => draft.record.id))
  return [...state.drafts, ...state.opened.filter((each) => !waiting.has(each.record.id))]
}

function freshLogs(before: LoggedCall[], after: LoggedCall[]): LoggedCall[] {
  const known = new Set(before.map((draft) => draft.record.id))
  return after.filter((draft) => !known.has(draft.record.id))
}

/** A new log opens its form, unless the rep is writing another one at this moment. */
function withDrafts(state: AppState, drafts: LoggedCall[]): AppState {
  const fresh = freshLogs(state.drafts, drafts).length > 0
  const after = { ...state, drafts }
  const stillThere = writableLogs(after).some((each) => each.record.id === state.chosenLog)
  if (state.writing && stillThere) return after
  return {
    ...after,
    chosenLog: stillThere && !fresh ? state.chosenLog : null,
    ...(fresh ? { panelSide: 'log' as const, sheetOpen: true, savedLog: null } : {}),
  }
}

/** The state after one event. `now` is `performance.now()`, ms. */
export function withEvent<E extends EventName>(state: AppState, name: E, payload: EventPayload<E>, now: number): AppState {
  const event = { name, payload } as { [N in EventName]: { name: N; payload: EventPayload<N> } }[EventName]
  switch (event.name) {
    case 'accounts.changed':
      return { ...state, accounts: event.payload }
    case 'call.changed': {
      const known = state.calls.find((other) => other.id === event.payload.id)
      const call = shownCall(event.payload, known, now, true)
      return { ...state, calls: known ? state.calls.map((other) => (other === known ? call : other)) : [...state.calls, call] }
    }
    case 'call.quality': {
      const { callId, sample, codec, warning } = event.payload
      // A sample that comes after its call has gone would never be dropped.
      if (!state.calls.some((call) => call.id === callId)) return state
      const samples = [...(state.quality[callId]?.samples ?? []), sample].slice(-keptSamples)
      return { ...state, quality: { ...state.quality, [callId]: { samples, codec, warning } } }
    }
    case 'call.removed': {
      const calls = state.calls.filter((call) => call.id !== event.payload.callId)
      return { ...state, calls, quality: qualityOf(state, calls) }
    }
    case 'colleagues.changed':
      return { ...state, colleagues: event.payload }
    case 'voicemail.changed':
      return { ...state, voicemail: event.payload }
    case 'diagnostics.changed':
      return { ...state, selfChecks: event.payload }
    case 'trace.changed':
      return { ...state, traceSince: event.payload.since }
    case 'drafts.changed':
      return withDrafts(state, event.payload)
    case 'history.changed':
      return { ...state, historyRevision: state.historyRevision + 1 }
    case 'contacts.changed':
      return { ...state, ...event.payload, contactsRevision: state.contactsRevision + 1 }
    case 'contact.compose':
      return { ...state, composing: event.payload }
    case 'connections.changed':
      return { ...state, connections: event.payload }
    case 'settings.changed':
      return { ...state, settings: event.payload }
    case 'media.changed':
      return { ...state, media: event.payload }
    case 'secrets.changed':
      return { ...state, secrets: event.payload }
    case 'troubles.changed':
      return { ...state, troubles: event.payload }
    case 'window.show':
      return { ...state, screen: event.payload.screen, focusedCallId: event.payload.callId ?? state.focusedCallId }
    default:
      return state
  }
}

const appEvents = [
  'accounts.changed',
  'call.changed',
  'call.quality',
  'call.removed',
  'colleagues.changed',
  'voicemail.changed',
  'diagnostics.changed',
  'trace.changed',
  'drafts.changed',
  'history.changed',
  'contacts.changed',
  'contact.compose',
  'connections.changed',
  'settings.changed',
  'media.changed',
  'secrets.changed',
  'troubles.changed',
  'window.show',
] as const satisfies readonly EventName[]

/**
 * Feeds the store from main: subscribes, asks for a snapshot, holds events back until it is there and drops those it already
 * contains (`seq` at or below the snapshot's); a reconnect begins again. Returns the function that stops it.
 */
export function feedStore(
  bridge: Bridge,
  store: AppStore,
  options: { now?: () => number; retryMs?: number; troubleOf?: (error: unknown) => Trouble } = {},
): () => void {
  const now = options.now ?? (() => performance.now())
  let waiting: { name: EventName; payload: unknown; seq: number; at: number }[] | null = []
  let round = 0
  let stopped = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const apply = (name: EventName, payload: unknown, at: number) => {
    store.setState((state) => withEvent(state, name, payload as EventPayload<typeof name>, at), true)
  }
  const stops = appEvents.map((name) =>
    bridge.on(name, (payload, seq) => {
      if (waiting) waiting.push({ name, payload, seq, at: now() })
      else apply(name, payload, now())
    }),
  )
  const begin = () => {
    const mine = ++round
    waiting = []
    bridge.send('app.snapshot', {}).then(
      ({ seq, state }) => {
        if (stopped || mine !== round) return
        store.setState((before) => withSnapshot(before, state, now()), true)
        const held = waiting ?? []
        waiting = null
        for (const event of held) if (event.seq > seq) apply(event.name, event.payload, event.at)
      },
      (error) => {
        if (stopped || mine !== round) return
        if (options.troubleOf) store.setState({ startTrouble: options.troubleOf(error) })
        timer = setTimeout(begin, options.retryMs ?? 1000)
      },
    )
  }
  const stopConnection = bridge.onConnection((connected) => {
    store.setState({ connected })
    clearTimeout(timer)
    if (connected) begin()
    else round++
  })
  begin()
  return () => {
    stopped = true
    clearTimeout(timer)
    stopConnection()
    for (const stop of stops) stop()
  }
}
