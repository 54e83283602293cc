/**
 * `npm test [-- unit|e2e|interop|setup [filter]]`: runs the stages one after another and ends with one line,
 * `N passed, N failed, N skipped`, summed over all runners. Every skip is named with its reason; with CI=true only a missing
 * Electron binary is a reason. `npm run soak` runs the same tests at their full counts (RINGBOOK_SOAK=1).
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { run } from './setup/child.mjs'
import { say } from './setup/say.mjs'
import { findChromium } from './test/chromium.mjs'
import { bringPrograms } from './test/debian.mjs'
import { add, distrust, emptyTally, tallyOfPlaywright, verdict } from './test/tally.mjs'

const root = resolve(import.meta.dirname, '..')
const reports = join(root, '.cache', 'test-reports')
const soak = process.argv.includes('--soak')
const [stageName, ...filter] = process.argv.slice(2).filter((word) => word !== '--soak')
const total = emptyTally()

/** @type {Record<string, () => Promise<void>>} */
const stages = {
  unit: () => vitest('unit'),
  e2e: async () => {
    if (await needChromium('test/e2e')) await playwright('e2e')
  },
  interop,
  setup: () => vitest('setup'),
}

if (stageName !== undefined && !Object.hasOwn(stages, stageName)) {
  say(`Usage: npm test [-- ${Object.keys(stages).join('|')} [filter]]`)
  process.exit(2)
}
mkdirSync(reports, { recursive: true })
await bringPrograms()
for (const [name, stage] of Object.entries(stages)) if (stageName === undefined || stageName === name) await stage()
const { lines, exitCode } = verdict(total, process.env.CI === 'true')
process.stdout.write(`\n${lines.join('\n')}\n`)
process.exitCode = exitCode

/** Against Asterisk; the folder's script fetches it, tests that need no page run in Vitest. */
async function interop() {
  const folder = join(root, 'test', 'interop')
  if (!existsSync(folder)) return
  const fetcher = join(folder, 'asterisk', 'get-asterisk.sh')
  const asterisk = join(root, '.cache', 'asterisk')
  if (existsSync(fetcher) && !existsSync(join(asterisk, 'root', 'usr', 'sbin', 'asterisk'))) {
    if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get'))
      return skipped('test/interop', 'Asterisk comes from Debian packages, which this machine has not')
    say('Fetching Asterisk …')
    const { code, output } = await run('bash', [fetcher, asterisk], { cwd: root, quiet: true })
    if (code !== 0) {
      rmSync(asterisk, { recursive: true, force: true })
      return skipped('test/interop', `Asterisk could not be fetched: ${output.trim().split('\n').at(-1)}`)
    }
  }
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  if (files.some((file) => file.endsWith('.test.ts'))) await vitest('interop')
  if (files.some((file) => /\.(interop|e2e)\.ts$/.test(file)) && (await needChromium('test/interop'))) await playwright('interop')
}

/** @param {string} name @param {string} reason */
function skipped(name, reason) {
  total.skipped.push({ name, reason })
}

/**
 * @param {string} folder that is skipped without it
 * @returns {Promise<boolean>}
 */
async function needChromium(folder) {
  const found = await findChromium(root)
  if ('reason' in found) {
    skipped(folder, found.reason)
    return false
  }
  process.env.RINGBOOK_CHROMIUM = found.path
  return true
}

/** @param {'unit' | 'interop' | 'setup'} project */
async function vitest(project) {
  const report = join(reports, `vitest-${project}.json`)
  const words = [
    'run',
    '--project',
    project,
    '--passWithNoTests',
    '--reporter=default',
    `--reporter=${join(root, 'scripts/test/vitest-reporter.mjs')}`,
  ]
  const tally = await runner('Vitest', 'node_modules/vitest/vitest.mjs', [...words, ...filter], report, { RINGBOOK_TALLY: report })
  if (tally) add(total, tally)
}

/** @param {'e2e' | 'interop'} project */
async function playwright(project) {
  const report = join(reports, `playwright-${project}.json`)
  const words = ['test', '--project', project, '--pass-with-no-tests', '--reporter=list,json']
  const env = { PLAYWRIGHT_JSON_OUTPUT_FILE: report }
  const found = await runner('Playwright', 'node_modules/@playwright/test/cli.js', [...words, ...filter], report, env, tallyOfPlaywright)
  if (found) add(total, found)
}

/**
 * @param {string} name
 * @param {string} file
 * @param {string[]} words
 * @param {string} report that it leaves behind
 * @param {Record<string, string>} env
 * @param {(report: import('./test/tally.mjs').PlaywrightReport & import('./test/tally.mjs').Tally) => import('./test/tally.mjs').Tally} [read]
 */
async function runner(name, file, words, report, env, read = (tally) => tally) {
  rmSync(report, { force: true })
  const command = [join(root, file), ...words]
  // Calls to the PBX want a network of their own, where one may be made.
  const ownNetwork = words.includes('interop')
  if (ownNetwork) command.unshift(join(root, 'test/interop/in-own-network.sh'), process.execPath)
  const code = await new Promise((done) => {
    const child = spawn(ownNetwork ? 'bash' : process.execPath, command, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env, ...(soak ? { RINGBOOK_SOAK: '1' } : {}) },
    })
    child.once('close', (code, signal) => done(signal ? 1 : (code ?? 1)))
  })
  const tally = existsSync(report) ? read(JSON.parse(readFileSync(report, 'utf8'))) : emptyTally()
  distrust(code, tally, name)
  return tally
}
