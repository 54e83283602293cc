declare module 'proxy-from-env' {
  /** The proxy that the environment names for a URL; empty for a direct connection. */
  export function getProxyForUrl(url: string): string
}
