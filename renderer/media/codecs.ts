/** Which codecs a stream may use, and in which order, by their RTP names (RFC 3551, RFC 7587). */
import { allCodecs, type Codec } from '../../preload/contract'
import { MediaError } from './trouble'

/** What belongs to no codec, or to Opus alone: redundancy for it, and key tones at its clock rate. */
const isOpusOnly = ({ mimeType, clockRate }: RTCRtpCodec) =>
  /\/red$/i.test(mimeType) || (/\/telephone-event$/i.test(mimeType) && clockRate === 48_000)

/** Sets the order; absent: all. What Chromium has beside codecs (key tones, comfort noise, redundancy) stays behind them. */
export function prefer(transceiver: RTCRtpTransceiver, codecs: readonly Codec[] = allCodecs): void {
  const known = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? []
  const nameOf = ({ mimeType }: RTCRtpCodec) => mimeType.replace(/^audio\//i, '').toLowerCase()
  const wanted = codecs.flatMap((name) => known.filter((codec) => nameOf(codec) === name.toLowerCase()))
  const isCodec = (codec: RTCRtpCodec) => allCodecs.some((name) => name.toLowerCase() === nameOf(codec))
  const rest = known.filter((codec) => !isCodec(codec) && (codecs.includes('opus') || !isOpusOnly(codec)))
  if (wanted.length > 0) transceiver.setCodecPreferences([...wanted, ...rest])
}

/** Payload types that need no `a=rtpmap` (RFC 3551 §6). */
const staticPayloads = new Map<string, Codec>([
  ['0', 'PCMU'],
  ['8', 'PCMA'],
  ['9', 'G722'],
])

/**
 * A far end's offer with the account's codecs in the account's order, without those it does not want: Chromium sends the first
 * codec of the offer, whatever order, and whatever codec alone, its answer names (measured in Chromium 156). Throws
 * `media.noCommonCodec` when none is left.
 */
export function preferring(offer: string, codecs: readonly Codec[]): string {
  const rank = (codec: Codec) => codecs.indexOf(codec)
  return offer
    .split(/^(?=m=)/m)
    .map((part) => {
      const line = /^(m=audio [1-9]\S* \S+) ([^\r\n]*)/.exec(part)
      if (!line) return part
      const codecOf = new Map<string, Codec>(staticPayloads)
      for (const [, payload = '', name = ''] of part.matchAll(/^a=rtpmap:(\d+) ([^/\s]+)\//gm)) {
        const codec = allCodecs.find((it) => it.toLowerCase() === name.toLowerCase())
        if (codec) codecOf.set(payload, codec)
        else codecOf.delete(payload)
      }
      const payloads = (line[2] ?? '').trim().split(/ +/)
      const ranked = payloads.map((payload) => ({ payload, codec: codecOf.get(payload) }))
      const wanted = ranked.flatMap(({ payload, codec }) => (codec && rank(codec) >= 0 ? [{ payload, at: rank(codec) }] : []))
      if (wanted.length === 0) throw new MediaError('media.noCommonCodec')
      const rest = ranked.filter(({ codec }) => !codec).map(({ payload }) => payload)
      const kept = [...wanted.toSorted((a, b) => a.at - b.at).map(({ payload }) => payload), ...rest]
      return part
        .replace(line[0], `${line[1]} ${kept.join(' ')}`)
        .replace(/^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) .*\r?\n/gm, (attribute, payload) => (kept.includes(payload) ? attribute : ''))
    })
    .join('')
}
