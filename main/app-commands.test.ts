/** What the composition's handlers promise of the snapshot. */
import { expect, test } from 'vitest'
import { commandHandlers, type Subjects } from './app-commands'
import { Bridge } from './bridge/bridge'
import { silentLog } from './log'

test('the snapshot carries the number of the last event that it contains, whatever happens while it is on its way', async () => {
  const bridge = new Bridge(silentLog())
  let accounts = 0
  let whenRead = -1
  const subjects = {
    bridge,
    profile: { folder: '/profile' },
    host: { kind: 'browser', ownChromium: true, secrets: { keeping: async () => ({ available: false, name: '', plainFileInUse: false }) } },
    accounts: {
      list: () => {
        whenRead = bridge.seq
        // In the very next turn an account changes, and says so.
        queueMicrotask(() => {
          accounts += 1
          bridge.emit('accounts.changed', [])
        })
        return Array.from({ length: accounts })
      },
    },
    calls: { live: () => [] },
    connections: { list: () => [] },
    colleagues: { states: () => [], voicemail: () => [] },
    logs: { drafts: () => [] },
    settings: { current: {} },
    media: { state: {}, handlers: {} },
    contacts: { samples: () => 'offered', count: () => 0 },
    trace: { since: null },
    troubles: () => [],
  } as unknown as Subjects
  const connection = bridge.connect('app', () => {})
  const { seq, state } = await commandHandlers(subjects)['app.snapshot']({}, connection)
  expect(bridge.seq).toBe(whenRead + 1)
  expect({ seq, accounts: state.accounts.length }).toEqual({ seq: whenRead, accounts: 0 })
})
