/**
 * What a CRM is to Ringbook. A kind of CRM is one folder beside this file that exports one `Crm`; main knows of no kind by
 * name but in `kinds.ts`. Everything a CRM answers is text that a stranger chose: a connector gives it on as `CrmRecord`s of
 * the right shape and no more, and the cache cleans it.
 */
import type { CrmIdentity, CrmKind, DealKind, Phone, SyncObject, Trouble } from '../../preload/contract'
import { TroubleError } from '../trouble'

/** One request to the connection's own host; whoever sends it adds the token. */
export interface CrmRequest {
  /** GET when absent. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH'
  /** From the root of the host: `/api/v2/persons`. */
  path: string
  query?: Readonly<Record<string, string | number | boolean>>
  /** Sent as JSON. */
  body?: unknown
  /** In the units of the CRM's daily budget; 1 when absent. */
  cost?: number
  /** A search, where the CRM counts those apart. */
  search?: boolean
  /** Asks only, though it is no GET: it may be sent again when nobody knows what became of it. A search is safe anyway. */
  safe?: boolean
}
export interface CrmReply {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Uint8Array
}

/** Why the CRM did not do what it was asked. */
export class CrmTrouble extends TroubleError {
  /** What the CRM answered, 400 and above; null: it was not asked, or no answer came. */
  readonly status: number | null
  /** The answer's body, for a connector that can read more in it; null: none. */
  readonly body: Uint8Array | null
  /** Wall ms before which asking again is of no use; null: nobody knows. */
  readonly resumesAt: number | null
  constructor(
    code: string,
    params: Trouble['params'] = {},
    detail?: string,
    about: { status?: number; body?: Uint8Array; resumesAt?: number; cause?: unknown } = {},
  ) {
    super(code, params, detail, about.cause === undefined ? undefined : { cause: about.cause })
    this.name = 'CrmTrouble'
    this.status = about.status ?? null
    this.body = about.body ?? null
    this.resumesAt = about.resumesAt ?? null
  }
}

/** On whose behalf: a call that rings goes before what the rep waits for, and that before a sync. */
export type CrmPurpose = 'call' | 'rep' | 'sync'

/**
 * Sends one connection's requests: with its token and to its host alone, paced as the CRM's limits ask, tried again where
 * that is safe. Redirects are an error. Resolves for any 2xx; rejects with a TroubleError (`network.*`, or a `CrmTrouble`, whose
 * `status` is what the CRM answered), or with the signal's reason. `timeoutMs`: until the answer, however long it had to wait.
 */
export interface CrmHttp {
  send(request: CrmRequest, options: { purpose: CrmPurpose; signal?: AbortSignal; timeoutMs?: number }): Promise<CrmReply>
}
/** A connection as the rest of main uses it. */
export interface CrmConnection {
  readonly id: string
  readonly crm: Crm
  readonly config: CrmConfig
  /** Its contacts name callers. */
  readonly callerId: boolean
  /** Whom the rep chose to be there (`CrmUserRow.id`). */
  readonly userId: string | null
  readonly http: CrmHttp
}
export interface CrmAccess {
  /** Every connection that may be asked: those whose token was refused are left out. */
  open(): readonly CrmConnection[]
  /**
   * Whether a number that the cache does not know may be searched in the CRM now; true counts as asked. Once an hour for each
   * number and connection. `number`: E.164, or its digits.
   */
  claimSearch(connectionId: string, number: string): boolean
}
/** `CrmHttp.send` with its options settled. */
export type CrmSend = (request: CrmRequest) => Promise<CrmReply>

/** What a reply says of the CRM's limits. Times are ms from now. */
export interface CrmLimits {
  /** No further request before then. */
  waitMs?: number
  /** Of the short window (seconds): what is left, and when it is full again. */
  burstRemaining?: number
  burstResetMs?: number
  /** Of the day, in the units of `CrmRequest.cost`. */
  dailyLimit?: number
  dailyRemaining?: number
  /** The day's budget is spent: nothing more before the CRM's next day, in ms from now. */
  dailyResetMs?: number
}

/** How fast a connection may be asked when the CRM says nothing better. */
export interface CrmPace {
  /** Requests in each window, and its length in ms. */
  burst: number
  windowMs: number
  /** The same for searches, where they are counted apart. */
  searchBurst?: number
  searchWindowMs?: number
  /** The day's budget that the vendor documents for the smallest plan; null: there is none. */
  daily: number | null
  /** At once. */
  parallel: number
}

