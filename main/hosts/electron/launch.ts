/** How the Electron host starts: claims the profile, composes the app once Electron is ready, and opens its windows. */
import { join } from 'node:path'
import { app, Menu } from 'electron'
import { version } from '../../../package.json' with { type: 'json' }
import { createApp } from '../../app'
import { systemClock } from '../../clock'
import { claimProfile, tellHolder } from '../../profile/claim'
import { defaultProfileFolder, openProfile } from '../../profile/folder'
import { openLog } from '../../profile/log-file'
import { TroubleError } from '../../trouble'
import { words } from '../../words'
import { ElectronHost } from './host'
import { readOptions } from './options'
import { declareScheme } from './scheme'

/** Starts, or hands over to the Ringbook that has the profile and ends. */
export async function launch(args: readonly string[]): Promise<void> {
  const profile = openProfile(readOptions(args).profile ?? defaultProfileFolder())
  app.setPath('userData', join(profile.writable ? profile.folder : profile.runtimeFolder, 'electron'))
  app.enableSandbox()
  // The practice line's two peers connect on a machine without any network; calls ring before the first click.
  app.commandLine.appendSwitch('allow-loopback-in-peer-connection')
  app.commandLine.appendSwitch('autoplay-policy', 'no-user-gesture-required')
  app.commandLine.appendSwitch('disable-background-networking')
  declareScheme()

  // Electron's own lock lets the first instance come to the front where a system guards that; ours covers both hosts.
  if (!app.requestSingleInstanceLock()) return app.exit(0)
  const claim = await claimProfile(profile)
  if (!claim) {
    const said = await tellHolder(profile, 'show')
    return app.exit(said?.ok ? 0 : 1)
  }
  const log = openLog(profile)
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was rejected and nobody looked'))
  process.on('uncaughtException', (error) => log.error({ err: error }, 'an error that nobody caught'))

  await app.whenReady()
  Menu.setApplicationMenu(
    process.platform === 'darwin' ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]) : null,
  )
  const host = new ElectronHost({
    profile,
    log,
    clock: systemClock,
    pages: join(import.meta.dirname, '../renderer'),
    preload: join(import.meta.dirname, '../preload'),
    exit: () => void claim.release().finally(() => app.exit(0)),
  })
  const hosted = await createApp({ profile, host, log, version })
  host.serve(hosted)
  app.on('second-instance', () => void host.showApp())
  claim.onMessage(async (message) => {
    if (message === 'print-link') throw new TroubleError('host.cannotShow', { why: words('host', 'noLinkInElectron') })
    await host.showApp()
    return words('host', 'alreadyRunning')
  })
}
