/** What each command of the bridge means, in terms of the subjects; their errors are troubles in words already. */
import { setTimeout } from 'node:timers/promises'
import type { Snapshot } from '../preload/contract'
import type { Accounts } from './accounts/accounts'
import type { Bridge, Handlers } from './bridge/bridge'
import type { CallManager } from './calls/call-manager'
import { exportForRep } from './calls/export'
import type { History } from './calls/history'
import type { CallLogs } from './calls/logs'
import type { Clock } from './clock'
import type { Colleagues } from './colleagues/colleagues'
import type { Contacts } from './contacts/contacts'
import type { Imports } from './contacts/import/imports'
import type { Connections } from './crm/connections'
import { crms } from './crm/kinds'
import type { Diagnostics } from './diagnostics/diagnostics'
import type { SipTrace } from './diagnostics/trace'
import type { Host } from './hosts/host'
import type { Log } from './log'
import type { BridgeMediaGateway } from './media/gateway'
import type { PracticeLine } from './practice/practice-line'
import type { Profile } from './profile/folder'
import type { CallQuality } from './quality/call-quality'
import { type RecordSubjects, recordHandlers } from './record-commands'
import type { Recordings } from './recordings/recordings'
import type { SettingsStore } from './settings/settings'
import type { Store } from './store/store'
import { TroubleError } from './trouble'

export interface Subjects extends RecordSubjects {
  bridge: Bridge
  profile: Profile
  host: Host
  log: Log
  version: string
  clock: Clock
  store: Store
  settings: SettingsStore
  media: BridgeMediaGateway
  contacts: Contacts
  contactsChanged: () => void
  logs: CallLogs
  history: History
  practice: PracticeLine
  accounts: Accounts
  calls: CallManager
  recordings: Recordings
  diagnostics: Diagnostics
  colleagues: Colleagues
  connections: Connections
  imports: Imports
  /** After every change of the settings. */
  settingsChanged: () => void
  trace: SipTrace
  troubles: () => Snapshot['troubles']
  quality: CallQuality
  /** Private, for files until they are handed over. */
  exportFolder: string
}

/** How long a page waits for the keyring, in ms. */
const keyringPatience = 250

