/**
 * Main's end of the media page: turns operations into `media.request` events for the one connection that holds audio and
 * its replies back into promises. Every request ends: by a reply, its time limit, its signal, or the page going away.
 */
import {
  type EventPayload,
  type MediaInput,
  type MediaOperation,
  type MediaOutput,
  type MediaState,
  mediaOperations,
  type PeerReport,
  type PeerStats,
  type Settings,
  type Trouble,
} from '../../preload/contract'
import type { Bridge, Connection, Handlers } from '../bridge/bridge'
import type { Log } from '../log'
import type { MediaGateway } from '../telephony/port'
import { TroubleError } from '../trouble'

/** Milliseconds; getUserMedia is never waited for, so that this is only reached by a page that hangs. */
export const DEFAULT_TIMEOUT = 8000

interface Pending {
  operation: MediaOperation
  finish(outcome: { output: unknown } | { trouble: Trouble }): void
}

/** Something that the media page wants the rep to know of one call; `trouble` null: mended. */
export interface MediaTrouble {
  peer: string
  trouble: Trouble | null
}

export class BridgeMediaGateway implements MediaGateway {
  #current: Connection | null = null
  #state: MediaState = { present: false, microphone: 'unknown', mayRing: false, practiceAudio: false, troubles: [] }
  #lastRequest = 0
  readonly #pending = new Map<number, Pending>()
  readonly #reports = new Set<(report: PeerReport) => void>()
  readonly #stats = new Set<(peer: string, stats: PeerStats) => void>()
  readonly #presence = new Set<(present: boolean) => void>()
  readonly #states = new Set<(state: MediaState) => void>()
  readonly #troubles = new Set<(trouble: MediaTrouble) => void>()

  /** `settings` is asked at each hello, so that a new page starts with the devices and volumes in force. */
  constructor(
    readonly bridge: Pick<Bridge, 'emit'>,
    readonly settings: () => Settings,
    readonly log: Log,
  ) {}

  get present(): boolean {
    return this.#current !== null
  }

  /** What the rep may be told of this run's audio; the last known microphone state when no page is there. */
  get state(): MediaState {
    return this.#state
  }

  /** For the composition root to plug into the bridge. */
  readonly handlers: Pick<Handlers, 'media.hello' | 'media.reply' | 'media.report' | 'media.stats' | 'media.trouble'> = {
    'media.hello': (input, from) => {
      this.#adopt(from)
      this.#setState({ ...input, present: true })
      return { settings: this.settings() }
    },
    'media.reply': (input, from) => {
      if (from === this.#current) {
        this.#pending
          .get(input.request)
          ?.finish(input.ok ? { output: input.output } : { trouble: input.trouble ?? { code: 'media.failed', params: {} } })
      }
      return {}
    },
    'media.report': (input, from) => {
      if (from === this.#current) for (const listener of this.#reports) listener(input)
      return {}
    },
    'media.stats': ({ peer, stats }, from) => {
      if (from === this.#current) for (const listener of this.#stats) listener(peer, stats)
      return {}
    },
    'media.trouble': (input, from) => {
      if (from === this.#current) for (const listener of this.#troubles) listener(input)
      return {}
    },
  }

  /** That connection is the one that holds audio. */
  isFrom(connection: Connection): boolean {
    return connection === this.#current
  }

  /** To be called by whoever watches the bridge's connections. */
  connectionChanged(connection: Connection, present: boolean): void {
    if (!present && connection === this.#current) this.#lose()
  }

  /**
   * Asks the media page. Rejects with a TroubleError: `media.absent` (no page, or it went away meanwhile), `media.timeout`
   * (ms, default 8000), `media.cancelled` (the signal), `media.badReply` (an output outside the contract) or the page's own.
   */
  request<O extends MediaOperation>(
    operation: O,
    input: MediaInput<O>,
    { timeoutMs = DEFAULT_TIMEOUT, signal }: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<MediaOutput<O>> {
    const current = this.#current
    if (!current) return Promise.reject(new TroubleError('media.absent'))
    if (signal?.aborted) return Promise.reject(new TroubleError('media.cancelled'))
    const request = ++this.#lastRequest
    return new Promise<MediaOutput<O>>((resolve, reject) => {
      const cancel = (code: string) => {
        this.bridge.emit('media.cancel', { request }, current)
        finish({ trouble: { code, params: {} } })
      }
      const onAbort = () => cancel('media.cancelled')
      const timer = setTimeout(() => {
        this.log.warn({ operation, timeoutMs }, 'the media page did not answer in time')
        cancel('media.timeout')
      }, timeoutMs)
      const finish: Pending['finish'] = (outcome) => {
        if (!this.#pending.delete(request)) return
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        if ('trouble' in outcome) return reject(new TroubleError(outcome.trouble.code, outcome.trouble.params, outcome.trouble.detail))
        const parsed = mediaOperations[operation].output.safeParse(outcome.output)
        if (parsed.success) return resolve(parsed.data as MediaOutput<O>)
        this.log.warn({ operation }, 'the media page answered outside the contract')
        reject(new TroubleError('media.badReply', {}, parsed.error.issues[0]?.message))
      }
      this.#pending.set(request, { operation, finish })
      signal?.addEventListener('abort', onAbort, { once: true })
      const payload: EventPayload<'media.request'> = { request, operation, input }
      this.bridge.emit('media.request', payload, current)
    })
  }

  /** Lets the check of each operation's output be compiled, which is done at its first use: one with each step. */
  rehearsal(): (() => void)[] {
    return Object.values(mediaOperations).map(
      ({ output }) =>
        () =>
          void output.safeParse({}),
    )
  }

  /** Resolves once a page holds audio, or after that many ms: a page that is just loading is worth a moment. */
  async settled(patienceMs = 2_000): Promise<void> {
    if (this.#current) return
    await new Promise<void>((done) => {
      const timer = setTimeout(() => finish(), patienceMs)
      const stop = this.onPresence((present) => present && finish())
      const finish = () => {
        clearTimeout(timer)
        stop()
        done()
      }
    })
  }

  onStats(listener: (peer: string, stats: PeerStats) => void): () => void {
    this.#stats.add(listener)
    return () => this.#stats.delete(listener)
  }

  onReport(listener: (report: PeerReport) => void): () => void {
    return subscribe(this.#reports, listener)
  }

  onPresence(listener: (present: boolean) => void): () => void {
    return subscribe(this.#presence, listener)
  }

  onState(listener: (state: MediaState) => void): () => void {
    return subscribe(this.#states, listener)
  }

  onTrouble(listener: (trouble: MediaTrouble) => void): () => void {
    return subscribe(this.#troubles, listener)
  }

  /** Newest wins: a page that says hello while another holds audio is the one the rep has just opened. */
  #adopt(connection: Connection): void {
    const old = this.#current
    if (old === connection) return
    if (old) {
      this.bridge.emit('media.retire', {}, old)
      this.#lose()
    }
    this.#current = connection
    for (const listener of this.#presence) listener(true)
  }

  #lose(): void {
    this.#current = null
    for (const pending of [...this.#pending.values()]) pending.finish({ trouble: { code: 'media.absent', params: {} } })
    this.#setState({ ...this.#state, present: false, troubles: [] })
    for (const listener of this.#presence) listener(false)
  }

  #setState(state: MediaState): void {
    this.#state = state
    for (const listener of this.#states) listener(state)
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
