/** The Electron host's entry. */
import { app } from 'electron'
import { troubleOf } from '../../trouble'
import { troubleWords } from '../../words'
import { launch } from './launch'

// The script's own path may stand among the words (unpackaged): they are read leniently.
launch(process.argv.slice(1)).catch((error) => {
  const trouble = troubleOf(error)
  process.stderr.write(`${troubleWords(trouble)}\n${trouble.detail ?? ''}\n`)
  app.exit(1)
})
