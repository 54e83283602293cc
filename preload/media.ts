/**
 * What main asks of the media page, as operations with zod input and output. A `peer` is one RTCPeerConnection: `phone` is
 * the rep's side of a call, `robot` the practice line's far end. Main owns every decision; the page owns audio alone.
 */
import { z } from 'zod'
import { iceServer, id } from './model'

export const peerId = id
export const iceConfig = z.object({
  servers: z.array(iceServer),
  /** Loopback candidates only (the practice line); otherwise they are removed from what is returned. */
  loopback: z.boolean(),
})
export type IceConfig = z.infer<typeof iceConfig>

/** What the practice line's far end does with audio. `prompt` speaks once; `greeting` speaks, then echoes. */
export const robotProgram = z.enum(['echo', 'prompt', 'greeting', 'listen'])
export type RobotProgram = z.infer<typeof robotProgram>
const role = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('phone') }),
  z.object({ kind: z.literal('robot'), program: robotProgram }),
])
const sdp = z.string().max(100_000)
const described = z.object({
  sdp,
  /** Servers were asked, and none had answered when the time ran out: an ICE restart follows when one does. */
  incomplete: z.boolean(),
})
const none = z.object({})
/** Tones that this side makes: `ring` goes to the ringer, the others to the speaker. `waiting`: a soft signal of a further call while one is up. */
export const tone = z.enum(['ring', 'waiting', 'ringback', 'busy', 'error'])
export type Tone = z.infer<typeof tone>

export const peerStats = z.object({
  connection: z.string(),
  codec: z.string().nullable(),
  /** RTP clock-independent counts and energies (W3C webrtc-stats: totalAudioEnergy). */
  packetsSent: z.number(),
  packetsReceived: z.number(),
  packetsLost: z.number(),
  energyReceived: z.number(),
  energySent: z.number(),
  /** Seconds. */
  jitter: z.number().nullable(),
  roundTripTime: z.number().nullable(),
})
export type PeerStats = z.infer<typeof peerStats>

export const mediaOperations = {
  /** Makes the peer when it is new; opens the microphone for a phone and, without waiting for it, offers. */
  'peer.offer': { input: z.object({ peer: peerId, role, ice: iceConfig, iceRestart: z.boolean() }), output: described },
  /**
   * Takes a remote offer and answers it. With `live` false nothing is sent and no microphone is opened until
   * `peer.live`: a ringing call is prepared this way, so that answering is quick.
   */
  'peer.answer': { input: z.object({ peer: peerId, role, ice: iceConfig, sdp, live: z.boolean() }), output: described },
  /** Applies the far end's answer; `pranswer` for early media. */
  'peer.remote': { input: z.object({ peer: peerId, type: z.enum(['answer', 'pranswer']), sdp }), output: none },
  /** Back to the last stable description after a refused re-INVITE. */
  'peer.rollback': { input: z.object({ peer: peerId }), output: none },
  'peer.live': { input: z.object({ peer: peerId }), output: none },
  'peer.mute': { input: z.object({ peer: peerId, muted: z.boolean() }), output: none },
  /** RFC 4733; `sent` false when the far end did not negotiate telephone-event. */
  'peer.dtmf': { input: z.object({ peer: peerId, tones: z.string().regex(/^[0-9A-D*#,]+$/) }), output: z.object({ sent: z.boolean() }) },
  'peer.stats': { input: z.object({ peer: peerId }), output: peerStats },
  'peer.close': { input: z.object({ peer: peerId }), output: none },
  /** One tone at a time for each `key` (a call's id); null stops it. */
  'tone.play': { input: z.object({ key: id, tone: tone.nullable() }), output: none },
} as const satisfies Record<string, { input: z.ZodType; output: z.ZodType }>

export type MediaOperation = keyof typeof mediaOperations
export type MediaInput<O extends MediaOperation> = z.infer<(typeof mediaOperations)[O]['input']>
export type MediaOutput<O extends MediaOperation> = z.infer<(typeof mediaOperations)[O]['output']>

/** What the media page reports unasked. */
export const peerReport = z.object({
  peer: peerId,
  connection: z.enum(['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed']),
  /** The first remote packet has been played out. */
  flowing: z.boolean(),
  /** An ICE server has answered after the description went out: time for an ICE restart. */
  moreCandidates: z.boolean(),
  /** A robot has said its prompt to the end. */
  promptEnded: z.boolean().optional(),
})
export type PeerReport = z.infer<typeof peerReport>
