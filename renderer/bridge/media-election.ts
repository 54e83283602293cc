/**
 * Decides which page holds audio in the browser host. Every app page stands in line for one lock (Web Locks, shared by
 * all pages of the origin); the one that has it keeps a hidden frame with the media page. The browser passes the lock on
 * when that page goes, however it goes.
 */
import { inElectron } from './connect'

const lock = 'ringbook-media'
/** How long to wait, in ms, before a frame that did not come to life is loaded again: main was just restarting. */
const retry = 500

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
      element.addEventListener('load', () => {
        // An error page is none of ours to look into (null), and one whose script was lost never said what it is.
        if (element.contentDocument?.documentElement.dataset.bridge !== 'media' && element.isConnected)
          setTimeout(() => element.isConnected && element.setAttribute('src', frame), retry)
      })
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
