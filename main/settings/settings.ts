/**
 * The rep's settings: typed, with defaults that fit the machine, kept one row for each key so that a value that no longer
 * fits falls back to its default alone.
 */
import { defaultSettings, type EventName, type EventPayload, type Settings, settings } from '../../preload/contract'
import type { Store } from '../store/store'
import { TroubleError } from '../trouble'

/** ISO 3166-1 alpha-2 of the system's locale; US where it names none. */
export function systemCountry(locale = Intl.DateTimeFormat().resolvedOptions().locale): string {
  try {
    return new Intl.Locale(locale).maximize().region ?? 'US'
  } catch {
    return 'US'
  }
}

type Patch = { [K in keyof Settings]?: Settings[K] | undefined }

function defaults(): Settings {
  return {
    ...defaultSettings,
    country: systemCountry(),
  }
}

export interface SettingsNeeds {
  store: Store
  emit: <E extends EventName>(event: E, payload: EventPayload<E>) => void
}

export class SettingsStore {
  #current: Settings

  constructor(private readonly needs: SettingsNeeds) {
    this.#current = this.#read()
  }

  get current(): Settings {
    return this.#current
  }

  /** Applies a change that the bridge has already checked. Throws TroubleError `settings.badProxy`, `settings.proxyHasPassword`. */
  change(patch: Patch): Settings {
    if (patch.proxy) checkProxy(patch.proxy)
    this.#current = settings.parse({ ...this.#current, ...patch })
    const keep = this.needs.store.db.prepare<[string, string]>('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)')
    // A disk that refuses raises its own trouble; the change holds for this run.
    this.needs.store.write(() => {
      for (const [key, value] of Object.entries(patch)) if (value !== undefined) keep.run(key, JSON.stringify(value))
    })
    this.needs.emit('settings.changed', this.#current)
    return this.#current
  }

  #read(): Settings {
    const rows = this.needs.store.db.prepare<[], { key: string; value: string }>('SELECT key, value FROM settings').all()
    const kept = new Map(rows.map(({ key, value }) => [key, value]))
    const read: Record<string, unknown> = { ...defaults() }
    for (const [key, field] of Object.entries(settings.shape)) {
      const text = kept.get(key)
      if (text === undefined) continue
      const parsed = field.safeParse(parseJson(text))
      if (parsed.success) read[key] = parsed.data
    }
    return settings.parse(read)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function checkProxy(proxy: string): void {
  const url = URL.parse(proxy)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || !url.hostname)
    throw new TroubleError('settings.badProxy', { proxy })
  // Settings are shown in pages and kept in the open.
  if (url.username || url.password) throw new TroubleError('settings.proxyHasPassword')
}
