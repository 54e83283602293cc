/** Text from outside made safe to keep and to show, and folded for search and order. */

/** Control, bidirectional-override, zero-width and non-characters; joiners stay (Persian, emoji). */
const unwanted = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB\uFFFE\uFFFF]+/gu

/** One line of at most `most` characters; a cut one ends in «…». */
export function cleanLine(text: string, most: number): string {
  // Cut first: what follows must not cost time in proportion to a hostile length.
  const line = text
    .slice(0, most * 8)
    .toWellFormed()
    .replace(unwanted, ' ')
    .replace(/(\p{M}{4})\p{M}+/gu, '$1')
    .replace(/\s+/gu, ' ')
    .trim()
  return cut(line, most)
}

/** Text of several lines, cleaned line by line. */
export function cleanText(text: string, most: number): string {
  const lines = text
    .slice(0, most * 8)
    .split(/\r\n|[\n\r\v\f\u2028\u2029]/u)
    .map((line) => cleanLine(line, most))
  return cut(lines.join('\n').trim(), most)
}

function cut(text: string, most: number): string {
  if (text.length <= most) return text
  const characters = Array.from(text)
  return characters.length <= most
    ? text
    : `${characters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`
}

/** Letters that Unicode does not decompose, as people type them without the accent. */
const plain: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ı: 'i',
  ŋ: 'n',
  ĸ: 'k',
  ŧ: 't',
  ſ: 's',
}
const needsFolding = /[^\x20-\x7e]/

/** Lower case, without accents, apostrophes and half- or full-width forms, katakana as hiragana: `Łukasz O’Brien` → `lukasz obrien`. */
export function fold(text: string): string {
  const lower = text.toLowerCase().replace(/['’ʼ`´]/g, '')
  if (!needsFolding.test(lower)) return lower
  return lower
    .normalize('NFKD')
    .replace(/[\u30A1-\u30F6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))
    .replace(/[\u0300-\u036F\u0591-\u05C7\u064B-\u065F\u0670]/g, '')
    .replace(/[ßæœøđðþłħıŋĸŧſ]/g, (letter) => plain[letter] ?? letter)
    .normalize('NFC')
}

/** Scripts that write names without spaces: each of their characters is a word to the index. */
const unspaced = /([\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々])/gu

/** A syllable is kept as its letters: while the last one is being typed, it is a beginning of what it will be. */
const syllable = /[\uAC00-\uD7A3]/g

/** Folded text as the index holds it. */
export function indexText(text: string): string {
  const folded = fold(text)
  if (!needsFolding.test(folded)) return folded
  return folded
    .replace(unspaced, ' $1 ')
    .replace(/ +/g, ' ')
    .trim()
    .replace(syllable, (whole) => whole.normalize('NFD'))
}

/** The words of a search as the index holds them; one of an unspaced script is its characters, with spaces between. */
export function searchWords(text: string): string[] {
  return fold(text)
    .split(/\s+/u)
    .map((word) => plainWords(indexText(word)))
    .filter((word) => word !== '')
}

/** Folded text with nothing but words in it. */
function plainWords(folded: string): string {
  return folded.replace(/[^\p{L}\p{N}\p{M}\p{Co}]+/gu, ' ').trim()
}

/** An FTS5 expression that finds every word of `text` as the beginning of a word, in any order; null when there is no word. */
export function matchWords(text: string): string | null {
  const words = searchWords(text)
  return words.length === 0 ? null : words.map(matchWord).join(' AND ')
}

/** The FTS5 expression for one of `searchWords`. */
export function matchWord(word: string): string {
  return `"${word}" *`
}

/** What `matchWords` finds, without an index: whether every one of `searchWords` begins a word of `folded` (an index text). */
export function holdsWords(folded: string, words: readonly string[]): boolean {
  const text = ` ${plainWords(folded)}`
  return words.every((word) => text.includes(` ${word}`))
}

/** The key by which contacts are ordered and told apart; short enough to stand in a page's cursor. */
export function sortName(name: string): string {
  return fold(name).slice(0, 120).toWellFormed()
}

/** Unicode decimal digits as ASCII: Arabic-Indic, Devanagari, full-width and the rest. */
export function asciiDigits(text: string): string {
  if (/^[ -~]*$/.test(text)) return text
  return text.normalize('NFKC').replace(/\p{Nd}/gu, (digit) => {
    // Every script's ten digits stand in a row that begins at a multiple of ten from its own zero.
    const code = digit.codePointAt(0) ?? 0
    let zero = code
    while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--
    return String((code - zero) % 10)
  })
}
