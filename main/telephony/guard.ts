/**
 * Stands between the wire and the SIP library, which throws at some packets, drops others without a word and loops on a
 * third kind (each measured, see docs/telephony.md). Decides by text alone; the transport does what it says.
 */
import { forLog, type Head, headerOf, headersOf, readHead, respond, tagOf } from './message'

export type Verdict =
  | { do: 'pass'; text: string; head: Head }
  | { do: 'answer'; response: string; why: string; head: Head }
  | { do: 'drop'; why: string; head: Head | null }
  /** Nothing worth a line: keep-alives. */
  | { do: 'ignore' }

/** Characters of head and body together that a request may have; RFC 3261 §18.1.1 knows no limit, a softphone does. */
const maxRequest = 96 * 1024
const mandatory = ['from', 'to', 'call-id', 'cseq', 'via'] as const
/** What a request may require of us. */
const extensions = ['replaces', 'timer', 'norefersub']
/** The host under which a tel: URI (RFC 3966) passes through the library, which knows none; undone on the way out. */
const telHost = 'tel.invalid'

export interface Guard {
  inspect(text: string): Verdict
  /** Undoes on the way out what `inspect` had to rewrite on the way in. */
  restore(text: string): string
}

export function createGuard(localTag: () => string): Guard {
  /** Challenges in a row for one Call-ID and method: a server that says `stale` for ever makes the library try for ever. */
  const challenges = new Map<string, number>()

  function inspectRequest(text: string, head: Head): Verdict {
    const answer = (status: number, why: string): Verdict =>
      head.method === 'ACK' ? { do: 'drop', why, head } : { do: 'answer', response: respond(head, status, localTag()), why, head }
    const cseq = /^(\d{1,10})\s+(\S+)$/.exec(headerOf(head, 'cseq') ?? '')
    if (!cseq || cseq[2]?.toUpperCase() !== head.method || Number(cseq[1]) > 0x7fffffff) return answer(400, 'CSeq is malformed')
    const twice = ['from', 'to', 'call-id', 'cseq'].find((name) => headersOf(head, name).length > 1)
    if (twice) return answer(400, `it has more than one ${twice}`)
    if (!tagOf(headerOf(head, 'from'))) return answer(400, 'From has no tag')
    const unknown = required(head)
    if (unknown.length > 0 && head.method !== 'ACK' && head.method !== 'CANCEL') {
      const response = respond(head, 420, localTag(), [`Unsupported: ${unknown.join(', ')}`])
      return { do: 'answer', response, why: 'it requires an extension that is not known here', head }
    }
    if (text.length > maxRequest) return answer(513, `${text.length} characters are too many`)
    if (!/^sip:/i.test(head.requestUri ?? '')) return answer(416, 'the Request-URI is no sip: URI')
    // Never negotiated by us; in a dialog the library throws at it, outside of one too.
    if (head.method === 'PRACK') return answer(481, 'PRACK belongs to nothing here')
    if (head.method === 'CANCEL' && tagOf(headerOf(head, 'to'))) return answer(481, 'CANCEL with a To tag belongs to nothing here')
    return { do: 'pass', text: rewrite(text, head), head }
  }

  function inspectResponse(text: string, head: Head): Verdict {
    const status = head.status ?? 0
    const cseq = /^\d{1,10}\s+([A-Za-z]+)$/.exec(headerOf(head, 'cseq') ?? '')
    if (!cseq) return { do: 'drop', why: 'CSeq is malformed', head }
    if (status < 100 || status > 699) return { do: 'drop', why: 'the status is out of range', head }
    if (headersOf(head, 'via').length > 1) return { do: 'drop', why: 'it has more than one Via', head }
    const key = `${headerOf(head, 'call-id')} ${cseq[1]}`
    if (status !== 401 && status !== 407) {
      if (status >= 200) challenges.delete(key)
      return { do: 'pass', text: rewrite(text, head), head }
    }
    const count = (challenges.get(key) ?? 0) + 1
    challenges.set(key, count)
    if (challenges.size > 1000) challenges.clear()
    const readable = onlyMd5(text, head)
    // Without `stale` the library takes the next one for what it is: a refusal.
    return { do: 'pass', text: count < 3 ? readable : readable.replace(/\bstale\s*=\s*"?true"?/gi, 'stale=false'), head }
  }

  return {
    inspect(text) {
      if (/^[\r\n]*$/.test(text)) return { do: 'ignore' }
      const bodyAt = text.indexOf('\r\n\r\n')
      if (bodyAt < 0) return { do: 'drop', why: 'it has no end of headers', head: null }
      const clean = text.slice(0, bodyAt).replace(/(?![\r\n\t])\p{Cc}/gu, ' ') + text.slice(bodyAt)
      const head = readHead(clean)
      if (!head) return { do: 'drop', why: 'it is no SIP message', head: null }
      const missing = mandatory.find((name) => headerOf(head, name) === undefined)
      if (missing) return { do: 'drop', why: `it has no ${missing}`, head }
      return head.status === null ? inspectRequest(clean, head) : inspectResponse(clean, head)
    },
    restore(text) {
      if (!text.includes(`@${telHost}`)) return text
      return text.replace(new RegExp(`^((?:From|To|f|t)\\s*:[^\\r\\n]*?)sip:([^@\\s<>]+)@${telHost}`, 'gim'), '$1tel:$2')
    },
  }
}

