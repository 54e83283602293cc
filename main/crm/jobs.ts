/**
 * What the sync engine asks of the cache writer: the inputs and outputs of the write jobs in `crm.jobs.ts`. Secrets are in
 * none of them. Jobs of one connection are carried out one after another in the order in which they were asked for; reading
 * a page waits for nobody.
 */
import type { SyncObject } from '../../preload/contract'
import type { CrmConfig, CrmRecord, CrmRun } from './crm'

interface OfConnection {
  connectionId: string
  /** The country of numbers that have no prefix and whose record names none: the connection's, else the user's. */
  region: string
  /** Wall ms. */
  now: number
}

/**
 * `crm.page`: writes one page and, with its last rows, the cursor. Rejects with `crm.badReply` for what is no such page
 * (nothing is written then), `crm.gone` when the connection is gone.
 */
export interface PageInput extends OfConnection {
  kind: string
  object: SyncObject
  mode: CrmRun['mode']
  /** The number of the full pass or sweep that runs, else that of the last one: every row of the page is marked with it. */
  pass: number
  /** That the bytes were fetched for. */
  cursor: string
  parts: Uint8Array[]
  config: CrmConfig
  /** Of a page that was given to `crm.prepare`: the same there and here, and no other page's. */
  ticket?: string
}
/**
 * `crm.prepare`, with a `PageInput`: a page for which `crm.page` will be asked soon is read meanwhile in a thread of its own.
 * Answers at once; nothing depends on it.
 */

/** `progress` of `crm.page`, as soon as the page is read: the next one may be fetched, and its job be asked for. */
export interface PageRead {
  next: string | null
  total: number | null
}
export interface PageDone extends PageRead {
  watermark: string | null
  /** Records in the page. */
  count: number
}

/**
 * `crm.finish`: removes what a full pass or sweep over an object has not met, after its last page; answers with how many. So many
 * that a list cut short is more likely are removed only when the pass before has not met them either (`doubted`: how many wait).
 * Touches no cursor. May be asked for again after a kill.
 */
export interface FinishInput {
  connectionId: string
  object: SyncObject
  pass: number
}
export interface FinishDone {
  removed: number
  doubted: number
}

/** `crm.records`: writes a few records outside any run: of a search, a refresh, or what was made or changed in the CRM. */
export interface RecordsInput extends OfConnection {
  records: CrmRecord[]
  /**
   * The local contact that was offered and taken: it becomes `externalId` of this connection and loses its `edited`, unless
   * the rep has changed it again since (`edited` is not what was offered).
   */
  taken?: { contactId: number; externalId: string; edited: string | null }
}
export interface RecordsDone {
  /** Rows of the contacts among the records, in their order; those that are gone are left out. */
  contactIds: number[]
}

/**
 * `crm.forget`: removes all that is cached of a connection, and the connection's own row first, so that one that is killed
 * shows nothing half removed. `connectionId` null: what belongs to no connection any more (after such a kill).
 */
export interface ForgetInput {
  connectionId: string | null
}
export interface ForgetDone {
  contacts: number
}
