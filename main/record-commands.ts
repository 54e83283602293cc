/** What the bridge's commands for organizations, deals and the rep's own changes of contacts mean, in terms of the subjects. */
import type { Bridge, Handlers } from './bridge/bridge'
import type { CallClaims } from './calls/claims'
import type { History } from './calls/history'
import type { CallJournal } from './calls/journal'
import type { Directory } from './contacts/directory'
import type { ContactEditing } from './contacts/editing'
import type { Offering } from './crm/offering'
import type { RecordPages } from './crm/record-pages'
import type { Host } from './hosts/host'
import type { Log } from './log'
import { TroubleError } from './trouble'

export interface RecordSubjects {
  directory: Directory
  editing: ContactEditing
  offering: Pick<Offering, 'offer'>
  claims: CallClaims
  history: History
  pages: RecordPages
  journal: Pick<CallJournal, 'record'>
  bridge: Pick<Bridge, 'emit'>
  host: Pick<Host, 'openExternal' | 'showApp'>
  log: Log
}

/** Calls shown with a record. */
const shownCalls = 50

export function recordHandlers(subjects: RecordSubjects) {
  const { directory, editing, offering, claims, history, pages, host, log } = subjects
  return {
    'organizations.list': (input) => directory.organizations(input),
    'organizations.get': async ({ organizationId }) => ({
      organization: directory.organization(organizationId),
      calls: await history.about({ organizationId }, shownCalls),
    }),
    'deals.list': (input) => directory.deals(input),
    'deals.get': async ({ dealId }) => ({ deal: directory.deal(dealId), calls: await history.about({ dealId }, shownCalls) }),
    'contacts.save': ({ contactId, fields, callId }) => {
      const saved = editing.save(contactId, fields)
      if (callId !== undefined) claims.call(callId, saved.contactId)
      // Earlier calls may be many: the rep does not wait for them.
      claims.numbers(editing.ownNumbers(saved.contactId), saved.contactId).catch((err: unknown) => {
        log.error({ err }, 'earlier calls could not be given their name')
      })
      return saved
    },
    'contacts.compose': async ({ callId }) => {
      const call = subjects.journal.record(callId)
      if (!call) throw new TroubleError('call.unknown')
      await host.showApp()
      subjects.bridge.emit('contact.compose', { callId, number: call.display || call.number, name: call.networkName ?? '' })
    },
    'contacts.remove': ({ contactId }) => editing.remove(contactId),
    'contacts.offer': ({ contactId, connectionId }) => offering.offer(contactId, connectionId),
    'contacts.revert': ({ contactId }) => editing.revert(contactId),
    'record.open': async ({ type, id }) => {
      const origin = directory.origin(type, id)
      const page = origin && pages.of(origin.kind, origin.source, origin.externalId)
      if (!page) throw new TroubleError('contacts.opensNowhere')
      await host.openExternal(page)
    },
  } satisfies Partial<Handlers>
}
