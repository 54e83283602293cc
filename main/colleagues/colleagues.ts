/**
 * The lines of the rep's colleagues and the messages in the rep's voicemail, as the phone systems tell them, and what a click
 * on one does. Follows the settings and the accounts; nothing is kept over a restart.
 */
import type { Colleague, ColleagueState, EventName, EventPayload, Voicemail } from '../../preload/contract'
import type { Log } from '../log'
import type { LineState, SipAccount } from '../telephony/port'
import { TroubleError, troubleOf } from '../trouble'

export interface ColleaguesNeeds {
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void
  log: Log
  /** As the settings have them now. */
  chosen(): readonly Colleague[]
  /** Null: no such account, or one without services. */
  services(accountId: string): { label: string; voicemailNumber: string; pickupPrefix: string } | null
  /** Places a call as the rep's own click does. */
  dial(input: { number: string; accountId: string }): { callId: string }
}

interface Watched {
  colleague: Colleague
  line: LineState
  stop: () => void
}

/** Changes that come together are shown together, in ms. */
const together = 40
const unknown: LineState = { state: 'unknown', caller: null, trouble: null }

export class Colleagues {
  readonly #watched = new Map<string, Watched>()
  readonly #lines = new Map<string, SipAccount>()
  readonly #messages = new Map<string, Voicemail>()
  readonly #due = new Map<'colleagues.changed' | 'voicemail.changed', NodeJS.Timeout>()

  constructor(private readonly needs: ColleaguesNeeds) {}

  states(): ColleagueState[] {
    return [...this.#watched.values()].map(({ colleague, line }) => ({ id: colleague.id, ...line }))
  }

  voicemail(): Voicemail[] {
    return [...this.#messages.values()]
  }

  /** The settings were changed, or read for the first time. */
  choose(): void {
    const before = [...this.#watched.keys()].join()
    const chosen = new Map(this.needs.chosen().map((colleague) => [colleague.id, colleague]))
    for (const [id, { colleague, stop }] of [...this.#watched]) {
      const now = chosen.get(id)
      if (now && now.accountId === colleague.accountId && now.number === colleague.number) continue
      stop()
      this.#watched.delete(id)
    }
    const kept = new Map(this.#watched)
    this.#watched.clear()
    // In the order of the settings.
    for (const colleague of chosen.values()) {
      const known = kept.get(colleague.id)
      const watched = known ?? { colleague, line: unknown, stop: () => undefined }
      watched.colleague = colleague
      this.#watched.set(colleague.id, watched)
      if (!known) this.#watch(watched)
    }
    if ([...this.#watched.keys()].join() !== before) this.#changed('colleagues.changed')
  }

  /** An account has another SIP side now, or none. */
  lineIs(accountId: string, sip: SipAccount | null): void {
    if (sip) this.#lines.set(accountId, sip)
    else this.#lines.delete(accountId)
    if (this.#messages.delete(accountId)) this.#changed('voicemail.changed')
    if (sip) {
      sip.onMessageWaiting = (summary) => {
        if (this.#lines.get(accountId) !== sip) return
        if (summary) this.#messages.set(accountId, { accountId, ...summary })
        else this.#messages.delete(accountId)
        this.#changed('voicemail.changed')
      }
    }
    for (const watched of this.#watched.values()) {
      if (watched.colleague.accountId !== accountId) continue
      watched.stop()
      this.#watch(watched)
    }
  }

  /** Takes the call that rings there. Throws TroubleError `colleagues.gone`, `colleagues.noPickup`, or what dialling says. */
  pickUp(id: string): { callId: string } {
    const watched = this.#watched.get(id)
    if (!watched) throw new TroubleError('colleagues.gone')
    const { accountId, number } = watched.colleague
    const services = this.#services(accountId)
    if (services.pickupPrefix === '') throw new TroubleError('colleagues.noPickup', { account: services.label })
    return this.needs.dial({ number: `${services.pickupPrefix}${number}`, accountId })
  }

  /** Throws TroubleError `colleagues.noVoicemailNumber`, or what dialling says. */
  listen(accountId: string): { callId: string } {
    const services = this.#services(accountId)
    if (services.voicemailNumber === '') throw new TroubleError('colleagues.noVoicemailNumber', { account: services.label })
    return this.needs.dial({ number: services.voicemailNumber, accountId })
  }

  close(): void {
    for (const timer of this.#due.values()) clearTimeout(timer)
    for (const { stop } of this.#watched.values()) stop()
    this.#watched.clear()
  }

  #services(accountId: string) {
    const services = this.needs.services(accountId)
    if (!services) throw new TroubleError('colleagues.accountGone')
    return services
  }

  #watch(watched: Watched): void {
    const { accountId, number } = watched.colleague
    const sip = this.#lines.get(accountId)
    let stopped = false
    const become = (line: LineState) => {
      if (stopped || sameLine(watched.line, line)) return
      watched.line = line
      this.#changed('colleagues.changed')
    }
    watched.stop = () => {
      stopped = true
    }
    if (!sip)
      return become(this.needs.services(accountId) ? unknown : { ...unknown, trouble: { code: 'colleagues.accountGone', params: {} } })
    try {
      const stop = sip.watch(number, become)
      watched.stop = () => {
        stopped = true
        stop()
      }
    } catch (error) {
      this.needs.log.warn({ code: troubleOf(error).code }, 'a line cannot be watched')
      become({ ...unknown, trouble: troubleOf(error) })
    }
  }

  #changed(event: 'colleagues.changed' | 'voicemail.changed'): void {
    if (this.#due.has(event)) return
    const timer = setTimeout(() => {
      this.#due.delete(event)
      if (event === 'colleagues.changed') this.needs.emit(event, this.states())
      else this.needs.emit(event, this.voicemail())
    }, together)
    timer.unref()
    this.#due.set(event, timer)
  }
}

function sameLine(one: LineState, other: LineState): boolean {
  return one.state === other.state && one.caller === other.caller && one.trouble?.code === other.trouble?.code
}
