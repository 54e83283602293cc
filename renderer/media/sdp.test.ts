/** Descriptions as Chromium and PBXs write them. */
import { describe, expect, it } from 'vitest'
import { assertSound, directionOf, onlyHiddenCandidates, outgoing, withDirection, withholdCandidates } from './sdp'

const chromium = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'm=audio 46290 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 127.0.0.1',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:1 1 udp 2122194688 127.0.0.1 46290 typ host generation 0',
  'a=candidate:2 1 udp 2122063616 192.0.2.2 41427 typ host generation 0',
  'a=candidate:3 1 udp 2122267904 ::1 49987 typ host generation 0',
  'a=candidate:4 1 udp 2122134272 fd00::2 57175 typ host generation 0',
  'a=candidate:5 1 tcp 1518083840 192.0.2.2 9 typ host tcptype active generation 0',
  'a=ice-ufrag:abcd',
  'a=fingerprint:sha-256 1F:2E:3D',
  'a=sendrecv',
  '',
].join('\r\n')

describe('an outgoing description', () => {
  it('names no loopback address and no TCP candidate', () => {
    const sdp = outgoing(chromium, false)
    expect(sdp.match(/^a=candidate:\d/gm)).toEqual(['a=candidate:2', 'a=candidate:4'])
    expect(sdp).toContain('\r\nm=audio 41427 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 192.0.2.2\r\n')
  })

  it('keeps loopback for the practice line, behind the real address', () => {
    const sdp = outgoing(chromium, true)
    expect(sdp.match(/^a=candidate:\d/gm)).toHaveLength(4)
    expect(sdp).toContain('c=IN IP4 192.0.2.2')
  })

  it('stands by loopback where there is nothing else', () => {
    const only = outgoing(chromium.replace(/^a=candidate:[245].*\r\n/gm, ''), true)
    expect(only).toContain('m=audio 46290 ')
    expect(only).toContain('c=IN IP4 127.0.0.1')
  })

  it('prefers the address that is reached from outside', () => {
    const srflx = 'a=candidate:9 1 udp 1686052607 203.0.113.5 60000 typ srflx raddr 192.0.2.2 rport 41427\r\n'
    expect(outgoing(chromium + srflx, false)).toContain('c=IN IP4 203.0.113.5')
  })

  it('leaves a rejected audio line rejected', () => {
    expect(outgoing(chromium.replace('m=audio 46290', 'm=audio 0'), false)).toContain('m=audio 0 ')
  })
})

describe('an incoming description', () => {
  it('gives its candidates up until they are wanted', () => {
    const { sdp, candidates } = withholdCandidates(`${chromium}a=end-of-candidates\r\n`)
    expect(sdp).not.toMatch(/candidate/)
    expect(candidates).toHaveLength(5)
    expect(candidates[1]).toEqual({ candidate: 'candidate:2 1 udp 2122063616 192.0.2.2 41427 typ host generation 0', sdpMLineIndex: 0 })
  })

  it('must have audio', () => {
    expect(() => assertSound(chromium)).not.toThrow()
    for (const rubbish of ['', 'v=0\r\n', chromium.replace('m=audio', 'm=video'), chromium.replace('m=audio 46290', 'm=audio 0')]) {
      expect(() => assertSound(rubbish)).toThrow('media.noAudio')
    }
  })

  it('refuses sound that is not DTLS-SRTP, by name', () => {
    const without = chromium.replace(/^a=fingerprint.*\r\n/m, '')
    for (const open of [
      without,
      chromium.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'),
      chromium.replace('UDP/TLS/RTP/SAVPF', 'RTP/SAVP'),
      without.replace('UDP/TLS/RTP/SAVPF', 'RTP/SAVPF'),
      `${without.replace('UDP/TLS/RTP/SAVPF', 'RTP/SAVP')}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\n`,
    ]) {
      expect(() => assertSound(open)).toThrow('media.notEncrypted')
    }
    // What was said before RFC 7850 and RFC 8841 were.
    expect(() => assertSound(chromium.replace('UDP/TLS/RTP/SAVPF', 'RTP/SAVPF'))).not.toThrow()
  })

  it('reads and changes the direction, and nothing else', () => {
    expect(directionOf(chromium)).toBe('sendrecv')
    const held = withDirection(chromium, 'sendonly')
    expect(directionOf(held)).toBe('sendonly')
    expect(held).toBe(chromium.replace('a=sendrecv', 'a=sendonly'))
    expect(directionOf('v=0\r\na=inactive\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n')).toBe('inactive')
    expect(directionOf('v=0\nm=audio 0 x 0\na=inactive\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=recvonly \n')).toBe('recvonly')
  })

  it('shows when the browser hides this machine', () => {
    const hidden = 'a=candidate:1 1 udp 2113937152 5f2fa1f7-6bce.local 58910 typ host\r\n'
    expect(onlyHiddenCandidates(`v=0\r\n${hidden}`)).toBe(true)
    expect(onlyHiddenCandidates(chromium + hidden)).toBe(false)
    expect(onlyHiddenCandidates('v=0\r\n')).toBe(false)
  })
})
