/** What the rest of main may use of telephony. The SIP library stays behind this door. */
import type { Clock } from '../clock'
import type { Log } from '../log'
import { defaultLimits, type TelephonyLimits } from './limits'
import type { MediaGateway, SipAccount, SipAccountConfig, SipServer } from './port'
import { Account } from './sip-account'

export { defaultLimits, type TelephonyLimits } from './limits'
export { createPipe } from './pipe'
export type * from './port'
export { createPracticeServer, type PracticeCaller, type PracticeServer, type PracticeServerOptions } from './practice-server'
export { rehearseCalls } from './rehearsal'
export { targetUri } from './target'
export { tracedConnector } from './traced'
export { maxMessage, type OpenWebSocket, socketWire, webSocketConnector } from './wire'

/**
 * Makes an account; nothing happens until `start()`. `servers`: at least one, in order of preference; one that fails is left
 * for the next at once. Throws TroubleError `sip.badAddress` for a user, domain or proxy that makes no SIP URI.
 */
export function createSipAccount(options: {
  config: SipAccountConfig
  servers: readonly SipServer[]
  media: MediaGateway
  log: Log
  clock: Clock
  limits?: Partial<TelephonyLimits>
  /** For pauses that must differ between clients; 0 ≤ n < 1. */
  random?: () => number
}): SipAccount {
  return new Account({
    config: options.config,
    servers: options.servers,
    media: options.media,
    log: options.log,
    clock: options.clock,
    limits: { ...defaultLimits, ...options.limits },
    random: options.random ?? Math.random,
  })
}
