/** The self-checks of the Help screen on the command line: what needs neither a window nor a running account. */
import { getProxyForUrl } from 'proxy-from-env'
import { z } from 'zod'
import type { SelfCheck } from '../../preload/contract'
import { serverUrl } from '../accounts/server-url'
import { type CheckedAccount, checkList, clockCheck, runChecks } from '../diagnostics/diagnostics'
import { createLog } from '../log'
import { createProbe } from '../network/probe'
import { trustedCertificates } from '../network/trust'

export interface AccountRow {
  id: string
  kind: string
  label: string
  config: string
}

/** What the checks read of an account as it is kept; the rest is the app's business. */
const keptConfig = z.object({
  server: z.string(),
  moreServers: z.array(z.string()).default([]),
  authority: z.string().default(''),
  iceServers: z.array(z.object({ url: z.string() })).default([]),
})

/** `running`: Ringbook has this profile open and keeps its accounts signed in. None for the practice line alone. */
export async function checkAccounts(
  rows: readonly AccountRow[],
  { proxy, running, signal }: { proxy: string; running: boolean; signal: AbortSignal },
): Promise<SelfCheck[]> {
  const accounts = rows.flatMap((row) => checked(row) ?? [])
  if (accounts.length === 0) return []
  const probe = createProbe({
    configuredProxy: () => proxy,
    // The variables know http and https; a WebSocket goes the way of its HTTP.
    proxyFor: async (url) => getProxyForUrl(url.replace(/^ws/, 'http')) || null,
    trust: trustedCertificates(createLog(undefined, 'silent')),
  })
  const network = { probe, now: () => Date.now(), notHere: running ? ('help.askTheApp' as const) : ('help.onlyInApp' as const) }
  return await runChecks([...checkList(accounts, network, null), clockCheck(accounts, probe)], { signal, onChange: () => undefined })
}

/** Null for what is no SIP account, or cannot be read: the account's own finding says that. */
function checked({ id, kind, label, config }: AccountRow): CheckedAccount | null {
  if (kind !== 'sip') return null
  try {
    const { server, moreServers, authority, iceServers } = keptConfig.parse(JSON.parse(config))
    const servers = [server, ...moreServers].map(serverUrl)
    return { id, kind, label, servers, authority, ice: { servers: iceServers, loopback: false }, echoNumber: '', state: null, sip: null }
  } catch {
    return null
  }
}
