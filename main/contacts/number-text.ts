/**
 * Phone numbers as people type them into a field: URIs, extensions, labels before and behind, letters for digits, several
 * numbers in one. Takes the text apart; what the pieces stand for is not decided here.
 */

/** What comes before an extension, in the languages that CRMs are filled in; NFKC has made `＃` and `ｘ` plain. */
const extensionWords =
  'extensi[oó]n|extension|extn|xtn|ext|x|доб(?:авочный)?|вн(?:утр)?|durchwahl|nebenstelle|nst|dw|poste|interno|int|anexo|ramal|' +
  'wewn|wew|klapka|linka|mellék|toestel|tst|anknytning|ankn|lokal|dahili|内線|内线|內線|分机|分機|转|轉|내선|#'
const extensionAtEnd = new RegExp(
  `(?:;ext=|[\\s,;]*[([]?(?<!\\p{L})(?:${extensionWords})[\\s.:=]*|,+|(?<=\\d)[pw]+)(\\d{1,10})#?\\s*[)\\]]?\\s*$`,
  'iu',
)

/** `… ext. 12`, `… x12`, `…;ext=12`, `… доб. 12`, `… #12`, and digits after a pause: `…,,12`, `…p12` */
export function splitExtension(text: string): { main: string; extension: string | null } {
  const found = extensionAtEnd.exec(text)
  if (!found?.[1] || !/\d/.test(text.slice(0, found.index))) return { main: text, extension: null }
  // A list of numbers is no number with an extension.
  if (text[found.index] === ',' && found[1].length > 6) return { main: text, extension: null }
  return { main: text.slice(0, found.index), extension: found[1] }
}

const uri = /^\s*<?\s*(?:tel|callto|phone|sips?):([^@<>]*)/i
const parameters = /;(?!ext=)[a-z][a-z\d-]*(?:=[^;]*)?/gi

/** What a `tel:` URI (RFC 3966) says, its extension with it; `phone-context` of a country comes before the number. Else the text itself. */
export function withoutUri(text: string): string {
  const found = uri.exec(text)
  if (!found && !text.includes(';')) return text
  const inner = found?.[1] ?? text
  const context = /;phone-context=(\+\d{1,3})(?:;|$)/i.exec(inner)?.[1]
  const bare = inner.replace(parameters, '')
  return context && !/^\s*\+/.test(bare) ? `${context}${bare}` : bare
}

/** What separates numbers of one field; `/` only where another number clearly begins, as `030/1234` is one. */
const separators =
  /[;|•\t\r\n\v\f\u2028\u2029]+|,(?=\s)|\s+\/\s+|\/(?=\s*(?:\+|0))|\s+(?:or|and|oder|od\.|und|och|eller|ou|et|y|o|e|ed|или|и|lub|of|en|eller|або)\s+/iu

/** The pieces of a field that may each be a number; one: nothing separates them. */
export function piecesOf(text: string): string[] {
  // `;ext=` and what else belongs to a URI separates nothing.
  const plain = text.replace(/;(?=[a-z-]+=)/gi, '\u0001')
  if (!separators.test(plain)) return [text]
  return plain
    .split(separators)
    .map((piece) => piece.replaceAll('\u0001', ';').trim())
    .filter((piece) => /\p{Nd}/u.test(piece))
    .slice(0, 20)
}

/** The one stretch of a text that looks like a number (`Mobile: 070 174 06 01`); null when there is none or several. */
export function numberWithin(text: string): string | null {
  if (!/\p{L}/u.test(text)) return null
  const found = text.match(/(?:\+\s?|\(\s?\+?)?\d[\d\s().\-\u2010-\u2015/]{4,}\d/g) ?? []
  return found.length === 1 ? (found[0] ?? null) : null
}

const keys = 'abc def ghi jkl mno pqrs tuv wxyz'.split(' ')

/** `1-800-FLOWERS` with the digits of the keypad (ITU-T E.161); null for text without such a word behind digits. */
export function spelledOut(text: string): string | null {
  if (text.length > 40 || !/^\s*[+(]?\d[\d\s().+-]*[a-z]{2}[a-z\d\s().-]*$/i.test(text) || (text.match(/[a-z]/gi)?.length ?? 0) < 3)
    return null
  return text.replace(/[a-z]/gi, (letter) => String(keys.findIndex((key) => key.includes(letter.toLowerCase())) + 2))
}
