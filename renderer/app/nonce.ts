/** The nonce under which the page's content security policy lets styles in. */

/** The nonce that the host put into `<meta property="csp-nonce" nonce="…">`; browsers show it by property alone. */
export function pageNonce(page: Document = document): string {
  return page.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
}
