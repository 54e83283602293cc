/**
 * A wire on a WebSocket (RFC 7118), from either end. Watches its link by ping and pong, takes text and binary frames alike,
 * and lets nothing that arrives end the connection, let alone the process.
 */
import WebSocket, { type RawData } from 'ws'
import type { Trouble } from '../../preload/contract'
import type { Log } from '../log'
import { TroubleError, troubleOf } from '../trouble'
import { forLog } from './message'
import type { Connector, Wire } from './port'

export interface WireOptions {
  log: Log
  /** Named in troubles. */
  server: string
  pingEveryMs?: number
  /** No pong after this: the link is dead. */
  pongWithinMs?: number
}

/** What the host offers: proxies, certificates and their troubles are its business. */
export type OpenWebSocket = (url: string, protocols: string[], signal: AbortSignal) => Promise<WebSocket>

/** Bytes; a larger message is dropped with one line, and the call goes on. */
export const maxMessage = 256 * 1024

/** Connects to a SIP server's WebSocket. */
export function webSocketConnector(url: string, open: OpenWebSocket, options: Omit<WireOptions, 'server'>): Connector {
  const server = new URL(url).host
  return async (signal) => {
    const socket = await open(url, ['sip'], signal)
    if (socket.readyState !== WebSocket.OPEN) throw new TroubleError('sip.unreachable', { server })
    if (socket.protocol !== 'sip') {
      socket.terminate()
      throw new TroubleError('sip.notSip', { server })
    }
    return socketWire(socket, { ...options, server })
  }
}

/** The wire of a socket that is open, ours or a client's. */
export function socketWire(socket: WebSocket, options: WireOptions): Wire {
  const { log, server, pingEveryMs = 15_000, pongWithinMs = 8_000 } = options
  let closedByUs = false
  let reason: Trouble | null = null
  let pongDue: NodeJS.Timeout | null = null
  const wire: Wire = {
    onMessage: null,
    onClose: null,
    send(message) {
      if (socket.readyState !== WebSocket.OPEN) throw new Error('the socket is not open')
      socket.send(message, (error) => {
        if (error) log.warn({ server, why: forLog(error.message) }, 'a SIP message was not sent')
      })
    },
    close() {
      closedByUs = true
      socket.close(1000)
      // A far end that does not close its side must not hold the socket.
      setTimeout(() => socket.terminate(), 2000).unref()
    },
  }

  const alive = () => {
    if (pongDue) clearTimeout(pongDue)
    pongDue = null
  }
  const pings = setInterval(() => {
    if (socket.readyState !== WebSocket.OPEN || pongDue) return
    pongDue = setTimeout(() => {
      reason = { code: 'sip.linkLost', params: { server } }
      log.warn({ server }, 'the SIP server does not answer pings')
      socket.terminate()
    }, pongWithinMs)
    socket.ping()
  }, pingEveryMs)

  socket.on('pong', alive)
  socket.on('error', (error) => {
    reason ??= { ...troubleOf(error), code: 'sip.linkLost', params: { server } }
  })
  socket.on('message', (data, isBinary) => {
    // Whatever arrives shows that the link lives.
    alive()
    const bytes = byteLength(data)
    if (bytes > maxMessage) {
      log.warn({ server, bytes }, 'a SIP message that is too large was dropped')
      return
    }
    const text = textOf(data)
    if (text === null) {
      log.warn({ server, bytes, binary: isBinary }, 'a SIP message that is no UTF-8 was dropped')
      return
    }
    try {
      wire.onMessage?.(text)
    } catch (error) {
      log.error({ server, why: forLog(error instanceof Error ? error.message : String(error)) }, 'a SIP message could not be handled')
    }
  })
  socket.on('close', (code) => {
    clearInterval(pings)
    alive()
    const trouble: Trouble = reason ?? { code: 'sip.connectionClosed', params: { server, status: code } }
    try {
      wire.onClose?.(closedByUs ? null : trouble)
    } catch (error) {
      log.error({ server, why: forLog(String(error)) }, 'the end of a connection could not be handled')
    }
  })
  return wire
}

function byteLength(data: RawData): number {
  return Array.isArray(data) ? data.reduce((sum, part) => sum + part.byteLength, 0) : data.byteLength
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function textOf(data: RawData): string | null {
  try {
    return utf8.decode(Array.isArray(data) ? Buffer.concat(data) : data)
  } catch {
    return null
  }
}
