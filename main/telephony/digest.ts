/** The server's half of HTTP digest (RFC 2617 with MD5 and qop=auth: what the SIP library's client half can do). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

export interface Credentials {
  user: string
  password: string
}

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** One server's challenges; a nonce is good for one connection's lifetime. */
export class DigestGate {
  readonly #realm: string
  readonly #nonce = randomBytes(16).toString('hex')

  constructor(realm: string) {
    this.#realm = realm
  }

  /** The value of WWW-Authenticate. */
  challenge(): string {
    return `Digest realm="${this.#realm}", nonce="${this.#nonce}", algorithm=MD5, qop="auth"`
  }

  /** Whether the Authorization header's value was made with these credentials for our nonce. */
  accepts(method: string, authorization: string | undefined, credentials: Credentials): boolean {
    const scheme = /^Digest\s+(.+)$/is.exec(authorization ?? '')
    if (!scheme) return false
    const given = new Map<string, string>()
    for (const [, key, quoted, plain] of (scheme[1] ?? '').matchAll(/(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))/g)) {
      if (key) given.set(key.toLowerCase(), quoted ?? plain ?? '')
    }
    if (given.get('username') !== credentials.user || given.get('nonce') !== this.#nonce || given.get('qop') !== 'auth') return false
    const ha1 = md5(`${credentials.user}:${this.#realm}:${credentials.password}`)
    const ha2 = md5(`${method}:${given.get('uri')}`)
    const expected = md5(`${ha1}:${this.#nonce}:${given.get('nc')}:${given.get('cnonce')}:auth:${ha2}`)
    const response = given.get('response') ?? ''
    return response.length === expected.length && timingSafeEqual(Buffer.from(response), Buffer.from(expected))
  }
}
