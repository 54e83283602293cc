/**
 * One subscription (RFC 6665) that is kept for as long as it is wanted: refreshed in time, made anew after a reconnect, a
 * forgetful server or an end that the server does not mean for good, with growing pauses, and given back at the end.
 * Of the library the core's requests and dialogs are used; its Subscriber decides differently on most of this.
 */
import type { Core, URI, UserAgent } from 'sip.js'
import type { Log } from '../log'
import { troubleOf } from '../trouble'
import type { TelephonyLimits } from './limits'
import { forLog } from './message'
import type { WireTransport } from './transport'

/** Why there is no subscription, when the server has said so itself. */
export type SubscriptionRefusal = 'notOffered' | 'notAllowed' | 'unknownLine' | 'noAnswer'

export interface SubscriptionParts {
  agent: UserAgent
  transport: WireTransport
  log: Log
  limits: TelephonyLimits
  random: () => number
  target: URI
  event: 'dialog' | 'message-summary'
  accept: string
  /** What follows belongs to a new subscription: versions count anew. */
  onBegin: () => void
  /** The body of a NOTIFY, already acknowledged; hostile text of at most `maxBody` characters. */
  onBody: (body: string, contentType: string) => void
  /** It has ended or was refused, with the server's reason; null: it may come back by itself, nothing is known meanwhile. */
  onNone: (refusal: SubscriptionRefusal | null) => void
}

const maxBody = 65_536
const maxRetryAfterMs = 3_600_000

export class Subscription {
  readonly #parts: SubscriptionParts
  #expires: number
  #wanted = false
  #request: Core.OutgoingSubscribeRequest | null = null
  #dialog: Core.Subscription | null = null
  #timer: NodeJS.Timeout | null = null
  /** The whole state is about to be asked for, and was last asked for then (monotonic ms). */
  #whole: NodeJS.Timeout | null = null
  #wholeAt = Number.NEGATIVE_INFINITY
  /** Grows whenever what is under way is no longer wanted. */
  #turn = 0
  /** Failures in a row; an «at once» of the server is believed only the first time. */
  #attempts = 0
  #beganAt = 0
  #told: SubscriptionRefusal | null | undefined

  constructor(parts: SubscriptionParts) {
    this.#parts = parts
    this.#expires = parts.limits.subscribeSeconds
  }

  /** Registered on a new connection, or newly wanted: subscribes anew. */
  start(): void {
    this.#wanted = true
    this.#attempts = 0
    this.#forget()
    this.#after(this.#parts.random() * this.#parts.limits.subscribeSpreadMs)
  }

  /** The connection is gone, and with it the server's word. */
  lost(): void {
    this.#forget()
    this.#none(null)
  }

