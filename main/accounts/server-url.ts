/** The address of a SIP server as a rep enters it (RFC 7118: a WebSocket URL), checked. */
import { TroubleError } from '../trouble'

/**
 * `wss://host[:port][/path]`, or `host[:port]` which is taken as such; `ws:` for 127.0.0.1 and [::1] alone.
 * Throws TroubleError `account.badServer`, `account.insecureServer`, `account.secretInServer`.
 */
export function serverUrl(text: string): URL {
  const typed = text.trim()
  const url = URL.parse(typed.includes('://') ? typed : `wss://${typed}`)
  if (!url?.hostname || (url.protocol !== 'wss:' && url.protocol !== 'ws:') || url.hash)
    throw new TroubleError('account.badServer', { server: typed })
  if (url.username || url.password) throw new TroubleError('account.secretInServer')
  if (url.protocol === 'ws:' && url.hostname !== '127.0.0.1' && url.hostname !== '[::1]')
    throw new TroubleError('account.insecureServer', { server: url.host })
  return url
}
