/**
 * What the SIP library takes for its media: offers and answers fetched from the media page, each with a time limit and
 * cancelled when the session ends. One per session; the peer behind it may be replaced when the page was.
 */
import { randomBytes } from 'node:crypto'
import type { BodyAndContentType, SessionDescriptionHandler, SessionDescriptionHandlerOptions } from 'sip.js'
import type { IceConfig, MediaInput, MediaOutput, PeerStats } from '../../preload/contract'
import type { Log } from '../log'
import { TroubleError, troubleOf } from '../trouble'
import type { MediaGateway } from './port'
import {
  asHolder,
  directionOf,
  fromSlot,
  holds,
  inSlot,
  maxSdp,
  offerProblem,
  onlySlot,
  type Slot,
  slotOf,
  withForeignIce,
  withoutLoopback,
} from './sdp'

/** Passed through the library untouched (`sessionDescriptionHandlerOptions`). */
export interface DescriptionOptions extends SessionDescriptionHandlerOptions {
  iceRestart?: boolean
}

export interface DescriptionParts {
  media: MediaGateway
  peer: string
  role: MediaInput<'peer.offer'>['role']
  ice: IceConfig
  log: Log
  /** How long the page may take for one description. */
  timeoutMs: number
  /** How long to wait for a page when none is there. */
  presenceMs: number
  /** The far end holds us, or no longer does, by its last description. */
  onRemoteHold?: (held: boolean) => void
}

const sdpType = 'application/sdp'
/** Answers that cannot be used, until no further offer follows by itself. */
const maxSpoiled = 2

export class BridgeSdh implements SessionDescriptionHandler {
  readonly #parts: DescriptionParts
  readonly #closed = new AbortController()
  #remoteOffer: string | null = null
  #awaitsAnswer = false
  #prepared: { offer: string; answer: Promise<string> } | null = null
  /** The first offer, asked for ahead of the library's turn. */
  #asked: Promise<MediaOutput<'peer.offer'>> | null = null
  /** The page that made the offer is gone: its answer is taken as read, and a new offer has to follow. */
  outdated = false
  #muted = false
  #held = false
  /** What our last offer said of directions: an answer says nothing beyond it. */
  #offered: string | null = null
  /** By an offer of the far end that is being answered. */
  #offeredHold = false
  /** Our offer was taken back while its answer was awaited: the page has forgotten it, the far end may not have. */
  #abandoned = false
  /** The far end has accepted what was taken back here: the two sides differ until the next offer. */
  astray = false
  /** An offer of ours has been answered in this call before. */
  #agreed = false
  /** Answers in a row that the page could not take. */
  #spoiled = 0
  #slot: Slot = onlySlot
  #described = false
  /**
   * The offer of a new page on its way into the call. Its keys are new, and Asterisk 22 begins none for a stream that it has
   * (measured: neither with `connection:new` nor with changed roles), nor bridges one that has moved to another place. So
   * the stream is first put beside the old, which ends that one, and then back into its place: two re-INVITEs, one offer.
   */
  #move: { offer: string; step: 'aside' | 'back' } | null = null
  /** One crossing at a time, so that early media and the answer that follows it stay in order. */
  #last: Promise<unknown> = Promise.resolve()
  /** Why the last description failed, in the reader's words. */
  failure: ReturnType<typeof troubleOf> | null = null

  constructor(parts: DescriptionParts) {
    this.#parts = parts
  }

