/** A number has become somebody's: the calls that were nobody's get their name. */
import type { Jobs } from '../store/store'
import type { ClaimInput } from './history.jobs'
import type { CallJournal } from './journal'
import type { CallLogs, Emit } from './logs'

export interface ClaimsNeeds {
  jobs: Jobs
  journal: CallJournal
  logs: CallLogs
  emit: Emit
}

export class CallClaims {
  constructor(private readonly needs: ClaimsNeeds) {}

  /** The contact was made from this call: the call and a log that names nobody are theirs. */
  call(callId: string, contactId: number): void {
    const { journal, logs, emit } = this.needs
    if (!journal.record(callId)) return
    journal.assign(callId, contactId)
    logs.link(callId, contactId)
    emit('history.changed', { callId })
  }

  /** Every call over one of these public numbers that was nobody's. Rejects with a TroubleError. */
  async numbers(e164: readonly string[], contactId: number): Promise<void> {
    if (e164.length === 0) return
    const { jobs, emit } = this.needs
    const claimed = await jobs.run<number>('write', 'history.claim', { e164: [...e164], contactId } satisfies ClaimInput)
    if (claimed > 0) emit('history.changed', { callId: null })
  }
}
