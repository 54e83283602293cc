/**
 * Installs the packages of the lockfile when they are missing or others than it names. Never runs their scripts: the only
 * ones needed are called by name (see node.mjs and electron.mjs).
 */
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { environmentForNpm, run } from './child.mjs'
import { SetupError, say } from './say.mjs'

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} Lockfile
 */

/**
 * Compares what the lockfile names with what npm noted when it had finished installing (`node_modules/.package-lock.json`;
 * an interrupted installation leaves none). Optional packages may be absent, because they are for other platforms.
 * @param {Lockfile} wanted
 * @param {Lockfile} installed
 * @returns {string | null} the first package that is missing or other; null when all is there
 */
export function firstDifference(wanted, installed) {
  for (const [path, entry] of Object.entries(wanted.packages ?? {})) {
    if (path === '') continue
    const there = installed.packages?.[path]
    if (!there) {
      if (entry.optional || entry.devOptional) continue
      return path
    }
    if (there.version !== entry.version || there.integrity !== entry.integrity) return path
  }
  return null
}

/**
 * @param {string} root
 * @returns {string | null} why the packages must be installed; null when they need not be
 */
export function whyInstall(root) {
  const noted = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(noted)) return 'not installed yet'
  const difference = firstDifference(read(join(root, 'package-lock.json')), read(noted))
  return difference === null ? null : `${difference.replace(/^.*node_modules\//, '')} is not the version of the lockfile`
}

/** @param {string} path @returns {Lockfile} */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}

/** @param {string} root */
export async function install(root) {
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    throw new SetupError(
      'node_modules is a link to packages of another lockfile. Run «npm ci --ignore-scripts» where it points, or remove the link.',
    )
  say('Installing packages, this takes about a minute the first time …')
  const npm = npmCommand(process.env, process.execPath)
  const { code, output } = await run(npm.file, [...npm.args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    env: environmentForNpm(process.env),
    quiet: true,
    shell: npm.shell,
  })
  if (code !== 0) throw new SetupError(`${output.trim()}\nThe packages could not be installed.`)
}

/**
 * npm tells its scripts where it is itself; without that (`node scripts/setup.mjs`) it stands beside Node or in PATH.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} node
 * @returns {{ file: string, args: string[], shell: boolean }}
 */
export function npmCommand(env, node) {
  const own = env.npm_execpath
  if (own && /npm-cli\.c?js$/.test(own)) return { file: node, args: [own], shell: false }
  const beside = join(dirname(node), 'node_modules', 'npm', 'bin', 'npm-cli.js')
  if (existsSync(beside)) return { file: node, args: [beside], shell: false }
  return { file: 'npm', args: [], shell: process.platform === 'win32' }
}
