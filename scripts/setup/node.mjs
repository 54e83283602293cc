/**
 * Which Node runs Ringbook: the machine's when it is new enough, else the one that the npm package `node` brings.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { environmentForNpm, run } from './child.mjs'
import { SetupError, say } from './say.mjs'

/** Electron's installer and better-sqlite3's binary ask for this; older ones crash in better-sqlite3. */
export const oldestNode = /** @type {const} */ ([22, 12, 0])

/**
 * @param {string} version like `22.12.0`
 * @returns {boolean} whether a Node of this version runs Ringbook
 */
export function runsRingbook(version) {
  const parts = version.split('.').map(Number)
  for (const [index, least] of oldestNode.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part > least
  }
  return true
}

/**
 * With worker threads that come and go, V8's bookkeeping of protected code pages loses track on processors that have memory
 * protection keys, and ends the whole process («Check failed: jit_page.has_value()»). Without the keys the pages are as they
 * are on every other processor.
 * @param {string} [version] of the Node that is started
 * @returns {string[]} what stands before the script on its command line
 */
export function nodeSwitches(version = process.versions.node) {
  const major = Number(version.split('.', 1)[0])
  return major >= 22 && major <= 25 ? ['--no-memory-protection-keys'] : []
}

/**
 * The same for a Node by its path: this one, or the one that the project brings.
 * @param {string} node
 * @param {string} root
 */
export function switchesOf(node, root) {
  if (node === process.execPath) return nodeSwitches()
  return nodeSwitches(JSON.parse(readFileSync(join(root, 'node_modules', 'node', 'package.json'), 'utf8')).version)
}

/** @param {string} root @param {NodeJS.Platform} [platform] */
export function packagedNode(root, platform = process.platform) {
  return join(root, 'node_modules', 'node', 'bin', platform === 'win32' ? 'node.exe' : 'node')
}

/**
 * @param {string} root
 * @param {string} [version] of the Node that asks
 * @returns {string | null} path of the Node to use; null when it has still to be fetched
 */
export function chosenNode(root, version = process.versions.node) {
  if (runsRingbook(version)) return process.execPath
  return existsSync(packagedNode(root)) ? packagedNode(root) : null
}

/**
 * The package's own install script asks npm for the binary of this platform.
 * @param {string} root
 */
export async function fetchNode(root) {
  say('Fetching the Node that Ringbook runs on …')
  const { code, output } = await run(process.execPath, ['installArchSpecificPackage.js'], {
    cwd: join(root, 'node_modules', 'node'),
    env: environmentForNpm(process.env),
    quiet: true,
  })
  if (code !== 0 || !existsSync(packagedNode(root)))
    throw new SetupError(`${output.trim()}\nNode ${oldestNode.join('.')} or newer could not be fetched. Install it yourself and try again.`)
}
