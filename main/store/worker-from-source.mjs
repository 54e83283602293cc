/** Starts the worker from its TypeScript source, for unit tests: the built program has worker.js instead. */
import { existsSync, readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'

registerHooks({
  resolve(specifier, context, next) {
    if (/^\.{1,2}\//.test(specifier) && context.parentURL?.endsWith('.ts')) {
      const found = ['.ts', '/index.ts']
        .map((end) => new URL(specifier + end, context.parentURL))
        .find((url) => existsSync(fileURLToPath(url)))
      if (found) return { url: found.href, shortCircuit: true }
    }
    return next(specifier, context)
  },
  load(url, context, next) {
    if (url.endsWith('.ts')) {
      const source = stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'), { mode: 'transform', sourceMap: true, sourceUrl: url })
      return { format: 'module', source, shortCircuit: true }
    }
    if (url.endsWith('.json') && !url.includes('/node_modules/')) {
      return { format: 'module', source: `export default ${readFileSync(fileURLToPath(url), 'utf8')}`, shortCircuit: true }
    }
    return next(url, context)
  },
})
await import('./worker.ts')
