/**
 * Tests that need no browser. `unit` stands beside the code; `interop` speaks to a real PBX without a page; `setup` runs the
 * commands of the README on a fresh clone. `npm test` runs all of them (scripts/test.mjs).
 */
import { configDefaults, defineConfig } from 'vitest/config'
import { nodeSwitches } from './scripts/setup/node.mjs'

const oneAtATime = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 }

export default defineConfig({
  test: {
    pool: 'forks',
    execArgv: nodeSwitches(),
    // Machines under load must not fail a test: a limit only ends what hangs.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{main,preload,renderer,scripts}/**/*.test.{ts,tsx}'],
          exclude: [...configDefaults.exclude, 'out'],
        },
      },
      { extends: true, test: { name: 'interop', include: ['test/interop/**/*.test.ts'], ...oneAtATime } },
      { extends: true, test: { name: 'setup', include: ['test/setup/**/*.test.ts'], ...oneAtATime, testTimeout: 900_000 } },
    ],
  },
})
