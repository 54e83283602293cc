/** Session descriptions, as far as main reads and changes them. */
import { describe, expect, it } from 'vitest'
import { recordedSdp } from '../../test/fixtures/media-stand-in'
import { offerProblem, spentStreams, withoutLoopback, withoutSpentStreams, withSpentStreams } from './sdp'

const offer = recordedSdp('offer')

it('an offer of a browser is answerable, in any order of its lines’ ends', () => {
  expect(offerProblem(offer)).toBeNull()
  expect(offerProblem(offer.replaceAll('\r\n', '\n'))).toBeNull()
})

describe('loopback candidates', () => {
  it('are taken out, and nothing else', () => {
    const without = withoutLoopback(offer)
    expect(without).not.toMatch(/^a=candidate.*(127\.0\.0\.1|::1)/m)
    expect(without.split('\r\n')).toHaveLength(offer.split('\r\n').length - 2)
  })

  it('leave the first other address as the default where they were it', () => {
    const without = withoutLoopback(offer.replace('c=IN IP4 10.77.0.1', 'c=IN IP4 127.0.0.1').replace('m=audio 51472', 'm=audio 58633'))
    expect(without).toContain('c=IN IP4 10.77.0.1')
    expect(without).toContain('m=audio 51472 ')
  })

  it('that were all there was leave none', () => {
    const alone = offer.replace(/^a=candidate:.* 10\.77.*\r\n/m, '').replace('c=IN IP4 10.77.0.1', 'c=IN IP4 127.0.0.1')
    expect(withoutLoopback(alone)).toContain('c=IN IP4 0.0.0.0')
  })
})

describe('streams that are over', () => {
  it('stand before the one in use, and can be taken off again', () => {
    const second = withSpentStreams(offer, 2)
    expect(second.match(/^m=audio \d+/gm)).toEqual(['m=audio 0', 'm=audio 0', 'm=audio 51472'])
    expect(spentStreams(second)).toBe(2)
    expect(withoutSpentStreams(second, 2)).toBe(offer)
  })

  it('are none in an ordinary description, nor where nothing is in use', () => {
    expect(spentStreams(offer)).toBe(0)
    expect(spentStreams(offer.replace('m=audio 51472', 'm=audio 0'))).toBe(0)
  })
})