  /** Asks for the whole state again; at once, and after that no more often than `subscribeFirstMs` allows. */
  refresh(): void {
    if (!this.#dialog || this.#whole) return
    const wait = Math.max(this.#wholeAt + this.#parts.limits.subscribeFirstMs - performance.now(), 0)
    this.#whole = setTimeout(() => {
      this.#whole = null
      this.#wholeAt = performance.now()
      if (this.#dialog) this.#refresh(this.#dialog)
    }, wait)
    this.#whole.unref()
  }

  /** Unsubscribes; resolves when the server has answered, at most after `limitMs`. */
  async stop(limitMs: number): Promise<void> {
    this.#wanted = false
    const dialog = this.#dialog
    this.#dialog = null
    this.#forget()
    if (!dialog) return
    // Its last NOTIFY is acknowledged and no longer read.
    dialog.delegate = { onNotify: (request) => void request.accept() }
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, limitMs)
      const settle = () => {
        clearTimeout(late)
        resolve()
      }
      if (!this.#parts.transport.isConnected()) return settle()
      try {
        dialog.subscribe({ onAccept: settle, onReject: settle, onRedirect: settle }, { extraHeaders: this.#headers(0) })
      } catch {
        settle()
      }
    })
    dialog.dispose()
  }

  #subscribe(): void {
    const { agent, transport, target } = this.#parts
    this.#forget()
    if (!this.#wanted || !transport.isConnected()) return
    const turn = this.#turn
    const mine = () => turn === this.#turn
    const core = agent.userAgentCore
    const from = agent.configuration.uri
    try {
      const message = core.makeOutgoingRequestMessage('SUBSCRIBE', target, from, target, {}, this.#headers(this.#expires))
      this.#request = core.subscribe(message, {
        onAccept: ({ message: response }) => {
          if (mine() && this.#dialog) this.#refreshWithin(secondsOf(response.getHeader('expires')))
        },
        onReject: ({ message: response }) => mine() && this.#refused(response),
        onRedirect: ({ message: response }) => mine() && this.#refused(response),
        onNotify: ({ request, subscription }) => {
          if (!mine()) {
            subscription?.dispose()
            return void request.reject({ statusCode: 481 })
          }
          this.#begun(request, subscription ?? null)
        },
        onNotifyTimeout: () => mine() && this.#again('noAnswer', null),
      })
    } catch (error) {
      this.#parts.log.warn({ why: forLog(troubleOf(error).detail ?? '') }, 'a SUBSCRIBE could not be sent')
      this.#again(null, null)
    }
  }

  #begun(request: Core.IncomingNotifyRequest, dialog: Core.Subscription | null): void {
    this.#dialog = dialog
    this.#beganAt = performance.now()
    this.#parts.onBegin()
    if (dialog) {
      const turn = this.#turn
      dialog.delegate = {
        onNotify: (later) => (turn === this.#turn ? this.#notified(later) : void later.accept()),
        // The server did not answer a refresh, or not with a NOTIFY.
        onTerminated: () => turn === this.#turn && this.#ended(null, null),
      }
      this.#refreshWithin(dialog.subscriptionExpires)
    }
    this.#notified(request)
  }

  #notified(request: Core.IncomingNotifyRequest): void {
    request.accept()
    const { message } = request
    const state = message.getHeader('subscription-state') ?? ''
    const body = message.body
    if (body !== '' && body.length <= maxBody) {
      this.#told = undefined
      this.#contained(() => this.#parts.onBody(body, message.getHeader('content-type') ?? ''))
    }
    if (/^\s*terminated\b/i.test(state)) {
      const reason = /;\s*reason\s*=\s*"?([a-z]{1,40})/i.exec(state)?.[1]?.toLowerCase() ?? null
      return this.#ended(reason, retryAfter(/;\s*retry-after\s*=\s*"?(\d{1,9})/i.exec(state)?.[1]))
    }
    this.#refreshWithin(secondsOf(/;\s*expires\s*=\s*"?(\d{1,9})/i.exec(state)?.[1]))
  }

  /** RFC 6665 §4.1.3 says what each reason asks for; without one, and for unknown ones, a new try is allowed at any time. */
  #ended(reason: string | null, retryAfterMs: number | null): void {
    if (performance.now() - this.#beganAt >= this.#parts.limits.settledMs) this.#attempts = 0
    if (reason === 'invariant') return this.#forget()
    if (reason === 'rejected') return this.#refusedFor('notAllowed')
    if (reason === 'noresource') return this.#refusedFor('unknownLine')
    if (reason === 'probation' || reason === 'giveup') {
      this.#attempts += 1
      return this.#again(null, retryAfterMs)
    }
    if (this.#attempts > 0 || retryAfterMs !== null) return this.#again(null, retryAfterMs)
    this.#attempts = 1
    this.#forget()
    this.#after(this.#parts.random() * this.#parts.limits.subscribeSpreadMs)
  }

  #refused(response: Core.IncomingResponseMessage): void {
    const status = response.statusCode ?? 0
    if (status === 423) {
      const wanted = secondsOf(response.getHeader('min-expires'))
      if (wanted !== null && wanted > this.#expires && wanted <= 86_400) {
        this.#expires = wanted
        return this.#subscribe()
      }
    }
    if (status === 489 || status === 405 || status === 501) return this.#refusedFor('notOffered')
    if (status === 403 || status === 401 || status === 407 || status === 603) return this.#refusedFor('notAllowed')
    if (status === 404 || status === 410 || status === 604) return this.#refusedFor('unknownLine')
    // Made by the library itself when it could not send or heard nothing.
    const own = (response as { data?: string }).data === undefined
    this.#again(own && !this.#parts.transport.isConnected() ? null : 'noAnswer', retryAfter(response.getHeader('retry-after')))
  }

