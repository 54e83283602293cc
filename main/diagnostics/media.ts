/** What is checked of sound: permission, devices, the ways that audio can take, and an echo call. Needs the media page. */
import type { MediaOutput, MediaState, Settings } from '../../preload/contract'
import type { CallEnd, MediaGateway } from '../telephony/port'
import { type Check, type Found, failed, failedWith, ok, skipped, warning } from './run'
import type { CheckedAccount } from './servers'

export interface MediaCheckNeeds {
  media: Pick<MediaGateway, 'present' | 'request'> & { readonly state: MediaState }
  settings: () => Settings
  /** A call is on, or rings. */
  inCall: () => boolean
  /** Whether the echo number may be dialled over the account: it is an emergency number, or the dialling guard refuses it. */
  mayCall: (number: string, accountId: string) => 'yes' | 'emergency' | 'refused'
  /** Make an echo call at all. */
  echo: boolean
  /** Hears of calls that begin while the echo call is on; returns the function that stops listening. */
  onCall: (listener: () => void) => () => void
}

/** The practice line's echo. */
const practiceEcho = '600'
/** Beyond this a conversation suffers (ITU-T G.114 §4: 400 ms one way is the limit for planning; this is both ways). */
const slowMs = 500

export function microphoneCheck({ media }: MediaCheckNeeds): Check {
  return {
    id: 'microphone',
    title: 'microphone',
    params: {},
    run: async () => {
      if (!media.present) return failedWith({ code: 'media.absent', params: {} })
      const { microphone } = media.state
      if (microphone === 'granted') return ok('help.microphoneGranted')
      if (microphone === 'denied') return failedWith({ code: 'media.microphoneDenied', params: {} })
      if (microphone === 'missing') return failedWith({ code: 'media.microphoneMissing', params: {} })
      return warning('help.microphoneUnasked')
    },
  }
}

export function devicesCheck({ media, settings }: MediaCheckNeeds): Check {
  return {
    id: 'devices',
    title: 'devices',
    params: {},
    run: async (signal) => {
      if (!media.present) return skipped('help.soundAway')
      const all = await media.request('devices.list', {}, { signal })
      const { microphone, speaker, ringers } = settings()
      const chosen = [
        { choice: microphone, there: all.microphones },
        ...[speaker, ...ringers].map((choice) => ({ choice, there: all.speakers })),
      ]
      const missing = chosen.find(({ choice, there }) => choice && choice.label !== '' && !there.includes(choice.label))?.choice
      const detail = [...all.microphones.map((name) => `microphone: ${name}`), ...all.speakers.map((name) => `speaker: ${name}`)].join('\n')
      if (all.microphones.length === 0) return failed('help.devicesNoMicrophone', {}, detail)
      if (all.speakers.length === 0) return failed('help.devicesNoSpeaker', {}, detail)
      if (missing) return warning('help.deviceMissing', { device: missing.label }, detail)
      if (!all.microphone || !all.speaker) return ok('help.devicesUsual', {}, detail)
      return ok('help.devices', { microphone: all.microphone, speaker: all.speaker }, detail)
    },
  }
}

export function iceChecks(account: CheckedAccount, { media }: MediaCheckNeeds): Check[] {
  const { id, label, ice } = account
  const turns = ice.servers.filter(({ url }) => /^turns?:/.test(url))
  return [
    {
      id: `${id}.ice`,
      title: 'ice',
      params: { account: label },
      run: async (signal) =>
        media.present
          ? waysFound(await media.request('ice.gather', { ice }, { signal, timeoutMs: 9_000 }), ice)
          : skipped('help.soundAway'),
    },
    ...turns.map(
      (server, index): Check => ({
        id: `${id}.turn.${index}`,
        title: 'turn',
        params: { account: label, url: server.url },
        run: async (signal) => {
          if (!media.present) return skipped('help.soundAway')
          const relay = { servers: [server], loopback: ice.loopback, relayOnly: true }
          return turnFound(await media.request('ice.gather', { ice: relay }, { signal, timeoutMs: 9_000 }), server.url)
        },
      }),
    ),
  ]
}

type Gathered = MediaOutput<'ice.gather'>
const listed = ({ candidates, errors }: Gathered) =>
  [
    ...candidates.map(({ type, protocol, address, server }) => [type, protocol, address, server].filter(Boolean).join(' ')),
    ...errors.map(({ url, code, text }) => `${url}: ${code} ${text}`),
  ].join('\n')

