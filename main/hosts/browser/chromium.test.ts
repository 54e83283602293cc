/** Our own Chromium: where it is found, what it is told, and what must not stand in its command line. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { chromiumArguments, findChromium, openWindow, whyNoWindow } from './chromium'
import { readOptions } from './options'

const folder = () => mkdtempSync(join(tmpdir(), 'ringbook-chromium-'))
function program(path: string, script: string): string {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, script)
  chmodSync(path, 0o755)
  return path
}

describe('a Chromium', () => {
  it('is found on the path, or where the rep says', () => {
    const [one, two] = [folder(), folder()]
    expect(findChromium({ PATH: `${one}:${two}` }, 'linux')).toBeNull()
    const edge = program(join(two, 'microsoft-edge'), '')
    expect(findChromium({ PATH: `${one}:${two}` }, 'linux')).toBe(edge)
    const chromium = program(join(two, 'chromium'), '')
    expect(findChromium({ PATH: `${one}:${two}` }, 'linux')).toBe(chromium)
    writeFileSync(join(one, 'chromium'), 'not executable')
    expect(findChromium({ PATH: `${one}:${two}` }, 'linux')).toBe(chromium)
    expect(findChromium({ PATH: two, RINGBOOK_CHROMIUM: edge }, 'linux')).toBe(edge)
    expect(findChromium({ PATH: two, RINGBOOK_CHROMIUM: '/nowhere' }, 'linux')).toBeNull()
  })

  it('is not started without a display, without a Chromium, or as root', () => {
    expect(whyNoWindow('/chromium', {}, 'linux', 1000)).toBe('noDisplay')
    expect(whyNoWindow(null, { DISPLAY: ':0' }, 'linux', 1000)).toBe('noChromium')
    expect(whyNoWindow('/chromium', { WAYLAND_DISPLAY: 'wayland-0' }, 'linux', 0)).toBe('asRoot')
    expect(whyNoWindow('/chromium', { DISPLAY: ':0' }, 'linux', 1000)).toBeNull()
    expect(whyNoWindow('/chromium', {}, 'darwin', 501)).toBeNull()
  })

  it('rings unclicked, practises offline, keeps its sandbox and calls nobody', () => {
    const switches = chromiumArguments('/data', 'file:///x')
    for (const wanted of [
      '--user-data-dir=/data',
      '--app=file:///x',
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-renderer-backgrounding',
    ])
      expect(switches).toContain(wanted)
    expect(switches.filter((one) => /sandbox|web-security|remote-debugging|ignore-certificate/.test(one))).toEqual([])
  })

  it('gets the token in a file that only the rep can read, never in its command line', async () => {
    const profile = folder()
    const notes = join(profile, 'arguments')
    const chromium = program(
      join(folder(), 'chromium'),
      `#!/bin/sh\nprintf '%s\\n' "$@" > '${notes}.part'; mv '${notes}.part' '${notes}'\n`,
    )
    openWindow(chromium, profile, 'http://127.0.0.1:1/#the-token')
    await expect.poll(() => statSync(notes, { throwIfNoEntry: false })).toBeTruthy()
    const told = readFileSync(notes, 'utf8')
    expect(told).not.toContain('the-token')
    const page = fileURLToPath(/^--app=(.*)$/m.exec(told)?.[1] as string)
    expect(statSync(page).mode & 0o777).toBe(0o600)
    expect(readFileSync(page, 'utf8')).toContain('url=http://127.0.0.1:1/#the-token')
  })
})

describe('the command line', () => {
  it('is read, and refused in words', () => {
    expect(readOptions([])).toEqual({ profile: null, port: null, open: true, printLink: false })
    expect(readOptions(['--host', 'browser', '--profile', '/p', '--port', '0', '--no-open', '--print-link'])).toEqual({
      profile: '/p',
      port: 0,
      open: false,
      printLink: true,
    })
    for (const wrong of [
      ['--port', '70000'],
      ['--port', 'x'],
      ['--port', '-1'],
      ['--host', 'electron'],
      ['--profile', ''],
      ['--nonsense'],
      ['word'],
    ])
      expect([wrong, 'usage' in readOptions(wrong)]).toEqual([wrong, true])
  })
})
