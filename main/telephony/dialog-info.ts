/**
 * Reads application/dialog-info+xml (RFC 4235) and keeps one line's dialogs by its version rules. The document comes from a
 * server and may be hostile: no document type, no entities but XML's own five, bounded in size, depth and number of dialogs.
 */
import { type SaxesAttributeNS, SaxesParser } from 'saxes'
import { cleanText, readParty } from './identity'

export type DialogState = 'trying' | 'proceeding' | 'early' | 'confirmed' | 'terminated'

export interface WatchedDialog {
  id: string
  state: DialogState
  direction: 'initiator' | 'recipient' | null
  /** The far end as the server says it, cleaned; null when it does not. */
  remote: string | null
}

export interface DialogInfo {
  version: number
  full: boolean
  dialogs: readonly WatchedDialog[]
}

const namespace = 'urn:ietf:params:xml:ns:dialog-info'
const maxCharacters = 65_536
const maxDepth = 24
const maxDialogs = 64
const maxText = 512
const states: ReadonlySet<string> = new Set<DialogState>(['trying', 'proceeding', 'early', 'confirmed', 'terminated'])

/** Null for what is no dialog-info document, or one that no honest server sends. */
export function readDialogInfo(text: string): DialogInfo | null {
  if (text.length > maxCharacters || declares(text)) return null
  const dialogs: WatchedDialog[] = []
  const path: string[] = []
  let info: { version: number; full: boolean } | null = null
  let dialog: WatchedDialog | null = null
  let display = ''
  let address = ''
  let failed = false
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', () => {
    failed = true
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    if (failed) return
    path.push(local)
    if (path.length > maxDepth) failed = true
    if (path.length === 1) {
      const version = Number(/^\d{1,10}$/.exec(attribute(attributes, 'version') ?? '')?.[0] ?? Number.NaN)
      const state = attribute(attributes, 'state')
      // Some servers leave the namespace out.
      if (
        local !== 'dialog-info' ||
        (uri !== namespace && uri !== '') ||
        Number.isNaN(version) ||
        (state !== 'full' && state !== 'partial')
      )
        failed = true
      else info = { version, full: state === 'full' }
    } else if (path.length === 2 && local === 'dialog') {
      const direction = attribute(attributes, 'direction')
      dialog = {
        id: (attribute(attributes, 'id') ?? '').slice(0, maxText),
        state: 'terminated',
        direction: direction === 'initiator' || direction === 'recipient' ? direction : null,
        remote: null,
      }
      display = ''
      address = ''
    } else if (path.join('/') === 'dialog-info/dialog/remote/identity') {
      display = (attribute(attributes, 'display') ?? '').slice(0, maxText)
      address = ''
    }
  })
  let words = ''
  parser.on('text', (part) => {
    if (words.length < maxText) words += part.slice(0, maxText)
  })
  parser.on('closetag', () => {
    if (failed) return
    const at = path.join('/')
    const said = words.trim()
    words = ''
    if (dialog && at === 'dialog-info/dialog/state') {
      const state = said.toLowerCase()
      if (states.has(state)) dialog.state = state as DialogState
    } else if (dialog && at === 'dialog-info/dialog/remote/identity') address = said
    else if (dialog && at === 'dialog-info/dialog') {
      dialog.remote = named(display, address)
      if (dialogs.length < maxDialogs) dialogs.push(dialog)
      dialog = null
    }
    path.pop()
  })
  try {
    // A caller's name with a bell in it must not cost the line its state.
    parser.write(text.replace(/(?![\t\r\n])\p{Cc}/gu, ' ')).close()
  } catch {
    return null
  }
  return failed || !info ? null : { ...(info as { version: number; full: boolean }), dialogs }
}

/** Has a document type or anything else that begins so, but for comments that end. */
function declares(text: string): boolean {
  for (let at = text.indexOf('<!'); at >= 0; ) {
    const end = text.startsWith('<!--', at) ? text.indexOf('-->', at + 4) : -1
    if (end < 0) return true
    at = text.indexOf('<!', end + 3)
  }
  return false
}

function attribute(attributes: Record<string, SaxesAttributeNS>, name: string): string | undefined {
  return attributes[name]?.value
}

function named(display: string, address: string): string | null {
  const party = readParty(address)
  const name = cleanText(display)
  const number = party ? cleanText(party.user) : ''
  if (name === '' || name === number) return number === '' ? null : number
  return number === '' ? name : `${name} (${number})`
}

/** One line's dialogs over the documents of one subscription (RFC 4235 §4.3). */
export class LineDialogs {
  #version: number | null = null
  readonly #dialogs = new Map<string, WatchedDialog>()

  /** False when a change was missed: the whole state must be asked for. */
  take(info: DialogInfo): boolean {
    const known = this.#version
    if (info.full) {
      // A server that does not count says 0 for ever; the order of NOTIFYs is checked by their CSeq.
      if (known !== null && info.version <= known && info.version !== 0) return true
      this.#dialogs.clear()
    } else {
      if (known === null) return false
      if (info.version <= known) return true
      if (info.version > known + 1) return false
    }
    this.#version = info.version
    for (const dialog of info.dialogs) {
      if (dialog.state === 'terminated') this.#dialogs.delete(dialog.id)
      else if (this.#dialogs.has(dialog.id) || this.#dialogs.size < maxDialogs) this.#dialogs.set(dialog.id, dialog)
    }
    return true
  }

  /** Ringing before busy: a waiting caller can be taken. A phone that rings somewhere else on its user's behalf is busy. */
  get state(): { state: 'idle' | 'ringing' | 'busy'; caller: string | null } {
    const dialogs = [...this.#dialogs.values()]
    const ringing = dialogs.find(({ state, direction }) => state === 'early' && direction !== 'initiator')
    if (ringing) return { state: 'ringing', caller: ringing.remote }
    return { state: dialogs.length > 0 ? 'busy' : 'idle', caller: null }
  }
}
