/**
 * Which hosts are reached directly although a proxy is set in Settings: what NO_PROXY names. The system's own proxy brings its
 * exceptions with it (`Host.proxyFor`).
 */

/**
 * True when `list` (comma or space separated: `*`, `host`, `.domain`, `*.domain`, each with an optional `:port`) covers the
 * URL. A bare name covers its subdomains too, as curl has it.
 */
export function bypassesProxy(url: URL, list = process.env.NO_PROXY ?? process.env.no_proxy ?? ''): boolean {
  const host = url.hostname.toLowerCase().replace(/^\[|\]$/g, '')
  const port = url.port || (url.protocol === 'https:' || url.protocol === 'wss:' ? '443' : '80')
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      // An IPv6 address has a port only behind brackets.
      const bareIpv6 = !entry.startsWith('[') && entry.split(':').length > 2
      const [, name = '', only] = bareIpv6 ? [entry, entry] : (/^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(entry) ?? [])
      const bare = name.replace(/^\*?\./, '')
      return (only === undefined || only === port) && bare !== '' && (host === bare || host.endsWith(`.${bare}`))
    })
}
