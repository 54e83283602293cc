/** `ringbook history`: the calls, newest first, to read or as JSON. */
import { historyFilter } from '../../preload/contract'
import { writeHistory } from '../calls/export'
import { isoWithOffset } from '../calls/export-format'
import { select } from '../calls/history'
import type { HistoryListInput } from '../calls/history.jobs'
import type { RecordRow } from '../calls/records'
import { displayNumber } from '../contacts/numbers'
import { words } from '../words'
import { type Call, type Command, textOf, withStore } from './command'
import { callDuration, phrase } from './phrases'

const pageSize = 500

export const historyCommand: Command = {
  options: { from: { type: 'string' }, to: { type: 'string' }, json: { type: 'boolean' } },
  takes: [],
  run: (call) =>
    withStore(call, async (store, country) => {
      const { terminal } = call
      const filter = filterOf(call)
      if (call.values.json) {
        const what = { filter, format: 'json' as const, raw: true, to: { fd: terminal.outFd } }
        await writeHistory({ jobs: store.jobs, clock: terminal.clock }, what, { signal: terminal.signal })
        return 0
      }
      const selection = select(filter, terminal.clock)
      let after: HistoryListInput['after'] = null
      for (;;) {
        const input: HistoryListInput = { selection, after, limit: pageSize }
        const rows = await store.jobs.run<RecordRow[]>('read', 'history.list', input, { signal: terminal.signal })
        if (after === null && rows.length === 0) terminal.err(`${words('cli', 'history.none')}\n`)
        terminal.out(rows.map((row) => `${line(row, country)}\n`).join(''))
        after = rows.at(-1) ?? null
        if (rows.length < pageSize) return 0
      }
    }),
}

/** `--from` and `--to`, whose days have been checked. */
export function filterOf(call: Call) {
  return historyFilter.parse({ from: textOf(call, 'from'), to: textOf(call, 'to') })
}

function line(row: RecordRow, country: string): string {
  const name = row.contactName ?? row.networkName
  const number = row.number === '' ? words('cli', 'lookup.withheld') : displayNumber(row.e164, row.number, country)
  const parts = [
    isoWithOffset(row.startedAt, row.utcOffset).slice(0, 16).replace('T', ' '),
    phrase('direction', row.direction).padEnd(8),
    (phrase('result', row.result) || '…').padEnd(18),
    (row.answeredAt === null ? '' : callDuration(row.talkMs)).padStart(7),
    [name, row.organization].filter((part) => part).join(', '),
    number,
    row.logState === 'draft' ? words('cli', 'history.unlogged') : phrase('outcome', row.outcome),
    (row.notes ?? '').replace(/\s+/g, ' '),
  ]
  return parts.join('  ').trimEnd()
}
