/** Telephone numbers in a text that somebody copied. */
import { cleanDialText, isDialable } from './dialling'
import { isVanityNumber } from './letters'

/** Longest text that is looked through; what was copied may be a whole book. */
const longest = 20_000
/** Digits of a number that stands among other words: shorter ones are years, prices and house numbers. */
const fewest = 7
const most = 17

/** A run of digits with the signs that people write between them, no part of a word or of an address. */
const candidate = /(?<![\p{L}\d@._/*#-])(?:tel:)?\+?\(?\d[\d\s().\-–/]{4,}\d(?![\p{L}\d@_*#])/gu

/**
 * The numbers in a copied text, as written, best first and each once, at most `limit`. A text that is nothing but a number is
 * that number, however short; star codes never are: those are dialled only when typed.
 */
export function numbersIn(text: string, limit = 4): string[] {
  const whole = cleanDialText(text.slice(0, 200))
  if (text.length <= 200 && !/[*#]/.test(whole) && (isVanityNumber(whole) || (isDialable(whole) && !/\s\D*[a-z]/i.test(whole)))) {
    const digits = whole.replace(/\D/g, '').length
    // Two numbers in one cell read as one long one.
    if (digits <= most || whole.includes('@')) return [whole]
  }
  const found = new Map<string, string>()
  for (const line of text
    .slice(0, longest)
    .normalize('NFKC')
    .split(/[\r\n\t;|]+/)) {
    for (const [match] of line.matchAll(candidate)) {
      const number = cleanDialText(match.replace(/^tel:/, ''))
      const digits = number.replace(/\D/g, '')
      if (digits.length < fewest || digits.length > most || isDate(number)) continue
      if (!found.has(digits)) found.set(digits, number)
    }
  }
  // With a country's code it is surely a number.
  return [...found.values()].sort((a, b) => Number(b.startsWith('+')) - Number(a.startsWith('+'))).slice(0, limit)
}

function isDate(text: string): boolean {
  return /^(\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})\b/.test(text)
}
