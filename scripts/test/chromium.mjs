/**
 * Finds the Chromium that tests run in: the one named in RINGBOOK_CHROMIUM, the machine's, Playwright's own, and on Debian as
 * root the distribution's, which it installs.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from '../setup/child.mjs'
import { say } from '../setup/say.mjs'
import { aptInstall, isDebianAsRoot } from './debian.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'microsoft-edge-stable', 'microsoft-edge']
const places = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/** @param {NodeJS.ProcessEnv} env @returns {string[]} */
function candidates(env) {
  const inPath = (env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  return [...inPath, ...places].filter((path) => existsSync(path))
}

/**
 * Whether it starts: a Chromium without its libraries is found, but does not. Windows' prints nothing and opens a window.
 * @param {string} path
 */
function starts(path) {
  return process.platform === 'win32' ? existsSync(path) : spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0
}

/**
 * @param {string} root
 * @returns {Promise<{ path: string } | { reason: string }>}
 */
export async function findChromium(root) {
  const named = process.env.RINGBOOK_CHROMIUM
  if (named) return starts(named) ? { path: named } : { reason: `RINGBOOK_CHROMIUM names ${named}, which does not start` }
  const machines = candidates(process.env).find(starts)
  if (machines) return { path: machines }
  const playwrights = await playwrightsOwn(root)
  if (playwrights) return { path: playwrights }
  if (isDebianAsRoot()) {
    const failure = await aptInstall(['chromium'])
    const path = candidates(process.env).find(starts)
    return path ? { path } : { reason: `Chromium could not be installed: ${failure ?? 'it does not start'}` }
  }
  return { reason: 'no Chromium: install one or name it in RINGBOOK_CHROMIUM' }
}

/**
 * Playwright's download is tried once for each version of it: where it cannot be had, it costs every run its time limits.
 * @param {string} root
 * @returns {Promise<string | null>}
 */
async function playwrightsOwn(root) {
  const { chromium } = await import('@playwright/test')
  const path = chromium.executablePath()
  if (existsSync(path)) return starts(path) ? path : null
  const memory = join(root, '.cache', 'playwright-given-up')
  if (existsSync(memory) && readFileSync(memory, 'utf8') === path) return null
  say("Fetching Playwright's Chromium, once …")
  await run(process.execPath, [join(root, 'node_modules/playwright-core/cli.js'), 'install', 'chromium'], {
    cwd: root,
    quiet: true,
    watch: (child) => {
      // It prints a line for each tenth of the download.
      let timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
      child.stdout?.on('data', () => {
        clearTimeout(timer)
        timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
      })
      child.once('exit', () => clearTimeout(timer))
    },
  })
  if (existsSync(path) && starts(path)) {
    rmSync(memory, { force: true })
    return path
  }
  mkdirSync(join(root, '.cache'), { recursive: true })
  writeFileSync(memory, path)
  return null
}
