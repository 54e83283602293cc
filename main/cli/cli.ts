/**
 * The command line: finds the command, checks its words, and turns what goes wrong into a sentence and an exit code
 * (0 done, 1 failed, 2 used wrongly). Data goes to standard output, everything else to standard error.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { country as countryCode, day } from '../../preload/contract'
import { defaultProfileFolder } from '../profile/folder'
import { troubleOf } from '../trouble'
import { troubleWords, words } from '../words'
import { type Call, type Command, type Terminal, UsageError } from './command'

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