export interface CrmPhone {
  raw: string
  type: Phone['type']
  /** What the CRM calls the field, when it is a custom one. */
  label?: string | null
}
interface CrmRow {
  id: string
  ownerId: string | null
  labels: string[]
  /** When the CRM last changed it, wall ms. */
  updatedAt: number
}
export interface CrmContact extends CrmRow {
  object: 'contacts'
  name: string
  organizationId: string | null
  /** Where the CRM gives only a name. */
  organization: string | null
  jobTitle: string | null
  phones: CrmPhone[]
  emails: string[]
  note: string
  /** ISO 3166-1 alpha-2. */
  country: string | null
}
export interface CrmOrganization extends CrmRow {
  object: 'organizations'
  name: string
  phones: CrmPhone[]
  note: string
  country: string | null
}
export interface CrmDeal extends CrmRow {
  object: 'deals' | 'leads'
  title: string
  amount: number | null
  /** ISO 4217. */
  currency: string | null
  stageId: string | null
  /** Where the CRM gives only a name. */
  stage: string | null
  pipeline: string | null
  status: 'open' | 'won' | 'lost'
  contactId: string | null
  organizationId: string | null
  /** `YYYY-MM-DD`. */
  closeOn: string | null
}
export interface CrmUserRow {
  object: 'users'
  id: string
  name: string
  email: string | null
  isActive: boolean
}
export interface CrmStage {
  object: 'stages'
  id: string
  name: string
  pipeline: string | null
  position: number
  /** Where the stage itself says so. */
  status: 'open' | 'won' | 'lost' | null
}
/** Deleted, archived, or merged into another one. */
export interface CrmGone {
  object: 'organizations' | 'contacts' | 'deals' | 'leads'
  gone: true
  id: string
  mergedInto: string | null
}
/** The row is still there, unchanged: all that a sweep over ids learns. */
export interface CrmSeen {
  object: 'organizations' | 'contacts' | 'deals' | 'leads'
  seen: true
  id: string
}
export type CrmRecord = CrmContact | CrmOrganization | CrmDeal | CrmUserRow | CrmStage | CrmGone | CrmSeen

export interface CrmPage {
  records: CrmRecord[]
  /** Names the next page; null after the last one. */
  next: string | null
  /** The latest change that the page holds, in the connector's own words; greater is later as text. Null: none. */
  watermark: string | null
  /** How many there are altogether, when the CRM says. */
  total: number | null
}

/** What the first cursor of a run is made from. */
export interface CrmRun {
  mode: 'full' | 'changes' | 'sweep'
  /** For `changes`: everything up to here is known; a connector goes back over it by its own overlap. */
  watermark: string | null
  /** Wall ms now. */
  now: number
}

/** A contact as the rep has it, to be made or changed in the CRM. */
export interface CrmContactInput {
  name: string
  organizationId: string | null
  jobTitle: string
  phones: CrmPhone[]
  emails: string[]
  note: string
  ownerId: string | null
}

/** JSON that a connector keeps with a connection: the company's address, names of custom fields, of labels. Never a secret. */
export type CrmConfig = Readonly<Record<string, unknown>>

export interface Crm extends CrmKind {
  /** What is synced, in this order. */
  readonly objects: readonly SyncObject[]
  readonly pace: CrmPace
  /** The domains that the CRM's own pages are on: `page` leads to one of them, or below it. */
  readonly sites: readonly string[]
  /** `https://host`, to which alone the token goes. `domain`: what the rep entered. Throws TroubleError `crm.badDomain`. */
  origin(domain: string): string
  /** The header that carries the token. */
  authorization(token: string): Readonly<Record<string, string>>
  limits(reply: CrmReply, now: number): CrmLimits
  /** Who the token belongs to, what it may do; `config` is kept with the connection. Rejects with a TroubleError. */
  connect(send: CrmSend, domain: string): Promise<{ identity: CrmIdentity; config: CrmConfig }>
  /** Before each sync: what may have changed of `config` (custom fields, labels). */
  prepare(send: CrmSend, config: CrmConfig): Promise<CrmConfig>
  /** The first page of a run; null: this object needs no such run. Newest records first in a full one, as far as the CRM can. */
  begin(object: SyncObject, run: CrmRun, config: CrmConfig): string | null
  /** Fetches the page that a cursor names, in as few requests as it takes; what they cost is known before by `pageCost`. */
  fetchPage(send: CrmSend, object: SyncObject, cursor: string, config: CrmConfig): Promise<Uint8Array[]>
  /** The cost of fetching a page, in the units of `CrmRequest.cost`. */
  pageCost(object: SyncObject, cursor: string): number
  /**
   * Reads a page's bytes. Pure, and run in a worker thread. Throws TroubleError `crm.badReply` for what is no such page; single
   * records that make no sense are left out.
   */
  readPage(object: SyncObject, parts: readonly Uint8Array[], cursor: string, config: CrmConfig): CrmPage
  /** Contacts on this number by the CRM's own search, with their organizations and open deals; one or two requests. */
  search(send: CrmSend, number: { e164: string | null; national: string; digits: string }, config: CrmConfig): Promise<CrmRecord[]>
  /** One contact afresh, with its organization and deals. A contact that is gone is a `CrmGone`. */
  refresh(send: CrmSend, contactId: string, config: CrmConfig): Promise<CrmRecord[]>
  /** Where a person looks at it; null: nowhere. */
  page(type: 'contact' | 'organization' | DealKind, externalId: string, config: CrmConfig): string | null
  /** Makes a contact; looks first whether an earlier try has made it. */
  createContact(send: CrmSend, contact: CrmContactInput, config: CrmConfig): Promise<CrmRecord[]>
  updateContact(send: CrmSend, contactId: string, contact: CrmContactInput, config: CrmConfig): Promise<CrmRecord[]>
}
