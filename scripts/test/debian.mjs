/** On Debian as root, as CI machines are: installs what tests need of the system and is not there. Nowhere else anything is installed. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run } from '../setup/child.mjs'
import { say } from '../setup/say.mjs'

/** Programs that tests call, with the packages that bring them. */
export const neededPrograms = {
  ip: 'iproute2', // a network of its own for interop, and none for practice
  unshare: 'util-linux',
  mount: 'mount', // a disk that is full
  nsenter: 'util-linux', // an Asterisk at the far end of a cable
  nft: 'nftables', // sound that is lost on the way
  turnserver: 'coturn', // sound that goes through a TURN server
  certutil: 'libnss3-tools', // a Chromium that trusts a private authority
  openssl: 'openssl', // certificates of a private authority
  'dbus-daemon': 'dbus-daemon', // a session bus and a Secret Service, for passwords
  'gnome-keyring-daemon': 'gnome-keyring',
  pulseaudio: 'pulseaudio', // headsets that are plugged in and out, and outputs that can be measured
  pactl: 'pulseaudio-utils',
}

export function isDebianAsRoot() {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get')
}

/** @param {string} program @param {NodeJS.ProcessEnv} [env] */
export function isThere(program, env = process.env) {
  return (env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

/**
 * @param {readonly string[]} packages
 * @returns {Promise<string | null>} what apt said last when it failed
 */
export async function aptInstall(packages) {
  say(`Installing ${packages.join(', ')} …`)
  const options = { cwd: '/', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, quiet: true }
  // A fresh machine's lists are empty or old.
  const updated = await run('apt-get', ['update', '-qq'], options)
  const installed = await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], options)
  return installed.code === 0 ? null : ((installed.output || updated.output).trim().split('\n').at(-1) ?? 'apt-get failed')
}

/** Brings what is missing of the needed programs; a test without its program names it and is skipped. */
export async function bringPrograms() {
  if (!isDebianAsRoot()) return
  const missing = Object.entries(neededPrograms).flatMap(([program, name]) => (isThere(program) ? [] : [name]))
  // The package would run a TURN server on all addresses from now on and at every start; tests run their own.
  if (missing.includes('coturn') && existsSync('/run/systemd/system'))
    await run('systemctl', ['mask', 'coturn.service'], { cwd: '/', quiet: true })
  const failure = missing.length > 0 ? await aptInstall(missing) : null
  if (failure) say(`That failed: ${failure}`)
}
