/**
 * One call on the SIP library's session: what the rep does becomes SIP, what the network and the media page do becomes the
 * call's few events. A call always ends for the rep when told to, whether or not anyone answers.
 */
import { randomUUID } from 'node:crypto'
import { Invitation, Inviter, type Session, SessionState } from 'sip.js'
import type { Trouble } from '../../preload/contract'
import { TroubleError, troubleOf } from '../trouble'
import { AudioWatch } from './audio-watch'
import type { CallFacts, CallParts } from './call-parts'
import { Hold } from './hold'
import { sendKeyTones } from './key-tones'
import { createLeg, type Leg } from './leg'
import { forLog } from './message'
import type { CallEnd, RemoteParty, SipCall } from './port'
import type { ReportedCall } from './referral'
import { RingingWatch } from './ringing-watch'
import type { BridgeSdh } from './session-description-handler'
import { SessionTimer } from './session-timer'
import { Transfer } from './transfer'

export class Call implements SipCall, ReportedCall {
  readonly id = randomUUID()
  readonly accountId: string
  readonly direction: 'incoming' | 'outgoing'
  readonly remote: RemoteParty
  readonly calledLine: string | null
  readonly startedMonotonic: number
  onRinging: SipCall['onRinging'] = null
  onConnected: SipCall['onConnected'] = null
  onEnd: SipCall['onEnd'] = null
  onMedia: SipCall['onMedia'] = null
  onTrouble: SipCall['onTrouble'] = null
  onRemoteHold: SipCall['onRemoteHold'] = null
  onReferral: SipCall['onReferral'] = null
  onCourse: ReportedCall['onCourse'] = null
  readonly replaces: string | null
  readonly asksAutoAnswer: boolean
  readonly #parts: CallParts
  readonly #facts: CallFacts
  readonly #audio: AudioWatch
  readonly #hold: Hold
  readonly #transfer: Transfer
  #leg: Leg
  #remoteHeld = false
  #connected = false
  /** The connection over which its INVITE went or came; null: it has not gone yet. */
  #begunOn: number | null = null
  #ringing: RingingWatch | null = null
  #over = false
  #answering = false
  #early: boolean | null = null
  #shown: 'connecting' | 'flowing' | 'lost' | null = null
  #trouble: Trouble | null = null
  /** What is known of the end before the session says that it has come. */
  #end: CallEnd | null = null

