/**
 * The program's log: pino lines in the profile's `logs/` folder, secrets redacted by name and by shape. Nothing that a rep
 * typed (notes, passwords) and no SIP message is ever handed to it.
 */
import { type DestinationStream, type Logger, pino } from 'pino'
import { TroubleError } from './trouble'

export type Log = Logger

const secretKeys = ['password', 'credential', 'token', 'secret', 'authorization', 'cookie', 'ha1']

/** `destination`: where lines go; stderr when absent. */
export function createLog(destination?: DestinationStream, level = process.env.RINGBOOK_LOG_LEVEL ?? 'info'): Log {
  const options = {
    level,
    base: null,
    serializers: { err: told },
    redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[redacted]' },
  }
  return pino(options, destination ?? pino.destination({ fd: 2, sync: true }))
}

/** An error without the words that its sentence is filled with: those are numbers and names. */
function told(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { trouble: _, ...rest } = pino.stdSerializers.err(error)
  return error instanceof TroubleError ? { ...rest, code: error.trouble.code } : rest
}

/** A log that keeps quiet, for tests. */
export function silentLog(): Log {
  return pino({ level: 'silent' })
}
