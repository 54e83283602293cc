/**
 * Tells the phone systems that the rep must not be disturbed, where they have codes for that: a short call without sound,
 * which is nobody's call in History. Ringbook refuses calls by itself in any case.
 */
import type { Trouble } from '../../preload/contract'
import type { Log } from '../log'
import type { SipAccount } from '../telephony/port'
import { troubleOf } from '../trouble'

export interface DoNotDisturbNeeds {
  log: Log
  /** Null: the account has no services. */
  services(accountId: string): { label: string; doNotDisturbOn: string; doNotDisturbOff: string } | null
  onTroubles(): void
  /** How long one code may take in all, and how long its announcement may go on after the answer, in ms. */
  limits?: { callMs: number; announcementMs: number }
}

const usual = { callMs: 30_000, announcementMs: 10_000 }

export class DoNotDisturb {
  readonly #lines = new Map<string, SipAccount>()
  /** What each phone system has still to hear. */
  readonly #due = new Map<string, boolean>()
  readonly #telling = new Set<string>()
  readonly #troubles = new Map<string, Trouble>()
  #on: boolean

  /** `on`: as the settings have it at the start; the phone systems were told when it was set. */
  constructor(
    on: boolean,
    private readonly needs: DoNotDisturbNeeds,
  ) {
    this.#on = on
  }

  get troubles(): Trouble[] {
    return [...this.#troubles.values()]
  }

  lineIs(accountId: string, sip: SipAccount | null): void {
    if (sip) this.#lines.set(accountId, sip)
    else {
      this.#lines.delete(accountId)
      this.#forget(accountId)
    }
  }

  /** The settings say so now. Accounts that are offline hear it when they are registered. */
  set(on: boolean): void {
    if (on === this.#on) return
    this.#on = on
    for (const accountId of this.#lines.keys()) {
      this.#due.set(accountId, on)
      this.#tell(accountId)
    }
  }

  registered(accountId: string): void {
    this.#tell(accountId)
  }

  #tell(accountId: string): void {
    const sip = this.#lines.get(accountId)
    const on = this.#due.get(accountId)
    if (!sip || on === undefined || sip.state.status !== 'registered' || this.#telling.has(accountId)) return
    this.#due.delete(accountId)
    const services = this.needs.services(accountId)
    const code = (on ? services?.doNotDisturbOn : services?.doNotDisturbOff) ?? ''
    if (!services || code === '') return
    this.#telling.add(accountId)
    void this.#dial(sip, code).then((reason) => {
      this.#telling.delete(accountId)
      if (this.#lines.has(accountId)) {
        if (reason === null) this.#forget(accountId)
        else {
          this.needs.log.warn({ account: accountId, reason }, 'the phone system could not be told about do-not-disturb')
          this.#troubles.set(accountId, {
            code: 'colleagues.doNotDisturbUntold',
            params: { account: services.label, number: code },
            detail: reason,
          })
          this.needs.onTroubles()
        }
      }
      // Changed meanwhile.
      this.#tell(accountId)
    })
  }

  /** Resolves, never later than `callMs`, to why it failed; null: the phone system has taken the call. */
  #dial(sip: SipAccount, code: string): Promise<string | null> {
    const { callMs, announcementMs } = this.needs.limits ?? usual
    return new Promise((resolve) => {
      let answered = false
      try {
        const call = sip.dial(code, { silent: true })
        const late = setTimeout(() => call.hangUp(), callMs)
        let enough: NodeJS.Timeout | null = null
        call.onConnected = () => {
          answered = true
          // Some act only after their announcement.
          enough = setTimeout(() => call.hangUp(), announcementMs)
        }
        call.onEnd = ({ status, trouble }) => {
          clearTimeout(late)
          if (enough) clearTimeout(enough)
          resolve(answered ? null : (trouble?.code ?? `SIP ${status ?? 408}`))
        }
      } catch (error) {
        resolve(troubleOf(error).code)
      }
    })
  }

  #forget(accountId: string): void {
    if (this.#troubles.delete(accountId)) this.needs.onTroubles()
  }
}
