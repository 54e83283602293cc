/**
 * Every npm script starts here: `node scripts/setup.mjs COMMAND [words]`. It does the set-up that is missing and hands over to
 * the command's program. It has no dependencies and runs on Node 20, because on a fresh clone there is nothing else.
 */
import { join, resolve } from 'node:path'
import { endRunning, handOver } from './setup/child.mjs'
import { electronBinary, fetchElectron, whyNoElectron } from './setup/electron.mjs'
import { switchesOf } from './setup/node.mjs'
import { ready } from './setup/ready.mjs'
import { SetupError, say } from './setup/say.mjs'
import { wantedHost } from './setup/words.mjs'

const root = resolve(import.meta.dirname, '..')
/** npm goes to the project's folder; the paths that people type start where they are. */
const startedIn = process.env.npm_lifecycle_event ? (process.env.INIT_CWD ?? process.cwd()) : process.cwd()

/** @type {Record<string, (words: string[]) => Promise<number>>} */
const commands = {
  start,
  ringbook: async (words) => {
    const node = await ready(root, { built: true })
    return handOver(node, [...switchesOf(node, root), join(root, 'out/main/cli.js'), ...words], { cwd: startedIn })
  },
  // Unit tests run the sources, so that they can be run while something else does not build.
  test: (words) => program('scripts/test.mjs', words, words[0] !== 'unit'),
  soak: (words) => program('scripts/test.mjs', ['--soak', ...words], true),
  bench: (words) => program('scripts/bench.mjs', words, true),
  check: (words) => program('scripts/check.mjs', words, false),
}

/** @param {string} path @param {string[]} words @param {boolean} built */
async function program(path, words, built) {
  return handOver(await ready(root, { built }), [join(root, path), ...words], { cwd: root })
}

/** @param {string[]} words */
async function start(words) {
  const wanted = wantedHost(words)
  const node = await ready(root, { built: true })
  const machine = { platform: process.platform, uid: process.getuid?.(), env: process.env }
  let reason = whyNoElectron(wanted, machine)
  let binary = reason === null ? electronBinary(root) : null
  if (reason === null && !binary) ({ binary, reason } = await fetchElectron(root, node, { again: wanted === 'electron' }))
  if (binary) {
    say('Starting Ringbook in Electron.')
    return handOver(binary, [root, ...words], { cwd: startedIn })
  }
  if (wanted === 'electron')
    throw new SetupError(`Electron is not available: ${reason}. «npm start -- --host browser» opens Ringbook in Chromium instead.`)
  say(`Starting Ringbook in the browser host${wanted === 'browser' ? '' : ` (${reason})`}.`)
  return handOver(node, [...switchesOf(node, root), join(root, 'out/main/browser.js'), ...words], { cwd: startedIn })
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => {
    endRunning(signal)
    // Once a program has the terminal its own end decides ours (handOver).
    if (process.listenerCount(signal) === 1) process.exit(128 + { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }[signal])
  })

const [name = '', ...words] = process.argv.slice(2)
const command = Object.hasOwn(commands, name) ? commands[name] : undefined
if (!command) {
  say(`Usage: node scripts/setup.mjs ${Object.keys(commands).join('|')} [words]`)
  process.exit(2)
}
try {
  process.exitCode = await command(words)
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(error.message)
  process.exitCode = error.exitCode
}
