/** What may be dialled. */
import { expect, it } from 'vitest'
import { targetUri } from './target'

it.each([
  ['600', 'sip:600@pbx.example'],
  ['+4681234567', 'sip:+4681234567@pbx.example'],
  ['*21*08123#', 'sip:*21*08123%23@pbx.example'],
  ['bob', 'sip:bob@pbx.example'],
  ['bob@other.example:5080', 'sip:bob@other.example:5080'],
  ['bob@[2001:db8::1]', 'sip:bob@[2001:db8::1]'],
])('%s is dialled as %s', (typed, uri) => {
  expect(targetUri(typed, 'pbx.example')).toBe(uri)
})

it.each([
  '',
  ' ',
  'a b',
  'a@b@c',
  'bob@',
  'bob@host/path',
  'bob@ho st',
  'x\r\nVia: y',
  'bob>;x',
  '<bob>',
  'bob@host?Replaces=x',
  '1'.repeat(200),
])('%j is refused', (typed) => {
  expect(() => targetUri(typed, 'pbx.example')).toThrow('call.badNumber')
})
