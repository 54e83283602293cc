/** Waits that end: a closed RTCPeerConnection leaves its promises pending for ever (W3C webrtc-pc §4.3.2), so none is awaited bare. */
import { MediaError } from './trouble'

/** The promise's outcome, or `media.cancelled` as soon as the signal aborts. */
export function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(new MediaError('media.cancelled'))
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
