/** Key tones as telephone-events (RFC 4733). */

/** Milliseconds; long enough for slow voice menus, short enough for fast typing. */
const TONE = 120
const GAP = 70

/** Queues the tones behind what is still being sent (`,` pauses 2 s). False: not negotiated, the caller sends INFO instead. */
export function sendTones(sender: RTCRtpSender | undefined, tones: string): boolean {
  const dtmf = sender?.dtmf
  if (!dtmf?.canInsertDTMF) return false
  dtmf.insertDTMF(dtmf.toneBuffer + tones, TONE, GAP)
  return true
}
