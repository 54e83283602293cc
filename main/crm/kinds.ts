/** Every kind of CRM that can be connected. */
import type { Crm } from './crm'

export const crms: readonly Crm[] = []

/** Null for a kind that this program does not know. */
export function crmOf(kind: string): Crm | null {
  return crms.find((crm) => crm.kind === kind) ?? null
}
