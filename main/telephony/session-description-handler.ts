/**
 * What the SIP library takes for its media: offers and answers fetched from the media page, each with a time limit and
 * cancelled when the session ends. One per session; the peer behind it may be replaced when the page was.
 */
import type { BodyAndContentType, SessionDescriptionHandler, SessionDescriptionHandlerOptions } from 'sip.js'
import type { IceConfig, MediaInput, PeerStats } from '../../preload/contract'
import type { Log } from '../log'
import { TroubleError, troubleOf } from '../trouble'
import type { MediaGateway } from './port'
import { maxSdp, offerProblem, spentStreams, withoutLoopback, withoutSpentStreams, withSpentStreams } from './sdp'

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
}

const sdpType = 'application/sdp'

export class BridgeSdh implements SessionDescriptionHandler {
  readonly #parts: DescriptionParts
  readonly #closed = new AbortController()
  #remoteOffer: string | null = null
  #awaitsAnswer = false
  #prepared: { offer: string; answer: Promise<string> } | null = null
  /** The page that made the offer is gone: its answer is taken as read, and a new offer has to follow. */
  outdated = false
  #muted = false
  /** Streams of this call that are over, because the page that had them is gone. */
  #spent = 0
  #offered = false
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

  hasDescription(contentType: string): boolean {
    return contentType.split(';', 1)[0]?.trim().toLowerCase() === sdpType
  }

  async getDescription(options?: DescriptionOptions): Promise<BodyAndContentType> {
    try {
      const offer = this.#remoteOffer
      this.#remoteOffer = null
      if (offer === null) {
        const body = await this.#fetchOffer(options?.iceRestart ?? false)
        this.#awaitsAnswer = true
        return { body, contentType: sdpType }
      }
      const prepared = this.#prepared?.offer === offer ? this.#prepared.answer : null
      this.#prepared = null
      const body = prepared ? await prepared.catch(() => this.#fetchAnswer(offer, true)) : await this.#fetchAnswer(offer, true)
      return { body, contentType: sdpType }
    } catch (error) {
      throw this.#failed(error)
    }
  }

  async setDescription(sdp: string): Promise<void> {
    try {
      if (this.#awaitsAnswer) {
        this.#awaitsAnswer = false
        if (!this.outdated) await this.#remote(withoutSpentStreams(sdp, this.#spent), 'answer')
        return
      }
      const spent = spentStreams(sdp)
      const offer = withoutSpentStreams(sdp, spent)
      const problem = offerProblem(offer)
      if (problem) throw new TroubleError('sip.noCommonAudio', {}, problem)
      this.#spent = spent
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
    this.#remoteOffer = null
    this.#awaitsAnswer = false
    if (this.outdated) return
    await this.#ordered(() => this.#parts.media.request('peer.rollback', { peer: this.#parts.peer }, this.#limits()))
  }

  /** The media page went away, and with it the peer. */
  pageLost(): void {
    this.#prepared = null
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

  async #fetchOffer(iceRestart: boolean): Promise<string> {
    const { peer, role, ice } = this.#parts
    await this.#pagePresent()
    const { sdp } = await this.#ordered(() => this.#parts.media.request('peer.offer', { peer, role, ice, iceRestart }, this.#limits()))
    return this.#described(sdp, 'offer')
  }

  async #fetchAnswer(offer: string, live: boolean): Promise<string> {
    const { peer, role, ice } = this.#parts
    if (live) await this.#pagePresent()
    const { sdp } = await this.#ordered(() =>
      this.#parts.media.request('peer.answer', { peer, role, ice, sdp: offer, live }, this.#limits()),
    )
    return this.#described(sdp, 'answer')
  }

  async #remote(sdp: string, type: 'answer' | 'pranswer'): Promise<void> {
    await this.#ordered(() => this.#parts.media.request('peer.remote', { peer: this.#parts.peer, type, sdp }, this.#limits()))
  }

  async #described(sdp: string, type: 'offer' | 'answer'): Promise<string> {
    const fresh = this.outdated
    this.outdated = false
    // A peer made by a new page knows nothing of the mute button; nothing has been sent yet.
    if (fresh && this.#muted) await this.mute(true)
    if (fresh && type === 'offer' && this.#offered) this.#spent += 1
    this.#offered = true
    const described = withSpentStreams(sdp, this.#spent)
    return this.#parts.ice.loopback ? described : withoutLoopback(described)
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
