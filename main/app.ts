/** The composition root: so far it makes the bridge alone. */
import { Bridge } from './bridge/bridge'
import type { Clock } from './clock'
import type { Host, HostedApp } from './hosts/host'
import type { Log } from './log'
import type { Profile } from './profile/folder'

export interface App extends HostedApp {
  readonly bridge: Bridge
}

/** Composes the app on a host; `host.serve(app)` then shows it. */
export async function createApp(options: { profile: Profile; host: Host; log: Log; clock?: Clock; version: string }): Promise<App> {
  const bridge = new Bridge(options.log)
  return {
    bridge,
    showScreen: (screen, callId) => bridge.emit('window.show', { screen, callId }),
    hasLiveCalls: () => false,
    shutdown: async () => {},
  }
}
