/** The error of the media page: a trouble to be told to main in place of an operation's output. */
import type { Trouble } from '../../preload/contract'

export class MediaError extends Error {
  readonly trouble: Trouble
  constructor(code: string, cause?: unknown, params: Trouble['params'] = {}) {
    const detail = cause === undefined ? undefined : textOf(cause)
    super(detail ? `${code}: ${detail}` : code, { cause })
    this.name = 'MediaError'
    this.trouble = detail === undefined ? { code, params } : { code, params, detail }
  }
}

/** What to tell main of any error. */
export function troubleOf(error: unknown): Trouble {
  return error instanceof MediaError ? error.trouble : { code: 'media.failed', params: {}, detail: textOf(error) }
}

function textOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, 4000)
}
