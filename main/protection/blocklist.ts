/** The numbers whose calls are refused, made ready to be compared with the one that is calling. */
import { asciiDigits } from '../text'

const separators = /[\p{Pd}\p{Z}\s().[\]/\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

export class Blocklist {
  readonly #exact = new Set<string>()
  readonly #prefixes: string[] = []

  /**
   * `source`: E.164, or numbers and SIP users as they are delivered; a trailing `*` stands for the rest. `country`: for what is written
   * without an international prefix. `e164` reads a number; null for what is no public one.
   */
  constructor(
    readonly source: readonly string[],
    readonly country: string,
    e164: (number: string, country: string) => string | null,
  ) {
    for (const entry of source) {
      const prefix = entry.trim().endsWith('*')
      const text = plain(prefix ? entry.trim().slice(0, -1) : entry)
      // A star alone would refuse everybody; that is what «Do not disturb» is for.
      if (text === '' || text === '+') continue
      if (prefix) this.#prefixes.push(text, ...(text.startsWith('00') ? [`+${text.slice(2)}`] : []))
      else for (const form of [text, e164(entry, country)]) if (form !== null) this.#exact.add(form)
    }
  }

  /** `number` as delivered; `e164` as it was read. */
  has(number: string, e164: string | null): boolean {
    const forms = [plain(number), ...(e164 === null ? [] : [e164])].filter((form) => form !== '')
    return forms.some((form) => this.#exact.has(form) || this.#prefixes.some((prefix) => form.startsWith(prefix)))
  }
}

function plain(text: string): string {
  return asciiDigits(text).replace(separators, '').toLowerCase()
}
