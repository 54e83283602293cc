/**
 * The words of the bridge: what main tells renderers about accounts, calls, contacts and logs, as zod schemas with the
 * types they imply. Pure data: nothing here does anything, so that every process may import it.
 */
import { z } from 'zod'

/** Milliseconds since 1970-01-01T00:00Z, as the wall clock said. Never subtract two of these: durations come from main. */
export const instant = z.number().int().nonnegative()
/** Milliseconds measured on a monotonic clock. */
export const duration = z.number().nonnegative()
/** A calendar day in the rep's own time zone, `YYYY-MM-DD`. */
export const day = z.iso.date()
/** ISO 3166-1 alpha-2 country, upper case. */
export const country = z.string().regex(/^[A-Z]{2}$/)
export const id = z.string().min(1).max(64)
/** A row's number in the store. */
export const rowId = z.number().int().positive()

/**
 * Something went wrong, in a form that every surface can put into the reader's words: `code` is `FILE.KEY`, a sentence in
 * resources/locales/en/trouble/FILE.json, `params` fill its `{{placeholders}}`, `detail` is the machine's own text, shown only under «Details».
 */
export const trouble = z.object({
  code: z.string().min(1).max(80),
  params: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  detail: z.string().max(4000).optional(),
})
export type Trouble = z.infer<typeof trouble>

// ---------------------------------------------------------------------------------------------------------- accounts

export const accountKind = z.enum(['practice', 'sip'])
/** The final response that a declined call is answered with; 603 silences a whole ring group. */
export const declineCode = z.union([z.literal(486), z.literal(480), z.literal(603)])

export const iceServer = z.object({
  /** `stun:host:port`, `turn:host:port?transport=udp|tcp` or `turns:…` (RFC 7064, RFC 7065). */
  url: z
    .string()
    .regex(/^(stun|turn|turns):[^\s@]+$/)
    .max(300),
  username: z.string().max(200).optional(),
  credential: z.string().max(200).optional(),
})

