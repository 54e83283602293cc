/**
 * The bridge over Electron's IPC: one channel for frames, one for «this page is new». A frame counts only when it comes
 * from the main frame of one of our windows, showing that window's own page.
 */
import type { IpcMain, IpcMainEvent, WebContents } from 'electron'
import { frameChannel, helloChannel, type WindowKind } from '../../../preload/contract'
import type { Bridge, Connection } from '../../bridge/bridge'
import type { Log } from '../../log'
import { pageOf } from './addresses'

/** Connects the windows' pages; `kindOf` tells which window sent something, null for what is not ours. */
export function serveIpc(ipc: Pick<IpcMain, 'on'>, bridge: Bridge, kindOf: (contents: WebContents) => WindowKind | null, log: Log): void {
  const connections = new Map<number, Connection>()

  const close = (contents: number) => {
    connections.get(contents)?.close()
    connections.delete(contents)
  }
  const senderOf = (event: IpcMainEvent): WindowKind | null => {
    const window = kindOf(event.sender)
    const frame = event.senderFrame
    if (window && frame && frame === event.sender.mainFrame && frame.url.split(/[?#]/, 1)[0] === pageOf(window)) return window
    log.warn({ url: frame?.url.slice(0, 200) }, 'a message from a page that is not ours was dropped')
    return null
  }

  ipc.on(helloChannel, (event) => {
    const window = senderOf(event)
    if (!window) return
    const { sender } = event
    // The same window with a page of its own age: what the last page was owed is void.
    const known = connections.has(sender.id)
    close(sender.id)
    connections.set(
      sender.id,
      bridge.connect(window, (frame) => {
        if (!sender.isDestroyed()) sender.send(frameChannel, frame)
      }),
    )
    if (known) return
    sender.once('destroyed', () => close(sender.id))
    sender.on('render-process-gone', () => close(sender.id))
  })
  ipc.on(frameChannel, (event, frame: unknown) => {
    if (senderOf(event)) connections.get(event.sender.id)?.receive(frame)
  })
}
