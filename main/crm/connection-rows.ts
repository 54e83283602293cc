/** The rep's connections as they are kept: everything but the token. */
import { z } from 'zod'
import type { CrmUser, Trouble } from '../../preload/contract'
import { trouble } from '../../preload/contract'
import type { Store } from '../store/store'
import type { CrmConfig } from './crm'

/** What is kept in `connections.config`. */
const kept = z.object({
  /** What the rep entered. */
  domain: z.string().default(''),
  /** The company's account, for reading. */
  account: z.string().default(''),
  /** The connector's own. */
  crm: z.record(z.string(), z.unknown()).default({}),
})

export interface ConnectionRow {
  id: string
  kind: string
  label: string
  domain: string
  account: string
  config: CrmConfig
  user: CrmUser | null
  callerId: boolean
  complete: boolean
  syncedAt: number | null
  trouble: Trouble | null
}

interface Columns {
  id: string
  kind: string
  label: string
  config: string
  user_id: string | null
  user_name: string | null
  user_email: string | null
  caller_id: 0 | 1
  complete: 0 | 1
  synced_at: number | null
  trouble: string | null
}

export class ConnectionRows {
  constructor(private readonly store: Store) {}

  all(): ConnectionRow[] {
    return this.store.db
      .prepare<[], Columns>(
        `SELECT id, kind, label, config, user_id, user_name, user_email, caller_id, complete, synced_at, trouble
         FROM connections ORDER BY position, id`,
      )
      .all()
      .map(rowOf)
  }

  /** Adds it at the end of the list, or replaces what was said of it. */
  keep({ id, kind, label, domain, account, config, user, callerId }: ConnectionRow): void {
    const values = [
      kind,
      label,
      JSON.stringify({ domain, account, crm: config }),
      user?.id ?? null,
      user?.name ?? null,
      user?.email ?? null,
    ]
    this.store.write(
      () =>
        this.store.db
          .prepare(
            `INSERT INTO connections (kind, label, config, user_id, user_name, user_email, caller_id, id, position)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT ifnull(max(position), 0) + 1 FROM connections))
             ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, label = excluded.label, config = excluded.config,
               user_id = excluded.user_id, user_name = excluded.user_name, user_email = excluded.user_email, caller_id = excluded.caller_id`,
          )
          .run(...values, callerId ? 1 : 0, id),
      { durable: true },
    )
  }

  /** How the last sync went. */
  synced(id: string, { complete, syncedAt, trouble }: Pick<ConnectionRow, 'complete' | 'syncedAt' | 'trouble'>): void {
    this.store.write(() =>
      this.store.db
        .prepare('UPDATE connections SET complete = ?, synced_at = ?, trouble = ? WHERE id = ?')
        .run(complete ? 1 : 0, syncedAt, trouble && JSON.stringify(trouble), id),
    )
  }
}

function rowOf(columns: Columns): ConnectionRow {
  const { user_id, user_name, user_email } = columns
  const config = kept.safeParse(json(columns.config)).data ?? kept.parse({})
  return {
    id: columns.id,
    kind: columns.kind,
    label: columns.label,
    domain: config.domain,
    account: config.account,
    config: config.crm,
    user: user_id === null ? null : { id: user_id, name: user_name ?? '', email: user_email },
    callerId: columns.caller_id === 1,
    complete: columns.complete === 1,
    syncedAt: columns.synced_at,
    trouble: trouble.safeParse(json(columns.trouble)).data ?? null,
  }
}

function json(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return null
  }
}
