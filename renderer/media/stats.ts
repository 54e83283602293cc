/**
 * A peer's numbers, out of getStats (W3C webrtc-stats; Chromium answers from a cache of 50 ms). A robot's `energyReceived`
 * stays 0: Chromium counts after the volume, and its ear is muted.
 */
import type { PeerStats } from '../../preload/contract'

type Entry = Record<string, unknown> & { type: string; kind?: string }

export async function statsOf(connection: RTCPeerConnection): Promise<PeerStats> {
  const report = await connection.getStats()
  const entries = [...report.values()] as Entry[]
  const audio = (type: string) => entries.find((entry) => entry.type === type && entry.kind === 'audio')
  const number = (entry: Entry | undefined, name: string) => (typeof entry?.[name] === 'number' ? (entry[name] as number) : null)
  const [inbound, outbound, source, remote] = ['inbound-rtp', 'outbound-rtp', 'media-source', 'remote-inbound-rtp'].map(audio)
  const pair = entries.find((entry) => entry.type === 'candidate-pair' && entry.nominated === true && entry.state === 'succeeded')
  const codec = entries.find((entry) => entry.type === 'codec' && entry.id === (inbound?.codecId ?? outbound?.codecId))
  return {
    connection: connection.connectionState,
    codec: typeof codec?.mimeType === 'string' ? codec.mimeType.replace(/^audio\//, '') : null,
    packetsSent: number(outbound, 'packetsSent') ?? 0,
    packetsReceived: number(inbound, 'packetsReceived') ?? 0,
    packetsLost: number(inbound, 'packetsLost') ?? 0,
    energyReceived: number(inbound, 'totalAudioEnergy') ?? 0,
    energySent: number(source, 'totalAudioEnergy') ?? 0,
    jitter: number(inbound, 'jitter'),
    roundTripTime: number(remote, 'roundTripTime') ?? number(pair, 'currentRoundTripTime'),
    jitterBufferDelay: number(inbound, 'jitterBufferDelay') ?? 0,
    jitterBufferEmitted: number(inbound, 'jitterBufferEmittedCount') ?? 0,
    concealedSamples: number(inbound, 'concealedSamples') ?? 0,
    samplesReceived: number(inbound, 'totalSamplesReceived') ?? 0,
    lossAtFarEnd: number(remote, 'fractionLost'),
  }
}
