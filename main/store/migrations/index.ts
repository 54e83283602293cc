/** Every migration in order. A new one gets the next number and a file named for what it does; none is ever changed. */
import * as first from './001-contacts-calls-and-logs'
import * as callSearch from './002-call-search'
import * as quality from './003-quality-transfer-and-recordings'
import * as consultations from './004-consultations'
import * as crm from './005-crm-connections-and-imports'

export interface Migration {
  readonly version: number
  readonly sql: string
}

export const migrations: readonly Migration[] = [first, callSearch, quality, consultations, crm]
