/** Descriptions as Chromium and PBXs write them. */
import { describe, expect, it } from 'vitest'
import { assertAudio, onlyHiddenCandidates, outgoing, withholdCandidates } from './sdp'

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
    expect(() => assertAudio(chromium)).not.toThrow()
    for (const rubbish of ['', 'v=0\r\n', chromium.replace('m=audio', 'm=video'), chromium.replace('m=audio 46290', 'm=audio 0')]) {
      expect(() => assertAudio(rubbish)).toThrow('media.noAudio')
    }
  })

  it('shows when the browser hides this machine', () => {
    const hidden = 'a=candidate:1 1 udp 2113937152 5f2fa1f7-6bce.local 58910 typ host\r\n'
    expect(onlyHiddenCandidates(`v=0\r\n${hidden}`)).toBe(true)
    expect(onlyHiddenCandidates(chromium + hidden)).toBe(false)
    expect(onlyHiddenCandidates('v=0\r\n')).toBe(false)
  })
})
