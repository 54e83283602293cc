/**
 * The machine's keyring: Secret Service on Linux, Keychain on macOS, Credential Manager on Windows. Every call is bounded
 * in time, because a locked keyring may wait for ever for somebody to unlock it.
 */
import type { AsyncEntry } from '@napi-rs/keyring'
import type { Log } from '../../log'
import { TroubleError, troubleOf } from '../../trouble'
import type { Keeper } from '../secrets'

const service = 'Ringbook'
/** Long enough for a rep to type the keyring's password, in ms. */
const patience = 45_000
const probePatience = 4_000
/** A machine without a keyring is asked again after this, in ms. */
const probeAgain = 10_000

const names: Partial<Record<NodeJS.Platform, string>> = { darwin: 'macOS Keychain', win32: 'Windows Credential Manager' }

type Entry = Pick<AsyncEntry, 'getPassword' | 'setPassword' | 'deleteCredential'>

/**
 * @param makeEntry the keyring's entry of a name; the machine's own when absent. Loaded at the first use: the native
 * library is no part of the start.
 */
export function keyring(
  log: Log,
  makeEntry: (name: string) => Promise<Entry> = systemEntry,
  given: { patience?: number; probePatience?: number; probeAgain?: number } = {},
): Keeper {
  const limits = { patience, probePatience, probeAgain, ...given }
  let probed: Promise<boolean> | null = null
  async function bounded<T>(name: string, ms: number, work: (entry: Entry, signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(ms)
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new TroubleError('host.keyringSilent')), { once: true })
    })
    // An entry that cannot be made leaves nobody to hear that time is up.
    late.catch(() => undefined)
    try {
      const entry = await makeEntry(name)
      return await Promise.race([work(entry, signal), late])
    } catch (error) {
      if (error instanceof TroubleError) throw error
      throw new TroubleError('host.keyringFailed', {}, error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
  return {
    name: names[process.platform] ?? 'Secret Service',
    available() {
      // The kernel's keyring is no substitute: it forgets at the next start of the machine.
      probed ??= bounded('probe', limits.probePatience, (entry, signal) => entry.getPassword(signal)).then(
        () => true,
        (error) => {
          log.info({ detail: troubleOf(error).detail }, 'no keyring on this machine')
          // A desktop that is just starting may bring one yet.
          setTimeout(() => {
            probed = null
          }, limits.probeAgain).unref()
          return false
        },
      )
      return probed
    },
    get: (name) => bounded(name, limits.patience, (entry, signal) => entry.getPassword(signal)),
    set: (name, value) => bounded(name, limits.patience, (entry, signal) => entry.setPassword(value, signal)),
    async delete(name) {
      await bounded(name, limits.patience, (entry, signal) => entry.deleteCredential(signal))
    },
  }
}

async function systemEntry(name: string): Promise<Entry> {
  const { AsyncEntry } = await import('@napi-rs/keyring')
  return new AsyncEntry(service, name, { linux: { store: 'secret-service' } })
}
