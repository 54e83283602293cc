/** Key tones by INFO (application/dtmf-relay), for a far end that did not agree to RFC 4733 or hears no audio of ours. */
import { type Core, type Session, SessionState } from 'sip.js'
import { TroubleError } from '../trouble'

/** One INFO for each tone, each after the answer to the last. Rejects with TroubleError `sip.tonesRefused` or `sip.callOver`. */
export async function sendKeyTones(session: Session, tones: string): Promise<void> {
  for (const tone of tones) await sendKeyTone(session, tone)
}

function sendKeyTone(session: Session, tone: string): Promise<void> {
  if (session.state !== SessionState.Established) throw new TroubleError('sip.callOver')
  const content = `Signal=${tone}\r\nDuration=160\r\n`
  return new Promise((resolve, reject) => {
    const refused = ({ message }: Core.IncomingResponse) =>
      reject(new TroubleError('sip.tonesRefused', { status: message.statusCode ?? 0 }))
    session
      .info({
        requestOptions: { body: { contentDisposition: 'render', contentType: 'application/dtmf-relay', content } },
        requestDelegate: {
          onAccept: () => resolve(),
          onReject: refused,
          onRedirect: refused,
        },
      })
      .catch(reject)
  })
}