  /** Answers an offer ahead of time, silently: the call is still ringing (`peer.answer` with `live` false). */
  prepare(offer: string): Promise<void> {
    const answer = this.#fetchAnswer(offer, false)
    this.#prepared = { offer, answer }
    return answer.then(
      () => undefined,
      (error: unknown) => {
        if (this.#prepared?.answer === answer) this.#prepared = null
        throw error
      },
    )
  }

  /**
   * Asks for a call's first offer in this very tick, so that the page has it before what is shown of the call: in the browser
   * host one thread does both, and drawing a call takes it longer than making its offer.
   */
  askOffer(): void {
    const { media } = this.#parts
    if (!media.present) return
    const asked = this.#requestOffer(false)
    this.#asked = asked
    this.#last = asked.catch(() => undefined)
  }

  hasDescription(contentType: string): boolean {
    return contentType.split(';', 1)[0]?.trim().toLowerCase() === sdpType
  }

  async getDescription(options?: DescriptionOptions): Promise<BodyAndContentType> {
    try {
      const offer = this.#remoteOffer
      this.#remoteOffer = null
      if (offer === null) {
        const body = await this.#offer(options?.iceRestart ?? false)
        this.#awaitsAnswer = true
        return { body, contentType: sdpType }
      }
      const prepared = this.#prepared?.offer === offer ? this.#prepared.answer : null
      this.#prepared = null
      this.#agreed = true
      const answer = prepared ? await prepared.catch(() => this.#fetchAnswer(offer, true)) : await this.#fetchAnswer(offer, true)
      this.#parts.onRemoteHold?.(this.#offeredHold)
      return { body: inSlot(answer, this.#slot), contentType: sdpType }
    } catch (error) {
      throw this.#failed(error)
    }
  }

  async setDescription(sdp: string): Promise<void> {
    try {
      if (this.#abandoned) {
        this.#abandoned = false
        this.astray = true
        return
      }
      if (this.#awaitsAnswer) {
        this.#awaitsAnswer = false
        if (this.#agreed) {
          if (!(await this.#answeredAgain(sdp))) return
        } else await this.#answered(sdp)
        this.#agreed = true
        // An offer of ours that already refused to receive is answered without saying who else holds.
        if (this.#offered && directionOf(this.#offered) !== 'inactive') this.#parts.onRemoteHold?.(holds(sdp))
        return
      }
      const slot = slotOf(sdp) ?? (this.#slot.count > 1 ? { index: 0, count: this.#slot.count } : onlySlot)
      const offer = fromSlot(sdp, slot)
      const problem = offerProblem(offer)
      if (problem) throw new TroubleError('sip.noCommonAudio', {}, problem)
      this.#slot = slot
      this.#offeredHold = holds(offer)
      this.#remoteOffer = offer
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** The description in a 183: the network's own audio (announcements, its ringback) before anyone has answered. */
  async early(sdp: string): Promise<void> {
    if (this.#awaitsAnswer && !this.outdated && sdp.length <= maxSdp) await this.#remote(sdp, 'pranswer')
  }

  async rollbackDescription(): Promise<void> {
    if (this.#abandoned) {
      this.#abandoned = false
      return
    }
    this.#remoteOffer = null
    this.#awaitsAnswer = false
    if (this.#move?.step === 'aside') {
      // A far end that takes no second stream may take the new one in the old one's place.
      this.#slot = onlySlot
      this.#move.step = 'back'
    }
    if (this.outdated || this.#move) return
    await this.#ordered(() => this.#parts.media.request('peer.rollback', { peer: this.#parts.peer }, this.#limits()))
  }

  /** An offer was made that never went out. */
  async takeBack(): Promise<void> {
    if (this.#awaitsAnswer) await this.rollbackDescription()
  }

  /** Nobody waits for the answer to our offer any more: the page goes back, and what comes late is not for it. */
  async abandon(): Promise<void> {
    if (!this.#awaitsAnswer || this.#move) return
    await this.rollbackDescription()
    this.#abandoned = true
  }

  /**
   * Gates sound at once, or lets it through; the next description says so. A page that is away, or a peer that it has not
   * made yet, is told when it makes one.
   */
  async hold(held: boolean): Promise<void> {
    this.#held = held
    const { media, peer } = this.#parts
    if (media.present && this.#described && !this.outdated) {
      // Out of turn: an offer that takes its time must not keep the microphone open.
      await media.request('peer.hold', { peer, held }, this.#limits())
    }
  }

  /** The media page went away, and with it the peer. */
  pageLost(): void {
    this.#prepared = null
    this.#asked = null
    this.outdated = true
  }

  /** Opens the microphone of a call that was prepared silently; nothing to do for any other. */
  async live(): Promise<void> {
    const prepared = this.#prepared
    if (!prepared) return
    const ready = await prepared.answer.then(
      () => true,
      () => false,
    )
    const { media, peer } = this.#parts
    if (ready && !this.#closed.signal.aborted) await media.request('peer.live', { peer }, this.#limits())
  }

  async mute(muted: boolean): Promise<void> {
    this.#muted = muted
    if (this.#parts.media.present) await this.#parts.media.request('peer.mute', { peer: this.#parts.peer, muted }, this.#limits())
  }

  /** Sends key tones as RFC 4733 events; false when the far end did not agree to them. */
  async tones(tones: string): Promise<boolean> {
    const { sent } = await this.#parts.media.request('peer.dtmf', { peer: this.#parts.peer, tones }, this.#limits())
    return sent
  }

  stats(): Promise<PeerStats> {
    return this.#parts.media.request('peer.stats', { peer: this.#parts.peer }, this.#limits())
  }

  /** Never asked: key tones go by `peer.dtmf`, which can say whether they were sent. */
  sendDtmf(): boolean {
    return false
  }

  close(): void {
    if (this.#closed.signal.aborted) return
    this.#closed.abort()
    const { media, peer, timeoutMs } = this.#parts
    if (media.present) media.request('peer.close', { peer }, { timeoutMs }).catch(() => undefined)
  }

  /** Part of a move that is still to be sent. */
  get unfinished(): boolean {
    return this.#move !== null
  }

  async #offer(iceRestart: boolean): Promise<string> {
    this.astray = false
    this.#offered = await this.#ourOffer(iceRestart)
    return this.#offered
  }

  async #ourOffer(iceRestart: boolean): Promise<string> {
    if (this.outdated && this.#described) {
      this.#move = { offer: await this.#fetchOffer(false), step: 'aside' }
      this.#slot = { index: 1, count: 2 }
    } else if (!this.#move) return inSlot(await this.#fetchOffer(iceRestart), this.#slot)
    const { offer, step } = this.#move
    if (step === 'back') return inSlot(offer, this.#slot)
    // Nothing may connect yet: the page would take the far end's first DTLS packet for the one of the stream that stays.
    return inSlot(withForeignIce(offer, randomBytes(4).toString('hex'), randomBytes(16).toString('hex')), this.#slot)
  }

  /** False: the page cannot take what the far end answered to a re-INVITE. The library would end the call over it; it goes on as it was. */
  async #answeredAgain(sdp: string): Promise<boolean> {
    try {
      await this.#answered(sdp)
      this.#spoiled = 0
      return true
    } catch (error) {
      const { code, detail } = troubleOf(error)
      if (this.#closed.signal.aborted || code === 'media.absent') throw error
      const { media, peer, log } = this.#parts
      log.warn({ peer, trouble: code, detail }, 'an answer to a re-INVITE could not be used')
      await this.#ordered(() => media.request('peer.rollback', { peer }, this.#limits())).catch(() => undefined)
      this.#spoiled += 1
      this.astray = this.#spoiled <= maxSpoiled
      return false
    }
  }

  async #answered(sdp: string): Promise<void> {
    if (this.outdated) return
    if (this.#move?.step === 'aside') {
      // Not for the page: its offer is answered when it stands in its place.
      this.#move.step = 'back'
      this.#slot = { index: 0, count: 2 }
      return
    }
    this.#move = null
    await this.#remote(fromSlot(sdp, this.#slot), 'answer')
  }

  async #fetchOffer(iceRestart: boolean): Promise<string> {
    const { media, peer } = this.#parts
    try {
      const { sdp } = await this.#fromSomePage(() => {
        const asked = this.#asked
        this.#asked = null
        return asked ?? this.#requestOffer(iceRestart)
      })
      return this.#made(sdp)
    } catch (error) {
      // It may have been made all the same, too late: a peer that waits for an answer takes no other offer.
      if (this.#described && !this.outdated && media.present)
        media.request('peer.rollback', { peer }, this.#limits()).catch(() => undefined)
      throw error
    }
  }

  #requestOffer(iceRestart: boolean): Promise<MediaOutput<'peer.offer'>> {
    const { media, peer, role, ice } = this.#parts
    return media.request('peer.offer', { peer, role, ice, iceRestart, ...this.#heldAnew() }, this.#limits())
  }

  async #fetchAnswer(offer: string, live: boolean): Promise<string> {
    const { media, peer, role, ice } = this.#parts
    const ask = () => media.request('peer.answer', { peer, role, ice, sdp: offer, live, ...this.#heldAnew() }, this.#limits())
    const { sdp } = await (live ? this.#fromSomePage(ask) : this.#ordered(ask))
    return this.#made(sdp)
  }

  /** Asks the page that is there or on its way; when it goes away over this, the next one once. */
  async #fromSomePage<T>(ask: () => Promise<T>): Promise<T> {
    await this.#pagePresent()
    try {
      return await this.#ordered(ask)
    } catch (error) {
      if (troubleOf(error).code !== 'media.absent') throw error
      await this.#pagePresent()
      return await this.#ordered(ask)
    }
  }

  async #remote(sdp: string, type: 'answer' | 'pranswer'): Promise<void> {
    await this.#ordered(() => this.#parts.media.request('peer.remote', { peer: this.#parts.peer, type, sdp }, this.#limits()))
  }

  async #made(sdp: string): Promise<string> {
    // A peer made by a new page knows nothing of the mute button; nothing has been sent yet.
    if (this.outdated && this.#muted) await this.mute(true)
    this.outdated = false
    this.#described = true
    const ours = this.#held ? asHolder(sdp) : sdp
    return this.#parts.ice.loopback ? ours : withoutLoopback(ours)
  }

  /** For a peer that is made by this: on hold from its first moment. */
  #heldAnew() {
    return this.outdated && this.#held ? { held: true } : {}
  }

  #limits() {
    return { timeoutMs: this.#parts.timeoutMs, signal: this.#closed.signal }
  }

  #ordered<T>(action: () => Promise<T>): Promise<T> {
    const next = this.#last.then(action, action)
    this.#last = next.catch(() => undefined)
    return next
  }

  /** A page may be on its way (the window is being reloaded): worth a moment, not more. */
  async #pagePresent(): Promise<void> {
    const { media, presenceMs } = this.#parts
    if (media.present) return
    const closed = this.#closed.signal
    await new Promise<void>((resolve, reject) => {
      const stop = media.onPresence((present) => present && end(resolve))
      const timer = setTimeout(() => end(() => reject(new TroubleError('media.absent'))), presenceMs)
      const abort = () => end(() => reject(new TroubleError('media.cancelled')))
      closed.addEventListener('abort', abort)
      function end(settle: () => void) {
        stop()
        clearTimeout(timer)
        closed.removeEventListener('abort', abort)
        settle()
      }
    })
  }

  #failed(error: unknown): Error {
    this.failure = troubleOf(error)
    this.#parts.log.warn({ peer: this.#parts.peer, trouble: this.failure.code, detail: this.failure.detail }, 'a media description failed')
    return error instanceof Error ? error : new Error(String(error))
  }
}
