/** The Phone screen: recent calls and the practice line. */
export function PhoneScreen() {
  return null
}
