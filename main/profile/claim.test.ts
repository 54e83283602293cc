/** One main per profile, with real processes: second starts, `kill -9`, starts in the same moment. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { claimProfile, tellHolder } from './claim'
import { defaultProfileFolder, openProfile } from './folder'

const root = resolve(import.meta.dirname, '../..')
// Inside the tree, so that the built file finds the packages.
const built = join(root, 'out', `profile-test-${process.pid}`)
const children = new Set<ChildProcess>()

beforeAll(async () => {
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: { ssr: join(root, 'test/fixtures/profile-starter.ts'), outDir: built, emptyOutDir: true },
  })
}, 60_000)
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  children.clear()
})
afterAll(() => rmSync(built, { recursive: true, force: true }))

interface Said {
  is: 'main' | 'second' | 'failed'
  pid?: number
  writable?: boolean
  said?: { ok: boolean; text: string }
}
/** Starts one process and waits for what it says. */
async function start(folder: string): Promise<Said & { child: ChildProcess; exit: Promise<number | null> }> {
  const child = spawn(process.execPath, [join(built, 'profile-starter.js'), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(child)
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return { ...(JSON.parse(String(line)) as Said), child, exit }
}
const newFolder = () => join(mkdtempSync(join(tmpdir(), 'ringbook-profile-')), 'profile')
const modeOf = (path: string) => statSync(path).mode & 0o777

describe('a second start', { timeout: 60_000 }, () => {
  it('speaks to the first and ends well', async () => {
    const folder = newFolder()
    const first = await start(folder)
    const second = await start(folder)
    expect(first.is).toBe('main')
    expect(second).toMatchObject({ is: 'second', said: { ok: true, text: `show 1 by ${first.pid}` } })
    expect(await second.exit).toBe(0)
  })

  it('is main at once after the first was killed', async () => {
    const folder = newFolder()
    for (let round = 0; round < 3; round++) {
      const main = await start(folder)
      expect(main.is).toBe('main')
      main.child.kill('SIGKILL')
      await main.exit
    }
  })

  it('is main after the first has ended, which leaves no socket behind', async () => {
    const folder = newFolder()
    const first = await start(folder)
    first.child.kill('SIGTERM')
    expect(await first.exit).toBe(0)
    expect(existsSync(join(folder, 'main.sock'))).toBe(false)
    expect((await start(folder)).is).toBe('main')
  })

  it('in the same moment leaves exactly one main', async () => {
    for (let round = 0; round < 4; round++) {
      const folder = newFolder()
      const all = await Promise.all([start(folder), start(folder), start(folder)])
      const mains = all.filter(({ is }) => is === 'main')
      expect(mains).toHaveLength(1)
      for (const { is, said } of all) if (is !== 'main') expect(said?.text).toMatch(new RegExp(`by ${mains[0]?.pid}$`))
    }
  })

  it('finds the first by a folder whose path is too long for a socket', async () => {
    const folder = join(newFolder(), 'a'.repeat(120))
    const first = await start(folder)
    expect(first.is).toBe('main')
    expect(existsSync(join(folder, 'main.sock'))).toBe(false)
    expect((await start(folder)).said?.text).toBe(`show 1 by ${first.pid}`)
  })

  it('hears of a first that does not answer', async () => {
    const profile = openProfile(newFolder())
    const claim = await claimProfile(profile)
    await expect(tellHolder(profile, 'show', 300)).rejects.toMatchObject({ trouble: { code: 'host.holderSilent' } })
    await claim?.release()
    expect(await tellHolder(profile, 'show')).toBeNull()
  })
})

describe('messages', () => {
  it('wait until somebody listens; unknown ones and faults are answered in words', async () => {
    const profile = openProfile(newFolder())
    const claim = await claimProfile(profile)
    const early = tellHolder(profile, 'print-link')
    setTimeout(() => claim?.onMessage((message) => (message === 'show' ? Promise.reject(new Error('no display')) : 'http://x/#y')), 100)
    expect(await early).toEqual({ ok: true, text: 'http://x/#y' })
    expect(await tellHolder(profile, 'show')).toMatchObject({ ok: false })
    expect(await tellHolder(profile, 'nonsense' as 'show')).toEqual({ ok: false, text: '' })
    await claim?.release()
  })
})

describe('the folder', () => {
  it('and all in it belong to the rep alone', async () => {
    const folder = newFolder()
    const profile = openProfile(folder)
    const claim = await claimProfile(profile)
    expect(profile.writeJson('some.json', { a: 1 })).toBe(true)
    writeFileSync(profile.path('other'), '')
    expect(modeOf(folder)).toBe(0o700)
    for (const name of ['some.json', 'other', 'lock.sqlite', 'main.sock', 'instance.json'])
      expect([name, modeOf(join(folder, name))]).toEqual([name, 0o600])
    expect(profile.readJson('some.json')).toEqual({ a: 1 })
    expect(profile.readJson('absent.json')).toBeNull()
    await claim?.release()
  })

  it('is closed when it was open', () => {
    const folder = newFolder()
    mkdirSync(folder, { recursive: true, mode: 0o755 })
    chmodSync(folder, 0o755)
    openProfile(folder)
    expect(modeOf(folder)).toBe(0o700)
  })

  it('may not be a file', () => {
    const file = newFolder()
    writeFileSync(file, '')
    expect(() => openProfile(file)).toThrow(/host.profileNoFolder/)
    expect(() => openProfile(join(file, 'below'))).toThrow(/host.profileNoFolder/)
  })

  it.runIf(process.getuid?.() !== 0 || canMountReadOnly())(
    'that cannot be written is still claimed by one main',
    { timeout: 60_000 },
    async () => {
      const folder = newFolder()
      mkdirSync(folder, { recursive: true })
      const undo = makeReadOnly(folder)
      try {
        const first = await start(folder)
        expect(first).toMatchObject({ is: 'main', writable: false })
        expect((await start(folder)).said?.text).toBe(`show 1 by ${first.pid}`)
      } finally {
        undo()
      }
    },
  )

  it('is where each system keeps such things', () => {
    expect(defaultProfileFolder({}, 'linux', '/home/rep')).toBe('/home/rep/.local/share/ringbook')
    expect(defaultProfileFolder({ XDG_DATA_HOME: '/data' }, 'linux', '/home/rep')).toBe('/data/ringbook')
    expect(defaultProfileFolder({ XDG_DATA_HOME: 'relative' }, 'linux', '/home/rep')).toBe('/home/rep/.local/share/ringbook')
    expect(defaultProfileFolder({}, 'darwin', '/Users/rep')).toBe('/Users/rep/Library/Application Support/Ringbook')
  })
})

/** Root writes through permissions: only a read-only mount stops it, where one may be made. */
function canMountReadOnly(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ringbook-mount-'))
  try {
    makeReadOnly(folder)()
    return true
  } catch {
    return false
  }
}

function makeReadOnly(folder: string): () => void {
  if (process.getuid?.() !== 0) {
    chmodSync(folder, 0o500)
    return () => chmodSync(folder, 0o700)
  }
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', folder], { stdio: 'pipe' })
  return () => execFileSync('umount', ['-l', folder])
}

it('reads nothing from a damaged file', () => {
  const profile = openProfile(newFolder())
  writeFileSync(profile.path('some.json'), '{"a":')
  expect(profile.readJson('some.json')).toBeNull()
  expect(readFileSync(profile.path('some.json'), 'utf8')).toBe('{"a":')
})
