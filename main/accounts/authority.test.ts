/** The certificates of an account's own authority, as they are pasted. */
import { describe, expect, it } from 'vitest'
import { privateAuthority } from '../../test/fixtures/certificates'
import { readAuthority } from './authority'

const authority = privateAuthority()
const now = Date.now()

describe('the certificates of an authority', () => {
  it('are taken without what stands around them, one or several, and none is none', () => {
    const other = privateAuthority().cert
    expect(readAuthority('', now)).toBe('')
    expect(readAuthority(' \n ', now)).toBe('')
    const both = readAuthority(`Bag Attributes\n ${authority.cert.replaceAll('\n', '\r\n')}\nsubject=/CN=x\n${other}`, now)
    expect(both.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    expect(both).not.toMatch(/Bag|subject|\r/)
    expect(readAuthority(both, now)).toBe(both)
  })

  it.each([
    ['words', 'please trust us', 'account.authorityUnreadable'],
    ['a cut one', authority.cert.slice(0, 200), 'account.authorityUnreadable'],
    ['a spoilt one', authority.cert.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAAAAAAAAAAAAAAAAAA'), 'account.authorityUnreadable'],
    ['a private key', authority.issue('DNS:x').key, 'account.authorityHasKey'],
    ['a key beside its certificate', authority.cert + authority.issue('DNS:x').key, 'account.authorityHasKey'],
    ['a request', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----', 'account.authorityUnreadable'],
    ['a hundred of them', authority.cert.repeat(100), 'account.authorityUnreadable'],
  ])('are refused when they are %s', (_, text, code) => {
    expect(() => readAuthority(text, now)).toThrow(code)
  })

  it('are refused outside of their time, with their name and the day', () => {
    const tenYears = 10 * 366 * 86_400_000
    const params = { name: 'Ringbook test authority', day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) }
    const refusal = (at: number) => {
      try {
        return readAuthority(authority.cert, at)
      } catch (error) {
        return (error as { trouble: unknown }).trouble
      }
    }
    expect(refusal(now + tenYears)).toEqual({ code: 'account.authorityExpired', params })
    expect(refusal(now - 86_400_000)).toEqual({ code: 'account.authorityNotYet', params })
  })
})
