/** What people type and paste into a dial field. */
import { expect, test } from 'vitest'
import { dialTarget } from './dial-target'

test.each([
  ['600', '600'],
  ['+46 8-123 45 67', '+4681234567'],
  ['+46 (0)8 123 45 67', '+4681234567'],
  ['0046 (0)8 123', '00468123'],
  ['(02) 9876 5432', '0298765432'],
  ['\u202a+49\u00a030\u2011123\u202c', '+4930123'],
  ['tel:+1-555-0100;ext=5', '+15550100'],
  ['callto:600', '600'],
  ['sip:anna@pbx.example', 'anna@pbx.example'],
  ['anna', 'anna'],
  ['600@pbx.example:5060', '600@pbx.example:5060'],
  ['*97#', '*97#'],
  ['０８１２３', '08123'],
  ['٠١٢', '012'],
])('%s is dialled as %s', (typed, target) => expect(dialTarget(typed)).toBe(target))

test.each(['', '   ', 'Anna Björk', 'a@b@c', 'x@', '@host', 'a b', 'user@host/path', '<script>', '+', '1'.repeat(60)])(
  '%j is refused',
  (typed) => expect(() => dialTarget(typed)).toThrow('call.badNumber'),
)
