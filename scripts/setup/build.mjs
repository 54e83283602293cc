/**
 * Builds `out/` when a source is newer than it. The new build is made beside it and then takes its place, so that an
 * interrupted build leaves the old one whole and a Ringbook that runs never sees half of one.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './child.mjs'
import { SetupError, say } from './say.mjs'

/** What the build is made of; tests beside the code are not. */
const sources = [
  'main',
  'preload',
  'renderer',
  'resources',
  'electron.vite.config.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.base.json',
]
const noSource = /\.test\.tsx?$/

/**
 * A digest of every source's path, size and time of last change: reading the contents would cost each start more than the
 * rare needless build does.
 * @param {string} root
 */
export function fingerprint(root) {
  const hash = createHash('sha256')
  for (const one of sources) add(hash, root, one)
  return hash.digest('hex')
}

/** @param {import('node:crypto').Hash} hash @param {string} root @param {string} path */
function add(hash, root, path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false })
  if (!stat) return
  if (stat.isDirectory()) {
    for (const name of readdirSync(join(root, path)).sort()) if (!noSource.test(name)) add(hash, root, `${path}/${name}`)
  } else hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`)
}

/**
 * @param {string} root
 * @returns {string | null} why it must be built; null when `out/` is of these sources
 */
export function whyBuild(root) {
  const stamp = join(root, 'out', 'built-from')
  if (!existsSync(stamp)) return 'not built yet'
  return readFileSync(stamp, 'utf8') === fingerprint(root) ? null : 'the sources have changed'
}

/** @param {string} root @param {string} node */
export async function build(root, node) {
  say('Building …')
  const before = fingerprint(root)
  const next = join(root, '.cache', 'build-next')
  const old = join(root, '.cache', 'build-old')
  rmSync(next, { recursive: true, force: true })
  rmSync(old, { recursive: true, force: true })
  mkdirSync(next, { recursive: true })
  const { code, output } = await run(node, [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'build', '--outDir', next], {
    cwd: root,
    quiet: true,
  })
  if (code !== 0) throw new SetupError(`${output.trim()}\nThe build failed.`)
  // Taken before the build: a source that changed while it ran makes the next start build again.
  writeFileSync(join(next, 'built-from'), before)
  if (existsSync(join(root, 'out'))) renameSync(join(root, 'out'), old)
  renameSync(next, join(root, 'out'))
  rmSync(old, { recursive: true, force: true })
}
