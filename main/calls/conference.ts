/**
 * A conference of two calls and the rep: main says who is in it, the media page mixes. It holds and resumes as one; when a
 * party leaves, the other one is a plain call again.
 */

import type { Log } from '../log'
import type { MediaGateway } from '../telephony/port'
import { TroubleError, troubleOf } from '../trouble'
import type { Lines } from './lines'
import type { LiveCalls } from './live-calls'
import type { TrackedCall } from './tracked-call'

/** A media page that is new, or does not know the calls yet, is told again after so many ms, so many times. */
const againMs = 500
const mostTries = 60

export class Conference {
  #members: readonly TrackedCall[] = []
  /** Grows with each conference that begins or ends. */
  #era = 0
  /** The media page may not know of it (all of it). */
  #untold = false
  #tries = 0
  #timer: NodeJS.Timeout | null = null
  readonly #stop: () => void

  constructor(
    private readonly media: MediaGateway,
    private readonly log: Log,
    private readonly live: LiveCalls,
    private readonly lines: () => Lines,
  ) {
    this.#stop = media.onPresence((present) => {
      if (!present || this.#members.length === 0) return
      this.#untold = true
      this.#tries = 0
      this.#soon()
    })
  }

  /** The calls that are held and resumed together with this one. */
  group(call: TrackedCall): readonly TrackedCall[] {
    return this.#members.includes(call) ? this.#members : [call]
  }

  /**
   * Makes a conference of two connected calls, resuming what is held. Throws TroubleError `conference.exists`,
   * `conference.sameCall`, `transfer.underWay`, or why it could not be: then the rep is with the one that he was with.
   */
  async start(one: TrackedCall, other: TrackedCall): Promise<void> {
    if (one === other) throw new TroubleError('conference.sameCall')
    if (this.#members.length > 0) throw new TroubleError('conference.exists')
    if (one.transfer || other.transfer) throw new TroubleError('transfer.underWay')
    const members = [one, other]
    const before = members.find((call) => !call.aside)
    this.#members = members
    const era = ++this.#era
    for (const call of members) {
      call.inConference = true
      // The colleague is no longer asked about the customer: they talk.
      call.consultsFor = null
    }
    this.lines().turnTo(members)
    for (const call of members) this.live.changed(call)
    await Promise.all(members.map((call) => this.lines().settled(call)))
    if (this.#era !== era) throw new TroubleError('conference.partyGone')
    try {
      const refused = this.#members.find((call) => call.holdFailure !== null && call.confirmedHeld)
      if (refused) throw new TroubleError('conference.notResumed', { party: refused.words.party })
      await this.#tell()
    } catch (error) {
      if (this.#era === era) {
        // Before it is dissolved: no two calls that do not hear each other hear the rep.
        const back = this.#members.filter((call) => call === before)
        if (!this.lines().busyElsewhere(this.#members)) this.lines().turnTo(back)
        this.#dissolve()
      }
      throw error
    }
    if (this.#era !== era) throw new TroubleError('conference.partyGone')
  }

  /** Neither the rep nor the other party hears them. Throws TroubleError `conference.none`, or why the page could not. */
  async mute(call: TrackedCall, muted: boolean): Promise<void> {
    if (!this.#members.includes(call)) throw new TroubleError('conference.none')
    const before = call.partyMuted
    call.partyMuted = muted
    try {
      await this.#tell()
    } catch (error) {
      call.partyMuted = before
      throw error
    }
    if (!call.ended) this.live.changed(call)
  }

  /** Back to two calls: this one goes on, the other is held. Throws TroubleError `conference.none`. */
  split(call: TrackedCall): void {
    if (!this.#members.includes(call)) throw new TroubleError('conference.none')
    this.lines().turnTo([call])
    this.#dissolve()
  }

  /** Its two calls. Throws TroubleError `conference.none`. */
  needMembers(): [TrackedCall, TrackedCall] {
    const [one, other] = this.#members
    if (!one || !other) throw new TroubleError('conference.none')
    return [one, other]
  }

  /** A party has left: the other one has the rep to himself. */
  ended(call: TrackedCall): void {
    if (this.#members.includes(call)) this.#dissolve()
  }

  /** Another call goes on in the place of one. */
  replaced(old: TrackedCall, call: TrackedCall): void {
    if (!this.#members.includes(old)) return
    call.inConference = true
    call.partyMuted = old.partyMuted
    old.inConference = false
    this.#members = this.#members.map((member) => (member === old ? call : member))
    this.#untold = true
    this.#tries = 0
    this.#soon()
    this.live.changed(call)
  }

  /** A member's sound has come back over a new page, whose peers are new. */
  mediaChanged(call: TrackedCall): void {
    if (this.#untold && this.#members.includes(call) && call.media !== 'lost') this.#soon()
  }

  close(): void {
    this.#stop()
    if (this.#members.length > 0) this.#dissolve()
  }

  async #tell(): Promise<void> {
    const told = this.#members
    const members = told.map((call) => ({ peer: call.id, muted: call.partyMuted }))
    await this.media.request('conference.set', { members })
    if (this.#members !== told) return
    const whole = told.every((call) => call.media === 'flowing')
    if (!whole && told.length > 0 && this.#tries < mostTries) this.#untold = true
    else this.#untold = false
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      if (!this.#untold || this.#members.length === 0) return
      this.#tries++
      this.#tell().then(
        () => this.#untold && this.#soon(),
        (error: unknown) => this.#failed(error),
      )
    }, againMs)
  }

  #failed(error: unknown): void {
    if (this.#members.length === 0) return
    if (this.#tries < mostTries) return this.#soon()
    this.log.warn({ err: error }, 'the media page was not told of the conference')
    for (const call of this.#members) {
      call.lineTrouble = { code: 'conference.broken', params: {}, detail: troubleOf(error).code }
      this.live.changed(call)
    }
  }

  #dissolve(): void {
    const members = this.#members
    this.#members = []
    this.#era++
    this.#untold = false
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    for (const call of members) {
      call.inConference = false
      call.partyMuted = false
      if (!call.ended) this.live.changed(call)
    }
    // A page that is gone takes the mix with it.
    if (!this.media.present) return
    this.media.request('conference.set', { members: [] }).catch((err: unknown) => this.log.warn({ err }, 'a conference was not dissolved'))
  }
}
