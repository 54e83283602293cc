/** Which codecs a stream may use, and in which order, by their RTP names (RFC 3551, RFC 7587). */
import { allCodecs, type Codec } from '../../preload/contract'

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
