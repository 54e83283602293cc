/** System notifications in the browser host: shown by this page while it is hidden, taken away when main says so. */
import type { Bridge } from '../../preload/contract'
import { inElectron } from './connect'

/**
 * Shows main's notifications once the rep has allowed them. `onClick` gets the call it was about, after the page has been
 * brought to the front. Returns the function that stops it.
 */
export function showNotifications(bridge: Bridge, onClick: (callId: string | null) => void): () => void {
  if (inElectron() || typeof Notification === 'undefined') return () => {}
  const shown = new Map<string, Notification>()
  const stopShowing = bridge.on('notification.show', ({ tag, title, body, callId }) => {
    if (!document.hidden || Notification.permission !== 'granted') return
    const notification = new Notification(title, { tag, body, requireInteraction: true })
    notification.onclick = () => {
      window.focus()
      notification.close()
      onClick(callId)
    }
    shown.set(tag, notification)
  })
  const stopClosing = bridge.on('notification.close', ({ tag }) => {
    shown.get(tag)?.close()
    shown.delete(tag)
  })
  return () => {
    stopShowing()
    stopClosing()
    for (const notification of shown.values()) notification.close()
  }
}
