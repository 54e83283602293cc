/**
 * Telephony as the rest of main sees it: accounts that register and calls that happen, without a word of the SIP library.
 * Everything here is event-driven; nothing blocks, and every wait has an end.
 */
import type {
  CallerHeader,
  Direction,
  IceConfig,
  MediaInput,
  MediaOperation,
  MediaOutput,
  PeerReport,
  PeerStats,
  RobotProgram,
  Trouble,
} from '../../preload/contract'

/** Where audio lives: requests to the media page, each with a time limit and cancellable. */
export interface MediaGateway {
  readonly present: boolean
  /** Rejects with a TroubleError: `media.absent`, `media.timeout`, `media.cancelled`, or what the page said. */
  request<O extends MediaOperation>(
    operation: O,
    input: MediaInput<O>,
    options?: { timeoutMs?: number; signal?: AbortSignal },
  ): Promise<MediaOutput<O>>
  onReport(listener: (report: PeerReport) => void): () => void
  /** About every two seconds for each live phone. */
  onStats(listener: (peer: string, stats: PeerStats) => void): () => void
  /** The page went away (`false`) or a new one, which knows of no peer, is there (`true`). */
  onPresence(listener: (present: boolean) => void): () => void
}

/** One message-wise connection to a SIP server: a WebSocket (RFC 7118), or the practice line's in-memory pipe. */
export interface Wire {
  send(message: string): void
  close(): void
  onMessage: ((message: string) => void) | null
  /** Called once; `trouble` null when we closed it. */
  onClose: ((trouble: Trouble | null) => void) | null
}
/** Opens a wire; rejects with a TroubleError that names what is wrong (`sip.certificateExpired`, `sip.unreachable` …). */
export type Connector = (signal: AbortSignal) => Promise<Wire>

/** One of an account's servers, in the order in which they are tried. */
export interface SipServer {
  /** For reading: host and port. */
  name: string
  connector: Connector
  /** Via transport: WS for `ws:` servers and the practice line, WSS else. */
  protocol: 'WS' | 'WSS'
}

/** Sees every SIP message as it crosses the wire. Must not throw and must not keep what is secret in it. */
export type SipTracer = (message: { accountId: string; sent: boolean; text: string; server: string }) => void

export interface SipAccountConfig {
  id: string
  /** Address of record. */
  user: string
  domain: string
  authUser: string
  password: string
  displayName: string
  /** A SIP URI to route through (RFC 3261 §8.1.2), or empty. */
  outboundProxy: string
  ice: IceConfig
  declineCode: 480 | 486 | 603
  messageWaiting?: boolean
  /** Say on an incoming call when its header asks to be answered by itself (`SipCall.asksAutoAnswer`). */
  autoAnswer?: boolean
  /** Where the caller is taken from, in this order; absent: every header that is known, the vouched-for ones first. */
  callerHeaders?: readonly CallerHeader[]
  /** Whether headers besides To may say which line was called; absent: they may. */
  calledLineHeaders?: boolean
}

/** A line that is watched, as its dialog-info says (RFC 4235). */
export interface LineState {
  state: 'unknown' | 'idle' | 'ringing' | 'busy' | 'offline'
  /** Who rings there, when the server says. */
  caller: string | null
  trouble: Trouble | null
}
/** RFC 3842. */
export interface MessageSummary {
  waiting: boolean
  fresh: number | null
  old: number | null
}

export interface SipAccountState {
  status: 'connecting' | 'registered' | 'offline' | 'refused'
  trouble: Trouble | null
  retryAt: number | null
  /** The name of the server in use; absent while there is none. */
  server?: string
}

export interface SipAccount {
  readonly id: string
  readonly state: SipAccountState
  onState: ((state: SipAccountState) => void) | null
  /** A new incoming call, already ringing (180 sent). */
  onIncoming: ((call: SipCall) => void) | null
  start(): void
  /** Unregisters (bounded), ends its calls, closes the wire. */
  stop(): Promise<void>
  /** Tries at once: the network changed, the machine woke, or the rep asked. */
  reconnect(): void
  /** `reconnect`, and calls that are on look for a new path for their sound (ICE restart) once the server is heard. */
  networkChanged(): void
  /** `target`: digits, `user` or `user@domain`; throws TroubleError `call.badNumber` for what cannot be dialled. `silent`: no sound either way, and no media page. */
  dial(target: string, options?: { silent?: boolean }): SipCall
  /** What the server last said of the voicemail; null: nothing yet. */
  onMessageWaiting: ((summary: MessageSummary | null) => void) | null
  /** Watches a line (`user` or `user@domain`) until the returned function is called; survives every reconnect. */
  watch(target: string, listener: (line: LineState) => void): () => void
}

