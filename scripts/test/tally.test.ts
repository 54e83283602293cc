/** The last line of `npm test`, and which skips a CI machine accepts. */
import { describe, expect, test } from 'vitest'
import { add, distrust, emptyTally, tallyOfPlaywright, verdict } from './tally.mjs'

const skip = (reason: string) => ({ passed: 1, failed: [], skipped: [{ name: 'a test', reason }] })

describe('the verdict', () => {
  test('sums all runners in its last line', () => {
    const total = emptyTally()
    add(total, { passed: 2, failed: ['one'], skipped: [] })
    add(total, skip('no Electron binary'))
    const { lines, exitCode } = verdict(total, false)
    expect(lines).toEqual(['failed: one', 'skipped: a test (no Electron binary)', '3 passed, 1 failed, 1 skipped'])
    expect(exitCode).toBe(1)
  })

  test('is good with skips on a desk, but not in CI, where one reason alone is accepted', () => {
    expect(verdict(skip('no Chromium'), false).exitCode).toBe(0)
    expect(verdict(skip('no Chromium'), true).exitCode).toBe(1)
    expect(verdict(skip('no Electron binary'), true).exitCode).toBe(0)
  })

  test('is bad when nothing ran at all', () => {
    expect(verdict(emptyTally(), false).exitCode).toBe(1)
  })

  test('is bad when a runner fails outside of its tests', () => {
    const tally = emptyTally()
    distrust(0, tally, 'Vitest')
    expect(tally.failed).toEqual([])
    distrust(1, tally, 'Vitest')
    expect(tally.failed).toHaveLength(1)
  })
})

test('Playwright’s report is counted with the reasons of its skips and its errors', () => {
  const spec = (title: string, status: string, annotations: { type: string; description?: string }[] = []) => ({
    title,
    file: 'a.e2e.ts',
    tests: [{ status, annotations }],
  })
  const report = {
    suites: [
      {
        title: 'a.e2e.ts',
        specs: [spec('passes', 'expected'), spec('fails', 'unexpected'), spec('is flaky', 'flaky')],
        suites: [{ title: 'inside', specs: [spec('is skipped', 'skipped', [{ type: 'skip', description: 'no Electron binary' }])] }],
      },
    ],
    errors: [{ message: 'no such file\nat somewhere' }],
  }
  expect(tallyOfPlaywright(report)).toEqual({
    passed: 1,
    failed: ['a.e2e.ts › fails', 'a.e2e.ts › is flaky', 'Playwright: no such file'],
    skipped: [{ name: 'a.e2e.ts › inside › is skipped', reason: 'no Electron binary' }],
  })
})
