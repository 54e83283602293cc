/** The words after the program's name that Electron's host takes; Chromium's own switches pass by. */
import { parseArgs } from 'node:util'

/** The profile that was asked for, null for the usual one. */
export function readOptions(args: readonly string[]): { profile: string | null } {
  const { values } = parseArgs({ args: [...args], options: { profile: { type: 'string' } }, strict: false, allowPositionals: true })
  return { profile: typeof values.profile === 'string' && values.profile !== '' ? values.profile : null }
}
