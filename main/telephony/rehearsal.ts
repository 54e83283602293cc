/**
 * A call in and a call out over a line that ends in memory, for nobody: what the SIP library and this folder compile and look up
 * at their first call is then done before the rep's. Nothing of it leaves main, is shown or is kept.
 */
import { randomBytes } from 'node:crypto'
import type { MediaInput, MediaOperation, MediaOutput } from '../../preload/contract'
import type { Clock } from '../clock'
import type { Log } from '../log'
import { DigestGate } from './digest'
import { defaultLimits } from './limits'
import { readHead, respond } from './message'
import { createPipe } from './pipe'
import type { MediaGateway, SipCall, Wire } from './port'
import { createPracticeServer } from './practice-server'
import { silentMedia } from './silent-media'
import { Account } from './sip-account'

const domain = 'rehearsal.invalid'
/** Each step of it; on a machine that is too busy for that the rep's own call does it. */
const patienceMs = 5_000

/** Resolves when both calls are over. Rejects when one did not come to be: then the rep's own will be slower, no more. */
export async function rehearseCalls({ clock, log }: { clock: Clock; log: Log }): Promise<void> {
  const quiet = log.child({}, { level: 'silent' })
  const credentials = { user: 'rehearsal', password: randomBytes(18).toString('base64url') }
  const server = createPracticeServer({
    domain,
    credentials,
    media,
    clock,
    log: quiet,
    onCall: (callee) => void callee.answer('listen').catch(() => undefined),
    onTransfer: () => ({ ringsMs: 0, status: 480 }),
  })
  const connector = async () => {
    const [near, far] = createPipe()
    server.accept(far)
    return challenging(near)
  }
  const ice = { servers: [], loopback: true }
  const account = new Account({
    config: { ...credentials, id: 'rehearsal', domain, authUser: '', displayName: '', outboundProxy: '', ice, declineCode: 480 },
    servers: [{ name: domain, protocol: 'WS', connector }],
    media,
    log: quiet,
    clock,
    limits: defaultLimits,
    random: Math.random,
  })
  try {
    await inTime((done) => {
      account.onState = ({ status }) => status === 'registered' && done()
      account.start()
    })
    await inTime((done) => hungUp(account.dial('rehearsal'), done))
    await inTime((done) => {
      account.onIncoming = (call) => {
        hungUp(call, done)
        // Not within the INVITE, which is still to be told as ringing.
        setImmediate(() => call.answer().catch(() => undefined))
      }
      server.call({ displayName: null, number: 'rehearsal' }, 'listen')
    })
  } finally {
    await account.stop()
    server.close()
  }
}

/** Hung up as soon as it is answered; one that is not answered is never done. */
function hungUp(call: SipCall, done: () => void): void {
  call.onConnected = () => {
    call.onEnd = () => setImmediate(done)
    setImmediate(() => call.hangUp())
  }
}

function inTime(begin: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a rehearsed call took too long')), patienceMs)
    timer.unref()
    begin(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** Asks for credentials at the first INVITE of a call, as most servers do and the practice line does not. */
function challenging(far: Wire): Wire {
  const gate = new DigestGate(domain)
  const wire: Wire = {
    onMessage: null,
    onClose: null,
    send(message) {
      const invite = message.startsWith('INVITE ') && !/^(?:proxy-)?authorization:/im.test(message) ? readHead(message) : null
      if (!invite) return far.send(message)
      const refusal = respond(invite, 401, 'rehearsal', [`WWW-Authenticate: ${gate.challenge()}`])
      setImmediate(() => wire.onMessage?.(refusal))
    },
    close: () => far.close(),
  }
  far.onMessage = (message) => wire.onMessage?.(message)
  far.onClose = (trouble) => wire.onClose?.(trouble)
  return wire
}

const media: MediaGateway = {
  ...silentMedia,
  async request<O extends MediaOperation>(operation: O, input: MediaInput<O>): Promise<MediaOutput<O>> {
    if (operation === 'peer.live') return {} as MediaOutput<O>
    if (operation !== 'peer.answer') return silentMedia.request(operation, input)
    const { sdp, incomplete } = await silentMedia.request('peer.offer', {
      peer: '',
      role: { kind: 'phone' },
      ice: { servers: [], loopback: true },
      iceRestart: false,
    })
    return { sdp: sdp.replace('a=setup:actpass', 'a=setup:active'), incomplete } as MediaOutput<O>
  },
}
