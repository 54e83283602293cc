/** History as screens ask for it: pages of records that match a filter, and one record by its call. Searching runs in the read worker. */
import type { CallRecord, HistoryFilter } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Jobs } from '../store/store'
import { TroubleError } from '../trouble'
import type { HistoryListInput } from './history.jobs'
import { type HistorySelection, placeText, readPlace } from './history-query'
import type { CallJournal } from './journal'
import { type NumberDisplay, type RecordRow, toRecord } from './records'

export interface HistoryNeeds {
  jobs: Jobs
  clock: Clock
  journal: CallJournal
  display: NumberDisplay
}

export class History {
  constructor(private readonly needs: HistoryNeeds) {}

  /** Newest first. Rejects with TroubleError `call.badPage`, or what the store says. */
  async list(input: { filter: HistoryFilter; cursor: string | null; limit: number }): Promise<{ rows: CallRecord[]; next: string | null }> {
    const { jobs, clock, display } = this.needs
    const job: HistoryListInput = {
      selection: select(input.filter, clock),
      after: input.cursor === null ? null : readPlace(input.cursor),
      // One more than asked for tells whether there is a next page.
      limit: input.limit + 1,
    }
    const rows = await jobs.run<RecordRow[]>('read', 'history.list', job)
    const page = rows.slice(0, input.limit)
    const last = page.at(-1)
    return { rows: page.map((row) => toRecord(row, display)), next: rows.length > page.length && last ? placeText(last) : null }
  }

  /** The latest calls that have to do with an organization or a deal, newest first. Rejects with what the store says. */
  async about(about: NonNullable<HistorySelection['about']>, limit: number): Promise<CallRecord[]> {
    const { jobs, display } = this.needs
    const selection: HistorySelection = { text: '', since: null, before: null, about }
    const rows = await jobs.run<RecordRow[]>('read', 'history.list', { selection, after: null, limit } satisfies HistoryListInput)
    return rows.map((row) => toRecord(row, display))
  }

  /** Throws TroubleError `call.unknown`. */
  get(callId: string): CallRecord {
    const record = this.needs.journal.record(callId)
    if (!record) throw new TroubleError('call.unknown')
    return record
  }
}

/** The filter with its days as instants where the rep is. */
export function select({ from, to, ...filter }: HistoryFilter, clock: Clock): HistorySelection {
  return {
    ...filter,
    since: from === undefined ? null : dayStart(from, 0, clock),
    before: to === undefined ? null : dayStart(to, 1, clock),
  }
}

/** When a day (or that many days later) begins where the rep is, also on days when the clocks change. */
function dayStart(day: string, later: number, clock: Clock): number {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  const utc = Date.UTC(year, month - 1, date + later)
  const guess = utc - clock.utcOffset(utc) * 60_000
  return utc - clock.utcOffset(guess) * 60_000
}
