/** The SIP URI of what is dialled. What people type and paste is put into shape by `calls/`; this only builds and refuses. */
import { TroubleError } from '../trouble'

const host = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i
/** RFC 3261 §25.1 `user`, and `#`, which is escaped here. */
const user = /^[\w.!~*'()&=+$,;?/%#-]{1,120}$/

/** `sip:USER@HOST` for digits, `user` or `user@host`. Throws TroubleError `call.badNumber`. */
export function targetUri(target: string, domain: string): string {
  const [name = '', given, ...more] = target.trim().split('@')
  if (!user.test(name) || more.length > 0 || (given !== undefined && !host.test(given))) {
    throw new TroubleError('call.badNumber', { number: target.slice(0, 40) })
  }
  return `sip:${name.replace(/%(?![0-9a-f]{2})/gi, '%25').replaceAll('#', '%23')}@${given ?? domain}`
}
