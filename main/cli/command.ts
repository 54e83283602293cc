/** What a command of the command line is given, and what several of them need. */
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Clock } from '../clock'
import { createLog } from '../log'
import { openProfile } from '../profile/folder'
import { SettingsStore } from '../settings/settings'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { isHeld } from './held'

/** What the command line has of its terminal. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** The descriptor of standard output, for what workers write themselves. */
  outFd: number
  /** Progress may be drawn. */
  interactive: boolean
  /** Aborted by Ctrl+C. */
  signal: AbortSignal
  clock: Clock
  env: NodeJS.ProcessEnv
}

/** What a command gets: its words, checked, and what it may use. */
export interface Call {
  terminal: Terminal
  /** The words that are no options. */
  words: string[]
  values: Record<string, string | boolean | undefined>
  /** The profile's folder, not yet opened. */
  folder: string
}

export interface Command {
  options: ParseArgsOptionsConfig
  /** Names of the words it takes, in order. */
  takes: readonly string[]
  run(call: Call): Promise<number>
}

/** Used wrongly: told with the usage, exit code 2. */
export class UsageError extends Error {}

/** The profile's store as a second process opens it, with the rep's own country; closed when `use` is done. */
export async function withStore<T>(call: Call, use: (store: Store, country: string) => Promise<T>): Promise<T> {
  const { clock } = call.terminal
  const profile = openProfile(call.folder)
  const store = await openStore({
    file: profile.path('ringbook.sqlite'),
    log: createLog(undefined, 'error'),
    clock,
    owner: false,
    alone: !isHeld(profile.runtimeFolder),
  })
  try {
    const settings = new SettingsStore({ store, emit: () => {} })
    return await use(store, settings.current.country)
  } finally {
    await store.close()
  }
}

/** A text option that was given, or undefined. */
export function textOf(call: Call, name: string): string | undefined {
  const value = call.values[name]
  return typeof value === 'string' ? value : undefined
}
