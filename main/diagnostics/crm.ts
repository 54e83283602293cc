/** What is checked of the CRM connections: each is reached, and accepts its token. */
import type { Connection, CrmIdentity } from '../../preload/contract'
import { type Check, ok, warning } from './run'

/** `Connections`, as the checks see them. */
export interface CheckedConnections {
  list(): readonly Pick<Connection, 'id' | 'label'>[]
  /** Asks the CRM with the connection's own token. Rejects with a TroubleError. */
  prove(connectionId: string, signal: AbortSignal): Promise<Pick<CrmIdentity, 'account' | 'scopes'>>
}

export function connectionChecks(connections: CheckedConnections): Check[] {
  return connections.list().map(({ id, label }) => ({
    id: `crm.${id}`,
    title: 'crm',
    params: { connection: label },
    run: async (signal) => {
      const { account, scopes } = await connections.prove(id, signal)
      const missing = scopes.filter(({ state }) => state === 'missing').map(({ name }) => name)
      return missing.length > 0 ? warning('help.crmMissing', { account, scopes: missing.join(', ') }) : ok('help.crmGood', { account })
    },
  }))
}
