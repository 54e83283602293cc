/** For tests: a SIP server that does exactly as it is told, on a real WebSocket of this machine's loopback. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import WebSocket, { WebSocketServer } from 'ws'
import { type Head, headerOf, readHead, tagOf } from './message'

export interface Got {
  head: Head
  text: string
  body: string
}
type Respond = (request: Got, server: ScriptedServer) => string | string[] | null

export class ScriptedServer {
  readonly got: Got[] = []
  connections = 0
  client: WebSocket | null = null
  /** What to answer; null: nothing. By default REGISTER is granted and everything else left to the test. */
  respond: Respond = (request) => (request.head.method === 'REGISTER' ? this.granted(request) : null)
  readonly #server: WebSocketServer

  private constructor(server: WebSocketServer) {
    this.#server = server
    server.on('connection', (socket) => {
      this.connections += 1
      this.client = socket
      socket.on('message', (data) => this.#receive(String(data)))
    })
  }

  static async start(options: { autoPong?: boolean; port?: number } = {}): Promise<ScriptedServer> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: options.port ?? 0,
      autoPong: options.autoPong ?? true,
      handleProtocols: (protocols) => (protocols.has('sip') ? 'sip' : false),
    })
    await once(server, 'listening')
    return new ScriptedServer(server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  send(...messages: (string | Buffer)[]): void {
    for (const message of messages) this.client?.send(message)
  }

  async stop(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** The next message (or one that is there already) that fits. */
  async heard(fits: (got: Got) => boolean): Promise<Got> {
    for (;;) {
      const found = this.got.find(fits)
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  count(method: string): number {
    return this.got.filter(({ head }) => head.method === method).length
  }

  granted(request: Got, expires = 600): string {
    return reply(request, 200, [`Contact: ${headerOf(request.head, 'contact')?.replace(/;expires=\d+/, '')};expires=${expires}`])
  }

  /** Where the client said it is to be reached. */
  async contact(): Promise<string> {
    const register = await this.heard(({ head }) => head.method === 'REGISTER')
    return /<([^>]+)>/.exec(headerOf(register.head, 'contact') ?? '')?.[1] ?? ''
  }

  /** An INVITE's lines; `headers` replace those of the same name. */
  async invite(
    given: { callId?: string; headers?: Record<string, string | null>; body?: string; requestUri?: string } = {},
  ): Promise<string> {
    return request('INVITE', given.requestUri ?? (await this.contact()), given)
  }

  #receive(text: string): void {
    const head = readHead(text)
    if (!head) return
    const got = { head, text, body: text.slice(head.bodyAt) }
    this.got.push(got)
    const answer = head.method ? this.respond(got, this) : null
    if (answer) this.send(...[answer].flat())
  }
}

export function request(
  method: string,
  uri: string,
  given: { callId?: string; headers?: Record<string, string | null>; body?: string } = {},
): string {
  const headers: Record<string, string | null> = {
    Via: `SIP/2.0/WS pbx.invalid;branch=z9hG4bK${randomBytes(6).toString('hex')}`,
    From: '"Åsa Lind" <sip:+4681234567@pbx.invalid>;tag=far',
    To: '<sip:alice@pbx.invalid>',
    'Call-ID': given.callId ?? randomBytes(8).toString('hex'),
    CSeq: `1 ${method}`,
    Contact: '<sip:pbx@pbx.invalid;transport=ws>',
    'Max-Forwards': '70',
    ...(given.body ? { 'Content-Type': 'application/sdp' } : {}),
    ...given.headers,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  const body = given.body ?? ''
  return `${method} ${uri} SIP/2.0\r\n${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** A response to what the client sent. */
export function reply(request: Got, status: number, extra: string[] = [], body = '', toTag = 'far'): string {
  const copied = ['via', 'from', 'to', 'call-id', 'cseq'].map((name) => {
    const value = headerOf(request.head, name) ?? ''
    return `${name}: ${value}${name === 'to' && !tagOf(value) && status > 100 ? `;tag=${toTag}` : ''}`
  })
  const type = body ? ['Content-Type: application/sdp'] : []
  return `SIP/2.0 ${status} Scripted\r\n${[...copied, ...extra, ...type].join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Opens the client's side the plain way; proxies and certificates are the host's business and tested there. */
export async function openPlainly(url: string, protocols: string[], signal: AbortSignal): Promise<WebSocket> {
  const socket = new WebSocket(url, protocols, {
    perMessageDeflate: false,
    signal,
    maxPayload: 64 * 1024 * 1024,
  } as WebSocket.ClientOptions)
  // An attempt that is broken off fails twice; the second failure has no one else to hear it.
  socket.on('error', () => undefined)
  await once(socket, 'open', { signal })
  return socket
}
