/** What an ICE agent finds with given servers, for the self-checks: every candidate, and each server's complaints. */
import type { IceConfig, MediaOutput } from '../../preload/contract'
import type { Reserve } from './reserve'
import { MediaError } from './trouble'

/** Milliseconds; Chromium gives up a silent STUN server after about ten seconds, nobody waits for that. */
const TIME = 5000

type Found = MediaOutput<'ice.gather'>

/** Resolves when everything has been asked, at the latest after five seconds; a server that has said nothing is in neither list. */
export async function gather(reserve: Reserve, ice: IceConfig, signal: AbortSignal): Promise<Found> {
  const found: Found = { candidates: [], errors: [] }
  const connection = reserve.make(ice)
  const ended = new AbortController()
  const options = { signal: ended.signal }
  connection.addEventListener(
    'icecandidate',
    ({ candidate }) => {
      if (!candidate?.candidate) return
      // Chromium names the server that told an address.
      const { url } = candidate as RTCIceCandidate & { url?: string | null }
      found.candidates.push({
        type: candidate.type ?? '',
        protocol: candidate.protocol ?? '',
        address: candidate.address ?? '',
        server: url || null,
      })
    },
    options,
  )
  connection.addEventListener(
    'icecandidateerror',
    ({ url, errorCode: code, errorText: text }) => {
      // Once for each local address.
      if (!found.errors.some((it) => it.url === url && it.code === code)) found.errors.push({ url, code, text })
    },
    options,
  )
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    connection.addTransceiver('audio')
    await connection.setLocalDescription()
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(resolve, TIME)
      const check = () => connection.iceGatheringState === 'complete' && resolve()
      connection.addEventListener('icegatheringstatechange', check, options)
      signal.addEventListener('abort', () => reject(new MediaError('media.cancelled')), options)
      if (signal.aborted) reject(new MediaError('media.cancelled'))
      check()
    })
    return found
  } finally {
    clearTimeout(timer)
    ended.abort()
    connection.close()
  }
}
