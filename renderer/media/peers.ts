/** All peers by their id, and what main may ask of them: one thing at a time for each peer, closing at once. */
import type { MediaInput, MediaOperation, MediaOutput } from '../../preload/contract'
import { gather } from './candidates'
import { Conference } from './conference'
import { measureEcho } from './echo'
import { Peer, type PeerParts } from './peer'
import type { Recordings } from './recordings'
import type { Tones } from './tones'
import { MediaError } from './trouble'
import { until } from './waiting'

export type Operations = { [O in MediaOperation]: (input: MediaInput<O>, signal: AbortSignal) => Promise<MediaOutput<O>> }

/** Milliseconds between two looks at the numbers of a call. */
const STATS_EVERY = 2000

export class Peers {
  readonly #peers = new Map<string, Peer>()
  readonly #conference: Conference
  #stats: ReturnType<typeof setInterval> | undefined
  readonly #turns = new WeakMap<Peer, Promise<unknown>>()

  constructor(
    readonly parts: PeerParts,
    readonly tones: Tones,
    readonly recordings: Recordings,
  ) {
    this.#conference = new Conference(() => parts.refused())
  }

  readonly operations: Operations = {
    'peer.offer': (input, signal) => this.#describe('offer', input, signal, (peer) => peer.offer(input.iceRestart)),
    'peer.answer': (input, signal) => this.#describe('answer', input, signal, (peer) => peer.answer(input.sdp, input.live)),
    'peer.remote': async ({ peer, type, sdp }, signal) => this.#turn(this.#get(peer), signal, (it) => it.remote(type, sdp)),
    'peer.rollback': async ({ peer }, signal) => this.#turn(this.#get(peer), signal, (it) => it.rollback()),
    'peer.live': async ({ peer }, signal) => this.#turn(this.#get(peer), signal, (it) => it.goLive()),
    'peer.mute': async ({ peer, muted }) => {
      this.#get(peer).mute(muted)
      return {}
    },
    'peer.hold': async ({ peer, held }) => {
      this.#get(peer).hold(held)
      return {}
    },
    'peer.dtmf': async ({ peer, tones }) => ({ sent: this.#get(peer).dtmf(tones) }),
    'peer.stats': async ({ peer }) => this.#get(peer).stats(),
    'peer.close': async ({ peer }) => {
      this.#close(peer)
      return {}
    },
    'peer.echoDelay': async ({ peer }, signal) => ({ ms: await measureEcho(this.#get(peer), signal) }),
    'conference.set': async ({ members }) => {
      this.#conference.set(new Map(members.map(({ peer, muted }) => [this.#get(peer), { muted }])))
      return {}
    },
    'recording.start': async (input) => this.recordings.start(input, this.#get(input.peer)),
    'recording.stop': async (input) => this.recordings.stop(input),
    'ice.gather': ({ ice }, signal) => gather(this.parts.reserve, ice, signal),
    'devices.list': async () => ({
      ...(await this.parts.microphone.devices.names()),
      ...(await this.parts.microphone.inUse()),
      ...(await this.parts.outputs.inUse()),
    }),
    'tone.play': async ({ key, tone }) => {
      this.tones.play(key, tone)
      return {}
    },
  }

  /** Tries again what the browser refused before a click. */
  retry(): void {
    this.#conference.retry()
  }

  closeAll(): void {
    for (const id of [...this.#peers.keys()]) this.#close(id)
  }

  /** An offer or an answer makes its peer; one that did not come to be leaves none behind. */
  async #describe<T>(
    begins: 'offer' | 'answer',
    input: MediaInput<'peer.offer' | 'peer.answer'>,
    signal: AbortSignal,
    work: (peer: Peer) => Promise<T>,
  ): Promise<T> {
    const known = this.#peers.get(input.peer)
    const peer = known ?? new Peer(input.peer, input.role, input.ice, this.parts, begins, input.held ?? false)
    this.#peers.set(input.peer, peer)
    if (peer.role.kind === 'phone') this.#stats ??= setInterval(() => this.#tellStats(), STATS_EVERY)
    try {
      return await this.#turn(peer, signal, work)
    } catch (error) {
      if (!known && this.#peers.get(input.peer) === peer) this.#close(input.peer)
      throw error
    }
  }

  #turn<T>(peer: Peer, signal: AbortSignal, work: (peer: Peer) => Promise<T>): Promise<T> {
    const before = this.#turns.get(peer)
    // A first operation starts at once: every turn of the event loop counts when a call is set up.
    const run = before
      ? before.then(() => {
          if (signal.aborted) throw new MediaError('media.cancelled')
          return work(peer)
        })
      : work(peer)
    // A description may have put us on hold, which concerns a conference.
    const settled: Promise<unknown> = run.then(
      () => this.#conference.update(),
      () => undefined,
    )
    this.#turns.set(peer, settled)
    return until(run, signal)
  }

  #get(id: string): Peer {
    const peer = this.#peers.get(id)
    if (!peer) throw new MediaError('media.unknownPeer')
    return peer
  }

  #close(id: string): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    this.#peers.delete(id)
    this.#conference.remove(peer)
    peer.close()
    if (![...this.#peers.values()].some((it) => it.role.kind === 'phone')) {
      clearInterval(this.#stats)
      this.#stats = undefined
    }
  }

  #tellStats(): void {
    for (const [id, peer] of this.#peers) {
      if (peer.role.kind !== 'phone' || !peer.isUp) continue
      peer.stats().then(
        (stats) => this.parts.stats(id, stats),
        // It was closed meanwhile.
        () => undefined,
      )
    }
  }
}
