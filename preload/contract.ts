/**
 * The one contract between main and its renderers: every command with its input, its output and the windows that may send
 * it, and every event with its payload. The preload (Electron) and the WebSocket client (browser host) expose exactly this,
 * main validates against it, and nothing else crosses.
 */
import { z } from 'zod'
import { mediaOperations, peerReport, peerStats } from './media'
import * as m from './model'

export * from './media'
export * from './model'

/** `app`: the main window. `pop`: the screen-pop's own window. `media`: the hidden page that holds audio. */
export const windowKind = z.enum(['app', 'pop', 'media'])
export type WindowKind = z.infer<typeof windowKind>

const nothing = z.object({}).strict()
const page = { cursor: z.string().max(200).nullable().default(null), limit: z.number().int().min(1).max(200).default(60) }

function command<I extends z.ZodType, O extends z.ZodType>(from: readonly WindowKind[], input: I, output: O) {
  return { from, input, output }
}
const app = ['app'] as const
const appAndPop = ['app', 'pop'] as const
const media = ['media'] as const
const callRef = z.object({ callId: m.id })

/** Everything a renderer needs to be right after a (re)load. Lists are paged and asked for separately. */
export const snapshot = z.object({
  host: z.object({ kind: z.enum(['electron', 'browser']), ownChromium: z.boolean(), version: z.string(), profile: z.string() }),
  accounts: z.array(m.account),
  calls: z.array(m.liveCall),
  /** Logs that wait for Save or Skip, newest call first; the form shows the first unless the rep chose another. */
  drafts: z.array(z.object({ record: m.callRecord, log: m.callLog })),
  settings: m.settings,
  media: m.mediaState,
  secrets: m.secretKeeping,
  /** Sample contacts are offered until taken or declined. */
  samples: z.enum(['offered', 'loaded', 'declined']),
  contactCount: z.number().int(),
  crmKinds: z.array(m.crmKind),
  connections: z.array(m.connection),
  /** What is wrong with the program itself (disk full, database damaged), until it is mended. */
  troubles: z.array(m.trouble),
  colleagues: z.array(m.colleagueState),
  voicemail: z.array(m.voicemail),
  /** A SIP trace is being kept, since then. */
  traceSince: m.instant.nullable(),
})
export type Snapshot = z.infer<typeof snapshot>

