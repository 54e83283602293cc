/**
 * Whether one call's audio lives: what the media page reports of its connection and its packets, and whether the page itself
 * is there. Dead audio is looked for anew, said, and after a while ends the call. Silence alone never does: a far end may send
 * nothing for as long as it likes (silence suppression, its own mute), and ICE consent (RFC 7675) or its RTCP reports show that
 * it is there.
 */
import type { PeerReport, PeerStats, Trouble } from '../../preload/contract'
import type { Log } from '../log'
import type { TelephonyLimits } from './limits'
import { forLog } from './message'
import type { MediaGateway } from './port'

export interface AudioWatchParts {
  media: MediaGateway
  peer: string
  limits: TelephonyLimits
  log: Log
  connected: () => boolean
  /** Somebody holds: nothing need arrive. */
  held: () => boolean
  /** An incoming call that nobody has answered: no audio is there to be missed. */
  ringing: () => boolean
  stats: () => Promise<PeerStats>
  renegotiate: (iceRestart: boolean) => void
  onPage: (present: boolean) => void
  show: (media: 'connecting' | 'flowing' | 'lost') => void
  tell: (trouble: Trouble | null) => void
  drop: (code: string) => void
}

export class AudioWatch {
  readonly #parts: AudioWatchParts
  readonly #stops: (() => void)[]
  #pageTimer: NodeJS.Timeout | null = null
  #audioTimer: NodeJS.Timeout | null = null
  #restartTimer: NodeJS.Timeout | null = null
  #firstTimer: NodeJS.Timeout | null = null
  /** There has been a connection. */
  #wasUp = false
  /** There should be one and is none, and that has been said. */
  #lost = false
  /** What last showed that the far end is there, and when (ms). */
  #seen: { packets: number; report: string; at: number } | null = null
  #silent = false
  #forgotten = false
  #over = false

  constructor(parts: AudioWatchParts) {
    this.#parts = parts
    const { media, peer } = parts
    this.#stops = [
      media.onReport((report) => report.peer === peer && this.#reported(report)),
      media.onStats((of, stats) => of === peer && this.#measured(stats)),
      media.onPresence((present) => this.#pageIs(present)),
    ]
  }

  /** Something is wrong that a re-INVITE's acceptance alone does not mend. */
  get troubled(): boolean {
    return this.#silent || this.#lost
  }

  /** From here on people expect to hear each other. */
  answered(): void {
    if (!this.#wasUp) this.#firstTimer ??= setTimeout(() => this.#isLost(), this.#parts.limits.firstAudioMs)
  }

  close(): void {
    this.#over = true
    for (const stop of this.#stops) stop()
    for (const timer of [this.#pageTimer, this.#audioTimer, this.#restartTimer, this.#firstTimer]) if (timer) clearTimeout(timer)
  }

  /** The far end knows nothing of the call any more; as long as audio arrives it goes on for the people in it. */
  async forgotten(): Promise<void> {
    if (this.#forgotten) return
    this.#forgotten = true
    const { stats, log, drop } = this.#parts
    const heard = async () => (await stats()).packetsReceived
    try {
      let before = await heard()
      while (!this.#over) {
        await new Promise((resolve) => setTimeout(resolve, 2000))
        const now = this.#over ? before + 1 : await heard()
        if (now <= before) break
        before = now
      }
    } catch (error) {
      log.warn({ call: this.#parts.peer, why: forLog(String(error)) }, 'whether audio still arrives is not known')
    }
    if (!this.#over) drop('sip.callDropped')
  }

  #measured(stats: PeerStats): void {
    const { connected, held, limits, renegotiate, tell } = this.#parts
    const now = performance.now()
    // RTCP: the far end's reports change with each that arrives.
    const report = `${stats.roundTripTime} ${stats.lossAtFarEnd}`
    const seen = this.#seen
    if (!connected() || held() || this.#lost || !seen || stats.packetsReceived !== seen.packets || report !== seen.report) {
      this.#seen = { packets: stats.packetsReceived, report, at: now }
      if (this.#silent && !this.#lost) {
        this.#silent = false
        tell(null)
      }
      return
    }
    if (this.#silent || now - seen.at < limits.silentMs) return
    this.#silent = true
    tell({ code: 'sip.audioSilent', params: {} })
    renegotiate(true)
  }

  #reported(report: PeerReport): void {
    const { limits, connected, renegotiate, show, tell, drop } = this.#parts
    if (report.flowing && report.connection === 'connected') show('flowing')
    else if (report.connection !== 'connected') show('connecting')
    if (report.connection === 'connected') {
      this.#wasUp = true
      this.#lost = false
      this.#firstTimer = stopped(this.#firstTimer)
      this.#audioTimer = stopped(this.#audioTimer)
      this.#restartTimer = stopped(this.#restartTimer)
      if (!this.#silent) tell(null)
    }
    if (!connected()) return
    if (report.moreCandidates || report.connection === 'failed') renegotiate(true)
    if (report.connection === 'disconnected') {
      this.#restartTimer ??= setTimeout(() => renegotiate(true), limits.disconnectedMs)
    }
    if (report.connection === 'failed') {
      this.#isLost()
      this.#audioTimer ??= setTimeout(() => drop(this.#wasUp ? 'sip.audioGone' : 'sip.audioNeverCame'), limits.audioGoneMs)
    }
  }

  #isLost(): void {
    this.#lost = true
    this.#parts.tell({ code: this.#wasUp ? 'sip.audioLost' : 'sip.audioBlocked', params: {} })
  }

  #pageIs(present: boolean): void {
    const { ringing, show, onPage, drop, limits } = this.#parts
    this.#pageTimer = stopped(this.#pageTimer)
    this.#seen = null
    onPage(present)
    if (ringing()) return
    show(present ? 'connecting' : 'lost')
    if (!present) this.#pageTimer = setTimeout(() => drop('sip.audioPageGone'), limits.pageGoneMs)
  }
}

function stopped(timer: NodeJS.Timeout | null): null {
  if (timer) clearTimeout(timer)
  return null
}
