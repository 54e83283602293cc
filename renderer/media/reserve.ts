/**
 * A connection kept ready, so that a call need not wait for candidates: one for each set of ICE servers in use, its
 * candidates gathered beforehand. It holds no microphone and sends nothing. Made anew when the network may have changed.
 */
import type { IceConfig } from '../../preload/contract'

/** Milliseconds after a call took one until the next is made: not while that call is being set up. */
const REFILL_DELAY = 700
/** Milliseconds; a network change that no event told of must not outlive this. */
const MAX_AGE = 120_000
/** The practice line's and one account's. */
const MAX_KEPT = 2

interface Kept {
  connection: RTCPeerConnection
  ice: IceConfig
  madeAt: number
}

export class Reserve {
  readonly #kept = new Map<string, Kept>()
  readonly #refills = new Set<ReturnType<typeof setTimeout>>()
  readonly #listening = new AbortController()
  #certificate: Promise<RTCCertificate> | null = null
  #ready: RTCCertificate | null = null

  constructor() {
    const renew = () => this.renew()
    const options = { signal: this.#listening.signal }
    window.addEventListener('online', renew, options)
    ;(navigator as Navigator & { connection?: EventTarget }).connection?.addEventListener('change', renew, options)
    void this.#makeCertificate()
    this.#fill({ servers: [], loopback: false })
    const ageing = setInterval(() => {
      for (const [key, kept] of [...this.#kept]) if (performance.now() - kept.madeAt > MAX_AGE) this.#remake(key, kept)
    }, MAX_AGE / 4)
    this.#listening.signal.addEventListener('abort', () => clearInterval(ageing))
  }

  /** A connection for a call: the one in reserve, else a new one. The caller closes it. */
  take(ice: IceConfig): RTCPeerConnection {
    const key = keyOf(ice)
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    if (keepable(ice)) {
      const refill = setTimeout(() => {
        this.#refills.delete(refill)
        this.#fill(ice)
      }, REFILL_DELAY)
      this.#refills.add(refill)
    }
    return kept?.connection ?? this.#make(ice, 0)
  }

  /** Addresses or what may be shown of them have changed. */
  renew(): void {
    for (const [key, kept] of [...this.#kept]) this.#remake(key, kept)
  }

  close(): void {
    this.#listening.abort()
    for (const refill of this.#refills) clearTimeout(refill)
    for (const { connection } of this.#kept.values()) connection.close()
    this.#kept.clear()
  }

  #remake(key: string, kept: Kept): void {
    kept.connection.close()
    this.#kept.delete(key)
    this.#fill(kept.ice)
  }

  #fill(ice: IceConfig): void {
    const key = keyOf(ice)
    if (this.#kept.has(key)) return
    const [oldest] = this.#kept
    if (oldest && this.#kept.size >= MAX_KEPT) {
      oldest[1].connection.close()
      this.#kept.delete(oldest[0])
    }
    this.#kept.set(key, { connection: this.#make(ice, 1), ice, madeAt: performance.now() })
  }

  #make(ice: IceConfig, iceCandidatePoolSize: number): RTCPeerConnection {
    if (!this.#ready || (this.#ready.expires ?? 0) < Date.now() + 86_400_000) void this.#makeCertificate()
    return new RTCPeerConnection({
      iceServers: ice.servers.map(({ url, username, credential }) => ({
        urls: url,
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      })),
      bundlePolicy: 'max-bundle',
      iceCandidatePoolSize,
      ...(this.#ready ? { certificates: [this.#ready] } : {}),
    })
  }

  /** Made once: the key would otherwise be made within each call's first description. */
  async #makeCertificate(): Promise<void> {
    if (this.#certificate) return
    this.#certificate = RTCPeerConnection.generateCertificate({ name: 'ECDSA', namedCurve: 'P-256' } as EcKeyGenParams)
    try {
      this.#ready = await this.#certificate
      this.renew()
    } finally {
      this.#certificate = null
    }
  }
}

const keyOf = (ice: IceConfig) => JSON.stringify(ice.servers)
/** A TURN allocation is the server's to keep: none is held between calls. */
const keepable = (ice: IceConfig) => ice.servers.every(({ url }) => url.startsWith('stun:'))