function waysFound(gathered: Gathered, { servers, relayOnly }: CheckedAccount['ice']): Found {
  const count = (type: string) => gathered.candidates.filter((candidate) => candidate.type === type).length
  const params = { host: count('host'), srflx: count('srflx'), relay: count('relay') }
  const detail = listed(gathered)
  if (gathered.candidates.length === 0) return failed(relayOnly ? 'help.iceNoRelay' : 'help.iceNone', {}, detail)
  if (relayOnly && params.relay === 0) return failed('help.iceNoRelay', {}, detail)
  if (servers.length === 0) return ok('help.iceDirect', params, detail)
  // Where the machine itself has a public address, a STUN server finds nothing new: then no error was told either.
  if (params.srflx + params.relay === 0 && gathered.errors.length > 0) return warning('help.iceServersSilent', params, detail)
  return ok('help.ice', params, detail)
}

function turnFound(gathered: Gathered, url: string): Found {
  const detail = listed(gathered)
  if (gathered.candidates.some(({ type }) => type === 'relay')) return ok('help.turnWorks', { url }, detail)
  const codes = gathered.errors.map(({ code }) => code)
  // RFC 8489 §14.8, RFC 8656 §19; 701 is the browser's own for «no answer» (W3C webrtc).
  if (codes.includes(401) || codes.includes(403)) return failed('help.turnRefused', { url }, detail)
  if (codes.includes(486) || codes.includes(508)) return failed('help.turnFull', { url }, detail)
  // Of a TCP connection that is refused Chromium says nothing at all.
  const [code] = codes
  if (code === undefined || codes.includes(701))
    return failed(url.startsWith('turns:') ? 'help.turnsUnreachable' : 'help.turnUnreachable', { url }, detail)
  return failed('help.turnError', { url, code }, detail)
}

/** A call of its own beside the call list: it neither rings nor gets into History, and any other call ends it at once. */
export function echoCheck(account: CheckedAccount, needs: MediaCheckNeeds, after: readonly string[]): Check {
  const { id, label, kind } = account
  const number = kind === 'practice' ? practiceEcho : account.echoNumber
  return {
    id: `${id}.echo`,
    title: 'echo',
    params: { account: label },
    needs: [`${id}.registration`],
    // One at a time: each hears what it sends.
    after,
    run: async (signal) => {
      if (!needs.echo) return skipped('help.echoNotAsked')
      if (number === '') return skipped('help.echoNoNumber')
      const verdict = needs.mayCall(number, id)
      if (verdict !== 'yes') return failed(verdict === 'emergency' ? 'help.echoEmergency' : 'help.echoGuarded', { number })
      if (needs.inCall()) return skipped('help.echoInCall')
      if (needs.media.state.microphone !== 'granted') return skipped('help.echoNoMicrophone')
      return account.sip ? await echoed(account.sip, number, needs, signal) : skipped('help.onlyInApp')
    },
  }
}

async function echoed(
  sip: NonNullable<CheckedAccount['sip']>,
  number: string,
  needs: MediaCheckNeeds,
  signal: AbortSignal,
): Promise<Found> {
  const { media, onCall } = needs
  const call = sip.dial(number)
  let interrupted = false
  const own = new AbortController()
  const stopListening = onCall(() => {
    interrupted = true
    own.abort()
  })
  const leave = () => own.abort()
  signal.addEventListener('abort', leave, { once: true })
  try {
    const answered = new Promise<void>((done) => {
      call.onConnected = done
    })
    const flowing = new Promise<void>((done) => {
      call.onMedia = (state) => state === 'flowing' && done()
    })
    const over = new Promise<CallEnd>((done) => {
      call.onEnd = done
    })
    const cut = new Promise<'cut'>((done) => own.signal.addEventListener('abort', () => done('cut'), { once: true }))
    const end = await Promise.race([answered.then(() => null), over, cut, pauseUntil(5_000, 'silent' as const)])
    if (end === 'silent') return failed('help.echoNoAnswer', { number })
    if (end !== null && end !== 'cut') return notAnswered(end, number)
    // Some echoes begin to speak only when they are spoken to.
    if (end === null) await Promise.race([flowing, cut, over, pauseUntil(2_000, null)])
    if (own.signal.aborted) return skipped(interrupted ? 'help.echoInterrupted' : 'help.cancelled')
    const { ms } = await media.request('peer.echoDelay', { peer: call.id }, { signal: own.signal, timeoutMs: 4_000 })
    if (ms === null) return failed('help.echoSilent', { number })
    const rounded = Math.round(ms)
    return rounded > slowMs ? warning('help.echoSlow', { ms: rounded }) : ok('help.echoGood', { ms: rounded })
  } catch (error) {
    if (interrupted) return skipped('help.echoInterrupted')
    throw error
  } finally {
    stopListening()
    signal.removeEventListener('abort', leave)
    call.hangUp()
  }
}

function notAnswered(end: CallEnd, number: string): Found {
  if (end.trouble) return failedWith(end.trouble)
  return failed('help.echoRefused', { number, status: end.status ?? 0 })
}

function pauseUntil<T>(ms: number, value: T): Promise<T> {
  return new Promise((done) => setTimeout(() => done(value), ms).unref())
}
