/** Reads application/simple-message-summary (RFC 3842 §3.5). Hostile text: anything else gives null. */
import type { MessageSummary } from './port'

const most = 9_999

/** «Messages-Waiting: yes» and «Voice-Message: 2/8 (0/2)»; counts that are absent are null, for some servers say only the first. */
export function readMessageSummary(body: string): MessageSummary | null {
  const waiting = /^[ \t]*Messages-Waiting[ \t]*:[ \t]*(yes|no)[ \t]*$/im.exec(body)?.[1]
  if (!waiting) return null
  const voice = /^[ \t]*Voice-Message[ \t]*:[ \t]*(\d{1,10})[ \t]*\/[ \t]*(\d{1,10})/im.exec(body)
  const count = (digits: string | undefined) => (digits === undefined ? null : Math.min(Number(digits), most))
  return { waiting: waiting.toLowerCase() === 'yes', fresh: count(voice?.[1]), old: count(voice?.[2]) }
}
