/** Electron's start over the stand-in for `electron`: one instance, one main, and everything locked before a window opens. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import * as standIn from '../../../test/fixtures/electron-stand-in'
import { Bridge } from '../../bridge/bridge'
import { silentLog } from '../../log'
import { claimProfile, tellHolder } from '../../profile/claim'
import { openProfile } from '../../profile/folder'
import type { Host } from '../host'
import { launch } from './launch'

vi.mock('electron', () => import('../../../test/fixtures/electron-stand-in'))
// The app itself is no matter of this file; the pages are not built when unit tests run.
vi.mock('../../app', () => ({
  createApp: async ({ host }: { host: Host }) => {
    // As the real one does, before there is anything to serve.
    host.ensureMedia()
    expect(standIn.BrowserWindow.all).toEqual([])
    return { bridge: new Bridge(silentLog()), showScreen: () => {}, hasLiveCalls: () => false, shutdown: async () => {} }
  },
}))
vi.mock('../pages', async (original) => ({ ...(await original<typeof import('../pages')>()), builtFiles: () => new Map() }))

let folder: string
beforeEach(() => {
  standIn.resetStandIn()
  folder = join(mkdtempSync(join(tmpdir(), 'ringbook-electron-')), 'profile')
})
const exits = () => standIn.callsOf('app.exit')

describe('the start', () => {
  it('sets the switches and the scheme before anything else, then opens the windows', async () => {
    await launch(['--some-chromium-switch', '--profile', folder])
    await vi.waitFor(() => expect(standIn.BrowserWindow.all).toHaveLength(3))
    expect(standIn.callsOf('app.appendSwitch')).toEqual([
      ['allow-loopback-in-peer-connection'],
      ['autoplay-policy', 'no-user-gesture-required'],
      ['disable-background-networking'],
    ])
    expect(standIn.callsOf('app.setPath')).toEqual([['userData', join(folder, 'electron')]])
    const order = standIn.calls.map(([name]) => name)
    expect(order.indexOf('protocol.registerSchemesAsPrivileged')).toBeLessThan(order.indexOf('Menu.setApplicationMenu'))
    expect(order).toContain('app.enableSandbox')
    expect(standIn.session.defaultSession.requestHandler).not.toBeNull()
    expect(exits()).toEqual([])

    // A second start by Electron's own lock, then one by the profile's.
    standIn.app.emit('second-instance')
    await vi.waitFor(() => expect(standIn.BrowserWindow.all.filter(({ visible }) => visible)).toHaveLength(1))
    const profile = openProfile(folder)
    expect(await tellHolder(profile, 'show')).toMatchObject({ ok: true })
    expect(await tellHolder(profile, 'print-link')).toMatchObject({ ok: false })
    standIn.BrowserWindow.all[1]?.closeByHand()
    await vi.waitFor(() => expect(exits()).toEqual([[0]]))
    expect(await tellHolder(profile, 'show')).toBeNull()
  })

  it('leaves at once when Electron says that another instance runs', async () => {
    standIn.app.holdsLock = false
    await launch(['--some-chromium-switch', '--profile', folder])
    await vi.waitFor(() => expect(exits()).toEqual([[0]]))
    expect(standIn.BrowserWindow.all).toEqual([])
  })

  it('brings up the Ringbook that has the profile, whichever host that is, and leaves', async () => {
    const profile = openProfile(folder)
    const claim = await claimProfile(profile)
    const heard: string[] = []
    claim?.onMessage((message) => {
      heard.push(message)
      return ''
    })
    await launch(['--some-chromium-switch', '--profile', folder])
    await vi.waitFor(() => expect(exits()).toEqual([[0]]))
    expect(heard).toEqual(['show'])
    expect(standIn.BrowserWindow.all).toEqual([])
    await claim?.release()
  })
})
