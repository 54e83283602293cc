/** Accounts: the ways to make calls. */
import { z } from 'zod'
import { country, id, instant, trouble } from './common'

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

/** A header that names the caller. */
export const callerHeader = z.enum(['p-asserted-identity', 'remote-party-id', 'from'])
export type CallerHeader = z.infer<typeof callerHeader>

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
  /** Whose national form its network delivers and takes numbers in; null: the rep's own country's. */
  country: country.nullable().default(null),
  /** Where the caller's number is taken from, in this order: what the server vouches for first (RFC 3325), what the caller says himself last. */
  callerHeaders: z
    .array(callerHeader)
    .min(1)
    .max(3)
    .refine((all) => new Set(all).size === all.length)
    .default([...callerHeader.options]),
  /** Believe `Diversion`, `History-Info` and `P-Called-Party-ID` on which line or queue was called. */
  calledLineHeaders: z.boolean().default(true),
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