  constructor(parts: CallParts, session: Inviter | Invitation, facts: CallFacts) {
    this.#parts = parts
    this.#facts = facts
    this.accountId = parts.accountId
    this.direction = session instanceof Inviter ? 'outgoing' : 'incoming'
    this.remote = facts.remote
    this.calledLine = facts.calledLine
    this.startedMonotonic = facts.startedMonotonic
    this.replaces = facts.replaces?.id ?? null
    this.asksAutoAnswer = facts.asksAutoAnswer ?? false
    const { media, limits, log, transport } = parts
    if (session instanceof Invitation) this.#begunOn = transport.generation
    this.#leg = this.#begun(session, null)
    this.#hold = new Hold({
      gate: (held) => this.#media.hold(held),
      abandon: () => this.#media.abandon(),
      renegotiation: () => this.#leg.renegotiation,
      connected: () => transport.isConnected(),
      timeoutMs: limits.holdMs,
    })
    this.#transfer = new Transfer({ session: () => this.#session, transport, log, limits, onDone: () => this.hangUp() })
    this.#audio = new AudioWatch({
      media,
      peer: this.id,
      limits,
      log,
      connected: () => this.#connected,
      held: () => this.#hold.held || this.#remoteHeld,
      ringing: () => this.direction === 'incoming' && !this.#answering && !this.#connected,
      stats: () => this.#media.stats(),
      renegotiate: (iceRestart) => this.#leg.renegotiation.request({ iceRestart }),
      onPage: (present) => this.#pageIs(present),
      show: (state) => this.#show(state),
      tell: (trouble) => this.#tell(trouble),
      drop: (code) => this.#drop(code),
    })
  }

  get #session(): Inviter | Invitation {
    return this.#leg.session
  }

  get #media(): BridgeSdh {
    return this.#leg.media
  }

  #begun(session: Inviter | Invitation, timer: SessionTimer | null): Leg {
    const { limits } = this.#parts
    const leg = createLeg(this.#parts, session, {
      peer: this.id,
      invite: this.#facts.invite ?? null,
      timer:
        timer ??
        new SessionTimer({
          secondMs: limits.timerSecondMs,
          onRefresh: () => this.#leg.renegotiation.request({ iceRestart: false }),
          onExpired: () => this.#drop('sip.sessionExpired'),
        }),
      onState: (state) => this.#sessionIs(session, state),
      onAck: () => this.#nowConnected(),
      onEnding: (end) => {
        this.#end ??= end
      },
      onNotify: (notification) => this.#transfer.notified(notification),
      onReferral: () => this.onReferral,
      onRemoteHold: (held) => this.#remoteHolds(held),
      onGone: () => void this.#audio.forgotten(),
      onAgreed: () => this.#audio.troubled || this.#tell(null),
      onMoveFailed: () => this.#drop('sip.audioGone'),
    })
    return leg
  }

  /** Outgoing, and to be begun in the same tick: the page makes the offer while whoever dials still writes the call down. */
  askOffer(): void {
    this.#media.askOffer()
  }

  /** Outgoing: sends the INVITE. */
  begin(): void {
    const inviter = this.#session
    if (!(inviter instanceof Inviter)) return
    this.#show('connecting')
    inviter
      .invite({
        requestDelegate: {
          onProgress: ({ message }) => {
            const hasSdp = message.body !== '' && this.#media.hasDescription(message.getHeader('content-type') ?? '')
            if (hasSdp) this.#media.early(message.body).catch((error: unknown) => this.#logged(error, 'early media was not taken'))
            this.#rings(hasSdp)
          },
          onReject: ({ message }) => {
            const { again } = this.#facts
            const { timer } = this.#leg
            // RFC 4028 §7.3: the same once more, with a session as long as it wants.
            if (message.statusCode === 422 && again && !this.#over && timer.refused(message.getHeader('min-se'))) {
              return this.#beginAgain(again())
            }
            this.#refused(message.statusCode ?? 0, (message as { data?: string }).data === undefined)
          },
          onRedirect: ({ message }) => this.#refused(message.statusCode ?? 0, false),
        },
      })
      .then(() => {
        this.#begunOn = this.#parts.transport.generation
      })
      .catch((error: unknown) => this.#logged(error, 'a call could not be made'))
  }

  #beginAgain(session: Inviter): void {
    const { timer, messages } = this.#leg
    messages.close()
    this.#leg = this.#begun(session, timer)
    this.begin()
  }

  /** Incoming: tells the network that it rings. With `prepare` the media page makes the answer ready. */
  ring(prepare: boolean): void {
    const invitation = this.#session
    if (!(invitation instanceof Invitation)) return
    invitation.progress().catch((error: unknown) => this.#logged(error, '180 could not be sent'))
    const offer = invitation.body
    if (prepare && offer) setTimeout(() => this.#prepare(offer), this.#parts.limits.prepareAfterMs)
  }

  #prepare(offer: string): void {
    if (this.#over || this.#answering || !this.#parts.media.present) return
    this.#media.prepare(offer).catch((error: unknown) => {
      const trouble = troubleOf(error)
      // Page trouble may pass before the rep answers; a description that cannot be used will not.
      if (this.#over || this.#answering || /^media\.(?:absent|timeout|cancelled)$/.test(trouble.code)) return
      this.#parts.log.warn({ call: this.id, trouble: trouble.code, detail: trouble.detail }, 'an incoming call had to be refused')
      this.#end = { by: 'local', status: 488, answeredElsewhere: false, trouble: { ...trouble, code: 'sip.noCommonAudio' } }
      this.#reject(488)
    })
  }

  async answer(): Promise<void> {
    const invitation = this.#session
    if (!(invitation instanceof Invitation) || this.#over || invitation.state !== SessionState.Initial) {
      throw new TroubleError('sip.callOver')
    }
    if (this.#answering) return
    this.#answering = true
    this.#ringing?.close()
    this.#parts.onAnswering()
    this.#show('connecting')
    const accepted = invitation.accept()
    this.#media.live().catch((error: unknown) => this.#tell(troubleOf(error)))
    try {
      await accepted
      // RFC 3891 §3: this call has taken its place.
      this.#facts.replaces?.hangUp()
    } catch (error) {
      this.#logged(error, 'a call could not be answered')
      throw new TroubleError(this.#media.failure?.code ?? 'sip.callOver', this.#media.failure?.params ?? {}, this.#media.failure?.detail)
    }
  }

  decline(status: number = this.#parts.declineCode): void {
    if (this.direction !== 'incoming' || this.#connected || this.#answering) return this.hangUp()
    this.#end ??= { by: 'local', status, answeredElsewhere: false, trouble: null }
    this.#reject(status)
    this.#finish()
  }

  hangUp(): void {
    if (this.#over) return
    this.#leave({ by: 'local', status: null, answeredElsewhere: false, trouble: null })
  }

  async mute(muted: boolean): Promise<void> {
    if (this.#over) return
    await this.#media.mute(muted)
  }

  async hold(held: boolean): Promise<void> {
    if (this.#over) throw new TroubleError('sip.callOver')
    if (!this.#connected) throw new TroubleError('call.notConnected')
    await this.#hold.set(held)
  }

  async transfer(to: { target: string } | { call: SipCall }, onProgress: (status: number) => void): Promise<void> {
    if (this.#over) throw new TroubleError('sip.callOver')
    if ('target' in to) return this.#transfer.start({ uri: this.#parts.address(to.target) }, onProgress)
    const { call } = to
    if (!(call instanceof Call) || call === this || call.#over) throw new TroubleError('transfer.otherNotConnected')
    // Only who has both calls can connect them.
    if (call.#parts.domain.toLowerCase() !== this.#parts.domain.toLowerCase()) throw new TroubleError('transfer.otherServer')
    return this.#transfer.start({ session: call.#session }, onProgress)
  }

  redirect(target: string): void {
    const address = this.#parts.address(target)
    if (this.direction !== 'incoming' || this.#over || this.#connected || this.#answering) throw new TroubleError('call.notRinging')
    this.#end ??= { by: 'local', status: 302, answeredElsewhere: false, trouble: null }
    this.#reject(302, [`Contact: <${address}>`])
    this.#finish()
  }

  async dtmf(tones: string): Promise<void> {
    if (this.#over) throw new TroubleError('sip.callOver')
    // While one side holds, audio goes one way at most: key tones in it may reach nobody.
    const held = this.#hold.held || this.#remoteHeld
    const sent = !held && (await this.#media.tones(tones).catch(() => false))
    if (!sent) await sendKeyTones(this.#session, tones)
  }

  carriedBy(session: Session): boolean {
    return session === this.#session
  }

  /** RFC 3891 §3: a call that is up, or one of ours that rings at the far end; never one that rings here. */
  get replaceable(): boolean {
    return !this.#over && (this.#session.state === SessionState.Established || this.direction === 'outgoing')
  }

  /**
   * A connection is there again and registered: the far end learns the new way back to us. `iceRestart`: the machine's addresses
   * have changed, and both ends look for a new path for the sound (RFC 8445 §2.4).
   */
  arrived(iceRestart: boolean): void {
    if (this.#over) return
    const { transport, limits } = this.#parts
    const session = this.#session
    if (session.state === SessionState.Established) return this.#leg.renegotiation.request({ iceRestart })
    if (this.#begunOn === null || this.#begunOn === transport.generation || this.#answering) return
    // RFC 3261 §18.2.2: what was still to be answered is answered to the connection that is gone.
    if (session instanceof Inviter) this.#drop('sip.callDropped')
    else this.#ringing ??= new RingingWatch({ session, transport, everyMs: limits.ringingMs, onGone: () => this.#drop('sip.callDropped') })
  }

  /** For a call that is not the rep's doing to end: BYE, CANCEL or a refusal, as the state asks. */
  #leave(end: CallEnd): void {
    this.#end ??= end
    const session = this.#session
    const { transport, whenArrived } = this.#parts
    if (session.state === SessionState.Established) {
      const bye = () => {
        if (session.state === SessionState.Established) session.bye().catch((error: unknown) => this.#logged(error, 'BYE was not sent'))
      }
      // Offline, BYE waits for the connection: the far end would be left listening.
      if (transport.isConnected()) bye()
      else whenArrived(bye)
    } else if (session instanceof Inviter) {
      if (session.state === SessionState.Initial || session.state === SessionState.Establishing) session.cancel().catch(() => undefined)
    } else {
      this.#reject(this.#answering ? 480 : this.#parts.declineCode)
    }
    this.#finish()
  }

  #reject(statusCode: number, extraHeaders: string[] = []): void {
    const invitation = this.#session
    if (!(invitation instanceof Invitation)) return
    if (invitation.state !== SessionState.Initial && invitation.state !== SessionState.Establishing) return
    try {
      invitation.reject({ statusCode, extraHeaders }).catch(() => undefined)
    } catch (error) {
      this.#logged(error, 'a refusal was not sent')
    }
  }

  #sessionIs(session: Session, state: SessionState): void {
    if (session !== this.#session) return
    if (state === SessionState.Established) {
      // Hung up while the 200 was on its way.
      if (this.#over) return void session.bye().catch(() => undefined)
      if (this.direction === 'outgoing') this.#nowConnected()
      if (this.#media.outdated) this.#leg.renegotiation.request({ iceRestart: false })
    }
    // The library tells the final status to the request's delegate only after this.
    if (state === SessionState.Terminated) queueMicrotask(() => session === this.#session && this.#finish())
  }

  #nowConnected(): void {
    if (this.#connected || this.#over) return
    this.#connected = true
    this.#audio.answered()
    this.onConnected?.()
    this.onCourse?.(200)
    if (this.#remoteHeld) this.onRemoteHold?.(true)
  }

  #rings(early: boolean): void {
    if (this.#over || this.#connected || this.#early === true || this.#early === early) return
    this.#early = early
    this.onRinging?.(early)
    this.onCourse?.(180)
  }

  #refused(status: number, byLibrary: boolean): void {
    const failure = this.#media.failure
    if (failure) this.#end ??= { by: 'local', status, answeredElsewhere: false, trouble: failure }
    else if (byLibrary) this.#end ??= { by: 'network', status, answeredElsewhere: false, trouble: { code: 'sip.callUnsent', params: {} } }
    else this.#end ??= { by: 'remote', status, answeredElsewhere: false, trouble: null }
  }

  #finish(): void {
    if (this.#over) return
    this.#over = true
    const { renegotiation, timer, messages, referrals } = this.#leg
    this.#audio.close()
    this.#ringing?.close()
    timer.stop()
    renegotiation.close()
    this.#media.close()
    const failure = this.#media.failure
    const unexplained: CallEnd = failure
      ? { by: 'local', status: null, answeredElsewhere: false, trouble: failure }
      : { by: 'network', status: null, answeredElsewhere: false, trouble: { code: 'sip.callDropped', params: {} } }
    const end = this.#end ?? unexplained
    this.#transfer.ended(end.by === 'remote')
    referrals.callEnded()
    // What the library still sends and hears (BYE, its answer) is nobody's watch; CANCEL and a late 200 need none.
    messages.close()
    this.#parts.onOver()
    this.onCourse?.(end.status ?? 487)
    this.onEnd?.(this.#connected && end.status !== null ? { ...end, status: null } : end)
  }

  #pageIs(present: boolean): void {
    if (!present) this.#media.pageLost()
    else if (this.#session.state === SessionState.Established) this.#leg.renegotiation.request({ iceRestart: false })
  }

  #remoteHolds(held: boolean): void {
    if (this.#over || this.#remoteHeld === held) return
    this.#remoteHeld = held
    if (this.#connected) this.onRemoteHold?.(held)
  }

  #drop(code: string): void {
    if (!this.#over) this.#leave({ by: 'network', status: null, answeredElsewhere: false, trouble: { code, params: {} } })
  }

  #show(media: 'connecting' | 'flowing' | 'lost'): void {
    if (this.#shown === media || this.#over) return
    this.#shown = media
    this.onMedia?.(media)
  }

  #tell(trouble: Trouble | null): void {
    if (this.#over || this.#trouble?.code === trouble?.code) return
    this.#trouble = trouble
    this.onTrouble?.(trouble)
  }

  #logged(error: unknown, what: string): void {
    this.#parts.log.warn({ call: this.id, why: forLog(error instanceof Error ? error.message : String(error)) }, what)
  }
}
