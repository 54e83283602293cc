/** The bridge over the browser host's WebSocket: one socket, opened again with a short back-off whenever it is lost. */
import {
  type Bridge,
  BridgeError,
  type CommandInput,
  type CommandName,
  type CommandOutput,
  type EventFrame,
  type EventName,
  type EventPayload,
  type ReplyFrame,
  type RequestFrame,
  replacedCode,
  type WindowKind,
} from '../../preload/contract'

const firstRetry = 100
const longestRetry = 2_000
/** How often a replaced media page asks whether its place is free again, in ms. */
const replacedRetry = 1_000

type Listener = (payload: unknown, seq: number) => void
interface Waiting {
  resolve(output: unknown): void
  reject(error: BridgeError): void
}

const lost = () => new BridgeError({ code: 'bridge.lost', params: {} })

/**
 * Opens the socket at once. Commands sent before it is open for the first time wait for it; later ones, while main cannot
 * be reached, are rejected with `bridge.lost`, as are those that were on their way when it went.
 */
export function socketBridge(window: WindowKind): Bridge {
  const listeners = new Map<EventName, Set<Listener>>()
  const connectionListeners = new Set<(connected: boolean) => void>()
  const pending = new Map<number, Waiting>()
  /** Frames from before the first connection; null once there was one. */
  let early: RequestFrame[] | null = []
  let socket: WebSocket | null = null
  let connected = false
  let lastId = 0
  let lastSeq = 0
  let retry = firstRetry

  const tellConnection = (now: boolean) => {
    if (connected === now) return
    connected = now
    for (const listener of connectionListeners) listener(now)
  }
  const dispatch = (name: EventName, payload: unknown, seq: number) => {
    for (const listener of listeners.get(name) ?? []) listener(payload, seq)
  }

  const open = async () => {
    await redeemFragment()
    const address = new URL(`/bridge?window=${window}`, location.origin.replace(/^http/, 'ws'))
    const opened = new WebSocket(address)
    socket = opened
    opened.onopen = () => {
      retry = firstRetry
      for (const frame of early ?? []) opened.send(JSON.stringify(frame))
      early = null
      tellConnection(true)
    }
    opened.onmessage = (message) => {
      const frame = JSON.parse(message.data as string) as ReplyFrame | EventFrame
      if ('event' in frame) {
        lastSeq = frame.seq
        dispatch(frame.event as EventName, frame.payload, frame.seq)
        return
      }
      const waiting = pending.get(frame.id)
      pending.delete(frame.id)
      if (frame.ok) waiting?.resolve(frame.output)
      else waiting?.reject(new BridgeError(frame.trouble ?? { code: 'general.unexpected', params: {} }))
    }
    opened.onclose = ({ code }) => {
      socket = null
      if (early === null) {
        for (const waiting of pending.values()) waiting.reject(lost())
        pending.clear()
      }
      tellConnection(false)
      if (code === replacedCode) {
        dispatch('media.retire', {}, lastSeq)
        setTimeout(reopenWhenFree, replacedRetry)
        return
      }
      setTimeout(open, retry)
      retry = Math.min(retry * 2, longestRetry)
    }
  }
  const reopenWhenFree = async () => {
    const taken = await fetch('/bridge/media').then(
      ({ status }) => status === 200,
      () => false,
    )
    if (taken) setTimeout(reopenWhenFree, replacedRetry)
    else void open()
  }
  // For whoever keeps this page in a frame: it has come to life.
  document.documentElement.dataset.bridge = window
  void open()

  return {
    window,
    send<C extends CommandName>(name: C, input: CommandInput<C>): Promise<CommandOutput<C>> {
      return new Promise((resolve, reject) => {
        const frame: RequestFrame = { id: ++lastId, command: name, input }
        if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame))
        else if (early) early.push(frame)
        else return reject(lost())
        pending.set(frame.id, { resolve: resolve as Waiting['resolve'], reject })
      })
    },
    on<E extends EventName>(name: E, listener: (payload: EventPayload<E>, seq: number) => void) {
      const those = listeners.get(name) ?? new Set()
      listeners.set(name, those)
      those.add(listener as Listener)
      return () => void those.delete(listener as Listener)
    },
    onConnection(listener) {
      connectionListeners.add(listener)
      if (connected) queueMicrotask(() => connectionListeners.has(listener) && connected && listener(true))
      return () => void connectionListeners.delete(listener)
    },
  }
}

/** A signed-in page that was opened by a fresh link uses its token up; either way no token stays in the address. */
async function redeemFragment(): Promise<void> {
  const token = location.hash.slice(1)
  if (!/^[\w-]{43}$/.test(token)) return
  history.replaceState(history.state, '', location.pathname + location.search)
  await fetch('/session', { method: 'POST', body: token }).catch(() => {})
}
