/** Settings on a real database file. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../clock'
import { silentLog } from '../log'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { SettingsStore, systemCountry } from './settings'

let folder: string
let store: Store
let emitted: unknown[]
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringbook-settings-'))
  store = await openStore({ file: join(folder, 'ringbook.db'), log: silentLog(), clock: systemClock })
  emitted = []
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
const begin = () => new SettingsStore({ store, emit: (event, payload) => void emitted.push([event, payload]) })

test('a change is told, and there at the next start', () => {
  const settings = begin()
  const changed = settings.change({ country: 'SE', theme: 'dark', ringVolume: 0.25, proxy: 'http://proxy.example.com:8080' })
  expect(emitted).toEqual([['settings.changed', changed]])
  expect(begin().current).toEqual(changed)
})

test('a kept value that no longer fits falls back to its default alone', () => {
  const defaults = begin().current
  begin().change({ theme: 'dark', country: 'SE' })
  store.write(() => store.db.prepare("UPDATE settings SET value = '\"sepia\"' WHERE key = 'theme'").run())
  expect(begin().current).toEqual({ ...defaults, country: 'SE' })
  store.write(() => store.db.prepare("UPDATE settings SET value = 'not json' WHERE key = 'country'").run())
  expect(begin().current).toEqual(defaults)
})

test('what is no proxy is refused and changes nothing', () => {
  const settings = begin()
  for (const proxy of ['proxy.example.com', 'socks5://x:1', 'javascript:1'])
    expect(() => settings.change({ proxy })).toThrow('settings.badProxy')
  expect(() => settings.change({ proxy: 'http://rep:geheim@proxy.example.com:8080' })).toThrow(/^settings.proxyHasPassword$/)
  expect(settings.change({ proxy: '' }).proxy).toBe('')
})

test.each([
  ['sv-SE', 'SE'],
  ['en-GB-u-ca-gregory', 'GB'],
  ['de', 'DE'],
  ['no such locale!', 'US'],
])('a system that speaks %s stands in %s', (locale, country) => expect(systemCountry(locale)).toBe(country))
