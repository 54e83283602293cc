/** Two wires joined in memory: the practice line's stand for a WebSocket, with the same order and the same asynchrony. */
import type { Wire } from './port'

/** What one end sends the other receives, in order, in a later turn of the event loop. Closing one end closes both. */
export function createPipe(): [Wire, Wire] {
  let open = true
  const ends: [Wire, Wire] = [end(() => ends[1]), end(() => ends[0])]
  return ends

  function end(other: () => Wire): Wire {
    const wire: Wire = {
      onMessage: null,
      onClose: null,
      send(message) {
        if (open) setImmediate(() => open && other().onMessage?.(message))
      },
      close() {
        if (!open) return
        open = false
        setImmediate(() => {
          wire.onClose?.(null)
          other().onClose?.({ code: 'sip.connectionClosed', params: {} })
        })
      },
    }
    return wire
  }
}