export const commands = {
  /** `seq` is the number of the last event that is already contained in the snapshot. */
  'app.snapshot': command(['app', 'pop'], nothing, z.object({ seq: z.number().int(), state: snapshot })),

  'call.dial': command(
    appAndPop,
    z.object({
      number: z.string().trim().min(1).max(120),
      accountId: m.id.optional(),
      contactId: m.rowId.optional(),
      /** The deal or lead that the call is about: the log begins with it. */
      dealId: m.rowId.optional(),
      /** Where the number comes from: star codes are dialled only when typed by hand. */
      origin: z.enum(['typed', 'click', 'clipboard', 'redial']).default('click'),
      /** The rep has answered the dialling guard's question (a trouble whose code begins with `guard.ask`). */
      confirmed: z.boolean().default(false),
    }),
    callRef,
  ),
  /** The number dialled last, on any account; null: there is none. */
  'call.last': command(appAndPop, nothing, z.object({ number: z.string(), accountId: m.id, contactId: m.rowId.nullable() }).nullable()),
  'call.answer': command(appAndPop, callRef, nothing),
  'call.decline': command(appAndPop, callRef, nothing),
  'call.hangUp': command(appAndPop, callRef, nothing),
  'call.mute': command(appAndPop, callRef.extend({ muted: z.boolean() }), nothing),
  /** A `,` is a pause of 2 s. Resolves when all of it has been sent. */
  'call.dtmf': command(appAndPop, callRef.extend({ tones: z.string().regex(/^[0-9A-D*#,]{1,200}$/) }), nothing),
  /** Resolves when the far end has accepted. Resuming one call puts the others on hold. */
  'call.hold': command(appAndPop, callRef.extend({ held: z.boolean() }), nothing),
  /** Hands the call to a number, unasked (blind); resolves when the far end has taken it over, rejects when the call is kept. */
  'call.transfer': command(
    app,
    callRef.extend({ target: z.string().trim().min(1).max(120), confirmed: z.boolean().default(false) }),
    nothing,
  ),
  /** Calls a number first, with this call on hold; answers with the consultation's call. */
  'call.consult': command(
    app,
    callRef.extend({ target: z.string().trim().min(1).max(120), confirmed: z.boolean().default(false) }),
    callRef,
  ),
  /** Connects the other party of this call with that of another (attended transfer), whichever was first. */
  'call.connect': command(app, callRef.extend({ withCallId: m.id }), nothing),
  /** The rep's word on an incoming REFER. */
  'call.referral': command(app, callRef.extend({ accept: z.boolean(), confirmed: z.boolean().default(false) }), nothing),
  /** Answers a ringing call by sending it elsewhere (302). */
  'call.forward': command(
    appAndPop,
    callRef.extend({ target: z.string().trim().min(1).max(120), confirmed: z.boolean().default(false) }),
    nothing,
  ),
  /** Makes a conference of two calls. */
  'conference.start': command(app, z.object({ callIds: z.tuple([m.id, m.id]) }), nothing),
  'conference.mute': command(app, callRef.extend({ muted: z.boolean() }), nothing),
  /** Back to two calls: this one goes on, the other is held. */
  'conference.split': command(app, callRef, nothing),
  /** The rep leaves; the two others stay connected (attended transfer), where the server can do that. */
  'conference.leave': command(app, nothing, nothing),
  'recording.start': command(app, callRef, nothing),
  'recording.stop': command(app, callRef, nothing),
  /** Hands over a copy of an earlier call's recording; null: cancelled. */
  'recording.save': command(app, callRef, z.object({ download: z.string().nullable(), path: z.string().nullable() }).nullable()),
  'recording.remove': command(app, callRef, nothing),
  /** Takes the call that rings at a colleague's (directed pickup). */
  'colleague.pickUp': command(app, z.object({ colleagueId: m.id }), callRef),
  'voicemail.listen': command(app, z.object({ accountId: m.id }), callRef),
  /** Runs the self-checks; their course comes as `diagnostics.changed`. `echo`: also calls an echo, with sound. */
  'diagnostics.run': command(app, z.object({ echo: z.boolean().default(true) }), z.array(m.selfCheck)),
  'diagnostics.cancel': command(app, nothing, nothing),
  'trace.set': command(app, z.object({ on: z.boolean() }), nothing),
  /** The trace as a file for the administrator, without secrets; `maskNumbers`: nor telephone numbers. */
  'trace.save': command(
    app,
    z.object({ maskNumbers: z.boolean() }),
    z.object({ messages: z.number().int(), download: z.string().nullable(), path: z.string().nullable() }).nullable(),
  ),
  /** Takes an ended call off the screen (a failed call stays until read). */
  'call.dismiss': command(appAndPop, callRef, nothing),
  /** A sample contact (or one of the rep's own, or an unknown number) calls over the practice line. */
  'practice.incoming': command(app, nothing, nothing),

  /** Keeps what has been typed so far; answers with the revision that is now on disk. */
  'log.draft': command(
    app,
    callRef.extend({ fields: m.callLogFields, revision: z.number().int().nonnegative() }),
    z.object({ revision: z.number().int() }),
  ),
  'log.save': command(app, callRef.extend({ fields: m.callLogFields }), m.callLog),
  'log.skip': command(app, callRef, m.callLog),
  /** Opens the log of an earlier call again, for History's «edit». */
  'log.open': command(app, callRef, z.object({ record: m.callRecord, log: m.callLog })),

  'history.list': command(
    app,
    z.object({ filter: m.historyFilter, ...page }),
    z.object({ rows: z.array(m.callRecord), next: z.string().nullable() }),
  ),
  'history.get': command(app, callRef, m.callRecord),
  /** Writes the filtered history and answers with where to fetch it (browser) or where it was saved; null: cancelled. */
  'history.export': command(
    app,
    z.object({ format: z.enum(['csv', 'json']), filter: m.historyFilter, raw: z.boolean().default(false) }),
    z.object({ calls: z.number().int(), download: z.string().nullable(), path: z.string().nullable() }).nullable(),
  ),

  'contacts.list': command(
    app,
    z.object({ query: z.string().max(200).default(''), organizationId: m.rowId.optional(), ...page }),
    z.object({ rows: z.array(m.contactSummary), next: z.string().nullable() }),
  ),
  'contacts.get': command(app, z.object({ contactId: m.rowId }), z.object({ contact: m.contactDetail, calls: z.array(m.callRecord) })),
  /** Suggestions for the dial field: contacts by name or digits. Fast, at most `limit`. */
  'contacts.suggest': command(
    appAndPop,
    z.object({ text: z.string().max(120), limit: z.number().int().min(1).max(12).default(6) }),
    z.array(m.contactSummary),
  ),
  'contacts.lookup': command(appAndPop, z.object({ number: z.string().max(120) }), m.callerId),
  /** Of several who share a number this one is meant, from now on. */
  'contacts.choose': command(appAndPop, z.object({ number: z.string().min(1).max(120), contactId: m.rowId }), nothing),
  /** Makes a contact, or changes one; a CRM's own is offered to it with `contacts.offer`. `callId`: the call that it was made from. */
  'contacts.save': command(
    app,
    z.object({ contactId: m.rowId.optional(), fields: m.contactFields, callId: m.id.optional() }),
    z.object({ contactId: m.rowId }),
  ),
  /** The rep wants to make a contact from this call: the main window comes to the front with the form. */
  'contacts.compose': command(appAndPop, callRef, nothing),
  /** Removes a contact that no CRM holds. */
  'contacts.remove': command(app, z.object({ contactId: m.rowId }), nothing),
  /** Puts a new or changed contact into the CRM; resolves when the CRM has it. `connectionId`: where to, for a new one. */
  'contacts.offer': command(app, z.object({ contactId: m.rowId, connectionId: m.id.optional() }), nothing),
  /** Gives up what was changed here; the CRM's form holds again. */
  'contacts.revert': command(app, z.object({ contactId: m.rowId }), nothing),

  'organizations.list': command(
    app,
    z.object({ query: z.string().max(200).default(''), ...page }),
    z.object({ rows: z.array(m.organizationSummary), next: z.string().nullable() }),
  ),
  'organizations.get': command(
    app,
    z.object({ organizationId: m.rowId }),
    z.object({ organization: m.organizationDetail, calls: z.array(m.callRecord) }),
  ),
  'deals.list': command(
    app,
    z.object({
      kind: m.dealKind,
      query: z.string().max(200).default(''),
      status: z.enum(['open', 'won', 'lost']).nullable().default('open'),
      /** Only the rep's own. */
      mine: z.boolean().default(false),
      ...page,
    }),
    z.object({ rows: z.array(m.dealSummary), next: z.string().nullable() }),
  ),
  'deals.get': command(app, z.object({ dealId: m.rowId }), z.object({ deal: m.dealDetail, calls: z.array(m.callRecord) })),
  /** People and organizations for what has been typed so far, best first. */
  'directory.suggest': command(
    appAndPop,
    z.object({ text: z.string().max(120), limit: z.number().int().min(1).max(12).default(6) }),
    z.object({ contacts: z.array(m.contactSummary), organizations: z.array(m.organizationSummary) }),
  ),
  /** Shows a record in the CRM that it came from. */
  'record.open': command(app, z.object({ type: z.enum(['contact', 'organization', 'deal']), id: m.rowId }), nothing),

  /** A file of contacts is handed over in pieces; nothing of it is used before `import.run`. */
  'import.begin': command(app, z.object({ name: z.string().max(255), bytes: z.number().int().positive() }), z.object({ importId: m.id })),
  'import.piece': command(
    app,
    z.object({ importId: m.id, piece: z.number().int().nonnegative(), base64: z.base64().max(6_000_000) }),
    nothing,
  ),
  'import.preview': command(app, z.object({ importId: m.id, options: m.importOptions.default({}) }), m.importPreview),
  'import.run': command(
    app,
    z.object({ importId: m.id, options: m.importOptions.default({}), region: m.country.optional() }),
    m.importReport,
  ),
  'import.cancel': command(app, z.object({ importId: m.id }), nothing),
  'import.batches': command(app, nothing, z.array(m.importBatch)),
  /** Takes an import back: what it added goes, what it completed is as before. `kept`: what was changed or called since. */
  'import.undo': command(
    app,
    z.object({ batchId: m.id }),
    z.object({ removed: z.number().int(), restored: z.number().int(), kept: z.number().int() }),
  ),

  /** Asks the CRM what this token opens, and keeps nothing. */
  'connections.check': command(app, m.connectionInput, m.crmIdentity),
  'connections.save': command(
    app,
    /** Who the rep is there; null: nobody in particular; absent: as before, else as the token says. */
    m.connectionInput.extend({ user: m.crmUser.nullable().optional() }),
    z.object({ connectionId: m.id }),
  ),
  'connections.change': command(
    app,
    z.object({
      connectionId: m.id,
      user: m.crmUser.nullable().optional(),
      callerId: z.boolean().optional(),
      label: z.string().trim().min(1).max(60).optional(),
    }),
    nothing,
  ),
  /** Absent: all of them. Resolves once it has begun. */
  'connections.sync': command(app, z.object({ connectionId: m.id.optional() }), nothing),
  'connections.cancel': command(app, z.object({ connectionId: m.id }), nothing),
  /** Removes the connection, its token and everything that was cached of it; calls and their logs stay. */
  'connections.forget': command(app, z.object({ connectionId: m.id }), nothing),
  'samples.load': command(app, nothing, z.object({ added: z.number().int() })),
  'samples.decline': command(app, nothing, nothing),

  'settings.change': command(app, m.settings.partial(), m.settings),
  'accounts.details': command(app, z.object({ accountId: m.id }), m.sipAccountView),
  'accounts.save': command(app, m.sipAccountInput, z.object({ accountId: m.id })),
  'accounts.remove': command(app, z.object({ accountId: m.id }), nothing),
  'accounts.setDefault': command(app, z.object({ accountId: m.id }), nothing),
  /** Tries again now instead of at `retryAt`. */
  'accounts.reconnect': command(app, z.object({ accountId: m.id }), nothing),

  /** The window's own findings: network up again, or the page about to be used. */
  'window.online': command(app, nothing, nothing),

  /** Makes this connection the one that holds audio; sent again whenever what it says has changed. */
  'media.hello': command(media, m.mediaState.omit({ present: true }), z.object({ settings: m.settings })),
  'media.reply': command(
    media,
    z.object({ request: z.number().int(), ok: z.boolean(), output: z.unknown().optional(), trouble: m.trouble.optional() }),
    nothing,
  ),
  'media.report': command(media, peerReport, nothing),
  /** Every two seconds for each phone that is live. */
  'media.stats': command(media, z.object({ peer: m.id, stats: peerStats }), nothing),
  /** A piece of a recording, in order; base64. The last one may be empty; `trouble`: why it ended by itself. */
  'media.recorded': command(
    media,
    z.object({
      recording: m.id,
      piece: z.number().int().nonnegative(),
      base64: z.base64().max(4_000_000),
      last: z.boolean().default(false),
      trouble: m.trouble.nullable().default(null),
    }),
    nothing,
  ),
  /** Something the rep must know about one call's audio; `trouble` null: it is mended. What concerns all of it is in `media.hello`. */
  'media.trouble': command(media, z.object({ peer: m.id, trouble: m.trouble.nullable() }), nothing),
} as const

export type CommandName = keyof typeof commands
export type CommandInput<C extends CommandName> = z.input<(typeof commands)[C]['input']>
export type CommandParsed<C extends CommandName> = z.output<(typeof commands)[C]['input']>
export type CommandOutput<C extends CommandName> = z.output<(typeof commands)[C]['output']>

function event<P extends z.ZodType>(to: readonly WindowKind[], payload: P) {
  return { to, payload }
}

export const events = {
  'accounts.changed': event(appAndPop, z.array(m.account)),
  /** A call began or changed; its `phase` says which. */
  'call.changed': event(appAndPop, m.liveCall),
  /** While a call is up, about every two seconds. */
  'call.quality': event(appAndPop, callRef.extend({ sample: m.qualitySample, codec: z.string().nullable(), warning: m.qualityWarning })),
  /** It is off the screen. */
  'call.removed': event(appAndPop, callRef),
  /** The logs that wait, whole: there are few. */
  'drafts.changed': event(app, snapshot.shape.drafts),
  /** A record was added or changed; null: more than one, ask again. */
  'history.changed': event(app, z.object({ callId: m.id.nullable() })),
  'contacts.changed': event(app, z.object({ contactCount: z.number().int(), samples: snapshot.shape.samples })),
  /** Show the form of a new contact, with what is known of this call. */
  'contact.compose': event(app, z.object({ callId: m.id, number: z.string(), name: z.string() })),
  /** Whole: there are few. At most twice a second while a sync runs. */
  'connections.changed': event(app, snapshot.shape.connections),
  /** How far an import is: entries read. */
  'import.changed': event(app, z.object({ importId: m.id, read: z.number().int() })),
  'settings.changed': event(['app', 'pop', 'media'], m.settings),
  'media.changed': event(app, m.mediaState),
  'secrets.changed': event(app, m.secretKeeping),
  'troubles.changed': event(app, z.array(m.trouble)),
  'colleagues.changed': event(app, snapshot.shape.colleagues),
  'voicemail.changed': event(app, snapshot.shape.voicemail),
  'diagnostics.changed': event(app, z.array(m.selfCheck)),
  'trace.changed': event(app, z.object({ since: m.instant.nullable() })),
  /** Bring this screen to the front (a second start, a notification's click). */
  'window.show': event(app, z.object({ screen: z.enum(['phone', 'history', 'contacts', 'settings']), callId: m.id.nullable() })),
  /** A system notification, shown by a page that is hidden (browser host; Electron shows its own). */
  'notification.show': event(app, z.object({ tag: z.string(), title: z.string(), body: z.string(), callId: m.id.nullable() })),
  'notification.close': event(app, z.object({ tag: z.string() })),
  /** One operation for the media page; answered by `media.reply` with the same number, unless cancelled first. */
  'media.request': event(
    media,
    z.object({
      request: z.number().int(),
      operation: z.enum(Object.keys(mediaOperations) as [keyof typeof mediaOperations]),
      input: z.unknown(),
    }),
  ),
  'media.cancel': event(media, z.object({ request: z.number().int() })),
  /** Another page holds audio now: close every peer, let the microphone go, be quiet. */
  'media.retire': event(media, nothing),
} as const

export type EventName = keyof typeof events
export type EventPayload<E extends EventName> = z.output<(typeof events)[E]['payload']>

/** What every renderer uses, whichever host carries it (`connectBridge` in renderer/bridge). */
export interface Bridge {
  readonly window: WindowKind
  /** Rejects with a BridgeError whose `trouble` is in the reader's words. */
  send<C extends CommandName>(name: C, input: CommandInput<C>): Promise<CommandOutput<C>>
  /** Returns the function that stops listening. */
  on<E extends EventName>(name: E, listener: (payload: EventPayload<E>, seq: number) => void): () => void
  /** `false` while main cannot be reached (browser host only); true again after a reconnect: ask for a snapshot. */
  onConnection(listener: (connected: boolean) => void): () => void
}

/** What came of a command, in a form that crosses Electron's context bridge (which strips errors of all but their message). */
export type Answer<T> = { ok: true; output: T } | { ok: false; trouble: m.Trouble }

/** What Electron's preload puts on `window.ringbook`: the bridge, with answers in place of rejections. */
export interface PreloadBridge {
  readonly window: WindowKind
  send<C extends CommandName>(name: C, input: CommandInput<C>): Promise<Answer<CommandOutput<C>>>
  on<E extends EventName>(name: E, listener: (payload: EventPayload<E>, seq: number) => void): () => void
}

/** Electron's two channels: frames both ways, and a page's word that it is new. */
export const frameChannel = 'ringbook:frame'
export const helloChannel = 'ringbook:hello'

/** The WebSocket close code for a media page when another has taken its place (browser host). */
export const replacedCode = 4001

/** The frames that cross, the same for both hosts. */
export const requestFrame = z.object({ id: z.number().int(), command: z.string().max(60), input: z.unknown() })
export const replyFrame = z.object({ id: z.number().int(), ok: z.boolean(), output: z.unknown().optional(), trouble: m.trouble.optional() })
export const eventFrame = z.object({ seq: z.number().int(), event: z.string().max(60), payload: z.unknown() })
export type RequestFrame = z.infer<typeof requestFrame>
export type ReplyFrame = z.infer<typeof replyFrame>
export type EventFrame = z.infer<typeof eventFrame>

/** A command that main refused or could not carry out. */
export class BridgeError extends Error {
  constructor(readonly trouble: m.Trouble) {
    super(trouble.code)
    this.name = 'BridgeError'
  }
}
