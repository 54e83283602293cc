/** What stands in the dial field: is it a number, and what Enter means. */
import type { CommandInput, ContactSummary, OrganizationSummary, Phone } from '../../../preload/contract'
import { isVanityNumber, lettersToDigits } from './letters'

/** Where a number to dial comes from. */
export type DialOrigin = NonNullable<CommandInput<'call.dial'>['origin']>

/** A number of a person, or an organization's own. */
export interface Suggestion {
  key: string
  /** Null: an organization. */
  contactId: number | null
  name: string
  /** The person's; null for none, and for an organization itself. */
  organization: string | null
  phone: Phone
}

/** The text without what copying from web pages brings along: bidi and zero-width controls, odd spaces, other scripts' digits. */
export function cleanDialText(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Cc}]/gu, '')
    .replace(/\p{Nd}/gu, (digit) => String(decimalValue(digit)))
    .replace(/[\s\u00a0]+/g, ' ')
    .trim()
}

/** Decimal digits of every script stand in runs of ten that begin at their zero (Unicode, property Nd). */
function decimalValue(digit: string): number {
  const point = digit.codePointAt(0) ?? 0
  if (point >= 0x30 && point <= 0x39) return point - 0x30
  let zero = point
  while (point - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
  return point - zero
}

/** True for digits with the signs that people write between them, `*` and `#` codes, `tel:` links and SIP addresses. */
export function isDialable(text: string): boolean {
  const cleaned = cleanDialText(text)
  if (/^sips?:[^\s@]+(@[^\s@]+)?$/i.test(cleaned)) return true
  const number = cleaned.replace(/^tel:/i, '')
  if (/^[^\s@]+@[^\s@]+$/.test(number)) return true
  return /[\d*#]/.test(number) && /^\+?[\d\s().\-–/*#,]+$/.test(number)
}

export type EnterMeaning =
  | { kind: 'dial'; number: string; contactId: number | null }
  /** A name: the suggestions open, nothing is dialled. */
  | { kind: 'suggest' }
  /** A call is coming in, so that Enter may have been meant for it: nothing is dialled. */
  | { kind: 'wait' }
  | { kind: 'nothing' }

/** What Enter means in the dial field; letters of a number such as 1-800-FLOWERS are the digits they stand on. `highlighted` is the suggestion under the cursor, if any. */
export function enterMeaning(text: string, highlighted: Suggestion | null, callComesIn: boolean): EnterMeaning {
  const cleaned = cleanDialText(text)
  if (!highlighted && cleaned === '') return { kind: 'nothing' }
  if (callComesIn) return { kind: 'wait' }
  if (highlighted) return { kind: 'dial', number: highlighted.phone.e164 ?? highlighted.phone.raw, contactId: highlighted.contactId }
  if (isVanityNumber(cleaned)) return { kind: 'dial', number: lettersToDigits(cleaned), contactId: null }
  return isDialable(cleaned) ? { kind: 'dial', number: cleaned, contactId: null } : { kind: 'suggest' }
}

/** Of the lines, so many are kept for organizations that fit. */
const forOrganizations = 2

/** One line for each number of each contact, then of each organization, at most `limit`; fax numbers are none. */
export function suggestionsOf(
  contacts: readonly ContactSummary[],
  organizations: readonly OrganizationSummary[] = [],
  limit = 8,
): Suggestion[] {
  const callable = (phones: readonly Phone[]) => phones.filter((phone) => phone.type !== 'fax').slice(0, 3)
  const people = contacts.flatMap(({ id, name, organization, phones }) =>
    callable(phones).map((phone) => ({ key: `contact/${id}/${phone.raw}`, contactId: id, name, organization, phone })),
  )
  const companies = organizations.flatMap(({ id, name, phones }) =>
    callable(phones)
      .slice(0, 1)
      .map((phone) => ({ key: `organization/${id}/${phone.raw}`, contactId: null, name, organization: null, phone })),
  )
  const first = people.slice(0, Math.max(0, limit - Math.min(forOrganizations, companies.length)))
  return [...first, ...companies].slice(0, limit)
}
