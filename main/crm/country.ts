/** Countries as CRMs write them: names in English, at times codes. */

const also: Readonly<Record<string, string>> = {
  usa: 'US',
  'united states of america': 'US',
  uk: 'GB',
  england: 'GB',
  'czech republic': 'CZ',
  turkey: 'TR',
  holland: 'NL',
}
let byName: Map<string, string> | null = null
const known = new Map<string, string | null>()
const mostKnown = 2_000

/** ISO 3166-1 alpha-2; null for what is no country's English name or code. */
export function countryOf(text: string): string | null {
  if (text === '' || text.length > 80) return null
  const found = known.get(text)
  if (found !== undefined) return found
  const country = look(text.trim().toLowerCase())
  if (known.size >= mostKnown) known.clear()
  known.set(text, country)
  return country
}

function look(name: string): string | null {
  byName ??= names()
  return byName.get(name) ?? null
}

function names(): Map<string, string> {
  const english = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  const found = new Map<string, string>()
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  for (const first of letters) {
    for (const second of letters) {
      const code = first + second
      const name = english.of(code)
      // Codes of no one country, and those that were given up for another one.
      if (name === undefined || ['EU', 'EZ', 'UN', 'QO', 'ZZ'].includes(code) || new Intl.Locale('und', { region: code }).region !== code)
        continue
      if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), code)
      found.set(code.toLowerCase(), code)
    }
  }
  for (const [name, code] of Object.entries(also)) found.set(name, code)
  return found
}
