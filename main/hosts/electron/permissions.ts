/** What pages may do: use the microphone, choose an output, write the clipboard and, for «Call from clipboard», read it. Everything else is denied, to everyone. */
import type { Session, WebContents } from 'electron'
import { isOurs } from './addresses'

/** Whether these web contents are one of our windows. */
export type IsWindow = (contents: WebContents) => boolean

const harmless: ReadonlySet<string> = new Set(['speaker-selection', 'clipboard-sanitized-write', 'clipboard-read'])

export function restrictPermissions(session: Session, isWindow: IsWindow): void {
  session.setPermissionRequestHandler((contents, permission, callback, details) => {
    const mediaTypes = 'mediaTypes' in details ? details.mediaTypes : undefined
    const wanted = permission === 'media' ? mediaTypes?.length === 1 && mediaTypes[0] === 'audio' : harmless.has(permission)
    const origin = 'securityOrigin' in details ? details.securityOrigin : undefined
    callback(wanted && isWindow(contents) && isOurs(details.requestingUrl) && (origin === undefined || isOurs(origin)))
  })
  session.setPermissionCheckHandler((contents, permission, requestingOrigin, details) => {
    const wanted = permission === 'media' ? details.mediaType === 'audio' : harmless.has(permission)
    // A frame of another origin inside our page asks in our page's name: the frame's own origin decides.
    const foreign = details.embeddingOrigin !== undefined || (details.securityOrigin !== undefined && !isOurs(details.securityOrigin))
    return wanted && !foreign && contents !== null && isWindow(contents) && isOurs(requestingOrigin)
  })
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, callback) => callback(null))
}