  #refusedFor(refusal: SubscriptionRefusal): void {
    const { limits, random } = this.#parts
    this.#forget()
    this.#none(refusal)
    this.#after(limits.subscribeRefusedMs * (1 + random() / 5))
  }

  #again(refusal: SubscriptionRefusal | null, retryAfterMs: number | null): void {
    const { limits, random } = this.#parts
    const ceiling = Math.min(limits.subscribeFirstMs * 2 ** Math.min(this.#attempts, 20), limits.subscribeMaxMs)
    this.#attempts += 1
    this.#forget()
    this.#none(refusal)
    this.#after(Math.max(retryAfterMs ?? 0, ceiling / 2 + (random() * ceiling) / 2))
  }

  #refresh(dialog: Core.Subscription): void {
    const turn = this.#turn
    const rejected = ({ message }: Core.IncomingResponse) => {
      if (turn !== this.#turn) return
      const status = message.statusCode ?? 0
      // Forgotten (a restart): made anew. Anything else is judged as a first answer would be.
      if (status === 481) this.#ended(null, null)
      else this.#refused(message)
    }
    try {
      dialog.subscribe(
        {
          onAccept: ({ message }) => turn === this.#turn && this.#refreshWithin(secondsOf(message.getHeader('expires'))),
          onReject: rejected,
          onRedirect: rejected,
        },
        { extraHeaders: this.#headers(this.#expires) },
      )
    } catch {
      this.#ended(null, null)
    }
  }

  /** At 80 % of what the server grants, a little earlier for some, so that a hundred do not meet. */
  #refreshWithin(seconds: number | null): void {
    const dialog = this.#dialog
    if (!dialog || seconds === null) return
    const granted = Math.min(Math.max(seconds, this.#parts.limits.subscribeLeastSeconds), 86_400)
    this.#after(granted * (800 - this.#parts.random() * 100), () => this.#refresh(dialog))
  }

  #after(ms: number, action: () => void = () => this.#subscribe()): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = null
      action()
    }, ms)
    this.#timer.unref()
  }

  #forget(): void {
    this.#turn += 1
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#whole) clearTimeout(this.#whole)
    this.#whole = null
    this.#request?.waitNotifyStop()
    this.#request = null
    const dialog = this.#dialog
    this.#dialog = null
    if (dialog) dialog.dispose()
  }

  #none(refusal: SubscriptionRefusal | null): void {
    if (this.#told === refusal) return
    this.#told = refusal
    if (refusal) this.#parts.log.info({ event: this.#parts.event, refusal }, 'a subscription is not there')
    this.#contained(() => this.#parts.onNone(refusal))
  }

  #contained(action: () => void): void {
    try {
      action()
    } catch (error) {
      this.#parts.log.warn({ event: this.#parts.event, why: forLog(String(error)) }, 'a notification was not taken well')
    }
  }

  #headers(expires: number): string[] {
    const { agent, event, accept } = this.#parts
    return [`Event: ${event}`, `Expires: ${expires}`, `Accept: ${accept}`, `Contact: ${agent.contact}`]
  }
}

function secondsOf(text: string | undefined): number | null {
  const digits = /^\s*(\d{1,9})\b/.exec(text ?? '')?.[1]
  return digits === undefined ? null : Number(digits)
}

function retryAfter(text: string | undefined): number | null {
  const seconds = secondsOf(text)
  return seconds === null ? null : Math.min(seconds * 1000, maxRetryAfterMs)
}
