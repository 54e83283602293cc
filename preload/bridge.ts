/**
 * Electron's preload: puts the contract, and nothing else, on `window.ringbook`. Only commands and events that the
 * contract names for this window pass; no page ever holds a channel.
 */
import { contextBridge, ipcRenderer } from 'electron'
import {
  type Answer,
  type CommandName,
  type CommandOutput,
  commands,
  type EventFrame,
  type EventName,
  events,
  frameChannel,
  helloChannel,
  type PreloadBridge,
  type ReplyFrame,
  type WindowKind,
  windowKind,
} from './contract'

const argument = '--ringbook-window='
const window = windowKind.parse(process.argv.find((one) => one.startsWith(argument))?.slice(argument.length))

type Listener = (payload: never, seq: number) => void
const listeners = new Map<string, Set<Listener>>()
const pending = new Map<number, (answer: Answer<never>) => void>()
let lastId = 0

const isFor = (windows: readonly WindowKind[]) => windows.includes(window)

ipcRenderer.on(frameChannel, (_event, frame: ReplyFrame | EventFrame) => {
  if ('event' in frame) {
    for (const listener of listeners.get(frame.event) ?? []) listener(frame.payload as never, frame.seq)
    return
  }
  const answer = pending.get(frame.id)
  pending.delete(frame.id)
  answer?.(
    frame.ok
      ? { ok: true, output: frame.output as never }
      : { ok: false, trouble: frame.trouble ?? { code: 'general.unexpected', params: {} } },
  )
})

const bridge = {
  window,
  send<C extends CommandName>(name: C, input: unknown): Promise<Answer<CommandOutput<C>>> {
    if (!Object.hasOwn(commands, name) || !isFor(commands[name].from))
      return Promise.resolve({ ok: false, trouble: { code: 'bridge.wrongWindow', params: { name: String(name) } } })
    return new Promise((resolve) => {
      const id = ++lastId
      pending.set(id, resolve)
      ipcRenderer.send(frameChannel, { id, command: name, input })
    })
  },
  on(name: EventName, listener: Listener) {
    if (!Object.hasOwn(events, name) || !isFor(events[name].to)) return () => {}
    const those = listeners.get(name) ?? new Set()
    listeners.set(name, those)
    those.add(listener)
    return () => void those.delete(listener)
  },
} satisfies PreloadBridge

ipcRenderer.send(helloChannel)
contextBridge.exposeInMainWorld('ringbook', bridge)
