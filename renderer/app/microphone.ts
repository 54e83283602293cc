/** Asking for the microphone, which only the visible window may do: at the rep's click, and before the first call. */
import type { AppStore } from './state'

export type Asked = 'granted' | 'denied' | 'missing' | 'failed'

/** Asks for the microphone, to be called from a click; what was opened is closed at once. */
export async function askForMicrophone(): Promise<Asked> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    for (const track of stream.getTracks()) track.stop()
    return 'granted'
  } catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
    return name === 'NotFoundError' ? 'missing' : 'failed'
  }
}

/** How long the media page gets to hear of a permission, in ms. */
const hearsWithin = 1_500

/** Before a call, when nobody has been asked yet: asks, and waits until the media page knows. Main decides what follows. */
export async function microphoneBeforeCall(store: AppStore): Promise<void> {
  const unasked = () => store.getState().media.present && store.getState().media.microphone === 'unknown'
  if (!unasked() || (await askForMicrophone()) !== 'granted' || !unasked()) return
  await new Promise<void>((done) => {
    const timer = setTimeout(() => finish(), hearsWithin)
    const stop = store.subscribe(() => {
      if (!unasked()) finish()
    })
    const finish = () => {
      clearTimeout(timer)
      stop()
      done()
    }
  })
}
