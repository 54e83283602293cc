import { describe, expect, it } from 'vitest'
import { preferring } from './codecs'

const offer = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 126',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10',
  'a=rtpmap:63 red/48000/2',
  'a=rtpmap:13 CN/8000',
  'a=rtpmap:126 telephone-event/8000',
  'a=sendrecv',
  '',
].join('\r\n')

describe('an offer in the order of the account', () => {
  it('names its codecs first, key tones behind them, and none that is not wanted', () => {
    const sdp = preferring(offer, ['PCMA', 'G722'])
    expect(sdp).toContain('\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8 9 63 13 126\r\n')
    expect(sdp).not.toMatch(/opus|a=fmtp:111/)
    expect(sdp).toContain('\r\na=rtpmap:126 telephone-event/8000\r\na=sendrecv\r\n')
  })

  it('goes by the name that a payload number has been given', () => {
    const renamed = offer
      .replace(' 0 8 13', ' 0 8 96 13')
      .replace('a=sendrecv', 'a=rtpmap:96 pcma/8000\r\na=rtpmap:8 SPEEX/8000\r\na=sendrecv')
    expect(preferring(renamed, ['PCMA'])).toContain(' 96 63 8 13 126\r\n')
  })

  it('is refused when nothing is left', () => {
    const one = offer.replace(' 111 63 9 0 8', ' 0')
    expect(() => preferring(one, ['opus'])).toThrow('media.noCommonCodec')
  })
})
