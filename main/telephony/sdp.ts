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

/** Media that is over: RFC 3264 §6 and §8.2 let a stream be switched off by port 0, and never be taken out. */
const spent = 'm=audio 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n'

/**
 * The description with `count` streams before its own that are over. A peer on a new page cannot go on with the old one's
 * stream: its keys are gone, and Asterisk 22 does not begin new ones for a stream that it has (measured: neither with
 * `connection:new` nor with changed roles). A new stream beside the old has new keys everywhere.
 */
export function withSpentStreams(sdp: string, count: number): string {
  return count === 0 ? sdp : sdp.replace(/^m=/m, `${spent.repeat(count)}m=`)
}

/** How many streams at the beginning are over; 0 when none or all of them are. */
export function spentStreams(sdp: string): number {
  const media = sections(sdp).slice(1)
  const first = media.findIndex((section) => !/^m=\w+ 0 /.test(section))
  return Math.max(first, 0)
}

/** The description without its first `count` streams. */
export function withoutSpentStreams(sdp: string, count: number): string {
  if (count === 0) return sdp
  const [session = '', ...media] = sections(sdp)
  return [session, ...media.slice(count)].join('\r\n')
}
