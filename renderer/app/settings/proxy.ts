/** The proxy that the rep enters. */

/** A proxy as people write it; the key of what is wrong with it, or null. */
export function proxyFault(text: string): string | null {
  const proxy = text.trim()
  if (proxy === '') return null
  let url: URL
  try {
    url = new URL(proxy)
  } catch {
    return 'proxyUnreadable'
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'proxyNotHttp'
  if (url.username || url.password) return 'proxyHasPassword'
  return url.hostname === '' || url.pathname.length > 1 || url.search ? 'proxyUnreadable' : null
}
