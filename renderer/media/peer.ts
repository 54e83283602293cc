/**
 * One RTCPeerConnection: the rep's side of a call (`phone`) or the practice line's far end (`robot`). Knows the order in
 * which descriptions, microphone and sound come; decides nothing about the call.
 */
import type { IceConfig, MediaInput, MediaOutput, PeerReport, PeerStats, Trouble } from '../../preload/contract'
import { prefer, preferring } from './codecs'
import type { Member } from './conference'
import { sendTones } from './dtmf'
import type { Echoing } from './echo'
import { describe, type Gathered } from './gathering'
import type { Microphone } from './microphone'
import type { Outputs } from './outputs'
import type { Recordable, Through } from './recordable'
import type { Offered, Reserve } from './reserve'
import type { Robot, Robots } from './robot'
import {
  assertSound,
  type Direction,
  directionOf,
  hasCandidate,
  hasCodec,
  onlyHiddenCandidates,
  outgoing,
  withDirection,
  withholdCandidates,
} from './sdp'
import { statsOf } from './stats'
import { MediaError } from './trouble'
import { Voice } from './voice'
import { until } from './waiting'

/** What peers share. */
export interface PeerParts {
  reserve: Reserve
  microphone: Microphone
  outputs: Outputs
  robots: Robots
  report(report: PeerReport): void
  stats(peer: string, stats: PeerStats): void
  trouble(peer: string, trouble: Trouble | null): void
  /** The browser wants a click before it plays anything. */
  refused(): void
}

type Role = MediaInput<'peer.offer'>['role']
type Described = MediaOutput<'peer.offer'>