export function commandHandlers(subjects: Subjects): Handlers {
  const {
    bridge,
    profile,
    host,
    version,
    clock,
    store,
    settings,
    media,
    contacts,
    logs,
    history,
    practice,
    accounts,
    calls,
    recordings,
    colleagues,
    connections,
    imports,
  } = subjects

  let secrets: Snapshot['secrets'] = { available: false, name: '', plainFileInUse: false }
  const askSecrets = async () => {
    secrets = await host.secrets.keeping()
    bridge.emit('secrets.changed', secrets)
  }
  const state = (): Snapshot => {
    return {
      host: { kind: host.kind, ownChromium: host.ownChromium, version, profile: profile.folder },
      accounts: accounts.list(),
      calls: calls.live(),
      drafts: logs.drafts(),
      settings: settings.current,
      media: media.state,
      secrets,
      samples: contacts.samples(),
      contactCount: contacts.count(),
      crmKinds: crms.map(({ kind, name, domain, leads, scopes }) => ({ kind, name, domain, leads, ...(scopes ? { scopes } : {}) })),
      connections: connections.list(),
      troubles: subjects.troubles(),
      colleagues: colleagues.states(),
      voicemail: colleagues.voicemail(),
      traceSince: subjects.trace.since,
    }
  }

  return {
    'app.snapshot': async () => {
      // Asked first: `seq` and state are read without a pause between them, so that no event falls there.
      // A locked keyring may take its time; what it says later comes as an event.
      await Promise.race([askSecrets(), setTimeout(keyringPatience)])
      return { seq: bridge.seq, state: state() }
    },

    'call.dial': async (input) => {
      await media.settled()
      return calls.dial(input)
    },
    'call.answer': async ({ callId }) => {
      await media.settled()
      await calls.answer(callId)
    },
    'call.decline': ({ callId }) => calls.decline(callId),
    'call.hangUp': ({ callId }) => calls.hangUp(callId),
    'call.mute': ({ callId, muted }) => calls.mute(callId, muted),
    'call.dtmf': ({ callId, tones }) => calls.dtmf(callId, tones),
    'call.last': () => calls.last(),
    'call.hold': ({ callId, held }) => calls.hold(callId, held),
    'call.transfer': ({ callId, target, confirmed }) => calls.transfer(callId, target, confirmed),
    'call.consult': async ({ callId, target, confirmed }) => {
      await media.settled()
      return calls.consult(callId, target, confirmed)
    },
    'call.connect': ({ callId, withCallId }) => calls.connect(callId, withCallId),
    'call.referral': async ({ callId, accept, confirmed }) => {
      if (accept) await media.settled()
      calls.referral(callId, accept, confirmed)
    },
    'call.forward': ({ callId, target, confirmed }) => calls.forward(callId, target, confirmed),
    'conference.start': ({ callIds }) => calls.startConference(...callIds),
    'conference.mute': ({ callId, muted }) => calls.muteParty(callId, muted),
    'conference.split': ({ callId }) => calls.splitConference(callId),
    'conference.leave': () => calls.leaveConference(),
    'call.dismiss': ({ callId }) => calls.dismiss(callId),
    'practice.incoming': () => practice.incoming(),

    'log.draft': ({ callId, fields, revision }) => logs.draft(callId, fields, revision),
    'log.save': ({ callId, fields }) => logs.save(callId, fields),
    'log.skip': ({ callId }) => logs.skip(callId),
    'log.open': ({ callId }) => logs.open(callId),

    'recording.start': async ({ callId }) => {
      const call = calls.live().find(({ id }) => id === callId)
      if (!call) throw new TroubleError('call.gone')
      await recordings.start(call)
    },
    'recording.stop': ({ callId }) => recordings.stop(callId),
    'recording.save': ({ callId }) => recordings.save(callId),
    'recording.remove': ({ callId }) => recordings.remove(callId),
    'media.recorded': async (piece, from) => {
      if (media.isFrom(from)) await recordings.take(piece)
    },

    'history.list': (input) => history.list(input),
    'history.get': ({ callId }) => {
      const record = history.get(callId)
      return record.quality ? { ...record, quality: { ...record.quality, samples: subjects.quality.samples(callId) } } : record
    },
    'history.export': (input) => exportForRep({ jobs: store.jobs, clock, host, folder: subjects.exportFolder }, input),

    'contacts.list': ({ organizationId, ...input }) =>
      organizationId === undefined ? contacts.list(input) : subjects.directory.people({ ...input, organizationId }),
    'contacts.get': async ({ contactId }) => {
      const contact = contacts.need(contactId)
      const { rows } = await history.list({ filter: { text: '', contactId }, cursor: null, limit: 50 })
      return { contact, calls: rows }
    },
    'contacts.suggest': ({ text, limit }) => contacts.suggest(text, limit),
    'directory.suggest': ({ text, limit }) => contacts.suggestAll(text, limit),
    'contacts.lookup': ({ number }) => contacts.lookup(number, { named: settings.current.callerId }),
    'contacts.choose': ({ number, contactId }) => {
      contacts.choose(number, contactId)
      calls.chosen(number, contactId)
    },
    'import.begin': ({ name, bytes }) => imports.begin(name, bytes),
    'import.piece': ({ importId, piece, base64 }) => imports.piece(importId, piece, base64),
    'import.preview': ({ importId, options }) => imports.preview(importId, options),
    'import.run': ({ importId, options, region }) => imports.run(importId, options, region),
    'import.cancel': ({ importId }) => imports.cancel(importId),
    'import.batches': () => imports.batches(),
    'import.undo': ({ batchId }) => imports.undo(batchId),
    'samples.load': () => contacts.loadSamples(),
    'samples.decline': () => contacts.declineSamples(),

    'settings.change': async (patch) => {
      if (patch.recordingFolder) await recordings.checkFolder(patch.recordingFolder)
      const before = settings.current.country
      const changed = settings.change(patch)
      // Numbers are written as the rep's country reads them.
      if (changed.country !== before) subjects.contactsChanged()
      subjects.settingsChanged()
      return changed
    },
    'colleague.pickUp': async ({ colleagueId }) => {
      await media.settled()
      return colleagues.pickUp(colleagueId)
    },
    'voicemail.listen': async ({ accountId }) => {
      await media.settled()
      return colleagues.listen(accountId)
    },
    'accounts.details': ({ accountId }) => accounts.details(accountId),
    'accounts.save': async (input) => {
      const saved = await accounts.save(input)
      void askSecrets()
      return saved
    },
    'accounts.remove': async ({ accountId }) => {
      await accounts.remove(accountId)
      void askSecrets()
    },
    'accounts.setDefault': ({ accountId }) => accounts.setDefault(accountId),
    'accounts.reconnect': ({ accountId }) => accounts.reconnect(accountId),
    'window.online': () => {
      accounts.networkChanged()
      connections.networkChanged()
    },

    'connections.check': (input) => connections.check(input),
    'connections.save': async (input) => {
      const saved = await connections.save(input)
      void askSecrets()
      return saved
    },
    'connections.change': (input) => connections.change(input),
    'connections.sync': ({ connectionId }) => connections.sync(connectionId),
    'connections.cancel': ({ connectionId }) => connections.cancel(connectionId),
    'connections.forget': async ({ connectionId }) => {
      await connections.forget(connectionId)
      void askSecrets()
    },

    'diagnostics.run': (input) => subjects.diagnostics.run(input),
    'diagnostics.cancel': () => subjects.diagnostics.cancel(),
    'trace.set': ({ on }) => subjects.trace.set(on),
    'trace.save': ({ maskNumbers }) => subjects.trace.save(maskNumbers),

    ...recordHandlers(subjects),
    ...media.handlers,
  }
}
