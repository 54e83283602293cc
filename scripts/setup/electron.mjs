/**
 * The Electron binary: tried once, given up after a minute without progress, and that is remembered for this version, so that
 * a machine that cannot have it does not wait at every start. Tests never come here: they name the browser host.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './child.mjs'
import { say } from './say.mjs'

/**
 * @typedef {'auto' | 'electron' | 'browser'} WantedHost
 * @typedef {{ version: string, reason: string, at: string }} GivenUp
 */

/** @param {string} root @returns {string | null} path of the binary, null when there is none */
export function electronBinary(root) {
  const folder = join(root, 'node_modules', 'electron')
  try {
    const binary = join(
      process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(folder, 'dist'),
      readFileSync(join(folder, 'path.txt'), 'utf8').trim(),
    )
    return existsSync(binary) ? binary : null
  } catch {
    return null
  }
}

/**
 * @param {WantedHost} wanted
 * @param {{ platform: NodeJS.Platform, uid: number | undefined, env: NodeJS.ProcessEnv }} machine
 * @returns {string | null} why Electron could not open a window here; null when it could
 */
export function whyNoElectron(wanted, machine) {
  if (wanted === 'browser') return 'the browser host was asked for'
  if (wanted === 'electron' || machine.platform !== 'linux') return null
  if (!machine.env.DISPLAY && !machine.env.WAYLAND_DISPLAY) return 'there is no display'
  if (machine.uid === 0) return 'Electron does not run as root'
  return null
}

/**
 * @param {string} memory path of the note
 * @param {string} version of Electron
 * @returns {GivenUp | null}
 */
export function givenUp(memory, version) {
  try {
    const note = JSON.parse(readFileSync(memory, 'utf8'))
    return note.version === version ? note : null
  } catch {
    return null
  }
}

/**
 * @param {string} root
 * @param {string} node the Node to run the installer with
 * @param {{ again: boolean, stallMs?: number, installer?: string }} options `again`: although it was given up before
 * @returns {Promise<{ binary: string | null, reason: string }>} the reason is for when there is none
 */
export async function fetchElectron(root, node, { again, stallMs = 60_000, installer = join(root, 'node_modules/electron/install.js') }) {
  const memory = join(root, '.cache', 'electron-given-up.json')
  const version = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')).version
  const before = givenUp(memory, version)
  if (before && !again) return { binary: null, reason: before.reason }

  say(`Fetching Electron ${version}, once …`)
  const landing = join(root, '.cache', 'electron-landing')
  rmSync(landing, { recursive: true, force: true })
  mkdirSync(landing, { recursive: true })
  const grows = [landing, join(root, 'node_modules/electron/dist')]
  let stalled = false
  const { code, output } = await run(node, [installer], {
    cwd: root,
    quiet: true,
    // The installer downloads into the temporary folder: one of our own shows how far it is.
    env: { ...process.env, TMPDIR: landing, TEMP: landing, TMP: landing, ELECTRON_GET_NO_PROGRESS: '1', ELECTRON_GET_USE_PROXY: 'true' },
    watch: (child) => {
      let size = -1
      let since = Date.now()
      const look = setInterval(
        () => {
          const now = grows.reduce((sum, folder) => sum + sizeOf(folder), 0)
          if (now !== size) {
            size = now
            since = Date.now()
          } else if (Date.now() - since >= stallMs) {
            stalled = true
            child.kill('SIGKILL')
          }
        },
        Math.min(1000, stallMs / 4),
      )
      child.once('exit', () => clearInterval(look))
    },
  })
  rmSync(landing, { recursive: true, force: true })

  const binary = code === 0 ? electronBinary(root) : null
  if (binary) {
    rmSync(memory, { force: true })
    return { binary, reason: '' }
  }
  const said = output
    .split('\n')
    .find((line) => /error|ENOTFOUND|ECONN|ETIMEDOUT|code \d{3}/i.test(line))
    ?.trim()
  const reason = stalled
    ? `its download made no progress for ${Math.round(stallMs / 1000)} s`
    : said
      ? `its download failed (${said})`
      : `its installer ended with code ${code}`
  writeFileSync(memory, JSON.stringify({ version, reason, at: new Date().toISOString() }))
  return { binary: null, reason }
}

/** @param {string} path @returns {number} bytes of all files below */
function sizeOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return 0
  if (!stat.isDirectory()) return stat.size
  try {
    return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
  } catch {
    return 0
  }
}
