/**
 * Short progress lines. They go to stderr, because stdout belongs to the data of the command that is being set up.
 */

/** @param {string} line one short sentence */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** Ends the set-up with a sentence for people instead of a stack. */
export class SetupError extends Error {
  /**
   * @param {string} message what happened and what to do
   * @param {number} [exitCode] 1 unless told, 2 for bad usage
   */
  constructor(message, exitCode = 1) {
    super(message)
    this.name = 'SetupError'
    this.exitCode = exitCode
  }
}
