/**
 * Puts what the rep made or changed here into the CRM. It is the rep's own click each time; what the CRM answers becomes the
 * contact, so that its calls and logs stay with it. What it refuses is kept, with the reason.
 */
import type { Trouble } from '../../preload/contract'
import { TroubleError, troubleOf } from '../trouble'
import type { CrmAccess, CrmConnection, CrmContactInput, CrmPhone, CrmRecord, CrmSend } from './crm'
import type { RecordsInput } from './jobs'

/** The parts of a contact that go to a CRM. */
export interface OfferedForm {
  name: string
  /** `id`: as that CRM calls it. */
  organization: { name: string; id: string | null } | null
  jobTitle: string
  phones: CrmPhone[]
  emails: string[]
  note: string
}

/** The rep's contacts as they are offered. */
export interface OfferedContacts<F extends OfferedForm = OfferedForm> {
  /** Throws TroubleError `contacts.gone`. */
  toOffer(
    contactId: number,
    connectionId: string,
  ): { source: string; externalId: string | null; ownerId: string | null; edited: string | null; form: F; organizationChanged: boolean }
  refused(contactId: number, trouble: Trouble | null): void
  /** What was written while the CRM was being told is a change of its own. */
  since(contactId: number, offered: F, written: F): void
}

export interface OfferingNeeds<F extends OfferedForm> {
  access: Pick<CrmAccess, 'open'>
  contacts: OfferedContacts<F>
  /** Writes what the CRM answered (the job `crm.records`). */
  keep(connectionId: string, input: Pick<RecordsInput, 'records' | 'taken'>): Promise<void>
}

export class Offering<F extends OfferedForm = OfferedForm> {
  /** One at a time for each contact: a second click is the first one's. */
  readonly #under = new Map<number, Promise<void>>()

  constructor(private readonly needs: OfferingNeeds<F>) {}

  /**
   * Resolves when the CRM has it. `connectionId`: where to, for a contact that no CRM holds. Rejects with TroubleError
   * `contacts.gone`, `contacts.noConnection`, `contacts.organizationUnknown`, or why the CRM did not take it.
   */
  offer(contactId: number, connectionId?: string): Promise<void> {
    const under = this.#under.get(contactId)
    if (under) return under
    const offer = this.#offer(contactId, connectionId).finally(() => this.#under.delete(contactId))
    this.#under.set(contactId, offer)
    return offer
  }

  async #offer(contactId: number, connectionId?: string): Promise<void> {
    const { access, contacts, keep } = this.needs
    const open = access.open()
    const { source } = contacts.toOffer(contactId, connectionId ?? '')
    const connection =
      open.find(({ id }) => id === source) ?? open.find(({ id }) => id === connectionId) ?? (open.length === 1 ? open[0] : null)
    if (!connection) throw new TroubleError('contacts.noConnection')
    const offered = contacts.toOffer(contactId, connection.id)
    const held = offered.source === connection.id ? offered.externalId : null
    if (held !== null && offered.edited === null) return
    try {
      const records = await this.#send(connection, held, offered)
      const record = records.find((each) => each.object === 'contacts' && !('gone' in each) && !('seen' in each))
      if (!record) throw new TroubleError('contacts.goneInCrm', { crm: connection.crm.name })
      const written = contacts.toOffer(contactId, connection.id).form
      await keep(connection.id, { records, taken: { contactId, externalId: record.id, edited: offered.edited } })
      contacts.since(contactId, offered.form, written)
      contacts.refused(contactId, null)
    } catch (error) {
      contacts.refused(contactId, troubleOf(error))
      throw error
    }
  }

  #send(
    { crm, config, http, userId }: CrmConnection,
    held: string | null,
    { form, ownerId, organizationChanged }: ReturnType<OfferedContacts<F>['toOffer']>,
  ): Promise<CrmRecord[]> {
    const { name, organization, jobTitle, phones, emails, note } = form
    if (organization && organization.id === null && organizationChanged) {
      throw new TroubleError('contacts.organizationUnknown', { crm: crm.name, organization: organization.name })
    }
    const send: CrmSend = (request) => http.send(request, { purpose: 'rep' })
    const input: CrmContactInput = {
      name,
      organizationId: organization?.id ?? null,
      jobTitle,
      phones: phones.map(({ raw, type, label }) => ({ raw, type, label: label ?? null })),
      emails: [...emails],
      note,
      ownerId: held === null ? userId : ownerId,
    }
    return held === null ? crm.createContact(send, input, config) : crm.updateContact(send, held, input, config)
  }
}
