/** At the start of main: what an earlier run left without an end, and getting ready for the first call. */
import { likelyOutcome } from './call-result'
import type { CallJournal } from './journal'
import type { CallLogs } from './logs'

/**
 * Ends every call that was on when the program was, as interrupted, and opens the form of those that were answered or
 * placed, but for consultations. Answers with their number. To be called once, before the first call of this run.
 */
export function recoverInterrupted(journal: CallJournal, logs: CallLogs): number {
  const interrupted = journal.interruptOpen()
  journal.rehearse()
  for (const call of interrupted) {
    if (call.consultation || (!call.answered && call.direction === 'incoming')) continue
    const { contactId, dealId } = call
    logs.openDraft(call.id, { outcome: likelyOutcome('interrupted', call.answered, null), contactId, dealId })
  }
  return interrupted.length
}
