/** Where a person looks at a record: the CRM's own page of it, on the CRM's own site and nowhere else. */
import type { Database, Statement } from 'better-sqlite3'
import type { DealKind } from '../../preload/contract'
import type { Crm, CrmConfig } from './crm'

export type RecordType = 'contact' | 'organization' | DealKind

export class RecordPages {
  readonly #connection: Statement<[string], { kind: string; config: string }>

  constructor(
    db: Database,
    private readonly crmOf: (kind: string) => Crm | null,
  ) {
    this.#connection = db.prepare('SELECT kind, config FROM connections WHERE id = ?')
  }

  /** Null: nowhere. What a CRM told of its own address is believed only where it leads to that CRM. */
  of(type: RecordType, source: string, externalId: string | null): string | null {
    if (externalId === null) return null
    const connection = this.#connection.get(source)
    const crm = connection && this.crmOf(connection.kind)
    if (!crm) return null
    const page = crm.page(type, externalId, configOf(connection.config))
    return page !== null && isOn(page, crm.sites) ? page : null
  }
}

/** Over TLS, on one of these domains or below, without a user name that looks like one. */
function isOn(url: string, sites: readonly string[]): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, port, username, password } = new URL(url)
  if (protocol !== 'https:' || port !== '' || username !== '' || password !== '') return false
  return sites.some((site) => hostname === site || hostname.endsWith(`.${site}`))
}

function configOf(json: string): CrmConfig {
  try {
    const value: unknown = JSON.parse(json)
    return value !== null && typeof value === 'object' ? (value as CrmConfig) : {}
  } catch {
    return {}
  }
}
