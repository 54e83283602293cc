/** Keeps every page where it is: no navigation, no new windows, no embedded guests, whatever a page tries. */
import type { App, Session, WebContents } from 'electron'
import { isOurs } from './addresses'

/** Applies to all web contents from now on. */
export function lockDown(app: Pick<App, 'on'>, session: Session): void {
  app.on('web-contents-created', (_event, contents) => lockContents(contents))
  session.on('will-download', (event) => event.preventDefault())
}

function lockContents(contents: WebContents): void {
  contents.on('will-navigate', (details) => {
    // A page may load itself again, and nothing else.
    if (!isOurs(details.url) || details.url !== contents.getURL()) details.preventDefault()
  })
  contents.on('will-frame-navigate', (details) => {
    if (!isOurs(details.url)) details.preventDefault()
  })
  contents.on('will-redirect', (details) => details.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
}
