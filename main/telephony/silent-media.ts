/**
 * Media for a call without sound either way: a feature code that is dialled for the phone system alone. No page, no
 * microphone and no speaker take part; what is described can be agreed to and never connects.
 */
import { randomBytes } from 'node:crypto'
import type { MediaInput, MediaOperation, MediaOutput } from '../../preload/contract'
import { TroubleError } from '../trouble'
import type { MediaGateway } from './port'

export const silentMedia: MediaGateway = {
  present: true,
  async request<O extends MediaOperation>(operation: O, _input: MediaInput<O>): Promise<MediaOutput<O>> {
    const answers: Partial<Record<MediaOperation, () => unknown>> = {
      'peer.offer': () => ({ sdp: silentOffer(), incomplete: false }),
      'peer.remote': () => ({}),
      'peer.rollback': () => ({}),
      'peer.close': () => ({}),
    }
    const answer = answers[operation]
    if (!answer) throw new TroubleError('media.absent')
    return answer() as MediaOutput<O>
  },
  onReport: () => () => undefined,
  onStats: () => () => undefined,
  onPresence: () => () => undefined,
}

/** As a browser offers (RFC 8829), but inactive, without candidates, and with keys that nobody has. */
function silentOffer(): string {
  const fingerprint = [...randomBytes(32)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')
  return [
    'v=0',
    `o=- ${randomBytes(6).readUIntBE(0, 6)} 1 IN IP4 0.0.0.0`,
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 9 8 0',
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    `a=ice-ufrag:${randomBytes(4).toString('hex')}`,
    `a=ice-pwd:${randomBytes(16).toString('hex')}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    'a=setup:actpass',
    'a=mid:0',
    'a=inactive',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:9 G722/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:0 PCMU/8000',
    '',
  ].join('\r\n')
}
