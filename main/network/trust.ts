/** The certificates that outgoing connections trust: the bundled ones, the system's, and at most one further file. */
import * as tls from 'node:tls'
import { Worker } from 'node:worker_threads'
import type { Log } from '../log'

/** Resolves to the one context that all connections share; with `authority` (PEM), to one that trusts that besides. */
export type Trust = (authority?: string) => Promise<tls.SecureContext>

/** Reading a system's store takes from 40 ms to seconds: it happens beside main. */
const readSystem = `
const tls = require('node:tls')
require('node:worker_threads').parentPort.postMessage(tls.getCACertificates ? tls.getCACertificates('system') : [])
`
const patience = 15_000

/**
 * Made at the first connection and kept, one for each authority. `extra`: further certificates, PEM.
 * A system store that cannot be read leaves the bundled certificates, and a line in the log.
 */
export function trustedCertificates(log: Log, extra: readonly string[] = []): Trust {
  let shared: Promise<readonly string[]> | null = null
  const made = new Map<string, Promise<tls.SecureContext>>()
  return (authority = '') => {
    shared ??= systemCertificates(log).then((system) => {
      // Since Node 22.15; it holds NODE_EXTRA_CA_CERTS too.
      const { getCACertificates }: { getCACertificates?: typeof tls.getCACertificates } = tls
      const bundled = getCACertificates ? getCACertificates('default') : tls.rootCertificates
      return [...new Set([...bundled, ...system, ...extra])]
    })
    const known = made.get(authority)
    if (known) return known
    const context = shared.then((ca) => tls.createSecureContext({ ca: authority === '' ? [...ca] : [...ca, authority] }))
    // A rep tries a few; each is a megabyte.
    if (made.size > 8) made.clear()
    made.set(authority, context)
    context.catch(() => made.delete(authority))
    return context
  }
}

function systemCertificates(log: Log): Promise<readonly string[]> {
  return new Promise((done) => {
    const worker = new Worker(readSystem, { eval: true })
    const finish = (certificates: readonly string[], error?: unknown) => {
      clearTimeout(timer)
      if (error) log.warn({ err: error }, "the system's certificates could not be read")
      void worker.terminate()
      done(certificates)
    }
    const timer = setTimeout(() => finish([], new Error('no answer')), patience)
    worker.once('message', finish)
    worker.once('error', (error) => finish([], error))
  })
}
