/**
 * Keeps what is typed into log forms: sends each change to main at once or, while typing goes on, at least every 150 ms,
 * with a growing revision. Holds the rep's own text until main has it, whatever events arrive meanwhile.
 */
import type { CallLogFields, Trouble } from '../../../preload/contract'

/** Between two sends of one log, ms; leaves 100 ms of the promised 250 for the way to the disk. */
export const keepEveryMs = 150
/** After a failure it is tried again by itself, ms. */
export const retryAfterMs = 3000

export interface KeptDraft {
  fields: CallLogFields
  /** The last revision that was sent or received. */
  revision: number
  /** `kept`: main has all of it. `keeping`: on its way. `failed`: main refused or is away; `trouble` says why. */
  status: 'kept' | 'keeping' | 'failed'
  trouble: Trouble | null
}
interface Entry extends KeptDraft {
  /** There are changes that have not been sent. */
  dirty: boolean
  /** The last revision that main confirmed. */
  confirmed: number
  timer: ReturnType<typeof setTimeout> | null
}
/** What outlives a reload when main could not be reached before it. */
export type Leftovers = Record<string, { fields: CallLogFields; revision: number }>

export class DraftKeeper {
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<() => void>()
  readonly #snapshots = new Map<string, KeptDraft>()
  #leftovers: Leftovers

  constructor(
    readonly send: (callId: string, fields: CallLogFields, revision: number) => Promise<{ revision: number }>,
    readonly troubleOf: (error: unknown) => Trouble,
    leftovers: Leftovers = {},
  ) {
    this.#leftovers = { ...leftovers }
  }

  /** What the form shows; null until the log is known. The object is the same until something changes. */
  get(callId: string): KeptDraft | null {
    return this.#snapshots.get(callId) ?? null
  }
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /**
   * What main says of the waiting logs. Fields that are being edited here win over an older or equal revision; another
   * window's newer revision is taken only when nothing of ours is unsent. Logs no longer there are forgotten.
   */
  reconcile(logs: readonly { callId: string; fields: CallLogFields; revision: number }[]): void {
    const present = new Set<string>()
    for (const { callId, fields, revision } of logs) {
      present.add(callId)
      const entry = this.#entries.get(callId)
      if (!entry) {
        this.#entries.set(callId, { fields, revision, confirmed: revision, status: 'kept', trouble: null, dirty: false, timer: null })
        const left = this.#leftovers[callId]
        delete this.#leftovers[callId]
        this.#changed(callId)
        if (left && left.revision > revision) this.edit(callId, left.fields)
      } else if (revision > entry.revision) {
        const unsent = entry.dirty || entry.confirmed < entry.revision
        entry.revision = revision
        if (unsent) {
          entry.dirty = true
          this.#schedule(callId, entry)
        } else {
          entry.fields = fields
          entry.confirmed = revision
        }
        this.#changed(callId)
      } else if (revision > entry.confirmed) {
        entry.confirmed = revision
      } else if (revision === entry.revision && !entry.dirty && entry.confirmed === revision && !sameFields(entry.fields, fields)) {
        // Main filled something in by itself (an outcome at the end of the call) without counting it as a change of ours.
        entry.fields = fields
        this.#changed(callId)
      }
    }
    for (const callId of [...this.#entries.keys()]) if (!present.has(callId)) this.forget(callId)
  }

  /** The rep changed something. */
  edit(callId: string, change: Partial<CallLogFields>): void {
    const entry = this.#entries.get(callId)
    if (!entry) return
    entry.fields = { ...entry.fields, ...change }
    entry.dirty = true
    this.#changed(callId)
    this.#schedule(callId, entry)
  }

  /** Sends everything unsent now: before Save, when the form goes, when the page goes. */
  flush(only?: string): void {
    for (const [callId, entry] of this.#entries) {
      if (entry.dirty && (only === undefined || only === callId)) this.#sendNow(callId, entry)
    }
  }
  /** Tries again what failed. */
  retry(): void {
    for (const [callId, entry] of this.#entries) {
      if (entry.status === 'failed') {
        entry.dirty = true
        this.#sendNow(callId, entry)
      }
    }
  }
  /** The log is saved, skipped or gone. */
  forget(callId: string): void {
    const entry = this.#entries.get(callId)
    if (entry?.timer) clearTimeout(entry.timer)
    this.#entries.delete(callId)
    this.#snapshots.delete(callId)
    for (const listener of this.#listeners) listener()
  }
  /** What main has not confirmed yet. */
  leftovers(): Leftovers {
    const left: Leftovers = { ...this.#leftovers }
    for (const [callId, entry] of this.#entries) {
      if (entry.dirty || entry.confirmed < entry.revision) left[callId] = { fields: entry.fields, revision: entry.revision + 1 }
    }
    return left
  }

  #schedule(callId: string, entry: Entry): void {
    // A timer that runs means that something was sent less than keepEveryMs ago; it will send the rest.
    if (!entry.timer) this.#sendNow(callId, entry)
  }

  #sendNow(callId: string, entry: Entry): void {
    if (entry.timer) clearTimeout(entry.timer)
    entry.timer = setTimeout(() => {
      entry.timer = null
      if (entry.dirty && this.#entries.get(callId) === entry) this.#sendNow(callId, entry)
    }, keepEveryMs)
    entry.dirty = false
    const revision = ++entry.revision
    if (entry.status === 'kept') {
      entry.status = 'keeping'
      this.#changed(callId)
    }
    this.send(callId, entry.fields, revision).then(
      (answer) => {
        if (this.#entries.get(callId) !== entry) return
        entry.confirmed = Math.max(entry.confirmed, Math.min(answer.revision, revision))
        if (answer.revision > entry.revision) {
          // Another window got ahead; what is typed here is what the rep sees, so it is sent again on top.
          entry.revision = answer.revision
          entry.dirty = true
          this.#schedule(callId, entry)
          return
        }
        if (!entry.dirty && entry.confirmed >= entry.revision) {
          entry.status = 'kept'
          entry.trouble = null
          this.#changed(callId)
        }
      },
      (error) => {
        if (this.#entries.get(callId) !== entry || revision < entry.revision) return
        entry.status = 'failed'
        entry.trouble = this.troubleOf(error)
        this.#changed(callId)
        setTimeout(() => {
          if (this.#entries.get(callId) !== entry || entry.status !== 'failed' || entry.revision !== revision) return
          entry.dirty = true
          this.#sendNow(callId, entry)
        }, retryAfterMs)
      },
    )
  }

  #changed(callId: string): void {
    const entry = this.#entries.get(callId)
    if (entry) {
      const { fields, revision, status, trouble } = entry
      this.#snapshots.set(callId, { fields, revision, status, trouble })
    }
    for (const listener of this.#listeners) listener()
  }
}

function sameFields(a: CallLogFields, b: CallLogFields): boolean {
  return (
    a.outcome === b.outcome &&
    a.notes === b.notes &&
    a.contactId === b.contactId &&
    a.dealId === b.dealId &&
    a.followUp?.kind === b.followUp?.kind &&
    a.followUp?.dueOn === b.followUp?.dueOn
  )
}
