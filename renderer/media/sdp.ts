/**
 * Session descriptions on their way out and in: which candidates may leave this machine, whether a description has audio
 * at all, and holding back a far end's candidates until a call is answered. Text in, text out (RFC 8866, RFC 8839).
 */
import { MediaError } from './trouble'

interface Candidate {
  line: string
  protocol: string
  address: string
  port: string
  type: string
}

/** `a=candidate:foundation component protocol priority address port typ type …` (RFC 8839 §5.1). */
function candidateOf(line: string): Candidate | null {
  if (!line.startsWith('a=candidate:')) return null
  const [, , protocol, , address, port, , type] = line.split(' ')
  return protocol && address && port && type ? { line, protocol: protocol.toLowerCase(), address, port, type } : null
}

const isLoopback = (address: string) => /^127\.|^::1$|^::ffff:127\./i.test(address)
const isHidden = (address: string) => address.toLowerCase().endsWith('.local')

export function hasCandidate(sdp: string | undefined): boolean {
  return sdp !== undefined && /^a=candidate:/m.test(sdp)
}

/** A STUN or TURN server has told an address. */
export function hasServerCandidate(sdp: string): boolean {
  return /^a=candidate:.* typ (srflx|relay)/m.test(sdp)
}

/** Chromium hides addresses behind mDNS names until the microphone is allowed; no PBX can reach those. */
export function onlyHiddenCandidates(sdp: string): boolean {
  const candidates = lines(sdp)
    .map(candidateOf)
    .filter((candidate) => candidate !== null)
  return candidates.length > 0 && candidates.every((candidate) => isHidden(candidate.address))
}

/**
 * The local description as it may be sent: without TCP candidates (no PBX uses them), without loopback ones unless they
 * are wanted, and with a connection address that is one of those left.
 */
export function outgoing(sdp: string, loopback: boolean): string {
  const kept: Candidate[] = []
  const out = lines(sdp).filter((line) => {
    const candidate = candidateOf(line)
    if (!candidate) return !line.startsWith('a=candidate:')
    if (candidate.protocol !== 'udp' || (!loopback && isLoopback(candidate.address))) return false
    kept.push(candidate)
    return true
  })
  const best = defaultOf(kept)
  return join(best ? out.map((line) => withDefault(line, best)) : out)
}

/** The default candidate: the one most likely to be reached by who knows no ICE (RFC 8445 §5.1.4), IPv4 before IPv6. */
function defaultOf(candidates: readonly Candidate[]): Candidate | undefined {
  const rank = (candidate: Candidate) =>
    ['relay', 'srflx', 'host'].indexOf(candidate.type) * 4 +
    (isHidden(candidate.address) ? 3 : isLoopback(candidate.address) ? 2 : candidate.address.includes(':') ? 1 : 0)
  return candidates.toSorted((a, b) => rank(a) - rank(b))[0]
}

function withDefault(line: string, { address, port }: Candidate): string {
  const family = address.includes(':') ? 'IP6' : 'IP4'
  // A name is no address, and an IPv4 of zeros reads as «hold» to older servers; Chromium's own line is left as it is.
  if (isHidden(address)) return line
  if (line.startsWith('c=IN ')) return `c=IN ${family} ${address}`
  if (line.startsWith('m=audio ') && !line.startsWith('m=audio 0 ')) return line.replace(/^m=audio \d+/, `m=audio ${port}`)
  return line
}

/** Splits a far end's candidates off, for a call that is prepared but not yet answered: no check leaves before it is. */
export function withholdCandidates(sdp: string): { sdp: string; candidates: RTCIceCandidateInit[] } {
  const candidates: RTCIceCandidateInit[] = []
  let section = -1
  const rest = lines(sdp).filter((line) => {
    if (line.startsWith('m=')) section++
    if (line.startsWith('a=candidate:')) candidates.push({ candidate: line.slice(2), sdpMLineIndex: Math.max(0, section) })
    return !line.startsWith('a=candidate:') && line !== 'a=end-of-candidates'
  })
  return { sdp: join(rest), candidates }
}

/**
 * Throws `media.noAudio` for a description that offers or accepts none, `media.notEncrypted` for one without DTLS-SRTP
 * (RFC 5763): plain RTP, keys in the open (SDES), or no certificate's fingerprint.
 */
export function assertSound(sdp: string): void {
  const streams = [...sdp.matchAll(/^m=audio (\d+)\S* (\S+)/gm)].filter((match) => Number(match[1]) > 0)
  if (streams.length === 0) throw new MediaError('media.noAudio')
  for (const [, , profile = ''] of streams) {
    const plain = /^RTP\/(AVPF?|SAVP)$/i.test(profile)
    const promised = /^(UDP\/TLS\/RTP\/SAVPF?|RTP\/SAVPF)$/i.test(profile)
    if (plain || (promised && !/^a=fingerprint:\S+ \S/m.test(sdp))) throw new MediaError('media.notEncrypted', profile)
  }
}

/** An audio stream is accepted with a codec, not with key tones or comfort noise alone, which Chromium takes for one. */
export function hasCodec(sdp: string): boolean {
  const payloads = /^m=audio [1-9]\d* \S+ (.*)$/m.exec(sdp)?.[1]?.trim().split(' ') ?? []
  const tail = /^a=rtpmap:(\d+) (?:CN|telephone-event|red)\//gim
  const others = new Set([...sdp.matchAll(tail)].map((match) => match[1]))
  return payloads.some((payload) => !others.has(payload))
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'
const direction = /^a=(sendrecv|sendonly|recvonly|inactive)[ \t]*(?=\r?$)/m

/** Which way the first audio stream goes, as its describer sees it: RFC 8866 §6.7, the stream's own word before the session's. */
export function directionOf(sdp: string): Direction {
  const [session = '', ...streams] = sdp.split(/^(?=m=)/m)
  const audio = streams.find((stream) => /^m=audio [1-9]/.test(stream)) ?? ''
  return ((direction.exec(audio) ?? direction.exec(session))?.[1] ?? 'sendrecv') as Direction
}

/** The same with another direction, for a description of Chromium's, where each stream names its own. */
export function withDirection(sdp: string, wanted: Direction): string {
  return sdp
    .split(/^(?=m=)/m)
    .map((part) => (/^m=audio [1-9]/.test(part) ? part.replace(direction, `a=${wanted}`) : part))
    .join('')
}

/** The ICE user fragment, by which one sees whether setting a description began to gather anew. */
export function fragmentOf(sdp: string | undefined): string | null {
  return sdp?.match(/^a=ice-ufrag:(\S+)/m)?.[1] ?? null
}

function lines(sdp: string): string[] {
  return sdp.split(/\r\n|\n|\r/).filter((line) => line !== '')
}

function join(all: readonly string[]): string {
  return `${all.join('\r\n')}\r\n`
}
