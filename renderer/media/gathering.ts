/**
 * How long a description waits for ICE candidates. With host candidates only: until 20 ms after the last one (TCP ones,
 * ~120 ms later, are of no use). With STUN or TURN: until each server has yielded a candidate or failed, 500 ms at most,
 * unless nothing but TURN may be used.
 */
import { fragmentOf, hasCandidate, hasServerCandidate } from './sdp'
import { MediaError } from './trouble'
import { until } from './waiting'

/** Milliseconds after the last host candidate. */
const SETTLE = 20
/** Milliseconds that servers get. */
const SERVERS_CAP = 500
/** Milliseconds for TURN when there is nothing else: over TLS it takes some round trips. */
const RELAY_CAP = 5000
/** Milliseconds until a machine without any candidate is taken to have no network. */
const EMPTY_CAP = 1500

export interface Gathered {
  sdp: string
  /** Servers were asked and none had answered in time. */
  incomplete: boolean
}

/**
 * Sets the local description and waits for its candidates. Rejects `media.noNetwork` when none comes at all; when only
 * TURN was allowed `media.turnRefused` (wrong user name or password) or `media.noRelay`.
 * `onLate`: called once if it was incomplete and a server answers after all.
 */
export async function describe(
  connection: RTCPeerConnection,
  description: RTCLocalSessionDescriptionInit,
  { servers, relayOnly }: { servers: readonly string[]; relayOnly: boolean },
  signal: AbortSignal,
  onLate: () => void,
): Promise<Gathered> {
  const before = fragmentOf(connection.localDescription?.sdp)
  // Listening before the description is set: afterwards `iceGatheringState` may still say «complete» of the time before.
  const watch = new Watch(connection, servers, relayOnly, signal)
  try {
    await until(connection.setLocalDescription(description), signal)
    const sdp = connection.localDescription?.sdp
    if (sdp && fragmentOf(sdp) === before && hasCandidate(sdp)) {
      watch.stop()
      return { sdp, incomplete: servers.length > 0 && connection.iceGatheringState !== 'complete' && !hasServerCandidate(sdp) }
    }
    watch.arm()
    const { incomplete } = await until(watch.done, signal)
    const complete = connection.localDescription?.sdp
    if (!complete || !hasCandidate(complete)) {
      if (relayOnly && watch.refusedBy !== null) throw new MediaError('media.turnRefused', undefined, { url: watch.refusedBy })
      throw new MediaError(relayOnly ? 'media.noRelay' : 'media.noNetwork')
    }
    if (incomplete) watch.onServerAnswer = onLate
    else watch.stop()
    return { sdp: complete, incomplete }
  } catch (error) {
    watch.stop()
    throw error
  }
}

class Watch {
  readonly done: Promise<{ incomplete: boolean }>
  onServerAnswer: (() => void) | null = null
  /** The TURN server that last refused user name and password. */
  refusedBy: string | null = null
  #finish: (outcome: { incomplete: boolean }) => void = () => undefined
  #armed = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #cap: ReturnType<typeof setTimeout> | undefined
  #serverCandidates = 0
  readonly #open: Set<string>
  readonly #listening = new AbortController()

  constructor(
    readonly connection: RTCPeerConnection,
    servers: readonly string[],
    readonly relayOnly: boolean,
    signal: AbortSignal,
  ) {
    this.#open = new Set(servers)
    this.done = new Promise((resolve) => {
      this.#finish = resolve
    })
    const options = { signal: this.#listening.signal }
    connection.addEventListener('icecandidate', (event) => this.#onCandidate(event.candidate), options)
    connection.addEventListener('icecandidateerror', (event) => this.#onError(event), options)
    connection.addEventListener('icegatheringstatechange', () => this.#check(), options)
    signal.addEventListener('abort', () => this.stop(), options)
  }

  /** The description has been set: from here on the caps run. */
  arm(): void {
    this.#armed = true
    const cap = this.#open.size === 0 ? EMPTY_CAP : this.relayOnly ? RELAY_CAP : SERVERS_CAP
    this.#cap = setTimeout(() => this.settle(), cap)
    this.#check()
  }

  settle(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#cap)
    this.#finish({ incomplete: this.#open.size > 0 && this.#serverCandidates === 0 })
  }

  stop(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#cap)
    this.#listening.abort()
  }

  #onCandidate(candidate: RTCIceCandidate | null): void {
    if (candidate?.protocol === 'tcp') return
    if (candidate && (candidate.type === 'srflx' || candidate.type === 'relay')) {
      this.#serverCandidates++
      // Chromium names the server; another browser, or a duplicate, counts for the first that is still open.
      const url = (candidate as RTCIceCandidate & { url?: string | null }).url
      this.#open.delete(url && this.#open.has(url) ? url : (this.#open.values().next().value ?? ''))
      if (this.onServerAnswer) {
        this.onServerAnswer()
        return this.stop()
      }
    }
    this.#check()
  }

  /** A server fails per local address (an IPv6 one cannot reach an IPv4 server): only its last word, 50 ms old, counts. */
  #onError({ url, errorCode }: RTCPeerConnectionIceErrorEvent): void {
    // RFC 8489 §14.8; the first 401 of each exchange, which only asks for them, is no error.
    if (errorCode === 401 || errorCode === 403) this.refusedBy = url
    setTimeout(() => {
      this.#open.delete(url)
      this.#check()
    }, 50)
  }

  #check(): void {
    if (!this.#armed) return
    const found = hasCandidate(this.connection.localDescription?.sdp)
    // Whoever may use TURN alone has nothing else to wait for once it has all failed.
    if (!found && !(this.relayOnly && (this.#open.size === 0 || this.connection.iceGatheringState === 'complete'))) return
    if (this.connection.iceGatheringState === 'complete') {
      this.#open.clear()
      return this.settle()
    }
    if (this.#open.size > 0) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.settle(), SETTLE)
  }
}