export class Peer implements Recordable, Member, Echoing {
  readonly #connection: RTCPeerConnection
  readonly #closing = new AbortController()
  /** Made and gathered before the call, and not yet sent. */
  #ready: Offered | null
  #transceiver: RTCRtpTransceiver | null = null
  #robot: Robot | null = null
  #returnMicrophone: (() => void) | null = null
  readonly #voice = new Voice((error) => {
    if (!this.closed.aborted) this.parts.trouble(this.id, new MediaError('media.microphoneFailed', error).trouble)
  })
  #held = false
  /** By its last description: it wants to hear nothing. */
  #farHolds = false
  #silenced = false
  /** The direction that our last offer named. */
  #offered: Direction = 'sendrecv'
  #live = false
  #flowing = false
  #withheld: RTCIceCandidateInit[] = []

  constructor(
    readonly id: string,
    readonly role: Role,
    readonly ice: IceConfig,
    readonly parts: PeerParts,
    begins: 'offer' | 'answer',
    held: boolean,
  ) {
    this.#ready = begins === 'offer' ? parts.reserve.takeOffer(ice) : null
    if (held) this.hold(true)
    this.#connection = this.#ready?.connection ?? parts.reserve.make(ice)
    this.#connection.addEventListener('connectionstatechange', () => this.#onConnection(), { signal: this.#closing.signal })
  }

  /** Aborts when the peer is closed. */
  get closed(): AbortSignal {
    return this.#closing.signal
  }

  async offer(iceRestart: boolean): Promise<Described> {
    const ready = this.#ready
    if (ready) {
      this.#ready = null
      ready.onLate = () => this.#report({ moreCandidates: true })
      this.#use(ready.transceiver)
      // The microphone is opened when the offer is on its way, not before.
      queueMicrotask(() => this.closed.aborted || this.#open())
      return this.#sendable('offer', ready.description)
    }
    prefer(this.#transceiver ?? this.#use(this.#connection.addTransceiver('audio', { direction: 'sendrecv' })), this.ice.codecs)
    this.#open()
    const offer = await until(this.#connection.createOffer({ iceRestart }), this.closed)
    return this.#describe('offer', offer)
  }

  /** Rejects `media.badSdp`, `media.noAudio`, `media.noCommonCodec` or `media.wrongState` (an offer of ours is out). */
  async answer(sdp: string, live: boolean): Promise<Described> {
    if (this.#connection.signalingState !== 'stable' && this.#connection.signalingState !== 'have-remote-offer') {
      throw new MediaError('media.wrongState', this.#connection.signalingState)
    }
    assertSound(sdp)
    const wanted = this.ice.codecs ? preferring(sdp, this.ice.codecs) : sdp
    // Candidates are held back until the call is answered: a check that finds nobody for half a minute would fail for good.
    const { sdp: shown, candidates } = live || this.#live ? { sdp: wanted, candidates: [] } : withholdCandidates(wanted)
    this.#withheld = candidates
    await this.#apply({ type: 'offer', sdp: shown })
    this.#farHolds = !/recv/.test(directionOf(sdp))
    this.#settleTransceivers()
    if (live) this.#open()
    const answer = await until(this.#connection.createAnswer(), this.closed)
    if (!hasCodec(answer.sdp ?? '')) throw new MediaError('media.noCommonCodec')
    return this.#describe('answer', answer)
  }

  async remote(type: 'answer' | 'pranswer', sdp: string): Promise<Record<string, never>> {
    const { signalingState } = this.#connection
    if (signalingState !== 'have-local-offer' && signalingState !== 'have-remote-pranswer') {
      throw new MediaError('media.wrongState', signalingState)
    }
    assertSound(sdp)
    await this.#apply({ type, sdp })
    // Of a stream that we offered as inactive, the answer tells nothing.
    if (this.#offered !== 'inactive') this.#farHolds = !/recv/.test(directionOf(sdp))
    return {}
  }

  async rollback(): Promise<Record<string, never>> {
    const { signalingState } = this.#connection
    if (signalingState === 'have-local-offer') {
      await until(this.#connection.setLocalDescription({ type: 'rollback' }), this.closed)
    } else if (signalingState === 'have-remote-offer') {
      await until(this.#connection.setRemoteDescription({ type: 'rollback' }), this.closed)
    }
    return {}
  }

  /** The rep has answered: check, listen and speak. */
  async goLive(): Promise<Record<string, never>> {
    this.#open()
    const withheld = this.#withheld
    this.#withheld = []
    // One that cannot be read or resolved does not spoil the others.
    await until(Promise.all(withheld.map((candidate) => this.#connection.addIceCandidate(candidate).catch(() => undefined))), this.closed)
    return {}
  }

  mute(muted: boolean): void {
    this.#voice.muted = muted
  }

  /** Silences both ways at once; the far end is told by the next description. */
  hold(held: boolean): void {
    this.#held = held
    this.#voice.held = held
    this.#listen()
  }

  dtmf(tones: string): boolean {
    return sendTones(this.#transceiver?.sender, tones)
  }

  get heard(): MediaStreamTrack | null {
    return this.#transceiver?.receiver.track ?? null
  }

  onSent(listener: (track: MediaStreamTrack | null) => void): () => void {
    return this.#voice.onSent(listener)
  }

  get farHolds(): boolean {
    return this.#farHolds
  }

  /** Answered, and there has been a connection. */
  get isUp(): boolean {
    return this.#live && this.#connection.connectionState !== 'new' && this.#connection.connectionState !== 'connecting'
  }

  /** A member of a conference whom nobody is to hear. */
  silence(silent: boolean): void {
    this.#silenced = silent
    this.#listen()
  }

  mixed(through: Through | null): void {
    this.#voice.lead('conference', through)
  }

  measured(through: Through | null): void {
    this.#voice.lead('measurement', through)
  }

  sendThrough(through: Through | null): void {
    this.#voice.lead('notice', through)
  }

  stats(): Promise<PeerStats> {
    return until(statsOf(this.#connection), this.closed)
  }

  close(): void {
    if (this.closed.aborted) return
    this.#closing.abort()
    this.parts.outputs.silence(this.id)
    this.#returnMicrophone?.()
    this.#robot?.stop()
    this.#connection.close()
  }

  async #describe(type: 'offer' | 'answer', description: RTCSessionDescriptionInit): Promise<Described> {
    const described = await describe(
      this.#connection,
      description as RTCLocalSessionDescriptionInit,
      { servers: this.ice.servers.map(({ url }) => url), relayOnly: this.ice.relayOnly ?? false },
      this.closed,
      () => this.#report({ moreCandidates: true }),
    )
    return this.#sendable(type, described)
  }

  /**
   * Hold stands in what the far end reads, never in what the browser is told: Chromium stops playing as soon as an offer of
   * its own says `sendonly`, and a rollback does not begin it again (measured in Chromium 156).
   */
  #sendable(type: 'offer' | 'answer', { sdp, incomplete }: Gathered): Described {
    if (onlyHiddenCandidates(sdp) && !this.ice.loopback) this.parts.trouble(this.id, { code: 'media.microphoneDenied', params: {} })
    const sent = outgoing(sdp, this.ice.loopback)
    // With every cable out only loopback is left. A far end that is sent no candidate answers without ICE, which ends the call.
    if (!hasCandidate(sent)) throw new MediaError('media.noNetwork')
    const direction = this.#direction(type, sdp)
    if (type === 'offer') this.#offered = direction
    return { sdp: withDirection(sent, direction), incomplete }
  }

  #direction(type: 'offer' | 'answer', sdp: string): Direction {
    const own = directionOf(sdp)
    if (!this.#held) return own
    // RFC 3264 §8.4: a stream that only we would receive becomes inactive.
    return type === 'offer' ? (this.#farHolds ? 'inactive' : 'sendonly') : /send/.test(own) ? 'sendonly' : 'inactive'
  }

  async #apply(description: RTCSessionDescriptionInit): Promise<void> {
    try {
      await until(this.#connection.setRemoteDescription(description), this.closed)
    } catch (error) {
      throw error instanceof MediaError ? error : new MediaError('media.badSdp', error)
    }
  }

  /** After an offer: audio both ways, as far as the offer allows; anything else it asks for is declined. */
  #settleTransceivers(): void {
    for (const transceiver of this.#connection.getTransceivers()) {
      const isAudio = transceiver.receiver.track.kind === 'audio'
      if (isAudio && (!this.#transceiver || transceiver === this.#transceiver)) {
        if (!this.#transceiver) this.#use(transceiver)
        transceiver.direction = 'sendrecv'
      } else if (transceiver.direction !== 'stopped') {
        transceiver.stop()
      }
    }
    if (!this.#transceiver) throw new MediaError('media.noAudio')
  }

  #use(transceiver: RTCRtpTransceiver): RTCRtpTransceiver {
    this.#transceiver = transceiver
    transceiver.receiver.track.addEventListener('unmute', () => this.#onFlow(), { signal: this.closed })
    this.#listen()
    return transceiver
  }

  /** Whatever plays, mixes or records the far end gets silence while it is not to be heard. */
  #listen(): void {
    if (this.#transceiver) this.#transceiver.receiver.track.enabled = !this.#held && !this.#silenced
  }

  /** Opens mouth and ears, once; nothing of it is waited for. */
  #open(): void {
    const transceiver = this.#transceiver
    if (this.#live || !transceiver) return
    this.#live = true
    const remote = transceiver.receiver.track
    this.#voice.begin(transceiver.sender)
    if (this.role.kind === 'phone') {
      this.#returnMicrophone = this.parts.microphone.lend({
        onTrack: (track) => this.#voice.speak(track),
      })
      this.parts.outputs.hear(this.id, remote, () => this.parts.refused())
    } else {
      this.#robot = this.parts.robots.make(this.role.program, remote, () => this.#report({ promptEnded: true }))
      this.#voice.speak(this.#robot.track)
      if (this.#connection.connectionState === 'connected') this.#robot.begin()
    }
    if (!remote.muted) this.#onFlow()
  }

  #onFlow(): void {
    if (!this.#live || this.#flowing) return
    this.#flowing = true
    this.#report({})
  }

  #onConnection(): void {
    if (this.#connection.connectionState === 'connected') this.#robot?.begin()
    this.#report({})
  }

  #report(more: Partial<PeerReport>): void {
    if (this.closed.aborted) return
    this.parts.report({
      peer: this.id,
      connection: this.#connection.connectionState,
      flowing: this.#flowing,
      moreCandidates: false,
      ...more,
    })
  }
}
