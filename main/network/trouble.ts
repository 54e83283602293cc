/** Puts what the network and its certificates did wrong into a trouble's code: which host, and what was the matter. */
import { TroubleError } from '../trouble'

const certificateCodes: Record<string, string> = {
  CERT_HAS_EXPIRED: 'network.certificateExpired',
  CERT_NOT_YET_VALID: 'network.certificateNotYetValid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'network.certificateWrongName',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'network.certificateUnknownIssuer',
  SELF_SIGNED_CERT_IN_CHAIN: 'network.certificateUnknownIssuer',
  UNABLE_TO_GET_ISSUER_CERT: 'network.certificateUnknownIssuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'network.certificateUnknownIssuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'network.certificateUnknownIssuer',
  CERT_UNTRUSTED: 'network.certificateUnknownIssuer',
  CERT_REVOKED: 'network.certificateRevoked',
}

const systemCodes: Record<string, string> = {
  ENOTFOUND: 'network.nameNotFound',
  EAI_AGAIN: 'network.nameNotFound',
  EAI_NODATA: 'network.nameNotFound',
  ECONNREFUSED: 'network.refused',
  ETIMEDOUT: 'network.timeout',
  ENETUNREACH: 'network.unreachable',
  EHOSTUNREACH: 'network.unreachable',
  ENETDOWN: 'network.unreachable',
  EADDRNOTAVAIL: 'network.unreachable',
  ECONNRESET: 'network.cut',
  EPIPE: 'network.cut',
  ECONNABORTED: 'network.cut',
}

/**
 * The trouble of a connection that failed. With a proxy in between, a failure to reach anything is the proxy's.
 *
 * @param proxy the proxy that was used; its password never gets into a trouble.
 */
export function networkTrouble(error: unknown, url: URL, proxy: string | null): TroubleError {
  if (error instanceof TroubleError) return error
  const detail = error instanceof Error ? error.message : String(error)
  // Several addresses were tried: the first failure stands for all.
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code = first instanceof Error && 'code' in first ? String(first.code) : ''
  const host = url.hostname
  const certificate = certificateCodes[code]
  if (certificate) return new TroubleError(certificate, { host }, detail, { cause: error })
  if (/handshake has timed out/.test(detail)) return new TroubleError('network.timeout', { host }, detail, { cause: error })
  const system = systemCodes[code]
  if (system && proxy) {
    const shown = proxyHost(proxy)
    // A tunnel that is cut after CONNECT says the server; one that never stood says the proxy.
    if (system !== 'network.cut') return new TroubleError('network.proxyUnreachable', { proxy: shown }, detail, { cause: error })
  }
  if (system) return new TroubleError(system, { host }, detail, { cause: error })
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') return new TroubleError('network.noTls', { host }, detail, { cause: error })
  return new TroubleError('network.failed', { host }, detail, { cause: error })
}

function proxyHost(proxy: string): string {
  try {
    return new URL(proxy.includes('://') ? proxy : `http://${proxy}`).host
  } catch {
    return 'http://…'
  }
}
