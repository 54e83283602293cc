/** The error that main throws when there is something to tell the reader. */
import type { Trouble } from '../preload/contract'

/** An error that carries what to tell the reader. */
export class TroubleError extends Error {
  readonly trouble: Trouble
  constructor(code: string, params: Trouble['params'] = {}, detail?: string, options?: ErrorOptions) {
    super(detail ? `${code}: ${detail}` : code, options)
    this.name = 'TroubleError'
    this.trouble = detail === undefined ? { code, params } : { code, params, detail: detail.slice(0, 4000) }
  }
}

/** What to tell of any error: its own trouble, or `general.unexpected` with the machine's text under «Details». */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof TroubleError) return error.trouble
  return {
    code: 'general.unexpected',
    params: {},
    detail: error instanceof Error ? error.message.slice(0, 4000) : String(error).slice(0, 4000),
  }
}
