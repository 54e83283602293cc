/**
 * The record of every call: written when it starts, when it is answered, a few times a second while it lasts, and at its
 * end, so that whatever happens to the program the call stands in History. It never waits and never throws: a store that
 * fails keeps what it was given and tries again, and the call goes on.
 */
import type { Statement } from 'better-sqlite3'
import type { CallRecord, CallResult, Trouble } from '../../preload/contract'
import type { Log } from '../log'
import type { Store } from '../store/store'
import { callSearchText } from './history-query'
import { type NumberDisplay, type RecordRow, recordColumns, recordTables, toRecord } from './records'

export interface StartedCall {
  id: string
  accountId: string
  accountLabel: string
  direction: 'incoming' | 'outgoing'
  number: string
  e164: string | null
  networkName: string | null
  calledLine: string | null
  contactId: number | null
  /** The deal or lead that it was started from. */
  dealId: number | null
  contactName: string | null
  organization: string | null
  startedAt: number
  utcOffset: number
  /** It asks somebody about another call, and has no form of its own. */
  consultation: boolean
}

/** Monotonic ms. */
export interface Durations {
  ringMs: number
  talkMs: number
}

export interface EndedCall extends Durations {
  result: CallResult
  trouble: Trouble | null
}

/** A call that was on when the program was ended. */
export interface InterruptedCall {
  id: string
  direction: 'incoming' | 'outgoing'
  answered: boolean
  contactId: number | null
  dealId: number | null
  consultation: boolean
}

export class CallJournal {
  /** Calls that are on, and ended ones that the disk has not taken yet: History's line as it should be. */
  readonly #kept = new Map<string, CallRecord & { e164: string | null }>()
  readonly #live = new Set<string>()
  readonly #reads = new Map<string, Statement<[string, number], RecordRow>>()
  readonly #insert: Statement<[Omit<StartedCall, 'consultation'> & { consultation: 0 | 1; search: string }]>
  /** The last write has not reached the disk. */
  #behind = false
  readonly #stop: () => void

