/** `ringbook export`: the calls as a file, or to standard output. */
import { resolve } from 'node:path'
import { writeHistory } from '../calls/export'
import { words } from '../words'
import { type Command, textOf, UsageError, withStore } from './command'
import { filterOf } from './history'

export const exportCommand: Command = {
  options: {
    format: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    out: { type: 'string' },
    raw: { type: 'boolean', default: false },
  },
  takes: [],
  run: (call) => {
    const { terminal } = call
    const format = textOf(call, 'format')
    if (format === undefined) throw new UsageError(words('cli', 'missing.format'))
    if (format === 'xlsx') {
      terminal.err(`${words('cli', 'noXlsx')}\n`)
      return Promise.resolve(1)
    }
    if (format !== 'csv' && format !== 'json' && format !== 'jsonl') throw new UsageError(words('cli', 'badFormat', { text: format }))
    const out = textOf(call, 'out')
    if (out === '') throw new UsageError('--out')
    const to = out === undefined ? { fd: terminal.outFd } : { path: resolve(out) }
    const filter = filterOf(call)
    return withStore(call, async (store) => {
      const what = { filter, format, raw: call.values.raw === true, to } as const
      const { calls } = await writeHistory({ jobs: store.jobs, clock: terminal.clock }, what, { signal: terminal.signal })
      terminal.err(`${out === undefined ? words('cli', 'export.calls', { calls }) : words('cli', 'export.done', { calls, file: out })}\n`)
      return 0
    })
  },
}
