/** What phone systems give as the reason of a CANCEL. */
import { expect, it } from 'vitest'
import { takenElsewhere } from './reasons'

it.each([
  [['SIP;cause=200;text="Call completed elsewhere"'], true],
  [['SIP ;cause="200"'], true],
  [['Q.850;cause=16, SIP;cause=200'], true],
  [['Q.850;cause=26'], true],
  [['Q.850;cause=200', 'SIP;cause=26'], false],
  [['SIP;cause=2000'], false],
  [['SIP;cause=487'], false],
  [[], false],
  [['SIP;cause='.repeat(9_000)], false],
])('%j', (reasons, elsewhere) => {
  expect(takenElsewhere(reasons)).toBe(elsewhere)
})