/** How a call ended: the peer's or our own doing, with the SIP status that said so. */
export interface CallEnd {
  by: 'local' | 'remote' | 'network'
  /** Final SIP status (RFC 3261 §21) for calls that never were answered; null after an answered one. */
  status: number | null
  /** A CANCEL whose Reason says that another endpoint took it (RFC 3326, cause 200). */
  answeredElsewhere: boolean
  trouble: Trouble | null
}

/** Who is on the other side, from the headers in the order the account trusts; everything is hostile text, cut and cleaned. */
export interface RemoteParty {
  /** User part or tel: number, as delivered; empty when withheld. */
  number: string
  displayName: string | null
  withheld: boolean
}

export interface SipCall {
  /** Ours (a UUID), also the media peer's id. */
  readonly id: string
  readonly accountId: string
  readonly direction: Direction
  readonly remote: RemoteParty
  readonly calledLine: string | null
  /** Monotonic ms when the INVITE reached main's socket (incoming) or dial() was called. */
  readonly startedMonotonic: number
  /** 180 or 183 received; `early` when the network sends its own audio. */
  onRinging: ((early: boolean) => void) | null
  /** 200 received (outgoing) or ACK received (incoming). */
  onConnected: (() => void) | null
  onEnd: ((end: CallEnd) => void) | null
  onMedia: ((media: 'connecting' | 'flowing' | 'lost') => void) | null
  onTrouble: ((trouble: Trouble | null) => void) | null
  answer(): Promise<void>
  /** `status`: instead of the account's own decline code (a call too many is 486 for this endpoint alone). */
  decline(status?: 480 | 486 | 603): void
  /** CANCEL, BYE or nothing, as the state asks; always ends the call for the rep, whatever the network says. */
  hangUp(): void
  mute(muted: boolean): Promise<void>
  /** RFC 4733, else INFO (application/dtmf-relay). */
  dtmf(tones: string): Promise<void>
  /**
   * Puts on hold or resumes; the microphone is gated before anything is sent. Resolves when the far end has accepted, rejects
   * with TroubleError (`sip.holdRefused`, `sip.holdTimeout` …) when it has not: everything is then as before. Concurrent
   * calls queue; only the latest wish counts.
   */
  hold(held: boolean): Promise<void>
  /** The far end holds us, or has resumed. */
  onRemoteHold: ((held: boolean) => void) | null
  /**
   * Hands the call over: to a target (blind), or to the far end of another call (REFER with Replaces, RFC 5589). `onProgress`
   * hears the status that NOTIFY reports. Resolves when it has been taken over (this call is then ended by us), rejects with
   * TroubleError `transfer.refused`, `transfer.failed`, `transfer.timeout` …: the call is kept, as it was.
   */
  transfer(to: { target: string } | { call: SipCall }, onProgress: (status: number) => void): Promise<void>
  /** The far end asks that we call somebody else (REFER within this dialog). Nothing happens before `accept`. */
  onReferral: ((referral: IncomingReferral) => void) | null
  /** Incoming, ringing: sends the caller elsewhere (302, RFC 3261 §21.3.3). */
  redirect(target: string): void
  /** Incoming: the id of our call that this one takes the place of (INVITE with Replaces, RFC 3891); telephony has checked it. */
  readonly replaces: string | null
  /** Incoming: the header asks for it and the account allows it. */
  readonly asksAutoAnswer: boolean
}

/** An incoming REFER. A referral that is gone (the call ended, the time ran out) is taken back by `onGone`. */
export interface IncomingReferral {
  /** Number, user or user@host, cleaned; hostile text all the same. */
  readonly target: string
  /** Calls the target and reports its course by NOTIFY; the new call, like one from `dial`. */
  accept(): SipCall
  refuse(): void
  onGone: (() => void) | null
}

/** The server side of the practice line, behind which the SIP library is also hidden. */
export interface PracticeCallee {
  /** The user part that was dialled. */
  extension: string
  ring(): void
  reject(status: number): void
  /** Answers with a robot peer running that program. */
  answer(program: RobotProgram): Promise<void>
  hangUp(): void
  /** The robot has said its prompt to the end. */
  onPromptEnded: (() => void) | null
  onEnd: (() => void) | null
}
