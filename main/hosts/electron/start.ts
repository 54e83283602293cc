/** The Electron host's entry. */
import { app } from 'electron'
import { troubleOf } from '../../trouble'
import { troubleWords } from '../../words'
import { launch } from './launch'

launch(process.argv.slice(app.isPackaged ? 1 : 2)).catch((error) => {
  const trouble = troubleOf(error)
  process.stderr.write(`${troubleWords(trouble)}\n${trouble.detail ?? ''}\n`)
  app.exit(1)
})
