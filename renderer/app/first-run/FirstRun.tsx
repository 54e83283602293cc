/** What the first run asks, above the Phone screen; nothing once it is answered. */
export function FirstRun() {
  return null
}
