/** Where connections lead instead of to the live services: fakes on this machine, for tests (docs/testing.md). */
import { z } from 'zod'
import type { Log } from '../log'

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
