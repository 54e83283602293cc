/** What the log must never hold, whoever hands it over. */
import { expect, test } from 'vitest'
import { createLog } from './log'
import { TroubleError } from './trouble'

test('an error is told by its code, without the numbers that it names', () => {
  let lines = ''
  const write = (line: string) => {
    lines += line
  }
  const log = createLog({ write }, 'info')
  log.warn({ err: new TroubleError('guard.refusedPremium', { number: '0900123456' }, 'why'), callId: 'a' }, 'not dialled')
  log.error({ err: new Error('outer', { cause: new TroubleError('call.badNumber', { number: '0900123456' }) }) }, 'odd')
  expect(lines).toContain('"code":"guard.refusedPremium"')
  expect(lines).toContain('why')
  expect(lines).not.toContain('0900123456')
})
