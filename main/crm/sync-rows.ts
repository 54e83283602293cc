/** How far a sync is, as it is kept: one row for each kind of record, which outlives a kill at any moment. */
import type { SyncObject } from '../../preload/contract'
import type { Store } from '../store/store'
import type { CrmRun } from './crm'

export interface SyncRow {
  mode: CrmRun['mode']
  /** The next page of the run. */
  cursor: string | null
  watermark: string | null
  done: number
  total: number | null
  finished: 0 | 1
  /** Of a sweep that waits; '': its pages are through, and what it has not met goes after the next changes. */
  sweep: string | null
  swept_at: number | null
}

export class SyncRows {
  constructor(
    private readonly store: Store,
    private readonly connectionId: string,
  ) {}

  get(object: SyncObject): SyncRow | null {
    return (
      this.store.db
        .prepare<[string, string], SyncRow>(
          'SELECT mode, cursor, watermark, done, total, finished, sweep, swept_at FROM sync_cursors WHERE connection_id = ? AND object = ?',
        )
        .get(this.connectionId, object) ?? null
    )
  }

  /** A run begins at its first page. */
  begin(object: SyncObject, mode: CrmRun['mode'], cursor: string, now: number): void {
    this.store.write(() =>
      this.store.db
        .prepare(
          `INSERT INTO sync_cursors (connection_id, object, mode, cursor, updated_at) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (connection_id, object) DO UPDATE
           SET mode = excluded.mode, cursor = excluded.cursor, next_watermark = NULL, done = 0, total = NULL, finished = 0,
             updated_at = excluded.updated_at`,
        )
        .run(this.connectionId, object, mode, cursor, now),
    )
  }

  /** There was nothing to fetch. */
  skip(object: SyncObject, now: number): void {
    this.store.write(() =>
      this.store.db
        .prepare(
          `INSERT INTO sync_cursors (connection_id, object, mode, finished, swept_at, updated_at) VALUES (?, ?, 'full', 1, ?, ?)
           ON CONFLICT (connection_id, object) DO UPDATE SET finished = 1, cursor = NULL, updated_at = excluded.updated_at`,
        )
        .run(this.connectionId, object, now, now),
    )
  }

  /** What has been met is known; what has not goes after the next changes (`sweep` ''), or the sweep goes on later from a page. */
  park(object: SyncObject, sweep: string): void {
    this.#update(object, "mode = 'changes', cursor = NULL, finished = 1, sweep = ?", sweep)
  }

  /** The sweep is over and what it has not met is gone. */
  swept(object: SyncObject, now: number): void {
    this.#update(object, 'sweep = NULL, swept_at = ?', now)
  }

  /** The run is given up: the next one begins anew. */
  restart(object: SyncObject): void {
    this.#update(object, 'cursor = ?, done = 0, total = NULL', null)
  }

  /** A new sweep over these objects, all or none, each from its first page: one more pass. */
  beginSweep(sweeps: ReadonlyMap<SyncObject, string>, rest: readonly SyncObject[], now: number): void {
    this.store.write(() => {
      this.store.db.prepare('UPDATE connections SET pass = pass + 1 WHERE id = ?').run(this.connectionId)
      for (const [object, cursor] of sweeps) this.#set(object, 'sweep = ?', cursor)
      for (const object of rest) this.#set(object, 'swept_at = ?', now)
    })
  }

  /** The number of the pass that runs or ran last; the first is 1. */
  pass(): number {
    const pass = () =>
      this.store.db.prepare<[string], number>('SELECT pass FROM connections WHERE id = ?').pluck().get(this.connectionId) ?? 0
    if (pass() === 0)
      this.store.write(() => this.store.db.prepare('UPDATE connections SET pass = 1 WHERE id = ? AND pass = 0').run(this.connectionId))
    return Math.max(1, pass())
  }

  #update(object: SyncObject, change: string, value: string | number | null): void {
    this.store.write(() => this.#set(object, change, value))
  }

  #set(object: SyncObject, change: string, value: string | number | null): void {
    this.store.db.prepare(`UPDATE sync_cursors SET ${change} WHERE connection_id = ? AND object = ?`).run(value, this.connectionId, object)
  }
}
