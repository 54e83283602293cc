/** What the rep has entered on a screen, kept while another screen is open. It goes with the window. */
import { useCallback, useState } from 'react'
import { useAppStore } from '../context'
import type { AppStore } from '../state'

const kept = new WeakMap<AppStore, Map<string, unknown>>()

/** What is remembered in this window, by key. */
export function keptIn(store: AppStore): Map<string, unknown> {
  const entries = kept.get(store) ?? new Map<string, unknown>()
  kept.set(store, entries)
  return entries
}

/** Like `useState`, remembered under `key` for as long as the window's store lives. */
export function useKept<T>(key: string, initial: T): [T, (value: T) => void] {
  const store = useAppStore()
  const [value, setValue] = useState<T>(() => (keptIn(store).get(key) as T | undefined) ?? initial)
  const set = useCallback(
    (next: T) => {
      keptIn(store).set(key, next)
      setValue(next)
    },
    [store, key],
  )
  return [value, set]
}
