/**
 * SIP text as it stands on the wire, read just far enough to decide about it before the library sees it: start line,
 * header lines with their RFC 3261 §7.3.3 short forms, and where the body begins. Never interprets, never throws.
 */

export interface Header {
  /** Lower case, in its long form. */
  name: string
  /** Unfolded and trimmed. */
  value: string
}

export interface Head {
  startLine: string
  /** Null for a response. */
  method: string | null
  requestUri: string | null
  /** Null for a request. */
  status: number | null
  headers: readonly Header[]
  /** Index in the text where the body begins. */
  bodyAt: number
}

/** RFC 3261 §20 and the registry behind it. */
const longForms: Readonly<Record<string, string>> = {
  b: 'referred-by',
  c: 'content-type',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  t: 'to',
  v: 'via',
  x: 'session-expires',
}
const maxHeaders = 256

/** Null when the text has no SIP start line, no end of headers, or more headers than any honest message. */
export function readHead(text: string): Head | null {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return null
  const lines = text
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const startLine = lines.shift() ?? ''
  if (lines.length > maxHeaders) return null
  const response = /^SIP\/2\.0 (\d{3})(?: |$)/.exec(startLine)
  const request = response ? null : /^([A-Za-z0-9!%*_+`'~.-]{1,64}) (\S+) SIP\/2\.0$/.exec(startLine)
  if (!response && !request) return null
  const headers: Header[] = []
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) return null
    const name = line.slice(0, colon).trim().toLowerCase()
    headers.push({ name: longForms[name] ?? name, value: line.slice(colon + 1).trim() })
  }
  return {
    startLine,
    method: request?.[1]?.toUpperCase() ?? null,
    requestUri: request?.[2] ?? null,
    status: response ? Number(response[1]) : null,
    headers,
    bodyAt: end + 4,
  }
}

export function headerOf(head: Head, name: string): string | undefined {
  return head.headers.find((header) => header.name === name)?.value
}

export function headersOf(head: Head, name: string): string[] {
  return head.headers.filter((header) => header.name === name).map((header) => header.value)
}

/** The `tag` parameter of a From or To value. */
export function tagOf(value: string | undefined): string | null {
  return value ? (/;\s*tag\s*=\s*([^;\s,>]+)(?:[;\s,]|$)/i.exec(value)?.[1] ?? null) : null
}

const phrases: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  481: 'Call/Transaction Does Not Exist',
  422: 'Session Interval Too Small',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  513: 'Message Too Large',
}

/** A stateless response (RFC 3261 §8.2.6, §8.2.7) to a request that the library cannot be trusted with. */
export function respond(head: Head, status: number, localTag: string, extra: readonly string[] = []): string {
  const lines = [`SIP/2.0 ${status} ${phrases[status] ?? 'Refused'}`]
  for (const { name, value } of head.headers) {
    const shown = { via: 'Via', from: 'From', 'call-id': 'Call-ID', cseq: 'CSeq', to: 'To' }[name]
    if (shown) lines.push(`${shown}: ${value}${name === 'to' && !tagOf(value) ? `;tag=${localTag}` : ''}`)
  }
  lines.push(...extra)
  return `${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`
}

/** One line for the log: no control characters, no bidi tricks, cut short. */
export function forLog(text: string, length = 120): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim()
  return plain.length > length ? `${plain.slice(0, length)}…` : plain
}
