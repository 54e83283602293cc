/** The little that main reads of session descriptions (RFC 8866): whether one can be answered, and whose addresses it names. */

/** Characters; real descriptions with a dozen candidates have about 3,000. */
export const maxSdp = 64 * 1024
const knownNames = /^(?:opus|PCMU|PCMA|G722)\//i
const knownPayloads = new Set(['0', '8', '9'])

/** Why no browser could answer this offer, in words for the log; null when it looks answerable. */
export function offerProblem(sdp: string): string | null {
  if (sdp.length > maxSdp) return `the description has ${sdp.length} characters`
  if (!/^v=0\r?\n/.test(sdp)) return 'the description is no SDP'
  const audio = sections(sdp).find((section) => /^m=audio /.test(section))
  if (!audio) return 'the offer has no audio'
  const line = /^m=audio (\d+)(?:\/\d+)? (\S+) ([^\r\n]+)/.exec(audio)
  if (!line) return "the offer's audio line is malformed"
  if (line[1] === '0') return "the offer's audio is switched off"
  if (!/^UDP\/TLS\/RTP\/SAVPF?$|^RTP\/SAVPF$/i.test(line[2] ?? '')) return "the offer's audio is not DTLS-SRTP"
  if (!/^a=fingerprint:/m.test(sdp)) return 'the offer has no DTLS fingerprint'
  const named = [...audio.matchAll(/^a=rtpmap:\d+ (\S+)/gm)].some((match) => knownNames.test(match[1] ?? ''))
  const known = (line[3] ?? '').split(' ').some((payload) => knownPayloads.has(payload))
  return named || known ? null : 'the offer has no codec that we have'
}

function sections(sdp: string): string[] {
  return sdp.split(/\r?\n(?=m=)/)
}

const loopbackAddress = /^(?:127\.|::1$|0:0:0:0:0:0:0:1$|::ffff:127\.)/i

/**
 * The same description without loopback candidates, for a server that is not on this machine's loopback. Where the default
 * address (`c=`) was one of them, the first UDP candidate left takes its place.
 */
export function withoutLoopback(sdp: string): string {
  const lines = sdp.split('\r\n').filter((line) => {
    const candidate = /^a=candidate:\S+ \d+ \S+ \d+ (\S+) /.exec(line)
    return !candidate || !loopbackAddress.test(candidate[1] ?? '')
  })
  const connection = lines.findIndex((line) => /^c=IN IP[46] /.test(line) && loopbackAddress.test(line.slice(9)))
  if (connection >= 0) {
    const left = lines.map((line) => /^a=candidate:\S+ 1 udp \d+ (\d[\d.]*) (\d+) /i.exec(line)).find((match) => match !== null)
    lines[connection] = `c=IN IP4 ${left?.[1] ?? '0.0.0.0'}`
    const media = lines.findIndex((line) => line.startsWith('m=audio '))
    if (media >= 0) lines[media] = (lines[media] ?? '').replace(/^m=audio \d+/, `m=audio ${left?.[2] ?? '9'}`)
  }
  return lines.join('\r\n')
}

export type StreamDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/** What the first stream in use says of its direction, else the session; `sendrecv` where nothing is said (RFC 8866 §6.7). */
export function directionOf(sdp: string): StreamDirection {
  const [session = '', ...streams] = sections(sdp)
  const stream = streams.find((part) => /^m=audio [1-9]/.test(part)) ?? ''
  const said = directionLine.exec(stream)?.[1] ?? directionLine.exec(session)?.[1] ?? 'sendrecv'
  if (said !== 'sendonly' && said !== 'recvonly' && said !== 'inactive') return 'sendrecv'
  return said
}
const directionLine = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m

/**
 * The far end holds us: it says so (RFC 3264 §8.4), or gives the address 0.0.0.0 as RFC 2543 did. With ICE that address only
 * says that candidates are to come (RFC 8840 §4.1.3), and means nothing.
 */
export function holds(sdp: string): boolean {
  const direction = directionOf(sdp)
  if (direction === 'sendonly' || direction === 'inactive') return true
  return /^c=IN IP4 0\.0\.0\.0\s*$/m.test(sdp) && !/^a=ice-ufrag:/m.test(sdp)
}

/** The same description from one who holds: nothing that is received would be heard. */
export function asHolder(sdp: string): string {
  return sdp.replace(/^a=sendrecv(?=\s*$)/gm, 'a=sendonly').replace(/^a=recvonly(?=\s*$)/gm, 'a=inactive')
}

/** A stream that is over: RFC 3264 §6 and §8.2 let it be switched off by port 0 and its place be used again, never be taken out. */
const spent = 'm=audio 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n'

/** Which of how many places for streams the one in use has. */
export interface Slot {
  index: number
  count: number
}
export const onlySlot: Slot = { index: 0, count: 1 }

/** A description of one stream, put in its place among streams that are over. */
export function inSlot(sdp: string, { index, count }: Slot): string {
  if (count === 1) return sdp
  const [session = '', stream = ''] = sections(sdp)
  return `${session}\r\n${spent.repeat(index)}${stream.trimEnd()}\r\n${spent.repeat(count - index - 1)}`
}

/** The one stream in use, without those that are over. */
export function fromSlot(sdp: string, { index, count }: Slot): string {
  if (count === 1) return sdp
  const [session = '', ...streams] = sections(sdp)
  return `${session}\r\n${(streams[index] ?? '').trimEnd()}\r\n`
}

/** Where an offer has its stream, when the first of them is over; null when it is an ordinary one. */
export function slotOf(offer: string): Slot | null {
  const streams = sections(offer).slice(1)
  const index = streams.findIndex((stream) => /^m=audio [1-9]/.test(stream))
  return index > 0 && /^m=audio 0 /.test(streams[0] ?? '') ? { index, count: streams.length } : null
}

/**
 * The same description with ICE credentials that no peer has: whoever answers it can connect to nothing. `ufrag` and
 * `password` as RFC 8839 §5.4 wants them, at least 4 and 22 characters.
 */
export function withForeignIce(sdp: string, ufrag: string, password: string): string {
  return sdp.replace(/^(a=ice-ufrag:)\S+/gm, `$1${ufrag}`).replace(/^(a=ice-pwd:)\S+/gm, `$1${password}`)
}
