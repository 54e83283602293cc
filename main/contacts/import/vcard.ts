/**
 * Contacts from vCard 3 and 4 (RFC 2426, RFC 6350), and 2.1 as phones still write it. Cards are cut out line by line, so
 * that a broken one costs itself alone; what a card holds is ical.js's work.
 */
import ICAL from 'ical.js'
import type { Phone } from '../../../preload/contract'
import type { NewContact, NewPhone } from '../contact-writer'
import type { Entry } from './csv'
import type { Line } from './text-file'

/** One property as ical.js gives it (RFC 7095): name, parameters, type, values. */
type Property = [string, Record<string, string | string[]>, string, ...unknown[]]
interface Card {
  line: number
  lines: string[]
  size: number
}

/** Without pictures and sounds a card is never this long. */
const longestCard = 200_000
const mostLines = 5_000
/** What contacts have no use for and what makes cards large. */
const bulky = /^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY|AGENT|X-ABCROP-RECTANGLE)[;:]/i

export function* readVcards(lines: Iterable<Line>): Generator<Entry> {
  let card: Card | null = null
  let skipping = false
  for (const { number, text } of lines) {
    const marker = text.trim().toUpperCase()
    if (marker === 'BEGIN:VCARD') {
      if (card) yield { line: card.line, trouble: { code: 'import.cardOpen', params: {} } }
      card = { line: number, lines: [], size: 0 }
      skipping = false
    } else if (!card) {
      // Between cards stands nothing of interest.
    } else if (marker === 'END:VCARD') {
      yield read(card)
      card = null
    } else {
      const continues = /^[ \t]/.test(text)
      if (!continues) skipping = bulky.test(text)
      if (skipping) continue
      card.size += text.length
      if (card.size <= longestCard && card.lines.length <= mostLines) card.lines.push(text)
    }
  }
  if (card) yield { line: card.line, trouble: { code: 'import.cardOpen', params: {} } }
}

function read(card: Card): Entry {
  const { line } = card
  if (card.size > longestCard || card.lines.length > mostLines) return { line, trouble: { code: 'import.recordTooLong', params: {} } }
  try {
    const contact = contactOf(propertiesOf(card.lines))
    const empty = contact.name === '' && contact.organization === '' && contact.phones.length === 0 && contact.emails.length === 0
    return empty ? { line, trouble: { code: 'import.nothingInIt', params: {} } } : { line, contact }
  } catch (error) {
    return { line, trouble: { code: 'import.cardBroken', params: {}, detail: error instanceof Error ? error.message.slice(0, 300) : '' } }
  }
}

function propertiesOf(given: string[]): Property[] {
  const unfolded = unfold(given)
  const version =
    unfolded
      .find((line) => /^VERSION:/i.test(line))
      ?.slice(8)
      .trim() ?? ''
  const lines = (version === '3.0' || version === '4.0' ? unfolded : [...unfolded.map(fromOldVersion), 'VERSION:3.0']).filter((line) =>
    /^[\w.-]+[;:]/.test(line),
  )
  const isVersion = (line: string) => /^VERSION:/i.test(line)
  const lastVersion = lines.findLastIndex(isVersion)
  const readable = lines.filter((line, index) => index === lastVersion || !isVersion(line))
  const parsed = (text: string[]) => ICAL.parse(['BEGIN:VCARD', ...text, 'END:VCARD'].join('\r\n')) as [string, Property[]]
  try {
    return parsed(readable)[1]
  } catch {
    // One property that breaks the grammar must not cost the card: each is read alone.
    return readable.flatMap((line) => {
      try {
        return parsed([`VERSION:${version === '4.0' ? '4.0' : '3.0'}`, line])[1].slice(1)
      } catch {
        return []
      }
    })
  }
}

