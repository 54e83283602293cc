/** Serves the practice line to other SIP clients over a WebSocket on this computer alone (RFC 7118). */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { Log } from '../log'
import { maxMessage, socketWire } from '../telephony'
import { TroubleError } from '../trouble'
import type { PracticeLine } from './practice-line'

export interface ServedLine {
  /** `ws://127.0.0.1:PORT`. */
  readonly url: string
  close(): Promise<void>
}

/** Port 0: any. Rejects with a TroubleError `practice.portTaken`, or the system's error. */
export async function servePractice(line: PracticeLine, port: number, log: Log): Promise<ServedLine> {
  const http = createServer(
    (_request, response) => void response.writeHead(426, { 'content-type': 'text/plain' }).end('A SIP client must use WebSocket.\n'),
  )
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new TroubleError('practice.portTaken', { port }) : error),
    )
    http.listen(port, '127.0.0.1', resolve)
  })
  const sockets = new WebSocketServer({
    server: http,
    maxPayload: 4 * maxMessage,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has('sip') ? 'sip' : false),
    verifyClient: ({ req }: { req: IncomingMessage }) => fromHere(req),
  })
  sockets.on('connection', (socket, request) => {
    if (socket.protocol !== 'sip') return socket.close(1002, 'the subprotocol is sip')
    line.accept(socketWire(socket, { log, server: `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? ''}` }))
  })
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await new Promise<void>((done) => http.close(() => done()))
    },
  }
}

/** A web page from elsewhere may reach loopback, too: its origin, or a name that was rebound, gives it away. */
function fromHere(request: IncomingMessage): boolean {
  const local = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/
  const { host = '', origin } = request.headers
  return local.test(host) && (origin === undefined || (URL.canParse(origin) && local.test(new URL(origin).host)))
}
