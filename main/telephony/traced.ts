/** A look at every message as it crosses a wire, whatever becomes of it on either side. */
import type { Connector, SipTracer, Wire } from './port'

/** The same connector, its wires watched by `trace`. `server`: for reading. */
export function tracedConnector(connector: Connector, trace: SipTracer, about: { accountId: string; server: string }): Connector {
  return async (signal) => {
    const wire = await connector(signal)
    const traced: Wire = {
      onMessage: null,
      onClose: null,
      send(text) {
        trace({ ...about, sent: true, text })
        wire.send(text)
      },
      close: () => wire.close(),
    }
    wire.onMessage = (text) => {
      trace({ ...about, sent: false, text })
      traced.onMessage?.(text)
    }
    wire.onClose = (trouble) => traced.onClose?.(trouble)
    return traced
  }
}
