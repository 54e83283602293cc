/**
 * Notes what Vitest ran for the sum at the end of `npm test`. Vitest's own JSON report leaves out the reasons of skips.
 */
import { writeFileSync } from 'node:fs'
import { emptyTally } from './tally.mjs'

export default class TallyReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
   * @param {ReadonlyArray<import('vitest').SerializedError>} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    const tally = emptyTally()
    for (const module of modules) {
      if (module.errors().length > 0) tally.failed.push(`${module.relativeModuleId}: ${firstLine(module.errors()[0]?.message)}`)
      for (const test of module.children.allTests()) {
        const result = test.result()
        const name = `${module.relativeModuleId} › ${test.fullName}`
        if (result.state === 'passed') tally.passed += 1
        else if (result.state === 'skipped') tally.skipped.push({ name, reason: result.note ?? 'no reason given' })
        else tally.failed.push(name)
      }
    }
    for (const error of unhandled) tally.failed.push(`outside of any test: ${firstLine(error.message)}`)
    const path = process.env.RINGBOOK_TALLY
    if (path) writeFileSync(path, JSON.stringify(tally))
  }
}

/** @param {string | undefined} text */
function firstLine(text) {
  return text?.split('\n')[0] ?? ''
}