/** Option tags that a request must not go on without (RFC 3261 §8.2.2.3, which the library does not look at), as far as they are none of ours. */
function required(head: Head): string[] {
  const tags = headersOf(head, 'require').flatMap((value) => value.split(',').map((tag) => tag.trim()))
  return tags.filter((tag) => /^[\w.!%*+`'~-]{1,80}$/.test(tag) && !extensions.includes(tag.toLowerCase())).slice(0, 20)
}

/** Of several challenges (RFC 8760) the library reads the first alone and knows nothing but MD5: the others go. */
function onlyMd5(text: string, head: Head): string {
  const isMd5 = (challenge: string) => /algorithm\s*=\s*"?MD5"?\s*(?:,|$)/i.test(challenge) || !/algorithm\s*=/i.test(challenge)
  const challenges = [...headersOf(head, 'www-authenticate'), ...headersOf(head, 'proxy-authenticate')]
  if (challenges.length < 2 || !challenges.some(isMd5)) return text
  const top = text
    .slice(0, head.bodyAt)
    .replace(/^(?:WWW|Proxy)-Authenticate[ \t]*:((?:[^\r\n]|\r\n[ \t])*)\r\n/gim, (line, value: string) => (isMd5(value) ? line : ''))
  return top + text.slice(head.bodyAt)
}

/** Header values that the library would stumble over, put so that it does not. The originals stay in `Head`. */
function rewrite(text: string, head: Head): string {
  const bodyAt = head.bodyAt
  let top = text.slice(0, bodyAt)
  for (const name of ['from', 'to']) {
    const value = headerOf(head, name)
    if (value === undefined) continue
    const short = name === 'from' ? 'f' : 't'
    const tame = tameParty(value)
    if (tame !== value) {
      top = top.replace(
        new RegExp(`^(?:${name}|${short})[ \\t]*:(?:[^\\r\\n]|\\r\\n[ \\t])*`, 'im'),
        () => `${name === 'from' ? 'From' : 'To'}: ${tame}`,
      )
    }
  }
  const expires = headerOf(head, 'expires')
  // The library makes a timer of it: beyond 2^31 ms that fires at once, and so does what is no number.
  if (head.method === 'INVITE' && expires !== undefined && !/^[1-9]\d{0,4}$/.test(expires)) {
    top = top.replace(/^expires[ \t]*:[^\r\n]*\r\n/im, '')
  }
  return top + text.slice(bodyAt)
}

/**
 * A From or To value without its display name (who is calling is read from the original) and with tel: and sips: URIs put
 * as sip:, which is all that the library's grammar takes.
 */
function tameParty(value: string): string {
  const bracket = /<\s*(sips?|tel):([^<>\s]+)\s*>([^<>]*)$/i.exec(value)
  const bare = bracket ? null : /^(sips?|tel):([^<>\s;]+)(;.*)?$/i.exec(value)
  const found = bracket ?? bare
  if (!found) return value
  const scheme = (found[1] ?? '').toLowerCase()
  const rest = found[2] ?? ''
  const uri = scheme === 'tel' ? `sip:${rest}@${telHost}` : `${scheme}:${rest}`
  const tag = tagOf(value)
  const display = bracket ? value.slice(0, bracket.index).trim() : ''
  // Short and plain display names may stay: what goes back is then what came.
  const keep = display === '' || (display.length <= 200 && /^(?:"[^"\\]*"|[\w .!%*+`'~-]+)$/.test(display))
  if (keep && scheme === 'sip') return value
  return `${keep && display ? `${display} ` : ''}<${uri}>${tag ? `;tag=${tag}` : ''}`
}

/** What a log line may say of a message: what kind it is, never what is in it. */
export function kindOf(head: Head | null): string {
  if (!head) return 'something'
  return head.method ?? `${head.status} to ${forLog(headerOf(head, 'cseq')?.split(/\s+/)[1] ?? '?', 20)}`
}