/** Continuation lines begin with a space or tab; in quoted-printable a line that ends in `=` goes on in the next. */
function unfold(lines: string[]): string[] {
  const whole: string[] = []
  for (const line of lines) {
    const last = whole.at(-1)
    if (last !== undefined && /^[ \t]/.test(line)) whole[whole.length - 1] = last + line.slice(1)
    else if (last?.endsWith('=') && /QUOTED-PRINTABLE/i.test(last)) whole[whole.length - 1] = last.slice(0, -1) + line
    else if (line.trim() !== '') whole.push(line)
  }
  return whole
}

/** A line of vCard 2.1 in the words of 3.0: types by name, quoted-printable decoded. */
function fromOldVersion(line: string): string {
  const colon = line.indexOf(':')
  if (colon < 0) return line
  const [name = '', ...parameters] = line.slice(0, colon).split(';')
  let value = line.slice(colon + 1)
  const kept: string[] = []
  let charset = 'utf-8'
  let printable = false
  for (const parameter of parameters) {
    const [key = '', said] = parameter.split('=')
    if (/^quoted-printable$/i.test(said ?? key)) printable = true
    else if (said === undefined) kept.push(`TYPE=${key}`)
    else if (/^encoding$/i.test(key)) continue
    else if (/^charset$/i.test(key)) charset = said
    else kept.push(parameter)
  }
  if (printable) value = decodePrintable(value, charset).replace(/\r\n|\n|\r/g, '\\n')
  return `${[name, ...kept].join(';')}:${value}`
}

function decodePrintable(text: string, charset: string): string {
  const bytes = Buffer.from(
    text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

function contactOf(properties: Property[]): NewContact {
  const all = (name: string) => properties.filter((property) => property[0] === name)
  const text = (value: unknown): string => (Array.isArray(value) ? value.flat(2).map(String).join(' ') : String(value ?? '')).trim()
  const one = (name: string) => text(all(name)[0]?.[3])
  const structured = all('n')[0]?.[3]
  // N holds family, given, additional, prefix, suffix in that order.
  const [family, given, additional] = Array.isArray(structured) ? structured.map(text) : [text(structured)]
  const composed = [given, additional, family].filter((part) => part).join(' ')
  const organization = all('org')[0]?.[3]
  return {
    name: one('fn') || composed || one('nickname'),
    organization: text(Array.isArray(organization) ? organization[0] : organization),
    jobTitle: one('title') || one('role'),
    emails: all('email').map((property) => text(property[3]).replace(/^mailto:/i, '')),
    note: all('note')
      .map((property) => text(property[3]))
      .join('\n'),
    labels: all('categories').flatMap((property) => property.slice(3).map(text)),
    phones: preferredFirst(all('tel')),
    country: null,
    externalId: one('uid') || null,
  }
}

function preferredFirst(properties: Property[]): NewPhone[] {
  const preference = ([, parameters]: Property) => (typesOf(parameters).includes('pref') ? 1 : Number(parameters.pref ?? 101))
  return properties
    .toSorted((one, other) => preference(one) - preference(other))
    .map((property) => ({ raw: numberOf(String(property[3] ?? '')), type: phoneTypeOf(typesOf(property[1])) }))
}

function typesOf(parameters: Property[1]): string[] {
  return [parameters.type ?? []].flat().flatMap((each) => each.toLowerCase().split(','))
}

function phoneTypeOf(types: string[]): Phone['type'] {
  if (types.includes('fax')) return 'fax'
  if (types.some((type) => type === 'cell' || type === 'iphone' || type === 'mobile')) return 'mobile'
  if (types.includes('main')) return 'main'
  if (types.includes('home')) return 'home'
  if (types.includes('other')) return 'other'
  return 'work'
}

/** `tel:+46-8-465;ext=12` (RFC 3966) is read like any other text; a URI's escapes are undone. */
function numberOf(value: string): string {
  const uri = /^(?:tel|sip|sips|callto):(.*)$/i.exec(value.trim())
  if (!uri?.[1]) return value
  try {
    return decodeURIComponent(uri[1]).replace(/@.*$/, '')
  } catch {
    return uri[1]
  }
}
