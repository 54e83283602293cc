/**
 * The command line: finds the command, checks its words, and turns what goes wrong into a sentence and an exit code
 * (0 done, 1 failed, 2 used wrongly). Data goes to standard output, everything else to standard error.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { country as countryCode, day } from '../../preload/contract'
import type { Clock } from '../clock'
import { createLog } from '../log'
import { defaultProfileFolder, openProfile } from '../profile/folder'
import { SettingsStore } from '../settings/settings'
import { openStore } from '../store/open'
import type { Store } from '../store/store'
import { troubleOf } from '../trouble'
import { troubleWords, words } from '../words'
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

const commands: Record<string, () => Promise<Command>> = {
  import: async () => (await import('./import')).importCommand,
  lookup: async () => (await import('./lookup')).lookupCommand,
  history: async () => (await import('./history')).historyCommand,
  export: async () => (await import('./export')).exportCommand,
  doctor: async () => (await import('./doctor')).doctorCommand,
  practice: async () => (await import('./practice')).practiceCommand,
}

/** Runs one command line to its exit code; never rejects. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      terminal[name === undefined ? 'err' : 'out'](`${words('cli', 'usage')}\n`)
      return name === undefined ? 2 : 0
    }
    const load = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!load) throw new UsageError(words('cli', 'unknownCommand', { name }))
    return await run(await load(), rest, terminal)
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`${error.message}\n\n${words('cli', 'usage')}\n`)
      return 2
    }
    const trouble = troubleOf(error)
    if (trouble.detail?.includes('EPIPE')) return 0
    terminal.err(`${troubleWords(trouble)}\n`)
    if (trouble.detail) terminal.err(`${trouble.detail}\n`)
    return 1
  }
}

async function run(command: Command, args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(command, args)
  if (values.help) {
    terminal.out(`${words('cli', 'usage')}\n`)
    return 0
  }
  const missing = command.takes[positionals.length]
  if (missing !== undefined) throw new UsageError(words('cli', `missing.${missing}`))
  const extra = positionals[command.takes.length]
  if (extra !== undefined) throw new UsageError(words('cli', 'tooMany', { word: extra }))
  if (values.profile === '') throw new UsageError('--profile')
  for (const key of ['from', 'to']) {
    const text = values[key]
    if (text !== undefined && !day.safeParse(text).success) throw new UsageError(words('cli', 'badDay', { text: String(text) }))
  }
  if (typeof values.region === 'string') {
    values.region = values.region.toUpperCase()
    if (!countryCode.safeParse(values.region).success) throw new UsageError(words('cli', 'badRegion', { text: values.region }))
  }
  const folder = typeof values.profile === 'string' ? values.profile : defaultProfileFolder(terminal.env)
  return await command.run({ terminal, words: positionals, values, folder })
}

function parse(command: Command, args: string[]): { values: Call['values']; positionals: string[] } {
  const options: ParseArgsOptionsConfig = { ...command.options, profile: { type: 'string' }, help: { type: 'boolean', short: 'h' } }
  try {
    // `lookup -12` and `lookup +46…`: a number may begin like an option.
    const { values, positionals } = parseArgs({
      args: args.map((word) => (/^-\d/.test(word) ? ` ${word}` : word)),
      options,
      allowPositionals: true,
    })
    return { values: values as Call['values'], positionals: positionals.map((word) => word.trim()) }
  } catch (error) {
    throw new UsageError(words('cli', 'wrongOption', { what: error instanceof Error ? error.message : String(error) }))
  }
}

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
