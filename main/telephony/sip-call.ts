/**
 * One call on the SIP library's session: what the rep does becomes SIP, what the network and the media page do becomes the
 * call's few events. A call always ends for the rep when told to, whether or not anyone answers.
 */
import { randomUUID } from 'node:crypto'
import { Invitation, Inviter, type Session, SessionState } from 'sip.js'
import type { IceConfig, PeerReport, Trouble } from '../../preload/contract'
import type { Log } from '../log'
import { TroubleError, troubleOf } from '../trouble'
import type { TelephonyLimits } from './limits'
import { forLog } from './message'
import type { CallEnd, MediaGateway, RemoteParty, SipCall } from './port'
import { takenElsewhere } from './reasons'
import { Renegotiation } from './renegotiation'
import { BridgeSdh } from './session-description-handler'
import type { WireTransport } from './transport'

export interface CallParts {
  accountId: string
  media: MediaGateway
  transport: WireTransport
  ice: IceConfig
  declineCode: number
  log: Log
  limits: TelephonyLimits
  random: () => number
  /** Gives the library the media of this session. */
  describe: (session: Session, handler: BridgeSdh) => void
  /** Runs once a connection is there again, unless that takes longer than `farewellMs`. */
  whenArrived: (action: () => void) => void
  /** The rep has answered: it rings no more. */
  onAnswering: (call: Call) => void
  onOver: (call: Call) => void
}

export interface CallFacts {
  remote: RemoteParty
  calledLine: string | null
  startedMonotonic: number
}

export class Call implements SipCall {
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
  readonly #parts: CallParts
  readonly #session: Inviter | Invitation
  readonly #media: BridgeSdh
  readonly #renegotiation: Renegotiation
  readonly #stops: (() => void)[] = []
  #connected = false
  #over = false
  #answering = false
  #early: boolean | null = null
  #shown: 'connecting' | 'flowing' | 'lost' | null = null
  #trouble: Trouble | null = null
  /** What is known of the end before the session says that it has come. */
  #end: CallEnd | null = null
  #pageTimer: NodeJS.Timeout | null = null
  #audioTimer: NodeJS.Timeout | null = null
  #restartTimer: NodeJS.Timeout | null = null

