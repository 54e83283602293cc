/**
 * Tests in a real browser: `e2e` runs the built program, `interop` runs it against Asterisk. They bring their own Chromium
 * (test/fixtures/app.ts). One at a time: calls are measured while they go on.
 */
import { defineConfig } from '@playwright/test'

export default defineConfig({
  testDir: 'test',
  outputDir: 'test-results',
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  // Machines under load must not fail a test: the limits only end what hangs.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  use: { trace: 'retain-on-failure', actionTimeout: 30_000, navigationTimeout: 30_000 },
  projects: [
    { name: 'e2e', testDir: 'test/e2e', testMatch: '**/*.e2e.ts' },
    { name: 'interop', testDir: 'test/interop', testMatch: ['**/*.interop.ts', '**/*.e2e.ts'] },
  ],
})
