/**
 * Telephone numbers, user names and people's names in a trace, each replaced by the same stand-in everywhere, so that an
 * administrator can follow a call without learning who spoke with whom.
 */
import { setImmediate } from 'node:timers/promises'
import { longName, partsOf } from './redact'

/** Headers that hold addresses (RFC 3261 §20, RFC 3325, RFC 5806, RFC 7044, RFC 3515, RFC 3892). */
const addresses = new Set(
  (
    'from to contact reply-to p-asserted-identity p-preferred-identity p-called-party-id p-associated-uri remote-party-id diversion ' +
    'history-info refer-to referred-by route record-route path service-route'
  ).split(' '),
)
/** Headers that hold nothing personal, or only what was replaced by then; the value of any other is masked whole. */
const plain = new Set(
  (
    'via call-id cseq max-forwards content-type content-length content-encoding content-disposition expires min-expires allow allow-events supported ' +
    'require proxy-require unsupported user-agent server session-expires min-se event subscription-state date timestamp rack rseq ' +
    'reason retry-after warning accept accept-encoding accept-language replaces join privacy mime-version www-authenticate ' +
    'proxy-authenticate authorization proxy-authorization authentication-info sip-etag sip-if-match refer-sub target-dialog'
  ).split(' '),
)
/** Our own Contact (a token that stands for this installation): needed to tell calls apart, and nobody's number. */
const ourContact = /^[0-9a-f]{12}@[0-9a-f]{12}\.invalid/
const keptUsers = new Set(['anonymous', 'asterisk'])
const uri = /\b(sips?):([^\s<>"@;?]+(?:;[^\s<>"@]*)?)@([^\s<>";?]+)|\btel:([^\s<>";?]+)/gi
const spokenNumber = /\+?\d[\d().\- ]{4,}\d/g

export class NumberMask {
  readonly #numbers = new Map<string, string>()
  readonly #names = new Map<string, string>()

  /** All messages of a trace at once: a number that one of them names is hidden in every other too. Calls go on meanwhile. */
  async all(messages: readonly string[]): Promise<string[]> {
    const structured = await unhurried(messages, (message) => this.#structured(message))
    return await unhurried(structured, (message) => this.literally(message))
  }

  /** Replaces numbers and names that are known by now wherever they stand in a text. */
  literally(text: string): string {
    let result = text.replace(/[+\w*#%.]+/g, (token) => {
      const digits = token.replace(/\D/g, '').length
      return (digits >= 4 && !/^number-\d+$/.test(token) ? this.#numbers.get(key(token)) : undefined) ?? token
    })
    let lower = result.toLowerCase()
    for (const [name, mask] of this.#names) {
      if (name.length >= 4 && lower.includes(name)) {
        result = result.replace(new RegExp(name.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'gi'), mask)
        lower = result.toLowerCase()
      }
    }
    return result
  }

  number(user: string): string {
    const known = this.#numbers.get(key(user))
    if (known) return known
    const mask = `number-${this.#numbers.size + 1}`
    this.#numbers.set(key(user), mask)
    return mask
  }

  name(display: string): string {
    const plainName = display.trim().toLowerCase()
    const known = this.#names.get(plainName)
    if (known) return known
    const mask = `name-${this.#names.size + 1}`
    this.#names.set(plainName, mask)
    return mask
  }

  #structured(message: string): string {
    const { start, headers, odd, body } = partsOf(message)
    const lines = [this.#uris(start)]
    for (const { name, value } of headers) lines.push(`${name}: ${this.#value(longName(name), value)}`)
    if (odd > 0) lines.push(...message.split('\n').filter((line) => /^\[\d+ lines that are no header\]$/.test(line)))
    if (body !== '') lines.push('', ...body.split('\n').map((line) => this.#bodyLine(line)))
    return lines.join('\n')
  }

  #value(name: string, value: string): string {
    if (addresses.has(name)) return this.#addressList(value)
    return plain.has(name) ? this.#uris(value) : '[masked]'
  }

  /** `"Name" <uri>;params, …`; whatever stands before a `<` is taken for a name, however it is quoted. */
  #addressList(value: string): string {
    if (!value.includes('<')) return /^\s*(?:(?:sips?|tel):|\*$)/i.test(value) ? this.#uris(value) : '[masked]'
    let result = ''
    for (const [, before = '', address = '', after = ''] of value.matchAll(/([^<]*)<([^>]*)>?([^,<]*,?)/g)) {
      const display = before.trim().replace(/^"|"$/g, '').replace(/\\(.)/g, '$1')
      result += display === '' ? '' : `"${this.name(display)}" `
      result += `<${/^(?:sips?|tel):/i.test(address) ? this.#uris(address) : 'masked'}>${this.#uris(after)} `
    }
    return result.trim()
  }

  #uris(text: string): string {
    return text.replace(uri, (whole, scheme: string | undefined, user: string | undefined, host: string, tel: string | undefined) => {
      if (tel !== undefined) return `tel:${this.number(tel)}`
      const name = user ?? ''
      if (ourContact.test(`${name}@${host}`) || keptUsers.has(name.toLowerCase())) return whole
      return `${scheme}:${this.number(name)}@${host}`
    })
  }

  #bodyLine(line: string): string {
    const origin = /^o=(\S+)(.*)$/.exec(line)
    if (origin) return `o=${origin[1] === '-' ? '-' : 'masked'}${origin[2]}`
    if (/^[siuep]=/.test(line)) return /^s=(?:-|\s)*$/.test(line) ? line : `${line.slice(0, 2)}masked`
    if (/^[a-z]=/.test(line)) return this.#uris(line)
    // A header of a fragment (message/sipfrag), a line of a message summary, XML.
    const header = /^([\w-]+):\s?(.*)$/.exec(line)
    if (header?.[1] && addresses.has(longName(header[1]))) return `${header[1]}: ${this.#addressList(header[2] ?? '')}`
    return this.#uris(line)
      .replace(/\b(display(?:-name)?\s*=\s*)"([^"]*)"/gi, (_all, before: string, name: string) => `${before}"${this.name(name)}"`)
      .replace(/>([^<>]+)</g, (all, text: string) => (/^(?:\s*|[a-z-]+|(?:sips?|tel):\S+)$/.test(text) ? all : '>masked<'))
      .replace(spokenNumber, (found) => this.number(found))
  }
}

/** Maps a long list with a pause every few milliseconds. */
async function unhurried(list: readonly string[], action: (one: string) => string): Promise<string[]> {
  const done: string[] = []
  let since = performance.now()
  for (const one of list) {
    done.push(action(one))
    if (performance.now() - since < 8) continue
    await setImmediate()
    since = performance.now()
  }
  return done
}

/** A number however it is written; a user name as it is. */
function key(user: string): string {
  let text = user.split(';', 1)[0] ?? ''
  try {
    text = decodeURIComponent(text)
  } catch {
    // Hostile escapes stay as they are.
  }
  return /^[+\d().\- ]+$/.test(text) ? text.replace(/[().\- ]/g, '') : text.toLowerCase()
}
