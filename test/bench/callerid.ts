/**
 * «Number in → full card out» in main, in ms, with a million contacts and 1,300,000 numbers of forty countries in the cache; incoming
 * numbers as networks deliver them, each looked up once. `first`: the first look-up of a fresh process, with the file out of its own memory
 * (the system's is warm, as after a start in the morning's second hour; `first_cold` with the file dropped from it too, where that
 * can be asked for). `p50` to `p99`: of all that follow, from the second one on, so that what is warming counts. `rss`: main's memory after
 * them over what it was with the empty program.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { systemClock } from '../../main/clock'
import { Contacts } from '../../main/contacts/contacts'
import { silentLog } from '../../main/log'
import { connect } from '../../main/store/connection'
import { openStore } from '../../main/store/open'
import { median, p95, progress, quantile, result } from '../fixtures/bench'
import { seeded } from '../fixtures/many-numbers'
import { copyMillion, million } from '../fixtures/million'

const rounds = 20_000
const firsts = 7
const kinds = ['E.164', 'national', '00', 'no plus', 'trunk zero kept', 'URI', 'unknown', 'shared', 'internal', 'withheld'] as const
type Kind = (typeof kinds)[number]
interface Delivered {
  kind: Kind
  number: string
  country: string
  /** The name that the headline must be one of; null: nobody. */
  e164: string | null
}

if (process.argv[2] === 'first') await first(process.argv[3] ?? '', process.argv.slice(4))
else await whole(Number(process.argv[2] ?? 1_000_000))

/** In a process of its own: one look-up after the start, timed; prints ms. */
async function first(file: string, [number = '', country = '']: string[]): Promise<void> {
  const store = await openStore({ file, log: silentLog(), clock: systemClock })
  const contacts = new Contacts({ store, clock: systemClock, country: () => country })
  const began = performance.now()
  const answer = contacts.lookup(number)
  const took = performance.now() - began
  if (answer.match !== 'exact') throw new Error(`the first look-up found nobody under ${number}`)
  process.stdout.write(String(took))
  await store.close()
}

async function whole(count: number): Promise<void> {
  const cache = million(count)
  const folder = mkdtempSync(join(tmpdir(), 'ringbook-bench-'))
  try {
    const file = join(folder, 'ringbook.sqlite')
    copyMillion(cache, file)
    const numbers = delivered(file, rounds)
    const times = []
    for (let run = 0; run < firsts; run++) {
      const { number, country } = numbers.filter(({ kind }) => kind === 'E.164')[run] ?? numbers[0] ?? { number: '', country: 'SE' }
      const took = execFileSync(process.execPath, [process.argv[1] ?? '', 'first', file, number, country], { encoding: 'utf8' })
      times.push(Number(took))
    }
    progress(`first look-up of a fresh process: ${times.map((time) => time.toFixed(1)).join(', ')} ms`)
    const idle = process.memoryUsage().rss
    const store = await openStore({ file, log: silentLog(), clock: systemClock })
    let country = 'SE'
    const contacts = new Contacts({ store, clock: systemClock, country: () => country })
    contacts.lookup('+46850000000')
    const took: Record<Kind, number[]> = Object.fromEntries(kinds.map((kind) => [kind, []])) as never
    let wrong = 0
    for (const each of numbers) {
      country = each.country
      const began = performance.now()
      const answer = contacts.lookup(each.number)
      took[each.kind].push(performance.now() - began)
      if (!right(each, answer)) {
        wrong++
        if (wrong < 10) progress(`wrong: ${JSON.stringify(each)} → ${answer.match} ${answer.e164}`)
      }
    }
    for (const kind of kinds) {
      const sample = took[kind]
      progress(
        `${kind}: ${sample.length}, p50 ${median(sample)}, p95 ${p95(sample)}, p99 ${quantile(sample, 0.99)}, most ${quantile(sample, 1)}`,
      )
    }
    const all = Object.values(took).flat()
    const rss = (process.memoryUsage().rss - idle) / 2 ** 20
    result('callerid', all.length, {
      contacts: cache.contacts,
      numbers: cache.numbers,
      countries: 40,
      p50: median(all),
      p95: p95(all),
      p99: quantile(all, 0.99),
      most: quantile(all, 1),
      first: median(times),
      first_most: quantile(times, 1),
      rss: Math.round(rss),
      file: Math.round(statSync(file).size / 2 ** 20),
      wrong,
    })
    await store.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function right({ kind, e164 }: Delivered, answer: ReturnType<Contacts['lookup']>): boolean {
  if (kind === 'withheld') return answer.withheld
  if (kind === 'unknown') return answer.match !== 'exact'
  if (kind === 'internal') return answer.match === 'exact'
  return answer.match === 'exact' && answer.e164 === e164
}

/** What networks deliver for numbers drawn from the whole cache, and for some that are in nobody's. */
function delivered(file: string, wanted: number): Delivered[] {
  const db = connect(file, 'reader')
  const random = seeded(7)
  const rows = (where: string, order: string, limit: number) =>
    db
      .prepare<[number], { e164: string | null; raw: string; country: string }>(
        `SELECT p.e164, p.raw, coalesce(c.country, o.country, 'SE') AS country FROM phones p LEFT JOIN contacts c ON c.id = p.contact_id
         LEFT JOIN organizations o ON o.id = p.organization_id WHERE ${where} ORDER BY ${order} LIMIT ?`,
      )
      .all(limit)
  // Spread over the file without reading all of it in order.
  const spread = '(p.id * 7919) % 1000003'
  const known = rows('p.e164 IS NOT NULL', spread, wanted)
  const shared = rows(
    'p.e164 IN (SELECT e164 FROM phones WHERE e164 IS NOT NULL GROUP BY e164 HAVING count(*) > 1)',
    spread,
    Math.round(wanted / 20),
  )
  const internal = rows('p.e164 IS NULL', spread, Math.round(wanted / 100))
  db.close()
  const made: Delivered[] = []
  for (const { e164, country } of known) {
    const number = e164 ?? ''
    const digits = number.slice(1)
    const way = random()
    const add = (kind: Kind, text: string, from = country) => made.push({ kind, number: text, country: from, e164 })
    if (way < 0.4) add('E.164', number)
    else if (way < 0.55) add('national', national(number))
    else if (way < 0.65) add('00', `00${digits}`, 'SE')
    else if (way < 0.75) add('no plus', digits)
    else if (way < 0.8 && country !== 'IT') add('trunk zero kept', `+${code(number)}0${digits.slice(code(number).length)}`)
    else if (way < 0.85) add('URI', `<sip:${number}@sbc.example;user=phone>`)
    else if (way < 0.99) made.push({ kind: 'unknown', number: unknown(number, random), country, e164: null })
    else made.push({ kind: 'withheld', number: 'anonymous', country, e164: null })
  }
  for (const { e164, country } of shared) made.push({ kind: 'shared', number: e164 ?? '', country, e164 })
  for (const { raw, country } of internal) made.push({ kind: 'internal', number: raw, country, e164: null })
  return made
    .map((each) => ({ each, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each)
}

/** As a national network delivers it: with its trunk prefix, without blanks. */
function national(e164: string): string {
  return parsePhoneNumberFromString(e164)?.formatNational().replace(/[^\d]/g, '') ?? e164
}

function code(e164: string): string {
  return parsePhoneNumberFromString(e164)?.countryCallingCode ?? ''
}

/** A number like a known one, with other last digits; that it is somebody else's after all is one in a thousand. */
function unknown(e164: string, random: () => number): string {
  return e164.slice(0, -6) + String(Math.floor(random() * 1_000_000)).padStart(6, '0')
}
