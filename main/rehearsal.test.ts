/** Getting ready for the first call never stands in its way. */
import { expect, test } from 'vitest'
import { silentLog } from './log'
import { rehearse } from './rehearsal'

const needs = { busy: () => false, log: silentLog(), afterMs: 0 }

test('a step that fails does not keep the others', async () => {
  const done: string[] = []
  const fails = () => {
    throw new Error('no table')
  }
  await rehearse([fails, async () => Promise.reject(new Error('no page')), () => done.push('last')], needs)
  expect(done).toEqual(['last'])
})

test('nothing is done any more once a call is on', async () => {
  const done: string[] = []
  await rehearse([() => done.push('first'), () => done.push('second')], { ...needs, busy: () => done.length > 0 })
  expect(done).toEqual(['first'])
})
