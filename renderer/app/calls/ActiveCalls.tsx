/** The calls that are on, on every screen. */
export function ActiveCalls({ large }: { large: boolean }) {
  return large ? null : null
}
