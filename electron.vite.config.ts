/**
 * Builds main (both hosts, the CLI and the store's worker), the preload (one CommonJS file, because Electron's sandbox
 * takes nothing else) and the renderer's pages into `out/`.
 */
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'

const here = import.meta.dirname

export default defineConfig({
  main: {
    build: {
      rollupOptions: {
        input: {
          electron: resolve(here, 'main/hosts/electron/start.ts'),
          browser: resolve(here, 'main/hosts/browser/start.ts'),
          cli: resolve(here, 'main/cli/start.ts'),
          worker: resolve(here, 'main/store/worker.ts'),
        },
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    build: {
      externalizeDeps: false,
      rollupOptions: {
        input: { preload: resolve(here, 'preload/bridge.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(here, 'renderer'),
    publicDir: false,
    plugins: [react()],
    build: {
      minify: true,
      rollupOptions: {
        input: {
          app: resolve(here, 'renderer/app/index.html'),
          pop: resolve(here, 'renderer/pop/index.html'),
          media: resolve(here, 'renderer/media/index.html'),
        },
      },
    },
  },
})
