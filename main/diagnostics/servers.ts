/** What is checked of an account's servers: name, certificate, WebSocket, and whether the account is signed in. */
import { isIP } from 'node:net'
import type { IceConfig, Trouble } from '../../preload/contract'
import type { SipAccount, SipAccountState } from '../telephony/port'
import { type Check, type Found, failed, failedWith, ok, skipped, warning } from './run'

/** An account as the checks see it. Its ICE servers carry their credentials: nothing of that gets into a finding. */
export interface CheckedAccount {
  id: string
  kind: 'practice' | 'sip'
  label: string
  /** In the order in which they are tried; none for the practice line. */
  servers: readonly URL[]
  /** Further certificates that the account trusts, PEM; empty: none. */
  authority: string
  ice: IceConfig
  /** Dialled for the echo call; empty: there is none. */
  echoNumber: string
  /** Asked anew each time. Null where no account runs (the command line). */
  state: (() => Pick<SipAccountState, 'status' | 'trouble' | 'server'>) | null
  sip: Pick<SipAccount, 'dial'> | null
}

/** What the checks need of the network; main/network/probe.ts has it. */
export interface ServerProbe {
  proxy(url: URL): Promise<string | null>
  resolve(host: string, signal: AbortSignal): Promise<{ addresses: string[]; ms: number }>
  certificate(url: URL, authority: string, signal: AbortSignal): Promise<{ validTo: number; issuer: string; problem: string | null }>
  webSocket(url: URL, authority: string, signal: AbortSignal): Promise<{ status: number; protocol: string | null; ms: number }>
  clock(url: URL, authority: string, signal: AbortSignal): Promise<number | null>
}

export interface ServerCheckNeeds {
  probe: ServerProbe
  /** Wall-clock ms. */
  now: () => number
  /** Where no account runs: why, as a code of trouble/help.json. */
  notHere: 'help.onlyInApp' | 'help.askTheApp'
}

const day = 86_400_000
/** A certificate that runs out sooner is worth a word, in days. */
const soonDays = 14

export function serverChecks(account: CheckedAccount, needs: ServerCheckNeeds): Check[] {
  const { id, label } = account
  const checks = account.servers.flatMap((url, index) => checksOf(account, url, index, needs))
  return [
    ...checks,
    { id: `${id}.registration`, title: 'registration', params: { account: label }, run: (signal) => registered(account, needs, signal) },
  ]
}

function checksOf(account: CheckedAccount, url: URL, index: number, { probe, now }: ServerCheckNeeds): Check[] {
  const { id, label, authority } = account
  const name = `${id}.${index}.name`
  const tls = `${id}.${index}.tls`
  const params = { account: label, server: url.host }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return [
    {
      id: name,
      title: 'name',
      params,
      run: async (signal) => {
        const proxy = await probe.proxy(url)
        if (proxy !== null) return ok('help.nameByProxy', { proxy })
        if (isIP(host)) return ok('help.nameIsAddress', { address: host })
        const { addresses, ms } = await probe.resolve(url.hostname, signal)
        const shown = addresses.slice(0, 4).join(', ')
        return ok('help.nameFound', { host, addresses: shown, ms }, addresses.join('\n'))
      },
    },
    { id: tls, title: 'tls', params, needs: [name], run: (signal) => certificate(account, url, probe, now, signal) },
    {
      id: `${id}.${index}.socket`,
      title: 'socket',
      params,
      needs: [name, tls],
      run: async (signal) => {
        const { status, protocol, ms } = await probe.webSocket(url, authority, signal)
        if (status !== 101) return failed('help.socketRefused', { server: url.host, path: url.pathname, status })
        if (protocol !== 'sip') return failed('help.socketNotSip', { server: url.host, path: url.pathname })
        return ok('help.socketOpens', { server: url.host, ms })
      },
    },
  ]
}

const certificateProblems: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'help.certificateExpired',
  CERT_NOT_YET_VALID: 'help.certificateNotYetValid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'help.certificateWrongName',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'help.certificateUnknownIssuer',
  SELF_SIGNED_CERT_IN_CHAIN: 'help.certificateUnknownIssuer',
  UNABLE_TO_GET_ISSUER_CERT: 'help.certificateUnknownIssuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'help.certificateUnknownIssuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'help.certificateUnknownIssuer',
  CERT_UNTRUSTED: 'help.certificateUnknownIssuer',
}

async function certificate(
  { authority }: CheckedAccount,
  url: URL,
  probe: ServerProbe,
  now: () => number,
  signal: AbortSignal,
): Promise<Found> {
  if (url.protocol !== 'wss:') return skipped('help.noTlsHere', { server: url.host })
  const { validTo, issuer, problem } = await probe.certificate(url, authority, signal)
  const until = Number.isNaN(validTo) ? '?' : new Date(validTo).toISOString().slice(0, 10)
  const params = { host: url.hostname, issuer, until }
  if (problem !== null) return failed(certificateProblems[problem] ?? 'help.certificateBad', params, problem)
  const days = Math.floor((validTo - now()) / day)
  return days < soonDays ? warning('help.certificateSoon', { ...params, days }) : ok('help.certificateGood', params)
}

/** Signing in takes a moment, above all just after the start. */
async function registered({ state, kind, servers }: CheckedAccount, { notHere }: ServerCheckNeeds, signal: AbortSignal): Promise<Found> {
  if (!state) return skipped(kind === 'practice' ? 'help.onlyInApp' : notHere)
  const deadline = performance.now() + 8_000
  while (state().status === 'connecting' && !signal.aborted && performance.now() < deadline) await pause(200)
  const { status, trouble, server } = state()
  if (status === 'registered') return server && servers.length > 1 ? ok('help.registeredAt', { server }) : ok('help.registered')
  if (trouble) return failedWith(trouble)
  return failed('help.notRegisteredYet')
}

/** The difference between our clock and that of the first server that tells its time. */
export function clockCheck(accounts: readonly CheckedAccount[], probe: ServerProbe): Check {
  const servers = accounts.flatMap(({ servers, authority }) => servers.map((url) => ({ url, authority })))
  return {
    id: 'clock',
    title: 'clock',
    params: {},
    run: async (signal) => {
      if (servers.length === 0) return skipped('help.clockNobody')
      let last: Trouble | null = null
      for (const { url, authority } of servers) {
        const address = new URL(url)
        address.protocol = url.protocol === 'wss:' ? 'https:' : 'http:'
        const skew = await probe.clock(address, authority, signal).catch(() => null)
        if (signal.aborted) break
        if (skew === null) {
          last = { code: 'help.clockUntold', params: {} }
          continue
        }
        const seconds = Math.round(Math.abs(skew) / 1000)
        if (seconds <= 30) return ok('help.clockGood', { server: url.host })
        const params = { server: url.host, difference: seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min` }
        return warning(skew > 0 ? 'help.clockSlow' : 'help.clockFast', params)
      }
      return { state: 'skipped', finding: last ?? { code: 'help.clockUntold', params: {} } }
    },
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
