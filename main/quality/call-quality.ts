/**
 * Listens to the statistics of calls that are up: what each interval was like, how the call sounds as a whole, and a warning when it
 * has been bad for a while. Nothing is counted while a call is held, either way: nobody listens then.
 */
import {
  callQuality,
  type EventName,
  type EventPayload,
  type LiveCall,
  type PeerStats,
  type CallQuality as Quality,
  type QualitySample,
} from '../../preload/contract'
import type { Clock } from '../clock'
import type { Log } from '../log'
import type { Store } from '../store/store'
import type { MediaGateway } from '../telephony/port'
import { mosOf, rating } from './e-model'
import { Samples } from './samples'
import { Warnings } from './warning'

export interface CallQualityNeeds {
  store: Store
  clock: Clock
  log: Log
  media: Pick<MediaGateway, 'onStats' | 'onPresence'>
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void
}

/** How often what has been heard is kept, in ms. */
export const keepEveryMs = 10_000
/** Fewer packets in an interval say nothing of the network: a fifth of a second's. */
const fewestPackets = 10

interface Followed {
  answeredMonotonic: number
  held: boolean
  /** The last statistics; null: the next ones only begin an interval. */
  before: PeerStats | null
  codec: string | null
  samples: Samples
  warnings: Warnings
  last: QualitySample | null
  keptMonotonic: number
}

export class CallQuality {
  readonly #calls = new Map<string, Followed>()
  readonly #stops: (() => void)[]

  constructor(private readonly needs: CallQualityNeeds) {
    this.#stops = [
      needs.media.onStats((callId, stats) => this.#heard(callId, stats)),
      // A new page counts from nothing, and what lies between is not the network's doing.
      needs.media.onPresence(() => {
        for (const call of this.#calls.values()) call.before = null
      }),
    ]
  }

  /** To be told of every change of a call. */
  follow({ id, phase, talkMs, hold, heldByRemote, media }: LiveCall): void {
    if (phase === 'ended') return this.#end(id)
    if (phase !== 'connected') return
    const now = this.needs.clock.monotonic()
    const call = this.#calls.get(id) ?? {
      answeredMonotonic: now - talkMs,
      held: false,
      before: null,
      codec: null,
      samples: new Samples(),
      warnings: new Warnings(),
      last: null,
      keptMonotonic: now,
    }
    this.#calls.set(id, call)
    const held = hold !== 'none' || heldByRemote
    if (media === 'lost' || held) call.before = null
    if (held && !call.held) this.#quiet(id, call)
    call.held = held
  }

  /** Of a call that is on or over, for its graph; empty when nothing was kept. */
  samples(callId: string): QualitySample[] {
    const call = this.#calls.get(callId)
    if (call) return call.samples.summary(call.codec).samples
    const text = this.needs.store.db.prepare<[string], string>('SELECT samples FROM call_quality WHERE call_id = ?').pluck().get(callId)
    return text === undefined ? [] : readSamples(text)
  }

  close(): void {
    for (const stop of this.#stops) stop()
    for (const id of [...this.#calls.keys()]) this.#end(id)
  }

  #heard(callId: string, stats: PeerStats): void {
    const call = this.#calls.get(callId)
    if (!call || call.held) return
    const { before } = call
    call.before = stats
    // A page that is new, or a peer that was made again, begins at nothing.
    if (!before || stats.packetsReceived < before.packetsReceived || stats.jitterBufferEmitted < before.jitterBufferEmitted) return
    const { clock } = this.needs
    const now = clock.monotonic()
    call.codec = stats.codec ?? call.codec
    const received = stats.packetsReceived - before.packetsReceived
    const sample = sampleOf(before, stats, now - call.answeredMonotonic)
    call.samples.add(sample)
    call.warnings.add(sample, received > 0)
    call.last = sample
    this.#tell(callId, call)
    if (now - call.keptMonotonic >= keepEveryMs) this.#keep(callId, call, now)
  }

  #tell(callId: string, { last, codec, warnings }: Followed): void {
    if (last) this.needs.emit('call.quality', { callId, sample: last, codec, warning: warnings.current })
  }

  /** A held call has nothing to warn of. */
  #quiet(callId: string, call: Followed): void {
    const told = call.warnings.current !== null
    call.warnings.clear()
    if (told) this.#tell(callId, call)
  }

  #end(callId: string): void {
    const call = this.#calls.get(callId)
    if (!call) return
    this.#calls.delete(callId)
    this.#keep(callId, call, this.needs.clock.monotonic())
  }

  #keep(callId: string, call: Followed, now: number): void {
    call.keptMonotonic = now
    if (call.samples.empty) return
    const { store, log } = this.needs
    const { samples, ...figures } = call.samples.summary(call.codec)
    const row: Omit<Quality, 'samples'> & { callId: string; samples: string } = {
      callId,
      ...figures,
      samples: JSON.stringify(samples.map(rounded)),
    }
    try {
      store.write(() => store.db.prepare(keepSql).run(row), { key: `quality:${callId}` })
    } catch (err) {
      log.error({ err, callId }, 'how a call sounded could not be kept')
    }
  }
}

const keepSql = `INSERT INTO call_quality (call_id, codec, mos, worst_mos, round_trip_ms, jitter_ms, loss, samples)
  VALUES (@callId, @codec, @mos, @worstMos, @roundTrip, @jitter, @loss, @samples)
  ON CONFLICT (call_id) DO UPDATE SET codec = excluded.codec, mos = excluded.mos, worst_mos = excluded.worst_mos,
    round_trip_ms = excluded.round_trip_ms, jitter_ms = excluded.jitter_ms, loss = excluded.loss, samples = excluded.samples`

/** What lay between two looks. */
function sampleOf(before: PeerStats, stats: PeerStats, atMs: number): QualitySample {
  const received = stats.packetsReceived - before.packetsReceived
  // Packets that come late after all are taken off the lost ones.
  const lost = Math.max(0, stats.packetsLost - before.packetsLost)
  const loss = received === 0 ? null : lost / (received + lost)
  const emitted = stats.jitterBufferEmitted - before.jitterBufferEmitted
  const buffered = emitted > 0 ? (1_000 * (stats.jitterBufferDelay - before.jitterBufferDelay)) / emitted : 0
  const roundTrip = stats.roundTripTime === null ? null : stats.roundTripTime * 1_000
  const enough = loss !== null && received + lost >= fewestPackets
  return {
    atMs: Math.max(0, atMs),
    mos: enough ? mosOf(rating({ codec: stats.codec, loss, roundTrip: roundTrip ?? 0, buffered: Math.max(0, buffered) })) : null,
    roundTrip,
    jitter: stats.jitter === null ? null : stats.jitter * 1_000,
    loss,
  }
}

const round = (value: number | null, digits: number) => (value === null ? null : Number(value.toFixed(digits)))

/** As finely as anybody can see. */
function rounded({ atMs, mos, roundTrip, jitter, loss }: QualitySample): QualitySample {
  return { atMs: Math.round(atMs), mos: round(mos, 2), roundTrip: round(roundTrip, 1), jitter: round(jitter, 1), loss: round(loss, 4) }
}

/** The file may have been edited by its owner. */
function readSamples(text: string): QualitySample[] {
  try {
    const parsed = callQuality.shape.samples.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : []
  } catch {
    return []
  }
}
