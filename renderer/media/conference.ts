/**
 * A conference, mixed here: each member is sent the rep's microphone and every other member. The rep hears each of them
 * through that member's own audio element, never through Web Audio, so that echo cancellation knows all that is played.
 */
import type { Through } from './recordable'

/** What a conference needs of a call's peer. */
export interface Member {
  /** What the far end says; disabled, thus silent to the rep and to every mix, while held or silenced. */
  readonly heard: MediaStreamTrack | null
  /** The far end has put us on hold: what it sends is music, which is for the rep alone. */
  readonly farHolds: boolean
  /** Lets what is sent go through that; null: the microphone alone again. */
  mixed(through: Through | null): void
  silence(silent: boolean): void
}

/** Chromium's: time that goes on without any device. */
type SilentContext = AudioContext & { setSinkId(sink: { type: 'none' }): Promise<void> }

interface Seat {
  ear: MediaStreamAudioSourceNode
  mouth: MediaStreamAudioDestinationNode
  microphone: MediaStreamAudioSourceNode | null
  /** Who is sent what this one says. */
  readonly links: Set<Seat>
}

export class Conference {
  #context: AudioContext | null = null
  readonly #seats = new Map<Member, Seat>()

  /** `onRefused`: the browser wants a click first. */
  constructor(readonly onRefused: () => void) {}

  /** Those who are in it from now on; fewer than two are no conference. */
  set(members: ReadonlyMap<Member, { muted: boolean }>): void {
    const wanted: ReadonlyMap<Member, { muted: boolean }> = members.size < 2 ? new Map() : members
    for (const member of [...this.#seats.keys()]) if (!wanted.has(member)) this.#leave(member)
    for (const [member, { muted }] of wanted) {
      member.silence(muted)
      if (!this.#seats.has(member)) this.#join(member)
    }
    this.update()
  }

  /** A call is over. The one who is left, if it is only one, has the rep to himself. */
  remove(member: Member): void {
    if (!this.#seats.has(member)) return
    this.#leave(member)
    if (this.#seats.size < 2) this.set(new Map())
    else this.update()
  }

  /** Connects everyone as it should be: somebody came or went, or put us on hold. */
  update(): void {
    for (const [member, seat] of this.#seats) {
      for (const other of this.#seats.values()) {
        const linked = other !== seat && !member.farHolds
        if (linked === seat.links.has(other)) continue
        if (linked) {
          seat.ear.connect(other.mouth)
          seat.links.add(other)
        } else {
          seat.ear.disconnect(other.mouth)
          seat.links.delete(other)
        }
      }
    }
    if (this.#seats.size === 0 && this.#context) {
      this.#context.onstatechange = null
      void this.#context.close()
      this.#context = null
    }
  }

  /** Tries again what the browser refused before a click. */
  retry(): void {
    if (this.#context?.state !== 'running') void this.#context?.resume()
  }

  #join(member: Member): void {
    if (!member.heard) return
    const context = this.#running()
    const seat: Seat = {
      ear: new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([member.heard]) }),
      mouth: new MediaStreamAudioDestinationNode(context, { channelCount: 1, channelCountMode: 'explicit' }),
      microphone: null,
      links: new Set(),
    }
    this.#seats.set(member, seat)
    let spoken: MediaStreamTrack | null = null
    member.mixed((track) => {
      if (track !== spoken) {
        seat.microphone?.disconnect()
        seat.microphone = track ? new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) }) : null
        seat.microphone?.connect(seat.mouth)
        spoken = track
      }
      return seat.mouth.stream.getAudioTracks()[0] ?? null
    })
  }

  #leave(member: Member): void {
    const seat = this.#seats.get(member)
    if (!seat) return
    this.#seats.delete(member)
    member.mixed(null)
    member.silence(false)
    for (const other of this.#seats.values()) {
      if (other.links.delete(seat)) other.ear.disconnect(seat.mouth)
    }
    seat.ear.disconnect()
    seat.microphone?.disconnect()
    for (const track of seat.mouth.stream.getTracks()) track.stop()
  }

  #running(): AudioContext {
    if (this.#context) return this.#context
    const context = new AudioContext()
    this.#context = context
    // On an output's clock the mix has no gaps (on Chromium's timer it had some); one that is unplugged would stop it.
    context.addEventListener('error', () => void (context as SilentContext).setSinkId({ type: 'none' }).catch(() => undefined))
    // Chromium suspends a context by itself, too (sleep, a lost device); while there is a conference it has to run.
    context.onstatechange = () => this.retry()
    // Where a click is wanted first, the promise of `resume` stays open until it comes.
    setTimeout(() => context.state === 'suspended' && this.onRefused(), 1000)
    void context.resume()
    return context
  }
}
