/** Calls while they last, what the rep says of them, and History. */
import { z } from 'zod'
import { day, duration, id, instant, rowId, trouble } from './common'
import { callerId, outcome } from './contacts'

export const direction = z.enum(['incoming', 'outgoing'])
export type Direction = z.infer<typeof direction>

/**
 * `calling`: INVITE sent, nothing heard yet. `ringing`: 180 sent or received. `early`: the network plays its own audio
 * (183). `connecting`: the rep has answered, the dialog is being confirmed. `connected`. `ended`.
 */
export const callPhase = z.enum(['calling', 'ringing', 'early', 'connecting', 'connected', 'ended'])
export type CallPhase = z.infer<typeof callPhase>

/** How a call went, for good. `dropped`: it was up and died. `interrupted`: Ringbook itself was ended during it. */
export const callResult = z.enum([
  'answered',
  'missed',
  'declined',
  'answered-elsewhere',
  'no-answer',
  'busy',
  'cancelled',
  'failed',
  'dropped',
  'interrupted',
])
export type CallResult = z.infer<typeof callResult>

/** One look at a call's audio. `mos`: 1 to 4.5, by the E-model (ITU-T G.107); null before enough has been heard. */
export const qualitySample = z.object({
  /** Monotonic ms since the call was answered. */
  atMs: duration,
  mos: z.number().nullable(),
  /** ms */
  roundTrip: z.number().nullable(),
  /** ms */
  jitter: z.number().nullable(),
  /** Of the packets of this interval, 0 to 1, as they arrived here. */
  loss: z.number().nullable(),
})
export type QualitySample = z.infer<typeof qualitySample>
/** How a call sounded as a whole. */
export const callQuality = z.object({
  codec: z.string().nullable(),
  /** Mean and worst over the call. */
  mos: z.number().nullable(),
  worstMos: z.number().nullable(),
  roundTrip: z.number().nullable(),
  jitter: z.number().nullable(),
  loss: z.number().nullable(),
  /** At most 120, spread over the call, oldest first. */
  samples: z.array(qualitySample).max(120),
})
export type CallQuality = z.infer<typeof callQuality>
/** What is wrong with the network, once it has lasted; null: nothing. */
export const qualityWarning = z.enum(['loss', 'delay', 'jitter', 'silence']).nullable()

/** `holding` and `resuming` until the far end has accepted. */
export const holdState = z.enum(['none', 'holding', 'held', 'resuming'])
export type HoldState = z.infer<typeof holdState>
/** What is becoming of a call that is being handed over. */
export const transferState = z.object({
  kind: z.enum(['blind', 'attended']),
  /** For reading: the name or number it goes to. */
  target: z.string(),
  state: z.enum(['asking', 'trying', 'ringing']),
})
/** The far end asks that this call go elsewhere (an incoming REFER); nothing is dialled before the rep agrees. */
export const referral = z.object({
  /** Cleaned, for reading. */
  target: z.string(),
  display: z.string(),
  /** Why it deserves a second look (a premium number …), or why it cannot be done. */
  warning: trouble.nullable(),
  mayAccept: z.boolean(),
})

export const liveCall = z.object({
  id,
  accountId: id,
  accountLabel: z.string(),
  direction,
  phase: callPhase,
  caller: callerId,
  /** The number or queue that was called, for incoming calls; null when the network does not say. */
  calledLine: z.string().nullable(),
  muted: z.boolean(),
  startedAt: instant,
  answeredAt: instant.nullable(),
  /** Monotonic ms since the start and since the answer at the moment this was sent: renderers count on from here. */
  elapsedMs: duration,
  talkMs: duration,
  /** `lost`: the media page went away and is being replaced. */
  media: z.enum(['none', 'connecting', 'flowing', 'lost']),
  hold: holdState,
  /** The far end has put us on hold. */
  heldByRemote: z.boolean(),
  /** Part of the conference; at most two calls are. */
  inConference: z.boolean(),
  /** In the conference: neither the rep nor the other party hears them. */
  partyMuted: z.boolean(),
  /** The call that this one consults for; null: it stands alone. */
  consultsFor: id.nullable(),
  transfer: transferState.nullable(),
  referral: referral.nullable(),
  recording: z.enum(['off', 'starting', 'on']),
  /** Answered without the rep, because the account allows it. */
  autoAnswered: z.boolean(),
  /** An emergency number: the words on what a softphone cannot promise are shown. */
  emergency: z.boolean(),
  result: callResult.nullable(),
  /** Why it failed, or what is wrong with it now (no microphone, no audio arriving). */
  trouble: trouble.nullable(),
})
export type LiveCall = z.infer<typeof liveCall>

export const followUp = z.object({ kind: z.enum(['call', 'task', 'meeting']), dueOn: day })
export type FollowUp = z.infer<typeof followUp>

/** What the rep says of a call. */
export const callLogFields = z.object({
  outcome: outcome.nullable(),
  notes: z.string().max(20_000),
  followUp: followUp.nullable(),
  contactId: rowId.nullable(),
  dealId: rowId.nullable(),
})
export type CallLogFields = z.infer<typeof callLogFields>
/** `none`: the call asks for no form. `draft`: waits for Save or Skip. */
export const callLogState = z.enum(['none', 'draft', 'saved', 'skipped'])
export const callLog = callLogFields.extend({
  callId: id,
  state: callLogState,
  /** Grows with each change that main has accepted; a draft older than the one kept is ignored. */
  revision: z.number().int().nonnegative(),
  savedAt: instant.nullable(),
})
export type CallLog = z.infer<typeof callLog>

/** One line of History. */
export const callRecord = z.object({
  id,
  accountId: id,
  accountLabel: z.string(),
  direction,
  number: z.string(),
  display: z.string(),
  networkName: z.string().nullable(),
  contactId: rowId.nullable(),
  contactName: z.string().nullable(),
  organization: z.string().nullable(),
  calledLine: z.string().nullable(),
  startedAt: instant,
  /** Minutes east of UTC where the rep was when it started. */
  utcOffset: z.number().int(),
  answeredAt: instant.nullable(),
  ringMs: duration,
  talkMs: duration,
  /** Null while the call is still on. */
  result: callResult.nullable(),
  trouble: trouble.nullable(),
  /** Where the call was handed to, for reading. */
  transferredTo: z.string().nullable(),
  /** `samples` is empty in lists; `history.get` has them. */
  quality: callQuality.nullable(),
  /** There is a recording of it. */
  recorded: z.boolean(),
  log: callLog.nullable(),
})
export type CallRecord = z.infer<typeof callRecord>

export const historyFilter = z.object({
  /** Found in names, organizations, numbers (digits anywhere) and notes. */
  text: z.string().max(200).default(''),
  /** Inclusive days in the rep's time zone. */
  from: day.optional(),
  to: day.optional(),
  direction: direction.optional(),
  result: callResult.optional(),
  outcome: outcome.optional(),
  contactId: rowId.optional(),
  /** Only calls whose log still waits. */
  notLogged: z.boolean().optional(),
})
export type HistoryFilter = z.infer<typeof historyFilter>
