/** Secrets on Electron: encrypted by the system's own key (safeStorage), kept in a 0600 file of the profile. */
import type { SafeStorage } from 'electron'
import { z } from 'zod'
import type { Profile } from '../../profile/folder'
import { TroubleError } from '../../trouble'
import type { Keeper } from '../secrets'

const file = 'secrets.encrypted.json'
const kept = z.record(z.string(), z.base64())

/** `basic_text` «encrypts» with a key that is printed in Chromium's source: that is no keeping, and it is refused. */
export function safeKeeper(safeStorage: SafeStorage, profile: Profile, platform: NodeJS.Platform = process.platform): Keeper {
  const read = () => new Map(Object.entries(kept.safeParse(profile.readJson(file)).data ?? {}))
  const write = (secrets: Map<string, string>) => {
    if (!profile.writeJson(file, Object.fromEntries(secrets))) throw new TroubleError('host.secretNotKept')
  }
  const backend = () => (platform === 'linux' ? safeStorage.getSelectedStorageBackend() : null)
  return {
    get name() {
      const used = backend()
      return used ? `Electron safeStorage (${used})` : 'Electron safeStorage'
    },
    async available() {
      const used = backend()
      return profile.writable && used !== 'basic_text' && used !== 'unknown' && safeStorage.isEncryptionAvailable()
    },
    async get(name) {
      const found = read().get(name)
      if (found === undefined) return null
      try {
        return safeStorage.decryptString(Buffer.from(found, 'base64'))
      } catch (error) {
        throw new TroubleError('host.keyringFailed', {}, String(error), { cause: error })
      }
    },
    async set(name, value) {
      write(read().set(name, safeStorage.encryptString(value).toString('base64')))
    },
    async delete(name) {
      const secrets = read()
      if (secrets.delete(name)) write(secrets)
    },
  }
}
