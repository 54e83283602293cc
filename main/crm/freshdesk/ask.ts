/** Asks Freshdesk for what may not be there. */
import { CrmTrouble } from '../crm'

/** What the CRM answered when it refused; null: it did not answer. */
export function statusOf(error: unknown): number | null {
  return error instanceof CrmTrouble ? error.status : null
}

/** Null where the key may not see it, or the plan does not have it. */
export async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    const status = statusOf(error)
    if (error instanceof CrmTrouble && error.trouble.code !== 'crm.blocked' && (status === 403 || status === 404)) return null
    throw error
  }
}
