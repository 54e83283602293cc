/** Links that may be handed to the system: pages and letters, never a file or a program. */
import { TroubleError } from '../trouble'

/** The link in its normal form; throws `host.badLink` for every other kind. */
export function externalLink(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed && ['https:', 'http:', 'mailto:'].includes(parsed.protocol)) return parsed.href
  throw new TroubleError('host.badLink', { url: url.slice(0, 200) })
}
