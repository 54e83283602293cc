/** Every kind of CRM that can be connected. */
import type { Crm } from './crm'
import { freshdesk } from './freshdesk/freshdesk'
import { hubspot } from './hubspot/hubspot'
import { pipedrive } from './pipedrive/pipedrive'

export const crms: readonly Crm[] = [pipedrive, hubspot, freshdesk]

/** Null for a kind that this program does not know. */
export function crmOf(kind: string): Crm | null {
  return crms.find((crm) => crm.kind === kind) ?? null
}
