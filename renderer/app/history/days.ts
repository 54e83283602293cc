/** Calendar days of calls: where the rep was when the call began, and the day ranges that History filters by. */
import type { CallRecord } from '../../../preload/contract'

/** The day, `YYYY-MM-DD`, on which a call began where the rep was then. */
export function dayOfCall(call: Pick<CallRecord, 'startedAt' | 'utcOffset'>): string {
  return new Date(call.startedAt + call.utcOffset * 60_000).toISOString().slice(0, 10)
}

/** Noon of a day on this machine's clock: an instant that formats as that day in every time zone change. */
export function noonOf(day: string): number {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date, 12).getTime()
}

/** A moment as this machine's calendar day, `YYYY-MM-DD`. */
export function dayOf(moment: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`
}

export const ranges = ['any', 'today', 'yesterday', 'week', 'month', 'custom'] as const
export type Range = (typeof ranges)[number]

/** First and last day of a named range; `week` and `month` are the last 7 and 30 days with today. */
export function daysOf(range: Exclude<Range, 'any' | 'custom'>, now: Date): { from: string; to: string } {
  const back = (days: number) => dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - days))
  const today = back(0)
  switch (range) {
    case 'today':
      return { from: today, to: today }
    case 'yesterday':
      return { from: back(1), to: back(1) }
    case 'week':
      return { from: back(6), to: today }
    case 'month':
      return { from: back(29), to: today }
  }
}
