/** Where connections lead instead of to the live services: fakes on this machine, for tests (docs/testing.md). */
import { z } from 'zod'
import type { Log } from '../log'
import type { Crm } from './crm'

const origins = z.record(z.string(), z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}$/))

/** `text`: JSON, an origin on 127.0.0.1 for a kind of CRM. Anything else is ignored as a whole, so that no token goes astray. */
export function fakeOrigins(text: string | undefined, log: Log): Readonly<Record<string, string>> {
  if (!text) return {}
  try {
    return origins.parse(JSON.parse(text))
  } catch {
    log.error('RINGBOOK_CRM_ORIGINS is no JSON of origins on 127.0.0.1 and is ignored')
    return {}
  }
}

/** For benches: what leads to a fake is asked as fast as it answers, on no budget. Kinds without a fake keep their pace. */
export function unpaced(crmOf: (kind: string) => Crm | null, origins: Readonly<Record<string, string>>): (kind: string) => Crm | null {
  return (kind) => {
    const crm = crmOf(kind)
    return crm && Object.hasOwn(origins, kind) ? { ...crm, pace: { ...crm.pace, burst: 1_000_000, daily: null } } : crm
  }
}
