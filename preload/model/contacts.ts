/** Contacts, organizations and deals as the cache holds them, and the answer to «who is this number». */
import { z } from 'zod'
import { country, day, duration, id, instant, rowId, trouble } from './common'

export const phoneType = z.enum(['work', 'mobile', 'home', 'main', 'fax', 'other'])
export const phone = z.object({
  /** E.164 with `+`, or null for what is no public number (extensions, short codes). */
  e164: z.string().nullable(),
  /** The text as the source gave it. */
  raw: z.string(),
  /** As the number's own country writes it; international form when it is abroad for the rep. */
  display: z.string(),
  type: phoneType,
  /** What the source calls the field, when it is none of the usual ones. */
  label: z.string().nullable(),
  extension: z.string().nullable(),
  isPrimary: z.boolean(),
})
export type Phone = z.infer<typeof phone>

/** A deal, or a lead where the CRM has them. */
export const dealKind = z.enum(['deal', 'lead'])
export type DealKind = z.infer<typeof dealKind>
export const deal = z.object({
  id: rowId,
  kind: dealKind,
  title: z.string(),
  amount: z.number().nullable(),
  /** ISO 4217. */
  currency: z.string().nullable(),
  stage: z.string().nullable(),
  status: z.enum(['open', 'won', 'lost']),
})
export type Deal = z.infer<typeof deal>

/** Whose a record is, where it came from, and whether it can be looked at there. */
const origin = {
  /** `sample`, `import`, `local` (made by the rep), or the id of a CRM connection. */
  source: z.string(),
  /** The CRM user who owns it; null: nobody, or not known. */
  owner: z.string().nullable(),
  ownerIsMe: z.boolean(),
  /** «Open in CRM» leads somewhere. */
  canOpen: z.boolean(),
  updatedAt: instant,
}

export const contactSummary = z.object({
  id: rowId,
  name: z.string(),
  organization: z.string().nullable(),
  organizationId: rowId.nullable(),
  jobTitle: z.string().nullable(),
  country: country.nullable(),
  phones: z.array(phone),
  /** `sample`, `import`, `local` (made by the rep), or the id of a CRM connection. */
  source: z.string(),
})
export type ContactSummary = z.infer<typeof contactSummary>

export const outcome = z.enum(['connected', 'left-message', 'voicemail', 'no-answer', 'busy', 'wrong-number'])
export type Outcome = z.infer<typeof outcome>

/** The latest conversation with a person, as the screen-pop shows it. */
export const lastCall = z.object({
  callId: id,
  direction: z.enum(['incoming', 'outgoing']),
  startedAt: instant,
  talkMs: duration,
  outcome: outcome.nullable(),
  notes: z.string(),
})
export type LastCall = z.infer<typeof lastCall>

/** What the rep made or changed here and the CRM does not have yet. */
export const offer = z.object({
  /** `new`: only here. `changed`: the CRM has an older form of it. */
  state: z.enum(['none', 'new', 'changed']),
  /** Why the CRM did not take it. */
  trouble: trouble.nullable(),
})

export const contactDetail = contactSummary.extend({
  ...origin,
  emails: z.array(z.string()),
  note: z.string(),
  labels: z.array(z.string()),
  deals: z.array(deal),
  offer,
})
export type ContactDetail = z.infer<typeof contactDetail>

/** A contact as the rep writes it; what is left empty is removed. */
export const contactFields = z.object({
  name: z.string().trim().min(1).max(200),
  organization: z.string().trim().max(200).default(''),
  jobTitle: z.string().trim().max(200).default(''),
  phones: z
    .array(z.object({ raw: z.string().trim().min(1).max(60), type: phoneType }))
    .max(100)
    .default([]),
  emails: z.array(z.string().trim().min(1).max(254)).max(20).default([]),
  note: z.string().max(10_000).default(''),
  country: country.nullable().default(null),
})
export type ContactFields = z.infer<typeof contactFields>

export const organizationSummary = z.object({
  id: rowId,
  name: z.string(),
  country: country.nullable(),
  phones: z.array(phone),
  /** How many contacts belong to it, as far as they are counted. */
  people: z.number().int(),
  /** There are more than that. */
  morePeople: z.boolean(),
  source: z.string(),
})
export type OrganizationSummary = z.infer<typeof organizationSummary>
export const organizationDetail = organizationSummary.extend({
  ...origin,
  note: z.string(),
  labels: z.array(z.string()),
  deals: z.array(deal),
})
export type OrganizationDetail = z.infer<typeof organizationDetail>

const named = z.object({ id: rowId, name: z.string() })
/** A line of the deal and lead lists. */
export const dealSummary = deal.extend({
  contact: named.nullable(),
  organization: named.nullable(),
  /** The contact's numbers, else the organization's. */
  phones: z.array(phone),
  owner: z.string().nullable(),
  ownerIsMe: z.boolean(),
  source: z.string(),
})
export type DealSummary = z.infer<typeof dealSummary>
export const dealDetail = dealSummary.extend({
  ...origin,
  pipeline: z.string().nullable(),
  /** When it is expected to be won, or when it was. */
  closeOn: day.nullable(),
  labels: z.array(z.string()),
})
export type DealDetail = z.infer<typeof dealDetail>

/** The answer to «who is this number». */
export const callerId = z.object({
  /** As the network delivered it; empty when withheld. */
  raw: z.string(),
  e164: z.string().nullable(),
  display: z.string(),
  country: country.nullable(),
  withheld: z.boolean(),
  /** The name that the network sent, cleaned of control and bidi characters and cut. */
  networkName: z.string().nullable(),
  match: z.enum(['exact', 'possible', 'none']),
  /**
   * Ranked, best first: whom the rep chose for this number, who has an open deal, whose owner the rep is, spoken to last, changed last.
   * The pop's headline is the first, the rest are «also known as». Empty where the number is an organization's own and it is nobody in
   * particular: the organization is the headline then.
   */
  contacts: z.array(contactDetail).max(4),
  /** Whose own number (a main number) it is. */
  organization: organizationDetail.nullable(),
  /** Who else it may be: further ones who keep the number, ranked as above, then people of the organization. */
  people: z.array(contactSummary).max(20),
  /** How many contacts keep this number; the two lists hold the first of them. */
  sharedBy: z.number().int(),
  /** Conversations with the first of them, or over this number; newest first, at most three. */
  lastCalls: z.array(lastCall).max(3),
  /** A CRM is being asked, for what is newer than the cache. */
  asking: z.boolean(),
})
export type CallerId = z.infer<typeof callerId>
