/** Where the Electron host's pages live: a scheme of our own, so that they have one stable, secure origin. */
import type { WindowKind } from '../../../preload/contract'

export const scheme = 'app'
export const origin = `${scheme}://ringbook`

/** The address of a window's page. */
export function pageOf(window: WindowKind): string {
  return `${origin}/${window}/index.html`
}

/** Whether a URL is of our own origin; Electron writes origins with and without the closing slash. */
export function isOurs(url: string | undefined): boolean {
  if (!url || !URL.canParse(url)) return false
  const { protocol, host, username, password } = new URL(url)
  return protocol === `${scheme}:` && host === 'ringbook' && username === '' && password === ''
}
