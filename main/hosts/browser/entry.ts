/** The browser host's own: the headers of every answer, and the entry page that a visitor without a cookie gets. */
import { contentSecurityPolicy } from '../pages'

/** Headers of every answer. `socket`: the bridge's address, for browsers whose 'self' does not cover it. */
export function securityHeaders(nonce: string, socket: string): Record<string, string> {
  return {
    'content-security-policy': contentSecurityPolicy(nonce, socket),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy':
      'microphone=(self), autoplay=(self), picture-in-picture=(self), camera=(), display-capture=(), geolocation=(), midi=(), usb=(), serial=(), hid=(), payment=()',
  }
}

export const entryScriptPath = '/entry.js'

/**
 * Trades the fragment's token for the cookie, then opens the app; without a token the page's words stay. A fresh link
 * pasted over this page changes nothing but the fragment.
 */
export const entryScript = `function enter() {
  const token = location.hash.slice(1)
  if (!token) return
  history.replaceState(null, '', '/')
  document.body.hidden = true
  fetch('/session', { method: 'POST', body: token, credentials: 'same-origin' })
    .then((answer) => {
      if (answer.ok) location.replace('/app/')
      else document.body.hidden = false
    })
    .catch(() => { document.body.hidden = false })
}
addEventListener('hashchange', enter)
enter()
`

/** The page for visitors without a cookie; its words come from the catalogue. */
export function entryPage(words: { title: string; heading: string; lines: readonly string[] }): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(words.title)}</title><link rel="icon" href="data:,"><script src="${entryScriptPath}" defer></script></head>
<body><main><h1>${escapeHtml(words.heading)}</h1>${words.lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</main></body></html>
`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
