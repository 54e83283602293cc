/** The numbered self-checks of the Help screen: which there are, in which order, one round at a time. */
import type { EventName, EventPayload, SelfCheck } from '../../preload/contract'
import type { SecretStore } from '../hosts/host'
import type { Store } from '../store/store'
import { TroubleError } from '../trouble'
import { type CheckedConnections, connectionChecks } from './crm'
import { databaseCheck, secretsCheck } from './machine'
import { devicesCheck, echoCheck, iceChecks, type MediaCheckNeeds, microphoneCheck } from './media'
import { type Check, runChecks, skipped } from './run'
import { type CheckedAccount, clockCheck, type ServerCheckNeeds, type ServerProbe, serverChecks } from './servers'

export { runChecks } from './run'
export { type CheckedAccount, clockCheck } from './servers'

export interface DiagnosticsNeeds extends Pick<MediaCheckNeeds, 'media' | 'settings' | 'inCall' | 'mayCall'> {
  accounts: () => Promise<readonly CheckedAccount[]>
  probe: ServerProbe
  /** Wall-clock ms. */
  now: () => number
  secrets: Pick<SecretStore, 'keeping'>
  crms: CheckedConnections
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
    const { accounts, crms, emit, limitMs, secrets, store, probe, now, media, settings, inCall, mayCall } = this.#needs
    const onCall = (listener: () => void) => {
      this.#callListeners.add(listener)
      return () => this.#callListeners.delete(listener)
    }
    const all = await accounts()
    const checks = checkList(all, { probe, now, notHere: 'help.onlyInApp' }, { media, settings, inCall, mayCall, echo, onCall })
    checks.push(...connectionChecks(crms), secretsCheck(secrets), databaseCheck(store), clockCheck(all, probe))
    return await runChecks(checks, {
      signal,
      onChange: (list) => emit('diagnostics.changed', list),
      ...(limitMs === undefined ? {} : { limitMs }),
    })
  }
}

/** Servers and sign-in of each account, then sound; `sound` null: it can be checked in the app alone, and each check says so. */
export function checkList(accounts: readonly CheckedAccount[], network: ServerCheckNeeds, sound: MediaCheckNeeds | null): Check[] {
  const checks = accounts.flatMap((account) => serverChecks(account, network))
  const heard = sound ?? nowhere
  const ways = [microphoneCheck(heard), devicesCheck(heard), ...accounts.flatMap((account) => iceChecks(account, heard))]
  // The media page asks the network anew for each: what is measured last finds it quiet.
  const before = ways.map(({ id }) => id)
  for (const account of accounts) {
    ways.push(echoCheck(account, heard, [...before]))
    before.push(`${account.id}.echo`)
  }
  const elsewhere = ({ id, title, params }: Check): Check => ({ id, title, params, run: async () => skipped('help.onlyInApp') })
  return [...checks, ...(sound ? ways : ways.map(elsewhere))]
}

const nowhere: MediaCheckNeeds = {
  media: {
    present: false,
    state: { present: false, microphone: 'unknown', mayRing: false, practiceAudio: false, troubles: [] },
    request: () => Promise.reject(new TroubleError('media.absent')),
  },
  settings: () => {
    throw new TroubleError('media.absent')
  },
  inCall: () => false,
  mayCall: () => 'yes',
  echo: false,
  onCall: () => () => undefined,
}
