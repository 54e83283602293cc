/**
 * An account's servers (RFC 3263's job, done by a list): which one is used, which is tried next when it fails, and whether a
 * better one is well again. Opens nothing but the short look at a server that `isWell` takes.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock'
import type { SipServer } from './port'

export class ServerRound {
  readonly #servers: readonly SipServer[]
  readonly #clock: Clock
  /** Tried in this round, by index. */
  readonly #tried = new Set<number>()
  /** Monotonic ms before which a server wants to be left alone (Retry-After, RFC 3261 §21.5.4), by index. */
  readonly #barred = new Map<number, number>()
  #current = 0

  constructor(servers: readonly SipServer[], clock: Clock) {
    if (servers.length === 0) throw new Error('an account without a server')
    this.#servers = servers
    this.#clock = clock
  }

  get server(): SipServer {
    const server = this.#servers[this.#current]
    if (!server) throw new Error('no such server')
    return server
  }

  /** 0 is the preferred one. */
  get current(): number {
    return this.#current
  }

  /** Another server is still untried in this round, so that nothing is gained by patience with this one. */
  get hasMore(): boolean {
    return this.#servers.some((_, index) => index !== this.#current && !this.#tried.has(index) && this.#barLeft(index) === 0)
  }

  /** Leaves the current server for the next one in order of preference; false when the whole round has failed. */
  next(): boolean {
    this.#tried.add(this.#current)
    const next = this.#nextUntried()
    if (next === null) return false
    this.#current = next
    return true
  }

  /** Begins a new round with the first server that does not want to be left alone. */
  restart(): void {
    this.#tried.clear()
    this.#current = this.#nextUntried() ?? this.#current
  }

  /** The current server has taken us. */
  settled(): void {
    this.#tried.clear()
    this.#barred.delete(this.#current)
  }

  choose(index: number): void {
    this.#tried.clear()
    this.#current = index
  }

  /** The current server asks for that many ms without us. */
  bar(ms: number): void {
    this.#barred.set(this.#current, this.#clock.monotonic() + ms)
  }

  /** How long every server wants to be left alone, in ms; 0: at least one does not. */
  get barredMs(): number {
    return Math.min(...this.#servers.map((_, index) => this.#barLeft(index)))
  }

  /** Those before the current one, best first, that may be asked. */
  get better(): readonly number[] {
    return this.#servers.map((_, index) => index).filter((index) => index < this.#current && this.#barLeft(index) === 0)
  }

  at(index: number): SipServer | undefined {
    return this.#servers[index]
  }

  #nextUntried(): number | null {
    const free = this.#servers.findIndex((_, index) => !this.#tried.has(index) && this.#barLeft(index) === 0)
    return free < 0 ? null : free
  }

  #barLeft(index: number): number {
    return Math.max((this.#barred.get(index) ?? 0) - this.#clock.monotonic(), 0)
  }
}

/**
 * Whether a server answers SIP at all: opens a connection of its own, sends OPTIONS (RFC 3261 §11) and hears anything but a
 * server's failure (5xx, 6xx). Never rejects; takes at most `limitMs`.
 */
export async function isWell(server: SipServer, aor: { user: string; host: string }, limitMs: number): Promise<boolean> {
  const limit = AbortSignal.timeout(limitMs)
  try {
    const wire = await server.connector(limit)
    try {
      return await new Promise<boolean>((resolve) => {
        if (limit.aborted) resolve(false)
        limit.addEventListener('abort', () => resolve(false), { once: true })
        wire.onClose = () => resolve(false)
        wire.onMessage = (text) => {
          const status = /^SIP\/2\.0 ([2-6]\d\d)/.exec(text)?.[1]
          if (status) resolve(Number(status) < 500)
        }
        wire.send(optionsFor(server, aor))
      })
    } finally {
      wire.onClose = null
      wire.onMessage = null
      wire.close()
    }
  } catch {
    return false
  }
}

function optionsFor(server: SipServer, { user, host }: { user: string; host: string }): string {
  const token = () => randomBytes(8).toString('hex')
  return [
    `OPTIONS sip:${host} SIP/2.0`,
    `Via: SIP/2.0/${server.protocol} ${token()}.invalid;branch=z9hG4bK${token()}`,
    'Max-Forwards: 70',
    `From: <sip:${user}@${host}>;tag=${token()}`,
    `To: <sip:${host}>`,
    `Call-ID: ${token()}`,
    'CSeq: 1 OPTIONS',
    'User-Agent: Ringbook',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
}
