/** One connection while the program runs: what it needs of the rest of main, and its own way to the CRM, budget and sync. */
import type { Connection, EventName, EventPayload, SyncProgress, Trouble } from '../../preload/contract'
import type { SecretStore } from '../hosts/host'
import type { Log } from '../log'
import type { Store } from '../store/store'
import type { Time } from '../time'
import { troubleOf } from '../trouble'
import { DailyBudget } from './budget'
import type { ConnectionRow } from './connection-rows'
import type { Counts } from './connections.jobs'
import { type Crm, type CrmConfig, CrmTrouble } from './crm'
import { PacedHttp, type SendHttp } from './http'
import { Sync } from './sync'

export interface ConnectionsNeeds {
  store: Store
  time: Time
  log: Log
  secrets: SecretStore
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void
  /** `Outgoing.request`. */
  send: SendHttp
  crmOf: (kind: string) => Crm | null
  /** Fakes that stand in for the live services, by kind. */
  origins: Readonly<Record<string, string>>
  /** The rep's country. */
  region: () => string
  syncMinutes: () => number
  /** A call rings or is on. */
  inCall: () => boolean
  /** A call rings here or there, or is just being answered. */
  callBegins?: () => boolean
  /** Cached records were changed. */
  changed: () => void
  /** Between looks for deletions, in ms; a day when absent. */
  sweepEveryMs?: number
  /** Until the first sync, in ms. */
  startAfterMs?: number
}

export const nothingCached: Counts = { contacts: 0, organizations: 0, deals: 0, leads: 0 }

/** Under which the secret store keeps a connection's token. */
export const tokenName = (id: string) => `crm-token:${id}`

export interface Live {
  row: ConnectionRow
  crm: Crm | null
  http: PacedHttp | null
  sync: Sync | null
  budget: DailyBudget | null
  status: Connection['status']
  progress: SyncProgress | null
  resumesAt: number | null
  counts: Counts
  /** The sync that runs. */
  running: { cancel: AbortController; over: Promise<void> } | null
  /** When the next one is due, wall ms; null: not by itself. */
  due: number | null
  /** What looking for changes costs. */
  usualCost: number
  /** Since when it has been put off for calls. */
  putOffSince: number | null
}

/** `keep`: the CRM has changed what is kept with the connection. `progressed`: its sync has come on. */
export function makeLive(
  row: ConnectionRow,
  needs: ConnectionsNeeds,
  on: { keep: (row: ConnectionRow) => void; progressed: () => void },
): Live {
  const { store, time, region, sweepEveryMs, callBegins } = needs
  const crm = needs.crmOf(row.kind)
  const live: Live = {
    row,
    crm,
    http: null,
    sync: null,
    budget: null,
    status: row.trouble ? (row.trouble.code === 'crm.refused' ? 'refused' : 'failed') : 'idle',
    progress: null,
    resumesAt: null,
    counts: nothingCached,
    running: null,
    due: null,
    usualCost: 0,
    putOffSince: null,
  }
  const useless = (trouble: Trouble): Live => ({ ...live, status: 'failed', row: { ...row, trouble } })
  if (!crm) return useless({ code: 'crm.unknownKind', params: {} })
  let origin: string
  try {
    origin = originOf(crm, row.domain, needs)
  } catch (error) {
    return useless(troubleOf(error))
  }
  const budget = new DailyBudget({ store, time, connectionId: row.id, daily: crm.pace.daily })
  const token = async () => {
    const kept = await needs.secrets.get(tokenName(row.id))
    if (kept === null) throw new CrmTrouble('crm.noToken', { crm: crm.name })
    return kept
  }
  live.budget = budget
  live.http = new PacedHttp({ crm, origin, token, send: needs.send, budget, time })
  live.sync = new Sync({
    store,
    time,
    connectionId: row.id,
    crm,
    http: live.http,
    budget,
    region,
    config: {
      get: () => live.row.config,
      keep: (config: CrmConfig) => {
        live.row = { ...live.row, config }
        on.keep(live.row)
      },
    },
    onProgress: (progress) => {
      live.progress = progress
      on.progressed()
    },
    ...(callBegins ? { callBegins } : {}),
    makeWay: () => live.due !== null && time.wall() >= live.due,
    ...(sweepEveryMs === undefined ? {} : { sweepEveryMs }),
  })
  return live
}

/** Where a connection's token goes, and nowhere else. Throws TroubleError `crm.badDomain`. */
export function originOf(crm: Crm, domain: string, { origins }: Pick<ConnectionsNeeds, 'origins'>): string {
  const real = crm.origin(domain)
  return origins[crm.kind] ?? real
}
