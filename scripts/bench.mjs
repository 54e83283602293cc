/**
 * `npm run bench -- NAME [words]`: makes one program of `test/bench/NAME.ts`, so that it may import main's sources as tests do, and
 * runs it on plain Node with nothing of the tools in its memory. Its stdout is the result: the last line is one JSON object.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { handOver } from './setup/child.mjs'
import { say } from './setup/say.mjs'
import { findChromium } from './test/chromium.mjs'

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'test', 'bench')
const [name = '', ...words] = process.argv.slice(2)

const names = existsSync(folder) ? readdirSync(folder).flatMap((file) => /^([\w-]+)\.ts$/.exec(file)?.[1] ?? []) : []
if (!names.includes(name)) {
  say(`Usage: npm run bench -- NAME, with NAME one of: ${names.join(', ') || 'none yet'}`)
  process.exit(2)
}

// Two folders below the root, as the source is: paths from `import.meta.dirname` mean the same.
const outDir = join(root, '.cache', 'bench')
await build({
  configFile: false,
  root,
  logLevel: 'warn',
  ssr: { target: 'node' },
  build: {
    ssr: true,
    outDir,
    emptyOutDir: false,
    target: 'node22',
    minify: false,
    sourcemap: 'inline',
    rollupOptions: {
      // The store's worker threads, where a bench has any, find their code beside the bench.
      input: { [name]: join(folder, `${name}.ts`), worker: join(root, 'main', 'store', 'worker.ts') },
      output: {
        entryFileNames: ({ name: entry }) => (entry === 'worker' ? 'worker.js' : '[name].mjs'),
        chunkFileNames: '[name]-[hash].mjs',
      },
    },
  },
})

const chromium = await findChromium(root)
const env = 'path' in chromium ? { ...process.env, RINGBOOK_CHROMIUM: chromium.path } : process.env
process.exitCode = await handOver(process.execPath, ['--enable-source-maps', join(outDir, `${name}.mjs`), ...words], { cwd: root, env })
