/** `ringbook import FILE`: contacts from CSV or vCard, also beside a running Ringbook. */
import { resolve } from 'node:path'
import { importFile } from '../contacts/import/imports'
import { troubleWords, words } from '../words'
import { type Command, textOf, withStore } from './command'

export const importCommand: Command = {
  options: { region: { type: 'string' } },
  takes: ['file'],
  run: (call) =>
    withStore(call, async (store, country) => {
      const { err, interactive, signal, clock } = call.terminal
      const onProgress = ({ read }: { read: number }) => err(`\r${words('cli', 'import.working', { read })}`)
      const path = resolve(call.words[0] ?? '')
      const report = await importFile(
        { store, clock, country: () => country, changed: () => undefined },
        { path },
        { region: textOf(call, 'region'), signal, ...(interactive ? { onProgress } : {}) },
      )
      if (interactive && report.read >= 500) err('\r\u001b[K')
      const { read, added, merged } = report
      const refused = read - added - merged
      for (const { line, trouble } of report.refused) err(`${words('cli', 'import.line', { line, why: troubleWords(trouble) })}\n`)
      if (refused > report.refused.length) err(`${words('cli', 'import.more', { count: refused - report.refused.length })}\n`)
      err(`${words('cli', 'import.done', { read, added, merged, refused })}\n`)
      // A file of which nothing at all could be used was not imported.
      return refused === read ? 1 : 0
    }),
}
