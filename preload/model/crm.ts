/** CRM connections: what can be connected, how far a sync is, and what a connection may do. */
import { z } from 'zod'
import { duration, id, instant, trouble } from './common'

/** A kind of CRM that can be connected, as the settings' form needs it. */
export const crmKind = z.object({
  /** `pipedrive`, `hubspot`, `freshdesk`. */
  kind: id,
  /** For reading. */
  name: z.string(),
  /** The company's own part of the address is asked for; null: it has none. */
  domain: z.object({ suffix: z.string() }).nullable(),
  /** The CRM has leads beside deals. */
  leads: z.boolean(),
  /** Permissions that a token is given when it is made; absent: it is what its owner is. */
  scopes: z.array(z.string()).optional(),
})
export type CrmKind = z.infer<typeof crmKind>

/** A permission of the token. */
export const crmScope = z.object({
  name: z.string(),
  /** `needed` and missing: sync cannot work. `excess`: the token may more than Ringbook uses. */
  state: z.enum(['granted', 'missing', 'unknown', 'excess']),
})
export const crmUser = z.object({ id: z.string().max(100), name: z.string().max(400), email: z.string().max(600).nullable() })
export type CrmUser = z.infer<typeof crmUser>

/** What a token opens, found out by asking. */
export const crmIdentity = z.object({
  /** The company's account, for reading. */
  account: z.string(),
  /** Who the token belongs to; null: nobody in particular (a private app). */
  user: crmUser.nullable(),
  /** Whom the rep may be. */
  users: z.array(crmUser).max(5000),
  scopes: z.array(crmScope),
  /** What the token cannot do, or should not be able to. */
  warnings: z.array(trouble),
})
export type CrmIdentity = z.infer<typeof crmIdentity>

export const syncObject = z.enum(['users', 'stages', 'organizations', 'contacts', 'deals', 'leads'])
export type SyncObject = z.infer<typeof syncObject>

export const syncProgress = z.object({
  object: syncObject,
  /** `full`: everything for the first time. `changes`: what is newer. `sweep`: looking for what was deleted. */
  mode: z.enum(['full', 'changes', 'sweep']),
  /** Of this object. */
  done: z.number().int(),
  /** Null: the CRM does not say. */
  total: z.number().int().nullable(),
  /** Monotonic ms until all is done, as far as can be said. */
  leftMs: duration.nullable(),
})
export type SyncProgress = z.infer<typeof syncProgress>

export const connection = z.object({
  id,
  kind: id,
  label: z.string(),
  /** As the rep entered it; empty where the kind has none. */
  domain: z.string(),
  /** The company's account in the CRM, for reading. */
  account: z.string(),
  /** Whom the rep chose to be there. */
  user: crmUser.nullable(),
  /** Its contacts name callers. */
  callerId: z.boolean(),
  /** `waiting`: for the CRM's limits, until `resumesAt`. `refused`: the token is not accepted. */
  status: z.enum(['idle', 'syncing', 'waiting', 'failed', 'refused']),
  progress: syncProgress.nullable(),
  resumesAt: instant.nullable(),
  /** The end of the last sync that went through. */
  syncedAt: instant.nullable(),
  /** Everything has been fetched once. */
  complete: z.boolean(),
  counts: z.object({
    contacts: z.number().int(),
    organizations: z.number().int(),
    deals: z.number().int(),
    leads: z.number().int(),
  }),
  trouble: trouble.nullable(),
})
export type Connection = z.infer<typeof connection>

/** What a rep enters for a connection. The token travels only towards main and is never sent back. */
export const connectionInput = z.object({
  id: id.optional(),
  kind: id,
  /** The company's own part of the address, where the kind asks for it. */
  domain: z.string().trim().max(100).default(''),
  /** Absent when an existing connection keeps the one it has. */
  token: z.string().trim().min(1).max(2000).optional(),
  /** For reading; the CRM's name and account when empty. */
  label: z.string().trim().max(60).default(''),
  keepToken: z.enum(['keyring', 'session', 'plain-file']).default('keyring'),
})
export type ConnectionInput = z.infer<typeof connectionInput>
