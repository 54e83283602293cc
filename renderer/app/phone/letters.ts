/** The letters on telephone keys (ITU-T E.161) and what they stand for. */

/** The letters printed on each key; `+` under 0 is for dialling, not a tone. */
export const keyLetters: Readonly<Record<string, string>> = {
  2: 'ABC',
  3: 'DEF',
  4: 'GHI',
  5: 'JKL',
  6: 'MNO',
  7: 'PQRS',
  8: 'TUV',
  9: 'WXYZ',
  0: '+',
}

/** The digit that a letter stands for; null for anything else. */
export function digitOf(letter: string): string | null {
  if (!/^[a-z]$/i.test(letter)) return null
  return Object.keys(keyLetters).find((key) => keyLetters[key]?.includes(letter.toUpperCase())) ?? null
}

/** The text with each letter as its digit. */
export function lettersToDigits(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => digitOf(letter) ?? letter)
}

/**
 * A number written with a word, such as 1-800-FLOWERS: three digits or more, then words joined by hyphens alone, ten signs
 * or more in all (the shortest such numbers). Shorter or looser texts may be names («3com», «24 Hour Care») and are left alone.
 */
export function isVanityNumber(text: string): boolean {
  const found = /^(\+?[\d\s().-]*\d[\s().-]*)([a-z]+(?:-[a-z]+)*)(-\d+)?$/i.exec(text.trim())
  if (!found?.[1] || !found[2]) return false
  const signs = text.replace(/[^\da-z]/gi, '').length
  return found[1].replace(/\D/g, '').length >= 3 && found[2].replace(/-/g, '').length >= 2 && signs >= 10 && signs <= 20
}

/**
 * What a keypad may send of a text that was pasted or typed into it: digits, `*`, `#`, the pause `,` and letters as their
 * digits; blanks, brackets and hyphens are how people write numbers and mean nothing. Null: there is something else in it.
 */
export function tonesOf(text: string): string | null {
  const cleaned = text
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Cc}]/gu, '')
    .replace(/[\s().\-–/]/g, '')
  return /^[0-9*#,a-z]*$/i.test(cleaned) ? lettersToDigits(cleaned) : null
}
