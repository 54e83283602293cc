/** The one field to call from. */
export function DialField() {
  return null
}
