/**
 * How a call sounds, estimated from what its packets suffered: the E-model, ITU-T G.107 (06/2015), with that recommendation's default
 * values (its Table 3) for everything that a program cannot know of a call, such as loudness, noise and echo. A planning model:
 * it says what most people would say of such a network, not what this rep hears.
 */

/** R of a connection without delay or loss, at the default values (G.107 §7.7). */
export const bestR = 93.2
/** One-way delay that nobody notices (mT), in ms, and how much it is minded beyond (sT), for an ordinary conversation (G.107 Table 1). */
const unnoticedDelay = 100
const delaySensitivity = 1

interface CodecImpairment {
  /** Ie: of the coding itself. */
  equipment: number
  /** Bpl: how well lost packets are borne, in per cent of loss. */
  lossRobustness: number
  /** Of coder and decoder beyond the packet's own length, in ms. */
  lookahead: number
}
/** G.711 with concealment of lost packets, which Chromium's decoder always does (G.113 Appendix I, Table I.3: Ie 0, Bpl 25.1). */
const concealedG711: CodecImpairment = { equipment: 0, lossRobustness: 25.1, lookahead: 0 }
/**
 * G.113 has no value on this scale, which ends at the quality of narrow-band telephony, for the wide-band codecs. They are taken to be as
 * good as G.711 and to bear loss as well; lookahead: G.722's filter bank, and Opus' at its usual setting (RFC 6716 §2).
 */
const codecs: Readonly<Record<string, CodecImpairment>> = {
  pcmu: concealedG711,
  pcma: concealedG711,
  g722: { ...concealedG711, lookahead: 1.5 },
  opus: { ...concealedG711, lookahead: 6.5 },
}
/** The length of a packet, in ms; what Chromium sends and nearly everyone else. */
const packetMs = 20

export interface Heard {
  /** As RTP names it; null: not known, treated as G.711. */
  codec: string | null
  /** Of this look at the call, 0 to 1, taken as spread evenly (BurstR 1). */
  loss: number
  /** There and back, ms. */
  roundTrip: number
  /** In the jitter buffer, ms. */
  buffered: number
}

/** From mouth to ear as far as it can be known, in ms: half the way there and back, the jitter buffer, a packet's length and the codec's. */
export function oneWayDelay({ codec, roundTrip, buffered }: Omit<Heard, 'loss'>): number {
  return roundTrip / 2 + buffered + packetMs + codecOf(codec).lookahead
}

/** Idd (G.107 §7.4): what absolute delay costs even without echo. `delay`: one way, ms. */
export function delayImpairment(delay: number): number {
  if (delay <= unnoticedDelay) return 0
  const x = Math.log2(delay / unnoticedDelay)
  const power = 6 * delaySensitivity
  const norm = (value: number) => (1 + value ** power) ** (1 / power)
  return 25 * (norm(x) - 3 * norm(x / 3) + 2)
}

/** Ie,eff (G.107 §7.5) at evenly spread loss. `loss`: 0 to 1. */
export function lossImpairment(codec: string | null, loss: number): number {
  const { equipment, lossRobustness } = codecOf(codec)
  const percent = Math.min(Math.max(loss, 0), 1) * 100
  return equipment + (95 - equipment) * (percent / (percent + lossRobustness))
}

/** The transmission rating R; below 0 and above 100 there is no difference any more (G.107 Annex B). */
export function rating(heard: Heard): number {
  return bestR - delayImpairment(oneWayDelay(heard)) - lossImpairment(heard.codec, heard.loss)
}

/** The mean opinion score of a rating: 1 to 4.5 (G.107 Annex B; its curve dips under 1 for R below 6.5, where 1 holds). */
export function mosOf(r: number): number {
  if (r <= 0) return 1
  if (r >= 100) return 4.5
  return Math.max(1, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)
}

function codecOf(name: string | null): CodecImpairment {
  return codecs[name?.toLowerCase() ?? ''] ?? concealedG711
}
