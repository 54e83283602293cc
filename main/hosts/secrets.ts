/**
 * The parts that both hosts' secret stores share: what is kept for this run only, and the plain 0600 file for a rep who
 * has ticked it. The machine's own keeper (keyring, safeStorage) is handed in.
 */
import { z } from 'zod'
import type { SecretKeeping } from '../../preload/contract'
import type { Profile } from '../profile/folder'
import { TroubleError } from '../trouble'
import type { SecretStore } from './host'

/** A place that the operating system protects. Each call rejects when it cannot be reached. */
export interface Keeper {
  /** For reading: «GNOME Keyring». */
  readonly name: string
  available(): Promise<boolean>
  get(name: string): Promise<string | null>
  set(name: string, value: string): Promise<void>
  delete(name: string): Promise<void>
}

const plainFile = 'secrets.json'
const plainSecrets = z.record(z.string(), z.string())

/** A secret store over `keeper`; a secret is in one place at a time. */
export function secretStore(profile: Profile, keeper: Keeper): SecretStore {
  const session = new Map<string, string>()
  const readPlain = () => new Map(Object.entries(plainSecrets.safeParse(profile.readJson(plainFile)).data ?? {}))
  const dropPlain = (name: string) => {
    const plain = readPlain()
    if (plain.delete(name)) profile.writeJson(plainFile, Object.fromEntries(plain))
  }
  return {
    async get(name) {
      const near = session.get(name) ?? readPlain().get(name)
      if (near !== undefined) return near
      return (await keeper.available()) ? await keeper.get(name) : null
    },
    async set(name, value, keep) {
      if (keep === 'keyring') {
        if (!(await keeper.available())) throw new TroubleError('host.noKeyring')
        await keeper.set(name, value)
        session.delete(name)
        dropPlain(name)
        return
      }
      if (keep === 'plain-file') {
        const plain = readPlain().set(name, value)
        if (!profile.writeJson(plainFile, Object.fromEntries(plain))) throw new TroubleError('host.secretNotKept')
        session.delete(name)
      } else {
        session.set(name, value)
        dropPlain(name)
      }
      if (await keeper.available()) await keeper.delete(name).catch(() => {})
    },
    async delete(name) {
      session.delete(name)
      dropPlain(name)
      if (await keeper.available()) await keeper.delete(name)
    },
    async keeping(): Promise<SecretKeeping> {
      const available = await keeper.available()
      return { available, name: available ? keeper.name : '', plainFileInUse: readPlain().size > 0 }
    },
  }
}
