/**
 * Starts the programs that set-up needs, and hands the terminal over to the one the user asked for: signals go on to it and
 * its exit code is ours.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const forwarded = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])

/** Programs of set-up itself that run now; they end with us. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set()

/**
 * What npm tells its scripts about itself would mislead a second npm (`--ignore-scripts` and the like are given anew);
 * what the user or machine configured (registry, cache, proxy) stays.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function environmentForNpm(env) {
  const kept = Object.entries(env).filter(
    ([name]) =>
      !/^npm_(lifecycle|package|command|execpath|node_execpath)/i.test(name) &&
      !/^npm_config_(local_prefix|prefix|global_prefix|silent|loglevel)$/i.test(name),
  )
  return { ...Object.fromEntries(kept), npm_config_ignore_scripts: 'true', npm_config_fund: 'false', npm_config_audit: 'false' }
}

/**
 * Runs a program to its end. Its stdout goes to our stderr, so that nothing but data reaches stdout.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, quiet?: boolean, shell?: boolean, watch?: (child: import('node:child_process').ChildProcess) => void }} options
 *   `quiet` keeps its output back and returns it, for showing when it fails
 * @returns {Promise<{ code: number, output: string }>} code 128 + n when a signal ended it
 */
export function run(file, args, options) {
  return new Promise((done, failed) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      shell: options.shell ?? false,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        if (options.quiet) output = (output + chunk).slice(-20_000)
        else process.stderr.write(chunk)
      })
    options.watch?.(child)
    child.once('error', (error) => {
      running.delete(child)
      failed(error)
    })
    child.once('close', (code, signal) => {
      running.delete(child)
      done({ code: exitCodeOf(code, signal), output })
    })
  })
}

/** Ends what set-up started. @param {NodeJS.Signals} signal */
export function endRunning(signal) {
  for (const child of running) child.kill(signal)
}

/**
 * Hands terminal, signals and exit code over to the program.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} its exit code, 128 + n when a signal ended it
 */
export function handOver(file, args, options) {
  return new Promise((done, failed) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'inherit' })
    // At a terminal Ctrl+C reaches the whole process group: passing it on as well would make it two.
    const passOn = (/** @type {NodeJS.Signals} */ signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    for (const signal of forwarded) process.on(signal, passOn)
    // A signal to npm ends npm and its shell, and the shell passes nothing on: that our parent has gone is all we hear of it.
    const parent = process.ppid
    const orphaned = setInterval(() => {
      if (process.ppid !== parent) child.kill('SIGTERM')
    }, 500)
    if (!process.env.npm_lifecycle_event) clearInterval(orphaned)
    child.once('error', failed)
    child.once('exit', (code, signal) => {
      clearInterval(orphaned)
      for (const one of forwarded) process.off(one, passOn)
      done(exitCodeOf(code, signal))
    })
  })
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function exitCodeOf(code, signal) {
  return signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1)
}
