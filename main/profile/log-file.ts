/** The program's log in the profile: `logs/ringbook.log`, the run before last kept as `ringbook.1.log` once it has grown. */
import { mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino } from 'pino'
import { createLog, type Log } from '../log'
import type { Profile } from './folder'

const largest = 5_000_000

/** The log of this run; on stderr, warnings only, where the profile cannot be written. */
export function openLog(profile: Profile): Log {
  if (!profile.writable) return createLog(undefined, 'warn')
  const file = profile.path('logs', 'ringbook.log')
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > largest) renameSync(file, profile.path('logs', 'ringbook.1.log'))
    return createLog(pino.destination({ dest: file, sync: true, mode: 0o600 }))
  } catch {
    return createLog(undefined, 'warn')
  }
}
