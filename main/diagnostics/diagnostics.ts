/** The numbered self-checks of the Help screen: which there are, in which order, one round at a time. */
import type { EventName, EventPayload, SelfCheck } from '../../preload/contract'
import type { SecretStore } from '../hosts/host'
import type { Store } from '../store/store'
import { databaseCheck, secretsCheck } from './machine'
import { devicesCheck, echoCheck, iceChecks, type MediaCheckNeeds, microphoneCheck } from './media'
import { type Check, runChecks } from './run'
import { type CheckedAccount, clockCheck, type ServerCheckNeeds, type ServerProbe, serverChecks } from './servers'

export interface DiagnosticsNeeds extends Pick<MediaCheckNeeds, 'media' | 'settings' | 'inCall'> {
  accounts: () => Promise<readonly CheckedAccount[]>
  probe: ServerProbe
  /** Wall-clock ms. */
  now: () => number
  secrets: Pick<SecretStore, 'keeping'>
  store: Pick<Store, 'file' | 'inMemory' | 'troubles' | 'jobs'>
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void
  limitMs?: number
}

export class Diagnostics {
  readonly #needs: DiagnosticsNeeds
  readonly #callListeners = new Set<() => void>()
  #running: { done: Promise<SelfCheck[]>; stop: AbortController } | null = null

  constructor(needs: DiagnosticsNeeds) {
    this.#needs = needs
  }

  /** Resolves to what was found when all checks have ended; a round that is on is not begun again. */
  run({ echo }: { echo: boolean }): Promise<SelfCheck[]> {
    if (this.#running) return this.#running.done
    const stop = new AbortController()
    const done = this.#run(echo, stop.signal).finally(() => {
      this.#running = null
    })
    this.#running = { done, stop }
    return done
  }

  cancel(): void {
    this.#running?.stop.abort(new Error('cancelled'))
  }

  /** A call comes or is about to be made: an echo call that is on ends at once. */
  makeWay(): void {
    for (const listener of [...this.#callListeners]) listener()
  }

  async #run(echo: boolean, signal: AbortSignal): Promise<SelfCheck[]> {
    const { accounts, emit, limitMs, secrets, store, probe, now, media, settings, inCall } = this.#needs
    const onCall = (listener: () => void) => {
      this.#callListeners.add(listener)
      return () => this.#callListeners.delete(listener)
    }
    const all = await accounts()
    const checks = checkList(all, { probe, now, notHere: 'help.onlyInApp' }, { media, settings, inCall, echo, onCall })
    checks.push(secretsCheck(secrets), databaseCheck(store), clockCheck(all, probe))
    return await runChecks(checks, {
      signal,
      onChange: (list) => emit('diagnostics.changed', list),
      ...(limitMs === undefined ? {} : { limitMs }),
    })
  }
}

/** Servers and sign-in of each account, then sound; `sound` null: there is none to be checked here. */
export function checkList(accounts: readonly CheckedAccount[], network: ServerCheckNeeds, sound: MediaCheckNeeds | null): Check[] {
  const checks = accounts.flatMap((account) => serverChecks(account, network))
  if (!sound) return checks
  checks.push(microphoneCheck(sound), devicesCheck(sound), ...accounts.flatMap((account) => iceChecks(account, sound)))
  // The media page asks the network anew for each: what is measured last finds it quiet.
  const before = checks.filter(({ title }) => title === 'ice' || title === 'turn' || title === 'microphone').map(({ id }) => id)
  for (const account of accounts) {
    const echo = echoCheck(account, sound, [...before])
    checks.push(echo)
    before.push(echo.id)
  }
  return checks
}
