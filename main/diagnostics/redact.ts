/**
 * A SIP message without what nobody but its two ends may know: sign-in answers and challenges, keys of the audio, key tones
 * (PINs) and text messages. Works on text that may be malformed on purpose: what is not understood is left out, not kept.
 */

const leftOut = '[left out]'
/** Characters of a message and of one line of it: what is sought in them takes time that grows with the square of a line. */
const longestMessage = 64_000
const longestLine = 4_000

/** Header names whose value is a secret or comes close to one, whoever made them up. */
const secretName = /auth|cookie|passw|secret|token|credential|api-?key|private-key/i
/** RFC 3261 §20.44, §20.27: of these the harmless parameters tell an administrator what is asked for. */
const challenge = /^(?:www|proxy)-authenticate$/
const harmlessParameters = /\b(realm|algorithm|qop|stale)\s*=\s*("(?:[^"\\]|\\.)*"|[\w-]+)/gi
/** Parameters that are secret wherever they turn up. */
const secretParameter =
  /(?<![\w-])([\w-]*(?:nonce|passw(?:or)?d|secret|token|credential|api-?key|response|opaque|pwd|auth))(\s*=\s*)("(?:[^"\\]|\\.)*"?|[^\s,;&>"]+)/gi
const signIn = /\b(digest|basic|bearer|ntlm|negotiate)\s+[A-Za-z0-9+/=._~-]{8,}.*/gi
/** RFC 3261 §19.1.1: `sip:user:password@host`. */
const uriPassword = /\b(sips?:[^\s:@<>"]*):([^@\s<>"]*)@/gi
/** RFC 3261 §19.1.1: headers inside a URI; of these only Replaces (RFC 3891) says how calls belong together. */
const uriHeaders = /(\b(?:sips?|tel):[^\s<>"?]*)\?([^\s<>"]*)/gi

/** Bodies that are shown, with what is secret in them taken out. */
const readableBodies =
  /^(application\/sdp|message\/sipfrag|application\/(?:dialog-info|pidf|reginfo)\+xml|application\/simple-message-summary)$/i
const secretSdp = /^\s*(?:k\s*=|a\s*=\s*[\w-]*(?:crypto|key-mgmt|pwd|passw|secret|token))/i

export interface HeaderLine {
  /** As written. */
  name: string
  /** Unfolded (RFC 3261 §7.3.1) and trimmed. */
  value: string
}
/** A message read as far as any text can be. */
export interface Parts {
  start: string
  headers: HeaderLine[]
  /** Lines of the head that are no header. */
  odd: number
  body: string
}

const longForms: Readonly<Record<string, string>> = {
  c: 'content-type',
  f: 'from',
  t: 'to',
  m: 'contact',
  i: 'call-id',
  v: 'via',
  r: 'refer-to',
  b: 'referred-by',
  l: 'content-length',
  k: 'supported',
  e: 'content-encoding',
  s: 'subject',
  o: 'event',
  u: 'allow-events',
  x: 'session-expires',
  a: 'accept-contact',
  d: 'request-disposition',
  j: 'reject-contact',
  y: 'identity',
}

/** A header's name in its long form, lower case. */
export function longName(name: string): string {
  const plain = name.trim().toLowerCase()
  return longForms[plain] ?? plain
}

