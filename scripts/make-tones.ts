/**
 * Makes resources/tones/indications.json: each country's ringback, busy, congestion and call waiting tones, out of
 * `indications.conf` of Debian's package `asterisk-config`. Run it with `node scripts/make-tones.ts`; it unpacks the package
 * without installing it (as the interop tests get Asterisk). `node scripts/make-tones.ts FOLDER` takes it from a folder where
 * it is unpacked already.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type CountryCode, getCountries, getCountryCallingCode } from 'libphonenumber-js/max'
import { parseTones } from '../renderer/media/indications.ts'

const project = join(import.meta.dirname, '..')
const wanted = { ring: 'ringback', busy: 'busy', congestion: 'congestion', callwaiting: 'waiting' } as const

/** ITU-T E.180 (03/98): 425 Hz; ringback 1 s on and 4 s off, busy in equal halves, congestion twice as fast. */
const recommended = {
  ringback: '425/1000,0/4000',
  busy: '425/500,0/500',
  congestion: '425/250,0/250',
  waiting: '425/200,0/200,425/200,0/4000',
}

function unpacked(): string {
  const [, , given] = process.argv
  if (given) return given
  const folder = join(project, '.cache/asterisk')
  execFileSync('bash', [join(project, 'test/interop/asterisk/get-asterisk.sh'), folder], { stdio: 'inherit' })
  return join(folder, 'root')
}

/** `[section]` and `key = value`, comments from `;`. */
function sectionsOf(text: string): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>()
  let current = new Map<string, string>()
  for (const line of text.split('\n')) {
    const bare = line.replace(/;.*/, '').trim()
    const section = /^\[([^\]]+)\]$/.exec(bare)?.[1]
    if (section !== undefined) {
      current = new Map()
      sections.set(section, current)
      continue
    }
    const [, key, value] = /^(\w+)\s*=>?\s*(.*)$/.exec(bare) ?? []
    if (key !== undefined && value !== undefined) current.set(key, value.trim())
  }
  return sections
}

const root = unpacked()
const changes = gunzipSync(readFileSync(join(root, 'usr/share/doc/asterisk-config/changelog.Debian.gz'))).toString()
const version = /^asterisk \(([^)]+)\)/.exec(changes)?.[1]
if (!version) throw new Error('the package does not say its version')
const sections = sectionsOf(readFileSync(join(root, 'etc/asterisk/indications.conf'), 'utf8'))

const countries: Record<string, Record<string, string>> = {}
for (const [section, keys] of sections) {
  if (!/^[a-z]{2}$/.test(section)) continue
  const country = section === 'uk' ? 'GB' : section.toUpperCase()
  const tones: Record<string, string> = {}
  for (const [key, name] of Object.entries(wanted)) {
    const text = keys.get(key)?.replaceAll(/\s/g, '')
    if (!text) continue
    parseTones(text)
    tones[name] = text
  }
  countries[country] = { ...recommended, ...tones }
}

// Countries that share another's telephone numbering share its network's sounds: +1 is the United States', +44 Britain's.
const byCallingCode = new Map<string, string>()
for (const country of Object.keys(countries)) byCallingCode.set(getCountryCallingCode(country as CountryCode), country)
const same: Record<string, string> = {}
for (const country of getCountries()) {
  const like = byCallingCode.get(getCountryCallingCode(country))
  if (!countries[country] && like) same[country] = like
}

const out = {
  about: `Frequencies (Hz) and cadences (ms) from indications.conf of Debian's package asterisk-config ${version}; made by scripts/make-tones.ts. default: ITU-T E.180. same: countries of one calling code.`,
  default: recommended,
  countries: Object.fromEntries(Object.entries(countries).sort(([a], [b]) => a.localeCompare(b))),
  same,
}
mkdirSync(join(project, 'resources/tones'), { recursive: true })
writeFileSync(join(project, 'resources/tones/indications.json'), `${JSON.stringify(out, null, 2)}\n`)
console.log(`asterisk-config ${version}: ${Object.keys(countries).length} countries, ${Object.keys(same).length} more by calling code`)
