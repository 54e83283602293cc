/** The letter under which a name stands in the list. */

/**
 * One letter for names in alphabets (accents kept: they sort apart), the initial consonant for Hangul, `#` for what has no
 * letter of its own (digits, signs, ideographs).
 */
export function letterOf(name: string): string {
  const first = [...name.trim().normalize('NFC')][0] ?? ''
  if (/\p{Script=Hangul}/u.test(first)) return hangulInitial(first)
  if (!/\p{L}/u.test(first) || /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(first)) return '#'
  return first.toLocaleUpperCase()
}

/** Unicode 3.12: a syllable decomposes into its leading consonant first; shown as the compatibility letter that fonts draw alone. */
function hangulInitial(syllable: string): string {
  const lead = syllable.normalize('NFD').codePointAt(0) ?? 0
  return 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ'[lead - 0x1100] ?? syllable
}
