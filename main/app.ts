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
import { CallClaims } from './calls/claims'
import { ForeignChanges } from './calls/foreign-changes'
import { History } from './calls/history'
import { CallJournal } from './calls/journal'
import { CallLogs } from './calls/logs'
import { recoverInterrupted } from './calls/recovery'
import { type Clock, systemClock } from './clock'
import { Colleagues } from './colleagues/colleagues'
import { DoNotDisturb } from './colleagues/do-not-disturb'
import { Contacts } from './contacts/contacts'
import { Directory } from './contacts/directory'
import { ContactEditing } from './contacts/editing'
import { Imports } from './contacts/import/imports'
import { displayNumber, parseNumber } from './contacts/numbers'
import type { CanOpen } from './contacts/origin'
import { Connections } from './crm/connections'
import type { RecordsInput } from './crm/jobs'
import { crmOf } from './crm/kinds'
import { Offering } from './crm/offering'
import { fakeOrigins, unpaced } from './crm/origins'
import { RecordPages } from './crm/record-pages'
import { RingingLookups } from './crm/ringing'
import { Diagnostics } from './diagnostics/diagnostics'
import { SipTrace } from './diagnostics/trace'
import type { Host, HostedApp } from './hosts/host'
import type { Log } from './log'
import { BridgeMediaGateway } from './media/gateway'
import { createOutgoing } from './network/outgoing'
import { createProbe } from './network/probe'
import { trustedCertificates } from './network/trust'
import { createPracticeLine } from './practice/practice-line'
import type { Profile } from './profile/folder'
import { isEmergency } from './protection/emergency'
import { DiallingGuard } from './protection/guard'
import { CallPolicy } from './protection/policy'
import { CallQuality } from './quality/call-quality'
import { Recordings } from './recordings/recordings'
import { rehearse } from './rehearsal'
import { SettingsStore } from './settings/settings'
import { openStore } from './store/open'
import { createSipAccount, type OpenWebSocket, rehearseCalls, type SipServer, tracedConnector, webSocketConnector } from './telephony'
import { systemTime } from './time'
import { words } from './words'

/** How long servers may take for the end of calls and registrations, in ms. */
const longestGoodbyeMs = 5_000

