/** The whole of the screen-pop's own window. */
import { IncomingDialog, usePopKeys } from './IncomingDialog'

export function PopWindow() {
  usePopKeys()
  return <IncomingDialog whole />
}
