/**
 * The composition root: makes every subject and hands each what it needs of the others. Nothing is decided here; read it
 * as the program's diagram.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { EventPayload } from '../preload/contract'
import { Accounts } from './accounts/accounts'
import { commandHandlers } from './app-commands'
import { Bridge } from './bridge/bridge'
import { CallManager } from './calls/call-manager'
import { History } from './calls/history'
import { CallJournal } from './calls/journal'
import { CallLogs } from './calls/logs'
import { recoverInterrupted } from './calls/recovery'
import { type Clock, systemClock } from './clock'
import { Contacts } from './contacts/contacts'
import { displayNumber } from './contacts/numbers'
import { SipTrace } from './diagnostics/trace'
import type { Host, HostedApp } from './hosts/host'
import type { Log } from './log'
import { BridgeMediaGateway } from './media/gateway'
import { createOutgoing } from './network/outgoing'
import { createPracticeLine } from './practice/practice-line'
import type { Profile } from './profile/folder'
import { Recordings } from './recordings/recordings'
import { SettingsStore } from './settings/settings'
import { openStore } from './store/open'
import { createSipAccount, tracedConnector, webSocketConnector } from './telephony'
import { words } from './words'

/** How long servers may take for the end of calls and registrations, in ms. */
const longestGoodbyeMs = 5_000

export interface AppOptions {
  profile: Profile
  host: Host
  log: Log
  version: string
  clock?: Clock
}

/** Composes the app and starts its accounts. Rejects with a TroubleError when the store cannot be opened at all. */
export async function createApp({ profile, host, log, version, clock = systemClock }: AppOptions): Promise<HostedApp> {
  const bridge = new Bridge(log)
  const emit: Bridge['emit'] = (event, payload) => bridge.emit(event, payload)
  const store = await openStore({ file: profile.path('ringbook.sqlite'), log, clock })
  const settings = new SettingsStore({ store, emit })
  const country = () => settings.current.country
  const display = (number: string, e164: string | null) => displayNumber(e164, number, country())

  const outgoing = createOutgoing({ configuredProxy: () => settings.current.proxy, proxyFor: (url) => host.proxyFor(url), log })
  const media = new BridgeMediaGateway(bridge, () => settings.current, log)
  const contacts = new Contacts({ store, clock, country })

  const journal = new CallJournal(store, display, log)
  const logs = new CallLogs({ store, clock, log, emit, journal })
  const history = new History({ jobs: store.jobs, clock, journal, display })
  recoverInterrupted(journal, logs)

  const exportFolder = join(profile.runtimeFolder, 'exports')
  const label = (accountId: string) => accounts.list().find(({ id }) => id === accountId)?.label ?? accountId
  const trace: SipTrace = new SipTrace({ clock, host, folder: exportFolder, version, label, emit })
  const practice = createPracticeLine({ media, clock, log, callers: () => contacts.callers() })
  const accounts: Accounts = new Accounts({
    store,
    log,
    emit,
    secrets: host.secrets,
    practice: { ...practice.account, label: words('accounts', 'practiceLine') },
    connect: (config, server) => {
      const connector = server
        ? webSocketConnector(
            server.href,
            (url, protocols, signal) => outgoing.webSocket(url, protocols, { signal, maxPayload: 16_000_000 }),
            { log },
          )
        : practice.connector
      const traced = tracedConnector(connector, trace.tracer, { accountId: config.id, server: server?.host ?? config.domain })
      return createSipAccount({ config, connector: traced, protocol: server?.protocol === 'wss:' ? 'WSS' : 'WS', media, log, clock })
    },
    incoming: (call, account) => calls.incoming(call, account),
    inCall: (id) => calls.live().some(({ accountId, phase }) => accountId === id && phase !== 'ended'),
  })
  const calls = new CallManager({
    clock,
    log,
    emit,
    journal,
    logs,
    media,
    host,
    accounts,
    country,
    mediaState: () => media.state,
    lookup: (number, country, networkName) => contacts.lookup(number, { country, networkName }),
    callLimit: () => settings.current.callLimit,
    guard: { check: () => ({ emergency: false }) },
    policy: {
      incoming: ({ asksAutoAnswer }) => ({ action: asksAutoAnswer ? 'autoAnswer' : 'ring' }),
      unanswered: () => null,
    },
  })

  const recordings = new Recordings({
    media,
    settings: () => settings.current,
    ownFolder: profile.path('recordings'),
    exportFolder,
    host,
    clock,
    log,
    marks: {
      get: (callId) => journal.recordingOf(callId),
      set: (callId, path) => {
        journal.setRecording(callId, path)
        emit('history.changed', { callId })
      },
    },
    onChange: (callId, recording) => calls.setRecording(callId, recording),
    onTrouble: (callId, trouble) => calls.mediaTrouble(callId, trouble),
  })
  calls.onChange(({ id, phase }) => {
    if (phase === 'ended') void recordings.stop(id)
  })

  media.onState((state) => emit('media.changed', state))
  media.onTrouble(({ peer, trouble }) => calls.mediaTrouble(peer, trouble))
  bridge.onConnection = (connection, present) => media.connectionChanged(connection, present)

  const troubles = () => [...store.troubles]
  store.onTroubles(() => emit('troubles.changed', troubles()))
  const contactsChanged = () => {
    emit('contacts.changed', { contactCount: contacts.count(), samples: contacts.samples() })
    calls.refreshCallers()
  }
  contacts.onChange(contactsChanged)
  store.onForeignChange(() => emit('history.changed', { callId: null }))
  const stopWaking = host.onWake(() => accounts.reconnectAll())

  // Whatever a run that was killed left there is nobody's any more.
  rmSync(exportFolder, { recursive: true, force: true })
  mkdirSync(exportFolder, { recursive: true, mode: 0o700 })
  bridge.handle(
    commandHandlers({
      bridge,
      profile,
      host,
      log,
      version,
      clock,
      store,
      settings,
      media,
      contacts,
      contactsChanged,
      logs,
      history,
      practice,
      accounts,
      calls,
      recordings,
      trace,
      troubles,
      exportFolder,
    }),
  )
  host.ensureMedia()
  accounts.start()

  return {
    bridge,
    showScreen: (screen: EventPayload<'window.show'>['screen'], callId) => emit('window.show', { screen, callId }),
    hasLiveCalls: () => calls.busy,
    async shutdown() {
      stopWaking()
      calls.close()
      // However a server or a keyring hangs: the store is closed in good order.
      await Promise.race([Promise.all([accounts.stop(), recordings.close()]), setTimeout(longestGoodbyeMs, undefined, { ref: false })])
      practice.close()
      logs.close()
      journal.close()
      await store.close()
    },
  }
}
