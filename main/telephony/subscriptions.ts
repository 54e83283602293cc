/** What one account is told by its server without asking each time: messages that wait, and the lines of colleagues. */
import { type Notification, type URI, UserAgent } from 'sip.js'
import type { Trouble } from '../../preload/contract'
import { TroubleError } from '../trouble'
import { LineDialogs, readDialogInfo } from './dialog-info'
import { readMessageSummary } from './message-summary'
import type { LineState, MessageSummary } from './port'
import { Subscription, type SubscriptionParts, type SubscriptionRefusal } from './subscription'
import { targetUri } from './target'

export interface SubscriptionsParts extends Pick<SubscriptionParts, 'agent' | 'transport' | 'log' | 'limits' | 'random'> {
  aor: URI
  domain: string
  /** The rep wants to know of waiting messages. */
  messageWaiting: boolean
  onMessageWaiting: (summary: MessageSummary) => void
}

interface Line {
  subscription: Subscription
  state: LineState
  listeners: Set<(line: LineState) => void>
}

const unknown: LineState = { state: 'unknown', caller: null, trouble: null }
/** Lines that one account watches at once. */
const maxLines = 200

export class Subscriptions {
  readonly #parts: SubscriptionsParts
  readonly #lines = new Map<string, Line>()
  readonly #messages: Subscription | null
  #registered = false
  /** Asterisk tells before it has answered the REGISTER; believed only when it has. */
  #early: string | null = null

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts
    this.#messages = parts.messageWaiting
      ? new Subscription({
          ...parts,
          target: parts.aor,
          event: 'message-summary',
          accept: 'application/simple-message-summary',
          onBegin: () => undefined,
          onBody: (body) => this.#messagesAre(body),
          // Many servers tell it unasked or not at all; neither is worth a word.
          onNone: () => undefined,
        })
      : null
  }

  /** Throws TroubleError `call.badNumber` for what is no line, `colleagues.tooMany`. The listener is told the present state at once. */
  watch(target: string, listener: (line: LineState) => void): () => void {
    const uri = UserAgent.makeURI(targetUri(target, this.#parts.domain))
    if (!uri) throw new TroubleError('call.badNumber', { number: target.slice(0, 60) })
    const key = uri.toString()
    const known = this.#lines.get(key)
    if (!known && this.#lines.size >= maxLines) throw new TroubleError('colleagues.tooMany', { most: maxLines })
    const line = known ?? this.#lineOf(uri, target)
    if (!known) {
      this.#lines.set(key, line)
      if (this.#registered) line.subscription.start()
    }
    // Each its own, though the same function should watch twice.
    const mine = (state: LineState) => listener(state)
    line.listeners.add(mine)
    queueMicrotask(() => line.listeners.has(mine) && mine(line.state))
    return () => {
      if (!line.listeners.delete(mine) || line.listeners.size > 0) return
      this.#lines.delete(key)
      void line.subscription.stop(this.#parts.limits.stopMs)
    }
  }

  /** Registered on a new connection. */
  arrived(): void {
    this.#registered = true
    for (const subscription of this.#all()) subscription.start()
    if (this.#early !== null) this.#messagesAre(this.#early)
    this.#early = null
  }

  lost(): void {
    this.#early = null
    if (!this.#registered) return
    this.#registered = false
    for (const subscription of this.#all()) subscription.lost()
  }

  /** Gives everything back, for at most `stopMs`. */
  async stop(): Promise<void> {
    this.#registered = false
    await Promise.all(this.#all().map((subscription) => subscription.stop(this.#parts.limits.stopMs)))
  }

  /** A NOTIFY that nothing was subscribed for; RFC 3842's is common practice, and comes over the server's own connection. */
  unsolicited(notification: Notification): void {
    const event = /^\s*([\w.-]+)/.exec(notification.request.getHeader('event') ?? '')?.[1]?.toLowerCase()
    if (event !== 'message-summary' || !this.#messages) {
      notification.reject({ statusCode: event === 'message-summary' ? 481 : 489 }).catch(() => undefined)
      return
    }
    notification.accept().catch(() => undefined)
    if (this.#registered) this.#messagesAre(notification.request.body)
    else this.#early = notification.request.body
  }

  #messagesAre(body: string): void {
    const summary = readMessageSummary(body)
    if (summary) this.#parts.onMessageWaiting(summary)
    else this.#parts.log.warn('a message summary could not be read')
  }

  #lineOf(target: URI, name: string): Line {
    let dialogs = new LineDialogs()
    const become = (state: LineState) => {
      line.state = state
      for (const listener of line.listeners) listener(state)
    }
    const subscription = new Subscription({
      ...this.#parts,
      target,
      event: 'dialog',
      accept: 'application/dialog-info+xml',
      onBegin: () => {
        dialogs = new LineDialogs()
      },
      onBody: (body, type) => {
        const info = /^\s*application\/dialog-info\+xml\b/i.test(type) ? readDialogInfo(body) : null
        if (!info) this.#parts.log.warn('what a line does could not be read')
        else if (dialogs.take(info)) become({ ...dialogs.state, trouble: null })
        else subscription.refresh()
      },
      onNone: (refusal) => become({ ...unknown, trouble: refusal && troubleFor(refusal, name) }),
    })
    const line: Line = { subscription, state: unknown, listeners: new Set() }
    return line
  }

  #all(): Subscription[] {
    return [...[...this.#lines.values()].map(({ subscription }) => subscription), ...(this.#messages ? [this.#messages] : [])]
  }
}

function troubleFor(refusal: SubscriptionRefusal, line: string): Trouble {
  const params = { number: line.slice(0, 60) }
  switch (refusal) {
    case 'notOffered':
      return { code: 'colleagues.notOffered', params: {} }
    case 'notAllowed':
      return { code: 'colleagues.notAllowed', params }
    case 'unknownLine':
      return { code: 'colleagues.unknownLine', params }
    case 'noAnswer':
      return { code: 'colleagues.noAnswer', params: {} }
  }
}
