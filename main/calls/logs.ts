/**
 * What reps say of their calls: drafts that survive anything once they are answered with their revision, and saved logs that
 * no late draft can undo. While the disk refuses, what was typed is held in memory, shown as it should be, and written later.
 */
import type { CallLog, CallLogFields, CallRecord, EventName, EventPayload, Outcome } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Log } from '../log'
import type { Store } from '../store/store'
import { TroubleError } from '../trouble'
import { logSearchText } from './history-query'
import type { CallJournal } from './journal'

export type Emit = <E extends EventName>(event: E, payload: EventPayload<E>) => void
export type LoggedCall = { record: CallRecord; log: CallLog }

/** Far more than anyone leaves waiting; the rest is found in History under «not logged». */
const maxDrafts = 100
const dayMs = 86_400_000

export interface LogNeeds {
  store: Store
  clock: Clock
  log: Log
  emit: Emit
  journal: CallJournal
}

export class CallLogs {
  /** Logs that the disk has not taken yet. */
  readonly #unwritten = new Map<string, CallLog>()
  /** This run's logs as they were last put, and the records of those that waited: for a database that can no longer be read. */
  readonly #known = new Map<string, CallLog>()
  readonly #records = new Map<string, CallRecord>()
  readonly #stop: () => void

  constructor(private readonly needs: LogNeeds) {
    this.#stop = needs.store.onTroubles((troubles) => {
      if (troubles.length === 0) this.#unwritten.clear()
    })
  }

  /** Opens the form of a call; does nothing when the call already has a log. */
  openDraft(callId: string, known: { outcome: Outcome | null; contactId: number | null; dealId: number | null }): void {
    if (this.#log(callId)) return
    this.#put({ callId, state: 'draft', notes: '', followUp: null, revision: 0, savedAt: null, ...known }, false)
    this.#changed(callId)
  }

  /** The call has become somebody's: a log that names nobody names them. */
  link(callId: string, contactId: number): void {
    const log = this.#log(callId)
    if (!log || log.contactId !== null) return
    this.#put({ ...log, contactId }, true)
    this.#changed(callId)
  }

  /**
   * The call has ended: its form says how long it was, and the likely outcome of one that the rep has not touched follows
   * how it went.
   */
  settle(callId: string, outcome: Outcome | null): void {
    const log = this.#log(callId)
    if (log?.state !== 'draft') return
    if (log.revision > 0 || log.outcome === outcome) return this.#emitDrafts()
    this.#put({ ...log, outcome }, false)
    this.#changed(callId)
  }

  /**
   * It is known by now whose call it is: a form that waits links to them. `chosen`: by the rep, whatever it was linked to; else only one
   * that is linked to nobody and that the rep has not touched.
   */
  follow(callId: string, link: { contactId: number; dealId: number | null }, chosen: boolean): void {
    try {
      const log = this.#log(callId)
      if (log?.state !== 'draft' || log.contactId === link.contactId || (!chosen && (log.contactId !== null || log.revision > 0))) return
      this.#put({ ...log, ...link }, false)
      this.#changed(callId)
    } catch (err) {
      this.needs.log.error({ err, callId }, 'whose call it was could not be put into its form')
    }
  }

  /**
   * Keeps what has been typed so far and answers with the revision that is now on disk. An older or equal revision is
   * ignored. A saved log stays saved, with the new text. Throws TroubleError `call.notKept` while the disk refuses.
   */
  draft(callId: string, fields: CallLogFields, revision: number): { revision: number } {
    const log = this.#needLog(callId)
    if (revision <= log.revision) {
      if (this.#unwritten.has(callId)) throw new TroubleError('call.notKept')
      return { revision: log.revision }
    }
    const state = log.state === 'saved' ? 'saved' : 'draft'
    const written = this.#put({ ...log, ...this.#existing(fields), state, revision }, true)
    this.#emitDrafts()
    if (!written) throw new TroubleError('call.notKept')
    return { revision }
  }

  /** Throws TroubleError `call.contactGone`, `call.dealGone`, `call.followUpBeforeCall`, `call.followUpTooFar` or `call.notKept`. */
  save(callId: string, fields: CallLogFields): CallLog {
    const log = this.#needLog(callId)
    const existing = this.#existing(fields)
    const revision = log.revision + 1
    const problem = this.#problem(callId, fields, existing)
    if (problem) {
      // What was typed is kept all the same.
      this.#put({ ...log, ...existing, state: log.state === 'saved' ? 'saved' : 'draft', revision }, true)
      this.#emitDrafts()
      throw problem
    }
    const saved: CallLog = { ...log, ...existing, state: 'saved', revision, savedAt: this.needs.clock.wall() }
    const written = this.#put(saved, true)
    this.needs.journal.assign(callId, saved.contactId)
    this.#changed(callId)
    if (!written) throw new TroubleError('call.notKept')
    return saved
  }

  /** Leaves the call without a log; what was typed stays with it. A saved log stays saved. */
  skip(callId: string): CallLog {
    const log = this.#needLog(callId)
    if (log.state === 'saved') return log
    const skipped: CallLog = { ...log, state: 'skipped', revision: log.revision + 1 }
    this.#put(skipped, true)
    this.#changed(callId)
    return skipped
  }

  /** The log of an earlier call, for editing; a call that has none gets a draft. */
  open(callId: string): LoggedCall {
    const record = this.#needRecord(callId)
    if (!this.#log(callId))
      this.openDraft(callId, { outcome: null, contactId: record.contactId, dealId: this.needs.journal.dealOf(callId) })
    return this.#joined(record, this.#needLog(callId))
  }

  /** Logs that wait for Save or Skip, newest call first. */
  drafts(): LoggedCall[] {
    const waiting = new Map(this.needs.journal.waiting(maxDrafts).map((record) => [record.id, record]))
    for (const id of this.#unwritten.keys()) {
      const record = waiting.get(id) ?? this.#record(id)
      if (record) waiting.set(id, record)
    }
    for (const [id, record] of waiting) this.#records.set(id, record)
    return [...waiting.values()]
      .flatMap((record) => {
        const log = this.#unwritten.get(record.id) ?? record.log
        return log?.state === 'draft' ? [this.#joined(record, log)] : []
      })
      .sort((a, b) => b.record.startedAt - a.record.startedAt || (a.record.id < b.record.id ? 1 : -1))
  }

  close(): void {
    this.#stop()
  }

  #joined(record: CallRecord, log: CallLog): LoggedCall {
    return { record: { ...record, log }, log }
  }

  #log(callId: string): CallLog | null {
    return this.#unwritten.get(callId) ?? this.needs.journal.record(callId)?.log ?? this.#known.get(callId) ?? null
  }

  #record(callId: string): CallRecord | null {
    return this.needs.journal.record(callId) ?? this.#records.get(callId) ?? null
  }

  #needRecord(callId: string): CallRecord {
    const record = this.#record(callId)
    if (!record) throw new TroubleError('call.unknown')
    return record
  }

  #needLog(callId: string): CallLog {
    const log = this.#log(callId)
    if (log) return log
    this.#needRecord(callId)
    throw new TroubleError('call.noLog')
  }

  /** The same fields with a contact or a deal that is gone left out, so that a draft is never refused for them. */
  #existing(fields: CallLogFields): CallLogFields {
    try {
      return this.#checked(fields)
    } catch (err) {
      this.needs.log.error({ err }, 'whom a log is about could not be looked up')
      return fields
    }
  }

  #checked(fields: CallLogFields): CallLogFields {
    const { db } = this.needs.store
    const contact = db.prepare('SELECT 1 FROM contacts WHERE id = ?').get(fields.contactId)
    const deal = db.prepare('SELECT 1 FROM deals WHERE id = ?').get(fields.dealId)
    return { ...fields, contactId: contact ? fields.contactId : null, dealId: deal ? fields.dealId : null }
  }

  #problem(callId: string, fields: CallLogFields, existing: CallLogFields): TroubleError | null {
    if (fields.contactId !== existing.contactId) return new TroubleError('call.contactGone')
    if (fields.dealId !== existing.dealId) return new TroubleError('call.dealGone')
    if (fields.followUp) {
      const record = this.#needRecord(callId)
      const callDay = new Date(record.startedAt + record.utcOffset * 60_000).toISOString().slice(0, 10)
      if (fields.followUp.dueOn < callDay) return new TroubleError('call.followUpBeforeCall')
      const furthest = new Date(this.needs.clock.wall() + 3653 * dayMs).toISOString().slice(0, 10)
      if (fields.followUp.dueOn > furthest) return new TroubleError('call.followUpTooFar')
    }
    return null
  }

  #put(log: CallLog, durable: boolean): boolean {
    const { store, clock } = this.needs
    const { followUp, ...fields } = log
    this.#known.set(log.callId, log)
    const row = {
      ...fields,
      followUpKind: followUp?.kind ?? null,
      followUpDue: followUp?.dueOn ?? null,
      updatedAt: clock.wall(),
      search: logSearchText(log.notes),
    }
    const written = store.write(
      () =>
        store.db
          .prepare(
            `INSERT INTO call_logs (call_id, state, outcome, notes, follow_up_kind, follow_up_due, contact_id, deal_id, revision, updated_at, saved_at, search)
             VALUES (@callId, @state, @outcome, @notes, @followUpKind, @followUpDue, (SELECT id FROM contacts WHERE id = @contactId),
               (SELECT id FROM deals WHERE id = @dealId), @revision, @updatedAt, @savedAt, @search)
             ON CONFLICT (call_id) DO UPDATE SET state = excluded.state, outcome = excluded.outcome, notes = excluded.notes,
               follow_up_kind = excluded.follow_up_kind, follow_up_due = excluded.follow_up_due, contact_id = excluded.contact_id,
               deal_id = excluded.deal_id, revision = excluded.revision, updated_at = excluded.updated_at, saved_at = excluded.saved_at, search = excluded.search
             WHERE excluded.revision >= call_logs.revision`,
          )
          .run(row),
      { durable, key: `log:${log.callId}` },
    )
    // The store writes in order: what waited before this is on the disk as well.
    if (written) this.#unwritten.clear()
    else this.#unwritten.set(log.callId, log)
    return written
  }

  #changed(callId: string): void {
    this.#emitDrafts()
    this.needs.emit('history.changed', { callId })
  }

  #emitDrafts(): void {
    this.needs.emit('drafts.changed', this.drafts())
  }
}
