/** Secrets in the browser host: what is kept where, on this machine as it is and over keyrings that fail. */
import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../log'
import { openProfile } from '../../profile/folder'
import { secretStore } from '../secrets'
import { keyring } from './keyring'

const newProfile = () => openProfile(join(mkdtempSync(join(tmpdir(), 'ringbook-secrets-')), 'profile'))
/** A stand-in for the system's keyring, in memory. */
function memoryKeyring() {
  const kept = new Map<string, string>()
  const makeEntry = async (name: string) => ({
    getPassword: async () => kept.get(name) ?? null,
    setPassword: async (value: string) => void kept.set(name, value),
    deleteCredential: async () => kept.delete(name),
  })
  return { kept, keeper: keyring(silentLog(), makeEntry) }
}
afterEach(() => vi.unstubAllEnvs())

describe('with a keyring', () => {
  it('a secret is in the keyring alone', async () => {
    const { kept, keeper } = memoryKeyring()
    const profile = newProfile()
    const secrets = secretStore(profile, keeper)
    await secrets.set('sip-password:1', 'hunter2', 'plain-file')
    expect(await secrets.keeping()).toMatchObject({ available: true, plainFileInUse: true })
    await secrets.set('sip-password:1', 'hunter3', 'keyring')
    expect([...kept]).toEqual([['sip-password:1', 'hunter3']])
    expect(await secrets.keeping()).toMatchObject({ plainFileInUse: false })
    expect(readFileSync(profile.path('secrets.json'), 'utf8')).not.toContain('hunter')
    // Another run finds it.
    expect(await secretStore(profile, keeper).get('sip-password:1')).toBe('hunter3')
    await secrets.set('sip-password:1', 'hunter4', 'session')
    expect(kept.size).toBe(0)
    await secrets.delete('sip-password:1')
    expect(await secrets.get('sip-password:1')).toBeNull()
  })
})

describe('without one', () => {
  it('a secret is kept for this run only, or, told so, in a file of the rep’s own', async () => {
    // No session bus: no Secret Service, as on a server. (Other systems always have their keyring.)
    vi.stubEnv('DBUS_SESSION_BUS_ADDRESS', 'unix:path=/nonexistent')
    if (process.platform !== 'linux') return
    const profile = newProfile()
    const secrets = secretStore(profile, keyring(silentLog()))
    expect(await secrets.keeping()).toEqual({ available: false, name: '', plainFileInUse: false })
    await expect(secrets.set('a', 'hunter2', 'keyring')).rejects.toMatchObject({ trouble: { code: 'host.noKeyring' } })
    expect(await secrets.get('a')).toBeNull()

    await secrets.set('a', 'hunter2', 'session')
    expect(await secrets.get('a')).toBe('hunter2')
    expect(existsSync(profile.path('secrets.json'))).toBe(false)
    expect(await secretStore(profile, keyring(silentLog())).get('a')).toBeNull()

    await secrets.set('a', 'hunter2', 'plain-file')
    expect(statSync(profile.path('secrets.json')).mode & 0o777).toBe(0o600)
    expect(await secretStore(profile, keyring(silentLog())).get('a')).toBe('hunter2')
    expect(await secrets.keeping()).toMatchObject({ plainFileInUse: true })
    await secrets.delete('a')
    expect(await secrets.get('a')).toBeNull()
  })
})

describe('a keyring that never answers', () => {
  const silent = () =>
    keyring(
      silentLog(),
      async () => ({
        getPassword: () => new Promise<never>(() => {}),
        setPassword: () => new Promise<never>(() => {}),
        deleteCredential: () => new Promise<never>(() => {}),
      }),
      { patience: 50, probePatience: 50 },
    )
  it('counts as none', async () => {
    expect(await silent().available()).toBe(false)
  })

  it('is not waited for', async () => {
    await expect(silent().get('a')).rejects.toMatchObject({ trouble: { code: 'host.keyringSilent' } })
    await expect(silent().set('a', 'hunter2')).rejects.toMatchObject({ trouble: { code: 'host.keyringSilent' } })
  })

  it('says what went wrong without the secret', async () => {
    const broken = keyring(silentLog(), async () => ({
      getPassword: async () => null,
      setPassword: () => Promise.reject(new Error('locked')),
      deleteCredential: async () => false,
    }))
    await expect(secretStore(newProfile(), broken).set('a', 'hunter2', 'keyring')).rejects.toMatchObject({
      trouble: { code: 'host.keyringFailed', detail: 'locked' },
    })
  })
})
