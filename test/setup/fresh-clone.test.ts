/**
 * What README promises on a fresh clone: with Node and npm alone (no Python, make or compiler in PATH) `npm start` installs,
 * builds and serves; two at once do not hinder each other; a second start does nothing of it again; signals and exit codes
 * pass through. Takes a minute or two; npm's cache is the machine's own.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative, resolve, sep } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'ringbook-clone-'))
const clone = join(folder, 'ringbook')
const bin = join(folder, 'bin')
const leftBehind = new Set(['node_modules', 'out', 'dist', '.cache', '.git', 'test-results', 'playwright-report'])
const started: ChildProcess[] = []

/** As someone finds it in PATH; not the Node that npm put there for this run. */
function machines(tool: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((one) => !one.includes('node_modules'))
  return folders.map((one) => join(one, tool)).find((path) => existsSync(path))
}

const machineNode = machines('node') ?? process.execPath
const machineNpm = machines('npm') ?? ''
/** Asked with the machine's own Node: npm's configuration stands beside the Node that runs it. */
const npmConfig = (key: string) => {
  const words = [realpathSync(machineNpm), 'config', 'get', key]
  return execFileSync(realpathSync(machineNode), words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

let env: NodeJS.ProcessEnv
beforeAll(() => {
  cpSync(root, clone, { recursive: true, filter: (path) => !leftBehind.has(relative(root, path).split(sep)[0] ?? '') })
  mkdirSync(bin)
  symlinkSync(realpathSync(machineNode), join(bin, 'node'))
  symlinkSync(realpathSync(machineNpm), join(bin, 'npm'))
  symlinkSync('/bin/sh', join(bin, 'sh'))
  // How this machine reaches the registry stays; all else that npm, Vitest or CI have set does not.
  const reaching = /^(home|(https?|no)_proxy|node_extra_ca_certs|npm_config_(registry|cafile|userconfig))$/i
  env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => reaching.test(name))),
    PATH: bin,
    // npm looks for its configuration beside the Node that it finds in PATH, which is ours.
    npm_config_globalconfig: npmConfig('globalconfig'),
    npm_config_cache: npmConfig('cache'),
  }
})
afterAll(() => {
  for (const { pid } of started) {
    try {
      if (pid) process.kill(-pid, 'SIGKILL')
    } catch {
      // All of them have ended.
    }
  }
  rmSync(folder, { recursive: true, force: true })
})

interface Run {
  readonly child: ChildProcess
  /** The address it serves at; rejects when it ends before. */
  readonly address: Promise<string>
  readonly end: Promise<number | null>
  stdout(): string
  stderr(): string
}

function npm(...words: string[]): Run {
  const child = spawn(join(bin, 'npm'), words, { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  started.push(child)
  let stdout = ''
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const end = new Promise<number | null>((done) => child.once('close', (code) => done(code)))
  const address = new Promise<string>((found, failed) => {
    child.stdout.on('data', (chunk) => {
      stdout += chunk
      const link = /^Ringbook is ready at (http:\S+)$/m.exec(stdout)?.[1]
      if (link) found(link)
    })
    void end.then((code) => failed(new Error(`ended with ${code} before it was ready:\n${stderr}`)))
  })
  address.catch(() => {})
  return { child, address, end, stdout: () => stdout, stderr: () => stderr }
}

const start = (profile: string) => npm('start', '-s', '--', '--host', 'browser', '--no-open', '--profile', join(folder, profile))
/** As a terminal does it: to everyone in the foreground at once. */
function ctrlC({ child }: Run) {
  if (child.pid) process.kill(-child.pid, 'SIGINT')
}

const count = (text: string, word: string) => text.split(word).length - 1

test('there is nothing to compile with', () => {
  for (const tool of ['python3', 'python', 'make', 'g++', 'gcc', 'cc', 'git']) expect(existsSync(join(bin, tool)), tool).toBe(false)
})

test('two first starts at once install and build once, and both serve', async () => {
  const runs = [start('one'), start('two')] as const
  const links = await Promise.all(runs.map((run) => run.address))
  for (const link of links) expect((await fetch(new URL('/', link))).status).toBe(200)
  const said = runs.map((run) => run.stderr()).join('')
  expect(count(said, 'Installing packages')).toBe(1)
  expect(count(said, 'Building')).toBe(1)
  expect(count(said, 'Waiting for another set-up')).toBe(1)
  expect(count(said, 'Fetching Electron')).toBe(0)
  // Data alone on stdout.
  for (const run of runs) expect(run.stdout()).toMatch(/^Ringbook is ready at http:\S+\n$/)

  for (const run of runs) run.child.kill('SIGTERM')
  await Promise.all(runs.map((run) => run.end))
  for (const link of links) await expect(fetch(new URL('/', link))).rejects.toThrow()
})

test('the next start does nothing of it again, until a source changes', async () => {
  const again = start('one')
  await again.address
  expect(again.stderr()).not.toMatch(/Installing|Building|Fetching/)
  expect(again.stderr()).toMatch(/browser host/)
  ctrlC(again)
  await again.end

  utimesSync(join(clone, 'main/app.ts'), new Date(), new Date())
  const changed = start('one')
  await changed.address
  expect(changed.stderr()).toMatch(/Building/)
  expect(changed.stderr()).not.toMatch(/Installing/)
  changed.child.kill('SIGTERM')
  await changed.end
})

test('wrong words end with exit code 2', async () => {
  expect(await npm('start', '-s', '--', '--host', 'emacs').end).toBe(2)
  expect(await npm('run', '-s', 'bench').end).toBe(2)
})
