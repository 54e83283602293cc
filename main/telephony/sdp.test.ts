/** Session descriptions, as far as main reads and changes them. */
import { describe, expect, it } from 'vitest'
import { chromiumSdp } from '../../test/fixtures/media-stand-in'
import { fromSlot, inSlot, offerProblem, slotOf, withoutLoopback } from './sdp'

const offer = chromiumSdp('offer')

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

describe('a stream among others that are over', () => {
  it('is put in its place, found there, and taken out again', () => {
    const second = inSlot(offer, { index: 1, count: 3 })
    expect(second.match(/^m=audio \d+/gm)).toEqual(['m=audio 0', 'm=audio 51472', 'm=audio 0'])
    expect(slotOf(second)).toEqual({ index: 1, count: 3 })
    expect(fromSlot(second, { index: 1, count: 3 })).toBe(offer)
    expect(second).not.toMatch(/\r\n\r\n/)
  })

  it('is not looked for in an ordinary description, nor where nothing is in use', () => {
    expect(slotOf(offer)).toBeNull()
    expect(slotOf(offer.replace('m=audio 51472', 'm=audio 0'))).toBeNull()
  })
})
