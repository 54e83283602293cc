/** A user agent of the SIP library, set up the way Ringbook needs it on either end of a wire. */
import { type Session, type SessionDescriptionHandler, SIPExtension, type URI, UserAgent, type UserAgentDelegate } from 'sip.js'
import type { Log } from '../log'
import { type TransportOptions, WireTransport } from './transport'

export interface AgentOptions {
  uri: URI
  displayName: string
  authUser?: string
  password?: string
  /** The Contact's user and host; the same in every run, so that a server keeps one binding. */
  contact: { name: string; host: string }
  instanceId?: string
  route?: string
  transport: Omit<TransportOptions, 'log'>
  delegate: UserAgentDelegate
  log: Log
  describe: (session: Session) => SessionDescriptionHandler
}

export interface Agent {
  agent: UserAgent
  transport: WireTransport
}

/** How long a call that nobody takes may ring before the library ends it with 480, in seconds; the network ends it long before. */
const ringLimit = 300

export function createAgent(options: AgentOptions): Agent {
  const { log } = options
  let transport: WireTransport | null = null
  const transportOptions: TransportOptions = { ...options.transport, log }
  const agent = new UserAgent({
    uri: options.uri,
    displayName: options.displayName,
    authorizationUsername: options.authUser ?? '',
    authorizationPassword: options.password ?? '',
    contactName: options.contact.name,
    contactParams: { transport: options.transport.server.protocol.toLowerCase() },
    viaHost: options.contact.host,
    ...(options.instanceId ? { instanceId: options.instanceId, instanceIdAlwaysAdded: true } : {}),
    ...(options.route ? { preloadedRouteSet: [options.route] } : {}),
    transportConstructor: WireTransport,
    transportOptions,
    userAgentString: 'Ringbook',
    // 180 is sent by us: the library's own sending leaves a rejected promise behind when it fails.
    sendInitialProvisionalResponse: false,
    noAnswerTimeout: ringLimit,
    sipExtensionReplaces: SIPExtension.Supported,
    // RFC 4028, RFC 4488: done here, not by the library.
    sipExtensionExtraSupported: ['timer', 'norefersub'],
    logBuiltinEnabled: false,
    logConfiguration: false,
    logLevel: 'warn',
    logConnector: (level, category) => {
      // Content may quote the message: only that something was said, and by which part, goes further.
      if (level !== 'warn' && level !== 'error') return
      if (category === 'sip.Parser') unreadable()
      log.debug({ level, category }, 'the SIP library has something to say')
    },
    sessionDescriptionHandlerFactory: (session) => options.describe(session),
    gracefulShutdown: false,
    delegate: options.delegate,
  })
  if (!(agent.transport instanceof WireTransport)) throw new Error('the SIP library made another transport')
  transport = agent.transport
  return { agent, transport }

  function unreadable() {
    if (transport) transport.unreadable = true
  }
}
