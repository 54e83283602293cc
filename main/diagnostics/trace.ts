/** The SIP trace: off until switched on, in memory alone, bounded, and without secrets from the moment it is kept. */

import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventName, EventPayload } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Host } from '../hosts/host'
import type { SipTracer } from '../telephony/port'
import { TroubleError } from '../trouble'
import { NumberMask } from './mask'
import { withoutSecrets } from './redact'

/** How much is kept; the oldest goes first. */
export const traceLimits = { messages: 5_000, characters: 10_000_000 } as const

export interface TraceNeeds {
  clock: Clock
  host: Pick<Host, 'deliverFile'>
  /** Private, for the file until it is handed over. */
  folder: string
  version: string
  label: (accountId: string) => string
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void
}

interface Kept {
  at: number
  accountId: string
  server: string
  sent: boolean
  text: string
}

export class SipTrace {
  #since: number | null = null
  #kept: Kept[] = []
  #characters = 0
  #dropped = 0

  constructor(private readonly needs: TraceNeeds) {}

  /** When it was switched on; null: it is off. */
  get since(): number | null {
    return this.#since
  }

  /** For telephony. Does nothing while the trace is off. */
  readonly tracer: SipTracer = ({ accountId, sent, text, server }) => {
    if (this.#since === null || text.trim() === '') return
    try {
      this.#keep({ at: this.needs.clock.wall(), accountId, server, sent, text: withoutSecrets(text) })
    } catch {
      // A message that cannot be read for the trace is still the call's business, and nobody's fault.
      this.#dropped += 1
    }
  }

  /** Switched on, it begins empty; switched off, what it has can still be saved. */
  set(on: boolean): void {
    if (on === (this.#since !== null)) return
    if (on) {
      this.#kept = []
      this.#characters = 0
      this.#dropped = 0
    }
    this.#since = on ? this.needs.clock.wall() : null
    this.needs.emit('trace.changed', { since: this.#since })
  }

  /** The trace as text: a head that says what it is, then one block for each message. */
  async text(maskNumbers: boolean): Promise<{ messages: number; text: string }> {
    const { label, clock, version } = this.needs
    const kept = [...this.#kept]
    const dropped = this.#dropped
    const mask = maskNumbers ? new NumberMask() : null
    const texts = mask ? await mask.all(kept.map(({ text }) => text)) : kept.map(({ text }) => text)
    const names = new Map<string, string>()
    const nameOf = (id: string) => {
      const known = names.get(id)
      if (known !== undefined) return known
      const name = mask ? `account ${names.size + 1}` : label(id).replace(/\s+/g, ' ')
      names.set(id, name)
      return name
    }
    const blocks = kept.map(({ at, accountId, server, sent }, index) => {
      const head = `${new Date(at).toISOString()}  ${sent ? '→ sent to' : '← received from'} ${server}  (${nameOf(accountId)})`
      // Indented, so that no line of a message can pass for the beginning of another.
      return `${head}\n${(texts[index] ?? '').replace(/^/gm, '    ')}\n`
    })
    const about = [
      `Ringbook ${version}: SIP trace, written ${new Date(clock.wall()).toISOString()}`,
      `${kept.length} messages${dropped > 0 ? `; ${dropped} older ones did not fit` : ''}. Times are UTC.`,
      'Left out: passwords and sign-in answers, keys of the audio, key tones and text messages.',
      maskNumbers ? 'Numbers and names are replaced, each by the same word everywhere.' : 'Numbers and names are as they were.',
    ]
    return { messages: kept.length, text: `${about.join('\n')}\n\n${blocks.join('\n')}` }
  }

  /** Hands the trace over as a file; null: the rep cancelled. Throws TroubleError `help.traceEmpty`. */
  async save(maskNumbers: boolean): Promise<{ messages: number; download: string | null; path: string | null } | null> {
    const { folder, host, clock } = this.needs
    const { messages, text } = await this.text(maskNumbers)
    if (messages === 0) throw new TroubleError('help.traceEmpty')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const path = join(folder, `${randomUUID()}.txt`)
    writeFileSync(path, text, { mode: 0o600 })
    const stamp = new Date(clock.wall()).toISOString().slice(0, 19).replaceAll(':', '-')
    let delivered: Awaited<ReturnType<Host['deliverFile']>> = null
    try {
      delivered = await host.deliverFile({ name: `ringbook-sip-trace-${stamp}.txt`, mime: 'text/plain', path })
    } finally {
      if (!delivered) rmSync(path, { force: true })
    }
    return delivered && { messages, ...delivered }
  }

  #keep(message: Kept): void {
    this.#kept.push(message)
    this.#characters += message.text.length
    let gone = 0
    while (this.#kept.length - gone > traceLimits.messages || this.#characters > traceLimits.characters) {
      this.#characters -= this.#kept[gone]?.text.length ?? 0
      gone += 1
    }
    if (gone > 0) this.#kept.splice(0, gone)
    this.#dropped += gone
  }
}
