/** The set-up's decisions: which Node, what is stale, whether Electron is worth a try, and one set-up at a time. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fingerprint, whyBuild } from './build.mjs'
import { environmentForNpm, run } from './child.mjs'
import { fetchElectron, givenUp, whyNoElectron } from './electron.mjs'
import { firstDifference, whyInstall } from './install.mjs'
import { lock } from './lock.mjs'
import { chosenNode, nodeSwitches, packagedNode, runsRingbook, switchesOf } from './node.mjs'
import { wantedHost } from './words.mjs'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ringbook-setup-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function put(path: string, text: string): string {
  const whole = join(root, path)
  mkdirSync(join(whole, '..'), { recursive: true })
  writeFileSync(whole, text)
  return whole
}

describe('the Node that runs Ringbook', () => {
  test.each([
    ['20.20.2', false],
    ['22.11.9', false],
    ['22.12.0', true],
    ['24.0.0', true],
    ['9.99.99', false],
    ['100.0.0', true],
  ])('%s: %s', (version, good) => expect(runsRingbook(version)).toBe(good))

  test('is the machine’s when that is new enough, even when another one was fetched', () => {
    put('node_modules/node/bin/node', '')
    expect(chosenNode(root, '22.12.0')).toBe(process.execPath)
  })

  test('is the fetched one on an older machine, and none before it was fetched', () => {
    expect(chosenNode(root, '20.20.2')).toBeNull()
    put('node_modules/node/bin/node', '')
    put('node_modules/node/bin/node.exe', '')
    expect(chosenNode(root, '20.20.2')).toBe(packagedNode(root))
  })
})

describe('installing', () => {
  const zod = { version: '4.6.7', integrity: 'sha512-a' }

  test('is needed when npm never finished', () => {
    put('package-lock.json', JSON.stringify({ packages: {} }))
    mkdirSync(join(root, 'node_modules/zod'), { recursive: true })
    expect(whyInstall(root)).toBe('not installed yet')
  })

  test('is not needed when all of the lockfile is there, whatever else is', () => {
    put('package-lock.json', JSON.stringify({ packages: { '': { version: '1.0.0' }, 'node_modules/zod': zod } }))
    put('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/zod': zod, 'node_modules/more': zod } }))
    expect(whyInstall(root)).toBeNull()
  })

  test('is needed for another version, other contents and a missing package', () => {
    const wanted = { packages: { 'node_modules/zod': zod } }
    expect(firstDifference(wanted, { packages: { 'node_modules/zod': { ...zod, version: '4.6.6' } } })).toBe('node_modules/zod')
    expect(firstDifference(wanted, { packages: { 'node_modules/zod': { ...zod, integrity: 'sha512-b' } } })).toBe('node_modules/zod')
    expect(firstDifference(wanted, { packages: {} })).toBe('node_modules/zod')
  })

  test('is not needed for packages of other platforms', () => {
    expect(firstDifference({ packages: { 'node_modules/fsevents': { ...zod, optional: true } } }, { packages: {} })).toBeNull()
  })

  test('a damaged note of npm counts as nothing installed', () => {
    put('package-lock.json', JSON.stringify({ packages: { 'node_modules/zod': zod } }))
    put('node_modules/.package-lock.json', '{"packages"')
    expect(whyInstall(root)).toMatch(/zod/)
  })

  test('a second npm hears where the registry is, but not what the first one runs', () => {
    const env = environmentForNpm({
      npm_config_registry: 'https://example.org/',
      npm_config_cache: '/cache',
      npm_config_local_prefix: '/elsewhere',
      npm_lifecycle_event: 'start',
      npm_package_name: 'ringbook',
      PATH: '/bin',
    })
    expect(env).toMatchObject({
      npm_config_registry: 'https://example.org/',
      npm_config_cache: '/cache',
      npm_config_ignore_scripts: 'true',
      PATH: '/bin',
    })
    expect(Object.keys(env).filter((name) => /lifecycle|package|local_prefix/.test(name))).toEqual([])
  })
})

describe('building', () => {
  const built = () => put('out/built-from', fingerprint(root))

  test('is needed once, and again after a change of any source', () => {
    const source = put('main/calls/calls.ts', 'export {}')
    expect(whyBuild(root)).toBe('not built yet')
    built()
    expect(whyBuild(root)).toBeNull()
    utimesSync(source, new Date(), new Date(Date.now() + 5000))
    expect(whyBuild(root)).toBe('the sources have changed')
  })

  test('is needed after a source came, went or grew', () => {
    const source = put('renderer/app/main.tsx', 'one')
    built()
    put('renderer/app/other.tsx', '')
    expect(whyBuild(root)).not.toBeNull()
    built()
    rmSync(source)
    expect(whyBuild(root)).not.toBeNull()
  })

  test('is not needed after a change of a test', () => {
    put('main/app.ts', '')
    built()
    put('main/app.test.ts', '')
    expect(whyBuild(root)).toBeNull()
  })
})

describe('the Electron binary', () => {
  const linux = { platform: 'linux' as const, uid: 1000, env: { DISPLAY: ':0' } }

  test('is not wanted in the browser host, without a display or as root, unless named', () => {
    expect(whyNoElectron('auto', linux)).toBeNull()
    expect(whyNoElectron('browser', linux)).not.toBeNull()
    expect(whyNoElectron('auto', { ...linux, env: {} })).toMatch(/display/)
    expect(whyNoElectron('auto', { ...linux, uid: 0 })).toMatch(/root/)
    expect(whyNoElectron('electron', { ...linux, uid: 0, env: {} })).toBeNull()
    expect(whyNoElectron('auto', { platform: 'darwin', uid: 501, env: {} })).toBeNull()
  })

  function electronPackage(installer: string) {
    put('node_modules/electron/package.json', JSON.stringify({ version: '45.3.4' }))
    return put('installer.cjs', installer)
  }
  const tries = () => readFileSync(join(root, 'tries'), 'utf8').length
  const noteTry = "require('node:fs').appendFileSync('tries', 'x');"

  test('is given up when its download stands still, which is remembered until asked again', async () => {
    const installer = electronPackage(`${noteTry} setInterval(() => {}, 1000)`)
    const first = await fetchElectron(root, process.execPath, { again: false, stallMs: 400, installer })
    expect(first).toEqual({ binary: null, reason: expect.stringMatching(/no progress/) })
    expect(await fetchElectron(root, process.execPath, { again: false, stallMs: 400, installer })).toEqual(first)
    expect(tries()).toBe(1)
    await fetchElectron(root, process.execPath, { again: true, stallMs: 400, installer })
    expect(tries()).toBe(2)
  })

  test('is waited for as long as bytes arrive', async () => {
    const installer = electronPackage(`
      const fs = require('node:fs'), { join } = require('node:path')
      let n = 0
      const timer = setInterval(() => {
        fs.appendFileSync(join(process.env.TMPDIR, 'electron.zip'), 'bytes')
        if (++n < 12) return
        clearInterval(timer)
        fs.mkdirSync('node_modules/electron/dist')
        fs.writeFileSync('node_modules/electron/dist/electron', '')
        fs.writeFileSync('node_modules/electron/path.txt', 'electron')
      }, 200)`)
    const { binary } = await fetchElectron(root, process.execPath, { again: false, stallMs: 1200, installer })
    expect(binary).toBe(join(root, 'node_modules/electron/dist/electron'))
  })

  test('another version of it is tried anew', async () => {
    const memory = put('.cache/electron-given-up.json', JSON.stringify({ version: '44.0.0', reason: 'x', at: '' }))
    expect(givenUp(memory, '44.0.0')).not.toBeNull()
    expect(givenUp(memory, '45.3.4')).toBeNull()
    const installer = electronPackage(`${noteTry} console.error('Error: getaddrinfo ENOTFOUND example.org'); process.exit(1)`)
    const { reason } = await fetchElectron(root, process.execPath, { again: false, installer })
    expect(reason).toBe('its download failed (Error: getaddrinfo ENOTFOUND example.org)')
    expect(tries()).toBe(1)
  })
})

describe('one set-up at a time', () => {
  test('the second waits until the first is done', async () => {
    const path = join(root, '.cache/setup.lock')
    const order: string[] = []
    const giveBack = await lock(path, () => order.push('unexpected'))
    const second = lock(path, () => order.push('waits')).then((release) => {
      order.push('has it')
      release()
    })
    await new Promise((done) => setTimeout(done, 500))
    order.push('given back')
    giveBack()
    await second
    expect(order).toEqual(['waits', 'given back', 'has it'])
  })

  test('a killed owner loses it, to one heir only', async () => {
    const path = join(root, 'setup.lock')
    const module = join(import.meta.dirname, 'lock.mjs')
    const script = `import(${JSON.stringify(module)}).then(async ({ lock }) => { await lock(${JSON.stringify(path)}, () => {}); console.log('mine'); setInterval(() => {}, 1000) })`
    const owner = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((done) => owner.stdout.once('data', done))
    owner.kill('SIGKILL')
    await new Promise((done) => owner.once('exit', done))
    let held = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        const giveBack = await lock(path, () => {})
        held += 1
        most = Math.max(most, held)
        await new Promise((done) => setTimeout(done, 50))
        held -= 1
        giveBack()
      }),
    )
    expect(most).toBe(1)
  })
})

describe('the words of npm start', () => {
  test('name a host in both ways of writing, else it is chosen', () => {
    expect(wantedHost(['--port', '0', '--host', 'browser'])).toBe('browser')
    expect(wantedHost(['--host=electron'])).toBe('electron')
    expect(wantedHost(['--no-open'])).toBe('auto')
  })
  test('an unknown host is bad usage', () => {
    expect(() => wantedHost(['--host', 'emacs'])).toThrow(expect.objectContaining({ exitCode: 2 }))
    expect(() => wantedHost(['--host'])).toThrow(expect.objectContaining({ exitCode: 2 }))
  })
})

test('what set-up runs never writes to stdout, and its exit code tells of signals', async () => {
  const quiet = await run(process.execPath, ['-e', 'console.log("out"); process.exit(3)'], { cwd: root, quiet: true })
  expect(quiet).toEqual({ code: 3, output: 'out\n' })
  const killed = await run(process.execPath, ['-e', 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)'], {
    cwd: root,
    quiet: true,
  })
  expect(killed.code).toBe(143)
})

test('the switches that a Node is started with are ones that it knows', async () => {
  for (const [version, count] of [
    ['20.19.0', 0],
    ['24.21.0', 1],
    ['26.0.0', 0],
  ] as const)
    expect(nodeSwitches(version)).toHaveLength(count)
  const child = spawn(process.execPath, [...nodeSwitches(), '--eval', ''])
  expect(await new Promise((done) => child.once('exit', done))).toBe(0)
})

test('the Node that the project brings is told by its package', () => {
  put('node_modules/node/package.json', JSON.stringify({ version: '24.21.0' }))
  expect(switchesOf('/elsewhere/node', root)).toEqual(nodeSwitches('24.21.0'))
})
