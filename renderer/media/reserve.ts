/**
 * An offer kept ready, so that an outgoing call waits for nothing: one for each set of ICE servers and codecs in use, its candidates
 * gathered beforehand. It holds no microphone and sends nothing. Made anew when the network may have changed; lives as long
 * as the page.
 */
import { allCodecs, type IceConfig } from '../../preload/contract'
import { prefer } from './codecs'
import { describe, type Gathered } from './gathering'

/** Milliseconds after a call took one until the next is made: not while that call is being set up. */
const REFILL_DELAY = 700
/** Milliseconds; a network change that no event told of must not outlive this. */
const MAX_AGE = 120_000
/** The practice line's and a few accounts'. */
const MAX_KEPT = 4

/** A connection whose offer stands as its local description. */
export interface Offered {
  connection: RTCPeerConnection
  transceiver: RTCRtpTransceiver
  description: Gathered
  /** Set by whoever takes it: a server has answered after all. */
  onLate: () => void
}

interface Kept {
  connection: RTCPeerConnection
  ice: IceConfig
  madeAt: number
  /** Null until its candidates are gathered. */
  offered: Offered | null
  abandon: AbortController
}

export class Reserve {
  readonly #kept = new Map<string, Kept>()
  #certificate: Promise<RTCCertificate> | null = null
  #ready: RTCCertificate | null = null

  constructor() {
    const renew = () => this.renew()
    window.addEventListener('online', renew)
    ;(navigator as Navigator & { connection?: EventTarget }).connection?.addEventListener('change', renew)
    void this.#makeCertificate()
    this.#fill({ servers: [], loopback: false })
    setInterval(() => {
      for (const [key, kept] of [...this.#kept]) if (performance.now() - kept.madeAt > MAX_AGE) this.#remake(key, kept)
    }, MAX_AGE / 4)
  }

  /** The offer in reserve for these servers, if there is one; the caller closes it. The next one is made a little later. */
  takeOffer(ice: IceConfig): Offered | null {
    const key = keyOf(ice)
    const kept = this.#kept.get(key)
    if (keepable(ice)) setTimeout(() => this.#fill(ice), REFILL_DELAY)
    if (!kept?.offered) return null
    this.#kept.delete(key)
    return kept.offered
  }

  /** A new connection; the caller closes it. */
  make(ice: IceConfig): RTCPeerConnection {
    if (!this.#ready || (this.#ready.expires ?? 0) < Date.now() + 86_400_000) void this.#makeCertificate()
    return new RTCPeerConnection({
      iceServers: ice.servers.map(({ url, username, credential }) => ({
        urls: url,
        ...(username === undefined ? {} : { username }),
        ...(credential === undefined ? {} : { credential }),
      })),
      ...(ice.relayOnly ? { iceTransportPolicy: 'relay' as const } : {}),
      ...(this.#ready ? { certificates: [this.#ready] } : {}),
    })
  }

  /** Addresses or what may be shown of them have changed. */
  renew(): void {
    for (const [key, kept] of [...this.#kept]) this.#remake(key, kept)
  }

  #remake(key: string, kept: Kept): void {
    this.#drop(key, kept)
    this.#fill(kept.ice)
  }

  #drop(key: string, kept: Kept): void {
    this.#kept.delete(key)
    kept.abandon.abort()
    kept.connection.close()
  }

  #fill(ice: IceConfig): void {
    const key = keyOf(ice)
    if (this.#kept.has(key)) return
    const [oldest] = this.#kept
    if (oldest && this.#kept.size >= MAX_KEPT) this.#drop(...oldest)
    const connection = this.make(ice)
    const kept: Kept = { connection, ice, madeAt: performance.now(), offered: null, abandon: new AbortController() }
    this.#kept.set(key, kept)
    void this.#offer(kept).catch(() => {
      // Without a network there is nothing to keep; the call itself will say so.
      if (this.#kept.get(key) === kept) this.#drop(key, kept)
    })
  }

  async #offer(kept: Kept): Promise<void> {
    const { connection, ice, abandon } = kept
    const transceiver = connection.addTransceiver('audio', { direction: 'sendrecv' })
    prefer(transceiver, ice.codecs)
    const urls = ice.servers.map(({ url }) => url)
    const description = await describe(connection, { type: 'offer' }, { servers: urls, relayOnly: false }, abandon.signal, () => {
      if (!kept.offered) return
      kept.offered.description = { sdp: connection.localDescription?.sdp ?? '', incomplete: false }
      kept.offered.onLate()
    })
    kept.offered = { connection, transceiver, description, onLate: () => undefined }
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

const keyOf = ({ servers, relayOnly, codecs }: IceConfig) => JSON.stringify([servers, relayOnly ?? false, codecs ?? allCodecs])
/** A TURN allocation is the server's to keep: none is held between calls. */
const keepable = (ice: IceConfig) => !ice.relayOnly && ice.servers.every(({ url }) => url.startsWith('stun:'))