  constructor(
    private readonly store: Store,
    private readonly display: NumberDisplay,
    private readonly log: Log,
  ) {
    this.#insert = store.db.prepare(
      `INSERT INTO calls (id, account_id, account_label, direction, number, e164, network_name, called_line, contact_id, deal_id, contact_name,
         organization, started_at, utc_offset, consultation, search)
       VALUES (@id, @accountId, @accountLabel, @direction, @number, @e164, @networkName, @calledLine,
         (SELECT id FROM contacts WHERE id = @contactId), (SELECT id FROM deals WHERE id = @dealId), @contactName, @organization, @startedAt, @utcOffset, @consultation, @search)
       ON CONFLICT (id) DO NOTHING`,
    )
    this.#stop = store.onTroubles((troubles) => {
      if (troubles.length === 0) this.#forgetWritten()
    })
  }

  begin({ consultation, ...started }: StartedCall): void {
    const { dealId: _, ...call } = started
    this.#live.add(call.id)
    const rest = {
      answeredAt: null,
      ringMs: 0,
      talkMs: 0,
      result: null,
      trouble: null,
      transferredTo: null,
      quality: null,
      recorded: false,
      log: null,
    }
    this.#kept.set(call.id, { ...call, ...rest, display: call.number ? this.display(call.number, call.e164) : '' })
    this.#write(() => this.#insert.run({ ...started, consultation: consultation ? 1 : 0, search: callSearchText(call) }))
  }

  /** A first record that is taken back: pages and statements are then warm for the first call of the day. */
  rehearse(): void {
    const nobody = { accountId: '', accountLabel: '', number: '', e164: null, networkName: null, calledLine: null }
    const call = {
      ...nobody,
      id: 'rehearsal',
      direction: 'incoming',
      contactId: null,
      dealId: null,
      contactName: null,
      organization: null,
    } as const
    const over = new Error('rehearsed')
    try {
      this.store.write(() => {
        this.#insert.run({ ...call, startedAt: 0, utcOffset: 0, consultation: 0, search: '' })
        throw over
      })
    } catch (err) {
      if (err !== over) this.log.error({ err }, 'the first record could not be rehearsed')
    }
  }

  answered(id: string, answeredAt: number, ringMs: number): void {
    this.#keep(id, { answeredAt, ringMs })
    this.#write(() =>
      this.store.db
        .prepare('UPDATE calls SET answered_at = ?, ring_ms = ? WHERE id = ? AND answered_at IS NULL')
        .run(answeredAt, ringMs, id),
    )
  }

  /** Keeps the durations of the calls that are on; cheap enough for several times a second. */
  beat(durations: readonly (Durations & { id: string })[]): void {
    for (const { id, ...call } of durations) this.#keep(id, call)
    // With a failing store only the latest values are worth keeping: one key for all of them.
    this.#write(() => {
      const update = this.store.db.prepare('UPDATE calls SET ring_ms = ?, talk_ms = ? WHERE id = ? AND result IS NULL')
      for (const call of durations) update.run(call.ringMs, call.talkMs, call.id)
    }, 'calls:beat')
  }

  end(id: string, call: EndedCall): void {
    this.#keep(id, call)
    this.#live.delete(id)
    const trouble = call.trouble && JSON.stringify(call.trouble)
    this.#write(() =>
      this.store.db
        .prepare('UPDATE calls SET result = ?, trouble = ?, ring_ms = ?, talk_ms = ? WHERE id = ?')
        .run(call.result, trouble, call.ringMs, call.talkMs, id),
    )
  }

  /** It was handed over, or sent elsewhere; `to` is for reading. */
  transferred(id: string, to: string): void {
    this.#keep(id, { transferredTo: to })
    this.#write(() => this.store.db.prepare('UPDATE calls SET transferred_to = ? WHERE id = ?').run(to, id))
  }

  /** Why it was refused, said anew: a flood counts on. */
  retold(id: string, why: Trouble): void {
    this.#keep(id, { trouble: why })
    this.#write(() => this.store.db.prepare('UPDATE calls SET trouble = ? WHERE id = ?').run(JSON.stringify(why), id), `calls:retold:${id}`)
  }

  /** The number dialled last, on any account; null when there is none. */
  lastDialled(): { number: string; accountId: string; contactId: number | null } | null {
    const dialled = [...this.#kept.values()].filter(({ direction, number }) => direction === 'outgoing' && number !== '')
    const latest = dialled.sort((a, b) => b.startedAt - a.startedAt)[0]
    if (latest) return { number: latest.number, accountId: latest.accountId, contactId: latest.contactId }
    try {
      return (
        (this.store.db
          .prepare(
            `SELECT number, account_id AS accountId, contact_id AS contactId FROM calls
             WHERE direction = 'outgoing' AND number <> '' ORDER BY started_at DESC LIMIT 1`,
          )
          .get() as { number: string; accountId: string; contactId: number | null } | undefined) ?? null
      )
    } catch (err) {
      this.log.error({ err }, 'the last number could not be read')
      return null
    }
  }

  /** A call's recording is at that path; null: there is none any more. */
  setRecording(id: string, path: string | null): void {
    this.#keep(id, { recorded: path !== null })
    this.#write(() => this.store.db.prepare('UPDATE calls SET recording = ? WHERE id = ?').run(path, id))
  }

  recordingOf(id: string): string | null {
    const row = this.store.db.prepare<[string], { recording: string | null }>('SELECT recording FROM calls WHERE id = ?').get(id)
    return row?.recording ?? null
  }

  /** The deal or lead that it was started from; null: none, or it cannot be read. */
  dealOf(id: string): number | null {
    try {
      const row = this.store.db.prepare<[string], { deal_id: number | null }>('SELECT deal_id FROM calls WHERE id = ?').get(id)
      return row?.deal_id ?? null
    } catch (err) {
      this.log.error({ err }, 'what a call was about could not be read')
      return null
    }
  }

  /** The rep said whose call it was; the names are copied as they are now. */
  assign(id: string, contactId: number | null): void {
    try {
      this.#assign(id, contactId)
    } catch (err) {
      this.log.error({ err }, 'whose call it was could not be recorded')
    }
  }

  #assign(id: string, contactId: number | null): void {
    const { db } = this.store
    const call = db
      .prepare('SELECT number, e164, network_name AS networkName, called_line AS calledLine FROM calls WHERE id = ?')
      .get(id) as Pick<StartedCall, 'number' | 'e164' | 'networkName' | 'calledLine'> | undefined
    const contact = db
      .prepare(
        'SELECT p.name AS contactName, o.name AS organization FROM contacts p LEFT JOIN organizations o ON o.id = p.organization_id WHERE p.id = ?',
      )
      .get(contactId) as Pick<StartedCall, 'contactName' | 'organization'> | undefined
    const names = contact ?? { contactName: null, organization: null }
    this.#keep(id, { contactId, ...names })
    const search = call ? callSearchText({ ...call, ...names }) : ''
    this.#write(() =>
      db
        .prepare(
          `UPDATE calls SET contact_id = (SELECT id FROM contacts WHERE id = @contactId), contact_name = @contactName,
             organization = @organization, search = @search
           WHERE id = @id AND contact_id IS NOT @contactId`,
        )
        .run({ id, contactId, search, ...names }),
    )
  }

  /** At start: every call without an end was interrupted. Its durations are the last that were kept. */
  interruptOpen(): InterruptedCall[] {
    const { db } = this.store
    const open = db
      .prepare(
        `SELECT id, direction, answered_at IS NOT NULL AS answered, contact_id AS contactId, deal_id AS dealId, consultation
         FROM calls WHERE result IS NULL`,
      )
      .all() as (Omit<InterruptedCall, 'answered' | 'consultation'> & { answered: number; consultation: number })[]
    if (open.length === 0) return []
    const trouble = JSON.stringify({ code: 'call.interrupted', params: {} } satisfies Trouble)
    this.#write(() => {
      const update = db.prepare("UPDATE calls SET result = 'interrupted', trouble = ? WHERE id = ? AND result IS NULL")
      for (const call of open) update.run(trouble, call.id)
    })
    return open.map((call) => ({ ...call, answered: call.answered === 1, consultation: call.consultation === 1 }))
  }

  /** History's line of one call, also of one that the disk has not taken yet; null when there is none. */
  record(id: string): CallRecord | null {
    return this.#joined(id, this.#read('c.id = ?', id, 1)[0] ?? null)
  }

  /** The calls whose logs wait, newest first. */
  waiting(limit: number): CallRecord[] {
    const waits = 'c.id IN (SELECT call_id FROM call_logs WHERE state = ?)'
    return this.#read(waits, 'draft', limit).map((row) => this.#joined(row.id, row) ?? row)
  }

  #joined(id: string, row: CallRecord | null): CallRecord | null {
    const kept = this.#kept.get(id)
    if (!kept || (row && !this.#behind)) return row
    const { e164: _, ...call } = kept
    return {
      ...call,
      contactName: row?.contactName ?? call.contactName,
      organization: row?.organization ?? call.organization,
      log: row?.log ?? null,
    }
  }

  close(): void {
    this.#stop()
  }

  #read(where: string, value: string, limit: number): CallRecord[] {
    const sql = `SELECT ${recordColumns} FROM ${recordTables} WHERE ${where} ORDER BY c.started_at DESC, c.id DESC LIMIT ?`
    try {
      const read = this.#reads.get(sql) ?? this.store.db.prepare<[string, number], RecordRow>(sql)
      this.#reads.set(sql, read)
      return read.all(value, limit).map((row) => toRecord(row, this.display))
    } catch (err) {
      this.log.error({ err }, 'calls could not be read')
      return []
    }
  }

  #keep(id: string, change: Partial<CallRecord>): void {
    const kept = this.#kept.get(id)
    if (kept) Object.assign(kept, change)
  }

  #forgetWritten(): void {
    this.#behind = false
    for (const id of this.#kept.keys()) if (!this.#live.has(id)) this.#kept.delete(id)
  }

  #write(change: () => void, key?: string): void {
    try {
      const written = this.store.write(change, key ? { key } : {})
      // The store writes in order: what waited before this is on the disk as well.
      if (written) this.#forgetWritten()
      else this.#behind = true
    } catch (err) {
      this.log.error({ err }, 'a call could not be recorded')
    }
  }
}