/** Audio codecs that calls may use, by their RTP names. */
export const codec = z.enum(['opus', 'G722', 'PCMA', 'PCMU'])
export type Codec = z.infer<typeof codec>
export const allCodecs: readonly Codec[] = codec.options
/** How an account is told apart at a glance, always beside its label. */
export const accountColor = z.enum(['blue', 'teal', 'green', 'amber', 'orange', 'pink', 'violet', 'grey'])
export type AccountColor = z.infer<typeof accountColor>
/** What is dialled for a service of the PBX: digits, `*` and `#`, or a name it knows; empty: there is none. */
export const serviceCode = z
  .string()
  .trim()
  .regex(/^[\w.*#+-]*$/)
  .max(40)

/** What a rep enters for a SIP account. The password travels only towards main and is never sent back. */
export const sipAccountInput = z.object({
  id: id.optional(),
  label: z.string().trim().min(1).max(60),
  /** `wss://host[:port][/path]`; `ws:` only for 127.0.0.1 and [::1]. */
  server: z.string().trim().max(300),
  /** The address of record's user part. */
  user: z.string().trim().min(1).max(120),
  /** The address of record's host part; the server's host when empty. */
  domain: z.string().trim().max(255).default(''),
  /** Digest user name, when it differs from `user`. */
  authUser: z.string().trim().max(120).default(''),
  /** Absent when an existing account keeps the one it has. */
  password: z.string().max(300).optional(),
  displayName: z.string().trim().max(120).default(''),
  outboundProxy: z.string().trim().max(300).default(''),
  iceServers: z.array(iceServer).max(8).default([]),
  /** Audio only through TURN, for networks that let nothing else out. */
  relayOnly: z.boolean().default(false),
  declineCode: declineCode.default(486),
  color: accountColor.default('blue'),
  /** Further servers of the same provider, tried in this order when the one before does not answer. */
  moreServers: z.array(z.string().trim().min(1).max(300)).max(5).default([]),
  /** Certificates (PEM) of the authority that signed the servers', beside the system's; empty: none. */
  authority: z.string().max(100_000).default(''),
  /** Offered in this order; what is left out is not used. */
  codecs: z
    .array(codec)
    .min(1)
    .max(4)
    .refine((all) => new Set(all).size === all.length)
    .default([...allCodecs]),
  /** Subscribe to the message waiting indication (RFC 3842). */
  messageWaiting: z.boolean().default(true),
  /** Dialled to listen to voicemail. */
  voicemailNumber: serviceCode.default(''),
  /** Dialled before a colleague's number to take the call that rings there (directed pickup). */
  pickupPrefix: serviceCode.default('**'),
  /** Dialled when do-not-disturb is switched on and off, so that the PBX knows; empty: Ringbook alone refuses calls. */
  doNotDisturbOn: serviceCode.default(''),
  doNotDisturbOff: serviceCode.default(''),
  /** A number that sends back what it hears, for the check of the audio path. */
  echoNumber: serviceCode.default(''),
  /** Answer by itself when the caller's header asks for it (intercom). */
  autoAnswer: z.boolean().default(false),
  /** How the password is kept where the machine has no keyring: `plain-file` only when ticked explicitly. */
  keepPassword: z.enum(['keyring', 'session', 'plain-file']).default('keyring'),
})
export type SipAccountInput = z.infer<typeof sipAccountInput>
/** A SIP account as renderers see it: everything but its secrets (ICE credentials are withheld too). */
export const sipAccountView = sipAccountInput.omit({ password: true, keepPassword: true }).extend({
  id,
  hasPassword: z.boolean(),
  iceServers: z.array(iceServer.omit({ credential: true }).extend({ hasCredential: z.boolean() })),
})
export type SipAccountView = z.infer<typeof sipAccountView>

export const accountStatus = z.enum(['connecting', 'registered', 'offline', 'refused'])
export const account = z.object({
  id,
  kind: accountKind,
  label: z.string(),
  /** The address of record without `sip:`, for reading. */
  address: z.string(),
  status: accountStatus,
  /** Why it is not registered. */
  trouble: trouble.nullable(),
  /** When the next try is due, while offline. */
  retryAt: instant.nullable(),
  color: accountColor,
  /** The server in use, when the account has several; null with one, or while none is. */
  server: z.string().nullable(),
  voicemailNumber: z.string(),
  isDefault: z.boolean(),
})
export type Account = z.infer<typeof account>
export type AccountStatus = z.infer<typeof accountStatus>

// ---------------------------------------------------------------------------------------------------------- contacts

export const phoneType = z.enum(['work', 'mobile', 'home', 'main', 'fax', 'other'])
export const phone = z.object({
  /** E.164 with `+`, or null for what is no public number (extensions, short codes). */
  e164: z.string().nullable(),
  /** The text as the source gave it. */
  raw: z.string(),
  /** As the number's own country writes it; international form when it is abroad for the rep. */
  display: z.string(),
  type: phoneType,
  extension: z.string().nullable(),
  isPrimary: z.boolean(),
})
export type Phone = z.infer<typeof phone>

export const deal = z.object({
  id: rowId,
  title: z.string(),
  amount: z.number().nullable(),
  /** ISO 4217. */
  currency: z.string().nullable(),
  stage: z.string().nullable(),
  status: z.enum(['open', 'won', 'lost']),
})
export type Deal = z.infer<typeof deal>

export const contactSummary = z.object({
  id: rowId,
  name: z.string(),
  organization: z.string().nullable(),
  jobTitle: z.string().nullable(),
  country: country.nullable(),
  phones: z.array(phone),
  /** Where the contact came from: `sample`, `import`, later a CRM's name. */
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

export const contactDetail = contactSummary.extend({
  emails: z.array(z.string()),
  note: z.string(),
  labels: z.array(z.string()),
  deals: z.array(deal),
})
export type ContactDetail = z.infer<typeof contactDetail>

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
  /** Ranked, best first; the pop's headline is the first, the rest are «also known as». */
  contacts: z.array(contactDetail),
  lastCall: lastCall.nullable(),
})
export type CallerId = z.infer<typeof callerId>

// ------------------------------------------------------------------------------------------------------------- calls

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

// ---------------------------------------------------------------------------------------------------------- settings

/** A device by identity: Chromium's id for this profile, and its label to find it again when the id has changed. */
export const deviceChoice = z
  .object({
    id: z.string().max(200),
    label: z.string().max(300),
    /** Chromium's id of the piece of hardware, which tells two of one name apart. */
    group: z.string().max(200).optional(),
  })
  .nullable()
export const volume = z.number().min(0).max(1)
/** How calls that a rep does not want to take himself are treated. */
export const forwarding = z.object({
  when: z.enum(['never', 'always', 'busy', 'noAnswer']),
  /** Where to, on the same account. */
  to: z.string().trim().max(120),
  /** For `noAnswer`. */
  afterSeconds: z.number().int().min(5).max(55),
})
/** A colleague whose line state is watched (RFC 4235). */
export const colleague = z.object({ id, accountId: id, number: z.string().trim().min(1).max(120), name: z.string().trim().min(1).max(80) })
export type Colleague = z.infer<typeof colleague>
/** What the dialling guard lets pass without asking an administrator; emergency numbers always pass. */
export const diallingGuard = z.object({
  /** Countries that may be called; null: all. The rep's own always may. */
  countries: z.array(country).max(260).nullable(),
  premium: z.boolean(),
  satellite: z.boolean(),
  /** Outgoing calls; 0: no cap. */
  perHour: z.number().int().min(0).max(10_000),
  perDay: z.number().int().min(0).max(100_000),
  /** The first call to a country is confirmed. */
  askNewCountry: z.boolean(),
})
export const settings = z.object({
  /** For numbers without an international prefix, and for the sound of ringback and busy tones. */
  country: country,
  theme: z.enum(['system', 'light', 'dark']),
  microphone: deviceChoice,
  speaker: deviceChoice,
  /** Where it rings, all at once; the speaker when empty. */
  ringers: z.array(deviceChoice.unwrap()).max(6),
  ringVolume: volume,
  /** Ringback, busy and key tones. */
  toneVolume: volume,
  /** The signal of a further call while one is up; soft at its loudest. */
  waitingVolume: volume,
  echoCancellation: z.boolean(),
  noiseSuppression: z.boolean(),
  autoGainControl: z.boolean(),
  /** Calls at once, held and ringing ones too; more hear busy. */
  callLimit: z.number().int().min(1).max(8),
  /** Incoming calls are refused as busy (486) or as unavailable (480). */
  doNotDisturb: z.enum(['off', 'busy', 'unavailable']),
  /** How the rep chose to refuse last, which the button in the top bar goes back to. */
  doNotDisturbAs: z.enum(['busy', 'unavailable']),
  forwarding,
  colleagues: z.array(colleague).max(100),
  /** Numbers whose calls are refused: E.164, or as they are delivered; a trailing `*` stands for the rest. */
  blocked: z.array(z.string().trim().min(1).max(60)).max(2000),
  anonymousCalls: z.enum(['ring', 'decline']),
  guard: diallingGuard,
  recordingFormat: z.enum(['webm', 'wav']),
  /** A spoken sentence tells the other party when recording begins. */
  recordingNotice: z.boolean(),
  /** Where recordings are kept; empty: in the profile. */
  recordingFolder: z.string().trim().max(1000),
  /** HTTP proxy for everything outgoing, `http://host:port`; empty: the system's. */
  proxy: z.string().trim().max(300),
  /** First-run cards that the rep has closed; absent: none. Kept here because a page's own storage goes with its port. */
  closedCards: z
    .array(z.enum(['samples', 'practice', 'account']))
    .max(10)
    .optional(),
})
export type Settings = z.infer<typeof settings>
/** Everything but what depends on the machine. */
export const defaultSettings: Omit<Settings, 'country'> = {
  theme: 'system',
  microphone: null,
  speaker: null,
  ringers: [],
  ringVolume: 0.7,
  toneVolume: 0.5,
  waitingVolume: 0.25,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  callLimit: 4,
  doNotDisturb: 'off',
  doNotDisturbAs: 'busy',
  forwarding: { when: 'never', to: '', afterSeconds: 20 },
  colleagues: [],
  blocked: [],
  anonymousCalls: 'ring',
  guard: { countries: null, premium: false, satellite: false, perHour: 0, perDay: 0, askNewCountry: true },
  recordingFormat: 'webm',
  recordingNotice: false,
  recordingFolder: '',
  proxy: '',
}

/** A watched colleague's line: `early` is a phone that rings there. */
export const lineState = z.enum(['unknown', 'idle', 'ringing', 'busy', 'offline'])
export const colleagueState = z.object({
  id,
  state: lineState,
  /** Who rings there, when the PBX says; for reading. */
  caller: z.string().nullable(),
  /** Why the state is not known. */
  trouble: trouble.nullable(),
})
export type ColleagueState = z.infer<typeof colleagueState>
/** RFC 3842: messages that wait in an account's voicemail. */
export const voicemail = z.object({
  accountId: id,
  waiting: z.boolean(),
  /** Null: the server says only that some wait. */
  fresh: z.number().int().nullable(),
  old: z.number().int().nullable(),
})
export type Voicemail = z.infer<typeof voicemail>

/** One numbered step of the self-checks. `skipped`: an earlier one failed, or there is nothing to check. */
export const selfCheck = z.object({
  id: z.string().max(80),
  /** A key in resources/locales/en/help.json, and what fills it. */
  title: z.string().max(80),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  state: z.enum(['waiting', 'running', 'ok', 'warning', 'failed', 'skipped']),
  /** What was found, for reading: an address, a date, ms. */
  finding: trouble.nullable(),
})
export type SelfCheck = z.infer<typeof selfCheck>

/** How the host keeps secrets: in the machine's keyring, or only for this run. */
export type SecretKeeping = z.infer<typeof secretKeeping>
export const secretKeeping = z.object({
  available: z.boolean(),
  /** For reading: «GNOME Keyring», «Electron safeStorage (kwallet6)». */
  name: z.string(),
  plainFileInUse: z.boolean(),
})

/** Whether this run can make and hear calls, as the media page found it. */
export const mediaState = z.object({
  /** A media page is connected. */
  present: z.boolean(),
  microphone: z.enum(['unknown', 'granted', 'denied', 'missing']),
  /** False until a click where the browser blocks sound without one. */
  mayRing: z.boolean(),
  /** False where two local peers cannot connect (a browser opened by hand, without a network). */
  practiceAudio: z.boolean(),
  /** What is wrong with microphone, speaker or ringers now, one for each, until it is mended. */
  troubles: z.array(trouble).max(10),
})
export type MediaState = z.infer<typeof mediaState>

export const importReport = z.object({
  read: z.number().int(),
  added: z.number().int(),
  /** Already there, unchanged or completed. */
  merged: z.number().int(),
  /** Lines that could not be used, the first hundred of them. */
  refused: z.array(z.object({ line: z.number().int(), trouble })),
})
export type ImportReport = z.infer<typeof importReport>
