/**
 * What main asks of the media page, as operations with zod input and output. A `peer` is one RTCPeerConnection: `phone` is
 * the rep's side of a call, `robot` the practice line's far end. Main owns every decision; the page owns audio alone.
 */
import { z } from 'zod'
import { codec, iceServer, id } from './model'

export const peerId = id
export const iceConfig = z.object({
  servers: z.array(iceServer),
  /** Loopback candidates only (the practice line); otherwise they are removed from what is returned. */
  loopback: z.boolean(),
  /** TURN candidates only. */
  relayOnly: z.boolean().optional(),
  /** Audio codecs in order of preference; what is left out is not offered. Absent: all. */
  codecs: z.array(codec).min(1).max(4).optional(),
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
  /** Seconds that the jitter buffer held each sample, in all, and how many samples it gave out (their quotient is the delay). */
  jitterBufferDelay: z.number(),
  jitterBufferEmitted: z.number(),
  /** Samples that were made up for lost ones, and all samples. */
  concealedSamples: z.number(),
  samplesReceived: z.number(),
  /** As the far end reports of what we send (RTCP), 0 to 1. */
  lossAtFarEnd: z.number().nullable(),
})
export type PeerStats = z.infer<typeof peerStats>

export const mediaOperations = {
  /**
   * Makes the peer when it is new (held from the start if so said: a call on hold has moved to this page); opens the
   * microphone for a phone and, without waiting for it, offers.
   */
  'peer.offer': {
    input: z.object({ peer: peerId, role, ice: iceConfig, iceRestart: z.boolean(), held: z.boolean().optional() }),
    output: described,
  },
  /**
   * Takes a remote offer and answers it. With `live` false nothing is sent and no microphone is opened until
   * `peer.live`: a ringing call is prepared this way, so that answering is quick.
   */
  'peer.answer': {
    input: z.object({ peer: peerId, role, ice: iceConfig, sdp, live: z.boolean(), held: z.boolean().optional() }),
    output: described,
  },
  /** Applies the far end's answer; `pranswer` for early media. */
  'peer.remote': { input: z.object({ peer: peerId, type: z.enum(['answer', 'pranswer']), sdp }), output: none },
  /** Back to the last stable description after a refused re-INVITE. */
  'peer.rollback': { input: z.object({ peer: peerId }), output: none },
  /**
   * With `held` the far end neither hears the microphone nor is heard, from now; the next offer or answer says `sendonly`
   * (or `inactive`). Undone by `held: false`, which lets sound through at once.
   */
  'peer.hold': { input: z.object({ peer: peerId, held: z.boolean() }), output: none },
  'peer.live': { input: z.object({ peer: peerId }), output: none },
  'peer.mute': { input: z.object({ peer: peerId, muted: z.boolean() }), output: none },
  /** RFC 4733; `sent` false when the far end did not negotiate telephone-event. */
  'peer.dtmf': { input: z.object({ peer: peerId, tones: z.string().regex(/^[0-9A-D*#,]+$/) }), output: z.object({ sent: z.boolean() }) },
  'peer.stats': { input: z.object({ peer: peerId }), output: peerStats },
  /** Sends a click and hears it come back: the way there and back in ms, null when nothing came within 3 s. */
  'peer.echoDelay': { input: z.object({ peer: peerId }), output: z.object({ ms: z.number().nullable() }) },
  /**
   * Who is in the conference: each hears the rep and every other member that is not muted; a muted one is not heard by the rep
   * either. Fewer than two: there is none, and everyone has the rep to himself.
   */
  'conference.set': { input: z.object({ members: z.array(z.object({ peer: peerId, muted: z.boolean() })).max(4) }), output: none },
  /** Records both sides of a call, sent as `media.recorded` about once a second. `notice`: a spoken sentence to the far end first. */
  'recording.start': {
    input: z.object({ recording: id, peer: peerId, format: z.enum(['webm', 'wav']), notice: z.boolean() }),
    output: none,
  },
  /** Resolves when the last of it has been sent. */
  'recording.stop': { input: z.object({ recording: id }), output: none },
  /** What an ICE agent finds with these servers within a few seconds, for the self-checks. */
  'ice.gather': {
    input: z.object({ ice: iceConfig }),
    output: z.object({
      candidates: z.array(z.object({ type: z.string(), protocol: z.string(), address: z.string(), server: z.string().nullable() })),
      errors: z.array(z.object({ url: z.string(), code: z.number(), text: z.string() })),
    }),
  },
  /** What the machine has, and which of it is in use. */
  'devices.list': {
    input: none,
    output: z.object({
      microphones: z.array(z.string()),
      speakers: z.array(z.string()),
      microphone: z.string().nullable(),
      speaker: z.string().nullable(),
    }),
  },
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
