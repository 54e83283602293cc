/** The browser host's command line. */
import { parseArgs } from 'node:util'

export interface Options {
  profile: string | null
  /** 0 asks for any free port; null for the remembered one. */
  port: number | null
  open: boolean
  printLink: boolean
}

/** Reads `--host --profile --port --no-open --print-link`; a string is what was wrong with them, for the reader. */
export function readOptions(args: readonly string[]): Options | { usage: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        host: { type: 'string' },
        profile: { type: 'string' },
        port: { type: 'string' },
        'no-open': { type: 'boolean', default: false },
        'print-link': { type: 'boolean', default: false },
      },
    })
    if (values.host !== undefined && values.host !== 'browser' && values.host !== 'auto') return { usage: `--host ${values.host}` }
    if (values.profile === '') return { usage: '--profile' }
    if (values.port !== undefined && !(/^\d{1,5}$/.test(values.port) && Number(values.port) <= 65_535))
      return { usage: `--port ${values.port}` }
    return {
      profile: values.profile ?? null,
      port: values.port === undefined ? null : Number(values.port),
      open: !values['no-open'],
      printLink: values['print-link'],
    }
  } catch (error) {
    return { usage: error instanceof Error ? error.message : String(error) }
  }
}
