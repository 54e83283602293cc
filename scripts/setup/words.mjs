/** The words of `npm start` that set-up itself must understand; all of them go on to the program, which checks them. */
import { SetupError } from './say.mjs'

const hosts = /** @type {const} */ (['auto', 'electron', 'browser'])

/**
 * @param {readonly string[]} words
 * @returns {import('./electron.mjs').WantedHost}
 */
export function wantedHost(words) {
  /** @type {string | undefined} */
  let host = 'auto'
  for (const [index, word] of words.entries()) {
    if (word === '--host') host = words[index + 1]
    else if (word.startsWith('--host=')) host = word.slice('--host='.length)
  }
  const found = hosts.find((one) => one === host)
  if (!found) throw new SetupError(`--host is one of ${hosts.join(', ')}.`, 2)
  return found
}
