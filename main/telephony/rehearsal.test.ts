/** The rehearsed calls come to be: one that did not would go unnoticed, because the rep's own call then does its work. */
import { expect, test } from 'vitest'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { rehearseCalls } from './rehearsal'

test('a call out and a call in are answered and hung up', async () => {
  await expect(rehearseCalls({ clock: systemClock, log: silentLog() })).resolves.toBeUndefined()
})
