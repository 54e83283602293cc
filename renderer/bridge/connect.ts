/**
 * The renderer's end of the bridge: Electron's preload where there is one, else the browser host's WebSocket, which is
 * opened again for as long as the page lives. Pages see the same `Bridge` either way.
 */
import { type Bridge, BridgeError, type PreloadBridge, type WindowKind } from '../../preload/contract'
import { socketBridge } from './socket'

declare global {
  interface Window {
    /** Electron's preload. */
    readonly ringbook?: PreloadBridge
  }
}

/** Connects this page as the given window. Call it once for each page, before the first render. */
export function connectBridge(window: WindowKind): Bridge {
  const preload = globalThis.window.ringbook
  return preload ? preloadBridge(preload) : socketBridge(window)
}

/** True in Electron: windows, notifications and the media page are then main's affair. */
export function inElectron(): boolean {
  return globalThis.window.ringbook !== undefined
}

function preloadBridge(preload: PreloadBridge): Bridge {
  return {
    window: preload.window,
    async send(name, input) {
      const answer = await preload.send(name, input)
      if (!answer.ok) throw new BridgeError(answer.trouble)
      return answer.output
    },
    on: (name, listener) => preload.on(name, listener),
    onConnection(listener) {
      // Main lives exactly as long as its windows.
      let listening = true
      queueMicrotask(() => listening && listener(true))
      return () => {
        listening = false
      }
    },
  }
}