export function partsOf(text: string): Parts {
  const end = /\r\n\r\n/.exec(text) ?? /\r?\n\r?\n|\r\r/.exec(text)
  const top = end ? text.slice(0, end.index) : text
  const body = end ? text.slice(end.index + end[0].length) : ''
  const lines = top.split(/\r\n|\n|\r/)
  const start = (lines.shift() ?? '').trim()
  const headers: HeaderLine[] = []
  let odd = 0
  let open: HeaderLine | null = null
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (/^[ \t]/.test(line)) {
      if (open) open.value = `${open.value} ${line.trim()}`.trim()
      else odd += 1
    } else if (colon < 1 || !/^[\w.!%*+`'~-]+[ \t]*$/.test(line.slice(0, colon))) {
      odd += line === '' ? 0 : 1
      // What is folded below it belongs to it, not to the header above.
      if (line !== '') open = null
    } else {
      open = { name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }
      headers.push(open)
    }
  }
  return { start, headers, odd, body }
}

/** The message without secrets, its lines unfolded and ended by `\n`, control characters shown as `\xNN`. */
export function withoutSecrets(text: string): string {
  const { start, headers, odd, body } = partsOf(text.slice(0, longestMessage))
  const isSip = /^(?:SIP\/2\.0 \d{3}\b|[\w.!%*+`'~-]{1,32} \S+ SIP\/2\.0$)/i.test(start)
  const lines = [isSip ? plainValue(shortened(start)) : `[a first line of ${start.length} characters that is no SIP]`]
  for (const header of headers) lines.push(`${header.name}: ${safeValue(header)}`)
  if (odd > 0) lines.push(`[${odd} lines that are no header]`)
  if (body !== '') lines.push('', ...safeBody(start, headers, isSip, body))
  if (text.length > longestMessage) lines.push(`[${text.length - longestMessage} characters more left out]`)
  return lines.map(printable).join('\n')
}

/** Cut before the last word: half of a secret may no longer look like one. */
function shortened(line: string): string {
  if (line.length <= longestLine) return line
  const kept = line.slice(0, longestLine)
  const end = Math.max(...[' ', '\t', '<', '>'].map((sign) => kept.lastIndexOf(sign)), 0)
  return `${kept.slice(0, end)} [${line.length - end} characters left out]`
}

function safeValue(header: HeaderLine): string {
  const long = longName(header.name)
  const value = shortened(header.value)
  if (challenge.test(long)) {
    const scheme = /^[A-Za-z]+/.exec(value)?.[0] ?? ''
    const shown = [...value.slice(scheme.length).matchAll(harmlessParameters)].map(([, key, what]) => `${key}=${what}`)
    return [scheme, [...shown, 'nonce=[left out]'].join(', ')].join(' ').trim()
  }
  return secretName.test(long) ? leftOut : plainValue(value)
}

function plainValue(value: string): string {
  return value
    .replace(uriHeaders, (_all, uri: string, given: string) => `${uri}?${given.split('&').map(uriHeader).join('&')}`)
    .replace(uriPassword, `$1:${leftOut}@`)
    .replace(secretParameter, `$1$2${leftOut}`)
    .replace(signIn, `$1 ${leftOut}`)
}

function uriHeader(pair: string): string {
  const name = pair.split('=', 1)[0] ?? ''
  return /^replaces$/i.test(name) ? pair : `${/^[\w-]{1,40}$/.test(name) ? name : ''}=${leftOut}`
}

function safeBody(start: string, headers: readonly HeaderLine[], isSip: boolean, body: string): string[] {
  const all = (name: string) => headers.filter((header) => longName(header.name) === name).map(({ value }) => value)
  const types = all('content-type')
  const type = (types[0] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const method = (/^SIP\/2\.0/i.test(start) ? all('cseq').join(' ') : start).toUpperCase()
  // Key tones by INFO are as secret as those by RFC 4733, which no trace sees; text messages are the rep's own.
  const isPrivate = /\b(?:INFO|MESSAGE)\b/.test(method)
  const shown = isSip && !isPrivate && types.length === 1 && all('content-encoding').length === 0 && readableBodies.test(type)
  if (!shown) return [`[a body of ${Buffer.byteLength(body)} bytes left out${/^[\w.+/-]{1,80}$/.test(type) ? `: ${type}` : ''}]`]
  if (type === 'message/sipfrag') return withoutSecrets(body).split('\n')
  const lines = body.split(/\r\n|\n|\r/).map(shortened)
  if (lines.at(-1) === '') lines.pop()
  if (type === 'application/sdp') return lines.map(sdpLine)
  return lines.map(plainValue)
}

function sdpLine(line: string): string {
  if (!/^[a-z]=/.test(line)) return leftOut
  return secretSdp.test(line) ? `${/^[a-z]=[\w-]*/.exec(line)?.[0] ?? ''} ${leftOut}` : plainValue(line)
}

function printable(line: string): string {
  return line.replace(/(?!\t)[\p{Cc}\p{Cf}\u2028\u2029]/gu, (sign) => `\\x${(sign.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`)
}
