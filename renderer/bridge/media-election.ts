/**
 * Decides which page holds audio in the browser host. Every app page stands in line for one lock (Web Locks, shared by
 * all pages of the origin); the one that has it keeps a hidden frame with the media page. The browser passes the lock on
 * when that page goes, however it goes.
 */
import { inElectron } from './connect'

const lock = 'ringbook-media'

/**
 * Stands in line until the page goes. `frame` is the media page's address. Returns the function that gives the place up.
 * Does nothing in Electron, where main keeps a hidden window for audio.
 */
export function electMediaPage(frame = '/media/'): () => void {
  if (inElectron()) return () => {}
  const leave = new AbortController()
  const held = new Promise<void>((done) => leave.signal.addEventListener('abort', () => done(), { once: true }))
  navigator.locks
    .request(lock, { signal: leave.signal }, async () => {
      const element = document.createElement('iframe')
      element.src = frame
      element.allow = 'microphone; autoplay; speaker-selection'
      element.hidden = true
      element.title = ''
      element.setAttribute('aria-hidden', 'true')
      element.tabIndex = -1
      document.body.append(element)
      await held
      element.remove()
    })
    .catch((error: unknown) => {
      // Giving up while still in line is no fault.
      if (!leave.signal.aborted) throw error
    })
  return () => leave.abort()
}
