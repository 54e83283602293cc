/** Adds up what the test runners' reports say, and judges the skips. */

/**
 * @typedef {{ name: string, reason: string }} Skip
 * @typedef {{ passed: number, failed: string[], skipped: Skip[] }} Tally
 */

/** The one reason that a CI machine may have for skipping. */
export const allowedReason = 'no Electron binary'

/** @returns {Tally} */
export function emptyTally() {
  return { passed: 0, failed: [], skipped: [] }
}

/** @param {Tally} into @param {Tally} more */
export function add(into, more) {
  into.passed += more.passed
  into.failed.push(...more.failed)
  into.skipped.push(...more.skipped)
}

/**
 * @param {Tally} tally
 * @param {boolean} strict a CI machine, on which everything must run
 * @returns {{ lines: string[], exitCode: number }} the last line is the sum
 */
export function verdict(tally, strict) {
  const lines = tally.failed.map((name) => `failed: ${name}`)
  for (const { name, reason } of tally.skipped) lines.push(`skipped: ${name} (${reason})`)
  const refused = strict ? tally.skipped.filter(({ reason }) => reason !== allowedReason) : []
  if (refused.length > 0) lines.push(`${refused.length} skipped with a reason that CI does not accept: only «${allowedReason}» is`)
  const nothing = tally.passed + tally.failed.length + tally.skipped.length === 0
  if (nothing) lines.push('There was nothing to run.')
  lines.push(`${tally.passed} passed, ${tally.failed.length} failed, ${tally.skipped.length} skipped`)
  return { lines, exitCode: tally.failed.length > 0 || refused.length > 0 || nothing ? 1 : 0 }
}

/**
 * @typedef {{ title: string, file?: string, suites?: PlaywrightSuite[], specs?: PlaywrightSpec[] }} PlaywrightSuite
 * @typedef {{ title: string, file: string, tests: { status: string, annotations: { type: string, description?: string }[] }[] }} PlaywrightSpec
 * @typedef {{ suites: PlaywrightSuite[], errors: { message?: string }[] }} PlaywrightReport
 */

/**
 * @param {PlaywrightReport} report of Playwright's JSON reporter
 * @returns {Tally}
 */
export function tallyOfPlaywright(report) {
  const tally = emptyTally()
  const walk = (/** @type {PlaywrightSuite} */ suite, /** @type {string[]} */ above) => {
    const path = [...above, suite.title]
    for (const spec of suite.specs ?? [])
      for (const test of spec.tests) {
        const name = [...path, spec.title].join(' › ')
        if (test.status === 'skipped') {
          const why = test.annotations.find(({ type }) => type === 'skip' || type === 'fixme')
          tally.skipped.push({ name, reason: why?.description ?? 'no reason given' })
        } else if (test.status === 'expected') tally.passed += 1
        else tally.failed.push(name)
      }
    for (const inner of suite.suites ?? []) walk(inner, path)
  }
  for (const suite of report.suites) walk(suite, [])
  for (const { message } of report.errors) tally.failed.push(`Playwright: ${message?.split('\n')[0] ?? 'an error outside of any test'}`)
  return tally
}

/**
 * @param {number} code that the runner ended with
 * @param {Tally} tally of its report
 * @param {string} runner
 */
export function distrust(code, tally, runner) {
  if (code !== 0 && tally.failed.length === 0) tally.failed.push(`${runner} ended with code ${code}, though no test failed`)
}
