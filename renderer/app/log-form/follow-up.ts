/** The days that the log form offers for a follow-up, in the rep's own time zone. */

export type FollowUpChoice = 'none' | 'tomorrow' | 'in3days' | 'nextWeek' | 'pick'
export const followUpChoices: readonly FollowUpChoice[] = ['none', 'tomorrow', 'in3days', 'nextWeek', 'pick']

/** A local calendar day as `YYYY-MM-DD`. */
export function dayOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** The day `days` after today. */
export function dayAfter(today: Date, days: number): string {
  return dayOf(new Date(today.getFullYear(), today.getMonth(), today.getDate() + days, 12))
}

const offsets = { tomorrow: 1, in3days: 3, nextWeek: 7 } as const

/** The day that a choice means; null for none and for a day still to be picked. */
export function dueOn(choice: FollowUpChoice, today: Date): string | null {
  return choice === 'none' || choice === 'pick' ? null : dayAfter(today, offsets[choice])
}

/** The choice that stands for a day. */
export function choiceFor(due: string | null, today: Date): FollowUpChoice {
  if (due === null) return 'none'
  return (['tomorrow', 'in3days', 'nextWeek'] as const).find((choice) => dayAfter(today, offsets[choice]) === due) ?? 'pick'
}