/** How often lists of contacts are read again while a sync goes on, in ms. */
const contactsSeldomMs = 15_000

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

  const proxies = { configuredProxy: () => settings.current.proxy, proxyFor: (url: string) => host.proxyFor(url) }
  const trust = trustedCertificates(log)
  const outgoing = createOutgoing({ ...proxies, log, trust })
  const media = new BridgeMediaGateway(bridge, () => settings.current, log)
  const pages = new RecordPages(store.db, crmOf)
  const canOpen: CanOpen = (type, source, externalId) => pages.of(type, source, externalId) !== null
  const contacts = new Contacts({ store, clock, country, canOpen })

  const directory = new Directory({ store, country, canOpen })
  const imports = new Imports({
    store,
    clock,
    country,
    folder: join(profile.runtimeFolder, 'imports'),
    emit,
    changed: () => contactsChanged(),
  })
  const editing = new ContactEditing({ store, clock, country, changed: () => contactsChanged() })

  const journal = new CallJournal(store, display, log)
  const logs = new CallLogs({ store, clock, log, emit, journal })
  const history = new History({ jobs: store.jobs, clock, journal, display })
  recoverInterrupted(journal, logs)
  const claims = new CallClaims({ jobs: store.jobs, journal, logs, emit })

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
    clock,
    connect: (config, urls, authority) => {
      const open: OpenWebSocket = (url, protocols, signal) =>
        outgoing.webSocket(url, protocols, { signal, maxPayload: 16_000_000, authority })
      const server = (name: string, protocol: SipServer['protocol'], connector: SipServer['connector']): SipServer => {
        return { name, protocol, connector: tracedConnector(connector, trace.tracer, { accountId: config.id, server: name }) }
      }
      const servers = urls.map((url) =>
        server(url.host, url.protocol === 'wss:' ? 'WSS' : 'WS', webSocketConnector(url.href, open, { log })),
      )
      const own = server(config.domain, 'WS', practice.connector)
      return createSipAccount({ config, servers: servers.length > 0 ? servers : [own], media, log, clock })
    },
    incoming: (call, account) => calls.incoming(call, account),
    isEmergency: (number) => isEmergency(number, country()),
    inCall: (id) => calls.live().some(({ accountId, phase }) => accountId === id && phase !== 'ended'),
  })
  const guard = new DiallingGuard({
    store,
    clock,
    log,
    settings: () => settings.current,
    isPractice: (id) => accounts.list().some((account) => account.id === id && account.kind === 'practice'),
  })
  const policy = new CallPolicy({
    clock,
    log,
    settings: () => settings.current,
    mayForward: (number, account) => guard.allows({ number, e164: null, account, origin: 'forward', confirmed: true }),
    e164: (number, region) => parseNumber(number, region).e164,
    flooded: (callId, why) => {
      journal.retold(callId, why)
      emit('history.changed', { callId })
    },
  })
  const quality = new CallQuality({ store, clock, log, media, emit })
  const calls = new CallManager({
    clock,
    log,
    emit: (event, payload) => {
      emit(event, payload)
      if (event === 'call.changed') quality.follow(payload as EventPayload<'call.changed'>)
    },
    journal,
    logs,
    media,
    host,
    accounts,
    country: (accountId) => (accountId === null ? null : accounts.countryOf(accountId)) ?? country(),
    mediaState: () => media.state,
    lookup: (number, options) => contacts.lookup(number, { ...options, named: settings.current.callerId }),
    callLimit: () => settings.current.callLimit,
    guard,
    policy,
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

  const diagnostics = new Diagnostics({
    accounts: () => accounts.toCheck(),
    probe: createProbe({ ...proxies, trust }),
    media,
    settings: () => settings.current,
    inCall: () => calls.busy,
    mayCall: (number, account) => {
      if (isEmergency(number, country())) return 'emergency'
      return guard.allows({ number, e164: null, account, origin: 'typed', confirmed: true }) ? 'yes' : 'refused'
    },
    now: () => clock.wall(),
    secrets: host.secrets,
    crms: {
      list: () => connections.list(),
      prove: (connectionId, signal) => connections.prove(connectionId, signal),
    },
    store,
    emit,
  })

  // Nothing that is only being tried may be in a call's way.
  calls.onChange(() => diagnostics.makeWay())

  media.onState((state) => emit('media.changed', state))
  media.onTrouble(({ peer, trouble }) => calls.mediaTrouble(peer, trouble))
  bridge.onConnection = (connection, present) => media.connectionChanged(connection, present)

  const colleagues = new Colleagues({
    emit,
    log,
    chosen: () => settings.current.colleagues,
    services: (id) => accounts.services(id),
    // Codes that the account's own settings hold are as good as typed.
    dial: (wish) => calls.dial({ ...wish, origin: 'typed', confirmed: true }),
  })
  const disturb = new DoNotDisturb(settings.current.doNotDisturb !== 'off', {
    log,
    services: (id) => accounts.services(id),
    onTroubles: () => emit('troubles.changed', troubles()),
  })
  accounts.onLine = (id, sip) => {
    colleagues.lineIs(id, sip)
    disturb.lineIs(id, sip)
  }
  accounts.onState = (id, { status }) => status === 'registered' && disturb.registered(id)
  const origins = fakeOrigins(process.env.RINGBOOK_CRM_ORIGINS, log)
  const connections = new Connections({
    store,
    time: systemTime(clock),
    log,
    secrets: host.secrets,
    emit,
    send: (url, options) => outgoing.request(url, options),
    crmOf: process.env.RINGBOOK_CRM_UNPACED === '1' ? unpaced(crmOf, origins) : crmOf,
    origins,
    region: country,
    syncMinutes: () => settings.current.syncMinutes,
    inCall: () => calls.busy,
    callBegins: () => calls.live().some(({ phase }) => phase !== 'connected' && phase !== 'ended'),
    changed: () => contactsChanged(),
  })
  const externalId = store.db.prepare<[number], string | null>('SELECT external_id FROM contacts WHERE id = ?').pluck()
  const ringing = new RingingLookups({
    crms: connections,
    clock,
    log,
    enabled: () => settings.current.callerId,
    externalId: (contactId) => externalId.get(contactId) ?? null,
    write: ({ id }, records) => {
      const input: RecordsInput = { connectionId: id, region: country(), now: clock.wall(), records }
      return store.jobs.run('write', 'crm.records', input)
    },
    calls,
  })

  const offering = new Offering({
    access: connections,
    contacts: editing,
    keep: async (connectionId, input) => {
      await store.jobs.run('write', 'crm.records', { connectionId, region: country(), now: clock.wall(), ...input } satisfies RecordsInput)
      contactsChanged()
    },
  })
  const settingsChanged = () => {
    connections.settingsChanged()
    // The switch for caller ID is among them.
    calls.refreshCallers()
    colleagues.choose()
    disturb.set(settings.current.doNotDisturb !== 'off')
  }

  const troubles = () => [...store.troubles, ...disturb.troubles]
  store.onTroubles(() => emit('troubles.changed', troubles()))
  const contactsChanged = () => {
    calls.refreshCallers()
    // A million rows are not counted here.
    contacts.counted().then(
      (contactCount) => emit('contacts.changed', { contactCount, samples: contacts.samples() }),
      (error: unknown) => log.debug({ err: error }, 'contacts could not be counted'),
    )
  }
  contacts.onChange(contactsChanged)
  // A sync writes every second. Whoever counts and reads the lists as often as that keeps the writer's log from being emptied.
  const foreignContacts = new ForeignChanges(systemTime(clock), contactsChanged, contactsSeldomMs)
  const foreign = new ForeignChanges(systemTime(clock), () => emit('history.changed', { callId: null }))
  store.onForeignChange(() => {
    calls.refreshCallers()
    foreignContacts.changed()
    foreign.changed()
  })
  const stopWaking = host.onWake(() => {
    accounts.networkChanged()
    connections.networkChanged()
  })

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
      directory,
      editing,
      offering,
      claims,
      journal,
      pages,
      logs,
      history,
      practice,
      accounts,
      calls,
      recordings,
      diagnostics,
      colleagues,
      connections,
      imports,
      settingsChanged,
      trace,
      troubles,
      quality,
      exportFolder,
    }),
  )
  host.ensureMedia()
  accounts.start()
  connections.start()
  void rehearse(
    [
      () => guard.rehearse(),
      () => calls.rehearse(),
      () => void contacts.suggestAll('00').catch(() => undefined),
      () => rehearseCalls({ clock, log }),
      ...bridge.rehearsal(),
      ...media.rehearsal(),
    ],
    { busy: () => calls.busy, log },
  )
  colleagues.choose()

  return {
    bridge,
    showScreen: (screen: EventPayload<'window.show'>['screen'], callId) => emit('window.show', { screen, callId }),
    hasLiveCalls: () => calls.busy,
    async shutdown() {
      stopWaking()
      diagnostics.cancel()
      colleagues.close()
      foreign.close()
      foreignContacts.close()
      ringing.close()
      imports.close()
      calls.close()
      policy.close()
      quality.close()
      // However a server or a keyring hangs: the store is closed in good order.
      await Promise.race([
        Promise.all([accounts.stop(), recordings.close(), connections.close()]),
        setTimeout(longestGoodbyeMs, undefined, { ref: false }),
      ])
      practice.close()
      logs.close()
      journal.close()
      await store.close()
    },
  }
}