  constructor(parts: CallParts, session: Inviter | Invitation, facts: CallFacts) {
    this.#parts = parts
    this.#session = session
    this.accountId = parts.accountId
    this.direction = session instanceof Inviter ? 'outgoing' : 'incoming'
    this.remote = facts.remote
    this.calledLine = facts.calledLine
    this.startedMonotonic = facts.startedMonotonic
    const { media, limits, log } = parts
    this.#media = new BridgeSdh({
      media,
      peer: this.id,
      role: { kind: 'phone' },
      ice: parts.ice,
      log,
      timeoutMs: limits.describeMs,
      presenceMs: limits.presenceMs,
    })
    parts.describe(session, this.#media)
    this.#renegotiation = new Renegotiation({
      session,
      transport: parts.transport,
      log,
      random: parts.random,
      onGone: () => void this.#endIfSilent(),
      onDone: () => {
        this.#tell(null)
        if (this.#media.unfinished) this.#renegotiation.request({ iceRestart: false })
      },
      onGivenUp: () => this.#media.unfinished && this.#drop('sip.audioGone'),
    })
    session.stateChange.addListener((state) => this.#sessionIs(state))
    session.delegate = {
      onAck: () => this.#nowConnected(),
      onBye: (bye) => {
        this.#end ??= { by: 'remote', status: null, answeredElsewhere: false, trouble: null }
        bye.accept().catch(() => undefined)
      },
      onCancel: ({ request }) => {
        const answeredElsewhere = takenElsewhere(request.getHeaders('reason'))
        this.#end ??= { by: 'remote', status: 487, answeredElsewhere, trouble: null }
      },
      // Without these the library would obey: a REFER makes it dial whatever it is told.
      onRefer: (referral) => void referral.reject({ statusCode: 603 }).catch(() => undefined),
      onMessage: (message) => void message.reject({ statusCode: 405 }).catch(() => undefined),
    }
    this.#stops.push(
      media.onReport((report) => report.peer === this.id && this.#reported(report)),
      media.onPresence((present) => this.#pageIs(present)),
    )
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
            this.#ringing(hasSdp)
          },
          onReject: ({ message }) => this.#refused(message.statusCode ?? 0, (message as { data?: string }).data === undefined),
          onRedirect: ({ message }) => this.#refused(message.statusCode ?? 0, false),
        },
      })
      .catch((error: unknown) => this.#logged(error, 'a call could not be made'))
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
    this.#parts.onAnswering(this)
    this.#show('connecting')
    const accepted = invitation.accept()
    this.#media.live().catch((error: unknown) => this.#tell(troubleOf(error)))
    try {
      await accepted
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

  onRemoteHold: SipCall['onRemoteHold'] = null
  onReferral: SipCall['onReferral'] = null
  readonly replaces: string | null = null
  readonly asksAutoAnswer: boolean = false

  async hold(): Promise<void> {
    throw new TroubleError('app.notYet')
  }

  async transfer(): Promise<void> {
    throw new TroubleError('app.notYet')
  }

  redirect(): void {
    throw new TroubleError('app.notYet')
  }

  async dtmf(tones: string): Promise<void> {
    if (this.#over) throw new TroubleError('sip.callOver')
    const sent = await this.#media.tones(tones).catch(() => false)
    if (sent) return
    for (const tone of tones) await this.#info(tone)
  }

  /** A connection is there again and registered: the far end learns the new way back to us. */
  arrived(): void {
    if (!this.#over && this.#session.state === SessionState.Established) this.#renegotiation.request({ iceRestart: false })
  }

  /** The machine's addresses have changed: both ends look for a new path for the sound (RFC 8445 §2.4). */
  restartIce(): void {
    if (!this.#over && this.#session.state === SessionState.Established) this.#renegotiation.request({ iceRestart: true })
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

  #reject(statusCode: number): void {
    const invitation = this.#session
    if (!(invitation instanceof Invitation)) return
    if (invitation.state !== SessionState.Initial && invitation.state !== SessionState.Establishing) return
    try {
      invitation.reject({ statusCode }).catch(() => undefined)
    } catch (error) {
      this.#logged(error, 'a refusal was not sent')
    }
  }

  #sessionIs(state: SessionState): void {
    if (state === SessionState.Established) {
      // Hung up while the 200 was on its way.
      if (this.#over) return void this.#session.bye().catch(() => undefined)
      if (this.direction === 'outgoing') this.#nowConnected()
      if (this.#media.outdated) this.#renegotiation.request({ iceRestart: false })
    }
    // The library tells the final status to the request's delegate only after this.
    if (state === SessionState.Terminated) queueMicrotask(() => this.#finish())
  }

  #nowConnected(): void {
    if (this.#connected || this.#over) return
    this.#connected = true
    this.onConnected?.()
  }

  #ringing(early: boolean): void {
    if (this.#over || this.#connected || this.#early === true || this.#early === early) return
    this.#early = early
    this.onRinging?.(early)
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
    for (const stop of this.#stops) stop()
    for (const timer of [this.#pageTimer, this.#audioTimer, this.#restartTimer]) if (timer) clearTimeout(timer)
    this.#renegotiation.close()
    this.#media.close()
    const failure = this.#media.failure
    const unexplained: CallEnd = failure
      ? { by: 'local', status: null, answeredElsewhere: false, trouble: failure }
      : { by: 'network', status: null, answeredElsewhere: false, trouble: { code: 'sip.callDropped', params: {} } }
    const end = this.#end ?? unexplained
    this.#parts.onOver(this)
    this.onEnd?.(this.#connected && end.status !== null ? { ...end, status: null } : end)
  }

  #reported(report: PeerReport): void {
    const { limits } = this.#parts
    if (report.flowing && report.connection === 'connected') this.#show('flowing')
    else if (report.connection !== 'connected') this.#show('connecting')
    if (report.connection === 'connected') {
      this.#audioTimer = stopped(this.#audioTimer)
      this.#restartTimer = stopped(this.#restartTimer)
      this.#tell(null)
    }
    if (!this.#connected) return
    if (report.moreCandidates || report.connection === 'failed') this.#renegotiation.request({ iceRestart: true })
    if (report.connection === 'disconnected') {
      this.#restartTimer ??= setTimeout(() => this.#renegotiation.request({ iceRestart: true }), limits.disconnectedMs)
    }
    if (report.connection === 'failed') {
      this.#tell({ code: 'sip.audioLost', params: {} })
      this.#audioTimer ??= setTimeout(() => this.#drop('sip.audioGone'), limits.audioGoneMs)
    }
  }

  #pageIs(present: boolean): void {
    this.#pageTimer = stopped(this.#pageTimer)
    const ringing = this.direction === 'incoming' && !this.#answering && !this.#connected
    if (!present) {
      this.#media.pageLost()
      if (ringing) return
      this.#show('lost')
      this.#pageTimer = setTimeout(() => this.#drop('sip.audioPageGone'), this.#parts.limits.pageGoneMs)
      return
    }
    if (ringing) return
    this.#show('connecting')
    if (this.#session.state === SessionState.Established) this.#renegotiation.request({ iceRestart: false })
  }

  #drop(code: string): void {
    if (!this.#over) this.#leave({ by: 'network', status: null, answeredElsewhere: false, trouble: { code, params: {} } })
  }

  /** The server has forgotten the call; as long as audio arrives it goes on for the people in it. */
  async #endIfSilent(): Promise<void> {
    const heard = async () => (await this.#media.stats()).packetsReceived
    try {
      const before = await heard()
      await new Promise((resolve) => setTimeout(resolve, 2000))
      if ((await heard()) > before) return
    } catch (error) {
      this.#logged(error, 'whether audio still arrives is not known')
    }
    this.#drop('sip.callDropped')
  }

  #info(tone: string): Promise<void> {
    if (this.#session.state !== SessionState.Established) throw new TroubleError('sip.callOver')
    const content = `Signal=${tone}\r\nDuration=160\r\n`
    return new Promise((resolve, reject) => {
      this.#session
        .info({
          requestOptions: { body: { contentDisposition: 'render', contentType: 'application/dtmf-relay', content } },
          requestDelegate: {
            onAccept: () => resolve(),
            onReject: ({ message }) => reject(new TroubleError('sip.tonesRefused', { status: message.statusCode ?? 0 })),
          },
        })
        .catch(reject)
    })
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

function stopped(timer: NodeJS.Timeout | null): null {
  if (timer) clearTimeout(timer)
  return null
}
