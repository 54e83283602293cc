/** The password of an account in a real Secret Service: there after a restart, and nowhere in the profile. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, startMain, test } from '../fixtures/app'
import { connectPage } from '../fixtures/page-client'
import { ScriptedServer } from '../fixtures/scripted-server'

test.skip(process.platform !== 'linux', 'the Secret Service is of Linux desktops')
test.skip(!existsSync('/usr/bin/gnome-keyring-daemon') || !existsSync('/usr/bin/dbus-daemon'), 'no gnome-keyring here')

/** A session bus and a keyring of the test's own, unlocked. */
async function desktop(home: string): Promise<{ env: Record<string, string>; end(): Promise<void> }> {
  const children: ChildProcess[] = []
  const end = async () => {
    for (const child of children.toReversed()) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill()
        await once(child, 'exit')
      }
    }
  }
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--print-address'], { stdio: ['ignore', 'pipe', 'ignore'] })
  children.push(bus)
  const [address] = (await once(createInterface({ input: bus.stdout }), 'line')) as [string]
  const env = { DBUS_SESSION_BUS_ADDRESS: address, HOME: home, XDG_DATA_HOME: join(home, 'data'), XDG_RUNTIME_DIR: home }
  const keyring = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, ...env },
  })
  children.push(keyring)
  keyring.stdin.end('the keyring itself')
  return { env, end }
}

const everything = (folder: string): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('')

test('a password goes into the keyring, is there after a restart, and is in no file of the profile', async ({ profile }) => {
  const home = mkdtempSync(join(tmpdir(), 'rb-home-'))
  const { env, end } = await desktop(home)
  const server = await ScriptedServer.start()
  const secret = 'correct horse battery'
  try {
    const first = await startMain(profile, { env })
    const page = await connectPage(first.link)
    // The keyring may still be on its way to the bus.
    await expect.poll(async () => (await page.send('app.snapshot', {})).state.secrets.name, { timeout: 30_000 }).toBe('Secret Service')
    const input = { label: 'Kept', server: `ws://127.0.0.1:${server.port}`, user: 'alice' }
    await page.send('accounts.save', { ...input, password: secret, keepPassword: 'keyring' })
    await server.heard(({ head }) => head.method === 'REGISTER')
    page.close()
    await first.stop()

    server.got.length = 0
    const second = await startMain(profile, { env })
    await server.heard(({ head }) => head.method === 'REGISTER')
    await second.stop()
    expect(everything(profile)).not.toContain(secret)
    expect(everything(profile)).toContain('Kept')
  } finally {
    await server.stop()
    await end()
    rmSync(home, { recursive: true, force: true, maxRetries: 5 })
  }
})
