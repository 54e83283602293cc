/** What the rep has chosen above History, and the question to main that it stands for. */
import type { CallResult, Direction, HistoryFilter, Outcome } from '../../../preload/contract'
import { daysOf, type Range } from './days'

export interface Choice {
  text: string
  direction: Direction | ''
  result: CallResult | ''
  outcome: Outcome | ''
  range: Range
  /** Days of the `custom` range; empty: open on that side. */
  from: string
  to: string
  notLogged: boolean
}

export const everything: Choice = { text: '', direction: '', result: '', outcome: '', range: 'any', from: '', to: '', notLogged: false }

/** The filter for main; days are taken at `now`, in the machine's time zone. */
export function filterOf(choice: Choice, now: Date): HistoryFilter {
  const filter: HistoryFilter = { text: choice.text.trim().slice(0, 200) }
  if (choice.direction) filter.direction = choice.direction
  if (choice.result) filter.result = choice.result
  if (choice.outcome) filter.outcome = choice.outcome
  if (choice.notLogged) filter.notLogged = true
  if (choice.range === 'custom') {
    // Entered the wrong way round, the two days still mean the days between them.
    const [from, to] = choice.from && choice.to && choice.from > choice.to ? [choice.to, choice.from] : [choice.from, choice.to]
    if (from) filter.from = from
    if (to) filter.to = to
  } else if (choice.range !== 'any') Object.assign(filter, daysOf(choice.range, now))
  return filter
}

/** How many filters are in force, the text apart. */
export function countFilters(choice: Choice): number {
  const dates = choice.range === 'custom' ? choice.from !== '' || choice.to !== '' : choice.range !== 'any'
  return [choice.direction, choice.result, choice.outcome, choice.notLogged, dates].filter(Boolean).length
}
