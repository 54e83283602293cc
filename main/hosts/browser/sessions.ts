/**
 * Who may talk to the browser host: one-time tokens (in an address's fragment, 60 s, once) that are traded for a cookie.
 * Only hashes of cookies are kept; they outlive a restart of main, so that an open page finds its way back by itself.
 */
import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../../clock'

/** How long a token waits to be used, in ms. */
export const tokenLifetime = 60_000
/** How long a cookie is good without being used, in ms. */
export const sessionLifetime = 12 * 3_600_000
const mostSessions = 20

const keptSession = z.object({ hash: z.string(), own: z.boolean(), usedAt: z.number() })
export const keptSessions = z.object({
  cookie: z.string().regex(/^ringbook-[0-9a-f]{12}$/),
  sessions: z.array(keptSession).max(mostSessions),
})
export type KeptSessions = z.infer<typeof keptSessions>

export interface Session {
  /** It was opened in the Chromium that this program started. */
  readonly own: boolean
}

export class Sessions {
  /** A name for each instance: browsers share cookies between the ports of one address. */
  readonly cookieName: string
  readonly #tokens = new Map<string, { own: boolean; until: number }>()
  readonly #sessions: Map<string, { own: boolean; usedAt: number }>

  constructor(
    readonly clock: Clock,
    kept: KeptSessions | null,
    readonly keep: (sessions: KeptSessions) => void,
  ) {
    this.cookieName = kept?.cookie ?? `ringbook-${randomBytes(6).toString('hex')}`
    this.#sessions = new Map(kept?.sessions.map(({ hash, own, usedAt }) => [hash, { own, usedAt }]))
  }

  /** A fresh one-time token. `own`: it is for the Chromium that this program starts. */
  issue(own: boolean): string {
    const now = this.clock.monotonic()
    for (const [hash, token] of this.#tokens) if (token.until < now) this.#tokens.delete(hash)
    const token = secret()
    this.#tokens.set(hashOf(token), { own, until: now + tokenLifetime })
    return token
  }

  /** Trades a token for a cookie's value; null when it is unknown, used or too old. */
  redeem(token: string): string | null {
    const hash = hashOf(token)
    const found = this.#tokens.get(hash)
    this.#tokens.delete(hash)
    if (!found || found.until < this.clock.monotonic()) return null
    const value = secret()
    this.#sessions.set(hashOf(value), { own: found.own, usedAt: this.clock.wall() })
    this.#save()
    return value
  }

  /** The session that a `Cookie` header proves. */
  of(cookieHeader: string | undefined): Session | null {
    for (const pair of (cookieHeader ?? '').split(';')) {
      const [name, value] = pair.trim().split('=', 2)
      if (name !== this.cookieName || !value) continue
      const hash = hashOf(value)
      const found = this.#sessions.get(hash)
      if (!found) continue
      const now = this.clock.wall()
      if (Math.abs(now - found.usedAt) > sessionLifetime) {
        this.#sessions.delete(hash)
        continue
      }
      const stale = now - found.usedAt > 60_000
      if (stale) {
        found.usedAt = now
        this.#save()
      }
      return { own: found.own }
    }
    return null
  }

  #save(): void {
    const newest = [...this.#sessions].sort(([, a], [, b]) => b.usedAt - a.usedAt)
    for (const [hash] of newest.splice(mostSessions)) this.#sessions.delete(hash)
    this.keep({ cookie: this.cookieName, sessions: newest.map(([hash, { own, usedAt }]) => ({ hash, own, usedAt })) })
  }
}

const secret = () => randomBytes(32).toString('base64url')
const hashOf = (value: string) => createHash('sha256').update(value).digest('base64url')
