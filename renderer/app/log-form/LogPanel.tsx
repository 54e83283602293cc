/** The logs that wait, and the form of the one being written. */
export function LogPanel() {
  return null
}
