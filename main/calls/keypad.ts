/** Key tones of a call, in order: a `,` is a pause, and nothing is sent any more once the call has ended. */
import { TroubleError } from '../trouble'
import type { LiveCalls } from './live-calls'
import type { TrackedCall } from './tracked-call'

/** What a `,` waits, in ms. */
export const pauseMs = 2_000

export class Keypad {
  /** The last sequence of each call that has any under way. */
  readonly #queues = new Map<TrackedCall, Promise<void>>()

  constructor(private readonly live: LiveCalls) {}

  /** `tones`: `0`–`9`, `*`, `#`, `A`–`D` and `,`. Resolves when all of it has been sent. Throws TroubleError `call.notConnected`, `call.gone`, or why a tone was not sent. */
  send(call: TrackedCall, tones: string): Promise<void> {
    if (call.phase !== 'connected' && call.phase !== 'early') throw new TroubleError('call.notConnected')
    const before = this.#queues.get(call)
    const sent = before ? before.then(() => this.#send(call, tones)) : this.#send(call, tones)
    // A sequence that failed does not take the next one with it.
    const settled = sent.catch(() => undefined)
    this.#queues.set(call, settled)
    void settled.then(() => this.#queues.get(call) === settled && this.#queues.delete(call))
    return sent
  }

  async #send(call: TrackedCall, tones: string): Promise<void> {
    for (const part of tones.match(/,|[^,]+/g) ?? []) {
      if (call.ended) throw new TroubleError('call.gone')
      const done = part === ',' ? new Promise<void>((resolve) => this.live.later(call, pauseMs, resolve)) : call.sip.dtmf(part)
      await Promise.race([done, call.over])
    }
    if (call.ended) throw new TroubleError('call.gone')
  }
}
