/**
 * A recording stand-in for the media page, for tests of signalling: it answers with session descriptions that a real
 * Chromium 156 made, and records what it was asked. It carries no audio; audio is tested in real browsers.
 */
import type { MediaInput, MediaOperation, MediaOutput, PeerReport } from '../../preload/contract'
import { TroubleError } from '../trouble'
import type { MediaGateway } from './port'

/** Recorded: Chromium 156, one audio transceiver, host candidates, `--allow-loopback-in-peer-connection`. */
export function recordedSdp(kind: 'offer' | 'answer', version = 1): string {
  return [
    'v=0',
    `o=- 4611731400430051336 ${version} IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=extmap-allow-mixed',
    'a=msid-semantic: WMS -',
    'm=audio 51472 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126',
    'c=IN IP4 10.77.0.1',
    'a=rtcp:9 IN IP4 0.0.0.0',
    'a=candidate:2896278100 1 udp 2122260223 10.77.0.1 51472 typ host generation 0 network-id 1',
    'a=candidate:1510613869 1 udp 2122129151 127.0.0.1 58633 typ host generation 0 network-id 2',
    'a=candidate:935089256 1 udp 2122194687 ::1 35060 typ host generation 0 network-id 3',
    'a=ice-ufrag:Jt6b',
    'a=ice-pwd:9YtNHQf3cvBCCBcFoVrN5GxH',
    'a=ice-options:trickle',
    'a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08',
    `a=setup:${kind === 'offer' ? 'actpass' : 'active'}`,
    'a=mid:0',
    'a=sendrecv',
    'a=msid:- 8a5ff3c8-6cb4-4b5a-9a2f-1a9a43cd6a3b',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:63 red/48000/2',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:13 CN/8000',
    'a=rtpmap:110 telephone-event/48000',
    'a=rtpmap:126 telephone-event/8000',
    'a=ssrc:1755093227 cname:Vr8ZgbcCTNVPwfQ4',
    '',
  ].join('\r\n')
}

export interface Asked {
  operation: MediaOperation
  peer: string
  input: unknown
}

export class MediaStandIn implements MediaGateway {
  present = true
  /** Everything that was asked, in order. */
  readonly asked: Asked[] = []
  /** Answers an operation instead; throw to refuse. `hang` never answers. */
  override: Partial<Record<MediaOperation, (input: { peer?: string }) => unknown | 'hang'>> = {}
  readonly #reports = new Set<(report: PeerReport) => void>()
  readonly #presences = new Set<(present: boolean) => void>()

  request<O extends MediaOperation>(
    operation: O,
    input: MediaInput<O>,
    { timeoutMs = 1000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<MediaOutput<O>> {
    const peer = (input as { peer?: string }).peer ?? ''
    if (!this.present) return Promise.reject(new TroubleError('media.absent'))
    this.asked.push({ operation, peer, input })
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new TroubleError('media.timeout')), timeoutMs)
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        settle()
      }
      signal?.addEventListener('abort', () => finish(() => reject(new TroubleError('media.cancelled'))))
      setImmediate(() => {
        try {
          const given = this.override[operation]?.(input as { peer?: string })
          if (given === 'hang') return
          finish(() => resolve((given ?? this.#usual(operation)) as MediaOutput<O>))
        } catch (error) {
          finish(() => reject(error))
        }
      })
    })
  }

  onReport(listener: (report: PeerReport) => void): () => void {
    this.#reports.add(listener)
    return () => this.#reports.delete(listener)
  }

  onPresence(listener: (present: boolean) => void): () => void {
    this.#presences.add(listener)
    return () => this.#presences.delete(listener)
  }

  report(report: Partial<PeerReport> & { peer: string }): void {
    for (const listener of [...this.#reports]) listener({ connection: 'connected', flowing: true, moreCandidates: false, ...report })
  }

  setPresent(present: boolean): void {
    this.present = present
    for (const listener of [...this.#presences]) listener(present)
  }

  of(operation: MediaOperation, peer?: string): Asked[] {
    return this.asked.filter((asked) => asked.operation === operation && (peer === undefined || asked.peer === peer))
  }

  #usual(operation: MediaOperation): unknown {
    const version = this.asked.length
    if (operation === 'peer.offer') return { sdp: recordedSdp('offer', version), incomplete: false }
    if (operation === 'peer.answer') return { sdp: recordedSdp('answer', version), incomplete: false }
    if (operation === 'peer.dtmf') return { sent: true }
    if (operation === 'peer.stats') {
      return {
        connection: 'connected',
        codec: 'opus',
        packetsSent: 0,
        packetsReceived: 0,
        packetsLost: 0,
        energyReceived: 0,
        energySent: 0,
        jitter: null,
        roundTripTime: null,
      }
    }
    return {}
  }
}
