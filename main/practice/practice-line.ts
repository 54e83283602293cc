/**
 * The practice line: a phone service inside Ringbook that needs no account and no network. Decides who answers which
 * extension and who calls the rep; the SIP is telephony's, the far ends' voices are the media page's.
 */
import { randomBytes, randomInt } from 'node:crypto'
import type { Clock } from '../clock'
import type { Log } from '../log'
import {
  type Connector,
  createPipe,
  createPracticeServer,
  type MediaGateway,
  type PracticeCallee,
  type PracticeServer,
  type Wire,
} from '../telephony'
import { TroubleError } from '../trouble'

/** Milliseconds that the customer at 601 lets it ring. */
const CUSTOMER_RINGS = 1000
/** Milliseconds that a call which is handed to 604 rings there before it comes back. */
const NOBODY_RINGS = 5000
/** Milliseconds between the customer's last word and the hang-up. */
const CUSTOMER_LINGERS = 400
/** Milliseconds after which the customer hangs up even where nothing could be said. */
const CUSTOMER_PATIENCE = 30_000
/** Milliseconds that a practice caller lets it ring. */
const CALLER_PATIENCE = 45_000
/** Milliseconds that an incoming call waits for the phone to be registered: the first click may come early. */
const REGISTRATION_PATIENCE = 3000
/** As many of the last callers as are not chosen again while there are others. */
const REMEMBERED = 8

export interface PracticeContact {
  displayName: string | null
  /** As it would come over the network: E.164 with `+`, or digits. */
  number: string
}

export interface PracticeLineOptions {
  media: MediaGateway
  clock: Clock
  log: Log
  /**
   * Who might call: sample contacts when they are loaded, else the rep's own; some dozens are enough. None: an unknown
   * number calls. Asked at each practice call.
   */
  callers: () => readonly PracticeContact[] | Promise<readonly PracticeContact[]>
  /** For clients over a WebSocket, which must know it; made up for this run when absent. */
  password?: string
}

export interface PracticeLine {
  /** What the softphone's practice account registers with. */
  readonly account: { user: string; password: string; domain: string }
  /** For that account: a new in-memory pipe for each connection. */
  readonly connector: Connector
  readonly registered: boolean
  /**
   * Someone calls the rep, somebody else than the last times. Resolves when the call is on its way; rejects with a
   * TroubleError: `practice.notReady` (the phone is not registered), `media.absent` (nothing could be heard).
   */
  incoming(): Promise<void>
  /** Serves a client of its own, for a WebSocket. */
  accept(wire: Wire): void
  /** Ends every practice call. */
  close(): void
}

export function createPracticeLine(options: PracticeLineOptions): PracticeLine {
  const { media, clock, log } = options
  const account = { user: 'practice', password: options.password ?? randomBytes(18).toString('base64url'), domain: 'practice.invalid' }
  const timers = new Timers()
  const lately: string[] = []
  const waiting = new Set<() => void>()
  const server: PracticeServer = createPracticeServer({
    domain: account.domain,
    credentials: account,
    media,
    clock,
    log,
    onCall: (callee) => take(callee, timers, log),
    onTransfer: transferred,
    onRegistered: (registered) => {
      if (registered) for (const go of [...waiting]) go()
    },
  })

  const registration = () =>
    new Promise<void>((resolve) => {
      if (server.registered) return resolve()
      const go = () => {
        waiting.delete(go)
        cancel()
        resolve()
      }
      const cancel = timers.after(REGISTRATION_PATIENCE, go)
      waiting.add(go)
    })

  const choose = async (): Promise<PracticeContact> => {
    const all = await options.callers()
    const fresh = all.filter(({ number }) => !lately.includes(number))
    // With few contacts all have called lately: then anyone but the last.
    const from = fresh.length > 0 ? fresh : all.filter(({ number }) => number !== lately.at(-1))
    const chosen = from[from.length > 0 ? randomInt(from.length) : 0] ?? all[0] ?? unknownCaller(lately)
    lately.push(chosen.number)
    if (lately.length > REMEMBERED) lately.shift()
    return chosen
  }

  return {
    account,
    connector: async () => {
      const [phone, line] = createPipe()
      server.accept(line)
      return phone
    },
    get registered() {
      return server.registered
    },
    accept: (wire) => server.accept(wire),
    incoming: async () => {
      await registration()
      if (!server.registered) throw new TroubleError('practice.notReady')
      if (!media.present) throw new TroubleError('media.absent')
      const caller = server.call(await choose(), 'greeting')
      if (!caller) throw new TroubleError('practice.notReady')
      const giveUp = timers.after(CALLER_PATIENCE, () => caller.hangUp())
      caller.onAnswered = giveUp
      caller.onEnd = giveUp
    },
    close: () => {
      timers.close()
      server.close()
    },
  }
}

/** The extensions, the same as the test PBX's. */
function take(callee: PracticeCallee, timers: Timers, log: Log): void {
  const failed = (err: unknown) => log.warn({ extension: callee.extension, err }, 'a practice call could not be answered')
  switch (callee.extension) {
    case '600':
      callee.ring()
      callee.answer('echo').catch(failed)
      return
    case '601':
      return customer(callee, timers, failed)
    case '604':
      return callee.ring()
    case '605':
      return callee.reject(486)
    default:
      // Any whole number is the same customer, so that «Call» on a contact works here too.
      return /^\+?\d{7,15}$/.test(callee.extension) ? customer(callee, timers, failed) : callee.reject(404)
  }
}

/** What becomes of a call that the rep hands to an extension. */
function transferred(extension: string): { ringsMs: number; status: number } {
  switch (extension) {
    case '600':
      return { ringsMs: 0, status: 200 }
    case '604':
      return { ringsMs: NOBODY_RINGS, status: 480 }
    case '605':
      return { ringsMs: 0, status: 486 }
    default:
      return { ringsMs: CUSTOMER_RINGS, status: extension === '601' || /^\+?\d{7,15}$/.test(extension) ? 200 : 404 }
  }
}

/** The customer lets it ring, speaks, and hangs up. */
function customer(callee: PracticeCallee, timers: Timers, failed: (err: unknown) => void): void {
  callee.ring()
  const stops = [timers.after(CUSTOMER_RINGS, () => void callee.answer('prompt').catch(failed))]
  const leave = (delay: number) => stops.push(timers.after(delay, () => callee.hangUp()))
  callee.onPromptEnded = () => leave(CUSTOMER_LINGERS)
  leave(CUSTOMER_PATIENCE)
  callee.onEnd = () => {
    for (const stop of stops) stop()
  }
}

/** A number of the range that is kept for fiction (+1 202 555 0100 to 0199), another than those. */
function unknownCaller(lately: readonly string[]): PracticeContact {
  for (;;) {
    const number = `+12025550${100 + randomInt(100)}`
    if (!lately.includes(number)) return { displayName: null, number }
  }
}

/** Timeouts that all end with the line. */
class Timers {
  readonly #running = new Set<NodeJS.Timeout>()

  /** Returns the function that cancels it. */
  after(milliseconds: number, work: () => void): () => void {
    const timer = setTimeout(() => {
      this.#running.delete(timer)
      work()
    }, milliseconds)
    this.#running.add(timer)
    return () => {
      clearTimeout(timer)
      this.#running.delete(timer)
    }
  }

  close(): void {
    for (const timer of this.#running) clearTimeout(timer)
    this.#running.clear()
  }
}
