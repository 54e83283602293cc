/**
 * What the first call would pay for: code that is compiled, tables that are loaded and pages that are read at their first use. Done
 * step by step in the moments after the start, with a pause between any two, and not at all once a call is on.
 */
import { setTimeout } from 'node:timers/promises'
import type { Log } from './log'

/** Not while the window opens, nor while the accounts register, in ms after the start. */
const afterMs = 1_000
/** For whatever else is waiting, in ms. */
const pauseMs = 10

/** Takes the steps, each at most once; one that fails is logged and does not keep the others. `busy`: a call is on. Never rejects. */
export async function rehearse(
  steps: readonly (() => unknown)[],
  needs: { busy: () => boolean; log: Log; afterMs?: number },
): Promise<void> {
  await setTimeout(needs.afterMs ?? afterMs, undefined, { ref: false })
  for (const step of steps) {
    if (needs.busy()) return
    try {
      await step()
    } catch (err) {
      needs.log.warn({ err }, 'getting ready for the first call did not succeed')
    }
    await setTimeout(pauseMs, undefined, { ref: false })
  }
}
