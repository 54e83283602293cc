/**
 * The profile folder: where everything of one rep lives (database, logs, remembered port). 0700, its files 0600. Where it
 * cannot be written the program still runs, from memory, and says so.
 */
import { createHash, randomBytes } from 'node:crypto'
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { TroubleError } from '../trouble'

export interface Profile {
  /** Absolute. */
  readonly folder: string
  /** False: nothing can be kept; what is read from it may be old. */
  readonly writable: boolean
  /** A path inside the folder. */
  path(...parts: string[]): string
  /** A folder for locks and sockets: the profile's own where it can be written, else one of this user's in the temporary folder. */
  readonly runtimeFolder: string
  /** Reads a small JSON file; null when it is absent or damaged. */
  readJson(name: string): unknown
  /** Writes a small JSON file, whole or not at all, 0600. Returns false when it could not be kept. */
  writeJson(name: string, value: unknown): boolean
}

/** Where the profile is when nobody says otherwise: XDG, `Library/Application Support` or `AppData`. */
export function defaultProfileFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'Ringbook')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Ringbook')
  // The XDG specification: relative values are invalid and to be ignored.
  const data = env.XDG_DATA_HOME?.startsWith('/') ? env.XDG_DATA_HOME : join(home, '.local', 'share')
  return join(data, 'ringbook')
}

/**
 * Opens (and makes) the profile folder and sets the process's umask, so that every file made from here on is the rep's own.
 * Throws `host.profileForeign` when the folder belongs to someone else, `host.profileNoFolder` when the path is a file.
 */
export function openProfile(folder: string): Profile {
  process.umask(0o077)
  const root = resolve(folder)
  let writable = true
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (isCode(error, 'EEXIST') || isCode(error, 'ENOTDIR')) throw new TroubleError('host.profileNoFolder', { folder: root }, String(error))
    writable = false
  }
  if (writable) writable = makePrivate(root)
  const runtimeFolder = writable ? root : temporaryFolder(root)
  return {
    folder: root,
    writable,
    runtimeFolder,
    path: (...parts) => join(root, ...parts),
    readJson(name) {
      try {
        return JSON.parse(readFileSync(join(root, name), 'utf8'))
      } catch {
        return null
      }
    },
    writeJson(name, value) {
      if (!writable) return false
      const beside = join(root, `.${name}.${randomBytes(4).toString('hex')}`)
      try {
        writeFileSync(beside, JSON.stringify(value), { mode: 0o600, flag: 'wx' })
        renameSync(beside, join(root, name))
        return true
      } catch {
        rmSync(beside, { force: true })
        return false
      }
    },
  }
}

/** Closes the folder to others; false when it cannot be written. */
function makePrivate(root: string): boolean {
  if (process.platform !== 'win32') {
    const owner = lstatSync(root).isSymbolicLink() ? null : lstatSync(root).uid
    const me = process.getuid?.()
    // Root may look after another user's profile; everybody else would hand secrets to the folder's owner.
    if (owner !== null && me !== undefined && me !== 0 && owner !== me) throw new TroubleError('host.profileForeign', { folder: root })
    try {
      chmodSync(root, 0o700)
    } catch {
      return false
    }
  }
  try {
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK)
    // A read-only mount passes for root; only a write tells.
    const probe = join(root, `.probe-${randomBytes(6).toString('hex')}`)
    writeFileSync(probe, '', { flag: 'wx' })
    rmSync(probe)
    return true
  } catch {
    return false
  }
}

/** A private folder for what a read-only profile cannot hold: the same for every start with this profile by this user. */
export function temporaryFolder(root: string): string {
  const base = process.env.XDG_RUNTIME_DIR || tmpdir()
  const folder = join(base, `ringbook-${userInfo().uid}-${shortHash(root)}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  const me = process.getuid?.()
  if (!found.isDirectory() || (me !== undefined && (found.uid !== me || (found.mode & 0o077) !== 0)))
    throw new TroubleError('host.profileForeign', { folder })
  return folder
}

/** Sixteen hex digits that stand for a path. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
